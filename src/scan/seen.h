/*
** Rows that were handed out already, as hashes: when a scan goes on with a response that has some
** of them again, they are met and passed over. Rows alike are the same to a query; each counts
** once.
*/
#ifndef WOW_SEEN_H
#define WOW_SEEN_H

#include <stdbool.h>

#include "base/sqlite.h"
#include "wire/rows.h"

/* Empty where it is all zeros. */
struct wow_seen {
  sqlite3_uint64 *hashes; /* those met since the last restart come first */
  sqlite3_int64 n;
  sqlite3_int64 room;
  sqlite3_int64 n_met;
};

/* The hash of the current row, of its first `n_members` members. */
sqlite3_uint64 wow_seen_hash(const struct wow_rows *rows, int n_members);

/* Keeps a row; until the next restart it counts as met. SQLITE_OK or SQLITE_NOMEM. */
int wow_seen_add(struct wow_seen *seen, sqlite3_uint64 hash);
/* Was such a row kept, and not met since the last restart? */
bool wow_seen_meet(struct wow_seen *seen, sqlite3_uint64 hash);
/* All rows can be met again. */
void wow_seen_restart(struct wow_seen *seen);
/* Forgets the rows, but not their room. */
void wow_seen_clear(struct wow_seen *seen);
void wow_seen_reset(struct wow_seen *seen);

#endif
