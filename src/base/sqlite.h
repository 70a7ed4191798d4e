/*
** The one way in which every file of wowsql sees SQLite: through the routine table that the loading
** process hands to the entry point, or, compiled with SQLITE_CORE (unit tests, fuzzers, static
** linking), directly.
*/
#ifndef WOW_SQLITE_H
#define WOW_SQLITE_H

#include <sqlite3ext.h>
#ifndef WOW_ENTRY_POINT
SQLITE_EXTENSION_INIT3
#endif

#endif
