# The queries of the differential test, from a seed. See differential.tcl.
#
# A query is a tree, so that a difference can be reduced to what it takes:
#   {s TEXT}              text
#   {cat NODE...}         one after the other
#   {opt NODE}            may be left away
#   {many SEP NODE...}    joined by SEP; all but one may be left away
# In texts, @x*4000@ stands for 4,000 times x, and {{here|there}} for what is written for the virtual
# table and for the copy, where design allows the two to differ.
#
# What must not be generated, as the server's meaning is the declared one: ranges and orders of text
# in a linguistic collation, unless they are kept here (collation=binary); equality under a
# nondeterministic collation; dates, times and uuids in spellings that are not the server's, but as
# {{here|there}}; numbers beside values of more than 15 digits that have the same nearest double.

namespace eval d {
  variable collation server ;# the option of the server under test
  variable has_right 1      ;# RIGHT and FULL JOIN
  variable is_shipped 1     ;# see wowsql_config('ship')
}

proc d::s {text} { list s $text }
proc d::cat {args} { linsert $args 0 cat }
proc d::opt {node} { list opt $node }
proc d::many {separator nodes} { concat [list many $separator] $nodes }

proc d::render {node} {
  switch [lindex $node 0] {
    s { return [lindex $node 1] }
    cat { return [join [lmap n [lrange $node 1 end] { render $n }] {}] }
    opt { return [render [lindex $node 1]] }
    many { return [join [lmap n [lrange $node 2 end] { render $n }] [lindex $node 1]] }
  }
}

# All trees that are one step simpler, the most simplified first.
proc d::simpler {node} {
  set list {}
  switch [lindex $node 0] {
    opt {
      lappend list [s {}]
      foreach n [simpler [lindex $node 1]] { lappend list [opt $n] }
    }
    cat {
      for {set i 1} {$i < [llength $node]} {incr i} {
        foreach n [simpler [lindex $node $i]] { lappend list [lreplace $node $i $i $n] }
      }
    }
    many {
      for {set i 2} {[llength $node] > 3 && $i < [llength $node]} {incr i} { lappend list [lreplace $node $i $i] }
      for {set i 2} {$i < [llength $node]} {incr i} {
        foreach n [simpler [lindex $node $i]] { lappend list [lreplace $node $i $i $n] }
      }
    }
  }
  return $list
}

# ---- columns

# May a column of this family stand in such a place and mean the same on both sides?
# what: equal, range, order, group
proc d::can {family what} {
  variable collation
  if {$family eq "icu_nd"} { return [expr {$what in {range order} && $collation eq "binary"}] }
  if {$family in {icu_en icu_tr}} { return [expr {$what in {equal group} || $collation eq "binary"}] }
  expr {!($family eq "long" && $what eq "range")}
}

proc d::columns_for {relation what} {
  set columns [dict get $d::relations $relation columns]
  if {$what eq {}} { return $columns }
  lsearch -all -inline -index 1 -regexp $columns ^([join [lsort -unique [lmap c $columns {
    if {![can [lindex $c 1] $what]} continue
    lindex $c 1
  }]] |])\$
}

# Those that are rare come more often than their number.
proc d::column {relation {what {}}} {
  set columns [columns_for $relation $what]
  if {[chance 30]} {
    set rare [lsearch -all -inline -index 1 -regexp $columns {^(icu_|long|denum|dint|tz|citext|bytea)}]
    if {$rare ne {}} { return [pick $rare] }
  }
  pick $columns
}

# Odd relations more often than the ones that are always there.
proc d::relation {} {
  set names [dict keys $d::relations]
  pick [concat $names [lrange $names 4 end]]
}

# A column to compare with one of `family`. Two kinds of date and time, or two uuids, are compared by
# the server as values: only the same kind has a text form that a copy can compare.
proc d::partner {relation family {what equal}} {
  set by_value {date ts tz time uuid}
  set columns [lmap c [columns_for $relation $what] {
    set other [lindex $c 1]
    if {$family in $by_value && $other in $by_value && $family ne $other} continue
    # A number that is near a long one may have the same nearest double.
    set wide {num big real8 real4 long}
    if {($family eq "long") != ($other eq "long") && $family in $wide && $other in $wide} continue
    set c
  }]
  # Mostly one that has something in common with it, but texts with numbers, too.
  set numbers {int big small num real8 real4 bool long oid}
  set texts {text varchar dtext icu_en icu_tr char5 citext enum denum dint}
  set near [lmap c $columns {
    set other [lindex $c 1]
    if {!($family eq $other || ($family in $numbers && $other in $numbers) || ($family in $texts && $other in $texts))} continue
    set c
  }]
  if {$near ne {} && [chance 60]} { return [pick $near] }
  pick $columns
}

