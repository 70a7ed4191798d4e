# What the checkers of the C source share. They check src/ and build/ below the current folder and
# print one finding a line.

proc read_file {name} {
  set f [open $name]
  fconfigure $f -encoding utf-8
  set text [read $f]
  close $f
  return $text
}

# Source files, without "src/": "wowsql.c", "plan/plan.c".
proc sources {pattern} {
  lsort [concat [glob -nocomplain -tails -directory src $pattern] \
    [glob -nocomplain -tails -directory src */$pattern]]
}

# The text of a C file with comments, strings and characters blanked out. Lines stay where they are.
proc code {text} {
  set out {}
  set at 0
  set comment {/\*(?:[^*]|\*+[^*/])*\*+/|//[^\n]*}
  set quoted {"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'}
  foreach range [regexp -all -inline -indices "$comment|$quoted" $text] {
    lassign $range from to
    append out [string range $text $at $from-1] [regsub -all {[^\n]} [string range $text $from $to] { }]
    set at [expr {$to + 1}]
  }
  append out [string range $text $at end]
}

proc line_of {text index} { expr {1 + [regexp -all {\n} [string range $text 0 $index-1]]} }

# What the object file of each source defines and uses: {file kind symbol} with kind T (function), D
# (data) or U (defined elsewhere). Static symbols are left out.
proc symbols {} {
  set list {}
  foreach file [sources *.c] {
    set object build/[file rootname $file].o
    if {![file exists $object]} continue
    foreach line [split [exec nm -P $object] \n] {
      lassign $line symbol type
      if {$::tcl_platform(os) eq "Darwin"} { regsub {^_} $symbol {} symbol }
      switch -regexp $type {
        {^T$} { lappend list [list $file T $symbol] }
        {^[BCDRS]$} { lappend list [list $file D $symbol] }
        {^U$} { lappend list [list $file U $symbol] }
      }
    }
  }
  return $list
}
