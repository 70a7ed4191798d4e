# Gateways of a test's own, beside hostile.tcl, which finds free ports: an nginx each, which ends with the file.

set nginx_dir [exec mktemp -d /tmp/wowsql-nginx-XXXXXX]
set nginx_names {}
at_end {
  foreach name $::nginx_names {
    catch {exec kill [string trim [read [set channel [open $::nginx_dir/$name.pid]]]]}
    catch {close $channel}
  }
  after 100
  file delete -force $::nginx_dir
}
# One more nginx before PostgREST, with directives of its own. Its URL.
proc start_nginx {name directives {upstream {}}} {
  set nginx [expr {[auto_execok nginx] ne {} ? "nginx" : "/usr/sbin/nginx"}]
  if {$upstream eq {}} { set upstream $::t::postgrest_url }
  set port [hostile::closed_port]
  set user [expr {[exec id -u] == 0 ? "user root;" : {}}]
  set channel [open $::nginx_dir/$name.conf w]
  puts $channel "$user worker_processes 1; pid $::nginx_dir/$name.pid; error_log $::nginx_dir/$name.log crit;
    events { worker_connections 64; }
    http {
      access_log off; client_body_temp_path $::nginx_dir/$name-body; proxy_temp_path $::nginx_dir/$name-proxy;
      fastcgi_temp_path $::nginx_dir/$name-f; uwsgi_temp_path $::nginx_dir/$name-u; scgi_temp_path $::nginx_dir/$name-s;
      $directives
      server { listen 127.0.0.1:$port; location / { proxy_pass $upstream; proxy_http_version 1.1; proxy_set_header Connection \"\"; } }
    }"
  close $channel
  exec env -u LD_PRELOAD {*}$nginx -p $::nginx_dir -c $::nginx_dir/$name.conf -e $::nginx_dir/$name.log 2>@1
  lappend ::nginx_names $name
  return http://127.0.0.1:$port
}
