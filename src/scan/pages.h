/*
** The rows of one query, page after page, to the last one: the one place that knows how a response
** can be shorter than the truth. Continues by key, keeps the next page in flight while this one is
** read, and finds out where a server cuts its responses (db-max-rows).
*/
#ifndef WOW_PAGES_H
#define WOW_PAGES_H

#include <stdbool.h>

#include "base/error.h"
#include "scan/keyset.h"
#include "scan/page_request.h"

struct wow_pages;

/* NULL: no memory. `shape` is copied; what it points to stays the caller's. */
struct wow_pages *wow_pages_new(const struct wow_shape *shape);
void wow_pages_free(struct wow_pages *pages);

/*
** Makes ready for the rows that `where` leaves; nothing is sent before the first step. What its
** conditions borrow must not change until the next start. `first_rows` is the length of the first
** page, -1: not known. `max_rows` bounds the rows there can be at all, -1: no bound.
*/
int wow_pages_start(struct wow_pages *pages, const struct wow_where *where,
                    sqlite3_int64 first_rows, sqlite3_int64 max_rows, struct wow_error *err);

/* All rows will be read: pages are large from the start. Call after wow_pages_start. */
void wow_pages_expect_all(struct wow_pages *pages);

/* Few rows are expected, as of a lookup. Call after wow_pages_start. */
void wow_pages_expect_few(struct wow_pages *pages);

/* While this holds, no page is asked for before it is needed. */
void wow_pages_hold(struct wow_pages *pages, bool hold);

/* Steps to the next row: SQLITE_ROW, SQLITE_DONE, or an error. */
int wow_pages_next(struct wow_pages *pages, struct wow_error *err);

/* How many rows were stepped to since the start. */
sqlite3_int64 wow_pages_delivered(const struct wow_pages *pages);

/* How many rows have been received of the scan since the start. *is_all: there are no more, unless
** the server cuts its responses. */
sqlite3_int64 wow_pages_received(const struct wow_pages *pages, bool *is_all);

/* See wow_page_fork. */
struct wow_rows *wow_pages_fork(struct wow_pages *pages);

/* The decoder, on the current row. */
const struct wow_rows *wow_pages_rows(const struct wow_pages *pages);

/* The place of the current row, from which the remaining rows could be asked for with a condition.
** NULL: they could not. */
const struct wow_keyset *wow_pages_place(const struct wow_pages *pages);

/* Does no row after the current one have its key, or none? Asks the server. */
int wow_pages_check_place(struct wow_pages *pages, bool *is_one, struct wow_error *err);

/* The next row would be on another page than the current one, and that page was not asked for. */
bool wow_pages_at_page_end(const struct wow_pages *pages);

/* The server cut the response, and it has no order by which it could be continued: groups that have
** keys which are not columns. Call once wow_pages_next has returned SQLITE_DONE. */
bool wow_pages_is_cut(const struct wow_pages *pages);

/* How many rows the query has after the current one (before the first: in all), counted by the
** server; -1: it does not say. For relations with a key, or before the first row. */
int wow_pages_count_remaining(struct wow_pages *pages, sqlite3_int64 *remaining,
                              struct wow_error *err);

#endif
