# The differential test's machinery: relations, rows and queries from a seed; each query runs over the
# virtual tables and over local copies of their rows, and must give the same answer.
#
# The copies are read from the plain server, whatever server is under test, each relation in one
# request, without a key and with nothing shipped, and their rows are counted in PostgreSQL. They have
# the declared types of the virtual tables. The server sorts bytewise here (C.UTF-8), as SQLite does.
#
# An error is a difference, unless it is one of the declared ones (d::is_declared). A difference is
# reduced to what it takes, and printed with the relations that are concerned.

namespace eval d {
  variable context {} ;# what it takes to make the same relations and queries again
  variable declared {} ;# kind of declared error -> how often
  variable found {} ;# shape of a reduced difference -> how often
  variable failures 0
}

proc d::pick {list} { lindex $list [expr {int(rand() * [llength $list])}] }
proc d::int {n} { expr {int(rand() * $n)} }
proc d::chance {percent} { expr {rand() * 100 < $percent} }
proc d::quote {text} { string cat ' [string map {' ''} $text] ' }

source [file join [file dirname [info script]] differential_relations.tcl]
source [file join [file dirname [info script]] differential_queries.tcl]

# ---- virtual tables and copies

# The columns= of an imported table, without what says which of them are its key.
proc d::columns_without_key {table} {
  set sql [db one {SELECT sql FROM sqlite_temp_schema WHERE name = $table}]
  if {![regexp {columns='(.*)'(?:, read_only=1)?\)$} $sql -> columns]} { error "what are the columns of $table? $sql" }
  regsub {, primary key \(.*\)$} $columns {} columns
  string map {{ primary key} {}} $columns
}

# Copies the plain server's rows of a relation.
proc d::copy {remote copy} {
  db eval "CREATE VIRTUAL TABLE temp.src USING wowsql(table='$remote', server='oracle', columns='[columns_without_key src_$remote]')"
  set definitions {}
  db eval {PRAGMA temp.table_xinfo(src)} c {
    if {$c(hidden) == 0} { lappend definitions "[id $c(name)] $c(type)" }
  }
  db eval "CREATE TEMP TABLE $copy ([join $definitions {, }]); INSERT INTO $copy SELECT * FROM src; DROP TABLE temp.src"
}

# The copy of "id, up, ..., up:diff_1(...)": the columns of the parent have its names behind a dot.
proc d::copy_embedded {name columns} {
  copy ${name}_of copy_of
  set own {}
  set parents {}
  set definitions {}
  db eval {PRAGMA temp.table_info(copy_of)} c { set type($c(name)) $c(type) }
  db eval {PRAGMA temp.table_info(copy_1)} c { set type(up.$c(name)) $c(type) }
  foreach column [lmap pair $columns { lindex $pair 0 }] {
    lappend definitions "[id $column] $type($column)"
    lappend own [expr {[string match up.* $column] ? "p.[string range $column 3 end]" : "c.$column"}]
  }
  db eval "CREATE TEMP TABLE [string map {diff_ copy_} $name] ([join $definitions {, }]);
    INSERT INTO [string map {diff_ copy_} $name] SELECT [join $own {, }] FROM copy_of c LEFT JOIN copy_1 p ON p.id = c.up;
    DROP TABLE copy_of"
}

# Makes a relation's virtual table as it is to be made; it has been imported.
proc d::make_virtual {name server} {
  set create [dict get $d::relations $name create]
  switch -glob $create {
    {} {}
    renamed {
      db eval "DROP TABLE temp.$name; SELECT wowsql_use('$server');
        CREATE VIRTUAL TABLE temp.${name}_new USING wowsql(table='$name', server='$server'); DROP TABLE temp.${name}_new;
        DROP TABLE temp.${name}_old; CREATE VIRTUAL TABLE temp.${name}_old USING wowsql;
        ALTER TABLE temp.${name}_old RENAME TO $name"
    }
    table=* { db eval "DROP TABLE temp.${name}_of; CREATE VIRTUAL TABLE temp.$name USING wowsql(server='$server', $create)" }
    default { db eval "DROP TABLE temp.$name; CREATE VIRTUAL TABLE temp.$name USING wowsql(table='$name', server='$server', $create)" }
  }
}

