-- The storage service, /storage/v1: buckets, and objects (files) in them, as rows with policies.
--
-- The gateway hands every request to services.storage, with the body as it came; the method, the target
-- and the Content-Type are in the headers x-gateway-.... It lets requests without a key through for public
-- and signed URLs only; they have the role anon.
--
-- Who may do what is said by the policies below, to which a project can add its own: what was made with
-- the anon key alone is everybody's, what a signed-in user made is that user's, and service_role may do
-- all. Everybody may read what is in a public bucket.
CREATE SCHEMA storage;
GRANT USAGE ON SCHEMA storage TO anon, authenticated, service_role;
-- A function that returns it answers with bytes, and says itself what they are.
CREATE DOMAIN services."*/*" AS bytea;

-- The signed-in user's id, or the role.
CREATE FUNCTION storage.caller() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub', current_user)
$$;

CREATE FUNCTION storage.mine(owner text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT owner IN (storage.caller(), 'anon')
$$;

CREATE TABLE storage.buckets (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL UNIQUE,
  owner text NOT NULL DEFAULT storage.caller(),
  public boolean NOT NULL DEFAULT false,
  file_size_limit bigint,
  allowed_mime_types text[],
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE storage.objects (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  bucket_id uuid NOT NULL REFERENCES storage.buckets,
  name text COLLATE "C" NOT NULL,
  owner text NOT NULL DEFAULT storage.caller(),
  mime_type text NOT NULL,
  content bytea NOT NULL,
  size bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (bucket_id, name)
);
-- Files are mostly compressed already.
ALTER TABLE storage.objects ALTER content SET STORAGE EXTERNAL;

-- What only this service's own functions read: the quota, and the key of signed URLs.
CREATE TABLE storage.settings (quota_bytes bigint NOT NULL, signing_key bytea NOT NULL);
INSERT INTO storage.settings VALUES (5 * 1024 ^ 3, extensions.gen_random_bytes(32));

GRANT SELECT, INSERT, UPDATE, DELETE ON storage.buckets, storage.objects TO anon, authenticated, service_role;
ALTER TABLE storage.buckets ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;

CREATE POLICY read ON storage.buckets FOR SELECT USING (public OR storage.mine(owner));
CREATE POLICY make ON storage.buckets FOR INSERT WITH CHECK (owner = storage.caller());
CREATE POLICY change ON storage.buckets FOR UPDATE USING (storage.mine(owner));
CREATE POLICY remove ON storage.buckets FOR DELETE USING (storage.mine(owner));

-- Buckets that the caller may see are public or the caller's.
CREATE POLICY read ON storage.objects FOR SELECT
  USING (storage.mine(owner) OR bucket_id IN (SELECT id FROM storage.buckets));
-- Signed-in users may keep files of their own in any bucket.
CREATE POLICY make ON storage.objects FOR INSERT WITH CHECK (
  owner = storage.caller()
  AND (current_user = 'authenticated' OR bucket_id IN (SELECT id FROM storage.buckets)));
CREATE POLICY change ON storage.objects FOR UPDATE USING (storage.mine(owner));
CREATE POLICY remove ON storage.objects FOR DELETE USING (storage.mine(owner));

-- ---------------------------------------------------------------- requests and responses

GRANT EXECUTE ON FUNCTION auth.fail TO anon, authenticated, service_role;

CREATE FUNCTION storage.header(name text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT current_setting('request.headers', true)::json ->> ('x-gateway-' || name)
$$;

CREATE FUNCTION storage.send(content bytea, mime_type text) RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('response.headers', json_build_array(
    json_build_object('Content-Type', mime_type),
    json_build_object('X-Content-Type-Options', 'nosniff'))::text, true);
  RETURN content;
END
$$;

CREATE FUNCTION storage.send_json(value json) RETURNS bytea LANGUAGE sql AS $$
  SELECT storage.send(convert_to(value::text, 'UTF8'), 'application/json; charset=utf-8')
$$;

-- The text of a part of a URL.
CREATE FUNCTION storage.decode_url(part text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  bytes text := '';
  piece text[];
BEGIN
  FOR piece IN SELECT regexp_matches(part, '%([0-9A-Fa-f]{2})|([^%]+|%)', 'g') LOOP
    bytes := bytes || coalesce(piece[1], encode(convert_to(piece[2], 'UTF8'), 'hex'));
  END LOOP;
  RETURN convert_from(decode(bytes, 'hex'), 'UTF8');
EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
  PERFORM auth.fail(400, 'invalid_name', 'the name is not UTF-8');
END
$$;

-- The value of a parameter of the request's target.
CREATE FUNCTION storage.parameter(name text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT storage.decode_url(replace(substr(pair, length(name) + 2), '+', ' '))
  FROM regexp_split_to_table(split_part(storage.header('target'), '?', 2), '&') AS pair
  WHERE starts_with(pair, name || '=') LIMIT 1
$$;

CREATE FUNCTION storage.json_body(body bytea) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  value json;
BEGIN
  value := coalesce(nullif(convert_from(body, 'UTF8'), ''), '{}');
  IF json_typeof(value) <> 'object' THEN
    PERFORM auth.fail(422, 'invalid_body', 'a JSON object is needed');
  END IF;
  RETURN value;
EXCEPTION WHEN invalid_text_representation OR character_not_in_repertoire THEN
  PERFORM auth.fail(422, 'invalid_body', 'the body is not JSON');
END
$$;

-- ---------------------------------------------------------------- multipart/form-data (RFC 7578)

CREATE TYPE storage.file AS (content bytea, mime_type text);

-- Where `needle` is, from position `start` on; 0: nowhere.
CREATE FUNCTION storage.find(needle bytea, content bytea, start int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE position WHEN 0 THEN 0 ELSE position + start - 1 END
  FROM position(needle IN substring(content FROM start)) AS position
$$;

-- The first part that is a file, by its name or its file name.
CREATE FUNCTION storage.multipart_file(body bytea, boundary text) RETURNS storage.file LANGUAGE plpgsql AS $$
DECLARE
  first bytea := convert_to('--' || boundary, 'UTF8');
  delimiter bytea := convert_to(E'\r\n--' || boundary, 'UTF8');
  at int := storage.find(first, body, 1) + octet_length(first);
  head_end int;
  part_end int;
  head text;
  mime_type text;
BEGIN
  WHILE at > octet_length(first) AND substring(body FROM at FOR 2) = '\x0d0a' LOOP
    head_end := storage.find('\x0d0a0d0a', body, at);
    EXIT WHEN head_end = 0;
    part_end := storage.find(delimiter, body, head_end + 2);
    EXIT WHEN part_end = 0;
    head := convert_from(substring(body FROM at FOR head_end - at + 2), 'UTF8');
    IF head ~* 'content-disposition:[^\r\n]*;\s*(filename=|name="file"|name=file\M)' THEN
      mime_type := substring(head FROM '(?i)\r\ncontent-type:\s*([^\r\n]+)');
      RETURN (substring(body FROM head_end + 4 FOR part_end - head_end - 4), mime_type)::storage.file;
    END IF;
    at := part_end + octet_length(delimiter);
  END LOOP;
  PERFORM auth.fail(422, 'invalid_body', 'the form has no field "file"');
END
$$;

-- The file of an upload: a form with the field "file", or the body itself.
CREATE FUNCTION storage.uploaded_file(body bytea) RETURNS storage.file LANGUAGE plpgsql AS $$
DECLARE
  content_type text := storage.header('content-type');
  boundary text := substring(content_type FROM '(?i)^multipart/form-data\s*;.*boundary="?([^";]+)');
  file storage.file := (body, content_type)::storage.file;
BEGIN
  IF boundary IS NOT NULL THEN file := storage.multipart_file(body, boundary); END IF;
  file.mime_type := coalesce(nullif(trim(file.mime_type), ''), 'application/octet-stream');
  IF length(file.mime_type) > 255 OR file.mime_type !~ '^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;[ -~]*)?$' THEN
    PERFORM auth.fail(415, 'invalid_mime_type', 'this is not a MIME type');
  END IF;
  RETURN file;
END
$$;

-- ---------------------------------------------------------------- buckets

CREATE FUNCTION storage.bucket_json(bucket storage.buckets) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_build_object(
    'id', bucket.name, 'name', bucket.name, 'owner', bucket.owner, 'public', bucket.public,
    'file_size_limit', bucket.file_size_limit, 'allowed_mime_types', bucket.allowed_mime_types,
    'created_at', bucket.created_at, 'updated_at', bucket.updated_at)
$$;

-- The bucket, whether the caller may see it or not.
CREATE FUNCTION storage.find_bucket(bucket_name text) RETURNS storage.buckets
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  bucket storage.buckets;
BEGIN
  SELECT * INTO bucket FROM storage.buckets WHERE name = bucket_name;
  IF NOT FOUND THEN PERFORM auth.fail(404, 'bucket_not_found', 'there is no such bucket'); END IF;
  RETURN bucket;
END
$$;

-- The bucket, if the caller may see it.
CREATE FUNCTION storage.get_bucket(bucket_name text) RETURNS storage.buckets LANGUAGE plpgsql STABLE AS $$
DECLARE
  bucket storage.buckets;
BEGIN
  SELECT * INTO bucket FROM storage.buckets WHERE name = bucket_name;
  IF NOT FOUND THEN PERFORM auth.fail(404, 'bucket_not_found', 'there is no such bucket'); END IF;
  RETURN bucket;
END
$$;

-- Takes over what a body says of a bucket.
CREATE FUNCTION storage.set_bucket(bucket storage.buckets, body json) RETURNS storage.buckets
LANGUAGE plpgsql AS $$
DECLARE
  options jsonb := body::jsonb;
  bytes jsonb := options -> 'file_size_limit';
  types jsonb := options -> 'allowed_mime_types';
BEGIN
  IF options ? 'public' THEN
    IF jsonb_typeof(options -> 'public') <> 'boolean' THEN
      PERFORM auth.fail(422, 'invalid_bucket', 'public must be true or false');
    END IF;
    bucket.public := (options -> 'public')::boolean;
  END IF;
  IF bytes IS NOT NULL THEN
    IF bytes <> 'null' AND (bytes #>> '{}') !~ '^\d{1,15}$' THEN
      PERFORM auth.fail(422, 'invalid_bucket', 'file_size_limit must be a number of bytes');
    END IF;
    bucket.file_size_limit := bytes #>> '{}';
  END IF;
  IF types IS NOT NULL THEN
    IF jsonb_typeof(types) NOT IN ('array', 'null') OR types @? '$[*] ? (@.type() <> "string")' THEN
      PERFORM auth.fail(422, 'invalid_bucket', 'allowed_mime_types must be a list of texts');
    END IF;
    bucket.allowed_mime_types := CASE WHEN types <> 'null' AND types <> '[]'
      THEN ARRAY(SELECT lower(type) FROM jsonb_array_elements_text(types) AS type) END;
  END IF;
  RETURN bucket;
END
$$;

CREATE FUNCTION storage.create_bucket(body json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  bucket storage.buckets;
BEGIN
  bucket.public := false;
  bucket := storage.set_bucket(bucket, body);
  bucket.name := coalesce(body ->> 'name', body ->> 'id');
  IF bucket.name IS NULL OR bucket.name !~ '^[A-Za-z0-9][A-Za-z0-9._ -]{0,62}$' THEN
    PERFORM auth.fail(422, 'invalid_bucket',
      'a bucket''s name has 1 to 63 letters, digits, and any of "._- " after the first');
  ELSIF bucket.name IN ('authenticated', 'copy', 'info', 'list', 'move', 'public', 'sign', 'upload') THEN
    PERFORM auth.fail(422, 'invalid_bucket', 'this name is reserved');
  END IF;
  INSERT INTO storage.buckets (name, public, file_size_limit, allowed_mime_types)
  VALUES (bucket.name, bucket.public, bucket.file_size_limit, bucket.allowed_mime_types)
  RETURNING * INTO bucket;
  RETURN storage.bucket_json(bucket);
EXCEPTION WHEN unique_violation THEN
  PERFORM auth.fail(409, 'duplicate', 'there is a bucket of this name');
END
$$;

CREATE FUNCTION storage.update_bucket(bucket_name text, body json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  bucket storage.buckets := storage.set_bucket(storage.get_bucket(bucket_name), body);
BEGIN
  UPDATE storage.buckets SET public = bucket.public, file_size_limit = bucket.file_size_limit,
    allowed_mime_types = bucket.allowed_mime_types, updated_at = clock_timestamp()
  WHERE id = bucket.id RETURNING * INTO bucket;
  IF NOT FOUND THEN PERFORM auth.fail(403, 'forbidden', 'the bucket is not yours to change'); END IF;
  RETURN storage.bucket_json(bucket);
END
$$;

CREATE FUNCTION storage.delete_bucket(bucket_name text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  bucket storage.buckets := storage.get_bucket(bucket_name);
BEGIN
  DELETE FROM storage.buckets WHERE id = bucket.id;
  IF NOT FOUND THEN PERFORM auth.fail(403, 'forbidden', 'the bucket is not yours to delete'); END IF;
  RETURN json_build_object('success', true, 'message', 'Successfully deleted');
EXCEPTION WHEN foreign_key_violation THEN
  PERFORM auth.fail(409, 'bucket_not_empty', 'the bucket is not empty: delete its files first');
END
$$;

CREATE FUNCTION storage.empty_bucket(bucket_name text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  bucket storage.buckets := storage.get_bucket(bucket_name);
BEGIN
  DELETE FROM storage.objects WHERE bucket_id = bucket.id;
  RETURN json_build_object('success', true, 'message', 'Successfully emptied');
END
$$;

-- ---------------------------------------------------------------- objects

CREATE FUNCTION storage.check_name(name text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF name IS NULL OR octet_length(name) NOT BETWEEN 1 AND 1024 OR name ~ '[\x01-\x1f\x7f]'
     OR name ~ '(^|/)(\.{0,2})(/|$)' THEN
    PERFORM auth.fail(400, 'invalid_name', 'a file''s path has 1 to 1024 bytes and no control '
      'characters, and none of the names in it is empty, "." or ".."');
  END IF;
  RETURN name;
END
$$;

CREATE FUNCTION storage.object_json(bucket_name text, object storage.objects) RETURNS json
LANGUAGE sql STABLE AS $$
  SELECT json_build_object(
    'id', object.id, 'key', object.name, 'name', object.name, 'bucket_id', bucket_name,
    'owner', object.owner, 'size', object.size, 'mime_type', object.mime_type,
    'created_at', object.created_at, 'updated_at', object.updated_at,
    'metadata', json_build_object('size', object.size, 'mimetype', object.mime_type))
$$;

-- An object without its content, if the caller may see it.
CREATE FUNCTION storage.get_object(bucket_name text, object_name text) RETURNS storage.objects
LANGUAGE plpgsql STABLE AS $$
DECLARE
  bucket storage.buckets := storage.find_bucket(bucket_name);
  object storage.objects;
BEGIN
  SELECT o.id, o.bucket_id, o.name, o.owner, o.mime_type, NULL, o.size, o.created_at, o.updated_at
  INTO object FROM storage.objects o WHERE o.bucket_id = bucket.id AND o.name = object_name;
  IF NOT FOUND THEN PERFORM auth.fail(404, 'not_found', 'there is no such file'); END IF;
  RETURN object;
END
$$;

-- The content of an object that it has been decided to give.
CREATE FUNCTION storage.send_object(object_id uuid) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
  object record;
BEGIN
  SELECT content, mime_type INTO object FROM storage.objects WHERE id = object_id;
  RETURN storage.send(object.content, object.mime_type);
END
$$;

CREATE FUNCTION storage.send_public(bucket_name text, object_name text) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF NOT (storage.find_bucket(bucket_name)).public THEN
    PERFORM auth.fail(404, 'bucket_not_found', 'there is no such public bucket');
  END IF;
  RETURN storage.send_object((storage.get_object(bucket_name, object_name)).id);
END
$$;

-- Bytes that all files have together but for one, which is about to be replaced. One upload at a time
-- counts them, so that two cannot share what is left.
CREATE FUNCTION storage.used_bytes(besides_bucket uuid DEFAULT NULL, besides_name text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF besides_bucket IS NOT NULL THEN PERFORM pg_advisory_xact_lock('storage.objects'::regclass::oid::bigint); END IF;
  RETURN (SELECT coalesce(sum(size), 0) FROM storage.objects
          WHERE (bucket_id, name) IS DISTINCT FROM (besides_bucket, besides_name));
END
$$;

CREATE FUNCTION storage.quota() RETURNS json LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT json_build_object('used_bytes', coalesce(sum(size), 0), 'file_count', count(id),
    'quota_bytes', (SELECT quota_bytes FROM storage.settings)) FROM storage.objects
$$;

CREATE FUNCTION storage.allows(types text[], mime_type text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT types IS NULL OR EXISTS (
    SELECT FROM unnest(types) AS type, split_part(trim(lower(mime_type)), ';', 1) AS given
    WHERE type IN ('*/*', trim(given)) OR (type LIKE '%/*' AND starts_with(given, left(type, -1))))
$$;

CREATE FUNCTION storage.check_file(bucket storage.buckets, object_name text, file storage.file) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  bytes bigint := octet_length(file.content);
BEGIN
  IF bytes > bucket.file_size_limit THEN
    PERFORM auth.fail(413, 'too_large',
      format('the file has %s bytes, and the bucket takes %s at most', bytes, bucket.file_size_limit));
  ELSIF NOT storage.allows(bucket.allowed_mime_types, file.mime_type) THEN
    PERFORM auth.fail(415, 'invalid_mime_type', format('the bucket does not take files of type %s', file.mime_type));
  ELSIF storage.used_bytes(bucket.id, object_name) + bytes > (storage.quota() ->> 'quota_bytes')::bigint THEN
    PERFORM auth.fail(413, 'quota_exceeded', 'the file does not fit into the project''s quota');
  END IF;
END
$$;

-- Writes an object for `owner`, and returns its id; NULL: it is there already, and not to be replaced.
CREATE FUNCTION storage.store(bucket_id uuid, object_name text, owner text, file storage.file, replace boolean)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  object_id uuid;
BEGIN
  INSERT INTO storage.objects (bucket_id, name, owner, mime_type, content, size)
  VALUES (bucket_id, object_name, owner, file.mime_type, file.content, octet_length(file.content))
  ON CONFLICT ON CONSTRAINT objects_bucket_id_name_key DO UPDATE SET mime_type = excluded.mime_type,
    content = excluded.content, size = excluded.size, updated_at = clock_timestamp() WHERE replace
  RETURNING id INTO object_id;
  RETURN object_id;
EXCEPTION WHEN insufficient_privilege THEN
  PERFORM auth.fail(403, 'forbidden', 'you may not write this file');
END
$$;

CREATE FUNCTION storage.put_object(bucket_name text, object_name text, file storage.file, replace boolean,
  owner text DEFAULT storage.caller()) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
  bucket storage.buckets := storage.find_bucket(bucket_name);
  object_id uuid;
BEGIN
  PERFORM storage.check_name(object_name);
  PERFORM storage.check_file(bucket, object_name, file);
  object_id := storage.store(bucket.id, object_name, owner, file, replace);
  IF object_id IS NULL THEN PERFORM auth.fail(409, 'duplicate', 'there is a file of this name'); END IF;
  RETURN json_build_object('file_key', object_name, 'bucket', bucket_name, 'id', object_id,
    'Id', object_id, 'Key', bucket_name || '/' || object_name,
    'size', octet_length(file.content), 'mime_type', file.mime_type);
END
$$;

CREATE FUNCTION storage.delete_object(bucket_name text, object_name text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  object storage.objects := storage.get_object(bucket_name, object_name);
BEGIN
  DELETE FROM storage.objects WHERE id = object.id;
  IF NOT FOUND THEN PERFORM auth.fail(403, 'forbidden', 'the file is not yours to delete'); END IF;
  RETURN json_build_object('success', true, 'message', 'Successfully deleted');
END
$$;

-- Deletes the named objects that the caller may delete, and answers with those.
CREATE FUNCTION storage.delete_objects(bucket_name text, names json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  bucket storage.buckets := storage.find_bucket(bucket_name);
  deleted json;
BEGIN
  WITH gone AS (
    DELETE FROM storage.objects
    WHERE bucket_id = bucket.id AND name IN (SELECT json_array_elements_text(names)) RETURNING objects)
  SELECT coalesce(json_agg(storage.object_json(bucket_name, gone.objects)), '[]') INTO deleted FROM gone;
  RETURN deleted;
END
$$;

CREATE FUNCTION storage.copy_object(body json, move boolean) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  object storage.objects := storage.get_object(body ->> 'bucketId', body ->> 'sourceKey');
  file storage.file;
  result json;
BEGIN
  SELECT content, mime_type INTO file FROM storage.objects WHERE id = object.id;
  result := storage.put_object(coalesce(body ->> 'destinationBucket', body ->> 'bucketId'),
    body ->> 'destinationKey', file, false);
  IF move THEN PERFORM storage.delete_object(body ->> 'bucketId', object.name); END IF;
  RETURN result;
END
$$;

CREATE FUNCTION storage.list_objects(bucket_name text, body json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  bucket storage.buckets := storage.find_bucket(bucket_name);
  sort text := coalesce(body #>> '{sortBy,column}', 'name');
  direction text := lower(coalesce(body #>> '{sortBy,order}', 'asc'));
  files json;
BEGIN
  IF sort NOT IN ('name', 'size', 'created_at', 'updated_at') OR direction NOT IN ('asc', 'desc') THEN
    PERFORM auth.fail(422, 'invalid_body', 
      'sortBy: column is name, size, created_at or updated_at, and order asc or desc');
  ELSIF coalesce(body ->> 'limit', '0') !~ '^\d{1,9}$' OR coalesce(body ->> 'offset', '0') !~ '^\d{1,15}$' THEN
    PERFORM auth.fail(422, 'invalid_body', 'limit and offset are numbers from 0 on');
  END IF;
  EXECUTE format(
    'SELECT json_agg(storage.object_json($1, (id, bucket_id, name, owner, mime_type, NULL, size, created_at, updated_at)::storage.objects))
     FROM (SELECT * FROM storage.objects WHERE bucket_id = $2 AND starts_with(name, $3)
           ORDER BY %1$I %2$s, name %2$s LIMIT $4 OFFSET $5) AS o', sort, direction)
  INTO files USING bucket.name, bucket.id, coalesce(body ->> 'prefix', ''),
    least(coalesce((body ->> 'limit')::bigint, 100), 1000), coalesce((body ->> 'offset')::bigint, 0);
  RETURN coalesce(files, '[]');
END
$$;

-- ---------------------------------------------------------------- signed URLs

CREATE FUNCTION storage.base64url(bytes bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT translate(encode(bytes, 'base64'), E'+/=\n', '-_')
$$;

-- Only services.storage calls it, and roles reach nothing else of this schema through the gateway.
CREATE FUNCTION storage.token(claims json) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT payload || '.' || storage.base64url(extensions.hmac(convert_to(payload, 'UTF8'), signing_key, 'sha256'))
  FROM storage.settings, storage.base64url(convert_to(claims::text, 'UTF8')) AS payload
$$;

-- What a token that this service has signed says; NULL: it has not, or it has expired.
CREATE FUNCTION storage.claims(token text) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  payload text := translate(split_part(token, '.', 1), '-_', '+/');
  claims json;
BEGIN
  IF payload = '' THEN RETURN NULL; END IF;
  claims := convert_from(decode(rpad(payload, (length(payload) + 3) / 4 * 4, '='), 'base64'), 'UTF8');
  IF storage.token(claims) = token AND (claims ->> 'exp')::numeric > extract(epoch FROM clock_timestamp()) THEN
    RETURN claims;
  END IF;
  RETURN NULL;
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END
$$;

CREATE FUNCTION storage.encode_path(path text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT string_agg(CASE WHEN c ~ '[A-Za-z0-9._~/-]' THEN c
    ELSE regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%\1', 'g') END, '' ORDER BY i)
  FROM regexp_split_to_table(path, '') WITH ORDINALITY AS chars(c, i)
$$;

-- May the caller write this object? It is tried, and undone.
CREATE FUNCTION storage.check_may_write(bucket_name text, object_name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM storage.store((storage.find_bucket(bucket_name)).id, storage.check_name(object_name), storage.caller(),
    ('', 'text/plain')::storage.file, true);
  RAISE SQLSTATE 'UNDO0';
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
  RETURN;
END
$$;

-- A URL below /storage/v1 with which one may read the object that is there now, or write it, without a
-- key. It holds for this object, or this bucket, and not for one that is made in its place later.
CREATE FUNCTION storage.sign_url(bucket_name text, object_name text, body json) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
  seconds text := coalesce(body ->> 'expiresIn', body ->> 'expires_in', '3600');
  operation text := coalesce(body ->> 'operation', 'get_object');
  expires_at timestamptz;
  object_id uuid;
  url text;
BEGIN
  IF seconds !~ '^\d{1,9}$' OR seconds::int = 0 THEN
    PERFORM auth.fail(422, 'invalid_body', 'expiresIn is a number of seconds from 1 on');
  ELSIF operation = 'get_object' THEN
    object_id := (storage.get_object(bucket_name, object_name)).id;
  ELSIF operation = 'put_object' THEN
    PERFORM storage.check_may_write(bucket_name, object_name);
  ELSE
    PERFORM auth.fail(422, 'invalid_body', 'operation is get_object or put_object');
  END IF;
  expires_at := clock_timestamp() + make_interval(secs => seconds::int);
  url := format('/object/%s/%s?token=%s', CASE operation WHEN 'get_object' THEN 'sign' ELSE 'upload/sign' END,
    storage.encode_path(bucket_name || '/' || object_name),
    storage.token(json_build_object('op', operation, 'bucket', bucket_name, 'name', object_name,
      'bucket_id', (storage.find_bucket(bucket_name)).id, 'object_id', object_id,
      'caller', storage.caller(), 'exp', extract(epoch FROM expires_at))));
  RETURN json_build_object('signedURL', url, 'url', url, 'expires_at', expires_at, 'path', object_name);
END
$$;

-- The claims of the request's token, if it is good for this.
CREATE FUNCTION storage.check_token(operation text, bucket_name text, object_name text) RETURNS json
LANGUAGE plpgsql STABLE AS $$
DECLARE
  claims json := storage.claims(storage.parameter('token'));
BEGIN
  IF (claims ->> 'op', claims ->> 'bucket', claims ->> 'name') = (operation, bucket_name, object_name) THEN
    RETURN claims;
  END IF;
  PERFORM auth.fail(403, 'invalid_token', 'the URL is not valid, or not any more');
END
$$;

CREATE FUNCTION storage.send_signed(bucket_name text, object_name text) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  claims json := storage.check_token('get_object', bucket_name, object_name);
BEGIN
  IF NOT EXISTS (SELECT FROM storage.objects WHERE id = (claims ->> 'object_id')::uuid AND name = object_name) THEN
    PERFORM auth.fail(404, 'not_found', 'there is no such file');
  END IF;
  RETURN storage.send_object((claims ->> 'object_id')::uuid);
END
$$;

-- Does what the one who signed might have done.
CREATE FUNCTION storage.put_signed(bucket_name text, object_name text, file storage.file, replace boolean) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  claims json := storage.check_token('put_object', bucket_name, object_name);
  caller text := claims ->> 'caller';
  bucket storage.buckets := storage.find_bucket(bucket_name);
BEGIN
  IF bucket.id <> (claims ->> 'bucket_id')::uuid OR (caller <> 'service_role' AND EXISTS (
       SELECT FROM storage.objects
       WHERE bucket_id = bucket.id AND name = object_name AND owner NOT IN (caller, 'anon'))) THEN
    PERFORM auth.fail(403, 'invalid_token', 'the URL is not valid, or not any more');
  END IF;
  RETURN storage.put_object(bucket_name, object_name, file, replace, caller);
END
$$;

CREATE FUNCTION storage.sign_urls(bucket_name text, body json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  path text;
  urls jsonb := '[]';
BEGIN
  FOR path IN SELECT json_array_elements_text(body -> 'paths') LOOP
    BEGIN
      urls := urls || (storage.sign_url(bucket_name, path, body)::jsonb || '{"error":null}');
    EXCEPTION WHEN SQLSTATE 'PGRST' THEN
      urls := urls || jsonb_build_object('path', path, 'signedURL', NULL, 'error', 'there is no such file');
    END;
  END LOOP;
  RETURN urls;
END
$$;

-- ---------------------------------------------------------------- routes

CREATE FUNCTION storage.handle_bucket(method text, bucket_name text, body bytea) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  CASE
  WHEN method = 'POST' AND bucket_name IS NULL THEN RETURN storage.create_bucket(storage.json_body(body));
  WHEN method = 'GET' AND bucket_name IS NULL THEN
    RETURN (SELECT coalesce(json_agg(storage.bucket_json(b) ORDER BY name), '[]') FROM storage.buckets AS b);
  WHEN method = 'GET' THEN RETURN storage.bucket_json(storage.get_bucket(bucket_name));
  WHEN method = 'PUT' THEN RETURN storage.update_bucket(bucket_name, storage.json_body(body));
  WHEN method = 'POST' AND bucket_name LIKE '%/empty' THEN RETURN storage.empty_bucket(left(bucket_name, -6));
  WHEN method = 'DELETE' THEN RETURN storage.delete_bucket(bucket_name);
  ELSE RETURN NULL;
  END CASE;
END
$$;

-- What is below /object/COMMAND/BUCKET/NAME.
CREATE FUNCTION storage.handle_command(method text, command text, bucket_name text, object_name text, body bytea)
RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
  call text := method || ' ' || command;
  replace boolean := coalesce(storage.header('upsert'), 'true') <> 'false';
BEGIN
  CASE
  WHEN call = 'POST list' THEN RETURN storage.send_json(storage.list_objects(bucket_name, storage.json_body(body)));
  WHEN call = 'POST sign' AND object_name IS NULL THEN
    RETURN storage.send_json(storage.sign_urls(bucket_name, storage.json_body(body)));
  WHEN call = 'POST sign' THEN
    RETURN storage.send_json(storage.sign_url(bucket_name, object_name, storage.json_body(body)));
  WHEN call = 'POST upload/sign' THEN
    RETURN storage.send_json(storage.sign_url(bucket_name, object_name, '{"operation":"put_object","expiresIn":7200}'));
  WHEN call = 'GET sign' THEN RETURN storage.send_signed(bucket_name, object_name);
  WHEN call = 'PUT upload/sign' THEN
    RETURN storage.send_json(storage.put_signed(bucket_name, object_name, storage.uploaded_file(body), replace));
  WHEN call = 'GET public' THEN RETURN storage.send_public(bucket_name, object_name);
  WHEN call IN ('GET authenticated', 'HEAD authenticated') THEN
    RETURN storage.send_object((storage.get_object(bucket_name, object_name)).id);
  WHEN call = 'GET info' THEN
    RETURN storage.send_json(storage.object_json(bucket_name, storage.get_object(bucket_name, object_name)));
  WHEN call = 'POST copy' THEN RETURN storage.send_json(storage.copy_object(storage.json_body(body), false));
  WHEN call = 'POST move' THEN RETURN storage.send_json(storage.copy_object(storage.json_body(body), true));
  ELSE RETURN NULL;
  END CASE;
END
$$;

-- What is below /object/BUCKET/NAME.
CREATE FUNCTION storage.handle_object(method text, bucket_name text, object_name text, body bytea) RETURNS bytea
LANGUAGE plpgsql AS $$
DECLARE
  replace boolean := coalesce(storage.header('upsert'), 'true') <> 'false';
BEGIN
  CASE
  WHEN object_name IS NULL AND method = 'DELETE' THEN
    RETURN storage.send_json(storage.delete_objects(bucket_name, storage.json_body(body) -> 'prefixes'));
  WHEN object_name IS NULL THEN RETURN NULL;
  WHEN method = 'GET' THEN RETURN storage.send_object((storage.get_object(bucket_name, object_name)).id);
  WHEN method IN ('POST', 'PUT') THEN
    RETURN storage.send_json(storage.put_object(bucket_name, object_name, storage.uploaded_file(body),
      replace OR method = 'PUT'));
  WHEN method = 'DELETE' THEN RETURN storage.send_json(storage.delete_object(bucket_name, object_name));
  ELSE RETURN NULL;
  END CASE;
END
$$;

CREATE FUNCTION services.storage(bytea) RETURNS services."*/*" LANGUAGE plpgsql AS $$
DECLARE
  method text := replace(storage.header('method'), 'HEAD', 'GET');
  path text := regexp_replace(split_part(storage.header('target'), '?', 1), '^/storage/v1/', '');
  parts text[] := string_to_array(path, '/');
  command text := CASE WHEN path ~ '^object/upload/sign/' THEN 'upload/sign'
    WHEN path ~ '^object/(authenticated|copy|info|list|move|public|sign)(/|$)' THEN parts[2] END;
  n_head int := CASE command WHEN 'upload/sign' THEN 3 ELSE 1 + (command IS NOT NULL)::int END;
  bucket_name text := storage.decode_url(parts[n_head + 1]);
  object_name text := storage.decode_url(nullif(array_to_string(parts[n_head + 2:], '/'), ''));
  response bytea;
BEGIN
  IF path = 'quota' AND method = 'GET' THEN
    response := storage.send_json(storage.quota());
  ELSIF parts[1] = 'bucket' THEN
    bucket_name := storage.decode_url(nullif(array_to_string(parts[2:], '/'), ''));
    response := storage.send_json(storage.handle_bucket(method, bucket_name, $1));
  ELSIF command IS NOT NULL THEN
    response := storage.handle_command(method, command, bucket_name, object_name, $1);
  ELSIF parts[1] = 'object' AND parts[2] <> '' THEN
    response := storage.handle_object(method, bucket_name, object_name, $1);
  END IF;
  IF response IS NULL THEN PERFORM auth.fail(404, 'no_route', 'the storage service has no such call'); END IF;
  RETURN response;
EXCEPTION WHEN insufficient_privilege THEN
  PERFORM auth.fail(403, 'forbidden', 'you may not do this');
END
$$;
GRANT EXECUTE ON FUNCTION services.storage TO anon, authenticated, service_role;
