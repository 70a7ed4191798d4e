/*
** What SQLite makes of groups, see bracket_check.h.
*/
#include "scan/bracket_check.h"

void wow_bracket_check_reset(struct wow_bracket_check *check) {
  wow_bytecode_reset(&check->usage);
  check->has_usage = false;
}

int wow_bracket_check_fail(const struct wow_bracket_check *check, const char *column,
                           struct wow_error *err) {
  return wow_error_hint(
      err, SQLITE_ERROR, check->target->relation->name,
      "add it to GROUP BY; or write the aggregate without brackets: then SQLite computes it. A "
      "condition that SQLite evaluates itself (OR, NOT IN, an expression, a row value) can be "
      "given "
      "to the server: FROM t('or=(a.eq.1,b.gt.2)')",
      "column '%s' must appear in GROUP BY, or in a bracketed aggregate", column);
}

/* Looks at the statement's bytecode, once for a plan. */
static int look(struct wow_bracket_check *check) {
  if (check->has_usage) return SQLITE_OK;
  check->has_usage = true;
  return wow_bytecode_read(&check->usage, check->target, check->plan->text);
}

/* The number of terms that say that the column is not NULL. */
static int n_not_null(const struct wow_plan *plan, int column) {
  int n = 0;
  for (int i = 0; i < plan->n_terms; i++)
    n += plan->terms[i].column == column && plan->terms[i].op == WOW_NOT_NULL;
  return n;
}

bool wow_bracket_check_is_not_null(struct wow_bracket_check *check, int column) {
  int n = n_not_null(check->plan, column);
  if (n == 0 || look(check) != SQLITE_OK || !check->usage.is_known) return false;
  const struct wow_usage_column *usage = &check->usage.columns[column];
  return usage->n_reads == n && usage->n_null_tests == n;
}

/* A key that is there for a lookup only, and that SQLite reads: a condition on it would drop the
** row that says that nothing was counted. -1: none. */
static int key_read(struct wow_bracket_check *check) {
  for (int i = 0; check->is_single && i < check->n_keys; i++) {
    int column = check->keys[i];
    bool is_read = check->usage.columns[column].n_reads > 0;
    if (is_read && !wow_bracket_check_is_not_null(check, column)) return column;
  }
  return -1;
}

int wow_bracket_check_statement(struct wow_bracket_check *check, struct wow_error *err) {
  const struct wow_relation *relation = check->target->relation;
  if (look(check) != SQLITE_OK) return wow_error_nomem(err);
  if (!check->usage.is_known) return SQLITE_OK;
  if (check->usage.loops) {
    return wow_error_hint(err, SQLITE_ERROR, relation->name,
                          "join the list instead, or write the aggregates without brackets: then "
                          "SQLite computes them",
                          "bracketed aggregates would be computed for each value of an IN list");
  }
  if (check->usage.counts) {
    return wow_error_hint(err, SQLITE_ERROR, relation->name, "write [count(*)]",
                          "count(*) beside bracketed aggregates counts groups, not rows");
  }
  int read = key_read(check);
  if (read >= 0) return wow_bracket_check_fail(check, relation->columns[read].name, err);
  if (check->plan->assumes_groups && !check->usage.groups) {
    const char *name = check->n_keys > 0 ? relation->columns[check->keys[0]].name : "date(...)";
    return wow_bracket_check_fail(check, name, err);
  }
  return SQLITE_OK;
}
