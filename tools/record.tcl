#!/usr/bin/env tclsh
# Makes docs/demo.svg: a recording of a session of the sqlite3 shell with the shop, played in a browser as it
# was typed. The session is real: it runs on a server that is started for it. `make recording` calls this.
#
# recorded_text tells tests/readme.test what an SVG shows, and record_session what it should.

# What is typed. (No characters of double width: they would break the frames.)
set recorded_session {
  {.tables}
  {SELECT status, count(*), min(total), max(total) FROM orders GROUP BY status LIMIT 3;}
  {CREATE TABLE seats AS SELECT 2 AS customer, 'A1' AS seat UNION ALL SELECT 17, 'A2';}
  {SELECT seat, name, city, tags FROM seats JOIN customers ON id = customer;}
  {UPDATE products SET price = 19.99 WHERE sku = 'SKU-00007';}
  {SELECT method, status, rows, substr(url, instr(url, '/v1/') + 3, 56) AS request FROM wowsql_log ORDER BY seq DESC LIMIT 3;}
}

# The lines of the session as the terminal shows them, prompts included; {kind text} each, with kind typed or
# printed. The server is in the environment.
proc record_session {statements} {
  set script ".load ./wowsql\n.mode box\n.output /dev/null\nSELECT wowsql_import();\n.output stdout\n"
  foreach statement $statements { append script ".print <next>\n$statement\n" }
  set out [exec sqlite3 -batch -init /dev/null :memory: << $script 2>@1]
  set lines {}
  foreach statement $statements part [lrange [split [string map {<next> \x01} $out] \x01] 1 end] {
    lappend lines [list typed "shop> $statement"]
    set part [string trim $part \n]
    if {$part ne {}} { foreach line [split $part \n] { lappend lines [list printed [string trimright $line]] } }
  }
  return $lines
}

proc escape {text} { string map {& &amp; < &lt; > &gt;} $text }

# The SVG of such lines. Typing takes 30 ms a character, reading an answer 1.2 s.
proc draw_session {lines} {
  set width 0
  foreach line $lines { set width [expr {max($width, [string length [lindex $line 1]])}] }
  set w [expr {$width * 8.43 + 40}]
  set h [expr {[llength $lines] * 19 + 62}]
  set svg "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 $w $h\" width=\"$w\" height=\"$h\">\n<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #c9d1d9; white-space: pre; }
.typed { fill: #7ee787; animation: type var(--for) steps(var(--n)) var(--at) both; }
.printed { animation: show 1ms var(--at) both; }
@keyframes type { from { clip-path: inset(0 100% 0 0); } to { clip-path: inset(0 -1px 0 0); } }
@keyframes show { from { opacity: 0; } to { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { .typed, .printed { animation: none; } }
</style>
<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>
<circle cx=\"20\" cy=\"18\" r=\"6\" fill=\"#ff5f56\"/><circle cx=\"40\" cy=\"18\" r=\"6\" fill=\"#ffbd2e\"/><circle cx=\"60\" cy=\"18\" r=\"6\" fill=\"#27c93f\"/>\n"
  set at 0.5
  set y 54
  set before {}
  foreach line $lines {
    lassign $line kind text
    if {$kind eq "typed"} {
      if {$before ne {}} { set at [expr {$at + 1.2}] }
      set for [expr {[string length $text] * 0.03}]
    } else {
      set for 0
    }
    append svg [format {<text class="%s" style="--at:%.2fs;--for:%.2fs;--n:%d" x="16" y="%d" xml:space="preserve">%s</text>} \
      $kind $at $for [string length $text] $y [escape $text]] \n
    set at [expr {$at + $for + ($kind eq "typed" ? 0.15 : 0)}]
    incr y 19
    set before $kind
  }
  return "$svg</svg>\n"
}

# The lines that an SVG shows.
proc recorded_text {svg} {
  lmap {- kind text} [regexp -all -inline {<text class="(\w+)"[^>]*>([^<]*)</text>} $svg] {
    list $kind [string map {&lt; < &gt; > &amp; &} $text]
  }
}

if {[info exists argv0] && [file tail $argv0] eq "record.tcl"} {
  cd [file join [file dirname [info script]] ..]
  set dir [exec mktemp -d /tmp/wowsql-record-XXXXXX]
  try {
    set settings [exec stack/local --dir $dir start --shop 2>@stderr]
    regexp -line {^WOWSQL_PROJECT_URL=(.*)$} $settings -> env(WOWSQL_PROJECT_URL)
    regexp -line {^WOWSQL_ANON_KEY=(.*)$} $settings -> env(WOWSQL_API_KEY)
    set svg [draw_session [record_session $recorded_session]]
  } finally {
    exec stack/local --dir $dir stop
    file delete -force $dir
  }
  set f [open docs/demo.svg w]
  fconfigure $f -encoding utf-8
  puts -nonewline $f $svg
  close $f
}
