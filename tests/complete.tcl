# What complete.test and uncounted.test ask, and of what: tables and functions, servers that cut their answers at 50
# and 20 rows, queries, and what a local copy of the rows answers.

set drops {
  DROP FUNCTION IF EXISTS complete_set, complete_down, complete_numbers, complete_shuffled, complete_volatile, complete_list,
    complete_record, complete_one, complete_nothing;
  DROP VIEW IF EXISTS complete_bag, complete_alike; DROP TABLE IF EXISTS complete_child, complete_key, complete_text, complete_pair, complete_calls;
}
at_end {t::psql $drops}
remote_sql [string cat $drops {
  CREATE TABLE complete_key (id integer PRIMARY KEY, v integer NOT NULL, n integer, t text);
  INSERT INTO complete_key SELECT i, i % 300, nullif(i % 7, 3), CASE WHEN i % 11 > 0 THEN 'r' || i % 90 END
    FROM generate_series(1, 1000) i;
  CREATE TABLE complete_text (id text PRIMARY KEY, v integer);
  INSERT INTO complete_text SELECT 'k' || lpad(i::text, 4, '0'), i % 60 FROM generate_series(1, 700) i;
  CREATE TABLE complete_pair (a integer, b text, v integer, PRIMARY KEY (a, b));
  INSERT INTO complete_pair SELECT i % 20, 'b' || i, i FROM generate_series(1, 600) i;
  CREATE VIEW complete_bag AS SELECT id % 250 AS x, n, t FROM complete_key;
  CREATE VIEW complete_alike AS SELECT 1 AS one FROM generate_series(1, 400);
  CREATE TABLE complete_child (id integer PRIMARY KEY, parent integer REFERENCES complete_key);
  INSERT INTO complete_child SELECT i, 1 + i % 2 FROM generate_series(1, 180) i;
  CREATE TABLE complete_calls (n integer);

  CREATE FUNCTION complete_set(n integer) RETURNS SETOF complete_key STABLE LANGUAGE sql AS
    'SELECT * FROM complete_key WHERE id <= $1 ORDER BY id';
  CREATE FUNCTION complete_down(n integer) RETURNS TABLE (a integer, b text) STABLE LANGUAGE sql AS
    'SELECT i, ''b'' || i FROM generate_series(n, 1, -1) i';
  CREATE FUNCTION complete_numbers(n integer) RETURNS SETOF integer STABLE LANGUAGE sql AS
    'SELECT generate_series(1, n)';
  CREATE FUNCTION complete_shuffled(n integer) RETURNS SETOF complete_key STABLE LANGUAGE sql AS
    'SELECT * FROM complete_key WHERE id <= $1 ORDER BY random()';
  CREATE FUNCTION complete_volatile(n integer) RETURNS SETOF integer VOLATILE LANGUAGE plpgsql AS
    'BEGIN INSERT INTO complete_calls VALUES (n); RETURN QUERY SELECT generate_series(1, n); END';
  CREATE FUNCTION complete_list(n integer) RETURNS json STABLE LANGUAGE sql AS
    'SELECT json_agg(i) FROM generate_series(1, n) i';
  CREATE FUNCTION complete_record() RETURNS complete_key STABLE LANGUAGE sql AS
    'SELECT * FROM complete_key WHERE id = 5';
  CREATE FUNCTION complete_one(n integer) RETURNS integer STABLE LANGUAGE sql AS 'SELECT n + 1';
  CREATE FUNCTION complete_nothing() RETURNS void VOLATILE LANGUAGE sql AS '';
  ANALYZE;
}]

set whole $t::postgrest_url
set cut50 [start_postgrest complete50 db-max-rows=50]
set cut20 [start_postgrest complete20 db-max-rows=20]

