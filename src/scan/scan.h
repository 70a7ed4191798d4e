/*
** A scan: one cursor's way through the rows that a plan asks for. Knows the ways to get them:
** from pages, from what lookups remember, as a mere number of rows whose values nobody reads, not
** at all, and in several requests where an IN list is long.
*/
#ifndef WOW_SCAN_H
#define WOW_SCAN_H

#include <stdbool.h>

#include "plan/brackets.h"
#include "catalog/relation.h"
#include "base/error.h"
#include "server/server.h"
#include "base/sqlite.h"

struct wow_scan;
struct wow_lookups;

/* What is scanned. All of it stays the caller's and outlives the scan. */
struct wow_scan_target {
  struct wow_connection *conn;
  const char *server; /* its name: it need not be there yet */
  const char *schema; /* PostgREST profile; NULL: the server's */
  const struct wow_relation *relation;
  int page_size; /* a page's top size in rows; 0: the server's option */
  const struct wow_aggregates *aggregates;
  const char *table;    /* the virtual table in SQL, with its database */
  char *const *columns; /* the names of its columns, that of wowsql_filter last */
  struct wow_lookups *lookups;
  const double *rows; /* how many rows the relation is thought to have; -1: not known */
};

/* NULL: no memory. */
struct wow_scan *wow_scan_new(const struct wow_scan_target *target);
void wow_scan_free(struct wow_scan *scan);

/* Begins anew: `plan` and `plan_number` are what xBestIndex made, the values are xFilter's. Stands
** on the first row afterwards, or at the end. */
int wow_scan_start(struct wow_scan *scan, const char *plan, int plan_number, int argc,
                   sqlite3_value **argv, struct wow_error *err);

int wow_scan_next(struct wow_scan *scan, struct wow_error *err);
bool wow_scan_eof(const struct wow_scan *scan);

/* Gives SQLite the value of a column of the current row. */
int wow_scan_column(struct wow_scan *scan, sqlite3_context *ctx, int column, struct wow_error *err);

/* The current row's identity: the integer key, or a number made from the key. */
int wow_scan_rowid(struct wow_scan *scan, sqlite3_int64 *rowid, struct wow_error *err);

#endif
