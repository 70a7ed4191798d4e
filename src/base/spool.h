/*
** Bytes that are appended once and read back at will: in memory up to a bound, in a temporary file
** behind it.
*/
#ifndef WOW_SPOOL_H
#define WOW_SPOOL_H

#include <stddef.h>

#include "base/sqlite.h"

struct wow_spool;

/* A spool that keeps `memory_bytes` in memory. NULL: no memory. */
struct wow_spool *wow_spool_new(size_t memory_bytes);
void wow_spool_free(struct wow_spool *spool);

/* Forgets everything; keeps its memory. */
void wow_spool_clear(struct wow_spool *spool);

/* How many bytes there are: where the next will stand. */
sqlite3_int64 wow_spool_bytes(const struct wow_spool *spool);

/* SQLITE_OK, SQLITE_NOMEM, or SQLITE_ERROR: the temporary file cannot be made or written. */
int wow_spool_append(struct wow_spool *spool, const void *data, size_t bytes);

/* Reads `bytes` from `from` on, all of which were appended. SQLITE_OK, or SQLITE_ERROR. */
int wow_spool_read(struct wow_spool *spool, sqlite3_int64 from, void *to, size_t bytes);

#endif
