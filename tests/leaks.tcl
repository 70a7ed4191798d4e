# tclsh tests/leaks.tcl KEPT STACK...
#
# Searches all that a run of the tests has printed, shown in SQL, stored and logged, for secrets: the keys of
# the stacks, tokens of their users, passwords of the tests: what is in the folder KEPT, and the logs of the
# stacks in the folders STACK. The last of the programs that tests/run starts.
#
# Passwords have names by which they are found: a word that ends with Password and digits.

set stacks [lassign $argv kept]
set root [file normalize [file join [file dirname [info script]] ..]]

proc read_file {file} {
  set channel [open $file]
  fconfigure $channel -encoding utf-8
  set text [read $channel]
  close $channel
  return $text
}

# The kinds of secrets, each with a pattern. Of a token, the signature is the secret.
proc secret_patterns {} {
  set patterns {}
  foreach stack $::stacks {
    lappend patterns {*}[regexp -all -inline {(?n)^WOWSQL_(?:\w+_KEY|JWT_SECRET)=.*$} [read_file $stack/env]]
  }
  set patterns [concat {*}[lmap line $patterns {split $line =}]]
  lappend patterns token {eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{20,}}
  set passwords {}
  foreach file [glob $::root/tests/*.test $::root/tests/*.tcl] {
    lappend passwords {*}[regexp -all -inline {\w+Password\d{3}} [read_file $file]]
  }
  lappend patterns password [join [lsort -unique $passwords] |]
}

# The secrets in a text, each with what is around it.
proc secrets_in {text} {
  set found {}
  foreach {kind pattern} $::patterns {
    foreach range [regexp -all -inline -indices $pattern $text] {
      lassign $range from to
      lappend found "$kind: ...[string range $text $from-60 $to]..."
    }
  }
  return $found
}

set patterns [secret_patterns]
set failed 0
# Does the search find what there is to find?
foreach {name secret} [list key [lindex $patterns 1] jwt eyJhbGciOiJI.eyJyb2xlIjoi.Qm9ndXNTaWduYXR1cmVPZk password SecurePassword123] {
  if {[llength [secrets_in "x $secret y"]] != 1} {
    puts "FAIL leaks: the search does not find a $name"
    set failed 1
  }
}
foreach file [concat [glob $kept/*] {*}[lmap stack $stacks {glob $stack/*.log}]] {
  set text [read_file $file]
  # A test that fails prints what it did.
  if {[file extension $file] eq ".printed" && [regexp {(?n)^FAIL } $text]} continue
  foreach secret [lrange [lsort -unique [secrets_in $text]] 0 9] {
    puts "FAIL leaks [file tail $file]: $secret"
    set failed 1
  }
}
puts "leaks: [expr {!$failed}] passed, $failed failed"
exit $failed
