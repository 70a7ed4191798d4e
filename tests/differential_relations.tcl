# The relations of the differential test: tables, views and rows of every kind that a server may have,
# from a seed. See differential.tcl.
#
# The server sorts bytewise here (C.UTF-8), as SQLite does; columns of another collation have a family
# of their own, as queries must know it. Dates, times, timestamps and uuids are compared by the server
# as values, so their values here have one text form each, of the same order.

namespace eval d {
  # name -> {columns {{name family} ...} total {columns that tell rows apart} kind word create {SQL}}
  variable relations {}
}

# ---- families: the PostgreSQL type, and values as SQL

array set d::types {
  int integer big bigint small smallint num numeric real8 {double precision} real4 real bool boolean
  date date ts timestamp tz timestamptz time time uuid uuid enum diff_mood bytea bytea jsonb jsonb
  arr text[] text text char5 char(5) citext extensions.citext varchar varchar(50)
  long numeric(40,10) denum diff_feeling dint diff_count2 dtext diff_word
  json json interval interval inet inet xid xid timetz timetz money money bit {bit varying}
  range int4range point point xml xml oid oid
  icu_en {text COLLATE "en-x-icu"} icu_tr {text COLLATE "tr-x-icu"} icu_nd {text COLLATE diff_nocase}
}

