# Joins of remote tables, aggregates and scans of them, beside what somebody would do by hand who knows the
# server well: on this machine (joins), and over a line of 40 ms and 100 Mbit/s (distance). Sourced by measure.tcl.

source tests/delay.tcl

set line {40 100}

proc prepare_joins {} {
  if {[remote {SELECT to_regclass('public.bench_users')}] eq {}} {
    exec psql -X -q -v ON_ERROR_STOP=1 -f bench/distance.sql
    wait_for /bench_orders?limit=0
  }
  if {$::place eq "far" && ![info exists ::base_of(far)]} {
    set ::url_of(far) [delay::start $::url_of(near) {*}$::line]
    set ::base_of(far) $::url_of(far)/rest/v1
  }
  set sql {SELECT wowsql_refresh(); CREATE VIRTUAL TABLE IF NOT EXISTS temp.users USING wowsql(table=bench_users);
    CREATE VIRTUAL TABLE IF NOT EXISTS temp.orders USING wowsql(table=bench_orders);
    CREATE TABLE IF NOT EXISTS found (k, name);}
  foreach {name n range} {keys200 200 1000000 keys2000 2000 1000000 keys10000 10000 1000000 keys100000 100000 1000000
    buyers500 500 3000 buyers3000 3000 3000} {
    append sql "CREATE TABLE IF NOT EXISTS $name (n INTEGER PRIMARY KEY, k INTEGER); DELETE FROM $name;
      WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < $n) INSERT INTO $name SELECT i, i * 7919 % $range + 1 FROM c;"
  }
  ask sql "exec $sql"
}

# What the server says to a query; the tables have other names there, and keys are made.
proc truth {sql} {
  regsub -all {\m(keys|buyers)(\d+)\M} $sql {(SELECT i AS n, i * 7919 % \1 + 1 AS k FROM generate_series(0, \2 - 1) i)} sql
  remote [string map {{% keys} {% 1000000} {% buyers} {% 3000} { users} { bench_users} { orders} { bench_orders}} $sql]
}

# Compares a statement, whose value must be the server's, with bare requests; it may take so many requests.
# `most`: rows that may be received, if that is bounded.
proc against {what sql against by_hand most {ratio 1.30} {rows {}}} {
  set truth [lindex [split [truth $sql] |] 0]
  set result [turns $::part [list ours [list sql $sql $truth] hand $by_hand]]
  report_bounded $what $against $result $most $ratio $rows
}

proc report_bounded {what against result most ratio rows} {
  set note [dict get $result ours note]
  if {[regexp {^([\d,]+) requests?, ([\d,]+) rows} $note -> n received]} {
    set met [expr {[string map {, {}} $n] <= $most ? {met} : {missed}}]
    append note "; at most $most: $met"
    if {$rows ne {}} { append note ", at most $rows rows: [expr {[string map {, {}} $received] <= $rows ? {met} : {missed}}]" }
  }
  report $::part $what $against $result ours hand $ratio $note
}

proc by_keys {n {path /bench_users?select=name,id&id=in.({})} {range 1000000}} {
  lindex [ask client "batches $n $range 7000 $path"] 0
}
proc by_path {path} { lindex [ask client "get 1 $path"] 0 }

proc bench_joins {} { measure_joins joins near }
proc bench_distance {} {
  measure_joins distance far
  set ::place far
  measure_far_scan
  set ::place near
}

proc measure_joins {part place} {
  set ::part $part
  set ::place $place
  try {
    prepare_joins
    foreach {n most} {200 3 2000 8 10000 25} { measure_kinds $n $most }
    measure_others
  } finally { set ::place near }
}

