# The measurements of bench/run, which starts the stack first and passes its address in the environment.
#
# Two programs do the work: build/bench/sql runs SQL through the extension, build/bench/client makes
# bare requests on a kept-alive connection. The sides of a comparison take turns, forwards in one
# round and backwards in the next, so that other load on the machine affects them all alike.

set root [file normalize [file join [file dirname [info script]] ..]]
cd $root

# name, rounds as a fraction of BENCH_ROUNDS, what it measures
set benchmarks {
  scan   1   {1,000,000 rows: sum of a column, all six columns, CREATE TABLE AS}
  decode 2   {the decoder alone, in memory}
  count  1   {count(*) with a filter}
  lookup 1   {2,000 lookups by key}
  order  1   {ORDER BY ... LIMIT 10}
  first  1   {the first row of a full scan}
  group  1   {GROUP BY with count(*) and bracketed aggregates, against reading all rows}
  many   0.6 {GROUP BY of 1,000,000 different values; looking for groups that do not exist}
  joins  0.6 {local keys joined with 1,000,000 remote rows in every way, remote tables with each other}
  distance 0.6 {the same, and a scan, over a line of 40 ms and 100 Mbit/s}
  write  0.6 {INSERT ... SELECT of 100,000 rows, UPDATE and DELETE of 10,000, and their memory}
  files  0.6 {100 MB from a local file into a bucket, and back}
  instead 0.6 {what people use instead: Python, curl and json_each}
}

set wanted {}
foreach arg $argv {
  if {$arg eq "--list"} {
    foreach {name part what} $benchmarks { puts [format "%-8s %s" $name $what] }
    exit
  }
  if {$arg eq "--check"} continue
  lappend wanted $arg
}
set names {}
foreach {name part what} $benchmarks {
  lappend names $name
  set rounds_of($name) $part
}
foreach name $wanted {
  if {$name ni $names} {
    puts stderr "bench: unknown benchmark '$name'; valid names: [join $names {, }]"
    exit 2
  }
}
if {"--check" in $argv} exit

set all_rounds [expr {[info exists env(BENCH_ROUNDS)] ? $env(BENCH_ROUNDS) : 5}]
set dir $env(BENCH_DIR)
set env(WOWSQL_API_KEY) $env(WOWSQL_SERVICE_KEY)
set timeout_s 60
# The server is measured where it is, and at a distance (distance.tcl).
set place near
set url_of(near) $env(WOWSQL_PROJECT_URL)
set base_of(near) $url_of(near)/rest/v1

# ---------------------------------------------------------------- the programs that measure

set channels [dict create]

proc program {name} {
  set url $::url_of($::place)
  if {$name eq "client"} { return [list build/bench/client $::base_of($::place)] }
  list env WOWSQL_PROJECT_URL=$url build/bench/sql [file normalize $::env(BENCH_LIBRARY)]
}

# Sends a command to sql or client, and returns what follows "ok" in the reply. A failure is an error, and so
# is a program that dies; the next command starts it again.
proc ask {name command} {
  global channels place
  if {![dict exists $channels $place$name]} {
    dict set channels $place$name [open |[program $name] r+]
    if {$name eq "sql"} prepare_sql
  }
  set channel [dict get $channels $place$name]
  regsub -all {\s+} $command { } command
  puts $channel [string trim $command]
  flush $channel
  if {[gets $channel line] < 0} {
    dict unset channels $place$name
    catch {close $channel} message
    error "the measuring program died: [lindex [split $message \n] 0]"
  }
  if {![regexp {^ok ?(.*)$} $line -> rest]} { error [regsub {^error } $line {}] }
  return $rest
}

proc prepare_sql {} {
  ask sql "exec SELECT wowsql_connect(NULL, NULL, '{\"max_rows\":0}');
    CREATE VIRTUAL TABLE temp.bench_rows USING wowsql;"
}

# Runs a statement; its seconds. `expected`, if given, is the value that it must return.
proc sql {sql {expected {}}} {
  set reply [ask sql "run $::timeout_s $sql"]
  lassign $reply seconds cpu rows requests received
  regexp {^(?:\S+ ){5}(.*)$} $reply -> value
  if {$expected ne {} && $value ne $expected && !([string is double -strict $value] && $value == $expected)} { error "returned '$value', expected '$expected'" }
  set ::note "[count $requests request], [number $received] rows, [format %.2f $cpu] s of CPU"
  return $seconds
}

