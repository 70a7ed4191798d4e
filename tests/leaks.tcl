# Searches all that a run of the tests has printed, shown in SQL, stored and logged, for secrets: the keys of
# the stack, tokens of its users, passwords of the tests. The last of the programs that tests/run starts.
#
# Passwords have names by which they are found: a word that ends with Password and digits.

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
  foreach name {ANON_KEY SERVICE_KEY JWT_SECRET} { lappend patterns $name $::env(WOWSQL_TEST_$name) }
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
  foreach {kind pattern} [secret_patterns] {
    foreach range [regexp -all -inline -indices $pattern $text] {
      lassign $range from to
      lappend found "$kind: ...[string range $text $from-60 $to]..."
    }
  }
  return $found
}

set failed 0
# Does the search find what there is to find?
foreach {name secret} [list key $env(WOWSQL_TEST_ANON_KEY) jwt eyJhbGciOiJI.eyJyb2xlIjoi.Qm9ndXNTaWduYXR1cmVPZk password SecurePassword123] {
  if {[llength [secrets_in "x $secret y"]] != 1} {
    puts "FAIL leaks: the search does not find a $name"
    set failed 1
  }
}
foreach file [concat [glob -nocomplain $env(WOWSQL_TEST_KEPT)/*] [glob $env(WOWSQL_TEST_DIR)/*.log]] {
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
