-- The schema service, /api/v2: tables are made and changed by the service key. The gateway hands every
-- request to services.schema (as to services.storage).
--
-- Statements run as project_owner, who owns what is made in public, and is no superuser: the service key
-- rules the project, but not the machine.
CREATE SCHEMA schemas;
CREATE ROLE project_owner NOLOGIN;
GRANT CREATE, USAGE ON SCHEMA public TO project_owner;
GRANT USAGE ON SCHEMA extensions, auth, storage, schemas TO project_owner;
GRANT EXECUTE ON FUNCTION auth.fail TO project_owner;
GRANT REFERENCES ON auth.users, storage.buckets TO project_owner;
GRANT CREATE ON DATABASE postgres TO project_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE project_owner IN SCHEMA public
  GRANT ALL ON TABLES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE project_owner IN SCHEMA public
  GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE project_owner IN SCHEMA public
  GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
ALTER TABLE public.profiles OWNER TO project_owner;

-- ---------------------------------------------------------------- statements

-- Primary keys that SERIAL has made: columns of a key with a sequence of their own as the default.
CREATE FUNCTION schemas.serial_keys() RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT format('%s.%I', c.conrelid::regclass, a.attname)
  FROM pg_constraint c
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
  JOIN pg_depend d ON d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'a'
    AND d.classid = 'pg_class'::regclass
  JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  WHERE c.contype = 'p'
$$;

