#!/bin/sh
# After `make install` and `make uninstall`, with DESTDIR and PREFIX: makes the dynamic linker look again,
# where that can be done, and says how the library is loaded.
set -eu
destdir=$1
folder=$2/lib
[ -z "$destdir" ] || exit 0 # whoever packs it runs ldconfig where it is unpacked
PATH=$PATH:/usr/sbin:/sbin
found=
if [ "$(uname -s)" = Darwin ]; then
  case $folder in /usr/local/lib | /usr/lib) found=1 ;; esac
elif command -v ldconfig >/dev/null; then
  if [ "$(id -u)" = 0 ]; then ldconfig; fi
  if ldconfig -p | grep -qF "=> $folder/wowsql.so"; then found=1; fi
fi
[ -e "$folder/wowsql.so" ] || [ -e "$folder/wowsql.dylib" ] || exit 0
if [ -n "$found" ]; then
  echo "In any folder: .load wowsql"
else
  echo "The dynamic linker does not look in $folder. Load it by its path: .load $folder/wowsql"
fi
