# Sessions of the sqlite3 shell as documents show them: lines that begin with "sqlite> " are typed, what
# comes after them is printed. Sourced by docs.tcl and by tests/readme.test.

# The same session with what is printed now; run in the current folder, on the server that the
# environment names.
proc play_session {text} {
  set typed {}
  set script {}
  foreach line [split $text \n] {
    if {![regexp {^sqlite> (.*)$} $line -> statement]} continue
    lappend typed $line
    append script "$statement\n.print <end of statement>\n"
  }
  set out [exec sqlite3 -batch -init /dev/null :memory: << $script 2>@1]
  set played {}
  foreach line $typed part [split [string map {"<end of statement>" \x01} $out] \x01] {
    if {$line eq {}} continue
    append played $line \n
    set part [string trim $part \n]
    if {$part ne {}} { append played $part \n }
  }
  return $played
}
