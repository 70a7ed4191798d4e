/*
** Which row is which: the rowid that SQLite is given, and the check that no two rows have the same.
*/
#ifndef WOW_IDENTITY_H
#define WOW_IDENTITY_H

#include "base/error.h"
#include "base/sqlite.h"

struct wow_scan;
struct wow_runs;

/* What the rows of a table looked like that were given a rowid while a statement runs. */
struct wow_witnesses;

struct wow_witnesses *wow_identity_new_witnesses(void); /* NULL: no memory */
void wow_identity_free_witnesses(struct wow_witnesses *witnesses);

/* The rowid of the current row, whose values can be read. */
int wow_identity_of_row(struct wow_scan *scan, sqlite3_int64 *rowid, struct wow_error *err);

#endif