# The tables: as r_... the server's, as c_... local copies of their rows.
set columns {
  key {id integer primary key, v integer not null, n integer, t text}
  text {id text primary key, v integer}
  pair {a integer, b text, v integer, primary key (a, b)}
  bag {x integer, n integer, t text}
}
dict for {name list} $columns {
  set documents($name) [lindex [remote_query "SELECT json_agg(r) FROM complete_$name r"] 0]
}
proc open_complete {url {options {}} {more {}}} {
  open_db
  connect_bare $url $options
  dict for {name list} $::columns {
    db eval "CREATE VIRTUAL TABLE temp.r_$name USING wowsql(table='complete_$name', server='main', columns='$list'$more)"
    db eval "CREATE TEMP TABLE c_$name ($list)"
    set fields [lmap column [db eval "SELECT name FROM pragma_table_info('c_$name')"] { string cat "value ->> '" $column ' }]
    db eval "INSERT INTO c_$name SELECT [join $fields ,] FROM json_each(\$::documents($name))"
  }
  db eval {
    CREATE TEMP TABLE l(k INTEGER, t TEXT);
    INSERT INTO l VALUES (1, 'k0001'), (7, 'k0700'), (7, NULL), (250, 'r5'), (NULL, 'none'), (299, 'r89');
  }
}

# Rows as lists, sorted where the query does not say how.
proc rows_of {sql} {
  set rows {}
  db eval $sql row { lappend rows [lmap name $row(*) { set row($name) }] }
  expr {[string match {* ORDER BY *} $sql] ? $rows : [lsort $rows]}
}

proc difference {sql expected} {
  set before [t::last_request]
  if {[catch {rows_of $sql} got]} { return "it fails: $got; requests:\n[join [lrange [t::requests $before] 0 20] \n]" }
  if {$got eq $expected} { return {} }
  return "[llength $got] rows {[lrange $got 0 9]}, not [llength $expected] {[lrange $expected 0 9]};\
    requests:\n[join [lrange [t::requests $before] 0 20] \n]"
}

# Name, query, and the same over the copies where it is not the same text.
set queries {
  key            {SELECT id, v, n, t FROM r_key} =
  key-sum        {SELECT count(n), sum(id), max(t) FROM r_key} =
  key-where      {SELECT id FROM r_key WHERE v > 20 AND n <> 2} =
  key-desc       {SELECT id FROM r_key ORDER BY id DESC} =
  key-sorted     {SELECT n, id, t FROM r_key ORDER BY n, id} =
  key-sorted-two {SELECT t, v, id FROM r_key ORDER BY t DESC, v, id DESC} =
  key-limit      {SELECT id, v FROM r_key ORDER BY v DESC, id LIMIT 120} =
  key-offset     {SELECT id FROM r_key ORDER BY id LIMIT 100 OFFSET 333} =
  key-residual   {SELECT id FROM r_key WHERE v < n * 40 ORDER BY id LIMIT 70} =
  key-or         {SELECT id FROM r_key WHERE v = 3 OR n = 1} =
  key-in         {SELECT count(t), sum(id) FROM r_key WHERE id IN (SELECT id FROM c_key WHERE id % 3 = 0)} =
  key-in-value   {SELECT count(*), sum(id) FROM r_key WHERE n IN (1, 2, 5)} =
  key-count      {SELECT count(*) FROM r_key WHERE n = 1} =
  key-distinct   {SELECT DISTINCT v FROM r_key} =
  key-union      {SELECT id FROM r_key WHERE n = 1 UNION SELECT x FROM r_bag} =
  text           {SELECT id, v FROM r_text} =
  text-where     {SELECT id FROM r_text WHERE v < 40} =
  text-sorted    {SELECT v, id FROM r_text ORDER BY v DESC, id} =
  pair           {SELECT a, b, v FROM r_pair} =
  pair-or        {SELECT b FROM r_pair WHERE a = 3 OR v > 500} =
  bag            {SELECT x, n, t FROM r_bag} =
  bag-sum        {SELECT count(t), sum(x), count(*) FROM r_bag} =
  bag-where      {SELECT x, t FROM r_bag WHERE n > 1} =
  bag-sorted     {SELECT x, n, t FROM r_bag ORDER BY n DESC, x, t} =
  bag-limit      {SELECT count(*), sum(n IS NULL) FROM (SELECT n FROM r_bag WHERE n IS NULL LIMIT 130)} =
  bag-limit-all  {SELECT count(x), sum(x) FROM (SELECT x FROM r_bag LIMIT 5000)} =
  bag-count      {SELECT count(*) FROM r_bag} =
  groups         {SELECT v, count(*) FROM r_key GROUP BY v} =
  groups-few     {SELECT n, count(*) FROM r_key GROUP BY n} =
  groups-two     {SELECT n, t, count(*) FROM r_key GROUP BY n, t} =
  groups-bag     {SELECT x, n, count(*) FROM r_bag GROUP BY x, n} =
  groups-having  {SELECT t, sum(n), max(n) FROM r_key GROUP BY t HAVING count(*) > 2} =
  brackets       {SELECT v, [count(*)], [sum(id)] FROM r_key GROUP BY v} {SELECT v, count(*), sum(id) FROM c_key GROUP BY v}
  brackets-bag   {SELECT x, [count(*)], [max(n)] FROM r_bag GROUP BY x} {SELECT x, count(*), max(n) FROM c_bag GROUP BY x}
  brackets-order {SELECT t, [sum(v)] FROM r_key GROUP BY t ORDER BY [sum(v)] DESC, t LIMIT 60}
                 {SELECT t, sum(v) FROM c_key GROUP BY t ORDER BY sum(v) DESC, t LIMIT 60}
  join           {SELECT l.k, r_key.id FROM l JOIN r_key ON r_key.id = l.k} =
  join-many      {SELECT l.t, r_bag.x, r_bag.n FROM l JOIN r_bag ON r_bag.t = l.t} =
  join-all       {SELECT c_key.id, r_text.v FROM c_key JOIN r_text ON r_text.id = 'k' || printf('%04d', c_key.id)} =
  join-few       {SELECT l.k, r_pair.b FROM l JOIN r_pair ON r_pair.a = l.k} =
  join-remote    {SELECT count(*), sum(r_key.id), sum(r_pair.v) FROM r_pair JOIN r_key ON r_key.v = r_pair.v} =
  join-left      {SELECT l.k, count(r_bag.t), sum(r_bag.n) FROM l LEFT JOIN r_bag ON r_bag.x = l.k GROUP BY l.rowid} =
  exists         {SELECT k FROM l WHERE EXISTS (SELECT 1 FROM r_key WHERE r_key.v = l.k AND r_key.n = 6)} =
  correlated     {SELECT k, (SELECT count(*) FROM r_key WHERE v >= l.k) FROM l} =
  correlated-max {SELECT k, (SELECT id FROM r_key WHERE v = l.k ORDER BY id DESC LIMIT 1) FROM l} =
}
open_complete $whole {"max_rows":0}
foreach {name sql copied} $queries {
  if {$copied eq "="} { set copied [string map {r_ c_} $sql] }
  dict set expected $name [rows_of $copied]
  # So that none of them passes because there is nothing to see.
  do_test "there-are-rows-$name" {expr {[llength [dict get $expected $name]] > 0}} 1
}

proc do_complete_tests {prefix} {
  foreach {name sql copied} $::queries { do_test $prefix-$name {difference $sql [dict get $::expected $name]} {} }
}
