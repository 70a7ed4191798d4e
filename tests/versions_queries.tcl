# What newer.test and older.test run with another SQLite: queries whose plans, terms or cursors differ between
# versions, and random ones. Each runs over virtual tables and over local copies of their rows and must
# give the same result; also with a server that caps its responses, and with nothing shipped.
source [file join [file dirname [info script]] tester.tcl]
source [file join [file dirname [info script]] differential.tcl]

open_db

# ---- tables with each kind of key, and copies of them

set drop {DROP TABLE IF EXISTS newer_a, newer_w, newer_pair, newer_none;}
at_end {t::psql $drop}
remote_sql "$drop
  CREATE TABLE newer_a (id integer PRIMARY KEY, k integer, b text, r double precision, d date, back integer);
  INSERT INTO newer_a SELECT i, nullif(i % 17, 3), nullif((array\['abc', 'ABC', 'ab_', '', 'xyz', 'x%', 'Abd'\])\[1 + i % 7\], ''),
    (i % 11) / 2.0, date '2024-01-01' + i % 40, 301 - i FROM generate_series(1, 300) AS i;
  CREATE TABLE newer_w (w text PRIMARY KEY, k integer, t text);
  INSERT INTO newer_w SELECT 'w' || i, nullif(i % 9, 4), 'abc' FROM generate_series(1, 60) AS i;
  CREATE TABLE newer_pair (x integer, y text, k integer, PRIMARY KEY (x, y));
  INSERT INTO newer_pair SELECT i % 12, 'y' || i, nullif(i % 7, 2) FROM generate_series(1, 80) AS i;
  CREATE TABLE newer_none (k integer, b text);
  INSERT INTO newer_none SELECT nullif(i % 5, 1), chr(97 + i % 3) FROM generate_series(1, 40) AS i;"

proc import_newer {} {
  db eval {
    SELECT wowsql_import(NULL, '{"like":"newer_%"}');
    SELECT wowsql_config('ship', 0);
    CREATE TEMP TABLE l(k INTEGER, t TEXT);
    INSERT INTO l VALUES (1, 'abc'), (2, 'xyz'), (2, 'xyz'), (NULL, NULL), (5, 'w5'), (99, 'none'), (0, 'ABC'), (7, 'y7');
  }
  foreach name {a w pair none} {
    set columns {}
    db eval "SELECT name, type FROM temp.pragma_table_xinfo('newer_$name') WHERE hidden = 0 ORDER BY cid" c {
      lappend columns "\"$c(name)\" $c(type)"
    }
    db eval "CREATE TEMP TABLE copy_$name ([join $columns ,]); INSERT INTO copy_$name SELECT * FROM newer_$name"
  }
  db eval {SELECT wowsql_config('ship', 1)}
}

# The rows of a query, each a list; sorted if the query has no order.
proc rows_of {sql ordered} {
  set one 1
  set three 3
  set prefix {ab%}
  set rows {}
  db eval $sql row { lappend rows [lmap name $row(*) { set row($name) }] }
  expr {$ordered ? $rows : [lsort $rows]}
}
proc copied {sql} { string map {newer_ copy_} $sql }

# A query over the copies, and twice over the virtual tables.
proc do_same_test {name sql {ordered -}} {
  if {$ordered eq {-}} { set ordered [regexp {ORDER BY[^()]*$} $sql] }
  if {[catch {rows_of [copied $sql] $ordered} expected]} { return [t::fail $name sql [copied $sql] error $expected] }
  set before [t::last_request]
  foreach again {{} -again} {
    if {[catch {rows_of $sql $ordered} got] || $got ne $expected} {
      t::fail $name$again sql $sql expected $expected got $got requests [join [t::requests $before] \n]
      return
    }
  }
  t::pass
}

# A query with LIMIT but without an order: it returns as many rows as over the copy, and each of them is
# a row of the query without LIMIT.
proc do_part_test {name sql limit} {
  set before [t::last_request]
  if {[catch {
    set all [rows_of [copied $sql] 0]
    set n [llength [rows_of "[copied $sql] $limit" 0]]
    set got [rows_of "$sql $limit" 0]
  } message]} { return [t::fail $name sql "$sql $limit" error $message] }
  set left $all
  foreach row $got {
    set at [lsearch -exact $left $row]
    if {$at < 0} break
    set left [lreplace $left $at $at]
  }
  if {[llength $got] != $n || [llength $left] != [llength $all] - $n} {
    t::fail $name sql "$sql $limit" expected "$n of $all" got $got requests [join [t::requests $before] \n]
  } else {
    t::pass
  }
}