proc d::ref {alias c} { string cat $alias . [id [lindex $c 0]] }

# ---- constants

proc d::long_text {character} {
  return "@$character*[pick {900 1740 3300 3450 3470 3480 3486 3600 4200 9000}]@"
}

# A constant that someone might write beside a column of this family.
proc d::constant {family} {
  variable values
  if {[chance 4]} { return NULL }
  if {[chance 10]} { ;# of another type
    return [pick {5 0 -1 18.5 1e30 -1e30 'abc' '' '5' x'35' x'' 9223372036854775807 1 0.1 'zzz' {' '}}]
  }
  if {[chance 3]} { ;# too long to send
    return [pick [list '[long_text x]' x'[string map {x 61} [long_text x]]' '[long_text 0]5' 1[string map {x 0} [long_text x]]]]
  }
  if {[chance 6]} { return \$[pick {p_int p_real p_whole p_text p_digits p_null p_blob p_minus}] }
  switch $family {
    text - varchar - dtext - icu_en - icu_tr - icu_nd - char5 - citext { return [quote [pick $d::texts]] }
    bytea { return [pick {x'' x'00' x'00ff' x'61' x'deadbeef' x'ff' 'a'}] }
    bool { return [pick {0 1 true false 2 0.5 -1}] }
    int - small - oid { return [pick [concat $values(int) {'5' 18.5 -0.5 5.0 2147483648 99999 '7.0' 1e3}]] }
    dint { return [pick {0 1 '1' '2' '10' 5 '05'}] }
    big { return [pick [concat $values(big) {9.2e18 -9.3e18 1.5}]] }
    num { return [pick {0 1 1.5 2.5 0.1 99.99 -0.001 1000000 '1.5' 'NaN' 123456789.125}] }
    long {
      # Values that are in the table, or far from them.
      return [pick {'18446744073709551615' '-18446744073709551615' 18446744073709551615 77777777777777777777
        '12345678901234567890.123456789' 0.1234567891 1 2.5 '100000000000000000000.5' 7 1e30}]
    }
    real8 { return [pick {0 1 -1.5 0.1 1e15 1e300 5e-324 9e999 -9e999 9007199254740993 'NaN' '0.1'}] }
    real4 { return [pick {0 1 0.1 0.3 3.4e38 16777217 16777216 1e39 0.1000000001 'NaN'}] }
    jsonb - json { return [pick {{'{"a": 1}'} {'[1, 2]'} {'"s"'} '5' 'null' 5 {'{"a":1}'}}] }
    arr { return [pick {{'[]'} {'["a","b"]'} {'{a,b}'}}] }
    enum - denum { return [pick [concat $values(enum) {'x' 'SAD' {'ok '}}]] }
    date - ts - tz - time - uuid { return [pick [concat $values($family) $values($family) {'x' '2024-13-45' '10:0' 'c4ca'}]] }
    interval { return [pick {{'1 day'} '24:00:00' {'1 mon'} '1day' '00:00:01'}] }
    default { return [string map {B' '} [pick [concat $values($family) {'x' 5}]]] }
  }
}

