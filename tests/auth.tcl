# What the tests of users share: users whose addresses no other test has, the mails that they got, the
# settings of the auth service. Everything is taken back when the file ends.

set t::domain [pid].example.com

at_end {
  t::psql "DELETE FROM auth.users WHERE email LIKE '%@$t::domain'; DELETE FROM auth.mails WHERE recipient LIKE '%@$t::domain';
    DELETE FROM auth.attempts WHERE subject LIKE '%@$t::domain'; DELETE FROM auth.codes WHERE email LIKE '%@$t::domain'"
}

# The address of a user of this file's.
proc email {name} { return $name@$t::domain }

# The code in the last mail of a kind to an address; empty: there is none.
proc mailed {name kind} {
  lindex [remote_query "SELECT code FROM auth.mails WHERE recipient = '[email $name]' AND kind = '$kind' ORDER BY id DESC LIMIT 1"] 0
}

# Changes a setting of the service for the rest of the file, or, with a script, while that runs.
proc auth_setting {name value {script {}}} {
  set before [lindex [remote_query "SELECT value FROM auth.settings WHERE name = '$name'"] 0]
  set back [list t::psql "UPDATE auth.settings SET value = '$before' WHERE name = '$name'"]
  t::psql "UPDATE auth.settings SET value = '$value' WHERE name = '$name'"
  if {$script eq {}} {
    at_end $back
    return
  }
  try { uplevel 1 $script } finally { eval $back }
}

proc sign_up {name {password SecurePassword123}} {
  set email [email $name]
  db one {SELECT wowsql_sign_up($email, $password) ->> '$.user.id'}
}
proc sign_in {name {password SecurePassword123}} {
  set email [email $name]
  db one {SELECT wowsql_sign_in($email, $password) ->> '$.user.id'}
}

# A fresh connection with the anon key. Requests that are refused are not to be repeated.
proc open_as_anon {} {
  open_db
  connect $t::url $t::anon_key {{"max_rows":0,"retries":0}}
}