# ---- LIMIT and OFFSET: SQLite passes them although it filters or sorts afterwards

set limited {
  residual           {SELECT id FROM newer_a WHERE k < r}
  residual-equal     {SELECT id FROM newer_a WHERE k = id}
  residual-is        {SELECT id, k FROM newer_a WHERE k IS r}
  residual-and       {SELECT id FROM newer_a WHERE k > 2 AND back < id}
  residual-sub-query {SELECT id FROM newer_a p WHERE k = (SELECT max(k) FROM l WHERE l.t = p.b)}
  residual-not-in    {SELECT id FROM newer_a WHERE id NOT IN (1, 2, 3) AND k IN (1, 5)}
  residual-first-ne  {SELECT id FROM newer_a WHERE b <> 'abc'}
  residual-first-like {SELECT id FROM newer_a WHERE b LIKE 'ab%'}
  residual-like-and  {SELECT id FROM newer_a WHERE b LIKE 'ab_' AND k > 3}
  residual-like-escape {SELECT id FROM newer_a WHERE b LIKE 'ab\_' ESCAPE '\'}
  residual-glob      {SELECT id FROM newer_a WHERE b GLOB 'a[b]*'}
  residual-not-null  {SELECT id FROM newer_a WHERE b IS NOT NULL AND length(b) = 2}
  residual-between   {SELECT id FROM newer_a WHERE k BETWEEN 2 AND 9 AND k + 0 <> 4}
  residual-date      {SELECT id FROM newer_a WHERE d > '2024-01-20' AND substr(d, 9) > '25'}
  type-twin          {SELECT id FROM newer_a WHERE k > '4'}
  type-text-of-number {SELECT id FROM newer_a WHERE b > 5}
  row-less           {SELECT id FROM newer_a WHERE (k, b) < (3, 'b')}
  row-less-equal     {SELECT id FROM newer_a WHERE (k, id) <= (3, 100)}
  row-greater        {SELECT id FROM newer_a WHERE (k, b) > (14, 'abc')}
  row-greater-equal  {SELECT id FROM newer_a WHERE (k, r, id) >= (15, 2.5, 200)}
  row-equal          {SELECT id FROM newer_a WHERE (k, b) = (4, 'abc')}
  row-is             {SELECT id FROM newer_a WHERE (k, b) IS (NULL, 'abc')}
  row-text-key       {SELECT w FROM newer_w WHERE (k, w) < (3, 'w3')}
  row-pair           {SELECT x, y FROM newer_pair WHERE (x, y) > (4, 'y4')}
  or                 {SELECT id FROM newer_a WHERE k = 3 OR b = 'abc' OR r = 2.5}
  or-and             {SELECT id FROM newer_a WHERE (k = 4 OR b = 'xyz') AND r > 1}
  in                 {SELECT id FROM newer_a WHERE k IN (1, 4, 7, NULL)}
  in-two             {SELECT id FROM newer_a WHERE k IN (1, 4, 7) AND b IN ('abc', 'xyz')}
  in-sub-query       {SELECT id FROM newer_a WHERE k IN (SELECT k FROM l)}
  in-rows            {SELECT id FROM newer_a WHERE (k, b) IN (SELECT k, t FROM l)}
  in-values          {SELECT id FROM newer_a WHERE (k, b) IN (VALUES (1, 'abc'), (2, 'xyz'), (4, 'x%'))}
  union-all          {SELECT id FROM newer_a WHERE k = 5 UNION ALL SELECT id FROM newer_a WHERE k = 6}
  union-all-local    {SELECT k FROM newer_pair WHERE x < 3 UNION ALL SELECT k FROM l}
  union-all-residual {SELECT id FROM newer_a WHERE k < r UNION ALL SELECT k FROM newer_w WHERE k = length(w)}
  union              {SELECT k FROM newer_a UNION SELECT k FROM newer_w}
  view               {SELECT id FROM (SELECT * FROM newer_a WHERE k > 3) WHERE r = k}
  distinct           {SELECT DISTINCT k, b FROM newer_a WHERE k < 9}
  distinct-key       {SELECT DISTINCT b FROM newer_a WHERE id % 2 = 0}
  distinct-rowid     {SELECT DISTINCT b FROM newer_a WHERE rowid % 2 = 0}
  group              {SELECT k, count(*) FROM newer_a GROUP BY k}
  no-key             {SELECT k, b FROM newer_none WHERE b LIKE 'A%'}
  no-key-residual    {SELECT k, b FROM newer_none WHERE k = length(b) + 1}
}

proc do_limited_tests {} {
  foreach {name sql} $::limited {
    foreach limit {{LIMIT 1} {LIMIT 4 OFFSET 2} {LIMIT 9 OFFSET 33} {LIMIT -1 OFFSET 5} {LIMIT 250}} {
      do_part_test limit-$name $sql $limit
    }
    # With an order, which is total if both columns are named.
    regexp {^SELECT (?:DISTINCT )?(\w+)(, \w+)?} $sql -> column second
    set second [expr {$second ne {} ? ", 2 DESC" : {}}]
    set orders [list "1$second" "1 DESC$second" "1 NULLS LAST$second" "1 COLLATE NOCASE, 1$second"]
    if {![string match *UNION* $sql]} { lappend orders "$column || ''$second" }
    foreach order $orders { do_same_test order-$name "$sql ORDER BY $order LIMIT 3 OFFSET 1" 1 }
  }
}

# ---- all other parts of a plan

set queries {
  order-taken       {SELECT id, k FROM newer_a WHERE k > 3 ORDER BY k DESC, id LIMIT 7}
  order-not-taken   {SELECT id FROM newer_a ORDER BY b COLLATE NOCASE, id DESC LIMIT 5 OFFSET 10}
  order-nulls-last  {SELECT id FROM newer_a ORDER BY k NULLS LAST, id LIMIT 5 OFFSET 280}
  order-expression  {SELECT id FROM newer_a WHERE b = 'abc' ORDER BY -id LIMIT 3}
  order-rowid       {SELECT id FROM newer_a WHERE k = 4 ORDER BY rowid DESC LIMIT 3}
  order-text-key    {SELECT w FROM newer_w ORDER BY w DESC LIMIT 5 OFFSET 50}
  limit-zero        {SELECT id FROM newer_a LIMIT 0}
  limit-parameter   {SELECT id FROM newer_a WHERE k > $three ORDER BY id LIMIT $three OFFSET $one}
  limit-text        {SELECT id FROM newer_a ORDER BY back LIMIT '3' OFFSET 2.0}
  like-parameter    {SELECT id FROM newer_a WHERE b LIKE $prefix ORDER BY id}
  limit-in-in       {SELECT count(*) FROM newer_a WHERE id IN (SELECT back FROM newer_a WHERE k < 9 ORDER BY back LIMIT 40)}
  limit-in-from     {SELECT count(*), sum(k) FROM (SELECT k FROM newer_a WHERE k < r ORDER BY id LIMIT 7)}

  or-rowid          {SELECT id FROM newer_a WHERE id = 5 OR k = 5 OR b = 'x%'}
  or-count          {SELECT count(*) FROM newer_w WHERE t = 'abc' OR k > 2}
  or-text-key       {SELECT w, k FROM newer_w WHERE w = 'w7' OR k = 3 OR w LIKE 'W1%'}
  or-pair           {SELECT count(*), sum(x) FROM newer_pair WHERE x = 3 OR k = 4 OR y = 'y9'}
  or-no-key         {SELECT k, b FROM newer_none WHERE k = 2 OR b = 'a' OR b = 'c'}
  or-three-equal    {SELECT id FROM newer_a WHERE k = 1 OR k = 2 OR k = 3}
  or-and-outside    {SELECT id FROM newer_a WHERE (k = 1 OR b = 'abc' OR id = 200) AND r < 3 AND back > 20}
  or-one-here       {SELECT id FROM newer_a WHERE k = 1 OR lower(b) = 'abd'}
  or-of-ands        {SELECT id FROM newer_a WHERE (k = 1 AND b = 'abc') OR (k = 2 AND r > 2) OR (id BETWEEN 5 AND 9)}
  or-join           {SELECT l.k, a.id FROM l JOIN newer_a a ON a.k = l.k OR a.b = l.t}
  or-correlated     {SELECT l.k, (SELECT count(*) FROM newer_a a WHERE a.k = l.k OR a.b = l.t) FROM l}

  in-null           {SELECT id FROM newer_a WHERE k IN (NULL, 5)}
  in-empty          {SELECT id FROM newer_a WHERE k IN ()}
  in-text           {SELECT id FROM newer_a WHERE k IN ('5', '6', 'x')}
  in-key            {SELECT w FROM newer_w WHERE w IN ('w5', 'w50', 'w500')}
  in-pair           {SELECT y FROM newer_pair WHERE x IN (1, 2) AND y IN ('y1', 'y2', 'y13')}
  in-not            {SELECT id FROM newer_a WHERE k NOT IN (SELECT k FROM l WHERE k IS NOT NULL)}
  in-order          {SELECT k, id FROM newer_a WHERE k IN (9, 2, 5) ORDER BY k DESC, id LIMIT 25}
  in-and-join       {SELECT l.t, w.w FROM l JOIN newer_w w ON w.w = l.t AND w.w IN (SELECT t FROM l)}
  in-remote         {SELECT w FROM newer_w WHERE k IN (SELECT x FROM newer_pair WHERE k = 5)}
  in-correlated     {SELECT l.k FROM l WHERE l.k IN (SELECT a.k FROM newer_a a WHERE a.b = l.t)}

  join              {SELECT l.k, a.id FROM l JOIN newer_a a ON a.k = l.k}
  join-key          {SELECT l.k, a.b FROM l JOIN newer_a a ON a.id = l.k}
  join-text-key     {SELECT l.t, w.k FROM l JOIN newer_w w ON w.w = l.t}
  join-types        {SELECT l.k, a.id FROM l JOIN newer_a a ON a.id = l.t}
  join-remote       {SELECT a.id, w.w FROM newer_a a JOIN newer_w w ON w.k = a.k WHERE a.b = 'xyz' AND w.w < 'w3'}
  join-three        {SELECT count(*), sum(a.id), sum(p.x) FROM newer_a a JOIN newer_w w ON w.k = a.k JOIN newer_pair p ON p.k = w.k AND p.x = a.k}
  join-self         {SELECT a.id, b.id FROM newer_a a JOIN newer_a b ON b.id = a.back WHERE a.k = 5}
  join-cross        {SELECT count(*) FROM newer_none a, newer_none b}
  join-range        {SELECT count(*) FROM l JOIN newer_a a ON a.id BETWEEN l.k AND l.k + 5}
  join-order        {SELECT l.k, a.id FROM l JOIN newer_a a ON a.k = l.k ORDER BY a.id, l.rowid LIMIT 9}
  join-order-remote {SELECT a.id, w.w FROM newer_a a JOIN newer_w w ON w.k = a.k ORDER BY a.id, w.w LIMIT 30 OFFSET 4}
  left-join         {SELECT l.k, l.t, a.id FROM l LEFT JOIN newer_a a ON a.k = l.k AND a.b = l.t}
  left-join-where   {SELECT l.k, a.id FROM l LEFT JOIN newer_a a ON a.k = l.k WHERE a.b = 'abc' OR a.id IS NULL}
  left-join-null    {SELECT l.k FROM l LEFT JOIN newer_w w ON w.w = l.t WHERE w.w IS NULL}
  left-join-unused  {SELECT l.k FROM l LEFT JOIN newer_w w ON w.w = l.t}
  left-join-unused-many {SELECT l.k FROM l LEFT JOIN newer_a a ON a.k = l.k}
  left-join-remote  {SELECT a.id, p.y FROM newer_a a LEFT JOIN newer_pair p ON p.x = a.k AND p.k > 3 WHERE a.id < 60}
  left-join-count   {SELECT w.w, count(p.x) FROM newer_w w LEFT JOIN newer_pair p ON p.k = w.k GROUP BY w.w}
  natural-join      {SELECT count(*) FROM newer_w NATURAL JOIN newer_pair}

  exists            {SELECT k FROM l WHERE EXISTS (SELECT 1 FROM newer_a a WHERE a.k = l.k)}
  exists-not        {SELECT k FROM l WHERE NOT EXISTS (SELECT 1 FROM newer_a a WHERE a.k = l.k AND a.b = l.t)}
  exists-residual   {SELECT k FROM l WHERE EXISTS (SELECT 1 FROM newer_a a WHERE a.k = l.k AND a.id = a.back + 1)}
  exists-remote     {SELECT w FROM newer_w w WHERE EXISTS (SELECT 1 FROM newer_pair p WHERE p.x = w.k AND p.k = 5)}
  exists-outer      {SELECT id FROM newer_a a WHERE EXISTS (SELECT 1 FROM l WHERE l.k = a.k AND l.t = a.b)}
  exists-plain      {SELECT EXISTS (SELECT 1 FROM newer_a WHERE k > 15), EXISTS (SELECT 1 FROM newer_a WHERE k > 16)}
  correlated        {SELECT k, (SELECT a.id FROM newer_a a WHERE a.k = l.k ORDER BY a.id LIMIT 1) FROM l}
  correlated-limit  {SELECT k, (SELECT a.id FROM newer_a a WHERE a.k = l.k AND a.id > 90 ORDER BY a.back LIMIT 1 OFFSET 2) FROM l}
  correlated-max    {SELECT k, (SELECT max(a.back) FROM newer_a a WHERE a.k = l.k), (SELECT min(a.id) FROM newer_a a WHERE a.k > l.k) FROM l}
  correlated-count  {SELECT w.w, (SELECT count(*) FROM newer_a a WHERE a.k = w.k) FROM newer_w w}
  correlated-residual {SELECT k, (SELECT count(*) FROM newer_a a WHERE a.k = l.k AND a.id % 2) FROM l}
  correlated-in-where {SELECT a.id FROM newer_a a WHERE a.id = (SELECT max(b.id) FROM newer_a b WHERE b.k = a.k)}
  correlated-twice  {SELECT p.y, (SELECT (SELECT count(*) FROM newer_w w WHERE w.k = a.k) FROM newer_a a WHERE a.id = p.x) FROM newer_pair p}
  correlated-key    {SELECT p.y, (SELECT w.k FROM newer_w w WHERE w.w = 'w' || p.x) FROM newer_pair p}
  correlated-or     {SELECT p.y, (SELECT count(*) FROM newer_w w WHERE w.k = p.k OR w.w = 'w' || p.x) FROM newer_pair p}
  cte-twice         {WITH c AS (SELECT k, id FROM newer_a WHERE k < 4) SELECT x.id, y.id FROM c x JOIN c y ON y.id = x.id + 1}
  cte-materialized  {WITH c AS MATERIALIZED (SELECT * FROM newer_a WHERE k = 7) SELECT b, id FROM c WHERE id > 50}
  cte-recursive     {WITH RECURSIVE c(n) AS (SELECT 5 UNION SELECT a.k FROM c JOIN newer_a a ON a.id = c.n WHERE a.k IS NOT NULL) SELECT n FROM c}

  count             {SELECT count(*) FROM newer_a}
  count-where       {SELECT count(*) FROM newer_a WHERE k = 5 AND b <> 'abc'}
  count-residual    {SELECT count(*) FROM newer_a WHERE k = 5 AND id % 2}
  count-key         {SELECT count(*) FROM newer_w WHERE w > 'w3'}
  count-column      {SELECT count(k), count(DISTINCT k), count(*) FROM newer_a}
  count-filter      {SELECT count(*) FILTER (WHERE k = 3 OR k = 4), sum(r) FROM newer_a}
  count-no-key      {SELECT count(*), count(k) FROM newer_none WHERE b = 'a'}
  min               {SELECT min(k) FROM newer_a}
  max               {SELECT max(k) FROM newer_a WHERE b = 'abc'}
  max-bare          {SELECT max(back), id, b FROM newer_a WHERE k = 5}
  min-residual      {SELECT min(id) FROM newer_a WHERE k = back}
  distinct-order    {SELECT DISTINCT b FROM newer_a ORDER BY b DESC}
  distinct-order-other {SELECT DISTINCT k, b FROM newer_a ORDER BY k, b}
  distinct-order-part {SELECT DISTINCT b, k FROM newer_a WHERE k < 5 ORDER BY b, k DESC LIMIT 5 OFFSET 3}
  distinct-where-other {SELECT DISTINCT b FROM newer_a WHERE upper(d) > '2024-02' AND k = 4}
  distinct-text-key {SELECT DISTINCT t FROM newer_w WHERE w LIKE '%5'}
  distinct-no-key   {SELECT DISTINCT k, b FROM newer_none}
  distinct-join     {SELECT DISTINCT a.b FROM newer_a a JOIN l ON l.k = a.k}
  group-order       {SELECT b, count(*), sum(k) FROM newer_a GROUP BY b ORDER BY b}
  group-order-desc  {SELECT k, count(*) FROM newer_a GROUP BY k ORDER BY k DESC}
  group-two-order   {SELECT k, b, count(*), max(id) FROM newer_a GROUP BY k, b ORDER BY b, k LIMIT 9}
  group-order-count {SELECT k, count(*) FROM newer_a WHERE b IS NOT NULL GROUP BY k ORDER BY count(*) DESC, k}
  group-having      {SELECT k, sum(r) FROM newer_a GROUP BY k HAVING count(*) > 17 ORDER BY 1}
  group-collate     {SELECT lower(b), count(*) FROM newer_a GROUP BY b COLLATE NOCASE ORDER BY 1}
  group-bare        {SELECT k, max(id), back FROM newer_a GROUP BY k}
  group-distinct    {SELECT k, count(DISTINCT b) FROM newer_a GROUP BY k ORDER BY k}
  group-no-key      {SELECT b, count(*), sum(k) FROM newer_none GROUP BY b ORDER BY b DESC}
  group-residual    {SELECT b, count(*) FROM newer_a WHERE id % 3 = 0 GROUP BY b ORDER BY b}
  group-rowid       {SELECT b, count(*) FROM newer_a WHERE rowid % 3 = 0 GROUP BY b ORDER BY b}
  window            {SELECT id, row_number() OVER (ORDER BY back) FROM newer_a WHERE k = 5}
  window-partition  {SELECT id, k, sum(r) OVER (PARTITION BY k ORDER BY id) FROM newer_a}
  window-rank       {SELECT w, rank() OVER (PARTITION BY k ORDER BY t), lag(w) OVER (ORDER BY w) FROM newer_w}
  window-two        {SELECT id, first_value(b) OVER (PARTITION BY k ORDER BY id DESC), ntile(4) OVER (ORDER BY id) FROM newer_a WHERE id < 90}
  window-limit      {SELECT id, count(*) OVER () FROM newer_a WHERE k > 9 ORDER BY id LIMIT 4 OFFSET 2}
  window-filter     {SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY id) AS n FROM newer_a) WHERE n = 2}
  intersect         {SELECT k FROM newer_a INTERSECT SELECT k FROM newer_w}
  except            {SELECT k FROM newer_a EXCEPT SELECT x FROM newer_pair ORDER BY 1 LIMIT 3}
  union-order       {SELECT k FROM newer_a WHERE id < 9 UNION SELECT x FROM newer_pair ORDER BY 1 DESC LIMIT 4 OFFSET 1}
  union-all-order   {SELECT id FROM newer_a WHERE k = 5 UNION ALL SELECT id FROM newer_a WHERE k = 6 ORDER BY 1 LIMIT 4 OFFSET 3}
}

