#!/usr/bin/env bash
# The rules that a compiler does not check: format, layers, lengths, names, exported symbols. Prints
# what is wrong; the last line sums up.
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

shopt -s nullglob
sources=(src/*.[ch] src/*/*.[ch] tests/unit/*.[ch] bench/*.[ch] fuzz/*.[ch])

format() { clang-format --dry-run "${sources[@]}" 2>&1 | head -20; }
# What a formatter leaves of a comment line that was too long: a single word after a star.
broken_comments() { grep -nHE '^ *\*[^*/ ;=]+$' "${sources[@]}"; }
long_lines() { grep -nHE '^.{101}' "${sources[@]}"; }
exports() {
  local symbols
  [ -f wowsql.so ] || return 0
  symbols=$(nm -D --defined-only wowsql.so | awk '$2 == "T" || $2 == "D" || $2 == "B" {print $3}')
  [ "$symbols" = sqlite3_wowsql_init ] || printf 'exported: %s\n' "$symbols"
}
layers() { tools/layers.tcl; }
lengths() { tools/functions.tcl; }
names() { tools/names.tcl; }
docs() { tools/docs.tcl --check; }

check "clang-format" format
check "broken comments" broken_comments
check "long lines" long_lines
check "exported symbols" exports
check "layers (tools/layers.txt)" layers
check "lengths" lengths
check "names across files" names
check "documents" docs
echo "lint: $passed passed, $failed failed"
[ "$failed" = 0 ]
