/*
** The streaming decoder of PostgREST's JSON rows: bytes in, rows of values out. Does no I/O, knows
** no SQL and builds no tree. An array of flat objects is what it reads: `[{"a":1,"b":"x"}, ...]`;
** a member that is itself an object or an array is one value, its text as written.
*/
#ifndef WOW_ROWS_H
#define WOW_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sqlite.h"

struct wow_rows;

/*
** A decoder for rows with the `n_names` members `names` (copied), in the order in which they are
** expected; another order, further members and repeated members (the last one counts) are read
** correctly, only more slowly. `max_row_bytes` is the ceiling for one row. NULL: no memory.
*/
struct wow_rows *wow_rows_new(const char *const *names, int n_names, size_t max_row_bytes);
void wow_rows_free(struct wow_rows *rows);

/* Makes the decoder ready for the next array (the next page). Keeps its buffer. */
void wow_rows_restart(struct wow_rows *rows);

/* Appends bytes as they arrived. SQLITE_OK or SQLITE_NOMEM. Ends the validity of values. */
int wow_rows_feed(struct wow_rows *rows, const char *data, size_t bytes);

/* Says that no further byte will come. */
void wow_rows_end(struct wow_rows *rows);

/*
** Steps to the next row. SQLITE_ROW: there is one, see wow_rows_value. SQLITE_OK: more bytes are
** needed (never after wow_rows_end). SQLITE_DONE: the array has ended, as it should. Otherwise
** an error with the byte position in `err`: malformed JSON, text after the array, a body that
** broke off, a row larger than the ceiling (SQLITE_ERROR), SQLITE_NOMEM. Once it has returned DONE
** or an error it goes on doing so until wow_rows_restart.
*/
int wow_rows_next(struct wow_rows *rows, struct wow_error *err);

/* The value of member `index` (into `names`) of the current row; valid until the next call that
** changes the decoder. */
const struct wow_json_value *wow_rows_value(const struct wow_rows *rows, int index);

/* A decoder of its own for the rows that were fed and not yet stepped to; it ends, with SQLITE_OK,
** where the bytes do. NULL: no memory. */
struct wow_rows *wow_rows_fork(const struct wow_rows *rows);

/* Bytes that were fed and not yet stepped over. */
size_t wow_rows_pending(const struct wow_rows *rows);

/*
** Looks ahead: the values of the last `n` members (by the order of `names`) in the last row of an
** array whose end has been fed but not yet been stepped to, for continuing after it before it is
** reached. Returns 1 with `values` filled (text valid until the next call that changes the
** decoder; strings unescaped into memory of the decoder), or 0 if that cannot be told: the end is
** not here yet, or the members do not close the row in that order.
*/
int wow_rows_peek_last(struct wow_rows *rows, int n, struct wow_json_value *values);

#endif