since 3.39 {
  lappend queries {*}{
    right-join        {SELECT l.k, w.w FROM l RIGHT JOIN newer_w w ON w.w = l.t}
    full-join         {SELECT l.k, a.id FROM l FULL JOIN newer_a a ON a.id = l.k}
    full-join-pair    {SELECT l.k, p.y FROM l FULL JOIN newer_pair p ON p.y = l.t AND p.x = l.k}
  }
}
since 3.44 {
  lappend queries {*}{
    group-concat      {SELECT k, group_concat(id ORDER BY id DESC) FROM newer_a WHERE id < 80 GROUP BY k ORDER BY k}
  }
}

proc do_query_tests {suffix} {
  foreach {name sql} $::queries { do_same_test $name$suffix $sql }
}

open_db
connect
import_newer
do_query_tests {}
do_limited_tests
db eval {SELECT wowsql_config('ship', 0)}
do_query_tests -unshipped

# Several pages, from a server whose cap is smaller than the pages asked for.
open_db
connect_bare [start_postgrest newer90 db-max-rows=90] {"page_size":100}
import_newer
do_query_tests -cut

# ---- random queries

foreach {seed rows} {11 40 12 25} {
  puts "seed $seed"
  open_db
  connect
  d::setup $seed $rows
  d::run_queries $seed 250
}
d::cleanup
finish_test
