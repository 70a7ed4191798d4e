/*
** What to ask first, see strategy.h.
**
** Counting: SQLite does not say whether a column that is in WHERE is also read, nor whether a scan
** without columns counts rows. So where the terms are exact, a statement that counts, and by its
** bytecode reads nothing (see bytecode.h), is given as many empty rows as the server counts. The
** first time that it asks such a row for a value after all, the rows themselves are fetched and as
** many of them passed over as were handed out empty: nothing was read of those, so it does not
** matter which they were.
**
** Groups: what a statement makes of rows depends on the values that it reads, and how often. Where
** it groups by just these columns, it is given the server's groups, each row as often as it counts;
** where it does not, the rows so far show at the end of each page whether there are few different
** ones, and the rest comes in groups. If groups turn out to be small, the remaining rows come as
** rows again.
*/
#include "scan/strategy.h"

#include "server/run.h"

int wow_strategy_read_usage(struct wow_scan *scan) {
  if (scan->has_usage) return SQLITE_OK;
  scan->has_usage = true;
  return wow_bytecode_read(&scan->usage, &scan->target, scan->plan.text);
}

/* Are all columns that the statement uses, the key aside, among those of the plan's terms? Then
** they may be there for the terms only. */
static bool uses_terms_only(const struct wow_scan *scan) {
  if (scan->plan.uses_nothing) return true;
  for (int i = 0; i < scan->target.relation->n_columns; i++) {
    bool known = !scan->plan.columns[i] || scan->target.relation->columns[i].key_position > 0;
    for (int j = 0; j < scan->plan.n_terms && !known; j++)
      known = scan->plan.terms[j].column == i;
    if (!known) return false;
  }
  return true;
}

void wow_strategy_begin(struct wow_scan *scan) {
  const struct wow_binding *binding = &scan->binding;
  bool is_open =
      binding->first_rows < 0 && wow_bind_is_one_window(binding) && wow_bind_max_rows(binding) < 0;
  scan->has_read = false;
  scan->can_count =
      is_open && binding->is_exact && scan->plan.n_order == 0 && uses_terms_only(scan);
  scan->may_group = is_open && binding->n_compared == 0 && scan->target.conn->ship &&
                    !scan->target.server->learned.refuses_aggregates;
  if (scan->tally) wow_tally_forget_sample(scan->tally);
}

/* ---------------------------------------------------------------- counting */

/* Is a number of rows all that the statement wants? */
static int wants_count(struct wow_scan *scan, bool *wants) {
  *wants = scan->can_count && !scan->must_fetch && !scan->target.server->learned.hides_counts &&
           wow_run_mentions(scan->target.conn->db, "count");
  if (!*wants || scan->plan.uses_nothing) return SQLITE_OK;
  int rc = wow_strategy_read_usage(scan);
  *wants = rc == SQLITE_OK && !(scan->usage.is_known && wow_bytecode_reads_any(&scan->usage));
  return rc;
}

/* ---------------------------------------------------------------- groups */

/* Makes the tally of this plan; it stays NULL where there is none. */
static int make_tally(struct wow_scan *scan, bool look) {
  if (scan->has_tally) return SQLITE_OK;
  int rc = look ? wow_strategy_read_usage(scan) : SQLITE_OK;
  if (rc != SQLITE_OK) return rc;
  scan->has_tally = true;
  return wow_tally_new(&scan->target, &scan->plan, &scan->usage, &scan->tally);
}

/* Are groups what the statement asks for? */
static int wants_groups(struct wow_scan *scan, bool *wants) {
  *wants = false;
  if (!scan->may_group || scan->plan.uses_nothing) return SQLITE_OK;
  int rc = make_tally(scan, true);
  *wants = rc == SQLITE_OK && scan->tally && wow_tally_is_statements_own(scan->tally);
  return rc;
}

int wow_strategy_sample(struct wow_scan *scan) {
  const struct wow_json_value *values[WOW_MAX_SORT];
  int n = 0;
  if (!scan->may_group) return SQLITE_OK;
  int rc = make_tally(scan, !scan->is_lookup);
  if (rc != SQLITE_OK || scan->tally == NULL) {
    scan->may_group = false;
    return rc;
  }
  const int *columns = wow_tally_columns(scan->tally, &n);
  for (int i = 0; i < n; i++)
    values[i] = wow_source_value(scan, scan->members[columns[i]]);
  rc = wow_tally_sample(scan->tally, values);
  scan->may_group = wow_tally_can_sample(scan->tally);
  /* While it looks as if groups are better, no further page is asked for. */
  wow_pages_hold(scan->pages, scan->may_group && wow_tally_may_be_worthwhile(scan->tally));
  return rc;
}

bool wow_strategy_foresees(const struct wow_scan *scan, int column) {
  if (scan->tally) return wow_tally_has_column(scan->tally, column);
  return wow_plan_uses(&scan->plan, scan->target.relation, column);
}

/* Groups are better than a number where both would do. */
int wow_strategy_choose(struct wow_scan *scan, enum wow_strategy *out) {
  bool count = false, group = false;
  int rc = wants_groups(scan, &group);
  if (rc == SQLITE_OK && !group) rc = wants_count(scan, &count);
  *out = group ? WOW_STRATEGY_GROUPS : count ? WOW_STRATEGY_COUNT : WOW_STRATEGY_ROWS;
  return rc;
}
