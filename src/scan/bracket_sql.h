/*
** Bracketed aggregates computed from rows: the same question asked of the virtual table itself, in
** plain SQL without brackets, with the plan's terms as its WHERE and their values as its
** parameters. So it is answered in the ways that all other statements are, and SQLite's own meaning
** holds for what the server cannot decide.
*/
#ifndef WOW_BRACKET_SQL_H
#define WOW_BRACKET_SQL_H

#include "base/error.h"
#include "plan/plan.h"
#include "scan/target.h"

/* What is selected: the keys, then the aggregates; grouped by the keys and by date(c). */
struct wow_bracket_sql {
  const struct wow_target *target;
  const struct wow_plan *plan;
  const int *keys; /* columns of the relation */
  int n_keys;
  const int *chosen; /* aggregates */
  int n_chosen;
  sqlite3_stmt *stmt; /* NULL: not started */
};

/* Prepares the statement and binds xFilter's values. End it with wow_bracket_sql_end, also after an
** error. */
int wow_bracket_sql_start(struct wow_bracket_sql *sql, int argc, sqlite3_value **argv,
                          struct wow_error *err);
void wow_bracket_sql_end(struct wow_bracket_sql *sql);
/* Steps to the next group: SQLITE_ROW, SQLITE_DONE, or an error. */
int wow_bracket_sql_next(struct wow_bracket_sql *sql, struct wow_error *err);

#endif
