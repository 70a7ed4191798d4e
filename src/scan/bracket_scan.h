/*
** The rows of a plan with bracketed aggregates: groups that the server computes, or, where it does
** not or cannot, that SQLite computes from rows.
*/
#ifndef WOW_AGGREGATE_SCAN_H
#define WOW_AGGREGATE_SCAN_H

#include "scan/lookup.h"
#include "scan/pages.h"
#include "plan/plan.h"
#include "plan/bind.h"

struct wow_aggregate_scan;

/* What is scanned; all of it stays the caller's. */
struct wow_aggregate_target {
  struct wow_pages_shape shape; /* how to ask for rows; its columns and order are not looked at */
  const struct wow_aggregates *aggregates;
  const struct wow_plan *plan;
  const char *plan_text;
  int plan_number;
  const char *table;    /* the virtual table, quoted, with its database: "temp"."users" */
  char *const *columns; /* the names of its columns */
  struct wow_lookups *lookups;
  const double *rows; /* how many rows the relation is thought to have; -1: not known */
};

/* NULL: no memory. */
struct wow_aggregate_scan *wow_aggregate_scan_new(const struct wow_aggregate_target *target);
void wow_aggregate_scan_free(struct wow_aggregate_scan *scan);

/* Begins with xFilter's values. Stands before the first group. */
int wow_aggregate_scan_start(struct wow_aggregate_scan *scan, enum wow_collation collation,
                             int argc, sqlite3_value **argv, struct wow_error *err);
/* Steps to the next group: SQLITE_ROW, SQLITE_DONE, or an error. */
int wow_aggregate_scan_next(struct wow_aggregate_scan *scan, struct wow_error *err);
/* Gives SQLite the value of a column, a hidden one included. */
int wow_aggregate_scan_column(struct wow_aggregate_scan *scan, sqlite3_context *ctx, int column,
                              struct wow_error *err);

#endif