# Drops the tables of this connection whose names are like one of these.
proc d::drop_here {patterns} {
  foreach pattern $patterns {
    foreach name [db eval {SELECT name FROM sqlite_temp_schema WHERE type = 'table' AND name LIKE $pattern ESCAPE '\'}] {
      db eval "DROP TABLE IF EXISTS temp.$name"
    }
  }
}

# Imports the relations as diff_N and copies them to copy_N.
proc d::import {{server main}} {
  variable relations
  drop_here {diff\_% copy\_% src\_%}
  # The plain server, the right answers' source.
  db eval {SELECT wowsql_connect($t::postgrest_url, NULL, '{"name":"oracle","rest_path":"/","max_rows":0}')}
  db eval {SELECT wowsql_refresh($server), wowsql_refresh('oracle')}
  db eval {SELECT wowsql_import('oracle', '{"like":"diff_%","if_exists":"replace","prefix":"src_"}')}
  db eval {SELECT wowsql_import($server, '{"like":"diff_%","if_exists":"replace"}')}
  db eval {SELECT wowsql_config('ship', 0)}
  set counts {}
  dict for {name relation} $relations {
    set create [dict get $relation create]
    set remote [expr {$create eq "renamed" ? "${name}_old" : $name}]
    set copy [string map {diff_ copy_} $name]
    if {[string match table=* $create]} {
      copy_embedded $name [dict get $relation columns]
      set remote ${name}_of
    } else {
      copy $remote $copy
    }
    if {[catch {make_virtual $name $server} message]} {
      if {[dict get $relation kind] ne "33 key columns" || ![string match *key* $message]} {
        t::fail "making $name, [dict get $relation kind]" error $message context $d::context
      }
      dict unset relations $name
      continue
    }
    lappend counts "(SELECT count(*) FROM $remote)" $copy
  }
  set i 0
  foreach count [remote_query "SELECT [join [dict keys $counts] ,]"] {query copy} $counts {
    set here [db one "SELECT count(*) FROM $copy"]
    if {$here != $count} { error "$copy has $here rows, and there are $count" }
  }
  drop_here {src\_%}
  db eval {SELECT wowsql_config('ship', 1)}
}

# ---- comparing

# The statement as text: for the virtual tables, or for the copies.
proc d::here {text} { regsub -all {\{\{([^|]*)\|([^\}]*)\}\}} $text {\1} }
proc d::there {text} {
  regsub -all {\{\{([^|]*)\|([^\}]*)\}\}} $text {\2} text
  string map {diff_ copy_} [regsub -all {\[(\w+\([^\]]*\))\]} $text {\1}]
}

# Writes out @x*4000@.
proc d::expand {text} {
  while {[regexp -indices {@(\w+)\*(\d+)@} $text all part count]} {
    set long [string repeat [string range $text {*}$part] [string range $text {*}$count]]
    set text [string replace $text {*}$all $long]
  }
  return $text
}

set d::parameters {$p_int = 5 (an integer), $p_five = 5, $p_minus = -20, $p_real = 2.5, $p_whole = 5.0, $p_digits = '5' (text),
  $p_text = 'abc', $p_blob = x'61', $p_null = NULL}

# {rows ROWS} or {error message}.
proc d::run {sql} {
  set p_int [expr {2 + 3}]
  set p_five [expr {2 + 3}]
  set p_minus [expr {0 - 20}]
  set p_real [expr {2.5 * 1.0}]
  set p_whole [expr {2.5 * 2}]
  set p_digits [string cat 5 {}]
  set p_text abc
  set p_blob [binary format H* 61]
  set sql [expand $sql]
  if {[string first {."*"} $sql] >= 0} {
    # The names of the columns are row(*) below, so that none of them is *.
    set from [string first " FROM " $sql]
    set sql [regsub -all {(SELECT |DISTINCT |, )(\w\."\*")(?=,|$)} [string range $sql 0 $from-1] {\1\2 AS star}][string range $sql $from end]
  }
  set rows {}
  set rc [catch {
    db eval $sql row {
      set r {}
      foreach name $row(*) { lappend r $row($name) }
      lappend rows $r
    }
  } message]
  if {$rc} { return [list error $message] }
  list rows $rows
}