# A constant of this family in a spelling that only the server knows.
proc d::spelled {family} {
  switch $family {
    tz {
      return [pick {
        {{{'2024-01-01T12:00:00+02:00'|'2024-01-01T10:00:00+00:00'}}} {{{'2024-01-01 10:00:00+00'|'2024-01-01T10:00:00+00:00'}}}
        {{{'2024-01-01T10:00:00Z'|'2024-01-01T10:00:00+00:00'}}} {{{'2024-06-01 05:30:00.25+0530'|'2024-06-01T00:00:00.25+00:00'}}}
        {{{'1969-07-20T20:17:00.000 UTC'|'1969-07-20T20:17:00+00:00'}}} {{{'2024-01-01T10:00:00+00:00 '|'2024-01-01T10:00:00+00:00'}}}
        {{{'2024-01-01 10:00:00+0000'|'2024-01-01T10:00:00+00:00'}}}
      }]
    }
    ts {
      return [pick {
        {{{'2024-01-01 10:00:00'|'2024-01-01T10:00:00'}}} {{{'2024-01-01T10:00'|'2024-01-01T10:00:00'}}}
        {{{'2024-01-01 10:00:00.500'|'2024-01-01T10:00:00.5'}}}
      }]
    }
    uuid { return {{{'C4CA4238A0B923820DCC509A6F75849B'|'c4ca4238-a0b9-2382-0dcc-509a6f75849b'}}} }
    time { return [pick {{{{'10:00'|'10:00:00'}}} {{{'23:59:59.500'|'23:59:59.5'}}}}] }
  }
}

# A pattern; sometimes with everything that has to be escaped somewhere.
proc d::pattern {{family {}}} {
  if {[string match icu_* $family] && [chance 60]} {
    return [quote [pick {i% I% %i% %I% _ __ ı% İ% k% K% %b _i% %d}]]
  }
  quote [pick {a% %b% _b a%b AB% %\\% %*% %,% {%"%} a\\_b %% {} h_llo% →% %. {a b%} (p% ab% %5% 5% i% I% i _ __ k% id% %ı% İ k1%}]
}
proc d::glob {} {
  quote [pick {a* *b* ?b a\[a-z\]b * *\** *%* *_* \[abc\]* \[^a\]* h?llo* {} a\[*\]b *,* i* I? ? ??}]
}
proc d::regexp_pattern {} { quote [pick {^a b$ a.c ^.$ \[0-9\]+ ^\[a-c\]$ xx é}] }

# ---- predicates

# The operators that SQLite offers to virtual tables only come often, as they are offered where no
# others are.
proc d::comparison {relation alias {column {}}} {
  set column [expr {$column eq {} ? [column $relation] : $column}]
  lassign $column name family
  set c [ref $alias $column]
  set equal [can $family equal]
  set range [can $family range]
  switch [int 20] {
    0 - 1 - 2 - 3 {
      set ops {}
      if {$equal} { lappend ops = = = <> }
      if {$range} { lappend ops < <= > >= }
      if {$ops eq {}} { return [s "$c IS NOT NULL"] }
      return [s "$c [pick $ops] [constant $family]"]
    }
    4 { return [s "$c IS NULL"] }
    5 { return [s "$c IS NOT NULL"] }
    6 - 7 {
      if {!$equal} { return [s "$c IS NOT NULL"] }
      return [s "$c [pick {IS {IS NOT} <> {IS NOT}}] [constant $family]"]
    }
    8 {
      if {!$range} { return [s "$c IS NOT NULL"] }
      return [s "$c [pick {BETWEEN BETWEEN {NOT BETWEEN}}] [constant $family] AND [constant $family]"]
    }
    9 - 10 - 11 {
      if {!$equal} { return [s "$c IS NULL"] }
      return [cat [s "$c [pick {IN IN IN {NOT IN}}] ("] \
        [many , [lmap i [lrange {1 2 3 4 5} 0 [int 5]] { s [constant $family] }]] [s )]]
    }
    12 { return [s "$c LIKE [pattern $family]"] }
    13 { return [s "$c [pick {LIKE LIKE {NOT LIKE}}] [pattern $family][pick [list {} " ESCAPE '\\'" {}]]"] }
    14 { return [s "$c GLOB [glob]"] }
    15 {
      # A superset is not looked for: columns of text have the server's regular expressions.
      if {$family ni {text varchar dtext}} { return [s "$c GLOB [glob]"] }
      return [s "$c REGEXP [regexp_pattern]"]
    }
    16 {
      if {!$equal} { return [s "$c IS NOT NULL"] }
      set other [partner $relation $family]
      if {![can [lindex $other 1] range] || !$range} { return [s "$c [pick {= <> IS}] [ref $alias $other]"] }
      return [s "$c [pick {= < <> IS {IS NOT}}] [ref $alias $other]"]
    }
    17 {
      return [s [pick [list "lower($c) = [constant text]" "$c + 0 > 1" "length($c) > 2" "$c IS TRUE" \
        "typeof($c) = 'text'" "$c || '' LIKE [pattern]" "$c COLLATE NOCASE = [constant text]"]]]
    }
    18 {
      set column2 [column $relation range]
      if {!$range || $column2 eq {}} { return [s "$c IS NOT NULL"] }
      return [s "($c, [ref $alias $column2]) [pick {= < > <= >=}] ([constant $family], [constant [lindex $column2 1]])"]
    }
    default {
      if {!$equal} { return [s "$c IS NULL"] }
      return [s "$c [pick {= <> IS IN}] ([constant $family])"]
    }
  }
}

proc d::subquery {alias column} {
  lassign $column name family
  set c [ref $alias $column]
  set other [relation]
  set partner [partner $other $family]
  if {![can $family equal] || $partner eq {}} { return [s "$c IS NOT NULL"] }
  set z [ref z $partner]
  set inner [comparison $other z]
  switch [int 7] {
    0 { return [cat [s "$c IN (SELECT $z FROM $other z WHERE 1"] [opt [cat [s " AND "] $inner]] [s )]] }
    1 { return [cat [s "[pick {EXISTS {NOT EXISTS}}] (SELECT 1 FROM $other z WHERE $z = $c"] [opt [cat [s " AND "] $inner]] [s )]] }
    2 {
      if {![can [lindex $partner 1] order]} { return [s "$c IN (SELECT k FROM loc)"] }
      return [s "$c = (SELECT max($z) FROM $other z)"]
    }
    3 { return [s "$c NOT IN (SELECT $z FROM $other z WHERE $z IS NOT NULL)"] }
    4 { return [s "$c IN (SELECT t FROM loc)"] }
    default { return [s "$c IN (SELECT k FROM loc)"] }
  }
}

