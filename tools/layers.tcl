#!/usr/bin/env tclsh
# Checks src/ against the table in layers.txt: what includes what, what calls what, which files
# include a library's headers, and that folders marked * do no I/O.
source [file join [file dirname [info script]] source.tcl]

# Reads the table into `uses` (folder -> what it may use), `pure` (the folders marked *), `libraries`
# (prefix of a header's name -> files).
proc read_table {name} {
  global uses pure libraries
  set pure {}
  set libraries {}
  set seen {}
  foreach line [lreverse [split [read_file $name] \n]] {
    set words [lassign [regexp -all -inline {\S+} [regsub {#.*} $line {}]] folder]
    if {$folder eq {}} continue
    if {[string match <* $folder]} {
      dict set libraries $folder $words
      continue
    }
    if {[lindex $words 0] eq "*"} {
      set words [lrange $words 1 end]
      lappend pure $folder
    }
    foreach word $words {
      if {[lindex [file split $word] 0] ni $seen} {
        puts "tools/layers.txt: $folder uses $word, which is not below it"
      }
    }
    lappend seen $folder
    dict set uses $folder $words
  }
}

proc folder_of {file} { file dirname $file }

# May a file of `folder` use `header`?
proc may_use {folder header} {
  set allowed [dict get $::uses $folder]
  expr {[folder_of $header] in [list $folder {*}$allowed] || $header in $allowed}
}

proc check_includes {file text} {
  set folder [folder_of $file]
  set number 0
  foreach line [split $text \n] {
    incr number
    if {[regexp {^\s*#\s*include\s+"([^"]+)"} $line -> header]} {
      if {![file exists src/$header]} {
        puts "src/$file:$number: \"$header\" is not written from src/"
      } elseif {![may_use $folder $header]} {
        puts "src/$file:$number: $folder may not include $header"
      } elseif {$header eq "base/spool.h" && $folder in $::pure} {
        puts "src/$file:$number: $folder does no I/O, but includes $header"
      }
    } elseif {[regexp {^\s*#\s*include\s+(<[^>]+>)} $line -> header]} {
      if {$folder in $::pure && [regexp {^<(sys/|netdb|unistd|fcntl|poll)} $header]} {
        puts "src/$file:$number: $folder does no I/O, but includes $header"
      }
      dict for {library files} $::libraries {
        if {![string match $library* $header]} continue
        set found 0
        foreach pattern $files { if {[string match $pattern $file]} { set found 1 } }
        if {!$found} { puts "src/$file:$number: may not include $header" }
      }
    }
  }
}

# Connections of SQLite, and the ways to get at one or to use it; files and the environment.
set connection {sqlite3 \*|sqlite3_(?:open|close|prepare|step|exec|get_table|finalize|next_stmt|stmt_|db_|context_db_|blob_|backup_|create_|declare_|vtab_config|file_control|wal_|interrupt)\w* *\(}
set system {(?:fopen|fread|fwrite|printf|puts|getenv|system|popen|socket) *\(}

proc check_pure {file text} {
  set code [code $text]
  foreach range [regexp -all -inline -indices "\\m(?:$::connection|$::system)" $code] {
    lassign $range from to
    puts "src/$file:[line_of $code $from]: [folder_of $file] does no I/O and takes no connection,\
      but has [string trimright [string range $code $from $to] { (}]"
  }
}

# Calls, from the object files: a header may bring the declarations of a folder that is not allowed.
proc check_calls {} {
  set symbols [symbols]
  foreach entry $symbols {
    lassign $entry file kind symbol
    if {$kind ne "U"} { dict set home $symbol $file }
  }
  foreach entry $symbols {
    lassign $entry file kind symbol
    if {$kind ne "U" || ![dict exists $home $symbol] || [string match sqlite3_* $symbol]} continue
    set header [file rootname [dict get $home $symbol]].h
    if {![dict exists $::uses [folder_of $file]]} continue
    if {![may_use [folder_of $file] $header]} {
      puts "src/$file: [folder_of $file] may not use $symbol of [dict get $home $symbol]"
    }
  }
}

read_table [file join [file dirname [info script]] layers.txt]
foreach file [sources {*.[ch]}] {
  if {![dict exists $uses [folder_of $file]]} {
    puts "src/$file: the folder is not in tools/layers.txt"
    continue
  }
  set text [read_file src/$file]
  check_includes $file $text
  if {[folder_of $file] in $pure} { check_pure $file $text }
}
check_calls
