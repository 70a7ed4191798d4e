#!/usr/bin/env tclsh
# Checks lengths: of files, of functions, of parameter lists, and of arrays whose size is a bare
# number. It assumes that braces balance in each branch of an #if.
source [file join [file dirname [info script]] source.tcl]

set max_file 600
set max_function 60
set max_parameters 5
set max_array 64

# Static functions whose parameters SQLite dictates, by what their names end in: xCreate, xConnect,
# an authorizer.
set callbacks {*_create *_connect *_authorize}

# The functions that a file defines: {name static line lines parameters} each.
proc functions {text} {
  # Directives are blanked, not deleted, so that line numbers hold.
  set code {}
  set continued 0
  foreach line [split [code $text] \n] {
    set is_directive [expr {$continued || [regexp {^\s*#} $line]}]
    append code [expr {$is_directive ? {} : $line}] \n
    set continued [expr {$is_directive && [string index $line end] eq "\\"}]
  }
  set found {}
  set depth 0
  set begin 0
  foreach range [regexp -all -inline -indices {[{};]} $code] {
    set at [lindex $range 0]
    switch [string index $code $at] {
      "\{" {
        if {$depth == 0} { set head [string range $code $begin $at-1] }
        incr depth
      }
      "\}" {
        incr depth -1
        if {$depth == 0} {
          set function [signature $head]
          if {$function ne {}} {
            lassign $function name parameters
            set start [expr {$begin + [string length $head] - [string length [string trimleft $head]]}]
            set line [line_of $code $start]
            lappend found [list $name [regexp {^\s*static\M} $head] $line \
              [expr {[line_of $code $at] - $line + 1}] $parameters]
          }
          set begin [expr {$at + 1}]
        }
      }
      ";" { if {$depth == 0} { set begin [expr {$at + 1}] } }
    }
  }
  return $found
}

# The name and the number of parameters, if this is what comes before a function's body.
proc signature {head} {
  set head [string trim $head]
  if {[string index $head end] ne ")"} { return {} }
  set depth 0
  set parameters 1
  for {set i [expr {[string length $head] - 1}]} {$i >= 0} {incr i -1} {
    switch [string index $head $i] {
      ")" { incr depth }
      "," { if {$depth == 1} { incr parameters } }
      "(" { if {[incr depth -1] == 0} break }
    }
  }
  if {![regexp {(\w+)\s*$} [string range $head 0 $i-1] -> name]} { return {} }
  if {$name eq "__attribute__"} { return [signature [regsub {__attribute__\s*$} [string range $head 0 $i-1] {}]] }
  set inside [string trim [string range $head $i+1 end-1]]
  if {$inside in {void {}}} { set parameters 0 }
  if {[regexp {,\s*\.\.\.$} $inside]} { incr parameters -1 }
  list $name $parameters
}

proc check {file} {
  global max_file max_function max_parameters max_array callbacks
  set text [read_file src/$file]
  set lines [regexp -all {\n} $text]
  if {$lines > $max_file} { puts "src/$file: $lines lines, at most $max_file" }
  foreach function [functions $text] {
    lassign $function name is_static line lines parameters
    if {$lines > $max_function} {
      puts "src/$file:$line: $name has $lines lines, at most $max_function"
    }
    set is_callback 0
    foreach pattern $callbacks { if {$is_static && [string match $pattern $name]} { set is_callback 1 } }
    if {$parameters > $max_parameters && !$is_callback} {
      puts "src/$file:$line: $name has $parameters parameters, at most $max_parameters"
    }
  }
  set number 0
  foreach line [split [code $text] \n] {
    incr number
    if {[regexp {^\s*(?:const |static |unsigned |struct )*\w+ \**(\w+)\[(\d+)\]\s*[;=,]} $line -> name size] &&
        $size > $max_array} {
      puts "src/$file:$number: the size of $name is a bare $size: give it a name"
    }
  }
}

foreach file [sources {*.[ch]}] { check $file }
