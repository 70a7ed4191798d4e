/*
** One call of xUpdate: a row to insert, change or delete becomes a change, whose values are checked
** and written as JSON at once, so that what cannot be sent fails its own statement.
**
** A NULL of a row to insert is left out of it, because SQLite does not tell it from a column that
** was not named: the server puts the column's default there. Of a row to change only the columns
** that were set are sent.
*/
#ifndef WOW_MODIFY_H
#define WOW_MODIFY_H

#include "base/error.h"
#include "base/sqlite.h"
#include "write/keys.h"
#include "write/pending.h"

/* What xUpdate is called with, and what it adds to. */
struct wow_modification {
  const struct wow_write_target *target;
  struct wow_pending *pending;
  struct wow_keys *keys;
  sqlite3_int64 row_number; /* within the statement, for errors */
  int on_conflict;          /* sqlite3_vtab_on_conflict */
  int argc;
  sqlite3_value **argv;
};

/* Adds the change. *rowid: of a row that was inserted, where its integer key was given; else it is
** left alone. On failure nothing has changed. */
int wow_modify_row(const struct wow_modification *modification, sqlite3_int64 *rowid,
                   struct wow_error *err);

/* Why the table cannot be written; SQLITE_OK: it can. */
int wow_modify_check(const struct wow_write_target *target, bool is_read_only,
                     struct wow_error *err);

#endif
