# Runs test files with another SQLite than the system's, each in a process of its own; sourced after
# tester.tcl.
#
#   versions::make version        the library, the shell and the extension compiled with its headers, in
#                                 build/sqlite; an error if they cannot be had
#   versions::run version headers file...
#                                 runs test files with that SQLite in Tcl and in the shell, and with the
#                                 extension compiled with the headers of another one ("system": as it is)
#
# Tcl's SQLite package is linked to libsqlite3, so it uses the one that the loader finds first: the tests
# run unchanged.

namespace eval versions {}

proc versions::dir {version} { file join $t::root build sqlite $version }

proc versions::make {version} {
  exec env -u LD_PRELOAD -u MAKEFLAGS make --no-print-directory -C $t::root -j2 CFLAGS=-O0 \
    SQLITE=$version build/sqlite/$version/wowsql.so 2>@1
}

proc versions::settings {version headers} {
  set settings {}
  if {$version ne "system"} {
    set dir [dir $version]
    set path $dir:$::env(PATH)
    set settings [list LD_LIBRARY_PATH=$dir PATH=$path WOWSQL_TEST_SQLITE=$version]
  }
  if {$headers ne "system"} { lappend settings WOWSQL_TEST_EXTENSION=[file join [dir $headers] wowsql] }
  return $settings
}

# Adds the files' results to this file's. tester.tcl makes sure that it is the SQLite that was asked for.
proc versions::run {version headers args} {
  foreach file $args {
    set failed [catch {
      exec env {*}[settings $version $headers] tclsh [file join $t::root tests $file] 2>@1
    } output]
    regsub {\nchild process exited abnormally$} $output {} output
    set last [lindex [split $output \n] end]
    if {![regexp {(\d+) passed, (\d+) failed, (\d+) skipped$} $last -> p f s] || ($failed && !$f)} {
      t::fail $file SQLite $version headers $headers output $output
      continue
    }
    incr t::passed $p
    incr t::failed $f
    incr t::skipped $s
    if {$f || $s} { set last $output }
    puts "SQLite $version, headers $headers: $last"
  }
}