proc count {n what} { return "[number $n] $what[expr {$n == 1 ? {} : {s}}]" }
proc number {n} {
  while {[regsub {^(\d+)(\d{3})} $n {\1,\2} n]} {}
  return $n
}

# The curl program: its own measurement of one request. The key is in a file, not among the arguments.
proc curl {path {to /dev/null} args} {
  set file $::dir/curl.conf
  if {![file exists $file]} {
    set f [open $file w 0600]
    puts $f "header = \"apikey: $::env(WOWSQL_API_KEY)\""
    close $f
  }
  exec curl -sS --fail -K $file -o $to -w %{time_total} {*}$args $::base_of($::place)$path
}

# ---------------------------------------------------------------- rounds and results

proc median {list} {
  set list [lsort -real $list]
  set n [llength $list]
  expr {($n % 2) ? [lindex $list [expr {$n / 2}]]
    : ([lindex $list [expr {$n / 2 - 1}]] + [lindex $list [expr {$n / 2}]]) / 2.0}
}

proc rounds {name} { expr {max(1, round($::all_rounds * $::rounds_of($name)))} }

# Runs the sides, "label script ...", in turns. Returns a dictionary from label to {times {...}
# failure ... note ...}; a side that has failed is not run again.
proc turns {name sides} {
  set result [dict create]
  foreach {label script} $sides { dict set result $label {times {} failure {} note {}} }
  set rounds [rounds $name]
  for {set round 0} {$round < $rounds} {incr round} {
    set order $sides
    if {$round % 2} {
      set order {}
      foreach {script label} [lreverse $sides] { lappend order $label $script }
    }
    foreach {label script} $order {
      if {[dict get $result $label failure] ne {}} continue
      set ::note {}
      if {[catch {uplevel #0 $script} seconds]} {
        dict set result $label failure $seconds
        say "$name: $label: $seconds"
        continue
      }
      set times [dict get $result $label times]
      dict set result $label times [lappend times $seconds]
      dict set result $label note $::note
    }
  }
  return $result
}

proc say {text} {
  puts $text
  flush stdout
}

# Adds a line to the table: what was compared with what, from two sides of a result. `target` is the
# largest acceptable ratio; empty: none was set. What was measured is in seconds, or in this unit.
set results {}
proc report {name what against result ours theirs {target {}} {note {}} {unit s}} {
  set a [dict get $result $ours]
  set b [dict get $result $theirs]
  if {$note eq {}} { set note [dict get $a note] }
  set row [dict create name $name what $what against $against target $target note $note unit $unit \
    ours {} theirs {} ratio {} low {} high {} failure [dict get $a failure]]
  if {[dict get $b times] ne {}} { dict set row theirs [median [dict get $b times]] }
  if {[dict get $a failure] ne {}} {
    if {[dict get $a failure] eq "timeout"} { dict set row ours $::timeout_s }
  } elseif {[dict get $b failure] ne {}} {
    dict set row failure "[dict get $b failure] ($against)"
  } else {
    dict set row ours [median [dict get $a times]]
    set ratios {}
    foreach x [dict get $a times] y [dict get $b times] { lappend ratios [expr {$x / $y}] }
    set ratios [lsort -real $ratios]
    dict set row low [lindex $ratios 0]
    dict set row high [lindex $ratios end]
  }
  if {[dict get $row ours] ne {} && [dict get $row theirs] ne {}} {
    dict set row ratio [expr {[dict get $row ours] / double([dict get $row theirs])}]
  }
  lappend ::results $row
  lassign [cells $row] - - - mine other ratio goal
  say "$name: $what: $mine; $against: $other; ratio $ratio$goal"
}

proc span {seconds} {
  if {$seconds eq {}} { return "" }
  if {$seconds < 0.001} { return "[format %.0f [expr {$seconds * 1e6}]] µs" }
  if {$seconds < 1} { return "[format %.3g [expr {$seconds * 1e3}]] ms" }
  return "[format %.2f $seconds] s"
}

proc quantity {value unit} {
  if {$unit eq "s"} { return [span $value] }
  if {$value eq {}} { return {} }
  return "[format %g [expr {round($value * 10) / 10.0}]] $unit"
}

# A row as text: name, what, against, our time, theirs, ratio, target, note.
proc cells {row} {
  dict with row {
    set mine [quantity $ours $unit]
    set text {}
    if {$failure eq "timeout"} {
      set mine timeout
      if {$ratio ne {}} { set text "> [format %.3g $ratio]" }
    } elseif {$failure ne {}} {
      set mine failed
      set note $failure
    } elseif {$ratio ne {}} {
      set text "[format %.2f $ratio] ([format %.2f $low] to [format %.2f $high])"
    }
    set goal {}
    if {$target ne {}} {
      set goal ", target [format %.2f $target]: [expr {$ratio ne {} && $failure eq {} && $ratio <= $target ? {met} : {missed}}]"
    }
    return [list $name $what $against $mine [quantity $theirs $unit] $text $goal $note]
  }
}

# ---------------------------------------------------------------- the benchmarks

set six id,grp,amount,name,made_at,active
set lengths "SELECT sum(length(id)) + sum(length(grp)) + sum(length(amount)) + sum(length(name))
  + sum(length(made_at)) + sum(length(active)) FROM"

proc bench_scan {} {
  set result [turns scan [list \
    narrow {curl /bench_rows?select=name,id} \
    sum {sql {SELECT sum(length(name)) FROM bench_rows} 20000000} \
    curl {curl /bench_rows?select=$six} \
    fetch {sql "$lengths bench_rows"} \
    compressed {curl /bench_rows?select=$six /dev/null --compressed} \
    create {create_table_as}]]
  report scan {SELECT sum(length(name))} {curl, the same two columns} $result sum narrow 1.10
  report scan {SELECT of all six columns} {curl, the same rows} $result fetch curl 1.10
  report scan {CREATE TABLE AS SELECT *} {curl, the same rows} $result create curl 1.10
  report scan {CREATE TABLE AS SELECT *} {curl --compressed, the same rows} $result create compressed
}

# Copies into memory. All rows must have arrived.
proc create_table_as {} {
  set seconds [sql {CREATE TABLE copy AS SELECT * FROM bench_rows}]
  set note $::note
  set n [ask sql {value SELECT count(*) FROM copy}]
  ask sql {exec DROP TABLE copy}
  set ::note $note
  if {$n != 1000000} { error "the copy has $n rows" }
  return $seconds
}

proc remote {sql} { exec psql -X -q -A -t -c $sql }

proc rows_file {} {
  set file $::dir/rows.json
  if {![file exists $file]} {
    curl /bench_rows?select=grp,amount,name,made_at,active,id $file
  }
  return $file
}

proc bench_decode {} {
  set file [rows_file]
  set bytes [file size $file]
  set ::freeing {}
  set ::again {}
  set result [turns decode [list ours [list decode_ours $file] cjson [list decode_cjson $file]]]
  set mb [expr {$bytes / 1e6}]
  set speed "[format %.0f [expr {$mb / [median [dict get $result ours times]]}]] MB/s"
  dict set result again [list times $::again failure {} note {}]
  dict set result nominal [list times [lmap t $::again {expr {$mb / 500}}] failure {} note {}]
  set what "decoder, [format %.0f $mb] MB in 64 KB pieces"
  report decode $what {500 MB/s} $result ours nominal 1.00 $speed
  report decode $what {cJSON_Parse} $result ours cjson 0.10 \
    "[factor $result ours cjson]; freeing the tree is not counted: [span [median $::freeing]]"
  report decode $what {cJSON_Parse again, memory at hand} $result ours again 0.10 [factor $result ours again]
}

proc decode_ours {file} { lindex [exec build/bench/decode ours $file] 0 }

proc decode_cjson {file} {
  lassign [exec build/bench/decode cjson $file] seconds again freeing
  lappend ::again $again
  lappend ::freeing $freeing
  return $seconds
}

proc factor {result ours theirs} {
  if {[dict get $result $ours times] eq {} || [dict get $result $theirs times] eq {}} return
  set a [median [dict get $result $ours times]]
  set b [median [dict get $result $theirs times]]
  return "[format %.1f [expr {$b / $a}]] times as fast"
}

proc bench_count {} {
  set n [remote {SELECT count(*) FROM bench_rows WHERE grp < 7}]
  set result [turns count [list \
    bare {lindex [ask client {get 1 /bench_rows?select=id&grp=lt.7&limit=0}] 0} \
    ours [list sql {SELECT count(*) FROM bench_rows WHERE grp < 7} $n]]]
  report count {SELECT count(*) ... WHERE grp < 7} {the bare count request} $result ours bare 1.20
}

proc bench_lookup {} {
  set result [turns lookup {
    bare {lindex [ask client {keys 2000 1000000 /bench_rows?select=name,id&id=eq.{}}] 0}
    ours {ask sql {keys 2000 1000000 SELECT name FROM bench_rows WHERE id = ?1}}
  }]
  set each [expr {[median [dict get $result bare times]] / 2000}]
  report lookup {SELECT ... WHERE id = ?, 2,000 times} {2,000 bare requests} $result ours bare 1.20 \
    "[span $each] for a bare request"
}

proc bench_order {} {
  set result [turns order {
    bare {lindex [ask client {get 1 /bench_rows?select=name,amount,id&order=amount.desc,id.asc&limit=10}] 0}
    ours {sql {SELECT name, amount FROM bench_rows ORDER BY amount DESC LIMIT 10}}
  }]
  report order {SELECT ... ORDER BY amount DESC LIMIT 10} {the bare request} $result ours bare
}

proc bench_first {} {
  set result [turns first {
    bare {lindex [ask client "get 200 /bench_rows?select=$six&limit=1"] 0}
    ours {ask sql {first 200 SELECT * FROM bench_rows}}
  }]
  report first {SELECT *, to the first row} {a bare request for one row} $result ours bare 2.00 \
    "mean of 200"
}

# The same with no work left to the server: all rows are read.
proc from_rows {sql {expected {}}} {
  ask sql "exec SELECT wowsql_config('ship', 0)"
  set failed [catch {sql $sql $expected} seconds]
  ask sql "exec SELECT wowsql_config('ship', 1)"
  if {$failed} { error $seconds }
  return $seconds
}

proc bench_group {} {
  set sum [remote {SELECT sum(grp) FROM bench_rows}]
  set counts {SELECT grp, count(*) FROM bench_rows GROUP BY grp}
  set result [turns group [list \
    bare {lindex [ask client {get 1 /bench_rows?select=grp,count()}] 0} \
    ours [list sql $counts] \
    bracket {sql {SELECT grp, [count(*)] FROM bench_rows GROUP BY grp}} \
    rows [list from_rows $counts] \
    bare_sum {lindex [ask client {get 1 /bench_rows?select=grp,amount.sum()}] 0} \
    sum {sql {SELECT grp, [sum(amount)] FROM bench_rows GROUP BY grp}} \
    rows_sum {from_rows {SELECT grp, sum(amount) FROM bench_rows GROUP BY grp}} \
    few [list sql {SELECT sum(grp) FROM bench_rows} $sum] \
    rows_few [list from_rows {SELECT sum(grp) FROM bench_rows} $sum]]]
  report group {SELECT grp, count(*) ... GROUP BY grp} {the bare aggregate request} $result ours bare 1.30
  report group {SELECT grp, count(*) ... GROUP BY grp} {reading all rows} $result ours rows
  report group {SELECT grp, [count(*)] ... GROUP BY grp} {the bare aggregate request} $result bracket bare 1.30
  report group {SELECT grp, [count(*)] ... GROUP BY grp} {reading all rows} $result bracket rows
  report group {SELECT grp, [sum(amount)] ... GROUP BY grp} {the bare aggregate request} $result sum bare_sum 1.30
  report group {SELECT grp, [sum(amount)] ... GROUP BY grp} {reading all rows} $result sum rows_sum
  report group {SELECT sum(grp), of 20 values} {reading all rows} $result few rows_few
}

proc bench_many {} {
  set sum {SELECT sum(length(name)) FROM bench_rows}
  set groups {SELECT count(*) FROM (SELECT name, count(*) FROM bench_rows GROUP BY name)}
  set result [turns many [list \
    sum [list sql $sum 20000000] \
    rows_sum [list from_rows $sum 20000000] \
    groups [list sql $groups 1000000] \
    rows_groups [list from_rows $groups 1000000]]]
  report many {SELECT sum(length(name)), all different} {without looking for groups} $result sum rows_sum 1.05
  report many {SELECT name, count(*) ... GROUP BY name} {reading all rows} $result groups rows_groups
}

# ---- writes: into a table like bench_rows, which is empty or has its first rows before each

proc bench_write {} {
  remote {CREATE TABLE bench_write (LIKE bench_rows INCLUDING ALL)}
  wait_for /bench_write?limit=0
  ask sql "exec SELECT wowsql_refresh(); CREATE TABLE local_rows AS SELECT * FROM bench_rows WHERE id <= 100000; CREATE VIRTUAL TABLE temp.bench_write USING wowsql"
  set file $::dir/write.json
  curl /bench_rows?select=$::six&id=lte.100000 $file
  set result [turns write [list \
    insert {write_from {} 100000 {sql {INSERT INTO bench_write SELECT * FROM local_rows}}} \
    curl [list write_from {} 100000 [list curl /bench_write?columns=$::six /dev/null -H {Content-Type: application/json} --data-binary @$file]] \
    some {write_from {} 2000 {sql {INSERT INTO bench_write SELECT * FROM local_rows WHERE id <= 2000}}} \
    each {write_from {} 2000 {each_row 2000 POST /bench_write {{"id":{},"grp":1,"amount":1.5,"name":"customer","made_at":"2024-01-01T00:00:00Z","active":true}}}} \
    update {write_from 10000 10000 {sql {UPDATE bench_write SET grp = 7}}} \
    update_each {write_from 2000 2000 {each_row 2000 PATCH /bench_write?id=eq.{} {{"grp":7}}}} \
    delete {write_from 10000 0 {sql {DELETE FROM bench_write}}} \
    delete_each {write_from 2000 0 {each_row 2000 DELETE /bench_write?id=eq.{} -}}]]
  dict set result updates [requests_of $result update]
  dict set result deletes [requests_of $result delete]
  dict set result limit {times {40.0} failure {} note {}}
  dict set result five_updates [five_times $result update_each]
  dict set result five_deletes [five_times $result delete_each]
  report write {INSERT ... SELECT of 100,000 local rows} {curl, a POST of the same rows with columns=} $result insert curl 1.20
  report write {INSERT ... SELECT of 2,000 local rows} {a request for each row} $result some each
  report write {UPDATE of 10,000 rows} {a request for each row (5 times 2,000)} $result update five_updates
  report write {UPDATE of 10,000 rows to one value, requests} {40 requests} $result updates limit 1.00 {} requests
  report write {DELETE of 10,000 rows} {a request for each row (5 times 2,000)} $result delete five_deletes
  report write {DELETE of 10,000 rows, requests} {40 requests} $result deletes limit 1.00 {} requests
  memory_of_writes
}

# Empties the table, or leaves this many rows in it; after the script it must have `expected` rows.
proc write_from {rows expected script} {
  remote {TRUNCATE bench_write}
  if {$rows ne {}} { remote "INSERT INTO bench_write SELECT * FROM bench_rows WHERE id <= $rows" }
  set seconds [uplevel #0 $script]
  set n [remote {SELECT count(*) FROM bench_write}]
  if {$n != $expected} { error "there are $n rows, expected $expected" }
  return $seconds
}

proc each_row {n method path body} { lindex [ask client "each $n $method $path $body"] 0 }

# A side of a comparison: the number of requests that its statement took, from its note.
proc requests_of {result side} {
  dict with result $side {
    regexp {^([\d,]+) request} $note -> requests
    return [list times [list [string map {, {}} $requests]] failure $failure note $note]
  }
}

proc five_times {result side} {
  set times [lmap time [dict get $result $side times] { expr {$time * 5} }]
  dict replace [dict get $result $side] times $times
}

# In a process of its own, so that nothing else has used memory.
proc memory_of_writes {} {
  remote {TRUNCATE bench_write}
  close [dict get $::channels nearsql]
  dict unset ::channels nearsql
  ask sql "exec CREATE VIRTUAL TABLE temp.bench_write USING wowsql; SELECT count(*) FROM bench_write"
  set before [ask sql {memory in KB}]
  set seconds [sql {INSERT INTO bench_write WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c WHERE i < 1000000)
    SELECT i, i % 20, i / 100.0, 'customer ' || (i % 1000003 + 10000000), '2020-01-01T00:00:00+00:00', i % 2 FROM c}]
  set note "[span $seconds] in all; $::note"
  set after [ask sql {memory in KB}]
  if {[remote {SELECT count(*) FROM bench_write}] != 1000000} { error "rows are missing" }
  remote {DROP TABLE bench_write}
  set result [list ours [list times [expr {($after - $before) / 1024.0}] failure {} note $note] limit {times 32.0 failure {} note {}}]
  report write {INSERT of 1,000,000 rows, growth of memory} {32 MB} $result ours limit 1.00 $note MB
}

# Waits until PostgREST knows a table.
proc wait_for {path} {
  for {set i 0} {$i < 200} {incr i} {
    if {![catch {ask client "get 1 $path"}]} return
    after 50
  }
}

proc bench_files {} {
  set file $::dir/100mb
  if {![file exists $file]} { exec head -c 100000000 /dev/urandom > $file }
  set ::storage [string map {/rest/v1 /storage/v1} $::base_of(near)]
  catch {ask sql {value SELECT wowsql_create_bucket('bench')}}
  set result [turns files [list \
    curl_up [list curl_file /object/bench/curl -o /dev/null -F file=@$file] \
    up [list sql "SELECT wowsql_upload_file('bench', 'ours', '$file') ->> 'size'" 100000000] \
    curl_down [list curl_file /object/bench/curl -o $file.curl] \
    down [list sql "SELECT wowsql_download_file('bench', 'ours', '$file.ours')" 100000000]]]
  exec cmp $file $file.ours
  report files {wowsql_upload_file, 100 MB} {curl -F file=@...} $result up curl_up 1.10
  report files {wowsql_download_file, 100 MB} {curl -o ...} $result down curl_down 1.10
}

proc curl_file {path args} {
  curl /bench_rows?limit=0
  exec curl -sS --fail -K $::dir/curl.conf -w %{time_total} {*}$args $::storage$path
}

proc bench_instead {} {
  set result [turns instead {
    python {instead_python}
    json_each {instead_json_each}
    create {create_table_as}
  }]
  report instead {CREATE TABLE AS SELECT *} {Python: http.client, json, executemany} $result create python {} \
    [factor $result create python]
  report instead {CREATE TABLE AS SELECT *} {curl to a file, json_each(readfile())} $result create json_each {} \
    [factor $result create json_each]
}

proc instead_python {} {
  lassign [exec python3 bench/instead.py $::base_of(near)/bench_rows?select=$::six] seconds rows
  if {$rows != 1000000} { error "the copy has $rows rows" }
  return $seconds
}

# Starting the two programs, some milliseconds, is included.
proc instead_json_each {} {
  set file $::dir/instead.json
  set begun [clock microseconds]
  curl /bench_rows?select=$::six $file
  set rows [exec sqlite3 -init /dev/null :memory: "
    CREATE TABLE copy(id INTEGER PRIMARY KEY, grp INTEGER, amount NUMERIC, name TEXT, made_at TEXT, active BOOLEAN);
    INSERT INTO copy SELECT value ->> 'id', value ->> 'grp', value ->> 'amount', value ->> 'name',
      value ->> 'made_at', value ->> 'active' FROM json_each(CAST(readfile('$file') AS TEXT));
    SELECT count(*) FROM copy;"]
  set seconds [expr {([clock microseconds] - $begun) / 1e6}]
  file delete $file
  if {$rows != 1000000} { error "the copy has $rows rows" }
  return $seconds
}

# ---------------------------------------------------------------- the machine

proc first_match {pattern text} {
  if {[regexp -line $pattern $text -> found]} { return [string trim $found] }
  return unknown
}

proc run {args} {
  if {[catch {exec {*}$args 2>@1} output]} { return {} }
  return $output
}

proc file_text {path} {
  if {[catch {open $path} f]} { return {} }
  set text [read $f]
  close $f
  return $text
}

proc machine {} {
  set cpu [first_match {^model name\s*:\s*(.*)$} [file_text /proc/cpuinfo]]
  if {$cpu eq "unknown"} { set cpu "$::tcl_platform(machine)" }
  set kb [first_match {^MemTotal:\s*(\d+)} [file_text /proc/meminfo]]
  set memory [expr {[string is integer -strict $kb] ? "[expr {round($kb / 1048576.0)}] GB" : {unknown}}]
  set os [string trim [first_match {^PRETTY_NAME=(.*)$} [file_text /etc/os-release]] \"]
  set postgrest [run stack/node_modules/postgrest-12/postgrest --version]
  list \
    CPU "$cpu, [run getconf _NPROCESSORS_ONLN] cores" \
    Memory $memory \
    System "$os, $::tcl_platform(os) $::tcl_platform(osVersion)" \
    wowsql [ask sql {value SELECT wowsql_version()}] \
    SQLite [ask sql {value SELECT sqlite_version()}] \
    curl [first_match {^curl (\S+)} [run curl --version]] \
    PostgREST [first_match {(\d[\d.]+)} $postgrest] \
    PostgreSQL [remote {SHOW server_version}] \
    Python [first_match {^Python (\S+)} [run python3 --version]] \
    Date [clock format [clock seconds] -format %Y-%m-%d -gmt 1]
}

# ---------------------------------------------------------------- the report

proc print_table {} {
  set table [list {benchmark wowsql {compared with} time {its time} ratio target note}]
  foreach row $::results {
    lassign [cells $row] name what against mine other ratio goal note
    lappend table [list $name $what $against $mine $other $ratio [string range $goal 2 end] $note]
  }
  set widths {0 0 0 0 0 0 0 0}
  foreach line $table {
    set widths [lmap cell $line width $widths {expr {max([string length $cell], $width)}}]
  }
  puts {}
  foreach line $table {
    puts [string trimright [join [lmap cell $line width $widths {format "%-*s" $width $cell}] "  "]]
  }
}

proc write_markdown {path machine} {
  set f [open $path w]
  fconfigure $f -encoding utf-8
  puts $f "# Benchmarks

Measured by `make bench`; `bench/run NAME...` repeats a part of it. Server and client share the machine,
so every figure includes the server's work.

| | |
|---|---|"
  foreach {name value} $machine { puts $f "| $name | $value |" }
  puts $f "
!\[Ratios of the times, with their targets](results.svg)

The ratio is wowsql's time divided by the time of what it is compared with, each the median of all
rounds; the smallest and the largest ratio of a round are in brackets. Below 1, wowsql is faster.

| benchmark | wowsql | compared with | time | its time | ratio | target | |
|---|---|---|--:|--:|--:|---|---|"
  foreach row $::results {
    lassign [cells $row] name what against mine other ratio goal note
    puts $f "| $name | [code $what] | $against | $mine | $other | $ratio | [regsub {^, target } $goal {}] | $note |"
  }
  puts $f "
## What is measured

\[rows.sql](rows.sql) makes the rows: 1,000,000, each a bigint key, an integer, a numeric, a text of
20 bytes, a timestamptz and a boolean; 127 MB as JSON. The two sides of a comparison take turns,
$::all_rounds rounds in all (three fifths of that for many, joins, distance, write, files and instead).

- wowsql's time is from sqlite3_prepare_v2 to the last row, in a process that has already loaded the
  extension and created the virtual table (\[sql.c](sql.c)). Results are stepped through, not printed.
  Copies are made in memory.
- curl's time is its own `time_total` for one request, written to /dev/null. Neither curl nor
  wowsql asks a server on the same machine to compress; one line compares with `curl --compressed`.
- Bare requests are made on one kept-alive connection by a program that is already running
  (\[client.c](client.c)), with the same columns and filters as wowsql's, also uncompressed.
- Reading all rows is the same statement after `SELECT wowsql_config('ship', 0)`.
- The decoder reads the JSON from memory (\[decode.c](decode.c)); cJSON_Parse gets the same bytes at once
  in a process of its own, twice: the second time the memory for the tree has already been obtained from
  the system. Freeing the tree is not counted. These are CPU times.
- Joins are over 1,000,000 users and 200,000 orders (\[distance.sql](distance.sql)), with local tables of keys that are
  in no order; each bare request carries as many keys as fit into 7,000 bytes. By hand means somebody who knows the
  server: batches of keys, one embedded request, one grouped request, or all orders at once. What wowsql returns must be
  what the server computes. \"At most\" is how many requests a statement may take, or rows it may receive.
- distance is the same through \[delay.c](../tests/delay.c), a proxy that plays a line: 40 ms for a round trip, 100 Mbit/s
  each way, shared by all connections, a round trip for a handshake; no losses, no slow start. Nothing is compressed.
- A statement is abandoned after $::timeout_s seconds.
- Writes go into an empty table like that of the rows, or into one with its first 2,000 or 10,000 rows;
  they count from the beginning of the statement to the end of its COMMIT. curl sends the same rows as one
  array of JSON, from a file. A request for each row is what the vendor's SDK offers: bare requests on one
  kept-alive connection. Memory is the growth of the largest resident size of a fresh process.
- Files go through nginx and the storage service's SQL functions, which take most of the time; curl uploads
  a form, as wowsql does.
- Python's time is from connecting to the commit (\[instead.py](instead.py)); that of curl with json_each
  includes starting both programs."
  close $f
}

proc code {text} {
  if {[regexp {^(SELECT|CREATE)[^,]*} $text sql]} {
    # SQL in code font, but not a remark that follows it.
    if {[regexp {^(.*?)(, (?:to|2,000|of 20|all different).*| of all .*)$} $text -> sql remark]} {
      return "`$sql`$remark"
    }
    return "`$text`"
  }
  return $text
}

# Bars start at 1 and go to the left where wowsql is faster, to the right where it is slower.
proc write_picture {path} {
  if {[auto_execok gnuplot] eq {}} {
    catch {exec id -u} uid
    if {$uid eq "0"} {
      say "installing gnuplot"
      catch {
        exec apt-get update -qq 2>@1
        exec env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gnuplot-nox 2>@1
      }
      auto_reset ;# look again for programs that were missing before
    }
  }
  if {[auto_execok gnuplot] eq {}} {
    say "bench: no picture, because gnuplot is missing (apt-get install gnuplot-nox)"
    return
  }
  set data {}
  set tics {}
  set left 0.1
  set right 4
  set n [llength $::results]
  set y $n
  foreach row $::results {
    incr y -1
    dict with row {
      lappend tics "\"[label $what]\\n{/*0.85 against [label $against]}\" $y"
      if {$ratio eq {}} continue
      set colour [expr {$failure ne {} ? 0xc0392b : $target eq {} ? 0x7f8c9a
        : $ratio <= $target ? 0x2e8b57 : 0xc0392b}]
      set text [format %.2f $ratio]
      if {$failure ne {}} { set text "> [format %.3g $ratio]" }
      set goal [expr {$target eq {} ? {-} : $target}]
      # The number goes after the bar, and after the mark of the target.
      set end $ratio
      if {$target ne {} && ($ratio < 1 ? $target < $ratio : $target > $ratio)} { set end $target }
      lappend data "$y $ratio $goal $colour \"$text\" $end"
      set left [expr {min($left, $ratio * 0.6)}]
      set right [expr {max($right, $ratio * 1.6)}]
    }
  }
  set ticks {}
  foreach tick {0.01 0.02 0.05 0.1 0.2 0.5 1 2 5 10 20 50 100 200 500} {
    if {$tick >= $left && $tick <= $right} { lappend ticks "\"$tick\" $tick" }
  }
  set height [expr {130 + 48 * $n}]
  set script "set terminal svg size 900,$height enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13'
set output '$path'
\$rows << END
[join $data \n]
END
set datafile missing '-'
set label 1 \"wowsql's time divided by the time of what it is compared with\" at screen 0.5,0.978 center font ',15'
set logscale x
set xrange \[$left:$right]
set yrange \[-0.7:[expr {$n - 0.3}]]
set xtics ([join $ticks {, }]) nomirror textcolor rgb '#222222'
set ytics ([join $tics {, }]) nomirror scale 0 textcolor rgb '#222222'
set grid xtics lc rgb '#dddddd'
set border 1 lc rgb '#888888'
set lmargin 38
set rmargin 4
set tmargin 3.5
set bmargin 6
set xlabel \"faster  ←  1  →  slower\"
set style fill solid noborder
set arrow from 1,-0.7 to 1,[expr {$n - 0.3}] nohead lc rgb '#555555' lw 1.5 front
set key at screen 0.99,0.012 bottom right horizontal samplen 1.5 maxrows 1
set boxdepth 1
plot \$rows using 2:1:(\$2<1?\$2:1):(\$2<1?1:\$2):(\$1-0.32):(\$1+0.32):4 with boxxyerror lc rgb variable notitle, \\
  \$rows using 3:(\$1-0.42):(0):(0.84) with vectors nohead lw 3 lc rgb '#111111' notitle, \\
  \$rows using (\$2<1?NaN:\$6):1:(stringcolumn(5)) with labels left offset 0.6,0 notitle, \\
  \$rows using (\$2<1?\$6:NaN):1:(stringcolumn(5)) with labels right offset -0.6,0 notitle, \\
  NaN with boxes lc rgb '#2e8b57' title 'target met', \\
  NaN with boxes lc rgb '#c0392b' title 'missed', \\
  NaN with boxes lc rgb '#7f8c9a' title 'no target', \\
  NaN with lines lw 3 lc rgb '#111111' title 'target'
"
  if {[catch {exec gnuplot - << $script 2>@1} message]} { say "bench: gnuplot: $message" }
}

# Escapes text for gnuplot's enhanced mode.
proc label {text} {
  string map {_ {\\_} ^ {\\^} @ {\\@} & {\\&} \" {\\"} \{ {\\\{} \} {\\\}}} $text
}

# ---------------------------------------------------------------- main

source bench/distance.tcl

wait_for /bench_rows?select=id&limit=1
ask sql "exec SELECT 1"
set begun [clock seconds]
foreach name $names {
  if {$wanted ne {} && $name ni $wanted} continue
  if {[catch bench_$name message]} { say "$name: failed: $message" }
}
print_table
if {$wanted eq {}} {
  write_markdown bench/results.md [machine]
  write_picture bench/results.svg
  say "\nWrote bench/results.md and bench/results.svg after [expr {[clock seconds] - $begun}] s."
}
