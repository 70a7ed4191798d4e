# A small HTTP server that misbehaves on demand. Sourced, this file defines the commands that start and
# script it; run as a program, it is the server, a separate process controlled through its standard input
# and output. It ends with the test, however that ends.
#
#   hostile::start                 starts it on two free loopback ports; at_end stops it. Then
#                                  $hostile::host is the address of the first, as host:port
#   hostile::answer script...      how to answer the next requests: one script for each, in order;
#                                  further requests are answered with 500
#   hostile::always script         how to answer all requests
#   hostile::requests              the requests since then: dicts of port (1 or 2), method,
#                                  target, headers, body
#
# A script runs in the server, for one request, which is in $request; $here and $other are the two
# addresses, as host:port. It has these commands:
#
#   reply ?option value?... ?body? sends a response; by default 200 and application/json
#       -status 503                the status
#       -header "Name: value"      one more header, or a Content-Type; any number of times
#       -length 100                a false Content-Length; none: no such header
#       -send 10                   how much of the body is sent before the connection is closed
#       -pause 20                  how many milliseconds later it is closed
#       -chunk 7                   the body is sent in chunks of this many bytes
#       -close 1                   closes the connection after the response
#   table n ?option value?...      answers like PostgREST from a table of the ids 1..n; options of
#                                  reply, and -max_rows, where its answers are cut, and -range, the
#                                  header that it sends instead of Content-Range where there are rows
#                                  ({}: none; ROWS in it is what they are, "0-2")
#   rows from to                   the JSON of such rows
#   param name default             a parameter of the request
#   send bytes, pause ms           for what reply cannot do
#   spoil script good              runs the script instead of sending what the script `good` replies,
#                                  which is in $status, $headers (a list; $bare is without the length), $body and $whole
#   like ?option value?... ?body?  in such a script: a reply with that status and those headers
#   flood text ?times?             sends a text so often, without end if that is not said, as the
#                                  client reads it
#   tunnel address ?header...?     is a proxy: answers CONNECT, with these headers, and passes on what
#                                  comes between the client and this address
#   hang                           says nothing until the client gives up
#   die                            closes the connection
#
# The script `abort` alone resets the connection before the request is read.
# Bodies are bytes; texts beyond ASCII go through `encoding convertto utf-8`.

# ---------------------------------------------------------------- the tests' side

namespace eval hostile {
  variable program [file normalize [info script]]
  variable server {}
}

proc hostile::start {} {
  variable program
  variable server [open [list |[info nameofexecutable] $program serve 2>@stderr] r+]
  variable host
  fconfigure $server -encoding utf-8 -translation lf -buffering line
  set host [lindex [receive] 0]
  at_end hostile::stop
}

proc hostile::stop {} {
  variable server
  if {$server eq {}} return
  catch {exec kill [pid $server]}
  catch {close $server}
  set server {}
}

proc hostile::receive {} {
  variable server
  set text {}
  while {[gets $server line] >= 0} {
    append text $line
    if {[info complete $text]} { return [lindex $text 0] }
    append text \n
  }
  error "the hostile server has ended"
}

proc hostile::tell {args} {
  variable server
  puts $server $args
  receive
}

proc hostile::answer {args} { tell answer {*}$args }
proc hostile::always {script} { tell always $script }
proc hostile::requests {} { tell requests }

# A port of this machine on which nothing listens.
proc hostile::closed_port {} {
  set socket [socket -server list -myaddr 127.0.0.1 0]
  set port [lindex [fconfigure $socket -sockname] 2]
  close $socket
  return $port
}

if {![info exists ::argv0] || [file normalize $::argv0] ne $hostile::program} return

# ---------------------------------------------------------------- the server's side

namespace eval server {
  variable scripts {}  ;# for the next requests
  variable always {}   ;# for any request; {}: scripts has them
  variable requests {} ;# those received
  variable command {}  ;# the part of the test's command read so far
}

proc server::control {} {
  variable scripts
  variable always
  variable requests
  variable command
  if {[gets stdin line] < 0} {
    if {[eof stdin]} exit
    return
  }
  append command $line
  if {![info complete $command]} {
    append command \n
    return
  }
  set arguments [lassign $command name]
  set command {}
  set result {}
  switch -- $name {
    answer { set scripts $arguments; set always {}; set requests {} }
    always { set scripts {}; set always [lindex $arguments 0]; set requests {} }
    requests { set result $requests }
    reset { set ::nth 0 }
  }
  puts [list $result]
  flush stdout
}

proc server::next_script {} {
  variable scripts
  variable always
  if {$always ne {}} { return $always }
  set scripts [lassign $scripts script]
  if {$script eq {}} { return {reply -status 500 "the test expects no such request"} }
  return $script
}

# ---- connections: a coroutine for each, in which #1 is the frame of converse