# The kinds of statements that look users up by n keys.
proc measure_kinds {n most} {
  set shown [number $n]
  set all [list by_keys $n]
  set batches {bare requests, keys in batches}
  against "$shown local keys JOIN users" "SELECT sum(length(u.name)) FROM keys$n l JOIN users u ON u.id = l.k" $batches $all $most
  if {$n == 200} return
  against "$shown, LEFT JOIN" "SELECT sum(length(u.name)) FROM keys$n l LEFT JOIN users u ON u.id = l.k" $batches $all $most
  against "$shown, EXISTS" "SELECT count(*) FROM keys$n l WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = l.k)" $batches \
    [list by_keys $n /bench_users?select=id&id=in.({})] $most
  against "$shown, scalar sub-query" "SELECT sum(length((SELECT name FROM users u WHERE u.id = l.k))) FROM keys$n l" $batches $all $most
  against "$shown, ORDER BY u.name" "SELECT min(name) FROM (SELECT u.name FROM keys$n l JOIN users u ON u.id = l.k ORDER BY u.name) x" $batches $all $most
  against "$shown, ORDER BY u.name LIMIT 10" "SELECT min(name) FROM (SELECT u.name FROM keys$n l JOIN users u ON u.id = l.k ORDER BY u.name LIMIT 10) x" $batches $all $most
  set tenth [expr {$n / 10}]
  against "$shown, a tenth of them by WHERE" "SELECT sum(length(u.name)) FROM keys$n l JOIN users u ON u.id = l.k WHERE l.n < $tenth" $batches \
    [list by_keys $tenth] $most 1.30 [expr {$tenth * 3 / 2}]
  set result [turns $::part [list ours [list insert_found $n] hand $all]]
  report_bounded "$shown, INSERT ... SELECT" $batches $result $most 1.30 {}
  if {$n < 10000} return
  against "$shown, with the hint u.id IN (SELECT k ...)" \
    "SELECT sum(length(u.name)) FROM keys$n l JOIN users u ON u.id = l.k WHERE u.id IN (SELECT x.k FROM keys$n x)" $batches $all $most
}

proc insert_found {n} {
  ask sql {exec DELETE FROM found}
  set seconds [sql "INSERT INTO found SELECT l.k, u.name FROM keys$n l JOIN users u ON u.id = l.k"]
  set note $::note
  set found [ask sql {value SELECT count(*) FROM found}]
  if {$found != $n} { error "$found rows were found" }
  set ::note $note
  return $seconds
}

proc measure_others {} {
  against {latest order of each of 3,000 users} \
    {SELECT sum((SELECT o.id FROM orders o WHERE o.user_id = l.k ORDER BY o.day DESC, o.id DESC LIMIT 1)) FROM buyers3000 l} \
    {reading all orders} {by_path /bench_orders?select=user_id,day,id} 20 {}
  against {max(total) of each of 3,000 users, sub-query} {SELECT sum((SELECT max(o.total) FROM orders o WHERE o.user_id = l.k)) FROM buyers3000 l} \
    {one grouped request} {by_path /bench_orders?select=user_id,total.max()} 20 {}
  against {2,000 orders of a filter JOIN users} {SELECT sum(length(u.name)) FROM orders o JOIN users u ON u.id = o.user_id WHERE o.batch = 7} \
    {one embedded request} {by_path /bench_orders?select=id,bench_users!user_id(name)&batch=eq.7} 10
  against {500 local keys JOIN orders JOIN sellers} \
    {SELECT sum(length(u.name)) FROM buyers500 l JOIN orders o ON o.user_id = l.k JOIN users u ON u.id = o.seller_id} \
    {one embedded request} {by_keys 500 /bench_orders?select=id,bench_users!seller_id(name)&user_id=in.({}) 3000} 15 {}
  against {100,000 keys JOIN users LIMIT 5} {SELECT l.n, u.name FROM keys100000 l JOIN users u ON u.id = l.k ORDER BY l.n LIMIT 5} \
    {a bare request, 5 keys} {by_keys 5} 3 {} 100
  foreach aggregate {sum(age) avg(age)} {
    against "$aggregate, of 60 values" "SELECT round($aggregate, 6) FROM users" {the grouped request} {by_path /bench_users?select=age,count()} 3 1.40
  }
}

# All of them at the line's rate: as long as that takes.
proc measure_far_scan {} {
  ask sql "exec CREATE VIRTUAL TABLE IF NOT EXISTS temp.bench_rows USING wowsql"
  set result [turns $::part [list curl {curl /bench_rows?select=$six} ours {sql "$lengths bench_rows"}]]
  report $::part {SELECT of all six columns} {curl, the same rows} $result ours curl 1.00
}
