/*
** Bytes that are appended and read back at will: in memory up to a bound, after that in a
** temporary file, which the system removes with the process.
*/
#ifndef WOW_SPOOL_H
#define WOW_SPOOL_H

#include <stddef.h>

#include "base/sqlite.h"

struct wow_spool;

/* A spool that keeps up to `memory_bytes` in memory. NULL: no memory. */
struct wow_spool *wow_spool_new(size_t memory_bytes);
void wow_spool_free(struct wow_spool *spool);

/* How many bytes there are: the position of the next one. */
sqlite3_int64 wow_spool_bytes(const struct wow_spool *spool);

/* SQLITE_OK, SQLITE_NOMEM, or SQLITE_ERROR if the temporary file cannot be created or written. */
int wow_spool_append(struct wow_spool *spool, const void *data, size_t bytes);

/* Writes over `bytes` from position `at` on, all of which have been appended. SQLITE_OK or
 * SQLITE_ERROR. */
int wow_spool_overwrite(struct wow_spool *spool, sqlite3_int64 at, const void *data, size_t bytes);

/* Reads `bytes` from position `from` on, all of which have been appended. SQLITE_OK or
 * SQLITE_ERROR. */
int wow_spool_read(struct wow_spool *spool, sqlite3_int64 from, void *to, size_t bytes);

/* Forgets everything from position `bytes` on. */
void wow_spool_truncate(struct wow_spool *spool, sqlite3_int64 bytes);

#endif