proc d::predicate {relation alias depth} {
  if {$depth > 0 && [chance 35]} {
    set a [predicate $relation $alias [expr {$depth - 1}]]
    set b [predicate $relation $alias [expr {$depth - 1}]]
    switch [int 5] {
      0 - 1 { return [cat [s (] [many " AND " [list $a $b]] [s )]] }
      2 - 3 { return [cat [s (] [many " OR " [list $a $b]] [s )]] }
      4 { return [expr {[string match *REGEXP* $a] ? $a : [cat [s "NOT ("] $a [s )]]}] }
    }
  }
  if {[chance 10]} { return [subquery $alias [column $relation equal]] }
  comparison $relation $alias
}

# A long list, or two or three, or one beside = for the same column: what is a hint, what a filter?
proc d::lists {relation alias} {
  set columns {}
  foreach i {1 2 3} { lappend columns [column $relation equal] }
  set terms {}
  foreach c [lrange $columns 0 [int 3]] {
    set family [lindex $c 1]
    set list {}
    for {set i [expr {[chance 5] ? 900 : 1 + [int 5]}]} {$i > 0} {incr i -1} { lappend list [constant $family] }
    if {[llength $list] > 10 && $family in {int big num}} { set list [lmap i $list { int 100000 }] }
    if {$terms eq {}} { set first [pick $list] }
    lappend terms [cat [s "[ref $alias $c] IN ("] [many , [lmap k $list { s $k }]] [s )]]
  }
  if {[chance 50]} {
    # Mostly one of the list.
    set c [lindex $columns 0]
    if {[chance 30]} { set first [constant [lindex $c 1]] }
    lappend terms [s "[ref $alias $c] = $first"]
  }
  if {[chance 30]} { lappend terms [s "[ref $alias [lindex $columns 1]] IN (SELECT [pick {k t}] FROM loc)"] }
  return $terms
}

# The conditions of a whole query: " WHERE ..." or nothing.
proc d::where {relation alias {depth 2}} {
  set terms {}
  if {[chance 8]} {
    # So long that there is little room for what follows, or none; and true of nearly all rows.
    foreach c [columns_for $relation range] {
      if {[lindex $c 1] ni {text varchar icu_en}} continue
      set room [expr {3485 + [pick {0 1 2 3 4 5 8 12}] - [string length [lindex $c 0]]}]
      set long [pick [list "@x*$room@" [long_text x]]]
      set terms [list [s "[ref $alias $c] [pick [list "<> '$long'" "<= 'zz$long'" ">= '  $long'" "<= 'zz$long'"]]"]]
      break
    }
  }
  if {[chance 10]} { lappend terms {*}[lists $relation $alias] }
  for {set i [pick {0 1 1 1 2 3}]} {$i > 0} {incr i -1} { lappend terms [predicate $relation $alias $depth] }
  if {$terms eq {}} { return [s {}] }
  opt [cat [s " WHERE "] [many " AND " $terms]]
}

