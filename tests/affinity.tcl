# What tests/affinity*.test compare: columns of each kind beside numbers and texts, over copies of the rows.
set drops {DROP TABLE IF EXISTS aff_r, aff_key}
at_end { t::psql $drops }
remote_sql "$drops;
  CREATE TABLE aff_r (id integer PRIMARY KEY, s text, v character varying(9), c character(3), ci extensions.citext, d date, u uuid, tm time,
    ts timestamp, tz timestamptz, n integer, x numeric, f double precision, b boolean, raw bytea, j jsonb);
  INSERT INTO aff_r VALUES
    (1, '9', '9', '9', '9', '2024-01-01', '00000000-0000-0000-0000-000000000009', '09:00', '2024-01-01 09:00', '2024-01-01 09:00Z', 9, 9, 9, true, '\\x39', '9'),
    (2, '10', '10', '10', '10', '1999-12-31', '10000000-0000-0000-0000-000000000000', '10:00', '1999-12-31 10:00', '1999-12-31 10:00Z', 10, 10, 10, false, '\\x3130', '10'),
    (3, 'abc', 'abc', 'abc', 'abc', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, '9.0', '9.0', '9.0', '9.0', '0044-03-15', '90000000-0000-0000-0000-000000000000', '00:00', '0044-03-15 00:00', '0044-03-15 00:00Z', -1, 9.5, 9.5, true, '\\x', '\"9\"'),
    (5, ' 9', ' 9', ' 9', ' 9', 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '24:00', 'infinity', 'infinity', 100, 100, 100, NULL, '\\x00', '{}'),
    (6, '', '', '', '', NULL, NULL, NULL, NULL, NULL, 0, 0, 0, false, NULL, 'null'), (7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (8, '1e1', '1e1', '1e1', '1e1', NULL, NULL, NULL, NULL, NULL, 8, 8, 8, NULL, NULL, '8'), (9, '0x9', '0x9', '0x9', '0x9', NULL, NULL, NULL, NULL, NULL, 7, 7, 7, NULL, NULL, '7'),
    (10, '-1', '-1', '-1', '-1', NULL, NULL, NULL, NULL, NULL, 6, 6, 6, NULL, NULL, NULL);
  CREATE TABLE aff_key (s text PRIMARY KEY, n integer);
  INSERT INTO aff_key SELECT s, n FROM aff_r WHERE s IS NOT NULL"

open_db
connect
foreach relation {aff_r aff_key} {
  db eval "CREATE VIRTUAL TABLE temp.$relation USING wowsql"
  copy_rows $relation
}
db eval {
  CREATE TABLE l (none, i INTEGER, r REAL, n NUMERIC, t TEXT, b BLOB, day DATE, any ANY);
  INSERT INTO l VALUES (9, 9, 9, 9, 9, 9, 9, 9), (10, 10, 10, 10, 10, 10, 10, 10), ('9', '9', '9', '9', '9', '9', '9', '9'),
    ('abc', 'abc', 'abc', 'abc', 'abc', 'abc', 'abc', 'abc'), (9.5, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5), (2024, 2024, 2024, 2024, 2024, 2024, 2024, 2024),
    (-1, -1, -1, -1, -1, -1, -1, -1), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (x'39', x'39', x'39', x'39', x'39', x'39', x'39', x'39');
  CREATE TABLE one (v);
  INSERT INTO one VALUES (1);
}
set p 1
# Where the difference cannot be known, an error is as good, one that says what to write.
set say {aff_r.*CAST}
