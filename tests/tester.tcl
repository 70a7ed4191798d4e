# The test harness, in the manner of SQLite's own. A test file begins with
#
#   source [file join [file dirname [info script]] tester.tcl]
#
# and ends with finish_test. It runs against the stack that tests/run has started (real PostgreSQL,
# PostgREST and nginx), whose addresses are in the environment.
#
#   do_test name script expected             checks the script's result
#   do_execsql_test name sql expected        the rows of SQL on `db`, as one flat list
#   do_errorsql_test name sql pattern        SQL that fails, with a message that matches a glob
#   do_request_test name sql expected reqs   rows, and the requests made: their number, or a list of
#                                            glob patterns, one for each, in order
#   remote_sql sql                           SQL on the server as its superuser; tables made or
#                                            changed by it are known to PostgREST afterwards
#   remote_query sql                         the same for a query; a list of its fields
#   start_postgrest name key=value...        one more PostgREST on the same database; its URL
#   start_newer name key=value...            the same, saying what newer versions say; its URL and that
#                                            of a gateway before it (stack/local has the options)
#   start_balance name url url               one address for two of them; its URL
#   start_tls name url                       the same server by TLS; its address
#   balance_to_second name bool              are all requests for the second one from now on?
#   since version script                     runs a script if SQLite is of that version or newer
#   open_db / connect ?url key options?      a new `db` with the extension; wowsql_connect
#
# NULL shows as "NULL" in results. A failing test prints the SQL, the requests, expected and got.

package require Tcl 8.6
package require sqlite3

namespace eval t {
  variable passed 0 failed 0 skipped 0
  variable file [file tail $::argv0]
  variable root [file normalize [file join [file dirname [info script]] ..]]
  variable cleanup {}
}

# The stack's settings have names of their own, so that the extension under test does not find a project
# in the environment.
foreach name {PROJECT_URL API_KEY} { unset -nocomplain ::env(WOWSQL_$name) }
if {![info exists ::env(WOWSQL_TEST_URL)]} {
  puts stderr "run tests with: tests/run [file tail $::argv0]"
  exit 2
}
if {[info exists ::env(WOWSQL_TEST_SQLITE)] && $::env(WOWSQL_TEST_SQLITE) ne [sqlite3 -version]} {
  puts "Tcl's SQLite is not $::env(WOWSQL_TEST_SQLITE) but [sqlite3 -version]"
  exit 2
}
set t::url $::env(WOWSQL_TEST_URL)
set t::anon_key $::env(WOWSQL_TEST_ANON_KEY)
set t::service_key $::env(WOWSQL_TEST_SERVICE_KEY)
set t::postgrest_url $::env(WOWSQL_TEST_POSTGREST_URL)
set t::dir $::env(WOWSQL_TEST_DIR)
# The extension under test, as it is loaded: without .so.
set t::extension $t::root/wowsql
if {[info exists ::env(WOWSQL_TEST_EXTENSION)]} { set t::extension $::env(WOWSQL_TEST_EXTENSION) }

proc t::pass {} { variable passed; incr passed }

proc t::fail {name args} {
  variable failed
  variable file
  incr failed
  puts "FAIL $file $name"
  foreach {label text} $args {
    if {[string length $text] > 3000} {
      set text "[string range $text 0 1400] ... [string range $text end-1400 end]"
    }
    puts "  $label: [string map {\n "\n    "} $text]"
  }
}

proc skip_test {name reason} {
  incr t::skipped
  puts "SKIP $t::file $name: $reason"
}

# Runs a script (tests, as a rule) if SQLite is of that version or newer: what it uses is new in it.
proc since {version script} {
  if {[package vcompare [sqlite3 -version] $version] >= 0} { uplevel 1 $script }
}

proc do_test {name script expected} {
  if {[catch {uplevel 1 $script} got options]} {
    t::fail $name script $script expected $expected error $got
  } elseif {$got ne $expected} {
    t::fail $name script $script expected $expected got $got
  } else {
    t::pass
  }
}