# Conditions with a constant in a spelling that only the server knows. It is the server that looks at
# it, if nothing makes SQLite do so: no OR, no other term with the same column, and not the name *,
# which no request can say.
proc d::where_spelled {relation alias} {
  set valued [lsearch -all -inline -index 1 -regexp [columns_for $relation {}] ^(tz|ts|uuid|time)$]
  set valued [lsearch -all -inline -not -exact -index 0 $valued *]
  if {$valued eq {} || !$d::is_shipped} { return [where $relation $alias] }
  set c [pick $valued]
  set family [lindex $c 1]
  set r [ref $alias $c]
  set terms [list [pick [list [s "$r [pick {= = < >= <>}] [spelled $family]"] [s "$r IN ([spelled $family], [constant $family])"]]]]
  set other [column $relation equal]
  if {$other ne $c && [chance 40]} { lappend terms [s "[ref $alias $other] [pick {= <> IS}] [constant [lindex $other 1]]"] }
  opt [cat [s " WHERE "] [many " AND " $terms]]
}

# ---- orders

# Columns that make an order total; empty for a relation without a key.
proc d::total {relation alias} { lmap c [dict get $d::relations $relation total] { string cat $alias . [id $c] } }

# {columns order-terms is_total}
proc d::order {relation alias} {
  set columns {}
  for {set i [int 3]} {$i > 0} {incr i -1} {
    set c [column $relation order]
    if {$c ni $columns} { lappend columns $c }
  }
  set refs [lmap c $columns { ref $alias $c }]
  set terms [lmap r $refs { s $r[pick {{} {} { DESC} { NULLS LAST} { DESC NULLS FIRST}}] }]
  set total [total $relation $alias]
  if {$total ne {}} { foreach r $total { lappend terms [s $r[pick {{} {} { DESC}}]] } }
  # Keys under another collation have another order.
  foreach c [dict get $d::relations $relation columns] {
    if {[lindex $c 0] in [dict get $d::relations $relation total] && ![can [lindex $c 1] order]} {
      return [list $refs [lrange $terms 0 [llength $refs]-1] 0]
    }
  }
  list $refs $terms [expr {$total ne {}}]
}

proc d::limit {} {
  pick [list {} {} " LIMIT [int 8]" " LIMIT [int 8] OFFSET [int 6]" " LIMIT \$p_five" " LIMIT [pick {1 7 40 300}]" \
    " LIMIT -1 OFFSET 3" " LIMIT [pick {9223372036854775807 1000000000}]"]
}

# "SELECT ... ORDER BY ... LIMIT ..." over `from`, with what it takes to compare it: {node compare},
# compare being bag, list, or {prefix N limited}: the rows' first N columns are the order.
proc d::ordered {relation alias result from where} {
  lassign [order $relation $alias] refs terms is_total
  set limit [limit]
  if {$terms eq {}} {
    if {$limit ne {}} { set result "count(*)"; set limit {} }
    return [list [cat [s "SELECT $result FROM $from"] $where] bag]
  }
  if {$is_total} {
    # What makes the order total stays when it is reduced.
    set n [llength $refs]
    set total [s [join [lmap t [lrange $terms $n end] { render $t }] {, }]]
    set more [cat {*}[lmap t [lrange $terms 0 $n-1] { opt [cat $t [s {, }]] }]]
    return [list [cat [s "SELECT $result FROM $from"] $where [s " ORDER BY "] $more $total [opt [s $limit]]] list]
  }
  # None of the terms may be left away: the rows begin with them.
  set order [s " ORDER BY [join [lmap t $terms { render $t }] {, }]$limit"]
  set compare [list prefix [llength $refs] [expr {$limit ne {}}]]
  list [cat [s "SELECT [join $refs {, }], $result FROM $from"] $where $order] $compare
}

# ---- joins

