-- The auth service of a WowSQL project: users, their sessions, and whatever proves who they are. The
-- gateway maps /auth/v1/... to the functions of the schema services, which take the body of the request
-- as their only argument; see services_conf in stack/local.
--
-- What has to be kept although a request is refused, such as a failed attempt, is returned with a status
-- (auth.refuse); everything else is raised (auth.fail), which rolls back. Tokens and codes are stored as
-- hashes only. Mails are not sent: they go to auth.mails, and GET /auth/v1/mails?recipient=... shows them.
CREATE SCHEMA auth;
CREATE SCHEMA services;
GRANT USAGE ON SCHEMA auth TO PUBLIC; -- for policies; its tables are nobody's
GRANT USAGE ON SCHEMA services TO anon, authenticated, service_role;

CREATE TABLE auth.settings (name text PRIMARY KEY, value text NOT NULL);
INSERT INTO auth.settings VALUES
  ('jwt_secret', ''),                  -- PostgREST's jwt-secret
  ('access_token_seconds', '3600'),
  ('refresh_token_seconds', '2592000'),
  ('code_seconds', '600'),             -- one-time codes, and states and codes of OAuth
  ('link_seconds', '3600'),            -- tokens in links
  ('min_password_length', '8'),
  ('lockout_failures', '5'),           -- failures within lockout_seconds that lock an address out
  ('lockout_seconds', '900'),
  ('mails_per_hour', '20'),            -- to one address
  ('sign_ups', 'open'),                -- or 'closed'
  ('redirect_uris', '*');              -- patterns, separated by blanks: where OAuth may lead to

