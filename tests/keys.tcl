# Statements over a relation with the columns k, v and n, of which k is marked or named as the key: all that
# SQLite and this library do with a key. Sourced by the tests of keys; see there.
#
#   do_keys_tests relations values   runs them, read in three ways, and compares with a copy of the rows;
#                                    `values` are three values of k
#     -names {all ...}               only these statements
#     -options {key='k'}             options of CREATE VIRTUAL TABLE
#     -error regexp                  an error that matches is as good as the answer
#     -as name                       what the tests are called, instead of the relation's name

source [file join [file dirname [info script]] copy.tcl]
set copy_prefix keys_
set keys_capped [start_postgrest [file rootname [file tail $argv0]]_capped db-max-rows=7]

# The server is read in pages of its own size, of three rows, and cut at seven, of which nothing is known.
set ways {
  whole {connect}
  small {connect {} {} {{"max_rows":0,"page_size":3}}}
  cut {connect_bare $::keys_capped}
}

proc open_way {way} {
  open_db
  eval [dict get $::ways $way]
  db eval {
    CREATE TABLE l (k, v TEXT, n INTEGER);
    INSERT INTO l VALUES (1, 'v1', 1), (3, 'v2', 2), (3, 'v2', 2), (6, 'v6', NULL), (NULL, 'v3', 3), (99, 'none', 9);
  }
}

proc make_keys {relation {options {}}} {
  db eval "CREATE VIRTUAL TABLE temp.$relation USING wowsql($options)"
  copy_rows $relation
}

proc open_keys {way relation {options {}}} {
  open_way $way
  make_keys $relation $options
}