# ON: usually an equality, with more conditions on either side.
proc d::on {t a u b} {
  set terms {}
  set ops {= = = = IS}
  set c [column $t equal]
  set d [partner $u [lindex $c 1]]
  if {[chance 15]} {
    # A text with a number: which is converted to which?
    set texts [lsearch -all -inline -index 1 -regexp [columns_for $t equal] {^(text|varchar|dtext|icu_..)$}]
    set numbers [lsearch -all -inline -index 1 -regexp [columns_for $u equal] {^(int|small|big|num|real8)$}]
    if {$texts ne {} && $numbers ne {}} {
      set c [pick $texts]
      set d [pick $numbers]
      if {[can [lindex $c 1] range]} { set ops {= < >= IS} }
    }
  }
  if {$d eq {}} { set d [column $u equal] }
  set equality [s "[ref $a $c] [pick $ops] [ref $b $d]"]
  if {[chance 15]} {
    set c2 [column $t equal]
    set d2 [partner $u [lindex $c2 1]]
    if {$d2 ne {}} { set equality [cat [s (] [many " OR " [list $equality [s "[ref $b $d2] = [ref $a $c2]"]]] [s )]] }
  }
  lappend terms $equality
  if {[chance 50]} { lappend terms [comparison $t $a] }
  if {[chance 40]} { lappend terms [comparison $u $b] }
  if {[chance 15]} { lappend terms [comparison $t $a] }
  # A parameter anywhere in a statement is nothing that its other terms need know of.
  if {[chance 15]} {
    set harmless [list "\$p_five > 1" "\$p_text IS NOT NULL" "[ref $a $c] IS NOT \$p_minus" "[ref $b $d] IS NOT \$p_null"]
    lappend terms [s [pick $harmless]]
  }
  if {[chance 25]} {
    set list [expr {[chance 50] ? {SELECT k FROM loc} : {1, 2, 5, 7, 10, 'a'}}]
    lappend terms [s "[ref $b $d] IN ($list)"]
  }
  if {[chance 15]} { lappend terms [lindex [lists $u $b] 0] }
  if {[chance 30]} { set terms [lreverse $terms] }
  many " AND " $terms
}

proc d::join_word {} {
  variable has_right
  if {$has_right} { return [pick {JOIN JOIN {LEFT JOIN} {LEFT JOIN} {LEFT JOIN} {RIGHT JOIN} {FULL JOIN}}] }
  pick {JOIN JOIN {LEFT JOIN} {LEFT JOIN}}
}

proc d::join_query {t u} {
  set c [column $t]
  set d [column $u]
  set word [join_word]
  set on [on $t a $u b]
  set more {}
  if {[chance 35]} { lappend more [predicate $t a 1] }
  if {[chance 25]} { lappend more [predicate $u b 1] }
  set where [expr {$more eq {} ? [s {}] : [opt [cat [s " WHERE "] [many " AND " $more]]]}]
  switch [int 5] {
    0 - 1 - 2 { set result "[ref a $c] AS r1, [ref b $d] AS r2" }
    default { set result "count(*), count([ref a $c]), count([ref b $d])" }
  }
  set node [cat [s "SELECT $result FROM $t a $word $u b ON "] $on]
  if {[chance 20]} {
    # A third, local or remote.
    set v [relation]
    set e [column $u equal]
    set f [partner $v [lindex $e 1]]
    if {$f ne {}} {
      set third [expr {[chance 50] ? "loc l ON l.[pick {k t}] = [ref b $e]" : "$v e ON [ref e $f] = [ref b $e]"}]
      set node [cat $node [opt [s " [pick {JOIN {LEFT JOIN}}] $third"]]]
    }
  }
  list [cat $node $where] bag
}

