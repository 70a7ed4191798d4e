#!/usr/bin/env tclsh
# Updates the parts of README.md that are made from the code: what is sent for each type, the functions
# with their descriptions, the last benchmark, and the output of the demo. With --check it writes
# nothing, and a difference is an error (except in the demo, which tests/readme.test runs).
set root [file normalize [file join [file dirname [info script]] ..]]
cd $root

source tools/source.tcl

# The text between <!-- name --> and <!-- /name -->.
proc replace_part {text name part} {
  set open "<!-- $name -->\n"
  set from [expr {[string first $open $text] + [string length $open]}]
  set to [expr {[string first "<!-- /$name -->" $text] - 1}]
  string cat [string range $text 0 $from-1] $part [string range $text $to+1 end]
}

proc functions {} {
  set sql "SELECT '| `' || replace(usage, '|', '\\|') || '` | ' || summary || ' |' FROM wowsql_help;"
  set library [lindex [glob wowsql.so wowsql.dylib] 0]
  set rows [exec sqlite3 :memory: ".load ./$library" $sql]
  return "| function | what it does |\n|---|---|\n$rows\n"
}

proc demo {} { return "```console\n[exec stack/demo << {}]\n```\n" }

set text [read_file README.md]
set new [replace_part $text shippability [exec build/unit_shippable --markdown]\n]
set new [replace_part $new functions [functions]]
# bench/results.md without its title and its picture, which README.md has itself.
set new [replace_part $new bench [string trim [regsub -all -line {^(#|!\[).*$} [read_file bench/results.md] {}]]\n]
if {[lindex $argv 0] eq "--check"} {
  if {$new eq $text} { exit 0 }
  puts "README.md does not match the code; run make docs"
  exit 1
}
set new [replace_part $new demo [demo]]
set f [open README.md w]
fconfigure $f -encoding utf-8
puts -nonewline $f $new
close $f