CREATE TABLE auth.users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL UNIQUE,          -- in lower case
  password_hash text,                  -- NULL: signs in without a password only
  full_name text,
  avatar_url text,
  username text UNIQUE,
  email_verified boolean NOT NULL DEFAULT false,
  user_metadata jsonb NOT NULL DEFAULT '{}',
  app_metadata jsonb NOT NULL DEFAULT '{"provider": "email"}',
  banned boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE auth.sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  must_refresh boolean NOT NULL DEFAULT false -- its access tokens no longer hold, new ones are to be got
);
CREATE INDEX ON auth.sessions (user_id);
CREATE TABLE auth.refresh_tokens (
  hash bytea PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES auth.sessions ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX ON auth.refresh_tokens (session_id);
CREATE TABLE auth.codes (
  hash bytea PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('otp', 'magic_link', 'password_reset', 'email_verification')),
  purpose text NOT NULL,
  email text NOT NULL,                 -- which need not be a user's
  expires_at timestamptz NOT NULL
);
CREATE INDEX ON auth.codes (email, kind, purpose);
CREATE TABLE auth.mails (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sent_at timestamptz NOT NULL DEFAULT now(),
  recipient text NOT NULL,
  kind text NOT NULL,
  purpose text NOT NULL,
  code text NOT NULL,
  body text NOT NULL
);
CREATE INDEX ON auth.mails (recipient);
-- What is limited, by what it is about: 'login alice@example.com', 'mail alice@example.com'.
CREATE TABLE auth.attempts (subject text NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON auth.attempts (subject, at);
-- One sign-in with a provider under way.
CREATE TABLE auth.oauth_states (
  state text PRIMARY KEY,
  provider text NOT NULL,
  frontend_redirect_uri text NOT NULL,
  callback_url text NOT NULL,
  code_verifier text NOT NULL,         -- PKCE, RFC 7636
  expires_at timestamptz NOT NULL
);
-- What the development provider knows of a code that it has given out.
CREATE TABLE auth.oauth_codes (
  hash bytea PRIMARY KEY,
  state text NOT NULL REFERENCES auth.oauth_states ON DELETE CASCADE,
  email text NOT NULL,
  code_challenge text NOT NULL,
  expires_at timestamptz NOT NULL
);

-- ---------------------------------------------------------------- for policies

CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb
$$;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT (auth.jwt() ->> 'sub')::uuid
$$;
CREATE FUNCTION auth.email() RETURNS text LANGUAGE sql STABLE AS $$ SELECT auth.jwt() ->> 'email' $$;
CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS $$ SELECT auth.jwt() ->> 'role' $$;

-- ---------------------------------------------------------------- failures

CREATE FUNCTION auth.fail(status int, code text, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE SQLSTATE 'PGRST' USING
    MESSAGE = json_build_object('code', code, 'message', message, 'details', NULL, 'hint', NULL),
    DETAIL = json_build_object('status', status, 'headers', json_build_object());
END
$$;

CREATE FUNCTION auth.refuse(status int, code text, message text) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('response.status', status::text, true);
  RETURN json_build_object('code', code, 'message', message, 'details', NULL, 'hint', NULL);
END
$$;

-- Is this the limit of attempts within some seconds? Then how long to wait, else NULL. Whoever asks for the
-- same subject at the same time waits until this transaction ends, so that nobody slips through.
CREATE FUNCTION auth.wait_for(about text, most int, seconds int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  n int;
  earliest timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(about, 0));
  DELETE FROM auth.attempts a WHERE a.subject = about AND a.at <= now() - make_interval(secs => seconds);
  SELECT count(*), min(a.at) INTO n, earliest FROM auth.attempts a WHERE a.subject = about;
  IF n < most THEN RETURN NULL; END IF;
  RETURN greatest(1, ceil(extract(epoch FROM earliest - now()) + seconds)::int);
END
$$;

CREATE FUNCTION auth.refuse_for_now(seconds int) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('response.headers', json_build_array(json_build_object('Retry-After', seconds::text))::text, true);
  RETURN auth.refuse(429, 'too_many_requests', 'too many attempts: wait ' || seconds || ' seconds');
END
$$;

-- ---------------------------------------------------------------- small things

CREATE FUNCTION auth.setting(setting text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT value FROM auth.settings WHERE name = setting
$$;
CREATE FUNCTION auth.seconds(setting text) RETURNS interval LANGUAGE sql STABLE AS $$
  SELECT make_interval(secs => auth.setting(setting)::int)
$$;
CREATE FUNCTION auth.base64url(bytes bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT translate(encode(bytes, 'base64'), E'+/=\n', '-_')
$$;
CREATE FUNCTION auth.random_token() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT auth.base64url(extensions.gen_random_bytes(32))
$$;
CREATE FUNCTION auth.hash(token text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT sha256(convert_to(token, 'UTF8')) $$;
-- A one-time code is short: only with its address and purpose it is unique.
CREATE FUNCTION auth.otp_hash(code text, email text, purpose text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT auth.hash(purpose || ' ' || email || ' ' || code)
$$;
-- bcrypt takes 72 bytes, a password may have more.
CREATE FUNCTION auth.password_hash(password text, salt text) RETURNS text LANGUAGE sql AS $$
  SELECT extensions.crypt(encode(auth.hash(password), 'base64'), salt)
$$;
CREATE FUNCTION auth.new_password_hash(password text) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT auth.password_hash(password, extensions.gen_salt('bf', 8))
$$;

CREATE FUNCTION auth.url_encode(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(string_agg(CASE WHEN c ~ '^[A-Za-z0-9._~-]$' THEN c
    ELSE upper(regexp_replace(encode(convert_to(c, 'UTF8'), 'hex'), '(..)', '%\1', 'g')) END, '' ORDER BY n), '')
  FROM regexp_split_to_table($1, '') WITH ORDINALITY AS t(c, n)
$$;
CREATE FUNCTION auth.url_decode(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(convert_from(string_agg(CASE WHEN m[1] ~ '^%..$' THEN decode(substr(m[1], 2), 'hex')
    ELSE convert_to(m[1], 'UTF8') END, ''::bytea ORDER BY n), 'UTF8'), '')
  FROM regexp_matches(replace($1, '+', ' '), '%[0-9A-Fa-f]{2}|[^%]+|%', 'g') WITH ORDINALITY AS t(m, n)
$$;

-- What the gateway says of the request: its provider, its query string, where the project is.
CREATE FUNCTION auth.told(header text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT current_setting('request.headers', true)::json ->> ('x-gateway-' || header)
$$;
CREATE FUNCTION auth.query(parameter text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT auth.url_decode(substr(part, length(parameter) + 2))
  FROM regexp_split_to_table(coalesce(auth.told('query'), ''), '&') AS part
  WHERE starts_with(part, parameter || '=') LIMIT 1
$$;

-- ---------------------------------------------------------------- what a body says

-- A member that must be a text. `needed`: it must not be missing or empty.
CREATE FUNCTION auth.text_of(body json, member text, needed boolean) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF json_typeof(body) IS DISTINCT FROM 'object' THEN
    PERFORM auth.fail(422, 'invalid_request', 'the body must be a JSON object');
  END IF;
  IF json_typeof(body -> member) NOT IN ('string', 'null') THEN
    PERFORM auth.fail(422, 'invalid_request', member || ' must be a text');
  END IF;
  IF needed AND coalesce(body ->> member, '') = '' THEN
    PERFORM auth.fail(422, 'invalid_request', member || ' is missing');
  END IF;
  RETURN body ->> member;
END
$$;

CREATE FUNCTION auth.email_of(body json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  email text := lower(trim(auth.text_of(body, 'email', true)));
BEGIN
  IF email !~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+\.[^@[:space:][:cntrl:].]+$' OR length(email) > 254 THEN
    PERFORM auth.fail(422, 'invalid_email', 'this is not an e-mail address');
  END IF;
  RETURN email;
END
$$;

CREATE FUNCTION auth.new_password_of(body json, member text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  password text := auth.text_of(body, member, true);
BEGIN
  IF length(password) < auth.setting('min_password_length')::int THEN
    PERFORM auth.fail(422, 'weak_password',
      'a password has at least ' || auth.setting('min_password_length') || ' characters');
  END IF;
  RETURN password;
END
$$;

CREATE FUNCTION auth.purpose_of(body json, allowed text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  purpose text := auth.text_of(body, 'purpose', true);
BEGIN
  IF purpose <> ALL (allowed) THEN
    PERFORM auth.fail(422, 'invalid_request', 'purpose must be one of ' || array_to_string(allowed, ', '));
  END IF;
  RETURN purpose;
END
$$;

-- ---------------------------------------------------------------- sessions

CREATE FUNCTION auth.user_json(u auth.users) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_build_object('id', u.id, 'email', u.email, 'full_name', u.full_name, 'avatar_url', u.avatar_url,
    'username', u.username, 'email_verified', u.email_verified, 'user_metadata', u.user_metadata,
    'app_metadata', u.app_metadata, 'created_at', u.created_at)
$$;

-- An HS256 token (RFC 7515).
CREATE FUNCTION auth.sign(claims json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  signed text := auth.base64url(convert_to('{"alg":"HS256","typ":"JWT"}', 'UTF8')) || '.' ||
    auth.base64url(convert_to(claims::text, 'UTF8'));
BEGIN
  RETURN signed || '.' || auth.base64url(
    extensions.hmac(convert_to(signed, 'UTF8'), convert_to(auth.setting('jwt_secret'), 'UTF8'), 'sha256'));
END
$$;

-- Gives out an access token and a refresh token of a session.
CREATE FUNCTION auth.tokens(u auth.users, session uuid) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  refresh_token text := auth.random_token();
  seconds int := auth.setting('access_token_seconds')::int;
  since bigint := extract(epoch FROM now())::bigint;
BEGIN
  INSERT INTO auth.refresh_tokens VALUES (auth.hash(refresh_token), session, now() + auth.seconds('refresh_token_seconds'));
  RETURN json_build_object(
    'access_token', auth.sign(json_build_object('sub', u.id, 'role', 'authenticated', 'email', u.email,
      'session_id', session, 'app_metadata', u.app_metadata, 'user_metadata', u.user_metadata,
      'iat', since, 'exp', since + seconds)),
    'refresh_token', refresh_token, 'token_type', 'bearer', 'expires_in', seconds, 'user', auth.user_json(u));
END
$$;

CREATE FUNCTION auth.start_session(u auth.users) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  session uuid;
BEGIN
  IF u.banned THEN PERFORM auth.fail(403, 'user_banned', 'this user may not sign in'); END IF;
  INSERT INTO auth.sessions (user_id) VALUES (u.id) RETURNING id INTO session;
  RETURN auth.tokens(u, session);
END
$$;

-- PostgREST calls this before every request: tokens are valid for a while, their session may have ended.
CREATE FUNCTION auth.check_session() RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog AS $$
DECLARE
  session text := auth.jwt() ->> 'session_id';
  stale boolean;
BEGIN
  IF session IS NULL THEN RETURN; END IF;
  SELECT must_refresh INTO stale FROM auth.sessions WHERE id = session::uuid;
  IF NOT FOUND THEN PERFORM auth.fail(401, 'PGRST301', 'the session has ended'); END IF;
  IF stale THEN PERFORM auth.fail(401, 'PGRST301', 'JWT expired'); END IF;
END
$$;

-- Who has sent the request; a failure if it is nobody.
CREATE FUNCTION auth.sender() RETURNS auth.users LANGUAGE plpgsql STABLE AS $$
DECLARE
  u auth.users;
BEGIN
  SELECT * INTO u FROM auth.users WHERE id = auth.uid();
  IF NOT FOUND THEN PERFORM auth.fail(401, 'not_signed_in', 'nobody is signed in'); END IF;
  RETURN u;
END
$$;

CREATE FUNCTION auth.success(message text) RETURNS json LANGUAGE sql IMMUTABLE AS $$
  SELECT json_build_object('success', true, 'message', message)
$$;

-- ---------------------------------------------------------------- codes and mails

-- Makes a code for an address, whether it is a user's or not, and mails it if there is somebody to read it.
CREATE FUNCTION auth.give_code(kind text, purpose text, email text, is_sent boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  is_otp boolean := give_code.kind = 'otp';
  code text := auth.random_token();
  base text := coalesce(auth.told('url'), '');
BEGIN
  IF is_otp THEN
    code := lpad((('x' || encode(extensions.gen_random_bytes(7), 'hex'))::bit(56)::bigint % 1000000)::text, 6, '0');
  END IF;
  DELETE FROM auth.codes c
    WHERE c.email = give_code.email AND c.kind = give_code.kind AND c.purpose = give_code.purpose;
  INSERT INTO auth.codes VALUES (
    CASE WHEN is_otp THEN auth.otp_hash(code, email, purpose) ELSE auth.hash(code) END, kind, purpose, email,
    now() + auth.seconds(CASE WHEN is_otp THEN 'code_seconds' ELSE 'link_seconds' END));
  IF is_sent THEN
    INSERT INTO auth.mails (recipient, kind, purpose, code, body) VALUES (email, kind, purpose, code,
      CASE kind WHEN 'otp' THEN 'Your code: ' || code
        WHEN 'magic_link' THEN 'Follow this link: ' || base || '/auth/v1/magic-link/verify?token=' || code
        WHEN 'password_reset' THEN 'To choose a new password, use this token: ' || code
        ELSE 'To verify this address, use this token: ' || code END);
  END IF;
END
$$;

-- Takes a code, which is no longer one then. NULL: it is wrong, used, or too old.
CREATE FUNCTION auth.take_code(of_kinds text[], code_hash bytea) RETURNS auth.codes LANGUAGE plpgsql AS $$
DECLARE
  code auth.codes;
BEGIN
  DELETE FROM auth.codes c WHERE c.hash = code_hash AND c.kind = ANY (of_kinds) RETURNING * INTO code;
  IF code.expires_at > now() THEN RETURN code; END IF;
  RETURN NULL;
END
$$;

-- Counts a mail to an address: how long to wait before there may be more, else NULL.
CREATE FUNCTION auth.count_mail(email text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  wait int := auth.wait_for('mail ' || email, auth.setting('mails_per_hour')::int, 3600);
BEGIN
  IF wait IS NULL THEN INSERT INTO auth.attempts VALUES ('mail ' || email); END IF;
  RETURN wait;
END
$$;

-- Whoever has read a mail to the address has shown that it is theirs.
CREATE FUNCTION auth.verified(of_email text) RETURNS auth.users LANGUAGE sql AS $$
  UPDATE auth.users SET email_verified = true WHERE email = of_email RETURNING *
$$;

-- The user of an address that was shown to be theirs, who is made if there is none.
CREATE FUNCTION auth.found_or_made(of_email text, with_provider text) RETURNS auth.users LANGUAGE plpgsql AS $$
DECLARE
  u auth.users := auth.verified(of_email);
BEGIN
  IF u.id IS NOT NULL THEN RETURN u; END IF;
  IF auth.setting('sign_ups') <> 'open' THEN
    PERFORM auth.fail(403, 'sign_ups_closed', 'this project does not take new users');
  END IF;
  INSERT INTO auth.users (email, email_verified, app_metadata)
    VALUES (of_email, true, jsonb_build_object('provider', with_provider)) RETURNING * INTO u;
  RETURN u;
END
$$;

CREATE FUNCTION auth.set_password(of_user uuid, password text, keep_session uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE auth.users SET password_hash = auth.new_password_hash(password), updated_at = now() WHERE id = of_user;
  DELETE FROM auth.sessions WHERE user_id = of_user AND id IS DISTINCT FROM keep_session;
END
$$;

-- ---------------------------------------------------------------- the service: passwords

CREATE FUNCTION services.auth_signup(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  u auth.users;
  of_email text := auth.email_of($1);
  password text := auth.new_password_of($1, 'password');
  name text := auth.text_of($1, 'full_name', false);
  metadata jsonb := CASE WHEN json_typeof($1 -> 'user_metadata') <> 'null' THEN $1 -> 'user_metadata' END;
BEGIN
  IF jsonb_typeof(metadata) <> 'object' THEN
    PERFORM auth.fail(422, 'invalid_request', 'user_metadata must be an object');
  END IF;
  IF auth.setting('sign_ups') <> 'open' THEN
    PERFORM auth.fail(403, 'sign_ups_closed', 'this project does not take new users');
  END IF;
  INSERT INTO auth.users (email, password_hash, full_name, user_metadata)
    VALUES (of_email, auth.new_password_hash(password), name, coalesce(metadata, '{}'))
    ON CONFLICT (email) DO NOTHING RETURNING * INTO u;
  IF u.id IS NULL THEN PERFORM auth.fail(409, 'user_exists', 'there is a user with this e-mail address'); END IF;
  PERFORM auth.give_code('email_verification', 'email_verification', of_email, true);
  RETURN auth.start_session(u);
END
$$;

-- A login of an unknown user takes as long as one with a wrong password.
CREATE FUNCTION services.auth_login(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  u auth.users;
  of_email text := auth.email_of($1);
  password text := auth.text_of($1, 'password', true);
  subject text := 'login ' || of_email;
  wait int := auth.wait_for(subject, auth.setting('lockout_failures')::int, auth.setting('lockout_seconds')::int);
  hash text;
BEGIN
  IF wait IS NOT NULL THEN RETURN auth.refuse_for_now(wait); END IF;
  SELECT * INTO u FROM auth.users WHERE email = of_email;
  hash := auth.password_hash(password, coalesce(u.password_hash, extensions.gen_salt('bf', 8)));
  IF hash IS DISTINCT FROM u.password_hash THEN
    INSERT INTO auth.attempts VALUES (subject);
    RETURN auth.refuse(401, 'invalid_credentials', 'the e-mail address or the password is wrong');
  END IF;
  DELETE FROM auth.attempts a WHERE a.subject = 'login ' || of_email;
  RETURN auth.start_session(u);
END
$$;

CREATE FUNCTION services.auth_change_password(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  u auth.users := auth.sender();
  current_password text := auth.text_of($1, 'current_password', true);
  password text := auth.new_password_of($1, 'new_password');
  subject text := 'login ' || u.email;
  wait int := auth.wait_for(subject, auth.setting('lockout_failures')::int, auth.setting('lockout_seconds')::int);
BEGIN
  IF wait IS NOT NULL THEN RETURN auth.refuse_for_now(wait); END IF;
  IF u.password_hash IS DISTINCT FROM auth.password_hash(current_password, u.password_hash) OR u.password_hash IS NULL THEN
    INSERT INTO auth.attempts VALUES (subject);
    RETURN auth.refuse(401, 'invalid_credentials', 'the current password is wrong');
  END IF;
  PERFORM auth.set_password(u.id, password, (auth.jwt() ->> 'session_id')::uuid);
  RETURN auth.success('the password was changed');
END
$$;

CREATE FUNCTION services.auth_forgot_password(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  of_email text := auth.email_of($1);
  wait int := auth.count_mail(of_email);
BEGIN
  IF wait IS NOT NULL THEN RETURN auth.refuse_for_now(wait); END IF;
  PERFORM auth.give_code('password_reset', 'password_reset', of_email, EXISTS (SELECT FROM auth.users WHERE email = of_email));
  RETURN auth.success('if there is such a user, a mail was sent');
END
$$;

CREATE FUNCTION services.auth_reset_password(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  u auth.users;
  password text := auth.new_password_of($1, 'new_password');
  code auth.codes := auth.take_code('{password_reset}', auth.hash(auth.text_of($1, 'token', true)));
BEGIN
  u := auth.verified(code.email);
  IF u.id IS NULL THEN RETURN auth.refuse(401, 'invalid_token', 'the token is wrong, used, or too old'); END IF;
  PERFORM auth.set_password(u.id, password, NULL);
  DELETE FROM auth.attempts a WHERE a.subject = 'login ' || u.email;
  RETURN auth.success('the password was changed');
END
$$;

-- ---------------------------------------------------------------- the service: sessions

CREATE FUNCTION services.auth_refresh(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  t auth.refresh_tokens;
  u auth.users;
BEGIN
  SELECT * INTO t FROM auth.refresh_tokens WHERE hash = auth.hash(auth.text_of($1, 'refresh_token', true)) FOR UPDATE;
  IF t.used_at IS NOT NULL THEN
    -- Either somebody has stolen it, or they are the thief.
    DELETE FROM auth.sessions WHERE id = t.session_id;
    RETURN auth.refuse(401, 'invalid_token', 'the refresh token was used before: the session has ended');
  END IF;
  SELECT * INTO u FROM auth.users WHERE id = (SELECT user_id FROM auth.sessions WHERE id = t.session_id);
  IF u.id IS NULL OR t.expires_at <= now() THEN
    RETURN auth.refuse(401, 'invalid_token', 'the refresh token is wrong or too old');
  END IF;
  IF u.banned THEN PERFORM auth.fail(403, 'user_banned', 'this user may not sign in'); END IF;
  UPDATE auth.refresh_tokens SET used_at = now() WHERE hash = t.hash;
  UPDATE auth.sessions SET must_refresh = false WHERE id = t.session_id AND must_refresh;
  RETURN auth.tokens(u, t.session_id);
END
$$;

CREATE FUNCTION services.auth_logout(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  u auth.users := auth.sender();
BEGIN
  DELETE FROM auth.sessions WHERE id = (auth.jwt() ->> 'session_id')::uuid;
  RETURN auth.success('signed out');
END
$$;

CREATE FUNCTION services.auth_me(json) RETURNS json LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT auth.user_json(auth.sender())
$$;

CREATE FUNCTION services.auth_update_me(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  u auth.users := auth.sender();
  member text;
BEGIN
  IF json_typeof($1) <> 'object' THEN PERFORM auth.fail(422, 'invalid_request', 'the body must be a JSON object'); END IF;
  FOR member IN SELECT json_object_keys($1) LOOP
    IF member NOT IN ('full_name', 'avatar_url', 'username', 'user_metadata') THEN
      PERFORM auth.fail(422, 'invalid_request',
        'only full_name, avatar_url, username and user_metadata can be changed, not ' || quote_ident(member));
    ELSIF member = 'user_metadata' AND json_typeof($1 -> member) <> 'object' THEN
      PERFORM auth.fail(422, 'invalid_request', 'user_metadata must be an object');
    ELSIF member <> 'user_metadata' THEN
      PERFORM auth.text_of($1, member, false);
    END IF;
  END LOOP;
  UPDATE auth.users SET
    full_name = CASE WHEN $1 -> 'full_name' IS NULL THEN full_name ELSE $1 ->> 'full_name' END,
    avatar_url = CASE WHEN $1 -> 'avatar_url' IS NULL THEN avatar_url ELSE $1 ->> 'avatar_url' END,
    username = CASE WHEN $1 -> 'username' IS NULL THEN username ELSE $1 ->> 'username' END,
    user_metadata = user_metadata || coalesce($1 -> 'user_metadata', '{}')::jsonb,
    updated_at = now()
    WHERE id = u.id RETURNING * INTO u;
  RETURN auth.user_json(u);
EXCEPTION WHEN unique_violation THEN
  PERFORM auth.fail(409, 'username_taken', 'there is a user with this username');
END
$$;

-- ---------------------------------------------------------------- the service: codes and links

CREATE FUNCTION services.auth_otp_send(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  of_email text := auth.email_of($1);
  for_purpose text := auth.purpose_of($1, '{login,signup,password_reset}');
  wait int := auth.count_mail(of_email);
  is_user boolean := EXISTS (SELECT FROM auth.users WHERE email = of_email);
BEGIN
  IF wait IS NOT NULL THEN RETURN auth.refuse_for_now(wait); END IF;
  PERFORM auth.give_code('otp', for_purpose, of_email, is_user = (for_purpose <> 'signup'));
  RETURN auth.success('if the address can be used for this, a mail was sent');
END
$$;

CREATE FUNCTION services.auth_otp_verify(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  u auth.users;
  code auth.codes;
  of_email text := auth.email_of($1);
  for_purpose text := auth.purpose_of($1, '{login,signup,password_reset}');
  otp text := auth.text_of($1, 'otp', true);
  password text := CASE WHEN for_purpose = 'password_reset' THEN auth.new_password_of($1, 'new_password') END;
  subject text := 'otp ' || of_email;
  wait int := auth.wait_for(subject, auth.setting('lockout_failures')::int, auth.setting('lockout_seconds')::int);
BEGIN
  IF wait IS NOT NULL THEN RETURN auth.refuse_for_now(wait); END IF;
  code := auth.take_code('{otp}', auth.otp_hash(otp, of_email, for_purpose));
  IF code.hash IS NOT NULL THEN
    u := CASE WHEN for_purpose = 'signup' THEN auth.found_or_made(of_email, 'email') ELSE auth.verified(of_email) END;
  END IF;
  IF u.id IS NULL THEN
    INSERT INTO auth.attempts VALUES (subject);
    RETURN auth.refuse(401, 'invalid_code', 'the code is wrong, used, or too old');
  END IF;
  DELETE FROM auth.attempts a WHERE a.subject = 'otp ' || of_email;
  IF for_purpose <> 'password_reset' THEN RETURN auth.start_session(u); END IF;
  PERFORM auth.set_password(u.id, password, NULL);
  DELETE FROM auth.attempts a WHERE a.subject = 'login ' || of_email;
  RETURN auth.success('the password was changed');
END
$$;

CREATE FUNCTION services.auth_magic_link_send(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  of_email text := auth.email_of($1);
  for_purpose text := auth.purpose_of($1, '{login,signup,email_verification}');
  wait int := auth.count_mail(of_email);
  is_user boolean := EXISTS (SELECT FROM auth.users WHERE email = of_email);
BEGIN
  IF wait IS NOT NULL THEN RETURN auth.refuse_for_now(wait); END IF;
  PERFORM auth.give_code('magic_link', for_purpose, of_email, is_user = (for_purpose <> 'signup'));
  RETURN auth.success('if the address can be used for this, a mail was sent');
END
$$;

-- Where a magic link leads, and the token of any of them. One for login or signup signs in.
CREATE FUNCTION auth.follow_link(token text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  u auth.users;
  code auth.codes := auth.take_code('{magic_link,email_verification}', auth.hash(token));
BEGIN
  u := CASE WHEN code.purpose = 'signup' THEN auth.found_or_made(code.email, 'email') ELSE auth.verified(code.email) END;
  IF u.id IS NULL THEN RETURN auth.refuse(401, 'invalid_token', 'the token is wrong, used, or too old'); END IF;
  IF code.purpose = 'email_verification' THEN RETURN auth.success('the e-mail address is verified'); END IF;
  RETURN auth.start_session(u);
END
$$;

CREATE FUNCTION services.auth_verify_email(json) RETURNS json LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT auth.follow_link(auth.text_of($1, 'token', true))
$$;

CREATE FUNCTION services.auth_magic_link_verify(json) RETURNS json LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT auth.follow_link(coalesce(auth.query('token'), ''))
$$;

CREATE FUNCTION services.auth_resend_verification(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  of_email text := auth.email_of($1);
  wait int := auth.count_mail(of_email);
BEGIN
  IF wait IS NOT NULL THEN RETURN auth.refuse_for_now(wait); END IF;
  PERFORM auth.give_code('email_verification', 'email_verification', of_email,
    EXISTS (SELECT FROM auth.users WHERE email = of_email AND NOT email_verified));
  RETURN auth.success('if the address is to be verified, a mail was sent');
END
$$;

-- The mails that would have been sent, for whoever has the service key.
CREATE FUNCTION services.auth_mails(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF auth.role() IS DISTINCT FROM 'service_role' THEN
    PERFORM auth.fail(403, 'forbidden', 'only the service key may read mails');
  END IF;
  RETURN (SELECT coalesce(json_agg(m ORDER BY m.id), '[]') FROM auth.mails m
    WHERE recipient = lower(auth.query('recipient')));
END
$$;

-- ---------------------------------------------------------------- the service: OAuth

CREATE FUNCTION auth.redirect(to_url text) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('response.headers', json_build_array(json_build_object('Location', to_url))::text, true);
  PERFORM set_config('response.status', '302', true);
  RETURN '{}';
END
$$;

CREATE FUNCTION auth.add_query(to_url text, query text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT to_url || CASE WHEN to_url LIKE '%?%' THEN '&' ELSE '?' END || query
$$;

-- Only the provider `development` is there: it approves of everybody.
CREATE FUNCTION auth.provider() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF auth.told('provider') IS DISTINCT FROM 'development' THEN
    PERFORM auth.fail(404, 'unknown_provider', 'this project has no such provider; it has: development');
  END IF;
  RETURN auth.told('provider');
END
$$;

CREATE FUNCTION auth.pkce_challenge(verifier text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT auth.base64url(auth.hash(verifier))
$$;

CREATE FUNCTION services.auth_oauth_url(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  provider text := auth.provider();
  frontend text := coalesce(auth.query('frontend_redirect_uri'), '');
  base text := auth.told('url') || '/auth/v1/oauth/' || provider;
  s auth.oauth_states;
BEGIN
  IF frontend !~* '^https?://[^[:space:][:cntrl:]#]+$' THEN
    PERFORM auth.fail(422, 'invalid_request', 'frontend_redirect_uri must be an http or https URL without a fragment');
  END IF;
  IF NOT EXISTS (SELECT FROM regexp_split_to_table(auth.setting('redirect_uris'), ' +') AS pattern
      WHERE starts_with(frontend, rtrim(pattern, '*')) AND (pattern LIKE '%*' OR frontend = pattern)) THEN
    PERFORM auth.fail(403, 'redirect_not_allowed', 'this project does not lead to that frontend_redirect_uri');
  END IF;
  INSERT INTO auth.oauth_states VALUES (auth.random_token(), provider, frontend, base || '/callback',
    auth.random_token(), now() + auth.seconds('code_seconds')) RETURNING * INTO s;
  RETURN json_build_object(
    'authorization_url', base || '/authorize?response_type=code&client_id=wowsql&redirect_uri=' ||
      auth.url_encode(s.callback_url) || '&state=' || s.state || '&code_challenge=' ||
      auth.pkce_challenge(s.code_verifier) || '&code_challenge_method=S256',
    'provider', provider, 'backend_callback_url', s.callback_url, 'frontend_redirect_uri', frontend);
END
$$;

-- The development provider's own page: a login_hint says who signs in.
CREATE FUNCTION services.auth_oauth_authorize(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  s auth.oauth_states;
  provider text := auth.provider();
  code text := auth.random_token();
  of_email text := auth.email_of(json_build_object('email', coalesce(auth.query('login_hint'), 'developer@example.com')));
BEGIN
  SELECT * INTO s FROM auth.oauth_states WHERE state = auth.query('state') AND expires_at > now();
  IF s.state IS NULL OR auth.query('redirect_uri') NOT IN (s.callback_url, s.frontend_redirect_uri) THEN
    RETURN auth.refuse(422, 'invalid_request', 'this is not an authorization URL of this project');
  END IF;
  INSERT INTO auth.oauth_codes VALUES (auth.hash(code), s.state, of_email, coalesce(auth.query('code_challenge'), ''), s.expires_at);
  RETURN auth.redirect(auth.add_query(auth.query('redirect_uri'), 'code=' || code || '&state=' || s.state));
END
$$;

-- Signs in whom the provider has approved of. A code works once, and so does its state. The state and the
-- redirect_uri need not be given (NULL).
CREATE FUNCTION auth.exchange(code text, with_state text, redirect_uri text, OUT session json, OUT frontend text) LANGUAGE plpgsql AS $$
DECLARE
  c auth.oauth_codes;
  s auth.oauth_states;
BEGIN
  DELETE FROM auth.oauth_codes WHERE hash = auth.hash(exchange.code) RETURNING * INTO c;
  DELETE FROM auth.oauth_states WHERE state = c.state RETURNING * INTO s;
  IF s.state IS NULL OR c.expires_at <= now() OR with_state <> s.state OR redirect_uri NOT IN (s.callback_url, s.frontend_redirect_uri)
      OR c.code_challenge <> auth.pkce_challenge(s.code_verifier) THEN
    session := auth.refuse(401, 'invalid_code', 'the code is wrong, used, or too old, or it was given for another redirect_uri');
    RETURN;
  END IF;
  frontend := s.frontend_redirect_uri;
  session := auth.start_session(auth.found_or_made(c.email, s.provider));
END
$$;

CREATE FUNCTION services.auth_oauth_exchange(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  provider text := auth.provider();
  result record;
BEGIN
  SELECT * INTO result FROM auth.exchange(auth.text_of($1, 'code', true), NULL, auth.text_of($1, 'redirect_uri', false));
  RETURN result.session;
END
$$;

-- Where the provider sends the browser to, which it sends on to the application with the tokens.
CREATE FUNCTION services.auth_oauth_callback(json) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  provider text := auth.provider();
  result record;
BEGIN
  SELECT * INTO result FROM auth.exchange(coalesce(auth.query('code'), ''), coalesce(auth.query('state'), ''), NULL);
  IF result.frontend IS NULL THEN RETURN result.session; END IF;
  RETURN auth.redirect(auth.add_query(result.frontend, 'access_token=' || auth.url_encode(result.session ->> 'access_token') ||
    '&refresh_token=' || auth.url_encode(result.session ->> 'refresh_token')));
END
$$;

-- Every role, also those that a project makes, may call what is for policies.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA auth, services FROM PUBLIC;
GRANT EXECUTE ON FUNCTION auth.jwt, auth.uid, auth.email, auth.role, auth.check_session TO PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA services TO anon, authenticated, service_role;
