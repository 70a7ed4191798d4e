# The differential test of writes: tables and transactions from a seed; each transaction runs over virtual
# tables, and over local tables with the same constraints (the model), and must leave the same rows: in the
# virtual tables, and in PostgreSQL, which is asked itself.
#
# The model is a connection of its own. It runs each statement first and says what is to be expected:
#
# - Constraints are the server's, checked at COMMIT. A statement that the model refuses succeeds here, and
#   the COMMIT fails with the model's kind of error (the kinds of all statements that it refused, as they
#   are checked together), unless a ROLLBACK TO has taken the statement back. Nothing more is written in
#   the transaction after it. Foreign keys may be satisfied by later statements of a transaction: what the
#   model accepts with all of them deferred may succeed.
# - After a COMMIT that failed, a table is unchanged or is named by the error.
# - A statement that reads a table with unsent writes fails, says so, and changes nothing.
# - A value that its column cannot hold fails at its statement; the transaction goes on.
# - A NULL that is inserted is the column's default.
# - OR REPLACE and OR IGNORE are upserts on the primary key: in the model they are ON CONFLICT (key) DO
#   UPDATE SET all columns, and DO NOTHING. With OR REPLACE the server takes json through jsonb, so that only
#   texts which that leaves alone are written. OR IGNORE counts all rows in changes(), as only the server
#   knows which are there.
# - What a cascade will do at COMMIT is not seen before it: no statement reads a table that it may reach.
# - With write='through' a statement is sent at its end, and fails there; in a transaction, SQLite may have no
#   message for that, and rolls back.
#
# Keys that the server generates are compared by neither: the rows are, without them.

source [file join [file dirname [info script]] copy.tcl]

namespace eval w {
  variable tables {}       ;# name -> {kind key columns parent keys}, columns: name -> {family default ...}
  variable through 0       ;# are the tables made with write='through'?
  variable script {}       ;# the statements of this transaction, for a report
  variable counter 0       ;# of new keys
  variable context {}
  variable seen {}         ;# kind of statement or outcome -> how often
  variable bad 0
}

proc w::pick {list} { lindex $list [expr {int(rand() * [llength $list])}] }
proc w::int {n} { expr {int(rand() * $n)} }
proc w::chance {percent} { expr {rand() * 100 < $percent} }
proc w::id {name} { string cat \" [string map {\" \"\"} $name] \" }
proc w::ids {names} { join [lmap name $names { id $name }] {, } }
proc w::literal {text} { string cat ' [string map {' ''} $text] ' }

# ---- families: PostgreSQL's type; SQLite's literals of values whose text is the server's own

