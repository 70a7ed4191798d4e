/*
** Bracketed aggregates computed from rows: the same question asked of the virtual table itself, in
** plain SQL without brackets, with the plan's terms as its WHERE and their values as its
** parameters. So it is answered by the ways that all other statements go, and SQLite's own meaning
** holds for what the server cannot decide.
*/
#ifndef WOW_AGGREGATE_ROWS_H
#define WOW_AGGREGATE_ROWS_H

#include "scan/bracket_scan.h"

/* What is selected: the keys, then the aggregates; grouped by the keys and by date(c). */
struct wow_aggregate_rows {
  const struct wow_aggregate_target *target;
  const int *keys; /* columns of the relation */
  int n_keys;
  const int *chosen; /* aggregates */
  int n_chosen;
};

/* Prepares the statement and binds xFilter's values. SQLITE_OK, or an error; *stmt ends with
** wow_aggregate_rows_end, which takes NULL, too. */
int wow_aggregate_rows_start(const struct wow_aggregate_rows *rows, int argc, sqlite3_value **argv,
                             sqlite3_stmt **stmt, struct wow_error *err);
void wow_aggregate_rows_end(const struct wow_aggregate_rows *rows, sqlite3_stmt *stmt);
/* Steps to the next group: SQLITE_ROW, SQLITE_DONE, or an error. */
int wow_aggregate_rows_next(const struct wow_aggregate_rows *rows, sqlite3_stmt *stmt,
                            struct wow_error *err);

#endif
