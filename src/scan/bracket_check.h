/*
** Does SQLite do with the groups what was asked? To SQLite the bracketed aggregates are columns,
** and it may do things with them that mean something else: run the plan once for each value of a
** list, count the groups, order by columns that are not keys. The statement's bytecode shows this;
** then it is an error, not an answer.
*/
#ifndef WOW_BRACKET_CHECK_H
#define WOW_BRACKET_CHECK_H

#include "base/error.h"
#include "plan/plan.h"
#include "scan/bytecode.h"
#include "scan/target.h"

struct wow_bracket_check {
  const struct wow_target *target;
  const struct wow_plan *plan;
  const int *keys; /* columns to group by */
  int n_keys;
  bool is_single; /* one row for each run, whatever there is: the keys are there for lookups only */
  struct wow_usage usage;
  bool has_usage; /* the statement was looked at */
};

void wow_bracket_check_reset(struct wow_bracket_check *check);

/* SQLITE_OK, or an error that says what the statement would make of the groups. */
int wow_bracket_check_statement(struct wow_bracket_check *check, struct wow_error *err);

/* Is this column read only to see once more that it is not NULL? */
bool wow_bracket_check_is_not_null(struct wow_bracket_check *check, int column);

/* The error that a column is neither grouped by nor aggregated. */
int wow_bracket_check_fail(const struct wow_bracket_check *check, const char *column,
                           struct wow_error *err);

#endif
