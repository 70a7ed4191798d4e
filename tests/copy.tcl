# Local copies of remote rows, as oracles: the same query over the copy says what is right. A copy is
# written down from what PostgreSQL itself says of the rows, so that a fault in reading does not reach it.
#
#   copy_rows relation                 makes copy_RELATION from the columns of the virtual table RELATION
#   do_copy_test name sql              the rows of `sql` are those that it gives over the copies
#   do_copy_or_error_test name sql re  the same; or an error that matches a regular expression
#
# Relations begin with the prefix in copy_prefix; rows without ORDER BY are compared as a bag.

set copy_prefix {}

proc quoted {name} { string cat \" [string map {\" \"\"} $name] \" }

# A column's value as an SQL literal of SQLite, as an expression of PostgreSQL's.
proc copied_value {name type} {
  set column [quoted $name]
  switch -regexp -- [string toupper $type] {
    {BYTEA|BLOB} { return "coalesce('x''' || encode($column, 'hex') || '''', 'NULL')" }
    BOOL { return "coalesce(${column}::integer::text, 'NULL')" }
    {REAL|DOUB|FLOA|NUMERIC} { set text "regexp_replace(to_json($column) #>> '{}', 'Infinity', '9e999')" }
    default {
      # A null inside json is NULL here.
      set text "CASE WHEN pg_typeof($column)::text IN ('json', 'jsonb') THEN nullif(${column}::text, 'null') ELSE to_json($column) #>> '{}' END"
    }
  }
  return "coalesce('''' || replace(($text) COLLATE \"C\", '''', '''''') || '''', 'NULL')"
}

set copied {}

# The server is asked once for the rows of each relation.
proc copy_rows {relation} {
  global copied
  set definitions {}
  set values {}
  db eval {SELECT name, type FROM temp.pragma_table_xinfo($relation) WHERE hidden = 0} {
    lappend definitions "[quoted $name] $type"
    lappend values [copied_value $name $type]
  }
  db eval "CREATE TEMP TABLE copy_$relation ([join $definitions {, }])"
  set query "SELECT string_agg('(' || concat_ws(',', [join $values {, }]) || ')', ',') FROM [quoted $relation]"
  if {![dict exists $copied $query]} { dict set copied $query [join [remote_query $query]] }
  set rows [dict get $copied $query]
  if {$rows ne {}} { db eval "INSERT INTO copy_$relation VALUES $rows" }
}

proc over_copies {sql} { regsub -all "\\m$::copy_prefix" $sql "copy_$::copy_prefix" }

# The rows, each as a list; sorted, unless the statement sorts them. Parameters are global variables.
proc rows_of {sql} {
  set t::copied_sql $sql
  set t::copied_rows {}
  uplevel #0 {
    db eval $t::copied_sql t::copied_row {
      lappend t::copied_rows [lmap t::copied_name $t::copied_row(*) { set t::copied_row($t::copied_name) }]
    }
  }
  if {[string match {* ORDER BY *} $sql]} { return $t::copied_rows }
  lsort $t::copied_rows
}

proc do_copy_or_error_test {name sql error} {
  set before [t::last_request]
  if {[catch {rows_of [over_copies $sql]} expected]} {
    t::fail $name sql $sql "error over the copy" $expected
    return
  }
  if {[catch {rows_of $sql} got]} {
    if {$error ne {} && [regexp -- $error $got]} { t::pass; return }
    t::fail $name sql $sql requests [join [t::requests $before] \n] expected $expected error $got
  } elseif {$got ne $expected} {
    t::fail $name sql $sql requests [join [t::requests $before] \n] expected "[llength $expected] rows: $expected" \
      got "[llength $got] rows: $got"
  } else {
    t::pass
  }
}

proc do_copy_test {name sql} { do_copy_or_error_test $name $sql {} }
