#!/usr/bin/env tclsh
# Writes all of src/ into one file, as SQLite itself is distributed: tools/amalgamate.tcl >wowsql.c
#
#   cc -O2 -shared -fPIC -o wowsql.so wowsql.c -lcurl -lcjson -lm
#
# Headers are included once, where they are first needed. Names that several files use for things of their
# own get the file's name as well, and so do single words, which a header of the system may use, too (bind).

set root [file normalize [file join [file dirname [info script]] ..]]
set included {}

proc contents {path} {
  set channel [open $path]
  fconfigure $channel -encoding utf-8
  set text [read $channel]
  close $channel
  return $text
}
proc version {} { string trim [contents [file join $::root VERSION]] }

# The names that a file defines for itself, by their kind: `tag` after struct, enum or union, `name` any other.
proc own_names {text} {
  set names {}
  foreach {kind pattern} {
    name {(?n)^static [^=;(]*?(\w+)\(}
    name {(?n)^static (?:[^=;(]*[^\w=;(])?(\w+)(?:\[[^\]]*\])*(?: =|;)}
    name {(?n)^  ([A-Z][A-Z0-9_]+)(?: = .*)?,?(?: */\*.*)?$}
    name {(?n)^enum (?:\w+ )?\{ *(\w+)}
    name {(?n)^typedef [^;]*?(\w+)\)?(?:\([^;]*\))?;}
    tag {(?n)^(?:struct|enum|union) (\w+) \{}
  } {
    foreach {- name} [regexp -all -inline $pattern $text] { dict set names $name $kind }
  }
  return $names
}
proc macros {text} { lmap {- name} [regexp -all -inline {(?n)^#define (\w+)} $text] { set name } }

# C text with names replaced: not in comments and texts, and members are no such names.
proc rename_in {text names suffix} {
  set out {}
  set in_struct 0
  set token {/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\n(?:struct|union) \w+ \{|\n\}|(?:\.|->)\w+|(?:struct|enum|union) \w+|\w+|.}
  foreach piece [regexp -all -inline $token $text] {
    if {[regexp {^\n(?:struct|union) \w+ \{$} $piece]} { set in_struct 1 }
    if {$piece eq "\n\}"} { set in_struct 0 }
    if {[regexp {^(\n?(?:struct|enum|union) )(\w+)(.*)$} $piece -> before name after]} {
      if {[dict exists $names $name]} { set piece $before${name}_$suffix$after }
    } elseif {!$in_struct && [dict exists $names $piece] && [dict get $names $piece] eq "name"} {
      append piece _$suffix
    }
    append out $piece
  }
  return $out
}

# A file's text with the headers in place of the lines that include them. `system` collects the system's.
proc expand {path text} {
  global root included system
  set out {}
  foreach line [split $text \n] {
    if {[regexp {^#include "(.*)"} $line -> name]} {
      set header [file join $root src $name]
      if {![file exists $header]} { set header [file join [file dirname $path] $name] }
      if {[dict exists $included $header]} continue
      dict set included $header 1
      append out "/* ---- [string range $header [string length $root/src/] end] */\n[expand $header [contents $header]]\n"
    } elseif {[regexp {^#include <.*>} $line include] && $include ne "#include <emmintrin.h>"} {
      dict set system $include 1
    } else {
      append out $line\n
    }
  }
  return $out
}

set files [lsort [glob -directory $root/src */*.c]]
foreach file $files {
  foreach name [dict keys [own_names [contents $file]]] { dict lappend owners $name $file }
}

# A file's text with the names of its own changed where that is necessary.
proc own_text {file suffix} {
  set text [contents $file]
  set names {}
  dict for {name kind} [own_names $text] {
    if {[llength [dict get $::owners $name]] > 1 || ![string match *_* $name]} { dict set names $name $kind }
  }
  rename_in $text $names $suffix
}

set system {}
set body [expand $root/src/wowsql.c [contents $root/src/wowsql.c]]
foreach file $files {
  set short [string range $file [string length $root/src/] end]
  set text [own_text $file [string map {/ _ .c {}} $short]]
  append body "\n/* ==== $short */\n[expand $file $text]"
  foreach name [macros $text] { append body "#undef $name\n" }
}

set out "/*
** wowsql [version]: PostgREST tables as virtual tables of SQLite. All of its files in one, made by `make dist`:
**
**   cc -O2 -shared -fPIC -o wowsql.so wowsql.c -lcurl -lcjson -lm
**   cc -O2 -dynamiclib -undefined dynamic_lookup -o wowsql.dylib wowsql.c -lcurl -lcjson      (macOS)
**
[regsub -all -line {^} [string trim [contents [file join $root LICENSE]]] {** }]
*/
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
#define WOWSQL_VERSION \"[version]\"
[join [lsort [dict keys $system]] \n]
/* The entry point alone is visible to others. */
#pragma GCC visibility push(hidden)
$body
#pragma GCC visibility pop
"
fconfigure stdout -encoding utf-8
puts -nonewline $out