proc t::execsql {sql} { db eval $sql }

proc do_execsql_test {name sql {expected {}}} {
  if {[catch {t::execsql $sql} got]} {
    t::fail $name sql $sql requests [t::requests 0] expected $expected error $got
  } elseif {[list {*}$got] ne [list {*}$expected]} {
    t::fail $name sql $sql requests [t::requests 0] expected [list {*}$expected] got $got
  } else {
    t::pass
  }
}

proc do_errorsql_test {name sql pattern} {
  if {![catch {t::execsql $sql} got]} {
    t::fail $name sql $sql expected "an error like $pattern" got $got
  } elseif {![string match $pattern $got]} {
    t::fail $name sql $sql expected "an error like $pattern" got $got
  } else {
    t::pass
  }
}

# A URL as people read it: without server and REST path, percent-decoded.
proc t::readable {url} {
  regsub {^https?://[^/]*} $url {} url
  regsub {^/rest/v1} $url {} url
  set bytes {}
  for {set i 0} {$i < [string length $url]} {incr i} {
    set c [string index $url $i]
    if {$c eq "%" && [scan [string range $url $i+1 $i+2] %2x code] == 1} {
      append bytes [format %c $code]
      incr i 2
    } else {
      append bytes $c
    }
  }
  encoding convertfrom utf-8 $bytes
}

# The requests with a number above `seq`, as "METHOD /path?query".
proc t::requests {seq} {
  set list {}
  catch {
    db eval {SELECT method, url FROM wowsql_log WHERE seq > $seq ORDER BY seq} {
      lappend list "$method [t::readable $url]"
    }
  }
  return $list
}

proc t::last_request {} { db one {SELECT coalesce(max(seq), 0) FROM wowsql_log} }

proc do_request_test {name sql expected requests} {
  set before [t::last_request]
  if {[catch {t::execsql $sql} got]} {
    t::fail $name sql $sql requests [t::requests $before] expected $expected error $got
    return
  }
  set made [t::requests $before]
  if {[string is integer -strict $requests]} {
    set same [expr {[llength $made] == $requests}]
  } else {
    set same [expr {[llength $made] == [llength $requests]}]
    foreach request $made pattern $requests {
      if {![string match $pattern $request]} { set same 0 }
    }
  }
  if {[list {*}$got] ne [list {*}$expected] || !$same} {
    t::fail $name sql $sql expected [list {*}$expected] got $got \
      "requests expected" [join $requests \n] "requests made" [join $made \n]
  } else {
    t::pass
  }
}

# ---- the server's side

proc t::psql {sql args} {
  exec env -u LD_PRELOAD psql -X -q -v ON_ERROR_STOP=1 {*}$args << "SET client_min_messages = warning;\n$sql" 2>@1
}

set t::reload_count 0

# PostgREST learns of changes by a notification. A probe table created along with them shows when it has:
# PostgREST answers writes to a table that it does not know with 404.
proc remote_sql {sql} {
  set probe "probe_[pid]_[incr t::reload_count]"
  t::psql "$sql\n;CREATE TABLE public.$probe (a int); NOTIFY pgrst, 'reload schema';"
  try {
    foreach url [list $t::postgrest_url {*}[dict values $::t::instances]] {
      t::wait_for_reload $url $probe
    }
  } finally {
    t::psql "DROP TABLE public.$probe;"
  }
}

set t::instances {}

proc t::wait_for_reload {url probe} {
  for {set i 0} {$i < 200} {incr i} {
    set status [exec env -u LD_PRELOAD curl -s -o /dev/null -w %{http_code} -X POST -H {Content-Type: application/json} \
      -d {[]} $url/$probe?columns=a]
    if {$status ne "404"} return
    if {$i % 20 == 19} { t::psql "NOTIFY pgrst, 'reload schema';" }
    after 25
  }
  error "PostgREST at $url did not notice the change"
}

proc remote_query {sql} {
  set out [t::psql $sql -A -t -R \x1e -F \x1f]
  set list {}
  foreach row [split $out \x1e] { lappend list {*}[split [string trimright $row \n] \x1f] }
  return $list
}

# What a test starts ends with it: each of them reads the schema again whenever it changes.
proc t::stack {command name args} {
  if {$command ne "end"} { at_end [list t::stack end $name] }
  string trim [exec env -u LD_PRELOAD $t::root/stack/local --dir $t::dir $command $name {*}$args 2>@stderr]
}

# With WOWSQL_TEST_NEWER in the environment, which names a version, all of them are newer ones.
proc start_postgrest {name args} {
  if {[info exists ::env(WOWSQL_TEST_NEWER)] && "--version" ni $args} {
    return [lindex [start_newer $name --version $::env(WOWSQL_TEST_NEWER) {*}$args] 0]
  }
  set url [t::stack postgrest $name {*}$args]
  dict set t::instances $name $url
  return $url
}

proc start_newer {name args} {
  set urls [split [t::stack newer $name {*}$args] \n]
  dict set t::instances $name [lindex $urls 0]
  return $urls
}

# A server by TLS, as https://db.test, with the certificate t::dir/name.pem: the address to tunnel to.
proc start_tls {name url} { t::stack tls $name $url }

proc start_balance {name first second} {
  at_end [list balance_to_second $name 0]
  t::stack balance $name $first $second
}

proc balance_to_second {name yes} {
  set mark [file join $t::dir $name.second]
  if {$yes} { close [open $mark w] } else { file delete $mark }
}

# Runs when the file ends, however it does.
proc at_end {script} { lappend t::cleanup $script }

# ---- the client's side

proc open_db {{file :memory:}} {
  catch {db close}
  sqlite3 ::db $file
  db nullvalue NULL
  db enable_load_extension 1
  db eval "SELECT load_extension('$t::extension')"
}

# Says that the stack has no cap, which is true: otherwise the request after a short page, which makes
# sure, would depend on what was read before.
proc connect {{url {}} {key {}} {options {{"max_rows":0}}}} {
  if {$url eq {}} { set url $t::url; set key $t::service_key }
  db one {SELECT wowsql_connect($url, $key, $options)}
}

# Connects to a PostgREST that has no gateway in front.
proc connect_bare {url {options {}}} {
  if {$options ne {}} { set options ",$options" }
  connect $url {} "{\"rest_path\":\"/\"$options}"
}

# ---- what can be read afterwards

# With WOWSQL_TEST_KEPT, a folder, in the environment: whatever a user could find is kept there, for
# tests/leaks.tcl to search. That is every error, and what the extension shows and stores when a connection
# is closed.
if {[info exists ::env(WOWSQL_TEST_KEPT)]} {
  set t::kept [open $::env(WOWSQL_TEST_KEPT)/$t::file.[pid].shown w]
  rename sqlite3 t::sqlite3

  proc sqlite3 {name args} {
    set result [t::sqlite3 $name {*}$args] ;# of `sqlite3 -version`
    if {[info commands ::$name] ne {}} { trace add execution ::$name {enter leave} [list t::keep ::$name] }
    return $result
  }
}

# Traces have the command, for what has ended its code and result, and which of both it is.
proc t::keep {handle command args} {
  variable kept
  if {[lindex $args end] eq "leave"} {
    if {[lindex $args 0] == 1} { puts $kept [lindex $args 1] }
  } elseif {[lindex $command 1] eq "close"} {
    foreach sql {
      {SELECT * FROM wowsql_log} {SELECT * FROM wowsql_servers} {SELECT wowsql_last_error()}
      {SELECT sql FROM sqlite_schema} {SELECT sql FROM sqlite_temp_schema}
    } { catch {puts $kept [$handle eval $sql]} }
  }
}

proc finish_test {} {
  foreach script [lreverse $t::cleanup] { catch {uplevel #0 $script} }
  catch {db close}
  puts "$t::file: $t::passed passed, $t::failed failed, $t::skipped skipped"
  exit [expr {$t::failed > 0}]
}
