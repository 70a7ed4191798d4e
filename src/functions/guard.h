/*
** Who calls a function with effects? It may run if the user's statement calls it, but not if a
** database file does, which may be a stranger's.
**
** SQLITE_DIRECTONLY keeps functions out of the views, triggers and defaults of a file (but not of
** the schema temp, which is the user's own). SQLite before 3.50 lets them through in CHECK
** constraints, and does not say from where it calls a function: that is found out here.
*/
#ifndef WOW_GUARD_H
#define WOW_GUARD_H

#include <stdbool.h>

#include "base/sqlite.h"

/* May this function, which is being called, act? */
bool wow_guard_may_act(sqlite3 *db, const char *function);

/* The text after the blanks and comments that it begins with. */
const char *wow_guard_skip_blanks(const char *sql);

#endif
