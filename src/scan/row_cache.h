/*
** Remembered rows, found again by a key, the text of what was asked: "&customer_id=eq.7". That
** something was asked and has no rows is remembered, too. Does no I/O but for the spool's temporary
** file.
*/
#ifndef WOW_ROW_CACHE_H
#define WOW_ROW_CACHE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sqlite.h"

struct wow_row_cache;

/* For rows of `n_values` values. NULL: no memory. Freed when its last user lets go of it; cursors
** are users. NULL may be released. */
struct wow_row_cache *wow_row_cache_new(int n_values);
void wow_row_cache_release(struct wow_row_cache *cache);

/* Bytes kept in all. */
sqlite3_int64 wow_row_cache_bytes(const struct wow_row_cache *cache);

/* What is remembered of one key. */
struct wow_row_cache_entry {
  sqlite3_int64 first; /* position of its first row */
  sqlite3_int64 n_rows;
  bool is_complete; /* there are no further rows */
};

/* NULL: it was not asked. Valid until the next row is added. */
const struct wow_row_cache_entry *wow_row_cache_find(const struct wow_row_cache *cache,
                                                     const char *key, int bytes);

/*
** Adds a row to the entry of a key (making it, with is_complete false, if it is new; `row` NULL
** adds none). The rows of one key come back in the order in which they were added.
*/
int wow_row_cache_add(struct wow_row_cache *cache, const char *key, int bytes,
                      const struct wow_json_value *row, struct wow_error *err);

/* Forgets the rows of a key that has an entry. False: it has none. */
bool wow_row_cache_restart(struct wow_row_cache *cache, const char *key, int bytes);

/* Says that the key's entry has all its rows. */
void wow_row_cache_complete(struct wow_row_cache *cache, const char *key, int bytes);

/* Steps through an entry's rows. */
struct wow_row_cache_cursor {
  struct wow_row_cache *cache;
  sqlite3_int64 next;
  sqlite3_int64 rows_left;
  char *row; /* the current row's bytes */
  size_t room;
  struct wow_json_value *values; /* of the current row; texts point into `row` */
};

void wow_row_cache_cursor_start(struct wow_row_cache_cursor *cursor, struct wow_row_cache *cache,
                                const struct wow_row_cache_entry *entry);
/* SQLITE_ROW, SQLITE_DONE or an error. */
int wow_row_cache_cursor_next(struct wow_row_cache_cursor *cursor, struct wow_error *err);
void wow_row_cache_cursor_reset(struct wow_row_cache_cursor *cursor);

#endif