# Texts that try to be something else on their way. Not 'today' and the like: a date beside them would
# be compared as a value.
set d::texts {
  {} { } a b A B ab aB abc {a,b} {a"b} {a\b} {a%b} a_b a*b (p) ) , null NULL true eq.5 not.eq.5
  in.(1,2) {line
break} héllo Ünï →😀 {"q"} {{x,y}} 5 5.0 05 -1 1e3 { lead} {trail } tab\there ' '' a'b # & = \; +
  {a b c} %41 %00 zzz ~ é z\u0301 \\ \\\\ {\%} {"} NaN Infinity is.null .. I i \u0130 \u0131 ID id
  KB \u212ab x x x 1 2 7 10 -5 2.50 0x5
}

set d::values(int) {0 1 2 3 4 5 -1 -5 7 10 100 2147483647 -2147483648}
set d::values(big) {0 1 2 5 -7 9007199254740993 9007199254740992 9223372036854775807 -9223372036854775808}
set d::values(small) {0 1 2 -3 32767 -32768}
set d::values(num) {0 1 -1 1.5 2.50 0.1 99.99 -0.001 1000000 123456789.125 'NaN'}
set d::values(real8) {0 1 -1.5 0.1 1e15 1e300 5e-324 -2.25 3.5 'NaN' 'Infinity' '-Infinity'}
set d::values(real4) {0 1 -1.5 0.1 0.3 3.4e38 16777216 2.25 'NaN' 'Infinity'}
set d::values(bool) {true false}
# Neither BC nor five-digit years: only the others have texts in the order of the values.
set d::values(date) {'2024-01-01' '2024-02-29' '1999-12-31' '0044-03-15' 'infinity' '-infinity'}
set d::values(ts) {'2024-01-01T10:00:00' '2024-01-01T10:00:00.5' '1999-12-31T23:59:59.999999' 'infinity'}
set d::values(tz) {'2024-01-01T10:00:00+00:00' '2024-06-01T00:00:00.25+00:00' '1969-07-20T20:17:00+00:00'}
set d::values(time) {'10:00:00' '23:59:59.5' '00:00:00' '24:00:00'}
set d::values(uuid) {'00000000-0000-0000-0000-000000000001' 'c4ca4238-a0b9-2382-0dcc-509a6f75849b' 'ffffffff-ffff-ffff-ffff-ffffffffffff'}
set d::values(enum) {'sad' 'ok' 'happy' {'a b'}}
set d::values(denum) $d::values(enum)
set d::values(dint) {0 1 2 5 10}
set d::values(bytea) {{'\x'} {'\x00'} {'\x00ff'} {'\x61'} {'\xdeadbeef'}}
set d::values(jsonb) {{'{"a":1}'} {'[1,2]'} {'"s"'} {'5'} {'null'} {'true'} {'{"a":{"b":[1,{"c":"x,y"}]}}'}}
set d::values(json) $d::values(jsonb)
set d::values(arr) {{'{}'} {'{a,b}'} {'{"a,b","c\"d",NULL}'}}
set d::values(char5) {'ab' {'ab   '} '' 'x'}
set d::values(citext) {'abc' 'ABC' 'x'}
# More than 15 digits, and no two with the same nearest double: a copy holds doubles.
set d::values(long) {18446744073709551615 -18446744073709551615 12345678901234567890.123456789 99999999999999999999
  0.1234567891 1 2.5 100000000000000000000.5 9223372036854775808}
set d::values(interval) {'1day' '24hours' '1mon' '-1day' '00:00:01'}
set d::values(inet) {'10.0.0.1' '10.0.0.0/8' '::1' '192.168.0.1'}
set d::values(xid) {'1' '2' '10' '4000000000'}
set d::values(timetz) {'10:00:00+00' '12:00:00+02' '09:30:00.5-01'}
set d::values(money) {'1.00' '-5.5' '1000000'}
set d::values(bit) {B'' B'0' B'101' B'1010'}
set d::values(range) {'\[1,5)' 'empty' '(,3)'}
set d::values(point) {'(1,2)' '(0,0)' '(-1.5,2)'}
set d::values(xml) {'<a/>' '<b>x</b>'}
set d::values(oid) {0 1 10 4294967295}

set d::text_families {text varchar dtext icu_en icu_tr icu_nd}

proc d::sql_value {family} {
  variable values
  variable text_families
  if {[chance 15]} { return NULL }
  # Longer than a request may be, or than the half of one.
  if {$family in {text icu_en bytea} && [chance 2]} {
    set long [string repeat [expr {$family eq "bytea" ? "61" : "x"}] [pick {1800 3400 4200 9000}]]
    return [expr {$family eq "bytea" ? "'\\x$long'" : "'$long'"}]
  }
  if {$family in $text_families} { return [quote [pick $d::texts]] }
  pick $values($family)
}

# Values for a key: the i-th one as SQL. All different, also to the type's own equality.
proc d::key_value {family i} {
  switch $family {
    int - dint - oid { return [expr {$family eq "int" ? $i * 3 - 20 : $i}] }
    big { return [expr {9007199254740990 + $i}] }
    small { return [expr {$i - 7}] }
    num { return [expr {$i - 5}].[expr {$i % 4}]5 }
    long { return "1[format %03d $i]4567890123456789.[expr {$i % 10}]" }
    real8 - real4 { return [expr {$i / 4.0 - 2}] }
    date { return "date '2024-01-01' + $i" }
    ts { return "timestamp '2024-01-01' + $i * interval '90 minutes'" }
    tz { return "timestamptz '2024-01-01T00:00:00Z' + $i * interval '90 minutes'" }
    time { return "time '00:00' + $i * interval '1 minute'" }
    uuid { return "md5('$i')::uuid" }
    bytea { return "decode('[format %04x [expr {$i * 7919 % 65536}]]', 'hex')" }
    interval { return "[expr {$i * 37 % 64}] * interval '5 hours' + $i * interval '1 second'" }
    inet { return "inet '10.0.0.0' + [expr {$i * 37 % 1024}]" }
    jsonb { return "'[pick [list $i "\"k$i\"" "\[$i, \"x,y\"\]" "{\"k\": $i}"]]'" }
    arr { return "ARRAY\['k$i', 'x,y', 'a\"b'\]" }
    citext - icu_nd { return "'[pick {k K}]$i[pick {{} é { }}]'" }
    default {
      set text [lindex $d::texts [expr {$i % [llength $d::texts]}]]
      if {$family ne "varchar" && [chance 2]} { set text [string repeat x 5000] }
      return [quote "k[format %03d $i]$text"]
    }
  }
}

# ---- kinds of relations. Each procedure returns the SQL that makes one and notes it down.

proc d::note {name kind columns total {create {}}} {
  variable relations
  dict set relations $name [dict create kind $kind columns $columns total $total create $create]
}

proc d::id {name} {
  if {[regexp {^[a-z_][a-z0-9_]*$} $name] && $name ni {and or order limit select not null is in}} { return $name }
  string cat \" [string map {\" \"\"} $name] \"
}

# Columns {name family}, their names made from the families.
proc d::columns_of {families} {
  set columns {}
  foreach family $families { lappend columns [list "c[llength $columns]_$family" $family] }
  return $columns
}

proc d::names_of {columns} { join [lmap c $columns { lindex $c 0 }] {, } }

proc d::some {n families} {
  set list {}
  for {set i 0} {$i < $n} {incr i} { lappend list [pick $families] }
  return $list
}

# A table: `key` has its key's columns, each {name family}. Without a key some rows repeat.
proc d::table {name kind key columns rows {more {}}} {
  variable types
  set definitions [lmap c [concat $key $columns] { string cat [id [lindex $c 0]] " " $types([lindex $c 1]) }]
  if {$key ne {}} {
    lappend definitions "PRIMARY KEY ([join [lmap c $key { id [lindex $c 0] }] {, }])"
  }
  lappend definitions {*}$more
  set sql "CREATE TABLE $name ([join $definitions {, }]);\n"
  set tuples {}
  for {set i 0} {$i < $rows} {incr i} {
    set row {}
    # The columns of a longer key repeat; all but the last are few.
    foreach c $key {
      set few [expr {$c ne [lindex $key end] && [lindex $c 1] in {int text}}]
      lappend row [key_value [lindex $c 1] [expr {$few ? $i % 3 : $i}]]
    }
    foreach c $columns { lappend row [sql_value [lindex $c 1]] }
    lappend tuples "([join $row {, }])"
    if {$key eq {} && $i % 4 == 0} { lappend tuples [lindex $tuples end] }
  }
  if {$tuples ne {}} { append sql "INSERT INTO $name VALUES\n[join $tuples ,\n];\n" }
  note $name $kind [concat $key $columns] [lmap c $key { lindex $c 0 }]
  return $sql
}

set d::common {int big small num real8 real4 bool date ts tz time uuid enum bytea jsonb arr text char5 citext}
set d::unusual {json interval inet xid timetz money bit range point xml oid varchar denum dint dtext long}
# Types with a primary key of their own; the number of different values where there are few.
set d::key_families {text big small num long real8 real4 date ts tz time uuid bytea interval inet jsonb arr
  citext varchar dint dtext oid icu_en icu_tr icu_nd}

# The tables that are always there, and that views are made of.
proc d::make_base {n rows} {
  variable common
  set columns [columns_of [concat {int text num} [some 7 $common]]]
  switch $n {
    1 { return [table diff_1 "integer key" {{id int}} $columns $rows] }
    2 { return [table diff_2 "text key" {{id text}} $columns $rows] }
    3 { return [table diff_3 "composite key" {{k1 int} {k2 text}} $columns $rows] }
    4 { return [table diff_4 "no key" {} $columns $rows] }
  }
}

# Some columns of a base table for a view: {expressions columns}; the key's first.
proc d::view_columns {base alias prefix n} {
  variable relations
  set all [dict get $relations $base columns]
  set chosen [lrange $all 0 [expr {[llength [dict get $relations $base total]] + 1}]]
  while {[llength $chosen] < $n} {
    set c [pick $all]
    if {$c ni $chosen} { lappend chosen $c }
  }
  set expressions [lmap c $chosen { string cat $alias . [lindex $c 0] " AS " $prefix [lindex $c 0] }]
  list $expressions [lmap c $chosen { list $prefix[lindex $c 0] [lindex $c 1] }]
}

# Views whose marked keys are none: a join repeats them, an outer join makes them NULL, a union has
# each twice. `user_key` makes the virtual table with key=.
proc d::make_view {name kind rows} {
  set base diff_[pick {1 2 3}]
  set other diff_[pick {1 2 3 4}]
  lassign [view_columns $base a {} 6] a a_columns
  lassign [view_columns $other b b_ 5] b b_columns
  set columns [concat $a_columns $b_columns]
  set on "a.c0_int = b.c0_int AND b.c0_int < 10"
  set materialized [expr {$kind eq "materialised view" ? "MATERIALIZED" : ""}]
  set total {}
  set create {}
  switch $kind {
    "plain view" {
      set query "SELECT [join $a {, }] FROM $base a"
      set columns $a_columns
      set total [dict get $d::relations $base total]
      if {[chance 50]} { set create "key='[join $total ,]'" }
    }
    "union view" {
      set query "SELECT [join $a {, }] FROM $base a UNION ALL SELECT [join $a {, }] FROM $base a WHERE a.c0_int > 0"
      set columns $a_columns
    }
    "outer-join view" {
      # The key of the inner side comes first, and is NULL in places.
      set query "SELECT [join [concat $a $b] {, }] FROM $other b LEFT JOIN $base a ON $on"
    }
    default { set query "SELECT [join [concat $a $b] {, }] FROM $base a JOIN $other b ON $on" }
  }
  if {$kind eq "view, wrong key="} { set create "key='[lindex $a_columns 0 0]'" }
  if {$kind eq "view, key=''"} { set create "key=''" }
  note $name $kind $columns $total $create
  return "CREATE $materialized VIEW $name AS $query;\n"
}

proc d::make {name kind rows} {
  variable common
  variable unusual
  variable key_families
  set few [columns_of [concat {int text} [some 3 [concat $common $unusual]]]]
  switch $kind {
    "keyed by another type" {
      set family [pick $key_families]
      return [table $name "keyed by $family" [list [list id $family]] $few $rows]
    }
    "many key columns" {
      set key [list {k1 int} {k2 text} {k3 int} [list k4 [pick {uuid date text}]] {k5 int}]
      return [table $name $kind $key $few $rows]
    }
    "33 key columns" {
      set key {}
      for {set i 1} {$i <= 33} {incr i} { lappend key [list k$i int] }
      # No index has so many: it is the user who names them, and may be told that they are too many.
      set sql [table $name $kind {} [concat {{k0 int}} $key $few] 0]
      dict set d::relations $name create "key='[join [lmap c $key { lindex $c 0 }] ,]'"
      append sql "INSERT INTO $name (k0, [join [lmap c $key { lindex $c 0 }] {, }], c0_int, c1_text)
        SELECT i, [join [lrepeat 32 "i % 3"] {, }], i, i % 5, 't' || i FROM generate_series(1, [expr {min($rows, 12)}]) AS i;\n"
      return $sql
    }
    "odd names" {
      set names {* a.b order and q\"uote {with blank} limit select ü a,b p(q) x:y j->k c::text not.eq b\\s or % ? 1st}
      set columns {}
      foreach odd $names {
        if {[chance 60]} { lappend columns [list $odd [pick [concat int text text $common]]] }
      }
      lappend columns {c0_int int} {c1_text text}
      return [table $name $kind [pick [list {} {{id int}} {{and text}} {{a.b int} {order text}}]] \
        [lsearch -all -inline -not -regexp $columns {^(and|a\.b|order) }] $rows]
    }
    "linguistic collations" {
      set columns [columns_of [concat {int text icu_en icu_tr icu_nd} [pick {icu_en icu_tr int}]]]
      return [table $name $kind [pick [list {} {{id int}} {{id icu_en}} {{id icu_tr}}]] $columns $rows]
    }
    "no key, unusual types" {
      # Perhaps not one column has an order.
      set families [expr {[chance 30] ? [some 3 {json xid point xml}] : [some 5 $unusual]}]
      return [table $name $kind {} [columns_of [concat $families {int text}]] $rows]
    }
    "long numerics" {
      return [table $name $kind [pick [list {} {{id int}} {{id long}}]] \
        [columns_of {int text long long num}] $rows]
    }
    "domains" {
      return [table $name $kind [pick [list {} {{id int}} {{id dint}}]] \
        [columns_of {int denum dint dtext denum text}] $rows]
    }
    "inherited" {
      # The children's rows repeat keys, and one has none.
      set sql [table $name $kind {{id int}} $few $rows]
      dict set d::relations $name total {}
      append sql "CREATE TABLE ${name}_child () INHERITS ($name);
        INSERT INTO ${name}_child SELECT * FROM ONLY $name WHERE c0_int > 0 OR id = -20;
        ALTER TABLE ${name}_child ALTER id DROP NOT NULL;
        INSERT INTO ${name}_child SELECT * FROM ONLY $name WHERE id = -17;
        UPDATE ${name}_child SET id = NULL WHERE id = -17;\n"
      return $sql
    }
    "embedded parent" {
      set sql [table ${name}_of $kind {{id int} } [concat {{up int}} $few] $rows]
      dict unset d::relations ${name}_of
      # Some refer to no row.
      append sql "UPDATE ${name}_of SET up = CASE WHEN id % 4 = 0 THEN NULL ELSE (id + 20) / 3 % [expr {max(1, $rows / 2)}] * 3 - 20 END;
        ALTER TABLE ${name}_of ADD CONSTRAINT ${name}_fk FOREIGN KEY (up) REFERENCES diff_1 (id);\n"
      set parents [lrange [lrange [dict get $d::relations diff_1 columns] 1 end] 0 4]
      set columns [concat {{id int} {up int}} $few [lmap c $parents { list up.[lindex $c 0] [lindex $c 1] }]]
      note $name $kind $columns id \
        "table='${name}_of', select='id, up, [names_of $few], up:diff_1([names_of $parents])'"
      return $sql
    }
    "renamed" {
      # A virtual table that was made without table= is renamed to the name of another remote table.
      set sql [table ${name}_old $kind {{id int}} $few $rows]
      append sql "CREATE TABLE $name (LIKE ${name}_old INCLUDING INDEXES);
        INSERT INTO $name (id, c0_int, c1_text) VALUES (1, 1, 'the other');\n"
      note $name $kind [concat {{id int}} $few] id renamed
      dict unset d::relations ${name}_old
      return $sql
    }
    default { return [make_view $name $kind $rows] }
  }
}

set d::kinds {
  "join view" "outer-join view" "union view" "materialised view" "plain view" "view, wrong key=" "view, key=''"
  "inherited" "keyed by another type" "keyed by another type" "many key columns" "33 key columns" "odd names"
  "linguistic collations" "no key, unusual types" "long numerics" "domains" "embedded parent" "renamed"
}


# SQL that removes whatever a run has left.
proc d::drop_sql {} {
  return {
    DO $$ DECLARE r record; BEGIN
      FOR r IN SELECT c.relname AS name, c.relkind FROM pg_class c WHERE c.relname LIKE 'diff\_%'
          AND c.relkind IN ('r', 'v', 'm') AND c.relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('DROP %s IF EXISTS %I CASCADE',
          CASE r.relkind WHEN 'r' THEN 'TABLE' WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END, r.name);
      END LOOP;
    END $$;
    DROP TYPE IF EXISTS diff_mood CASCADE;
    DROP DOMAIN IF EXISTS diff_count CASCADE;
    DROP DOMAIN IF EXISTS diff_word CASCADE;
    DROP COLLATION IF EXISTS diff_nocase CASCADE;
  }
}

# Chooses relations and returns the SQL that makes them. `kinds`: those to choose from besides the
# base tables, each once before one comes again.
proc d::make_relations {rows kinds n} {
  variable relations {}
  set sql "[drop_sql]
    CREATE TYPE diff_mood AS ENUM ('sad', 'ok', 'happy', 'a b');
    CREATE DOMAIN diff_feeling AS diff_mood;
    CREATE DOMAIN diff_count AS integer; CREATE DOMAIN diff_count2 AS diff_count;
    CREATE DOMAIN diff_word AS text;
    CREATE COLLATION diff_nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);\n"
  foreach i {1 2 3 4} { append sql [make_base $i $rows] }
  set left {}
  for {set i 0} {$i < $n && $kinds ne {}} {incr i} {
    if {$left eq {}} { set left $kinds }
    set chosen [int [llength $left]]
    append sql [make diff_[expr {5 + $i}] [lindex $left $chosen] $rows]
    set left [lreplace $left $chosen $chosen]
  }
  return $sql
}
