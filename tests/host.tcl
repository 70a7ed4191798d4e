# Drives host.c: an application that does to its connection what Tcl cannot. Sourced after tester.tcl.
#
#   host::start            compiles it if need be, and starts one with the extension; at_end stops it
#   host::do command...    what it answers to commands, as one list of rows; "died" if it is gone
#   host::stop             ends it. "0", or how it ended

namespace eval host {
  variable channel {}
  variable program [file join $t::root build host]
  variable source [file join [file dirname [info script]] host.c]
}

proc host::start {} {
  variable channel
  variable program
  variable source
  stop
  if {![file exists $program] || [file mtime $program] < [file mtime $source]} {
    file mkdir [file dirname $program]
    exec env -u LD_PRELOAD cc -o $program.[pid] $source -lsqlite3
    file rename -force $program.[pid] $program
  }
  set channel [open [list |$program $t::extension 2>@stderr] r+]
  fconfigure $channel -buffering line -encoding utf-8
  at_end host::stop
}

proc host::do {args} {
  variable channel
  set rows {}
  foreach command $args {
    if {[catch {puts $channel [string map {\n { }} [string trim $command]]}]} { return died }
    while 1 {
      if {[gets $channel line] < 0} { return died }
      if {$line eq "end"} break
      lappend rows $line
    }
  }
  return $rows
}

proc host::stop {} {
  variable channel
  if {$channel eq {}} { return 0 }
  set ended [catch {close $channel} message options]
  set channel {}
  expr {$ended ? [lindex [dict get $options -errorcode] 2] : 0}
}