# Is this one of the errors that README declares? Its kind; {} if it is not.
proc d::is_declared {sql message} {
  set brackets [regexp {\[\w+\(} $sql]
  # A group has no single value of a column that a condition is computed from here.
  if {$brackets && [string match {*GROUP BY*} $message]} { return "not a column of GROUP BY" }
  # A wide table offers as many brackets as SQLite can tell apart; aggregates= chooses others.
  if {$brackets && [string match {no such column: *(*} $message]} { return "no such bracket" }
  # What cannot be told is an error, and says so.
  if {[string match {* compared with *, as text or as a number*} $message]} { return "text or number" }
  # Rows without a key that the server cuts, of types with values that are one in order but look different.
  if {[string match {*has no order for rows that look different*} $message]} { return "no order to page by" }
  # A key that the user has named, and that is none.
  if {[regexp {diff_\d+} $sql] && [string match -nocase {*key*} $message]} {
    foreach name [lsort -unique [regexp -all -inline {diff_\d+} $sql]] {
      if {[dict get $d::relations $name kind] in {"view, wrong key=" "inherited"}} { return "a key that is none" }
    }
  }
  return {}
}

# Errors that a copy may give, too.
proc d::is_expected_here {message} { regexp {integer overflow|pattern too complex|too big|too many terms} $message }

# Runs a query both ways. Empty: the same; else what differs.
proc d::compare {text compare} {
  set there [there $text]
  set here [here $text]
  set local [run $there]
  set remote [run $here]
  if {[lindex $local 0] eq "error"} {
    if {[is_expected_here [lindex $local 1]]} { return {} }
    # The generator has made a statement that is none.
    return "the copy: [lindex $local 1]"
  }
  if {[lindex $remote 0] eq "error"} {
    set kind [is_declared $here [lindex $remote 1]]
    if {$kind ne {}} { dict incr d::declared $kind; return {} }
  }
  # A condition that SQLite finds to be false by itself: to SQLite, bracketed aggregates are not
  # aggregates, which would have a row then, too.
  if {[regexp {\[\w+\(} $text] && $remote eq {rows {}} && [llength [lindex $local 1]] == 1 && [lindex $local 1 0 0] eq "0"} { return {} }
  if {[lindex $local 0] eq "rows" && [lindex $remote 0] eq "rows"} {
    if {[lindex $compare 0] eq "prefix"} {
      lassign $compare - n limited
      # The order is that of the first columns; which rows come first among equals is open.
      if {[lmap r [lindex $local 1] { lrange $r 0 $n-1 }] ne [lmap r [lindex $remote 1] { lrange $r 0 $n-1 }]} {
        return [difference $local $remote]
      }
      if {$limited} { return {} }
      set compare bag
    }
    if {$compare eq "bag"} {
      set local [list rows [lsort [lindex $local 1]]]
      set remote [list rows [lsort [lindex $remote 1]]]
    }
  }
  if {$local eq $remote} { return {} }
  difference $local $remote
}

proc d::difference {local remote} {
  if {[lindex $remote 0] eq "error"} { return "an error: [string range [lindex $remote 1] 0 600]" }
  lassign [list [lindex $local 1] [lindex $remote 1]] expected got
  foreach row $expected { incr count($row) }
  set extra {}
  foreach row $got {
    if {[incr count($row) -1] < 0} { lappend extra $row }
  }
  set missing {}
  foreach row $expected {
    if {[incr count($row) -1] >= 0} { lappend missing $row }
  }
  set text "[llength $expected] rows expected, [llength $got] got"
  if {$missing eq {} && $extra eq {}} {
    return "$text: in another order\nexpected: [string range $expected 0 700]\ngot:      [string range $got 0 700]"
  }
  append text "\nmissing: [string range [lrange $missing 0 9] 0 700]\nextra:   [string range [lrange $extra 0 9] 0 700]"
}

# ---- reducing

# Simplifies a query while it still differs. The kind of the difference (an error, or rows) stays.
proc d::reduce {node compare} {
  set is_error [string match "an error*" [compare [render $node] $compare]]
  set tries 0
  set again 1
  while {$again && $tries < 200} {
    set again 0
    foreach simple [simpler $node] {
      if {[incr tries] > 200} break
      set difference [compare [render $simple] $compare]
      if {$difference eq {} || [string match "the copy:*" $difference]} continue
      if {[string match "an error*" $difference] != $is_error} continue
      set node $simple
      set again 1
      break
    }
  }
  return $node
}

# What differences of one cause have in common, roughly: the error, or the statement without constants,
# numbers of relations and columns, and repetitions.
proc d::shape {sql difference} {
  if {[string match "an error*" $difference]} {
    regsub -all {\mdiff_\w+} $difference t difference
    regsub -all {'[^']*'|".*?"|\mc\d+_} $difference ? difference
    regsub -all {column t\S*\.\S+} $difference {column t.?} difference
    return [string map {\n { }} [string range $difference 0 140]]
  }
  regsub -all {'[^']*'} $sql ? sql
  regsub -all {x\?|@\w+\*\d+@|\$p_\w+|\mNULL\M} $sql ? sql
  regsub -all {\m\d[\d.e]*\M} $sql ? sql
  regsub -all {\{\{[^\}]*\}\}} $sql ? sql
  regsub -all {[-?][-? ]*\?} $sql ? sql
  regsub -all {\?(, ?\?)+} $sql ? sql
  regsub -all {\mc\d+_} $sql {} sql
  regsub -all {diff_\d+} $sql t sql
  regsub {^SELECT .*? FROM} $sql {SELECT FROM} sql
  regsub { (LIMIT|GROUP BY|HAVING|ORDER BY) .*} $sql { \1} sql
  string map {\n { }} [string range $sql 0 300]
}

# How to make these relations in SQL.
proc d::describe {sql} {
  set text {}
  foreach name [lsort -unique [regexp -all -inline {diff_\d+} $sql]] {
    if {![dict exists $d::relations $name]} continue
    set relation [dict get $d::relations $name]
    lappend text "$name: [dict get $relation kind] ([lmap c [dict get $relation columns] { string cat [lindex $c 0] { } [lindex $c 1] }])[
      expr {[dict get $relation create] eq {} ? "" : ", [dict get $relation create]"}]"
  }
  join $text \n
}

proc d::requests_since {before} {
  set requests [lmap r [t::requests $before] { string range $r 0 300 }]
  set n [llength $requests]
  if {$n > 6} { set requests [concat [lrange $requests 0 3] [list "... $n in all"] [lrange $requests end-1 end]] }
  join $requests \n
}

# Ships terms or nothing.
proc d::ship {on} {
  variable is_shipped $on
  db eval {SELECT wowsql_config('ship', $on)}
}

# Runs `n` queries; reports differences as failing tests.
proc d::run_queries {name n} {
  variable found
  variable failures
  db nullvalue <NULL>
  set bad 0
  for {set i 0} {$i < $n} {incr i} {
    lassign [query] node compare
    set difference [compare [render $node] $compare]
    if {$difference eq {}} continue
    incr bad
    incr failures
    set whole [render $node]
    if {![string match "the copy:*" $difference]} { set node [reduce $node $compare] }
    set sql [render $node]
    set before [t::last_request]
    set reduced [compare $sql $compare]
    if {$reduced eq {}} { set reduced "not every time: $difference" }
    set shape [shape $sql $reduced]
    dict incr found $shape
    # One of each shape is told in full.
    if {[dict get $found $shape] > 1} continue
    t::fail "seed $name query $i" sql $sql {compared as} $compare difference $reduced \
      requests [requests_since $before] relations [describe $sql] \
      {before it was reduced} $whole context $d::context parameters $d::parameters
    if {$bad > 40} break
  }
  db nullvalue NULL
  if {$bad == 0} t::pass
  return $bad
}

# Prints how often which kind of difference was found, and which declared errors were seen.
proc d::summary {} {
  variable found
  variable declared
  foreach {shape n} [lsort -stride 2 -index 1 -integer -decreasing $found] { puts "differs $n times: $shape" }
  dict for {kind n} $declared { puts "declared error, $n times: $kind" }
}

# ---- setting up

# Makes the relations for a seed. `connect` has been called; `rows` is the size of the base tables,
# `n` the number of other relations.
proc d::setup {seed rows {n 6} {kinds {}}} {
  if {$kinds eq {}} { set kinds $d::kinds }
  expr {srand($seed)}
  variable has_right [expr {[package vcompare [db one {SELECT sqlite_version()}] 3.39] >= 0}]
  remote_sql [make_relations $rows $kinds $n]
  db function regexp -argcount 2 -deterministic d::matches
  import
  db eval {
    DROP TABLE IF EXISTS loc;
    CREATE TEMP TABLE loc(id INTEGER PRIMARY KEY, k INTEGER, t TEXT);
    INSERT INTO loc(k, t) VALUES (1, 'a'), (2, 'b'), (5, 'abc'), (NULL, NULL), (-20, ''), (7, 'a,b'), (10, 'k1'), (1, 'A'),
      (0, '5'), (-5, '10');
  }
}

# REGEXP on the copies, for patterns in which Tcl and PostgreSQL, whose engine is Tcl's, agree. NULL
# comes as an empty text, so no pattern matches that, and there is no NOT around REGEXP.
proc d::matches {pattern text} { regexp -- $pattern $text }

proc d::cleanup {} { t::psql [drop_sql] }

# An nginx in front of several servers, which it asks in turn; its URL. It ends with the file, or with
# the stack, which ends what has such a pid file.
proc d::start_balancer {args} {
  set socket [socket -server x -myaddr 127.0.0.1 0]
  set port [lindex [fconfigure $socket -sockname] 2]
  close $socket
  set dir [file join $t::dir postgrest-balancer_[pid]]
  file mkdir $dir
  set file [open [file join $dir nginx.conf] w]
  puts $file "worker_processes 1; pid $dir.pid; error_log $dir/nginx.log error; events {}
    [expr {[exec id -u] == 0 ? "user root;" : ""}]
    http { access_log off; large_client_header_buffers 8 64k; proxy_buffer_size 256k; proxy_buffers 16 256k; proxy_busy_buffers_size 512k;
      client_body_temp_path $dir/body; proxy_temp_path $dir/proxy; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
      keepalive_requests 1000000;
      upstream all { [join [lmap url $args { string cat "server " [string map {http:// {}} $url] ";" }]] keepalive 8; }
      server { listen 127.0.0.1:$port; location / { proxy_pass http://all; proxy_http_version 1.1; proxy_set_header Connection \"\"; } } }"
  close $file
  exec env -u LD_PRELOAD PATH=$::env(PATH):/usr/sbin nginx -p $dir -c $dir/nginx.conf -e $dir/nginx.log
  at_end [list exec sh -c "kill \$(cat '$dir.pid'); rm -rf '$dir' '$dir.pid'"]
  return "http://127.0.0.1:$port"
}

# Ends the servers that start_postgrest has started.
proc d::stop_servers {} {
  dict for {name url} $t::instances {
    set file [file join $t::dir postgrest-$name.pid]
    catch {exec kill [exec head -n 1 $file]}
    file delete $file
  }
  set t::instances {}
}
