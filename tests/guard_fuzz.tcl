# Random queries: none that passes the guard is taken for every row by PostgREST. Sourced after guard.tcl.
#
#   guard::fuzz seed n   as many queries, each for both versions

namespace eval guard {
  variable parameters {
    id=eq.5 name=like.a* id=in.(1,2) id=not.in.() id=not.in.(%22%22) id=eq(all).{} id=not.lt(any).{}
    id=lt(any).{1,2} or=(id.eq.1,id.not.in.()) and=(id.eq.1) not.or=(id.in.(1,2),name.not.is.null)
    or=(id.in.(),id.eq.5) not.and=(id.eq.5,name.not.is.null) or=(name.eq.%22a,)%22,id.eq.5) select=id
    select=*,guard_rel(id) limit=1 order=id columns=id on_conflict=id guard_rel.id=eq.1 rel.or=(id.eq.1) j->>a=eq.1 j->-1=eq.1
    %22a.b%22=eq.1 first%20name=neq.x tags=cs.{a} v=fts(english).cat id name= or=() and
  }
  variable bits {
    id name rel tags j guard_rel select columns order limit offset on_conflict and or not = = = & & . . , (
    ) ( ) {{}} {{a}} {"} %22 %22%22 - -> ->> : :: ! * ; + %20 %09 %26 %3D %3B %2C %00 %25 % eq. neq. in. is.null
    not.eq. not. eq(all). eq(any). cs. fts. 5 x () (1) %28 %29 %7B%7D ? / \\ %5C '
  }
  variable state
}

# The same numbers for the same seed, on every machine.
proc guard::below {n} {
  variable state
  set state [expr {($state * 1103515245 + 12345) % 2147483648}]
  expr {($state >> 8) % $n}
}

proc guard::any {list} { lindex $list [below [llength $list]] }

proc guard::random_parameter {} {
  variable parameters
  variable bits
  if {[below 4]} { return [any $parameters] }
  set text {}
  for {set n [expr {1 + [below 5]}]} {$n > 0} {incr n -1} { append text [any $bits] }
  return $text
}

# One or two parameters, in which a character may be missing, or something may be put in its place.
proc guard::random_query {} {
  variable bits
  set query [random_parameter]
  if {[below 3] == 0} { append query & [random_parameter] }
  if {[below 2]} { return $query }
  set at [below [string length $query]]
  string replace $query $at $at [any [list {} [any $bits]]]
}

proc guard::fuzz {seed n} {
  variable state
  set state $seed
  set counts [dict create all 0 some 0 refused 0 failed 0]
  set bad {}
  for {set i 0} {$i < $n} {incr i} {
    set query [random_query]
    foreach version {12 11} {
      set made [sent $version $query]
      if {$made ni {all some refused}} { set made failed }
      dict incr counts $made
      if {$made eq "all"} { lappend bad "$version: $query" }
    }
  }
  do_test "fuzz, seed $seed" [list set {} $bad] {}
  do_test "fuzz, seed $seed, some pass and some do not" [list expr [dict get $counts some] && [dict get $counts refused]] 1
  puts "guard: of [expr {2 * $n}] deletes with random filters, seed $seed: $counts"
}
