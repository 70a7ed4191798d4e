# What the tests of writes share. Sourced after tester.tcl.
#
#   written_since seq               the requests that write, after this number in wowsql_log, in order: "POST users"
#   do_written_test name sql rows requests
#                                   the rows of SQL on `db`, and these requests; or a condition on their number,
#                                   such as "<= 40"
#   do_unsent_test name sql pattern SQL that fails, with a message that matches a glob, before anything is sent
#   remote_rows sql                 a query in PostgreSQL, as remote_query; NULL shows as NULL

proc written_since {seq} {
  set list {}
  db eval {SELECT method, url FROM wowsql_log WHERE seq > $seq AND method NOT IN ('GET', 'HEAD') ORDER BY seq} {
    regexp {^/?([^?]*)} [t::readable $url] -> relation
    lappend list "$method $relation"
  }
  return $list
}

proc do_written_test {name sql rows requests} {
  set before [t::last_request]
  if {[catch {t::execsql $sql} got]} {
    t::fail $name sql $sql requests [join [t::requests $before] \n] expected $rows error $got
    return
  }
  set made [written_since $before]
  set same [expr {[regexp {^[<>=]+ \d+$} $requests] ? [expr "[llength $made] $requests"] : $made eq [list {*}$requests]}]
  if {[list {*}$got] ne [list {*}$rows] || !$same} {
    t::fail $name sql $sql expected [list {*}$rows] got $got "requests expected" $requests "requests made" [join [t::requests $before] \n]
  } else {
    t::pass
  }
}

proc do_unsent_test {name sql pattern} {
  set before [t::last_request]
  if {![catch {t::execsql $sql} got]} {
    t::fail $name sql $sql expected "an error like $pattern" got $got requests [join [t::requests $before] \n]
  } elseif {![string match $pattern $got]} {
    t::fail $name sql $sql expected "an error like $pattern" got $got
  } elseif {[written_since $before] ne {}} {
    t::fail $name sql $sql expected "no request" got [join [t::requests $before] \n]
  } else {
    t::pass
  }
}

proc remote_rows {sql} { split [string trimright [t::psql $sql -A -t -F " " -R " " -P null=NULL] \n] " " }

# Is no transaction open?
proc in_autocommit {} {
  if {[catch {db eval BEGIN}]} { return 0 }
  db eval ROLLBACK
  return 1
}
