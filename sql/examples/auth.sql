-- Users: what the SDKs' chapter on authentication does, in SQL. To run it in the shell of `make demo`:
-- .read sql/examples/auth.sql
--
-- The project and its anon key are in the environment (WOWSQL_PROJECT_URL, WOWSQL_API_KEY). The local
-- WowSQL does not send mails, but shows them to the service key, which is in the parameter :service_key.
-- Passwords are parameters, too: so they are in no statement, and in no history of the shell.
.parameter set :password "'SecurePassword123'"
.parameter set :new_password "'NewSecurePassword123'"
.headers off
.mode list
.nullvalue NULL
.output /dev/null
SELECT wowsql_connect('', :service_key, '{"name":"mailbox","rest_path":"/auth/v1","max_rows":0}'), wowsql_use('main');
.output
CREATE TEMP VIEW mails AS
  SELECT value ->> '$.kind' AS kind, value ->> '$.code' AS code
  FROM wowsql_rows('mails?recipient=user@example.com') WHERE server = 'mailbox';
CREATE TEMP VIEW new_mails AS
  SELECT value ->> '$.kind' AS kind, value ->> '$.code' AS code
  FROM wowsql_rows('mails?recipient=newuser@example.com') WHERE server = 'mailbox';

-- Sign up & sign in: auth.sign_up(email=, password=, full_name=), auth.sign_in(email=, password=)
SELECT 'signed up', wowsql_sign_up('user@example.com', :password, 'John Doe') ->> '$.user.full_name';
SELECT 'signed in', wowsql_sign_in('user@example.com', :password) ->> '$.user.email';
SELECT 'tables are read as', wowsql_user() ->> '$.email', wowsql_session() ->> '$.can_refresh';

-- Password reset: auth.forgot_password(email=), auth.reset_password(token=, new_password=)
SELECT 'forgot', wowsql_forgot_password('user@example.com') ->> '$.success';
SELECT 'reset', wowsql_reset_password(code, :new_password) ->> '$.success'
FROM (SELECT code FROM mails WHERE kind = 'password_reset');
SELECT 'signed in', wowsql_sign_in('user@example.com', :new_password) ->> '$.user.email';
SELECT 'changed back', wowsql_change_password(:new_password, :password) ->> '$.success';

-- One-time codes: auth.send_otp(email=, purpose=), auth.verify_otp(email=, otp=, purpose=)
SELECT 'code for login', wowsql_send_otp('user@example.com', 'login') ->> '$.success';
SELECT 'logged in', wowsql_verify_otp('user@example.com', code, 'login') ->> '$.user.email'
FROM (SELECT code FROM mails WHERE kind = 'otp');
SELECT 'code for signup', wowsql_send_otp('newuser@example.com', 'signup') ->> '$.success';
SELECT 'signed up', wowsql_verify_otp('newuser@example.com', code, 'signup') ->> '$.user.email'
FROM (SELECT code FROM new_mails WHERE kind = 'otp');

-- Magic link & e-mail verification: auth.send_magic_link(email=, purpose=), auth.verify_email(token=),
-- auth.resend_verification(email=)
SELECT 'resent', wowsql_resend_verification('user@example.com') ->> '$.success';
SELECT 'link sent', wowsql_send_magic_link('user@example.com', 'login') ->> '$.success';
SELECT 'link followed', wowsql_verify_email(code) ->> '$.user.email'
FROM (SELECT code FROM mails WHERE kind = 'magic_link');

-- OAuth: auth.get_oauth_authorization_url(provider=, frontend_redirect_uri=). A browser goes there, and
-- comes back to the frontend with tokens for wowsql_set_session, or with a code for wowsql_oauth_exchange.
SELECT url ->> '$.provider', url ->> '$.frontend_redirect_uri', url ->> '$.authorization_url' LIKE 'http%&state=%'
FROM (SELECT wowsql_oauth_url('development', 'https://yourapp.com/auth/callback') AS url);

-- The user, and the end
SELECT 'updated', wowsql_update_user('{"full_name":"John H. Doe"}') ->> '$.full_name';
SELECT 'signed out', wowsql_sign_out() ->> '$.success', wowsql_session();
.parameter clear
