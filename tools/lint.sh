#!/usr/bin/env bash
# The rules that a compiler does not check: format, who includes which library, and what the library
# exports. Prints what is wrong; the last line sums up.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
passed=0
check() { # name, then a command whose output is what is wrong
  local name=$1 output
  shift
  output=$("$@" 2>&1) || true
  if [ -z "$output" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'lint: %s\n%s\n' "$name" "$output"
  fi
}

sources() { git ls-files "src/*.[ch]" "tests/*.[ch]" "bench/*.[ch]" "fuzz/*.[ch]"; }

format() { clang-format --dry-run $(sources) 2>&1 | head -20; }
# clang-format breaks a comment line that is too long like this: a word of its own behind one star.
broken_comments() { grep -nE '^ *\*[^*/ ;=]+$' $(sources); }
curl_includes() { grep -rl '#include <curl/' src | grep -v '^src/http/'; }
cjson_includes() { grep -rl '#include <cjson/' src | grep -Ev '^src/(catalog/.*|base/error|server/options|functions/fn_[a-z]+)\.c$'; }
pure_files() { # these folders do no I/O and take no connection
  grep -nE '#include "(http|server|scan)/' src/plan/*.[ch] src/wire/*.[ch] src/types/*.[ch] src/catalog/*.[ch]
}
exports() {
  local symbols
  [ -f wowsql.so ] || return 0
  symbols=$(nm -D --defined-only wowsql.so | awk '$2 == "T" || $2 == "D" || $2 == "B" {print $3}')
  [ "$symbols" = sqlite3_wowsql_init ] || printf 'exported: %s\n' "$symbols"
}
long_files() { wc -l src/*.[ch] src/*/*.[ch] | awk '$2 != "total" && $1 > 900 {print $2 " has " $1 " lines"}'; }
functions_named() { # every C function that several files see has its file in its name
  nm build/*.o build/[a-z]*/*.o 2>/dev/null | awk '$2 == "T" {print $3}' | grep -Ev '^(wow_|sqlite3_wowsql_init$)'
}
docs() { tools/docs.tcl --check; }

check "clang-format" format
check "comments that were broken" broken_comments
check "only http.c includes curl" curl_includes
check "who includes cJSON" cjson_includes
check "planning and decoding do no I/O" pure_files
check "exported symbols" exports
check "long files" long_files
check "names across files" functions_named
check "README" docs
echo "lint: $passed passed, $failed failed"
[ "$failed" = 0 ]
