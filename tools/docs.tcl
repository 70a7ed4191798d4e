#!/usr/bin/env tclsh
# Updates the parts of the documents that are made from the code: what is sent for each type, the functions
# with their descriptions and examples, and what the session in README.md prints. With --check it writes
# nothing, and a difference is an error (except in the session, which tests/readme.test runs).
set root [file normalize [file join [file dirname [info script]] ..]]
cd $root

source tools/source.tcl
source tools/session.tcl

# The text between <!-- name --> and <!-- /name -->, and the text with another one there.
proc find_part {text name} {
  set open "<!-- $name -->\n"
  set from [expr {[string first $open $text] + [string length $open]}]
  list $from [expr {[string first "<!-- /$name -->" $text] - 1}]
}
proc part {text name} { string range $text {*}[find_part $text $name] }
proc replace_part {text name part} {
  lassign [find_part $text $name] from to
  string cat [string range $text 0 $from-1] $part [string range $text $to+1 end]
}

# A heading for each group, and under it what each function says.
proc functions {} {
  set sql {SELECT iif("group" = lag("group") OVER (ORDER BY g, n), '', '## ' || upper(substr("group", 1, 1)) || substr("group", 2) || char(10) || char(10))
      || '**`' || usage || '`**  ' || char(10) || summary || char(10) || char(10) || '```sql' || char(10) || example || ';' || char(10) || '```' || char(10)
    FROM (SELECT *, rowid AS n, min(rowid) OVER (PARTITION BY "group") AS g FROM wowsql_help) ORDER BY g, n;}
  set library [lindex [glob wowsql.so wowsql.dylib] 0]
  return "[exec sqlite3 -init /dev/null :memory: ".load ./$library" $sql]\n"
}

# What the session prints, on a server of its own.
proc session {text} {
  set dir [exec mktemp -d /tmp/wowsql-docs-XXXXXX]
  try {
    set settings [exec stack/local --dir $dir start --shop 2>@stderr]
    regexp -line {^WOWSQL_PROJECT_URL=(.*)$} $settings -> ::env(WOWSQL_PROJECT_URL)
    regexp -line {^WOWSQL_ANON_KEY=(.*)$} $settings -> ::env(WOWSQL_API_KEY)
    return "```console\n[play_session $text]```\n"
  } finally {
    exec stack/local --dir $dir stop
    file delete -force $dir
  }
}

set is_check [expr {[lindex $argv 0] eq "--check"}]
set parts [list docs/sent.md shippability "[exec build/unit_shippable --markdown]\n" \
  docs/functions.md functions [functions]]
if {!$is_check} { lappend parts README.md session [session [part [read_file README.md] session]] }
set differs 0
foreach {file name part} $parts {
  set text [read_file $file]
  set new [replace_part $text $name $part]
  if {$new eq $text} continue
  set differs 1
  if {$is_check} { puts "$file does not match the code; run make docs"; continue }
  set f [open $file w]
  fconfigure $f -encoding utf-8
  puts -nonewline $f $new
  close $f
}
exit [expr {$is_check && $differs}]
