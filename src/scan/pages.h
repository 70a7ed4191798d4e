/*
** The rows of one query, page after page, to the last one: the one place that knows how an answer
** can be shorter than the truth. Continues by key, keeps the next page in flight while this one is
** read, and finds out where a server cuts its answers (db-max-rows).
*/
#ifndef WOW_PAGES_H
#define WOW_PAGES_H

#include <stdbool.h>

#include "base/error.h"
#include "plan/plan.h"
#include "wire/rows.h"
#include "server/server.h"

struct wow_pages;

/* A member of the answer that is no column. */
struct wow_pages_extra {
  const char *name;    /* what it is called there: no column of the relation */
  const char *request; /* what it is in select=, percent-encoded: "price.sum()" */
};

/* What stays the same while a plan is run with one set of values after the other. */
struct wow_pages_shape {
  struct wow_connection *conn;
  struct wow_server *server;
  const char *schema; /* PostgREST profile; NULL: the server's */
  const struct wow_relation *relation;
  const int *select; /* columns to fetch, those of `sort` last and in its order */
  int n_select;
  const struct wow_plan_order *sort; /* the order of the answer; unique when has_key */
  int n_sort;
  int n_order; /* how many of `sort` the statement asked for; the rest is the key */
  bool has_key;
  /* Members that are no columns: aggregates, and keys to group by. Then a row is a group, and by
  ** its columns it is unique if has_key. */
  const struct wow_pages_extra *extras;
  int n_extras;
  int counting;  /* the extra that is count(): the rows of a group; -1: none */
  int page_size; /* a page's top size in rows */
};

/* NULL: no memory. `shape`'s arrays stay the caller's. */
struct wow_pages *wow_pages_new(const struct wow_pages_shape *shape);
void wow_pages_free(struct wow_pages *pages);

/*
** Makes ready for the rows that `filters` leaves; nothing is sent before the first step. `filters`
** is "&a=eq.1&...", copied. `first_rows` is the length of the first page, -1: not known.
** `most_rows` bounds the rows there can be at all, -1: no bound.
*/
int wow_pages_start(struct wow_pages *pages, const char *filters, sqlite3_int64 first_rows,
                    sqlite3_int64 most_rows, struct wow_error *err);

/* The server cut the answer, and it has no order by which it could be continued: groups that have
** keys which are no columns. Once wow_pages_next has said SQLITE_DONE. */
bool wow_pages_is_cut(const struct wow_pages *pages);

/* All rows will be read: pages are large from the start. Behind wow_pages_start. */
void wow_pages_expect_all(struct wow_pages *pages);

/* Nothing is asked for beforehand while this holds. */
void wow_pages_hold(struct wow_pages *pages, bool hold);

/* The condition of the rows behind the present one, of a relation with a key. NULL: no memory, or
** it cannot be said. */
char *wow_pages_rest_filters(struct wow_pages *pages);

/* Steps to the next row: SQLITE_ROW, SQLITE_DONE, or an error. */
int wow_pages_next(struct wow_pages *pages, struct wow_error *err);

/* How many rows were stepped to since the start. */
sqlite3_int64 wow_pages_delivered(const struct wow_pages *pages);

/* The decoder, standing on the current row. */
const struct wow_rows *wow_pages_rows(const struct wow_pages *pages);

/* How many rows the query has behind the present one (before the first: in all), by the server's
** count. For relations with a key, or before the first row. */
int wow_pages_count_rest(struct wow_pages *pages, sqlite3_int64 *rest, struct wow_error *err);

/* How many rows of a relation the server thinks that a condition ("&a=eq.1" or "") leaves: its
** planner's estimate, asked for with a short timeout. -1: it does not say. */
double wow_pages_estimate(struct wow_connection *conn, struct wow_server *server,
                          const char *schema, const char *relation, const char *filters);

/* The next row would be on another page than the present one, and that page was not asked for. */
bool wow_pages_at_page_end(const struct wow_pages *pages);

#endif