proc server::accept {port channel host peer} {
  fconfigure $channel -blocking 0 -translation binary -buffersize 65536
  coroutine conversation_$channel converse $port $channel
}

proc server::wait_readable {channel} {
  fileevent $channel readable [info coroutine]
  yield
  fileevent $channel readable {}
}

proc server::read_line {channel} {
  while {1} {
    if {[catch {gets $channel line} length]} die
    if {$length >= 0} break
    if {[eof $channel]} die
    wait_readable $channel
  }
  string trimright $line \r
}

proc server::read_request {port channel} {
  lassign [read_line $channel] method target
  set headers {}
  set body {}
  while {[set line [read_line $channel]] ne {}} {
    if {![regexp {^([^:]+):\s*(.*)$} $line -> name value]} die
    dict set headers [string tolower $name] $value
  }
  set length 0
  if {[dict exists $headers content-length]} { set length [dict get $headers content-length] }
  while {[string length $body] < $length} {
    append body [read $channel [expr {$length - [string length $body]}]]
    if {[eof $channel]} die
    if {[string length $body] < $length} { wait_readable $channel }
  }
  dict create port $port method $method target $target headers $headers body $body
}

proc server::converse {port channel} {
  variable scripts
  variable requests
  try {
    while 1 {
      wait_readable $channel
      if {[lindex $scripts 0] eq "abort"} {
        next_script
        lappend requests [dict create port $port method ABORT target {} headers {} body {}]
        die
      }
      set request [read_request $port $channel]
      lappend requests $request
      run [next_script]
    }
  } trap CLOSED {} {
  } on error {message options} {
    puts stderr [dict get $options -errorinfo]
  } finally {
    close $channel
  }
}

# ---- the commands of scripts

proc server::run {script} {
  variable here
  variable other
  upvar #1 request request
  eval $script
}

proc server::send {bytes} {
  upvar #1 channel channel
  if {[catch {puts -nonewline $channel $bytes; flush $channel}]} die
}

proc server::pause {ms} {
  after $ms [info coroutine]
  yield
}

proc server::die {} { throw CLOSED "the connection ends here" }

proc server::flood {text {times -1}} {
  upvar #1 channel channel
  while {$times != 0} {
    send $text
    incr times -1
    if {[chan pending output $channel] > 1000000} {
      fileevent $channel writable [info coroutine]
      yield
      fileevent $channel writable {}
    }
  }
}

# The reply of a script that runs now is kept for spoil.
proc server::spoil {script good} {
  upvar #1 request request
  variable here
  variable other
  variable spoiled {}
  upvar #1 spoiling spoiling
  set spoiling 1
  eval $good
  set spoiling 0
  lassign $spoiled status headers body
  set bare [lsearch -all -inline -not $headers Content-Length:*]
  set whole "[head $status $headers]$body"
  eval $script
}

# Replies like the good one, but for the options that are given.
proc server::like {args} {
  upvar 1 status status bare bare
  set options {}
  foreach header $bare { lappend options -header $header }
  reply -status $status {*}$options {*}$args
}

proc server::head {status headers} { return "HTTP/1.1 $status So\r\n[join $headers \r\n]\r\n\r\n" }

proc server::hang {} {
  upvar #1 channel channel
  while {![eof $channel]} {
    wait_readable $channel
    if {[catch {read $channel}]} die
  }
  die
}

proc server::tunnel {address args} {
  upvar #1 channel channel
  set far [socket {*}[split $address :]]
  fconfigure $far -blocking 0 -translation binary
  send "HTTP/1.1 200 Connection established\r\n[join [list {*}$args {}] \r\n]\r\n"
  fileevent $channel readable [list server::pass $channel $far [info coroutine]]
  fileevent $far readable [list server::pass $far $channel [info coroutine]]
  yield
  close $far
  die
}

proc server::pass {from to done} {
  if {[catch {puts -nonewline $to [read $from]; flush $to}] || [eof $from]} {
    fileevent $from readable {}
    fileevent $to readable {}
    after idle $done
  }
}

proc server::chunks {body bytes} {
  set text {}
  for {set i 0} {$i < [string length $body]} {incr i $bytes} {
    set part [string range $body $i [expr {$i + $bytes - 1}]]
    append text [format %x [string length $part]] \r\n $part \r\n
  }
  return $text
}

