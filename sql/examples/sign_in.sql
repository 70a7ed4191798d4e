-- Sign in, and see your rows: those that row-level security shows to you.
--
--   sqlite3 :memory: '.load wowsql' '.read sign_in.sql'
--
-- URL and anon key are in the environment. The password is in a file, so that it is in no statement and in no
-- history of the shell.
.parameter set :password "rtrim(CAST(readfile('password.txt') AS TEXT), char(10))"
CREATE VIRTUAL TABLE temp.profiles USING wowsql;
SELECT count(*) || ' that are public' FROM profiles;
--> 15 that are public

SELECT wowsql_sign_up('recipe@example.com', :password, 'Ada') IS NOT NULL;
--> 1
INSERT INTO profiles(id, user_id, display_name, is_public)
VALUES ('6f1c2b6e-0000-4000-8000-000000000001', wowsql_user() ->> '$.id', 'Ada', 0);
SELECT count(*) || ' with your own' FROM profiles;
--> 16 with your own
SELECT display_name, is_public FROM profiles WHERE user_id = wowsql_user() ->> '$.id';
--> Ada|0

-- The next time: wowsql_sign_in.
SELECT wowsql_sign_out() IS NOT NULL, wowsql_sign_in('recipe@example.com', :password) ->> '$.user.email';
--> 1|recipe@example.com
SELECT wowsql_sign_out() IS NOT NULL, (SELECT count(*) FROM profiles);
--> 1|15