-- Runs one or more statements, all or none.
CREATE FUNCTION schemas.run(statements text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, extensions AS $$
DECLARE
  keys text[] := ARRAY(SELECT schemas.serial_keys());
  made text;
BEGIN
  EXECUTE statements;
  SELECT key INTO made FROM schemas.serial_keys() AS key WHERE key <> ALL (keys) LIMIT 1;
  IF made IS NOT NULL THEN
    PERFORM auth.fail(422, 'serial_primary_key', format(
      'SERIAL cannot be a primary key (%s): use UUID PRIMARY KEY DEFAULT gen_random_uuid()', made));
  END IF;
END
$$;
ALTER FUNCTION schemas.run OWNER TO project_owner;

CREATE FUNCTION schemas.need(condition boolean, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF condition IS NOT TRUE THEN PERFORM auth.fail(422, 'invalid_request', message); END IF;
END
$$;

CREATE FUNCTION schemas.table_name(name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM schemas.need(octet_length(name) BETWEEN 1 AND 63, 'a table''s name has 1 to 63 bytes');
  RETURN format('public.%I', name);
END
$$;

CREATE FUNCTION schemas.check_exists(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass(schemas.table_name(name)) IS NULL THEN
    PERFORM auth.fail(404, 'not_found', format('there is no table %s', name));
  END IF;
END
$$;

CREATE FUNCTION schemas.check_type(type text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM schemas.need(type !~* '^\s*(big|small)?serial[248]?\s*$', 'SERIAL is not available: use UUID, or an identity column');
  PERFORM schemas.need(to_regtype(type) IS NOT NULL, format('there is no type %s', coalesce(type, 'null')));
  RETURN type;
EXCEPTION WHEN syntax_error OR invalid_parameter_value OR undefined_object THEN
  PERFORM auth.fail(422, 'invalid_request', format('there is no type %s', type));
END
$$;

-- A default as DDL has it: texts are expressions, such as NOW() or 'new'.
CREATE FUNCTION schemas.default_sql(value json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE json_typeof(value) WHEN 'object' THEN quote_literal(value) WHEN 'array' THEN quote_literal(value)
    ELSE value #>> '{}' END
$$;

CREATE FUNCTION schemas.is_true(value json) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(value #>> '{}', 'false') = 'true'
$$;

CREATE FUNCTION schemas.column_sql(col json, is_key boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  type text := col ->> 'type';
BEGIN
  PERFORM schemas.need(json_typeof(col) = 'object' AND col ->> 'name' <> '', 'each column is an object with name and type');
  PERFORM schemas.check_type(type);
  PERFORM schemas.need(NOT is_key OR to_regtype(type) = 'uuid'::regtype, 'the primary key must be a column of type UUID');
  PERFORM schemas.need(NOT schemas.is_true(col -> 'auto_increment') OR is_key, 'auto_increment is for the primary key, of type UUID');
  RETURN concat_ws(' ', format('%I %s', col ->> 'name', type),
    'DEFAULT ' || CASE WHEN schemas.is_true(col -> 'auto_increment') THEN 'gen_random_uuid()'
      ELSE schemas.default_sql(col -> 'default') END,
    CASE WHEN col ->> 'nullable' = 'false' THEN 'NOT NULL' END,
    CASE WHEN schemas.is_true(col -> 'unique') THEN 'UNIQUE' END,
    CASE WHEN is_key THEN 'PRIMARY KEY' END);
END
$$;

-- An index as a column's name, or as an object with columns, name and unique.
CREATE FUNCTION schemas.index_sql(table_name text, index json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  columns json := CASE json_typeof(index) WHEN 'object' THEN coalesce(index -> 'columns', json_build_array(index -> 'column'))
    WHEN 'array' THEN index ELSE json_build_array(index) END;
BEGIN
  RETURN format('CREATE %sINDEX %s ON %s (%s)',
    CASE WHEN json_typeof(index) = 'object' AND schemas.is_true(index -> 'unique') THEN 'UNIQUE ' END,
    CASE WHEN json_typeof(index) = 'object' THEN quote_ident(index ->> 'name') END, schemas.table_name(table_name),
    (SELECT string_agg(quote_ident(name), ', ') FROM json_array_elements_text(columns) AS name));
END
$$;

CREATE FUNCTION schemas.create_table(body json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  name text := body ->> 'table_name';
  columns json := coalesce(body -> 'columns', '[]');
  key text := body ->> 'primary_key';
  column_list text;
  indexes text;
BEGIN
  PERFORM schemas.need(json_typeof(columns) = 'array' AND json_array_length(columns) > 0, 'columns is a list of columns');
  PERFORM schemas.need(key <> '', 'a primary_key is needed: the name of a column of type UUID');
  PERFORM schemas.need(EXISTS (SELECT FROM json_array_elements(columns) AS c WHERE c ->> 'name' = key),
    'the primary key must be a column of type UUID');
  SELECT string_agg(schemas.column_sql(c, c ->> 'name' = key), ', ') INTO column_list
  FROM json_array_elements(columns) AS c;
  SELECT string_agg('; ' || schemas.index_sql(name, i), '') INTO indexes
  FROM json_array_elements(coalesce(body -> 'indexes', '[]')) AS i;
  PERFORM schemas.run(format('CREATE TABLE %s (%s)%s', schemas.table_name(name), column_list, indexes));
  RETURN json_build_object('success', true, 'message', format('Table %s created', name), 'table_name', name);
END
$$;

CREATE FUNCTION schemas.execute(body json) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  PERFORM schemas.need(trim(body ->> 'sql') <> '', 'sql is one or more statements');
  PERFORM schemas.run(body ->> 'sql');
  RETURN json_build_object('success', true, 'message', 'Executed');
END
$$;

CREATE FUNCTION schemas.alter_sql(name text, body json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  start text := format('ALTER TABLE %s ', schemas.table_name(name));
  col text := quote_ident(body ->> 'column_name');
  changes text;
BEGIN
  PERFORM schemas.need(body ->> 'column_name' <> '', 'column_name is needed');
  CASE body ->> 'operation'
  WHEN 'add_column' THEN
    RETURN start || 'ADD COLUMN ' || schemas.column_sql(json_build_object('name', body -> 'column_name',
      'type', body -> 'column_type', 'nullable', body -> 'nullable', 'default', body -> 'default',
      'unique', body -> 'unique'), false);
  WHEN 'drop_column' THEN
    RETURN start || 'DROP COLUMN ' || col || CASE WHEN schemas.is_true(body -> 'cascade') THEN ' CASCADE' ELSE '' END;
  WHEN 'rename_column' THEN
    PERFORM schemas.need(body ->> 'new_column_name' <> '', 'new_column_name is needed');
    RETURN start || format('RENAME COLUMN %s TO %I', col, body ->> 'new_column_name');
  WHEN 'modify_column' THEN
    changes := concat_ws(', ',
      CASE WHEN body ->> 'column_type' IS NOT NULL THEN
        format('ALTER %s DROP DEFAULT, ALTER %s TYPE %s USING %s::%3$s', col, col, schemas.check_type(body ->> 'column_type'), col) END,
      CASE WHEN json_typeof(body -> 'default') = 'null' THEN format('ALTER %s DROP DEFAULT', col)
        ELSE format('ALTER %s SET DEFAULT ', col) || schemas.default_sql(body -> 'default') END,
      CASE body ->> 'nullable' WHEN 'true' THEN format('ALTER %s DROP NOT NULL', col)
        WHEN 'false' THEN format('ALTER %s SET NOT NULL', col) END);
    PERFORM schemas.need(changes <> '', 'column_type, nullable or default is needed');
    RETURN start || changes;
  ELSE
    PERFORM schemas.need(false, 'operation is add_column, drop_column, rename_column or modify_column');
  END CASE;
END
$$;

CREATE FUNCTION schemas.alter_table(name text, body json) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  PERFORM schemas.check_exists(name);
  PERFORM schemas.run(schemas.alter_sql(name, body));
  RETURN json_build_object('success', true, 'message', format('Table %s altered', name), 'table_name', name);
END
$$;

CREATE FUNCTION schemas.drop_table(name text, cascade boolean) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  PERFORM schemas.check_exists(name);
  PERFORM schemas.run(format('DROP TABLE %s%s', schemas.table_name(name), CASE WHEN cascade THEN ' CASCADE' ELSE '' END));
  RETURN json_build_object('success', true, 'message', format('Table %s dropped', name), 'table_name', name);
END
$$;

-- ---------------------------------------------------------------- what there is

CREATE FUNCTION schemas.kind(relkind "char") RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END
$$;

CREATE FUNCTION schemas.tables() RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_build_object('tables', coalesce(json_agg(json_build_object(
    'name', relname, 'table_name', relname, 'kind', schemas.kind(relkind),
    'estimated_rows', CASE WHEN reltuples >= 0 AND relkind IN ('r', 'm', 'p') THEN reltuples::bigint END,
    'comment', obj_description(oid, 'pg_class')) ORDER BY relname), '[]'))
  FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition
$$;

CREATE FUNCTION schemas.columns(relation regclass) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_agg(json_build_object(
    'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', NOT a.attnotnull,
    'default', pg_get_expr(d.adbin, d.adrelid),
    'primary_key', EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = relation AND c.contype = 'p' AND a.attnum = ANY (c.conkey)),
    'enum', (SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum e WHERE e.enumtypid = a.atttypid),
    'comment', col_description(relation, a.attnum)) ORDER BY a.attnum)
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = relation AND d.adnum = a.attnum
  WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
$$;

-- The names of the columns of a relation with these numbers, in that order.
CREATE FUNCTION schemas.names(relation regclass, numbers smallint[]) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_agg(a.attname ORDER BY n.place)
  FROM unnest(numbers) WITH ORDINALITY AS n (number, place)
  JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = n.number
$$;

CREATE FUNCTION schemas.table_schema(name text) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  relation regclass;
BEGIN
  PERFORM schemas.check_exists(name);
  relation := to_regclass(schemas.table_name(name));
  RETURN (SELECT json_build_object(
    'table_name', name, 'kind', schemas.kind(c.relkind), 'comment', obj_description(relation, 'pg_class'),
    'columns', schemas.columns(relation),
    'primary_key', (SELECT schemas.names(relation, k.conkey) FROM pg_constraint k WHERE k.conrelid = relation AND k.contype = 'p'),
    'foreign_keys', (SELECT coalesce(json_agg(json_build_object('columns', schemas.names(relation, f.conkey),
        'table', f.confrelid::regclass::text, 'references', schemas.names(f.confrelid, f.confkey)) ORDER BY f.conname), '[]')
      FROM pg_constraint f WHERE f.conrelid = relation AND f.contype = 'f'),
    'indexes', (SELECT coalesce(json_agg(json_build_object('name', i.indexrelid::regclass::text, 'unique', i.indisunique,
        'definition', pg_get_indexdef(i.indexrelid)) ORDER BY i.indexrelid::regclass::text), '[]')
      FROM pg_index i WHERE i.indrelid = relation))
    FROM pg_class c WHERE c.oid = relation);
END
$$;

-- ---------------------------------------------------------------- PostgREST's cache

/*
 * PostgREST reads the schema again when a change is committed, and not before it has been. So what has
 * changed something answers with a redirect for the gateway alone, to services.schema_settled, which waits
 * until every PostgREST that listens has read the schema since, and gives the answer. The last thing that
 * they read are the time zones.
 */
CREATE FUNCTION schemas.settled_at(answer json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('response.headers', json_build_array(
    json_build_object('X-Accel-Redirect', '/schema_settled?' || encode(convert_to(
      json_build_object('answer', answer, 'since', clock_timestamp())::text, 'UTF8'), 'hex')))::text, true);
END
$$;

CREATE FUNCTION schemas.wait_until_read(since timestamptz) RETURNS void LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  listening int := (SELECT count(*) FROM pg_stat_activity WHERE usename = 'authenticator' AND query = 'LISTEN "pgrst"');
  has_read int[] := '{}';
BEGIN
  WHILE clock_timestamp() < since + interval '5 seconds' LOOP
    PERFORM pg_stat_clear_snapshot();
    has_read := ARRAY(SELECT unnest(has_read) UNION SELECT pid FROM pg_stat_activity
      WHERE usename = 'authenticator' AND xact_start >= since AND query = 'SELECT name FROM pg_timezone_names');
    EXIT WHEN cardinality(has_read) >= listening AND NOT EXISTS (SELECT FROM pg_stat_activity
      WHERE pid = ANY (has_read) AND query = 'SELECT name FROM pg_timezone_names' AND xact_start IS NOT NULL);
    PERFORM pg_sleep(0.005);
  END LOOP;
  PERFORM pg_sleep(0.01); -- for it to put what it has read in its place
END
$$;

CREATE FUNCTION services.schema_settled(bytea) RETURNS services."*/*" LANGUAGE plpgsql AS $$
DECLARE
  redirect json := convert_from(decode(storage.header('query'), 'hex'), 'UTF8');
BEGIN
  PERFORM schemas.wait_until_read((redirect ->> 'since')::timestamptz);
  RETURN storage.send_json(redirect -> 'answer');
END
$$;

-- ---------------------------------------------------------------- routes

CREATE FUNCTION services.schema(bytea) RETURNS services."*/*" LANGUAGE plpgsql AS $$
DECLARE
  path text := regexp_replace(split_part(storage.header('target'), '?', 1), '^/api/v2/', '');
  call text := storage.header('method') || ' ' || path;
  name text := storage.decode_url(substring(path FROM '^(?:schema/)?tables/([^/]+)'));
  answer json;
BEGIN
  IF current_user <> 'service_role' THEN
    PERFORM auth.fail(403, 'service_key_needed', 'the schema is for the service key only');
  ELSIF call = 'GET tables' THEN
    RETURN storage.send_json(schemas.tables());
  ELSIF call ~ '^GET tables/[^/]+/schema$' THEN
    RETURN storage.send_json(schemas.table_schema(name));
  ELSIF call = 'POST schema/tables' THEN
    answer := schemas.create_table(storage.json_body($1));
  ELSIF call = 'POST schema/execute' THEN
    answer := schemas.execute(storage.json_body($1));
  ELSIF call ~ '^PATCH schema/tables/[^/]+$' THEN
    answer := schemas.alter_table(name, storage.json_body($1));
  ELSIF call ~ '^DELETE schema/tables/[^/]+$' THEN
    answer := schemas.drop_table(name, storage.parameter('cascade') = 'true');
  ELSE
    PERFORM auth.fail(404, 'no_route', 'the schema service has no such call');
  END IF;
  PERFORM schemas.settled_at(answer);
  RETURN '';
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA schemas FROM PUBLIC;
GRANT USAGE ON SCHEMA schemas TO service_role;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA schemas TO service_role, project_owner;
GRANT EXECUTE ON FUNCTION services.schema, services.schema_settled TO anon, authenticated, service_role;