proc server::reply {args} {
  set body {}
  if {[llength $args] % 2} {
    set body [lindex $args end]
    set args [lrange $args 0 end-1]
  }
  set headers {}
  array set option {-status 200 -length {} -send {} -pause 20 -chunk 0 -close 0}
  foreach {name value} $args {
    if {$name eq "-header"} { lappend headers $value } else { set option($name) $value }
  }
  if {$option(-length) eq {}} { set option(-length) [string length $body] }
  if {$option(-send) ne {}} {
    set body [string range $body 0 [expr {$option(-send) - 1}]]
    set option(-close) 1
  }
  if {![regexp -nocase {content-type:} $headers]} { lappend headers "Content-Type: application/json" }
  if {$option(-chunk)} {
    lappend headers "Transfer-Encoding: chunked"
    set body [chunks $body $option(-chunk)]
    if {$option(-send) eq {}} { append body "0\r\n\r\n" }
  } elseif {$option(-length) eq "none"} {
    set option(-close) 1
  } else {
    lappend headers "Content-Length: $option(-length)"
  }
  upvar #1 spoiling spoiling
  if {[info exists spoiling] && $spoiling} {
    variable spoiled [list $option(-status) $headers $body]
    return
  }
  send "[head $option(-status) $headers]$body"
  if {$option(-send) ne {}} { pause $option(-pause) }
  if {$option(-close)} die
}

# The values of all parameters with this name.
proc server::params {name} {
  upvar #1 request request
  set target [dict get $request target]
  set values {}
  foreach pair [split [string range $target [string first ? $target]+1 end] &] {
    if {[regexp {^([^=]*)=(.*)$} $pair -> key value] && $key eq $name} { lappend values $value }
  }
  return $values
}

proc server::param {name default} { lindex [concat [params $name] [list $default]] 0 }

proc server::row {id} {
  set members {}
  foreach column [split [param select id,v] ,] {
    lappend members [dict get [list id "\"id\":$id" v "\"v\":\"row $id\""] $column]
  }
  return "{[join $members ,]}"
}

proc server::rows {from to} {
  set list {}
  for {set id $from} {$id <= $to} {incr id} { lappend list [row $id] }
  return "\[[join $list ,\n ]\]"
}

# The header that says which rows these are, and of how many if that is asked for.
proc server::range {offset n total} {
  upvar #1 request request
  upvar option option
  set count *
  if {$n > 0 && [info exists option(-range)]} {
    set header [string map [list ROWS "$offset-[expr {$offset + $n - 1}]"] $option(-range)]
    return [expr {$header eq {} ? {} : [list -header $header]}]
  }
  if {[dict exists $request headers prefer]} { set count $total }
  return [list -header "Content-Range: [expr {$n ? "$offset-[expr {$offset + $n - 1}]" : "*"}]/$count"]
}

# Understands what a scan sends: id=gt.N, id=gte.N, id=eq.N and id=in.(N,M), near the end
# or=(id.gte.N,id.is.null) and or=(id.eq.N), limit and offset, and a request for a count. Aggregates
# are switched off.
proc server::table {n args} {
  upvar #1 request request
  array set option {-max_rows 1000000000}
  set reply {}
  if {[string match *count()* [param select {}]]} { return [reply -status 400 {{"code":"PGRST123"}}] }
  foreach {name value} $args {
    if {$name in {-max_rows -range}} { set option($name) $value } else { lappend reply $name $value }
  }
  set from 1
  set to $n
  set list {}
  foreach filter [concat [params id] [regsub -all {\(id\.([a-z]+\.\d+)(,id\.is\.null)?\)} [params or] {\1}]] {
    lassign [split $filter .] operator id
    switch -- $operator {
      in { set list [lsort -integer -unique [split [string trim $id ()] ,]] }
      gt { set from [expr {max($from, $id + 1)}] }
      gte { set from [expr {max($from, $id)}] }
      eq { set from [expr {max($from, $id)}]; set to [expr {min($to, $id)}] }
      default { return [reply -status 500 "table does not know $filter"] }
    }
  }
  if {$list ne {}} {
    set list [lmap id $list { if {$id < $from || $id > $to} continue; set id }]
    set total [llength $list]
    set offset [param offset 0]
    set list [lrange $list $offset [expr {$offset + min([param limit 1000000000], $option(-max_rows)) - 1}]]
    set range [range $offset [llength $list] $total]
    return [reply {*}$reply {*}$range "\[[join [lmap id $list {row $id}] ,]\]"]
  }
  set total [expr {max(0, $to - $from + 1)}]
  set offset [param offset 0]
  set rows [expr {max(0, min($total - $offset, [param limit $total], $option(-max_rows)))}]
  set first [expr {$from + $offset}]
  set range [range $offset $rows $total]
  reply {*}$reply {*}$range [rows $first [expr {$first + $rows - 1}]]
}

# ---- start

fconfigure stdin -blocking 0 -encoding utf-8 -translation lf
fconfigure stdout -encoding utf-8 -translation lf
foreach {number name} {1 here 2 other} {
  set socket [socket -server [list server::accept $number] -myaddr 127.0.0.1 0]
  set server::$name 127.0.0.1:[lindex [fconfigure $socket -sockname] 2]
}
puts [list [list $server::here $server::other]]
flush stdout
fileevent stdin readable server::control
vwait forever
