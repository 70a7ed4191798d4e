# The differential test's machinery: schemas, rows and queries from a seed; each query runs over the
# virtual tables and over local copies of their rows, and must give the same answer.
#
# The copies are taken with nothing shipped (plain page-by-page reading), in tables of the declared
# types of the virtual ones. The server sorts bytewise here (C.UTF-8), as SQLite does. Constants for
# dates, times and uuids are written as the server writes them, or are none at all: other spellings
# are compared by the server as values, which a copy cannot do.

namespace eval d {
  variable tables {} ;# name -> list of {column family}
  variable keys {}   ;# name -> columns of the key
}

proc d::pick {list} { lindex $list [expr {int(rand() * [llength $list])}] }
proc d::int {n} { expr {int(rand() * $n)} }
proc d::chance {percent} { expr {rand() * 100 < $percent} }

# ---- schemas and rows

# Texts that try to be something else on their way.
set d::texts {
  {} { } a b A B ab aB abc {a,b} {a"b} {a\b} {a%b} a_b a*b (p) ) , null NULL true eq.5 not.eq.5
  in.(1,2) {line
break} héllo Ünï →😀 {"q"} {{x,y}} 5 5.0 05 -1 1e3 { lead} {trail } tab\there ' '' a'b # & = \; +
  {a b c} %41 %00 zzz ~ é z\u0301 \\ \\\\ {\%} {"} NaN Infinity is.null ..
}

# For each family: its PostgreSQL type and the SQL of its values; the texts of constants that users
# may write beside it come from d::constant.
set d::values(int) {0 1 2 3 4 5 -1 -5 7 10 100 2147483647 -2147483648}
set d::values(big) {0 1 2 5 -7 9007199254740993 9007199254740992 9223372036854775807 -9223372036854775808}
set d::values(small) {0 1 2 -3 32767 -32768}
set d::values(num) {0 1 -1 1.5 2.50 0.1 99.99 -0.001 1000000 123456789.125 'NaN'}
set d::values(real8) {0 1 -1.5 0.1 1e15 1e300 5e-324 -2.25 3.5 'NaN' 'Infinity' '-Infinity'}
set d::values(real4) {0 1 -1.5 0.1 0.3 3.4e38 16777216 2.25 'NaN' 'Infinity'}
set d::values(bool) {true false}
# Neither BC nor five-digit years: the server orders dates as values, and only the others have a text
# form of the same order.
set d::values(date) {'2024-01-01' '2024-02-29' '1999-12-31' '0044-03-15' 'infinity' '-infinity'}
set d::values(ts) {'2024-01-01T10:00:00' '2024-01-01T10:00:00.5' '1999-12-31T23:59:59.999999' 'infinity'}
set d::values(tz) {'2024-01-01T10:00:00+00:00' '2024-06-01T00:00:00.25+00:00' '1969-07-20T20:17:00+00:00'}
set d::values(time) {'10:00:00' '23:59:59.5' '00:00:00' '24:00:00'}
set d::values(uuid) {'00000000-0000-0000-0000-000000000001' 'c4ca4238-a0b9-2382-0dcc-509a6f75849b' 'ffffffff-ffff-ffff-ffff-ffffffffffff'}
set d::values(enum) {'sad' 'ok' 'happy' {'a b'}}
set d::values(bytea) {{'\x'} {'\x00'} {'\x00ff'} {'\x61'} {'\xdeadbeef'}}
set d::values(jsonb) {{'{"a":1}'} {'[1,2]'} {'"s"'} {'5'} {'null'} {'true'} {'{"a":{"b":[1,{"c":"x,y"}]}}'}}
set d::values(arr) {{'{}'} {'{a,b}'} {'{"a,b","c\"d",NULL}'}}
set d::values(char5) {'ab' {'ab   '} '' 'x'}
set d::values(citext) {'abc' 'ABC' 'x'}

array set d::types {
  int integer big bigint small smallint num numeric real8 {double precision} real4 real bool boolean
  date date ts timestamp tz timestamptz time time uuid uuid enum diff_mood bytea bytea jsonb jsonb
  arr text[] text text char5 char(5) citext extensions.citext
}

proc d::sql_value {family} {
  variable values
  if {[chance 15]} { return NULL }
  if {$family eq "text"} { return "'[string map {' ''} [pick $d::texts]]'" }
  pick $values($family)
}

# Makes a remote table with a key (int, text, composite or none) and its rows; returns its name.
proc d::make_table {n key rows} {
  variable tables
  variable keys
  set name "diff_$n"
  set families {int big small num real8 real4 bool date ts tz time uuid enum bytea jsonb arr text char5 citext}
  set columns {}
  # A few columns of any family, and always some of the most used ones.
  foreach family [concat {int text num} [lmap i {1 2 3 4 5 6 7} { pick $families }]] {
    lappend columns [list "c[llength $columns]_$family" $family]
  }
  set sql "DROP TABLE IF EXISTS $name;\n"
  set definitions [lmap c $columns { string cat [lindex $c 0] " " $d::types([lindex $c 1]) }]
  switch $key {
    int { set definitions [concat {"id integer PRIMARY KEY"} $definitions]; set keys_of id }
    text { set definitions [concat {"id text PRIMARY KEY"} $definitions]; set keys_of id }
    composite { set definitions [concat {"k1 integer"} {"k2 text"} $definitions {"PRIMARY KEY (k1, k2)"}]; set keys_of {k1 k2} }
    none { set keys_of {} }
  }
  append sql "CREATE TABLE $name ([join $definitions {, }]);\n"
  for {set i 0} {$i < $rows} {incr i} {
    switch $key {
      int { set row [expr {$i * 3 - 20}] }
      text { set row "'k[format %03d $i][string map {' ''} [lindex $d::texts [expr {$i % [llength $d::texts]}]]]'" }
      composite { set row "[expr {$i % 5}], 'k$i'" }
      none { set row {} }
    }
    set fields [lmap c $columns { sql_value [lindex $c 1] }]
    append sql "INSERT INTO $name VALUES ([join [concat [expr {$row eq {} ? {} : [list $row]}] $fields] {, }]);\n"
    # Without a key rows may repeat.
    if {$key eq "none" && $i % 4 == 0} {
      append sql "INSERT INTO $name VALUES ([join $fields {, }]);\n"
    }
  }
  dict set keys $name $keys_of
  switch $key {
    int { set columns [linsert $columns 0 {id int}] }
    text { set columns [linsert $columns 0 {id text}] }
    composite { set columns [concat {{k1 int} {k2 text}} $columns] }
  }
  dict set tables $name $columns
  return $sql
}

# Imports the tables as diff_N and copies them to copy_N.
proc d::import {{server main}} {
  variable tables
  db eval {SELECT wowsql_refresh($server)}
  db eval {SELECT wowsql_import($server, '{"like":"diff_%","if_exists":"replace"}')}
  db eval {SELECT wowsql_config('ship', 0)}
  dict for {name columns} $tables {
    set copy [string map {diff_ copy_} $name]
    set definitions {}
    db eval "PRAGMA temp.table_xinfo($name)" c {
      if {$c(hidden) == 0} { lappend definitions "\"$c(name)\" $c(type)" }
    }
    db eval "DROP TABLE IF EXISTS $copy; CREATE TEMP TABLE $copy ([join $definitions {, }])"
    db eval "INSERT INTO $copy SELECT * FROM $name"
  }
  db eval {SELECT wowsql_config('ship', 1)}
}

# ---- queries

proc d::quote {text} { string cat ' [string map {' ''} $text] ' }

# A constant that someone might write beside a column of this family.
proc d::constant {family} {
  variable values
  if {[chance 4]} { return NULL }
  if {[chance 12]} { ;# of another type
    return [pick {5 0 -1 18.5 1e30 -1e30 'abc' '' '5' x'35' x'' 9223372036854775807 1 0.1 'zzz' {' '}}]
  }
  switch $family {
    text - char5 - citext { return [quote [pick $d::texts]] }
    bytea { return [pick {x'' x'00' x'00ff' x'61' x'deadbeef' x'ff' 'a'}] }
    bool { return [pick {0 1 true false 2 0.5 -1}] }
    int - small { return [pick [concat $values(int) {'5' 18.5 -0.5 5.0 2147483648 99999 '7.0' 1e3}]] }
    big { return [pick [concat $values(big) {9.2e18 -9.3e18 1.5}]] }
    num { return [pick {0 1 1.5 2.5 0.1 99.99 -0.001 1000000 '1.5' 'NaN' 123456789.125}] }
    real8 { return [pick {0 1 -1.5 0.1 1e15 1e300 5e-324 9e999 -9e999 9007199254740993 'NaN' '0.1'}] }
    real4 { return [pick {0 1 0.1 0.3 3.4e38 16777217 16777216 1e39 0.1000000001 'NaN'}] }
    jsonb { return [pick {{'{"a": 1}'} {'[1, 2]'} {'"s"'} '5' 'null' 5}] }
    arr { return [pick {{'[]'} {'["a","b"]'} {'{a,b}'}}] }
    default { return [pick [concat $values($family) {'x' '2024-13-45' '10:0' 'c4ca'}]] }
  }
}

proc d::column {table} { pick [dict get $d::tables $table] }

# A column to compare with one of `family`. Two kinds of date and time, or two uuids, are compared by
# the server as values: only the same kind has a text form that a copy can compare.
proc d::partner {table family} {
  set by_value {date ts tz time uuid}
  set columns [lmap c [dict get $d::tables $table] {
    set other [lindex $c 1]
    if {$family in $by_value && $other in $by_value && $family ne $other} continue
    lindex $c 0
  }]
  pick $columns
}

# A pattern; sometimes with everything that has to be escaped somewhere.
proc d::pattern {} {
  quote [pick {a% %b% _b a%b AB% %\\% %*% %,% {%"%} a\\_b %% {} h_llo% →% %. {a b%} (p% ab% %5% 5%}]
}
proc d::glob {} { quote [pick {a* *b* ?b a\[a-z\]b * *\** *%* *_* \[abc\]* \[^a\]* h?llo* {} a\[*\]b *,*}] }

proc d::predicate {table alias depth} {
  if {$depth > 0 && [chance 35]} {
    set a [predicate $table $alias [expr {$depth - 1}]]
    set b [predicate $table $alias [expr {$depth - 1}]]
    return [pick [list "($a AND $b)" "($a OR $b)" "($a OR $b)" "NOT ($a)" "($a AND $b)"]]
  }
  lassign [column $table] name family
  set c "$alias.$name"
  switch [int 16] {
    0 - 1 - 2 - 3 { return "$c [pick {= <> < <= > >= = =}] [constant $family]" }
    4 { return "$c IS [pick {NULL {NOT NULL}}]" }
    5 { return "$c [pick {IS {IS NOT}}] [constant $family]" }
    6 { return "$c [pick {BETWEEN {NOT BETWEEN}}] [constant $family] AND [constant $family]" }
    7 - 8 { return "$c [pick {IN IN {NOT IN}}] ([join [lmap i [lrange {1 2 3 4 5} 0 [int 5]] { constant $family }] ,])" }
    9 { return "$c LIKE [pattern]" }
    10 { return "$c GLOB [glob]" }
    11 { return "$c [pick {= < <> IS}] $alias.[lindex [column $table] 0]" }
    12 { return [pick [list "lower($c) = [constant text]" "$c + 0 > 1" "length($c) > 2" "$c IS TRUE" "typeof($c) = 'text'"]] }
    13 {
      lassign [column $table] name2 family2
      return "($c, $alias.$name2) [pick {= < > <= >=}] ([constant $family], [constant $family2])"
    }
    14 { return "$c [pick {= < >=}] \$[pick {p_int p_real p_text p_null p_five}]" }
    default {
      set other [pick [dict keys $d::tables]]
      set name2 [partner $other $family]
      return [pick [list \
        "$c IN (SELECT z.$name2 FROM $other z WHERE [predicate $other z 0])" \
        "EXISTS (SELECT 1 FROM $other z WHERE z.$name2 = $c)" \
        "$c = (SELECT max(z.$name2) FROM $other z)" \
        "$c IN (SELECT k FROM loc)"]]
    }
  }
}

# Columns that make an order total; empty for a table without a key.
proc d::total {table alias} { lmap c [dict get $d::keys $table] { string cat $alias . $c } }

proc d::order {table alias} {
  set terms [lmap i [lrange {1 2} 0 [int 3]-1] {
    string cat $alias . [lindex [column $table] 0] [pick {{} {} { DESC} { NULLS LAST} { DESC NULLS FIRST}}]
  }]
  join [concat $terms [lmap c [total $table $alias] { string cat $c [pick {{} { DESC}}] }]] {, }
}

# A query: {sql ordered}. ordered: the rows come in a certain order.
proc d::query {} {
  variable tables
  set t [pick [dict keys $tables]]
  set u [pick [dict keys $tables]]
  lassign [column $t] c family
  set c2 [lindex [column $t] 0]
  set i [lindex [pick [lsearch -all -inline -index 1 -regexp [dict get $tables $t] {^(int|small)$}]] 0]
  set p [predicate $t a 2]
  set has_key [expr {[dict get $d::keys $t] ne {}}]
  switch [int 19] {
    0 - 1 - 2 { return [list "SELECT * FROM $t a WHERE $p" 0] }
    3 - 4 - 5 {
      if {!$has_key} { return [list "SELECT a.$c, a.$c2 FROM $t a WHERE $p" 0] }
      set limit [pick [list {} " LIMIT [int 8]" " LIMIT [int 8] OFFSET [int 6]" " LIMIT \$p_five"]]
      return [list "SELECT a.$c, a.$c2 FROM $t a WHERE $p ORDER BY [order $t a]$limit" 1]
    }
    6 { return [list "SELECT count(*) FROM $t a WHERE $p" 1] }
    7 { return [list "SELECT count(*), sum(a.$i), min(a.$c), max(a.$c), count(a.$c2) FROM $t a WHERE $p" 1] }
    8 {
      set tail [pick {{} {HAVING count(*) > 1} {ORDER BY 1, 2}}]
      return [list [pick [list "SELECT a.$c, count(*) FROM $t a WHERE $p GROUP BY a.$c $tail" \
        "SELECT a.$c, count(*), count(CASE WHEN a.$i > 1 THEN a.$c2 END) FROM $t a WHERE $p GROUP BY a.$c $tail" \
        "SELECT a.$c, a.$i, count(*) FROM $t a WHERE $p AND a.$c2 IS NOT NULL GROUP BY a.$i, a.$c ORDER BY a.$i DESC" \
        "SELECT sum(a.$i), count(DISTINCT a.$i), count(*) FROM $t a WHERE $p"]] 0]
    }
    9 { return [list "SELECT DISTINCT a.$c[pick [list {} ", a.$c2"]] FROM $t a WHERE $p" 0] }
    10 {
      set b [partner $u $family]
      return [list "SELECT count(*), count(b.$b) FROM $t a [pick {JOIN {LEFT JOIN} JOIN}] $u b ON a.$c = b.$b[pick [list {} " AND [predicate $u b 0]"]] WHERE $p" 1]
    }
    11 {
      return [list "SELECT a.$c FROM $t a WHERE $p [pick {UNION {UNION ALL} INTERSECT EXCEPT}] SELECT b.[lindex [column $u] 0] FROM $u b WHERE [predicate $u b 1][pick {{} { ORDER BY 1}}]" 0]
    }
    12 { return [list "WITH w AS (SELECT a.$c AS x, a.$i AS y FROM $t a WHERE $p) SELECT x, y FROM w WHERE y [pick {> < =}] [constant int] OR x IS NULL" 0] }
    13 {
      if {!$has_key} { return [list "SELECT count(DISTINCT a.$c) FROM $t a WHERE $p" 1] }
      return [list "SELECT a.$c, row_number() OVER (PARTITION BY a.$c2 ORDER BY a.$c, [join [total $t a] {, }]) FROM $t a WHERE $p" 0]
    }
    14 { return [list "SELECT a.$c, (SELECT count(*) FROM $u b WHERE b.[partner $u $family] = a.$c) FROM $t a WHERE $p" 0] }
    15 { return [list "SELECT l.k, a.$c FROM loc l [pick {JOIN {LEFT JOIN}}] $t a ON a.$i = l.k AND $p" 0] }
    16 { return [list "SELECT l.t, count(a.$c) FROM loc l [pick {JOIN {LEFT JOIN}}] $t a ON a.$c = l.t GROUP BY l.t" 0] }
    17 {
      # Bracketed aggregates; of columns that have them.
      set names [list {[count(*)]} "\[sum($i)\]" "\[max($i)\]"]
      if {![string match *_jsonb $c2]} { lappend names "\[count($c2)\]" }
      lassign [column $t] m family
      if {$family in {text date ts tz time int small big num}} { lappend names "\[min($m)\]" }
      set names [join [lrange $names 0 [int [llength $names]]] {, }]
      set p [predicate $t a [int 2]]
      return [list [pick [list "SELECT a.$c, $names FROM $t a WHERE $p GROUP BY a.$c" \
        "SELECT $names FROM $t a WHERE $p" \
        "SELECT l.k, (SELECT \[count(*)\] FROM $t a WHERE a.$i = l.k[pick [list {} " AND a.$c2 IS NOT NULL"]]) FROM loc l" \
        "SELECT a.$i, $names FROM $t a WHERE a.$c2 IS NOT NULL AND $p GROUP BY a.$i ORDER BY a.$i" \
        "SELECT a.$c, $names FROM $t a GROUP BY a.$c HAVING \[count(*)\] > 1"]] 0]
    }
    default { return [list "SELECT a.$c FROM (SELECT * FROM $t LIMIT 1000) a WHERE $p" 0] }
  }
}

# ---- comparing

proc d::run {sql} {
  upvar #0 d::params params
  set p_int 5
  set p_real [expr {2.5 * 1.0}]
  set p_text abc
  set p_five [expr {2 + 3}]
  set rows {}
  set rc [catch {
    db eval $sql row {
      lappend rows [lmap name $row(*) { set row($name) }]
    }
  } message]
  if {$rc} { return [list error $message] }
  list rows $rows
}

# Runs a query both ways. Empty: the same; else what differs.
proc d::compare {sql ordered} {
  set local [run [string map {diff_ copy_} [regsub -all {\[(\w+\([^\]]*\))\]} $sql {\1}]]]
  set remote [run $sql]
  if {[lindex $local 0] eq "error" && [lindex $remote 0] eq "error"} { return {} }
  # A group has no single value of a column that a condition is computed from here.
  if {[string match {error *must appear in GROUP BY, or in a bracketed aggregate*} $remote]} { return {} }
  # A wide table offers as many brackets as SQLite can tell apart; aggregates= chooses others.
  if {[string match {error *no such column: count(*} $remote]} { return {} }
  # What cannot be told is an error, and says so.
  if {[string match {error * compared with *, as text or as a number*} $remote]} { return {} }
  # A condition that SQLite finds to be false by itself: to SQLite, bracketed aggregates are no
  # aggregates, which would have a row then, too.
  if {[string match {*\[*} $sql] && $remote eq {rows {}} && [lindex $local 1 0 0] eq "0"} { return {} }
  if {!$ordered && [lindex $local 0] eq "rows" && [lindex $remote 0] eq "rows"} {
    set local [list rows [lsort [lindex $local 1]]]
    set remote [list rows [lsort [lindex $remote 1]]]
  }
  if {$local eq $remote} { return {} }
  return "local:  [string range $local 0 2000]\nremote: [string range $remote 0 2000]"
}

# Makes the tables for a seed. `connect` has been called.
proc d::setup {seed rows} {
  variable tables {}
  variable keys {}
  expr {srand($seed)}
  set sql "DROP TYPE IF EXISTS diff_mood CASCADE; CREATE TYPE diff_mood AS ENUM ('sad', 'ok', 'happy', 'a b');\n"
  foreach n {1 2 3 4} key {int text composite none} { append sql [make_table $n $key $rows] }
  remote_sql $sql
  import
  db eval {
    DROP TABLE IF EXISTS loc;
    CREATE TEMP TABLE loc(k INTEGER, t TEXT);
    INSERT INTO loc VALUES (1, 'a'), (2, 'b'), (5, 'abc'), (NULL, NULL), (-20, ''), (7, 'a,b'), (10, 'k1'), (1, 'A');
  }
}

proc d::cleanup {} {
  t::psql {DROP TABLE IF EXISTS diff_1, diff_2, diff_3, diff_4; DROP TYPE IF EXISTS diff_mood CASCADE;}
}

# Runs `n` queries; reports differences as failing tests, and each hundred that agree as one passed.
proc d::run_queries {seed n} {
  set bad 0
  for {set i 0} {$i < $n} {incr i} {
    lassign [query] sql ordered
    set difference [compare $sql $ordered]
    if {$difference ne {}} {
      incr bad
      t::fail "seed $seed query $i" sql $sql difference $difference \
        requests [join [lrange [t::requests 0] end-3 end] \n]
      if {$bad > 10} return
    }
  }
  if {$bad == 0} t::pass
}
