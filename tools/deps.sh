#!/usr/bin/env bash
# Installs what building, the demo and the tests need, if it is missing: tools/deps.sh [GROUP...]. Works on
# Debian and Ubuntu; on other systems it only says what to install. Silent if nothing is missing.
#
# Groups are what only some tests need, which are skipped without it: bindings (tests/bindings.test),
# packages (tests/packages.test).
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

# Of a group, what this system has is installed: a binding less is a test less.
optional=()
want() { # PACKAGE COMMAND...
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || optional+=("$package")
}
for group in "$@"; do
  case $group in
    bindings)
      want python3-apsw /usr/bin/python3 -c 'import apsw'
      want python3-sqlalchemy /usr/bin/python3 -c 'import sqlalchemy'
      want python3-pandas /usr/bin/python3 -c 'import pandas'
      want sqlite-utils command -v sqlite-utils
      want libdbd-sqlite3-perl perl -MDBD::SQLite -e 1
      want php-cli command -v php
      want php-sqlite3 php -r 'exit(class_exists("SQLite3") ? 0 : 1);'
      want ruby command -v ruby
      want ruby-sqlite3 ruby -rsqlite3 -e 1
      want default-jdk-headless command -v javac
      want libxerial-sqlite-jdbc-java test -e /usr/share/java/sqlite-jdbc.jar
      want r-cran-rsqlite Rscript -e 'library(RSQLite)'
      ;;
    packages)
      want debhelper command -v dh
      want lintian command -v lintian
      ;;
    *)
      echo "unknown group: $group" >&2
      exit 2
      ;;
  esac
done
if [ ${#optional[@]} -gt 0 ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get update -qq
  known=()
  for package in "${optional[@]}"; do
    if apt-cache show "$package" >/dev/null 2>&1; then known+=("$package"); fi
  done
  echo "installing for tests: ${known[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${known[@]}" >/dev/null || true
fi

# The packages of npm that a folder's package-lock.json pins. Its scripts do not run: some would download more.
npm_ci() { # FOLDER
  if [ ! -e "$1/node_modules/.package-lock.json" ] ||
     [ "$1/package-lock.json" -nt "$1/node_modules/.package-lock.json" ]; then
    echo "installing: what $1/package.json names (npm)"
    npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
    touch "$1/node_modules/.package-lock.json"
  fi
}
case " $* " in *' bindings '*) npm_ci examples/node || true ;; esac

# PostgREST comes from the npm registry, too.
npm_ci stack