# A local table that looks up keys, with hints or without, beside an order and a limit.
proc d::lookup_query {t} {
  set c [column $t equal]
  lassign $c name family
  set d [column $t]
  set a [ref a $c]
  set k [pick {l.k l.k l.t}]
  set op =
  if {[chance 15] && [can $family range] && $family ni {long date ts tz time uuid}} { set op [pick {< >= >}] }
  set terms [list [s "$a $op $k"]]
  if {[chance 15]} { lappend terms [s "\$p_five > 1"] }
  if {[chance 60]} {
    set hints [list "SELECT [string range $k 2 end] FROM loc" "SELECT k FROM loc" "1, 5, 7, -20" "'a', 'k1', 5" \
      "[constant $family], [constant $family]"]
    lappend terms [s "$a IN ([pick $hints])"]
  }
  if {[chance 25]} { lappend terms {*}[lists $t a] }
  if {[chance 50]} { lappend terms [comparison $t a] }
  if {[chance 20]} { lappend terms [s "l.k [pick {<> {IS NOT} >}] [constant int]"] }
  if {[chance 30]} { set terms [lreverse $terms] }
  set word [join_word]
  set on [many " AND " $terms]
  set where [where $t a 1]
  if {![chance 40]} { set where [s {}] }
  set from [cat [s "loc l $word $t a ON "] $on]
  if {[chance 50]} { return [list [cat [s "SELECT l.k, l.t, [ref a $c], [ref a $d] FROM "] $from $where] bag] }
  # Ordered by the remote table, and by the local row where that leaves a choice.
  lassign [order $t a] refs order is_total
  if {$order eq {} || !$is_total} {
    return [list [cat [s "SELECT l.k, count(*), count($a) FROM "] $from $where [s " GROUP BY l.k"]] bag]
  }
  set order [join [lmap t $order { render $t }] {, }]
  list [cat [s "SELECT l.k, [ref a $d] FROM "] $from $where [s " ORDER BY $order, l.id"] [opt [s [limit]]]] list
}

# ---- whole queries

proc d::brackets {t} {
  set names {[count(*)]}
  foreach c [dict get $d::relations $t columns] {
    lassign $c name family
    if {[id $name] ne $name || [string first . $name] >= 0} continue
    if {$family in {int small}} { lappend names "\[sum($name)\]" "\[max($name)\]" }
    if {$family ni {jsonb json}} { lappend names "\[count($name)\]" }
    if {$family in {date ts tz time int small big num}} { lappend names "\[min($name)\]" }
  }
  set chosen [lindex $names 0]
  foreach i {1 2} { if {[chance 60]} { lappend chosen [pick $names] } }
  join [lsort -unique $chosen] {, }
}

# All columns: *, unless one is called that.
proc d::every {t alias} {
  set refs [lmap c [columns_for $t {}] { ref $alias $c }]
  expr {"$alias.\"*\"" in $refs ? [join $refs {, }] : "*"}
}

# Aggregates that the server may compute, or may have to leave to SQLite. What depends on the order of additions is
# rounded: sums of numeric values are exact there, and those of large integers as reals are not here.
proc d::aggregates {t} {
  set list {}
  foreach _ {1 2 3} {
    lassign [column $t] name family
    set c [ref a [list $name $family]]
    set choices [list "count($c)" "count(*)"]
    if {[can $family order]} { lappend choices "min($c)" "max($c)" "min($c), max($c)" "max($c) IS NULL" "count(DISTINCT $c)" "typeof(max($c))" }
    if {$family in {int small bool}} {
      lappend choices "sum($c)" "avg($c)" "total($c)" "sum($c), avg($c)" "sum($c), min($c), max($c)" "sum($c) / count($c)" \
        "count($c), total($c), max($c)" "avg($c), min($c)" "sum($c) FILTER (WHERE $c > 1)" "sum($c + 1)"
    }
    lappend list [pick $choices]
  }
  join $list {, }
}
proc d::aggregate_query {t where} {
  set aggregates [aggregates $t]
  set g [ref a [column $t group]]
  set g2 [ref a [column $t group]]
  pick [list \
    [list [cat [s "SELECT $aggregates FROM $t a"] $where] list] \
    [list [cat [s "SELECT $g, $aggregates FROM $t a"] $where [s " GROUP BY $g"] [opt [s [pick {{} { HAVING count(*) > 1}}]]]] bag] \
    [list [cat [s "SELECT $g, $g2, $aggregates FROM $t a"] $where [s " GROUP BY $g2, $g"]] bag] \
    [list [cat [s "SELECT * FROM (SELECT $aggregates FROM $t a"] $where [s " GROUP BY $g UNION ALL SELECT $aggregates FROM $t a)"]] bag] \
    [list [cat [s "SELECT l.k, l.t, (SELECT [lindex [split $aggregates ,] 0] FROM $t a"] $where [s ") FROM loc l"]] bag]]
}

