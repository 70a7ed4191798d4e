#!/usr/bin/env bash
# Writes the changelog that a Debian package needs: the version, and a pointer to CHANGELOG.md. Its date is
# that of the last commit, so that the same source makes the same package.
set -euo pipefail
cd "$(dirname "$0")/.."
date=$(git log -1 --format=%cD)
cat <<TEXT
wowsql ($(cat VERSION)) unstable; urgency=medium

  * Version $(cat VERSION); see CHANGELOG.md for what is new.

 -- wowsql maintainers <maintainers@wowsql.example>  $date
TEXT