# K5, K6 and K3 stand for values of the key.
set queries {
  all           {SELECT k, v, n FROM R}
  count         {SELECT count(*) FROM R}
  count-key     {SELECT count(*), count(k), count(DISTINCT k), min(k), max(k) FROM R}
  sum           {SELECT sum(n), total(n), avg(n), count(DISTINCT n IS NULL) FROM R}
  equal         {SELECT k, v, n FROM R WHERE k = K5}
  equal-other   {SELECT v, n FROM R WHERE k = K5}
  equal-none    {SELECT count(*) FROM R WHERE k = K5 AND n = 99}
  in            {SELECT k, v, n FROM R WHERE k IN (K5, K6)}
  in-count      {SELECT count(*) FROM R WHERE k IN (K5, K6)}
  in-subquery   {SELECT k, v, n FROM R WHERE k IN (SELECT k FROM R WHERE n = 2)}
  not-in        {SELECT k, v, n FROM R WHERE k NOT IN (K5, K6)}
  is            {SELECT v, n FROM R WHERE k IS K5}
  is-not        {SELECT k, v, n FROM R WHERE k IS NOT K5}
  differs       {SELECT k, v, n FROM R WHERE k <> K5}
  is-null       {SELECT k, v, n FROM R WHERE k IS NULL}
  is-null-count {SELECT count(*) FROM R WHERE k IS NULL}
  not-null      {SELECT count(*), count(v) FROM R WHERE k IS NOT NULL}
  null-value    {SELECT k IS NULL, count(*) FROM R GROUP BY 1}
  not-null-value {SELECT v, k NOT NULL, coalesce(k, 'none') FROM R}
  range         {SELECT k, v, n FROM R WHERE k > K3 AND k <= K6}
  or-keys       {SELECT k, v, n FROM R WHERE k = K5 OR k = K6}
  or-both       {SELECT k, v, n FROM R WHERE k = K5 OR v = 'v1'}
  or-others     {SELECT k, v, n FROM R WHERE v = 'v1' OR n = 1}
  or-overlap    {SELECT count(*) FROM R WHERE n = 1 OR n IN (1, 2) OR v = 'v1' OR k = K3}
  or-null       {SELECT k, v, n FROM R WHERE k IS NULL OR n = 1}
  or-and        {SELECT k, v, n FROM R WHERE (k = K5 AND v = 'v1') OR (k = K3 AND n = 2)}
  distinct      {SELECT DISTINCT k FROM R}
  distinct-two  {SELECT DISTINCT k, n FROM R}
  distinct-order {SELECT DISTINCT k FROM R ORDER BY k DESC}
  group         {SELECT k, count(*), sum(n), count(v) FROM R GROUP BY k}
  group-order   {SELECT k, count(*) FROM R GROUP BY k ORDER BY k}
  group-other   {SELECT v, count(k), max(k) FROM R GROUP BY v}
  having        {SELECT k FROM R GROUP BY k HAVING count(*) > 1}
  order         {SELECT k FROM R ORDER BY k}
  order-down    {SELECT k FROM R ORDER BY k DESC LIMIT 9}
  order-offset  {SELECT k FROM R ORDER BY k LIMIT 8 OFFSET 5}
  order-all     {SELECT k, v, n FROM R ORDER BY k, v, n LIMIT 20}
  order-other   {SELECT n, v, k FROM R ORDER BY n, v DESC, k}
  join          {SELECT l.rowid, r.k, r.v, r.n FROM l JOIN R r ON r.k = l.k}
  join-other    {SELECT l.rowid, r.k, r.n FROM l JOIN R r ON r.v = l.v}
  join-both     {SELECT l.rowid, r.k, r.n FROM l JOIN R r ON r.k = l.k AND r.v = l.v}
  left-join     {SELECT l.rowid, r.k, r.v FROM l LEFT JOIN R r ON r.k = l.k}
  left-join-count {SELECT count(*) FROM l LEFT JOIN R r ON r.k = l.k}
  left-join-unused {SELECT l.rowid, l.v FROM l LEFT JOIN R r ON r.k = l.k}
  joined-left   {SELECT r.k, r.v, l.rowid FROM R r LEFT JOIN l ON l.k = r.k}
  anti-join     {SELECT r.k, r.v FROM R r LEFT JOIN l ON l.k = r.k WHERE l.v IS NULL}
  self-join     {SELECT count(*), sum(a.n * b.n) FROM R a JOIN R b ON a.k = b.k}
  self-join-left {SELECT count(*), count(b.k) FROM R a LEFT JOIN R b ON a.k = b.k AND b.n = 1}
  exists        {SELECT l.rowid FROM l WHERE EXISTS (SELECT 1 FROM R r WHERE r.k = l.k)}
  not-exists    {SELECT k, v FROM R r WHERE NOT EXISTS (SELECT 1 FROM l WHERE l.k = r.k)}
  scalar        {SELECT l.rowid, (SELECT max(v) FROM R r WHERE r.k = l.k), (SELECT count(*) FROM R r WHERE r.k = l.k) FROM l}
  except        {SELECT k FROM R EXCEPT SELECT k FROM l}
  intersect     {SELECT k FROM R INTERSECT SELECT k FROM l}
  union         {SELECT k FROM R UNION SELECT k FROM l}
  union-all     {SELECT k FROM R UNION ALL SELECT k FROM R}
  union-order   {SELECT k, n FROM R UNION SELECT k, n FROM l ORDER BY 1, 2}
  window        {SELECT k, row_number() OVER (PARTITION BY k ORDER BY v, n), count(*) OVER (PARTITION BY k) FROM R}
  rows-values   {SELECT k, v FROM R WHERE (k, n) IN (VALUES (K5, 1), (K5, 2), (K3, 1))}
  row-greater   {SELECT k, n FROM R WHERE (k, n) > (K3, 2)}
  cte           {WITH c AS (SELECT k, count(*) AS c FROM R GROUP BY k) SELECT c, count(*) FROM c GROUP BY c}
}
# RIGHT and FULL JOIN have to tell rows apart. (SQLite has them since 3.39.)
set joins {
  right-join    {SELECT l.rowid, r.k, r.v, r.n FROM l RIGHT JOIN R r ON r.k = l.k}
  right-join-other {SELECT l.rowid, r.k, r.n FROM l RIGHT JOIN R r ON r.v = l.v AND r.n = l.n}
  full-join     {SELECT l.rowid, r.k, r.v, r.n FROM l FULL JOIN R r ON r.k = l.k}
  joined-right  {SELECT r.k, r.v, l.rowid FROM R r RIGHT JOIN l ON r.k = l.k}
  joined-full   {SELECT r.k, r.v, l.rowid FROM R r FULL JOIN l ON r.k = l.k}
  self-full     {SELECT count(*), count(a.k), count(b.k), sum(a.n), sum(b.n) FROM R a FULL JOIN R b ON a.n = b.n AND a.v = b.v}
  right-count   {SELECT count(*) FROM l RIGHT JOIN R r ON r.k = l.k}
  right-where   {SELECT r.k, r.n FROM l RIGHT JOIN R r ON r.k = l.k WHERE l.rowid IS NULL}
}
since 3.39 { lappend queries {*}$joins }


# The statements that show most.
set some_queries {
  all count count-key equal in is-null or-both or-others distinct group order-offset join left-join-unused self-join window
  right-join full-join
}

proc keys_sql {sql relation three five six} {
  regsub -all {\mR\M} [string map [list K3 $three K5 $five K6 $six] $sql] $relation
}

proc do_keys_tests {relations values args} {
  array set o [list -names [dict keys $::queries] -options {} -error {} -as {}]
  array set o $args
  foreach way [dict keys $::ways] {
    open_way $way
    foreach relation $relations {
      set title [expr {$o(-as) eq {} ? $relation : $o(-as)}]-$way
      if {[catch {make_keys $relation $o(-options)} got]} {
        t::fail $title options $o(-options) error $got
        continue
      }
      foreach name $o(-names) {
        if {![dict exists $::queries $name]} continue
        set sql [keys_sql [dict get $::queries $name] $relation {*}$values]
        do_copy_or_error_test $title-$name $sql $o(-error)
      }
    }
  }
}
