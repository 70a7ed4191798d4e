-- Tells PostgREST to reload the schema after every change.
CREATE FUNCTION extensions.notify_postgrest() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  NOTIFY pgrst, 'reload schema';
END
$$;
CREATE EVENT TRIGGER notify_postgrest ON ddl_command_end EXECUTE FUNCTION extensions.notify_postgrest();
