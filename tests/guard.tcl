# What a PostgREST makes of a DELETE: how many rows it would have deleted, on servers that roll back whatever
# they do. Sourced after tester.tcl.
#
#   guard::start               a table guard_t, in which no filter of the tests holds for all rows, and
#                              guard_rel, to which it refers; both are dropped at_end. A server of each
#                              version, which wowsql_connect knows as 12 and 11
#   guard::server 11 query     what the server does with DELETE guard_t?query, sent by curl
#   guard::sent 11 query       the same, sent by wowsql_delete
#
# Both answer "all" (every row), "some" (not every row), or the status of an error; the second also
# "refused", if the guard does not let it pass.

namespace eval guard {
  variable url
  variable rows
}

proc guard::start {} {
  variable url
  variable rows
  remote_sql {
    CREATE TABLE guard_rel (id int PRIMARY KEY, name text);
    CREATE TABLE guard_t (id int PRIMARY KEY, name text, tags text[], j jsonb, v tsvector, r int4range,
      rel int REFERENCES guard_rel, "a.b" int, "order" int, "first name" text, "größe" int, "q""\" int);
    INSERT INTO guard_rel VALUES (1, 'x'), (2, 'y');
    INSERT INTO guard_t VALUES (1, 'x', '{a,b}', '{"a": 1}', 'cat', '[1,5)', 1, 1, 1, 'x', 1, 1),
      (2, 'a', '{}', '{}', 'dog', '[5,6)', 2, 2, 2, 'y', 2, 2);
    INSERT INTO guard_t (id, name) VALUES (3, ''), (5, '5'), (6, NULL);
    INSERT INTO guard_t (id) SELECT generate_series(10, 2300);
    GRANT ALL ON guard_rel, guard_t TO anon, service_role;
  }
  at_end {remote_sql {DROP TABLE guard_t, guard_rel}}
  set rows [remote_query {SELECT count(*) FROM guard_t}]
  foreach version {12 11} {
    set url($version) [start_postgrest guard$version --version $version db-tx-end=rollback]
    set rest $url($version)
    db eval {SELECT wowsql_connect($rest, '', json_object('name', $version, 'rest_path', '/', 'max_rows', 0))}
  }
}

proc guard::kind {n} {
  variable rows
  expr {$n == $rows ? "all" : "some"}
}

proc guard::server {version query} {
  variable url
  set answer [exec env -u LD_PRELOAD curl -s -g -D - -o /dev/null -X DELETE -H {Prefer: count=exact} \
    "$url($version)/guard_t?$query"]
  regexp {^HTTP/1.1 (\d+)} $answer -> status
  expr {[regexp {Content-Range: \*/(\d+)} $answer -> n] ? [kind $n] : $status}
}

proc guard::sent {version query} {
  db eval {SELECT wowsql_use($version)}
  if {![catch {db one {SELECT wowsql_delete('guard_t', $query)}} n]} { return [kind $n] }
  if {[string match {*and was not sent*} $n]} { return refused }
  db one {SELECT wowsql_last_error() ->> 'status'}
}
