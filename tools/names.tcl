#!/usr/bin/env tclsh
# Checks, from the object files in build/, what several files see: a function of plan/bind.c is
# called wow_bind_..., is declared in plan/bind.h, and is used by another file.
source [file join [file dirname [info script]] source.tcl]

# The file whose name a symbol carries: the longest that fits, so that wow_page_request_path belongs
# to page_request.c and not to page.c.
proc owner_by_name {symbol} {
  set best {}
  foreach file [sources *.c] {
    set stem [file rootname [file tail $file]]
    if {($symbol eq "wow_$stem" || [string match wow_${stem}_?* $symbol]) &&
        [string length $stem] > [string length [file rootname [file tail $best]]]} {
      set best $file
    }
  }
  return $best
}

proc text_of {patterns} {
  set text {}
  foreach file [glob -nocomplain {*}$patterns] { append text [read_file $file] \n }
  return $text
}

proc has_word {text word} { regexp "\\m$word\\M" $text }

set others [text_of {tests/unit/*.c fuzz/*.c bench/*.c}]
set used {}
foreach entry [symbols] {
  lassign $entry file kind symbol
  if {$kind eq "U"} { dict set used $symbol 1 }
}
foreach entry [symbols] {
  lassign $entry file kind symbol
  if {$kind eq "U" || [string match sqlite3_* $symbol]} continue
  if {[owner_by_name $symbol] ne $file} {
    puts "src/$file: $symbol: the name should begin with wow_[file rootname [file tail $file]]_"
  }
  if {![dict exists $used $symbol]} {
    if {![has_word $others $symbol]} { puts "src/$file: $symbol is not used by another file" }
    continue
  }
  # Data that has the file's own name, such as a group of functions, is declared where it is listed.
  if {$kind eq "D" && $symbol eq "wow_[file rootname [file tail $file]]"} continue
  set header src/[file rootname $file].h
  if {![file exists $header] || ![has_word [code [read_file $header]] $symbol]} {
    puts "src/$file: $symbol is used by other files, but not declared in $header"
  }
}