array set w::types {
  int integer big bigint small smallint num numeric cents numeric(10,2) real8 {double precision} real4 real
  bool boolean date date ts timestamp tz timestamptz time time uuid uuid enum wdiff_mood bytea bytea
  jsonb jsonb json json words text[] ints integer[] text text varchar varchar(60) interval interval inet inet
}
set w::values(int) {0 1 -5 42 2147483647 -2147483648}
set w::values(big) {0 1 -7 9007199254740993 9223372036854775807 -9223372036854775808}
set w::values(small) {0 1 -3 32767 -32768}
set w::values(num) {0 1 -1.5 0.1 123456789.125 '12345678901234567890.123456789' 1e20 '0.00000000000000000001'}
set w::values(cents) {0 1.25 -99.99 1000.5 '12345678.25'}
set w::values(real8) {0.0 0.1 -2.25 1e300 5e-324 1.7976931348623157e308 9e999 -9e999 'NaN' 0.30000000000000004}
set w::values(real4) {0.0 0.5 -1.25 16777216.0}
set w::values(bool) {0 1}
set w::values(date) {'2024-02-29' '1999-12-31' '0044-03-15'}
set w::values(ts) {'2024-01-01T10:00:00' '1999-12-31T23:59:59.999999'}
set w::values(tz) {'2024-06-01T00:00:00.25+00:00' '1969-07-20T20:17:00+00:00'}
set w::values(time) {'10:00:00' '23:59:59.5'}
set w::values(uuid) {'c4ca4238-a0b9-2382-0dcc-509a6f75849b' 'ffffffff-ffff-ffff-ffff-ffffffffffff'}
set w::values(enum) {'sad' 'ok' {'a b'}}
set w::values(bytea) {x'' x'00' x'00ff' x'deadbeef' x'5c78' x'27'}
set w::values(jsonb) {{'{"a": 1}'} {'[1, 2]'} {'"s"'} 5 'true' {'{"a": {"b": ["c''d\\"]}}'}}
set w::values(json) {{'{"a":1}'} {'[1,2]'} {'"s"'} 5 {'{"z":[],"a":"\u00e9"}'}}
set w::values(words) {'[]' {'["a","b"]'} {'["a,b","c\"d",null,"","NULL"]'}}
set w::values(ints) {'[]' '\[1,2,3\]' '\[-1,null\]'}
set w::values(interval) {{'1 day'} '01:00:00' {'1 mon'}}
set w::values(inet) {'10.0.0.1' '10.0.0.0/8' '::1'}
set w::texts [list {} { } a B {a,b} {a"b} {a\b} {\x00} NULL null true 5 5.0 1e3 { lead} "tab\there" "two\nlines" {it's} {#&=;+%41} \
  héllo "z\u0301" {{"x"}} {[1]} {(p)} eq.5 {/* x */} -- $ {?1}]
set w::values(text) [lmap text $w::texts { w::literal $text }]
set w::values(varchar) $w::values(text)

proc w::value {family} { pick $w::values($family) }

# Does the server say which integers are smallint? Newer ones say int32 of both, and refuse 40000 at COMMIT
# alone, where it fails the transaction instead of the statement.
set w::says_smallint 1

# What no column of the family can hold, as far as the server says what that is.
proc w::wrong {family} {
  switch $family {
    int { pick {'abc' 2147483648 1.5 x'01'} }
    big { pick {'abc' 1e30 0.5} }
    small { pick [list [expr {$w::says_smallint ? 40000 : 3000000000}] 'x'] }
    num - cents - real8 { pick {'abc' x'00'} }
    json - jsonb { pick {'\{' '\[1,\]' {''} '\{"a":1\}x'} }
    words { pick {'abc' '\[1' '\["a",\]'} }
    bool { pick {'maybe' 7} }
    default { return {} }
  }
}

# An expression of the column's own value, with a value of the family.
proc w::expression {family column} {
  set c [id $column]
  switch $family {
    int - big - small { return "CASE WHEN abs($c % 1000) < 900 THEN $c % 1000 + [int 50] END" }
    num { return "$c * 2" }
    real8 { return "CASE WHEN $c BETWEEN -1e9 AND 1e9 THEN $c / 3 ELSE $c END" }
    bool { return "NOT $c" }
    text { return "substr($c || 'é''\"', 1, 40)" }
    varchar { return "upper($c)" }
    bytea { return "CAST($c || 'x' AS BLOB)" }
    date { return "date($c, '+1 day')" }
    json { return "json_array($c || '')" }
    words { return "json_insert($c, '\$\[#\]', 'more')" }
    default { return "coalesce(nullif($c, [value $family]), [value $family])" }
  }
}

# ---- tables

# A key's values, all different from those before: a literal for each of its columns. The model generates keys
# of its own, which are large.
proc w::fresh {name} {
  set n [incr w::counter]
  switch [dict get $w::tables $name kind] {
    big { list [expr {$n % 5 == 0 ? 9007199254740992 + $n : $n * 3}] }
    identity { list -$n }
    uuid { list '[format %08x-0000-4000-8000-%012x $n [expr {$n * 7919}]]' }
    text { list [literal "k$n [pick $w::texts]"] }
    pair { list [expr {$n % 7}] [literal "k$n,[pick $w::texts]"] }
    triple { list '2024-01-0[expr {$n % 9 + 1}]' $n 1 }
    always { list NULL }
  }
}

# The same as an expression of a number, for INSERT ... SELECT.
proc w::fresh_of {name number} {
  set n [incr w::counter 50]
  switch [dict get $w::tables $name kind] {
    big { list "$n * 1000000 + $number" }
    identity { list "-$n * 1000000 - $number" }
    uuid { list "printf('%08x-0000-4000-8000-%012x', $n, $number)" }
    text { list "'sel $n,' || $number" }
    pair { list $number "'sel$n\"'" }
    triple { list '2023-01-01' $n $number }
    always { list NULL }
  }
}

proc w::key_columns {name} { dict get $w::tables $name key }
proc w::columns {name} { dict keys [dict get $w::tables $name columns] }
proc w::family {name column} { dict get $w::tables $name columns $column family }
proc w::is_generated {name} { expr {[dict get $w::tables $name kind] in {identity always}} }

# Columns that a statement may name.
proc w::writable {name} {
  lmap column [columns $name] {
    if {[dict get $w::tables $name columns $column generated]} continue
    set column
  }
}

# Makes a table of a kind of key and notes it down. Returns PostgreSQL's definition.
proc w::make_table {name kind parent} {
  variable tables
  variable types
  array set keys {big {id big} identity {id big} always {id big} uuid {id uuid} text {id text} pair {a int b text} triple {d date n int s small}}
  set columns {}
  set lines {}
  foreach {column family} $keys($kind) {
    if {[chance 20] && $kind ni {identity always}} { set column [pick [list "Key $column" "k,$column" "order"]] }
    if {[dict exists $columns $column]} { append column 2 }
    set identity [dict get {identity {GENERATED BY DEFAULT AS IDENTITY} always {GENERATED ALWAYS AS IDENTITY}} [expr {$kind in {identity always} ? $kind : "identity"}]]
    dict set columns $column [dict create family $family default {} not_null 1 generated [expr {$kind eq "always"}] extra {}]
    lappend lines "[id $column] $types($family)[expr {$kind in {identity always} ? " $identity" : {}}]"
  }
  set key [dict keys $columns]
  set parents {}
  if {$parent ne {}} {
    set rule "ON DELETE [pick {CASCADE {SET NULL} {NO ACTION}}] ON UPDATE [pick {CASCADE {NO ACTION}}]"
    set target [lindex [key_columns $parent] 0]
    set family [family $parent $target]
    dict set columns parent [dict create family $family default {} not_null 0 generated 0 extra "REFERENCES [id $parent]([id $target]) $rule"]
    lappend lines "parent $types($family) REFERENCES [id $parent]([id $target]) $rule"
  }
  set n [expr {3 + [int 5]}]
  for {set i 0} {$i < $n} {incr i} {
    set family [pick [array names types]]
    # The server cannot find defaults for generated keys if any name beside them needs quotes.
    set column [expr {[chance 15] && $kind ni {identity always} ? [pick [list "Odd $i" "c,$i" "é$i" "q\"$i"]] : "c${i}_$family"}]
    set default {}
    set not_null 0
    set extra {}
    if {[chance 25]} { set default [value $family] }
    if {$family eq "json" && $default ne {}} { set default {'"s"'} }
    if {[chance 12]} { set not_null 1 }
    if {$family in {int big} && [chance 25]} { set extra "CHECK ([id $column] <> 13)" }
    if {$family in {text varchar} && [chance 20]} { set extra "CHECK (length([id $column]) < 50)" }
    if {$family in {int big text} && [chance 20] && $default eq {}} { append extra " UNIQUE" }
    dict set columns $column [dict create family $family default $default not_null $not_null generated 0 extra $extra]
    set line "[id $column] $types($family)"
    if {$default ne {}} { append line " DEFAULT [pg_literal $family $default]" }
    if {$not_null} { append line " NOT NULL" }
    lappend lines "$line $extra"
  }
  if {[chance 30]} {
    set base [lindex [lsearch -all -inline -glob [dict keys $columns] c*_*] 0]
    if {$base ne {}} {
      dict set columns made [dict create family text default {} not_null 0 generated 1 extra "GENERATED ALWAYS AS (CASE WHEN [id $base] IS NULL THEN 'no' ELSE 'yes' END) STORED"]
      lappend lines "made text [dict get $columns made extra]"
    }
  }
  dict set tables $name [dict create kind $kind key $key columns $columns parent $parent]
  return "CREATE TABLE [id $name] ([join $lines {, }], PRIMARY KEY ([ids $key]))"
}

# A literal of the model as one of PostgreSQL's.
proc w::pg_literal {family literal} {
  if {$family eq "bytea"} { return "'\\x[string range $literal 2 end-1]'" }
  if {$family eq "bool"} { return [expr {$literal ? "true" : "false"}] }
  if {$family eq "real8" && [string match *9e999 $literal]} { return "'[expr {[string match -* $literal] ? "-" : ""}]Infinity'" }
  if {$family in {jsonb json} && ![string match '* $literal]} { return '$literal' }
  if {$family in {words ints}} { return "'[string map {[ \{ ] \}} [string trim $literal ']]'" }
  return $literal
}

# The model of a table: the declared types of the virtual one, the constraints of the remote one.
proc w::make_model {name} {
  set lines {}
  set types {}
  db eval "PRAGMA temp.table_xinfo([id $name])" c { dict set types $c(name) $c(type) }
  set kind [dict get $w::tables $name kind]
  dict for {column spec} [dict get $w::tables $name columns] {
    set line "[id $column] [dict get $types $column]"
    if {[dict get $spec default] ne {}} { append line " DEFAULT [dict get $spec default]" }
    if {[dict get $spec not_null]} { append line " NOT NULL" }
    if {[is_generated $name] && $column eq "id"} { set line {id INTEGER PRIMARY KEY AUTOINCREMENT} }
    append line " [dict get $spec extra]"
    lappend lines $line
  }
  if {[is_generated $name]} {
    model eval "CREATE TABLE [id $name] ([join $lines {, }]); INSERT INTO sqlite_sequence VALUES ('$name', 4000000000000000000)"
  } else {
    model eval "CREATE TABLE [id $name] ([join $lines {, }], PRIMARY KEY ([ids [key_columns $name]])) WITHOUT ROWID"
  }
  set plain {}
  dict for {column type} $types {
    if {[dict exists $w::tables $name columns $column]} { lappend plain "[id $column] $type" }
  }
  model eval "CREATE TABLE [id server_$name] ([join $plain {, }])"
  dict set w::tables $name types $types
}

# Tables for a seed, on both sides.
proc w::setup {seed n_tables} {
  variable tables {}
  variable counter 0
  expr {srand($seed)}
  variable through [expr {$seed % 4 == 0}]
  set sql {}
  set parent {}
  foreach_table $n_tables name {
    set kind [pick {big big identity always uuid text pair triple}]
    lappend sql [make_table $name $kind $parent]
    set parent {}
    if {$kind ni {pair triple} && [chance 70]} { set parent $name }
  }
  remote_sql "DROP TABLE IF EXISTS [join [lmap i {0 1 2 3} { string cat wdiff_$i }] ,] CASCADE;
    DROP TYPE IF EXISTS wdiff_mood; CREATE TYPE wdiff_mood AS ENUM ('sad', 'ok', 'a b');
    [join $sql \;\n]"
  open_db
  connect_bare $w::url {"max_rows":0}
  catch {model close}
  sqlite3 ::model :memory:
  model nullvalue NULL
  dict for {name table} $tables {
    db eval "CREATE VIRTUAL TABLE temp.[id $name] USING wowsql(table='$name', server='main'[expr {$through ? ", write='through'" : ""}])"
    make_model $name
  }
  model eval {PRAGMA foreign_keys = 1}
  foreach side {db model} {
    $side eval {
      CREATE TABLE src(i INTEGER PRIMARY KEY, n INTEGER, t TEXT);
      INSERT INTO src VALUES (1, 1, 'one'), (2, NULL, 'it''s'), (3, 3, NULL), (4, -4, char(10)), (5, 5, 'é');
      CREATE TABLE here(x);
    }
  }
}

proc w::foreach_table {n variable body} {
  upvar 1 $variable name
  for {set i 0} {$i < $n} {incr i} {
    set name wdiff_$i
    uplevel 1 $body
  }
}

# ---- statements. Each procedure returns a dict: sql; model, the model's statement if it is another one;
# writes and reads, tables; refused: it fails by itself; count: what changes() says if not the model's.

# For NULL, the default.
proc w::with_default {name column literal} {
  set default [dict get $w::tables $name columns $column default]
  if {$default eq {}} { return $literal }
  if {$literal eq "NULL"} { return $default }
  return $literal
}

# Columns for an INSERT: the key, those that need a value, and some others.
proc w::some_columns {name} {
  lmap column [writable $name] {
    set spec [dict get $w::tables $name columns $column]
    set needed [expr {$column in [key_columns $name] || ([dict get $spec not_null] && [dict get $spec default] eq {})}]
    if {$column in [key_columns $name] && [is_generated $name] && [chance 60]} continue
    if {!$needed && [chance 35]} continue
    set column
  }
}

proc w::new_value {name column} {
  set spec [dict get $w::tables $name columns $column]
  if {$column eq "parent"} { return [some_parent $name] }
  if {![dict get $spec not_null] && [chance 15]} { return NULL }
  if {[dict get $spec not_null] && [dict get $spec default] ne {} && [chance 15]} { return NULL }
  # Mostly no two are equal.
  if {[string match *UNIQUE* [dict get $spec extra]]} {
    set n [incr w::counter]
    return [expr {[dict get $spec family] eq "text" ? "'u$n'" : $n + 100}]
  }
  value [dict get $spec family]
}

proc w::some_parent {name} {
  set parent [dict get $w::tables $name parent]
  set key [existing $parent]
  expr {$key eq {} || [chance 20] ? "NULL" : [lindex $key 0]}
}

# The key of a row that is there, as literals; {} if there is none.
proc w::existing {name} {
  set key [key_columns $name]
  # Not one that the model has generated in this transaction.
  set known [expr {[is_generated $name] ? "WHERE id < 4000000000000000000" : {}}]
  set n [model one "SELECT count(*) FROM [id $name] $known"]
  if {$n == 0} return
  model eval "SELECT [join [lmap column $key { string cat quote( [id $column] ) }] {, }] FROM [id $name] $known ORDER BY [ids $key] LIMIT 1 OFFSET [int $n]"
}

proc w::key_equals {name key} {
  join [lmap column [key_columns $name] literal $key { string cat [id $column] " = " $literal }] { AND }
}

proc w::where {name} {
  set column [pick [columns $name]]
  set names [key_columns $name]
  set key [existing $name]
  switch [int 7] {
    0 - 1 - 2 { if {$key ne {}} { return [key_equals $name $key] } }
    3 { if {$column ni $names} { return "[id $column] IS [pick {NULL {NOT NULL}}]" } }
    4 {
      if {$key ne {}} {
        set first [lindex [key_columns $name] 0]
        return "[id $first] [pick {<= >= <>}] [lindex $key 0]"
      }
    }
    5 {
      set keys [lmap i {1 2 3} { lindex [existing $name] 0 }]
      if {{} ni $keys} { return "[id [lindex [key_columns $name] 0]] IN ([join $keys {, }])" }
    }
  }
  return "1"
}

proc w::insert_values {name} {
  set columns [some_columns $name]
  if {$columns eq {}} { set columns [list [lindex [writable $name] 0]] }
  set here {}
  set there {}
  set n [pick {1 1 1 2 3 6}]
  for {set i 0} {$i < $n} {incr i} {
    lassign [row_of $name $columns [fresh $name]] row with_defaults
    lappend here ([join $row {, }])
    lappend there ([join $with_defaults {, }])
  }
  set or [pick {{} {} {} {} {OR ABORT } {OR FAIL } {OR ROLLBACK }}]
  statement $name "INSERT ${or}INTO [id $name] ([ids $columns]) VALUES [join $here {, }]" \
    "INSERT INTO [id $name] ([ids $columns]) VALUES [join $there {, }]"
}

# A row's literals for these columns, and the same with defaults for NULL.
proc w::row_of {name columns key} {
  set row {}
  set with_defaults {}
  foreach column $columns {
    set at [lsearch -exact [key_columns $name] $column]
    # Not the result of expr, which would make Inf of 9e999.
    if {$at >= 0} { set literal [lindex $key $at] } else { set literal [new_value $name $column] }
    lappend row $literal
    lappend with_defaults [with_default $name $column $literal]
  }
  list $row $with_defaults
}

proc w::statement {name sql {model {}} args} {
  dict merge [dict create sql $sql model [expr {$model eq {} ? $sql : $model}] writes $name reads {} refused 0 count {}] $args
}

# From a local table, or from another remote one.
proc w::insert_select {name} {
  set from src
  set number i
  set reads {}
  if {[chance 40]} {
    set from [pick [dict keys $w::tables]]
    set reads [list $from]
    set number "row_number() OVER (ORDER BY [ids [key_columns $from]])"
  }
  set columns [some_columns $name]
  if {$columns eq {}} { set columns [list [lindex [writable $name] 0]] }
  set key [fresh_of $name $number]
  foreach side {here there} {
    set $side {}
    foreach column $columns {
      set at [lsearch -exact [key_columns $name] $column]
      set spec [dict get $w::tables $name columns $column]
      if {![info exists chosen($column)]} {
        if {$at >= 0} {
          set chosen($column) [lindex $key $at]
        } elseif {[string match *UNIQUE* [dict get $spec extra]]} {
          set chosen($column) [expr {[dict get $spec family] eq "text" ? "'u[incr w::counter] ' || $number" : "[incr w::counter]00 + $number"}]
        } elseif {$from eq "src" && [dict get $spec family] in {int big} && $column ne "parent" && ![dict get $spec not_null]} {
          set chosen($column) n
        } elseif {$from eq "src" && [dict get $spec family] in {text varchar} && $column ne "parent" && ![dict get $spec not_null]} {
          set chosen($column) t
        } else {
          set chosen($column) [new_value $name $column]
        }
      }
      set expression $chosen($column)
      if {$side eq "there" && [dict get $spec default] ne {}} { set expression "coalesce($expression, [dict get $spec default])" }
      lappend $side $expression
    }
  }
  set where [expr {$from eq "src" ? "WHERE i <= [int 6]" : "LIMIT [expr {1 + [int 8]}]"}]
  statement $name "INSERT INTO [id $name] ([ids $columns]) SELECT [join $here {, }] FROM [id $from] $where" \
    "INSERT INTO [id $name] ([ids $columns]) SELECT [join $there {, }] FROM [id $from] $where" reads $reads
}

proc w::upsert {name} {
  if {[dict get $w::tables $name kind] eq "always"} { return [insert_values $name] }
  set columns [lsort -unique [concat [key_columns $name] [some_columns $name]]]
  set n [pick {1 2 4}]
  set keys {}
  for {set i 0} {$i < $n} {incr i} {
    set key [existing $name]
    if {$key eq {} || [chance 40]} { set key [fresh $name] }
    if {$keys ne {} && [chance 10]} { set key [lindex $keys 0] }
    lappend keys $key
  }
  set here {}
  set there {}
  set all [writable $name]
  set or [pick {IGNORE REPLACE}]
  foreach key $keys {
    lassign [row_of $name $columns $key] row
    if {$or eq "REPLACE"} {
      set row [lmap column $columns literal $row {
        if {[family $name $column] eq "json"} { set literal {'"s"'} }
        set literal
      }]
    }
    lappend here ([join $row {, }])
    lappend there ([join [lmap column $all {
      set at [lsearch -exact $columns $column]
      with_default $name $column [lindex [list NULL {*}$row] [expr {$at + 1}]]
    }] {, }])
  }
  set others [lmap column $all { if {$column in [key_columns $name]} continue; set column }]
  if {$or eq "IGNORE"} {
    set action NOTHING
    set count $n
  } else {
    set action "UPDATE SET [join [lmap column $others { string cat [id $column] " = excluded." [id $column] }] {, }]"
    set count {}
    if {$others eq {}} { set action NOTHING }
  }
  statement $name "INSERT OR $or INTO [id $name] ([ids $columns]) VALUES [join $here {, }]" \
    "INSERT INTO [id $name] ([ids $all]) VALUES [join $there {, }] ON CONFLICT ([ids [key_columns $name]]) DO $action" count $count
}

# The columns that an UPDATE may set without a new key.
proc w::settable {name} {
  lmap column [writable $name] {
    if {$column in [key_columns $name]} continue
    set column
  }
}

proc w::update {name} {
  set columns [settable $name]
  set set {}
  for {set i [pick {1 1 2 3}]} {$i > 0} {incr i -1} {
    set column [pick $columns]
    set spec [dict get $w::tables $name columns $column]
    # Equal values in a unique column are for the statements that are to fail.
    if {[string match *UNIQUE* [dict get $spec extra]]} continue
    if {[dict get $spec not_null]} { set value [value [dict get $spec family]] } else { set value [new_value $name $column] }
    if {$column ne "parent" && ![dict get $spec not_null] && [chance 40]} { set value [expression [dict get $spec family] $column] }
    dict set set $column $value
  }
  if {$set eq {}} { return [delete $name] }
  set assignments [join [lmap {column value} $set { string cat [id $column] " = " $value }] {, }]
  statement $name "UPDATE [id $name] SET $assignments WHERE [where $name]" {} reads [list $name]
}

# With the values of a local table.
proc w::update_from {name} {
  set first [lindex [key_columns $name] 0]
  foreach column [settable $name] {
    set spec [dict get $w::tables $name columns $column]
    if {[dict get $spec family] ni {int big text} || [dict get $spec not_null] || $column eq "parent" || [dict get $spec extra] ne {}} continue
    set value [expr {[dict get $spec family] eq "text" ? "s.t" : "s.n"}]
    set n [pick {2 3 5}]
    # Each row has at most one partner; it does not depend on a key that the server makes, as the model's
    # are others.
    set place [expr {$w::generated_keys && [is_generated $name] ? 1 : "1 + length(w.[id $first]) % $n"}]
    return [statement $name "UPDATE [id $name] AS w SET [id $column] = $value FROM src AS s
      WHERE s.i = $place" {} reads [list $name]]
  }
  update $name
}

proc w::update_key {name} {
  set key [existing $name]
  set kind [dict get $w::tables $name kind]
  if {$key eq {} || $kind eq "always"} { return [update $name] }
  set columns [key_columns $name]
  if {$kind in {big identity} && [chance 20]} {
    set column [id [lindex $columns 0]]
    return [statement $name "UPDATE [id $name] SET $column = $column + 3000000000[incr w::counter]" {} reads [list $name]]
  }
  set new [fresh $name]
  set assignments [join [lmap column $columns literal $new { string cat [id $column] " = " $literal }] {, }]
  if {[llength $columns] > 1 && [chance 50]} { set assignments "[id [lindex $columns 1]] = [lindex $new 1]" }
  statement $name "UPDATE [id $name] SET $assignments WHERE [key_equals $name $key]" {} reads [list $name]
}

proc w::delete {name} {
  set where [where $name]
  if {$where eq "1" && [chance 70]} { set where "[id [lindex [columns $name] end]] IS NULL" }
  statement $name "DELETE FROM [id $name] WHERE $where" {} reads [list $name]
}

# A statement that a constraint refuses, for certain or probably.
proc w::violate {name} {
  set columns [dict get $w::tables $name columns]
  set key [existing $name]
  set kind [dict get $w::tables $name kind]
  switch [int 5] {
    0 {
      if {$key ne {} && $kind ne "always"} {
        set all [lsort -unique [concat [key_columns $name] [some_columns $name]]]
        lassign [row_of $name $all $key] row with_defaults
        return [statement $name "INSERT INTO [id $name] ([ids $all]) VALUES ([join $row {, }])" \
          "INSERT INTO [id $name] ([ids $all]) VALUES ([join $with_defaults {, }])"]
      }
    }
    1 {
      dict for {column spec} $columns {
        if {[dict get $spec not_null] && $column ni [key_columns $name] && $key ne {}} {
          return [statement $name "UPDATE [id $name] SET [id $column] = NULL WHERE [key_equals $name $key]" {} reads [list $name]]
        }
      }
    }
    2 {
      dict for {column spec} $columns {
        if {[string match {CHECK*<> 13*} [dict get $spec extra]] && $key ne {}} {
          return [statement $name "UPDATE [id $name] SET [id $column] = 13 WHERE [key_equals $name $key]" {} reads [list $name]]
        }
      }
    }
    3 {
      dict for {column spec} $columns {
        if {[string match *UNIQUE* [dict get $spec extra]]} {
          return [statement $name "UPDATE [id $name] SET [id $column] = [value [dict get $spec family]]" {} reads [list $name]]
        }
      }
    }
    4 {
      if {[dict exists $columns parent] && $key ne {}} {
        set lost [lindex [fresh [dict get $w::tables $name parent]] 0]
        if {$lost ne "NULL"} {
          return [statement $name "UPDATE [id $name] SET parent = $lost WHERE [key_equals $name $key]" {} reads [list $name]]
        }
      }
    }
  }
  insert_values $name
}

# A value that cannot be sent, in the last of several rows.
proc w::refused {name} {
  foreach column [writable $name] {
    set wrong [wrong [family $name $column]]
    if {$wrong eq {} || $column eq "parent" || $column in [key_columns $name]} continue
    set columns [lsort -unique [concat [some_columns $name] [list $column]]]
    set rows {}
    foreach i {1 2} {
      lassign [row_of $name $columns [fresh $name]] row
      if {$i == 2} { lset row [lsearch -exact $columns $column] $wrong }
      lappend rows ([join $row {, }])
    }
    return [statement $name "INSERT INTO [id $name] ([ids $columns]) VALUES [join $rows {, }]" {} refused 1]
  }
  insert_values $name
}

proc w::random_statement {} {
  set name [pick [dict keys $w::tables]]
  set kind [pick {insert_values insert_values insert_values insert_select insert_select upsert upsert update update update update_from
    update_key delete delete violate refused}]
  dict set statement kind $kind
  dict merge $statement [$kind $name]
}

# ---- the model

# The kind of a constraint's error, of either side; {} for another error.
proc w::class {message} {
  foreach {pattern class} {
    23505 unique 23503 foreign 23502 null 23514 check 428C9 generated
    {UNIQUE constraint} unique {PRIMARY KEY constraint} unique {FOREIGN KEY constraint} foreign {NOT NULL constraint} null {CHECK constraint} check
    {cannot INSERT into generated} generated
  } {
    if {[regexp $pattern $message]} { return $class }
  }
  return {}
}

# Tables that a cascade reaches from this one.
proc w::reached {name} {
  set list {}
  dict for {child table} $w::tables {
    if {[dict get $table parent] eq $name} { lappend list $child {*}[reached $child] }
  }
  return $list
}

proc w::note {what} { dict incr w::seen $what }

# One transaction: generated along the model, run over the virtual tables. True: as it should be.
proc w::transaction {} {
  variable script {}
  variable through
  set autocommit [chance 30]
  set n [expr {$autocommit ? 1 : 1 + [int 8]}]
  variable dirty {}       ;# table -> number of unsent rows
  variable doom {}        ;# kinds of the errors that COMMIT may fail with
  variable generated_keys 0
  variable stack {}       ;# of savepoints: {name dirty doom generated_keys}
  variable touched {}
  if {$autocommit} {
    set good [run_autocommit]
  } else {
    set good [run_block $n]
  }
  expr {$good && [compare_all]}
}

proc w::run_here {sql} {
  lappend w::script $sql
  if {[catch {db eval $sql} message]} {
    lappend w::script "-- [string range $message 0 500]"
    return [list 1 $message]
  }
  list 0 {}
}

# Runs a statement over the model. {} or the kind of error that it is refused with.
proc w::run_model {sql} {
  if {![catch {model eval $sql} message]} { return {} }
  set class [class $message]
  if {$class eq {}} { error "the model refuses $sql: $message" }
  return $class
}

proc w::wrong_here {what args} {
  variable bad
  incr bad
  t::fail $what {*}$args statements [join $w::script \;\n] context $w::context tables [describe]
  return 0
}

proc w::describe {} {
  join [lmap name [dict keys $w::tables] { model one {SELECT sql FROM sqlite_schema WHERE name = $name} }] \n
}

proc w::run_autocommit {} {
  set statement [random_statement]
  if {[dict get $statement kind] eq "local"} { return 1 }
  run_statement $statement 1
}

# One statement, sent at its end or left for COMMIT. False: something is wrong.
proc w::run_statement {statement sent_at_end} {
  variable dirty
  variable doom
  variable touched
  variable generated_keys
  set name [dict get $statement writes]
  note [dict get $statement kind]
  set unsent 0
  foreach read [dict get $statement reads] { if {[dict exists $dirty $read]} { set unsent 1 } }
  set before_here [db total_changes]
  if {$unsent || [dict get $statement refused]} {
    lassign [run_here [dict get $statement sql]] failed message
    if {!$failed} { return [wrong_here [expr {$unsent ? "reads unsent writes" : "a value that cannot be sent"}]] }
    if {[class $message] ne {}} { return [wrong_here "a constraint's error before COMMIT" error $message] }
    if {$unsent && ![regexp {COMMIT} $message]} { return [wrong_here "the error about unsent writes" error $message] }
    note [expr {$unsent ? "unsent" : "refused value"}]
    return 1
  }
  set class [run_model [dict get $statement model]]
  set changes [model changes]
  if {[dict get $statement count] ne {}} { set changes [dict get $statement count] }
  dict set touched $name 1
  if {$name in [dict keys $w::tables] && [is_generated $name] && [string match INSERT* [dict get $statement sql]]} { set generated_keys 1 }
  lassign [run_here [dict get $statement sql]] failed message
  if {$sent_at_end} { return [outcome $class $failed $message $changes [db errorcode]] }
  if {$failed} { return [wrong_here "a statement fails before COMMIT" error $message] }
  if {$class ne {}} {
    lappend doom $class
    return 1
  }
  if {[db changes] != $changes} { return [wrong_here "changes()" expected $changes got [db changes]] }
  if {[db total_changes] - $before_here != $changes} {
    return [wrong_here "total_changes()" expected $changes got [expr {[db total_changes] - $before_here}]]
  }
  if {$changes > 0} { dict incr dirty $name $changes }
  return 1
}

# Compares how sending has ended with the kinds of errors of which there should be one ({}: none).
proc w::outcome {classes failed message changes code} {
  if {!$failed && $classes eq {}} {
    if {$changes ne {} && [db changes] != $changes} { return [wrong_here "changes()" expected $changes got [db changes]] }
    return 1
  }
  if {!$failed} { return [wrong_here "nothing fails" expected $classes] }
  if {$classes eq {}} { return [wrong_here "it fails" error $message] }
  if {$w::through && [class $message] eq {}} { append message " [db one {SELECT wowsql_last_error()}]" }
  if {[class $message] ni $classes} { return [wrong_here "another error" expected $classes error $message] }
  if {$code != 19 && [class $message] ne "generated"} { return [wrong_here "SQLite's code" expected 19 got $code error $message] }
  note "failed: [class $message]"
  after_failure $message
}

# What has been stored although it failed must be named; the model goes on from there.
proc w::after_failure {message} {
  set changed {}
  set touched [dict keys $w::touched]
  foreach name [fetch] {
    if {$name in $touched} { lappend changed $name }
  }
  foreach name $changed {
    if {![regexp [string cat {\m} $name {\M}] $message]} { return [wrong_here "$name has changed and is not named" error $message] }
  }
  if {[db eval {SELECT x FROM here}] ne [model eval {SELECT x FROM here}]} { return [wrong_here "rows of the local table after a failure"] }
  if {$changed ne {}} { note "failed after a part was accepted" }
  reload
  return 1
}

proc w::run_block {n} {
  variable stack
  variable dirty
  variable doom
  variable through
  set outermost [expr {!$through && [chance 15]}]
  run_both [expr {$outermost ? "SAVEPOINT whole" : "BEGIN"}]
  for {set i 0} {$i < $n} {incr i} {
    if {!$through && [chance 25]} {
      if {![control]} { return 0 }
      continue
    }
    if {$doom ne {}} continue
    if {!$through && [chance 10]} { run_both "INSERT INTO here VALUES ([int 100])"; continue }
    set statement [allowed_statement]
    if {$statement eq {}} continue
    if {![run_statement $statement $through]} { return 0 }
    # A statement that was sent and failed ends this one.
    if {$through && [lindex $w::script end] ne [dict get $statement sql] && ![dict get $statement refused]} {
      if {![autocommit]} { run_both COMMIT }
      return 1
    }
  }
  finish $outermost
}

# A statement that reads nothing that an unsent change may reach by a cascade.
proc w::allowed_statement {} {
  for {set i 0} {$i < 20} {incr i} {
    set statement [random_statement]
    set good 1
    foreach name [dict keys $w::dirty] {
      foreach read [dict get $statement reads] {
        if {$read in [reached $name]} { set good 0 }
      }
      # An unsent change of a child, and then one of its parent that reaches it.
      if {$name in [reached [dict get $statement writes]] && [dict get $statement kind] in {delete update_key}} { set good 0 }
    }
    if {$good} { return $statement }
  }
  return {}
}

proc w::run_both {sql} {
  lassign [run_here $sql] failed message
  if {$failed} { error "$sql: $message" }
  # What is sent at once is no part of a transaction.
  if {!$w::through || $sql ni {BEGIN COMMIT}} { model eval $sql }
}

proc w::control {} {
  variable stack
  variable dirty
  variable doom
  variable generated_keys
  switch [int 3] {
    0 {
      set name [pick {s S2 s3 s}]
      run_both "SAVEPOINT $name"
      lappend stack [list $name $dirty $doom $generated_keys]
    }
    1 {
      if {$stack eq {}} { return 1 }
      lassign [lindex $stack end-[int [llength $stack]]] name
      # The innermost one of this name.
      set at [lindex [lsearch -all -index 0 -nocase $stack $name] end]
      lassign [lindex $stack $at] name dirty doom generated_keys
      set stack [lrange $stack 0 $at]
      run_both "ROLLBACK TO $name"
      note "ROLLBACK TO"
    }
    2 {
      if {$stack eq {}} { return 1 }
      set at [lindex [lsearch -all -index 0 -nocase $stack [lindex $stack end 0]] end]
      run_both "RELEASE [lindex $stack $at 0]"
      set stack [lrange $stack 0 $at-1]
    }
  }
  return 1
}

proc w::finish {outermost} {
  variable doom
  variable touched
  variable through
  set end COMMIT
  if {$outermost} { set end "RELEASE whole" }
  if {!$through && [chance 20]} {
    run_both ROLLBACK
    set touched {}
    set w::generated_keys 0
    return 1
  }
  lassign [run_here $end] failed message
  set code [db errorcode]
  if {$through} {
    set doom {}
  } elseif {$doom eq {}} {
    model eval $end
  } else {
    model eval ROLLBACK
  }
  if {$failed && [string match RELEASE* $end]} { catch {run_here ROLLBACK} }
  set good [outcome $doom $failed $message {} $code]
  if {![db one {SELECT 1}] || [autocommit] == 0} { return [wrong_here "the transaction is still open"] }
  return $good
}

# Is no transaction open? A BEGIN says so.
proc w::autocommit {} {
  if {[catch {db eval BEGIN}]} { return 0 }
  db eval ROLLBACK
  return 1
}

# ---- comparing

# Reads PostgreSQL's rows into the model's server_NAME. Returns the tables that differ from the model.
proc w::fetch {} {
  set queries {}
  dict for {name table} $w::tables {
    set values [lmap column [columns $name] { copied_value $column [dict get $table types $column] }]
    lappend queries "SELECT '$name', coalesce(string_agg('(' || concat_ws(',', [join $values {, }]) || ')', ','), '') FROM [id $name]"
  }
  set different {}
  foreach {name rows} [remote_query [join $queries { UNION ALL }]] {
    model eval "DELETE FROM [id server_$name]"
    if {$rows ne {}} { model eval "INSERT INTO [id server_$name] VALUES $rows" }
    if {[differences $name] ne {}} { lappend different $name }
  }
  return $different
}

proc w::differences {name} {
  set columns [columns $name]
  if {$w::generated_keys && [is_generated $name]} { set columns [lrange $columns 1 end] }
  set columns [join [lmap column $columns { string cat quote( [id $column] ) }] {, }]
  set rows {}
  foreach {sign one other} [list missing $name server_$name extra server_$name $name] {
    set found [model eval "SELECT $columns FROM [id $one] EXCEPT SELECT $columns FROM [id $other] LIMIT 3"]
    if {$found ne {}} { lappend rows "$sign: $found" }
  }
  if {$rows eq {}} {
    set counts [model eval "SELECT (SELECT count(*) FROM [id $name]), (SELECT count(*) FROM [id server_$name])"]
    if {[lindex $counts 0] != [lindex $counts 1]} { lappend rows "numbers of rows: $counts" }
  }
  join $rows \n
}

# The model takes over what the server has.
proc w::reload {} {
  model eval {PRAGMA foreign_keys = 0}
  dict for {name table} $w::tables {
    set columns [ids [lmap column [columns $name] { if {$column eq "made"} continue; set column }]]
    model eval "DELETE FROM [id $name]; INSERT INTO [id $name] ($columns) SELECT $columns FROM [id server_$name]"
  }
  model eval {PRAGMA foreign_keys = 1}
}

proc w::compare_all {} {
  foreach name [fetch] { return [wrong_here "rows of $name in PostgreSQL" difference [differences $name]] }
  if {$w::generated_keys} { reload }
  foreach name [dict keys $w::tables] {
    set sql "SELECT [join [lmap column [columns $name] { string cat quote( [id $column] ) }] {, }] FROM [id $name]"
    if {[catch {rows db $sql} got]} { return [wrong_here "reading $name" error $got] }
    set expected [rows model $sql]
    if {$got ne $expected} { return [wrong_here "rows of $name" expected $expected got $got] }
  }
  if {[db eval {SELECT x FROM here}] ne [model eval {SELECT x FROM here}]} { return [wrong_here "rows of the local table"] }
  return 1
}

proc w::rows {side sql} {
  set rows {}
  $side eval $sql row { lappend rows [lmap name $row(*) { set row($name) }] }
  lsort $rows
}

# ---- running

# Runs n transactions over the tables of a seed.
proc w::run {seed n} {
  variable bad 0
  variable script {}
  if {[catch {setup $seed [expr {2 + $seed % 3}]} message]} {
    return [t::fail "seed $seed: making the tables" error $message info $::errorInfo]
  }
  for {set i 0} {$i < $n} {incr i} {
    if {[catch {transaction} good]} { wrong_here "seed $seed, transaction $i" error $good info $::errorInfo; set good 0 }
    # After a difference nothing is certain any more.
    if {!$good} { puts "  (seed $seed, transaction $i)"; return }
  }
  t::pass
}

proc w::cleanup {} {
  catch {model close}
  t::psql {DROP TABLE IF EXISTS wdiff_0, wdiff_1, wdiff_2, wdiff_3 CASCADE; DROP TYPE IF EXISTS wdiff_mood}
}

proc w::summary {} {
  puts "seen: [join [lmap {what n} [lsort -stride 2 $w::seen] { string cat $what " " $n }] {, }]"
}