# A query: {node compare}.
proc d::query {} {
  variable relations
  set t [relation]
  set u [relation]
  set column [column $t]
  set group [column $t group]
  lassign $column name family
  set c [ref a $column]
  set g [ref a $group]
  set c2 [ref a [column $t]]
  set i [ref a [pick [lsearch -all -inline -index 1 -regexp [columns_for $t {}] {^(int|small)$}]]]
  set where [where $t a]
  switch [int 30] {
    26 - 27 - 28 - 29 { return [aggregate_query $t $where] }
    0 - 1 - 2 { return [list [cat [s "SELECT [every $t a] FROM $t a"] $where] bag] }
    3 { return [ordered $t a "$c, $c2" "$t a" [where_spelled $t a]] }
    4 - 5 - 6 { return [ordered $t a "$c, $c2" "$t a" $where] }
    7 { return [list [cat [s "SELECT count(*) FROM $t a"] [where_spelled $t a]] list] }
    8 {
      set m [ref a [column $t order]]
      return [list [cat [s "SELECT count(*), sum($i), min($m), max($m), count($c2) FROM $t a"] $where] list]
    }
    9 {
      set tail [pick {{} { HAVING count(*) > 1} { ORDER BY 1, 2}}]
      set more [pick [list {} ", count(CASE WHEN $i > 1 THEN $c2 END)" ", sum($i)"]]
      return [list [cat [s "SELECT $g, count(*)$more FROM $t a"] $where [s " GROUP BY $g"] [opt [s $tail]]] bag]
    }
    10 { return [list [cat [s "SELECT $g, $i, count(*) FROM $t a"] $where [s " GROUP BY $i, $g ORDER BY $i DESC"]] bag] }
    11 {
      set g2 [ref a [column $t group]]
      return [list [cat [s "SELECT DISTINCT $g"] [opt [s ", $g2"]] [s " FROM $t a"] $where] bag]
    }
    12 - 13 - 14 - 15 { return [join_query $t $u] }
    16 - 17 - 18 { return [lookup_query $t] }
    19 {
      set b [ref b [partner $u [lindex $group 1] group]]
      if {$b eq {b.""}} { return [query] }
      return [list [cat [s "SELECT $g FROM $t a"] $where [s " [pick {UNION {UNION ALL} INTERSECT EXCEPT}] SELECT $b FROM $u b"] \
        [where $u b 1] [opt [s [pick {{} { ORDER BY 1}}]]]] bag]
    }
    20 {
      set outer ") SELECT x, y FROM w WHERE y [pick {> < =}] [constant int] OR x IS NULL"
      return [list [cat [s "WITH w AS (SELECT $c AS x, $i AS y FROM $t a"] $where [s $outer]] bag]
    }
    21 {
      set total [total $t a]
      if {$total eq {} || ![can [lindex $group 1] order]} { return [list [cat [s "SELECT count(DISTINCT $g) FROM $t a"] $where] list] }
      return [list [cat [s "SELECT $g, row_number() OVER (PARTITION BY $i ORDER BY $g, [join $total {, }]) FROM $t a"] $where] bag]
    }
    22 {
      set key [column $t equal]
      set b [partner $u [lindex $key 1]]
      if {$b eq {}} { return [query] }
      set inner [opt [cat [s " AND "] [comparison $u b]]]
      set k [ref a $key]
      return [list [cat [s "SELECT $k, (SELECT count(*) FROM $u b WHERE [ref b $b] = $k"] $inner [s ") FROM $t a"] $where] bag]
    }
    23 - 24 {
      set names [brackets $t]
      return [list [pick [list \
        [cat [s "SELECT $g, $names FROM $t a"] $where [s " GROUP BY $g"]] \
        [cat [s "SELECT $names FROM $t a"] $where] \
        [cat [s "SELECT l.k, (SELECT \[count(*)\] FROM $t a WHERE $i = l.k"] [opt [s " AND $c2 IS NOT NULL"]] \
          [s ") FROM loc l"]] \
        [cat [s "SELECT $i, $names FROM $t a"] $where [s " GROUP BY $i"]] \
        [s "SELECT $g, $names FROM $t a GROUP BY $g HAVING \[count(*)\] > 1"]]] bag]
    }
    default {
      set from [pick [list "(SELECT * FROM $t LIMIT 1000)" "(SELECT * FROM $t a WHERE $i > 0)" $t]]
      return [list [cat [s "SELECT $c, typeof($c) FROM $from a"] $where] bag]
    }
  }
}
