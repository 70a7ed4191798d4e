# A distance to a server: delay.c before it.
#
#   delay::start url ms mbit     compiles it if need be, and starts one, where `ms` is the round trip; the
#                                URL's twin at that distance. It ends with this process, or by
#   delay::stop                  all of them

namespace eval delay {
  variable channels {}
  variable here [file dirname [file normalize [info script]]]
}

proc delay::compile {program} {
  variable here
  set source [file join $here delay.c]
  if {[file exists $program] && [file mtime $program] >= [file mtime $source]} return
  file mkdir [file dirname $program]
  exec env -u LD_PRELOAD cc -std=c11 -O2 -D_POSIX_C_SOURCE=200809L -o $program.[pid] $source
  file rename -force $program.[pid] $program
}

proc delay::start {url ms mbit} {
  variable channels
  variable here
  set program [file join $here .. build delay]
  if {![regexp {^(http://127\.0\.0\.1:)(\d+)(.*)$} $url -> before port after]} { error "not on this machine: $url" }
  compile $program
  set channel [open [list |$program $port $ms $mbit 2>@stderr] r+]
  lappend channels $channel
  return $before[gets $channel]$after
}

proc delay::stop {} {
  variable channels
  foreach channel $channels { close $channel }
  set channels {}
}
