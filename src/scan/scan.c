/*
** The cursor, see scan.h: a plan that is run with values, and what SQLite asks of the rows.
*/
#include "scan/scan.h"

#include <string.h>

#include "scan/identity.h"
#include "scan/second_look.h"
#include "scan/page.h"
#include "scan/rights.h"
#include "scan/source.h"
#include "scan/strategy.h"
#include "scan/width.h"
#include "server/run.h"
#include "types/shippable.h"
#include "types/value.h"

struct wow_scan *wow_scan_new(const struct wow_target *target) {
  struct wow_scan *scan = sqlite3_malloc64(sizeof(*scan));
  if (scan == NULL) return NULL;
  memset(scan, 0, sizeof(*scan));
  scan->target = *target;
  scan->target.planned = target->relation;
  scan->run = wow_run_open_cursor(target->conn->runs);
  scan->is_dry = target->conn->dry_run.is_on;
  scan->next_open = *target->scans;
  *target->scans = scan;
  return scan;
}

static void forget_plan(struct wow_scan *scan) {
  wow_bracket_scan_free(scan->brackets);
  scan->brackets = NULL;
  wow_tally_free(scan->tally);
  scan->tally = NULL;
  scan->has_tally = false;
  wow_bytecode_reset(&scan->usage);
  scan->has_usage = false;
  wow_pages_free(scan->pages);
  scan->pages = NULL;
  wow_rows_free(scan->received);
  scan->received = NULL;
  wow_merge_check_reset(&scan->merge_check);
  wow_row_cache_cursor_reset(&scan->remembered);
  wow_server_release(scan->target.server);
  scan->target.server = NULL;
  scan->target.relation = scan->target.planned;
  wow_plan_reset(&scan->plan);
  sqlite3_free(scan->columns.select);
  scan->columns.select = NULL;
  sqlite3_free(scan->members);
  scan->members = NULL;
  scan->must_fetch = false;
}

/* A statement goes on as who it began as, also where SQLite starts its scans later. */
static void keep_session(struct wow_scan *scan, struct wow_server *server) {
  if (scan->home == server) return;
  wow_session_release(scan->target.session);
  wow_server_release(scan->home);
  scan->home = server ? wow_server_retain(server) : NULL;
  scan->target.session = server ? wow_session_retain(server->session) : NULL;
}

void wow_scan_free(struct wow_scan *scan) {
  if (scan == NULL) return;
  struct wow_scan **link = scan->target.scans;
  while (*link != scan)
    link = &(*link)->next_open;
  *link = scan->next_open;
  wow_run_close_cursor(scan->target.conn->runs, scan->run);
  forget_plan(scan);
  keep_session(scan, NULL);
  wow_bind_reset(&scan->binding);
  wow_condition_reset(&scan->where);
  wow_keyset_reset(&scan->grouped_from);
  wow_keyset_reset(&scan->ungrouped_from);
  wow_row_cache_release(scan->seen);
  wow_number_map_reset(&scan->numbered);
  sqlite3_free(scan);
}

/* ---------------------------------------------------------------- the plan */

static int choose_columns(struct wow_scan *scan) {
  const struct wow_relation *relation = scan->target.relation;
  sqlite3_uint64 bytes = sizeof(int) * (sqlite3_uint64)(relation->n_columns + 1);
  int rc = wow_plan_choose_columns(&scan->plan, relation, &scan->columns);
  scan->members = sqlite3_malloc64(bytes);
  if (rc != SQLITE_OK || scan->members == NULL) return SQLITE_NOMEM;
  scan->other_bytes = 60 + 3 * (int)strlen(relation->name);
  for (int i = 0; i < relation->n_columns; i++)
    scan->members[i] = -1;
  for (int i = 0; i < scan->columns.n_select; i++) {
    int column = scan->columns.select[i];
    scan->members[column] = i;
    scan->other_bytes += (int)strlen(relation->columns[column].name) + 1;
  }
  if (scan->other_bytes > WOW_MAX_SELECT_BYTES) scan->other_bytes = WOW_MAX_SELECT_BYTES;
  /* Lists are cut for WOW_MAX_URL_BYTES; this server takes less. */
  scan->other_bytes += WOW_MAX_URL_BYTES - wow_server_url_bytes(scan->target.server);
  return SQLITE_OK;
}

static struct wow_pages *new_pages(const struct wow_scan *scan) {
  struct wow_shape shape = {
      .target = &scan->target,
      .select = scan->columns.select,
      .n_select = scan->columns.n_select,
      .sort = scan->columns.sort,
      .n_sort = scan->columns.n_sort,
      .n_order = scan->plan.n_order,
      .has_key = scan->target.relation->n_key > 0,
      .counting = -1,
  };
  return wow_pages_new(&shape);
}

static int prepare_plan(struct wow_scan *scan, const struct wow_scan_call *call) {
  struct wow_target *target = &scan->target;
  int rc = wow_plan_parse(&scan->plan, call->plan, call->plan_number, target->relation,
                          target->brackets);
  if (rc != SQLITE_OK) return rc;
  rc = wow_rights_adopt(&scan->target, &scan->plan);
  if (rc != SQLITE_OK) return rc;
  scan->plan_number = call->plan_number;
  wow_merge_check_init(&scan->merge_check, &scan->plan, target->relation);
  if (scan->plan.has_brackets) {
    scan->brackets = wow_bracket_scan_new(target, &scan->plan);
    return scan->brackets ? SQLITE_OK : SQLITE_NOMEM;
  }
  rc = choose_columns(scan);
  if (rc == SQLITE_OK) scan->pages = new_pages(scan);
  return scan->pages ? SQLITE_OK : SQLITE_NOMEM;
}

/* Reads the plan and finds the server, unless both are the same as last time: a join starts the
** same plan once for each outer row. */
static int adopt_plan(struct wow_scan *scan, const struct wow_scan_call *call,
                      struct wow_error *err) {
  struct wow_server *server =
      wow_connection_server(scan->target.conn, scan->target.server_name, err);
  if (server == NULL) return err->rc;
  if (scan->plan.text && server == scan->target.server && call->plan_number == scan->plan_number &&
      strcmp(scan->plan.text, call->plan) == 0) {
    return SQLITE_OK;
  }
  forget_plan(scan);
  keep_session(scan, server);
  scan->target.server = wow_server_retain(server);
  int rc = prepare_plan(scan, call);
  if (rc == SQLITE_OK) return SQLITE_OK;
  forget_plan(scan);
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  return wow_error_set(err, SQLITE_ERROR, scan->target.relation->name, "unreadable plan '%s'",
                       call->plan);
}

/* ---------------------------------------------------------------- starting */

/* Asks for what is cheapest. */
static int start_best(struct wow_scan *scan, struct wow_error *err) {
  enum wow_strategy strategy;
  bool refused = false;
  if (wow_strategy_choose(scan, &strategy) != SQLITE_OK) return wow_error_nomem(err);
  int rc = wow_source_start_window(scan, err);
  if (rc != SQLITE_OK) return rc;
  if (strategy == WOW_STRATEGY_COUNT) return wow_source_start_count(scan, err);
  if (strategy == WOW_STRATEGY_GROUPS) {
    rc = wow_source_start_groups(scan, &refused, err);
    if (rc != SQLITE_OK || !refused) return rc;
  }
  return wow_source_next_row(scan, err);
}

/* Gives the terms their values, and the lists their first windows. */
static int bind(struct wow_scan *scan, const struct wow_scan_call *call, struct wow_error *err) {
  struct wow_bind_context context = {&scan->plan, scan->target.relation,
                                     wow_second_look_terms(&scan->target),
                                     wow_server_url_bytes(scan->target.server)};
  wow_bind_reset(&scan->binding);
  int rc = wow_second_look_at(&scan->target, &scan->plan, call->argc, call->argv, err);
  if (rc == SQLITE_OK) rc = wow_bind_values(&scan->binding, &context, call->argc, call->argv, err);
  if (rc != SQLITE_OK || scan->binding.is_never) return rc;
  return wow_bind_first_window(&scan->binding, scan->other_bytes, err);
}

static int start_rows(struct wow_scan *scan, const struct wow_scan_call *call,
                      struct wow_error *err) {
  bool is_started = false;
  int rc = bind(scan, call, err);
  if (rc == SQLITE_OK && wow_width_is_at_stake(&scan->binding) &&
      wow_width_learn(&scan->target, &scan->plan)) {
    rc = bind(scan, call, err);
  }
  if (rc != SQLITE_OK || scan->binding.is_never) return rc;
  wow_strategy_begin(scan);
  wow_merge_check_watch(&scan->merge_check, scan->binding.first_rows < 0);
  scan->is_lookup = wow_lookup_is_one(&scan->binding);
  if (scan->is_dry) rc = wow_source_start_received(scan, &is_started, err);
  if (rc != SQLITE_OK || is_started) return rc;
  if (scan->is_lookup) rc = wow_source_start_lookup(scan, &is_started, err);
  return rc != SQLITE_OK || is_started ? rc : start_best(scan, err);
}

/* Starts again without the terms that the server refuses: then they are looked at here. */
static int start_rows_again(struct wow_scan *scan, const struct wow_scan_call *call,
                            struct wow_error *err) {
  bool again = false;
  int rc = start_rows(scan, call, err);
  if (rc != SQLITE_OK) rc = wow_second_look_learn(&scan->target, &scan->binding, &again, err);
  if (!again) return rc == SQLITE_NOMEM ? wow_error_nomem(err) : rc;
  wow_bind_reset(&scan->binding);
  scan->state = WOW_SCAN_END;
  return start_rows(scan, call, err);
}

static int start(struct wow_scan *scan, const struct wow_scan_call *call, struct wow_error *err) {
  wow_bind_reset(&scan->binding);
  wow_row_cache_release(scan->seen);
  scan->seen = NULL;
  wow_number_map_reset(&scan->numbered);
  scan->has_rowid = false;
  scan->state = WOW_SCAN_END;
  int rc = adopt_plan(scan, call, err);
  if (rc != SQLITE_OK) return rc;
  if (scan->brackets == NULL) return start_rows_again(scan, call, err);
  rc = wow_bracket_scan_start(scan->brackets, call->argc, call->argv, err);
  scan->state = rc == SQLITE_OK ? WOW_SCAN_AGGREGATE : WOW_SCAN_END;
  return rc == SQLITE_OK ? wow_source_next(scan, err) : rc;
}

/* ---------------------------------------------------------------- merged rows */

/* Sorted by a date or a time, rows come in the order of values, which is nearly always that of
** their texts (see merge_check.h). Where SQLite merges sorted rows, as for UNION with ORDER BY, it
** compares texts, and would lose or double those that are not in their order. */
static int check_merge(struct wow_scan *scan, struct wow_error *err) {
  const struct wow_json_value *values[WOW_MAX_ORDER];
  bool is_kept = true;
  if (!scan->merge_check.is_watched) return SQLITE_OK;
  if (scan->state == WOW_SCAN_END || scan->state == WOW_SCAN_COUNTED) return SQLITE_OK;
  for (int i = 0; i < scan->plan.n_order; i++) {
    int column = scan->plan.order[i].column;
    values[i] = scan->state == WOW_SCAN_GROUPED ? wow_tally_value(scan->tally, column)
                                                : wow_source_value(scan, scan->members[column]);
  }
  int rc = wow_merge_check_next(&scan->merge_check, values, &is_kept);
  if (rc == SQLITE_OK && !is_kept) rc = wow_strategy_read_usage(scan);
  if (rc != SQLITE_OK) return wow_error_nomem(err);
  if (is_kept || !scan->usage.is_known || !scan->usage.merges) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, scan->target.relation->name,
                        "combine texts, as in SELECT c || '' ..., or UNION ALL",
                        "SQLite would merge its rows by the text of dates or times, which have "
                        "another order as values");
}

/* Starts with shorter requests, as long as that is refused for its length. What is learned is kept
** if it was the reason. */
static int start_shorter(struct wow_scan *scan, const struct wow_scan_call *call,
                         struct wow_error *err) {
  struct wow_server *server = wow_server_retain(scan->target.server);
  int before = server->learned.max_url_bytes, rc = err->rc;
  while (rc != SQLITE_OK && wow_page_is_too_long(err) && server->learned.longest_refused > 0) {
    int bytes = wow_server_url_bytes(server) / 2;
    server->learned.longest_refused = 0;
    if (wow_server_url_bytes(server) <= WOW_MIN_URL_BYTES) break;
    server->learned.max_url_bytes = bytes > WOW_MIN_URL_BYTES ? bytes : WOW_MIN_URL_BYTES;
    wow_error_reset(err);
    forget_plan(scan);
    rc = start(scan, call, err);
  }
  if (rc != SQLITE_OK) server->learned.max_url_bytes = before;
  wow_server_release(server);
  return rc;
}

int wow_scan_start(struct wow_scan *scan, const struct wow_scan_call *call, struct wow_error *err) {
  int rc = start(scan, call, err);
  /* Each time a column has become narrower, which it can twice at most. */
  while (rc != SQLITE_OK && wow_width_is_refusal(err) &&
         wow_width_learn(&scan->target, &scan->plan)) {
    wow_error_reset(err);
    rc = start(scan, call, err);
  }
  if (rc != SQLITE_OK && scan->target.server && wow_page_is_too_long(err))
    rc = start_shorter(scan, call, err);
  if (rc != SQLITE_OK && scan->target.server &&
      wow_rights_learn(&scan->target, &scan->plan, scan->columns.n_select, err)) {
    wow_error_reset(err);
    forget_plan(scan);
    rc = start(scan, call, err);
  }
  if (rc != SQLITE_OK && scan->target.server) wow_rights_explain(&scan->target, &scan->plan, err);
  return rc == SQLITE_OK ? check_merge(scan, err) : rc;
}

int wow_scan_next(struct wow_scan *scan, struct wow_error *err) {
  scan->has_rowid = false;
  int rc = wow_source_next(scan, err);
  return rc == SQLITE_OK ? check_merge(scan, err) : rc;
}

bool wow_scan_eof(const struct wow_scan *scan) {
  return scan->state == WOW_SCAN_END;
}

/* ---------------------------------------------------------------- columns */

/* An aggregate, without a plan that has any. */
static int fail_bracket(const struct wow_scan *scan, int column, struct wow_error *err) {
  const struct wow_relation *relation = scan->target.relation;
  const struct wow_bracket *bracket =
      &scan->target.brackets->list[column - WOW_BRACKET_COLUMN(relation, 0)];
  return wow_error_hint(err, SQLITE_ERROR, relation->name,
                        "group by [date(c)], or write date(c) for the date of each row; and name "
                        "the columns that the statement is to have, instead of *",
                        "'%s' is read of rows that are not grouped", bracket->name);
}

static int column_of_row(struct wow_scan *scan, sqlite3_context *ctx, int column,
                         struct wow_error *err) {
  const struct wow_column *c = &scan->target.relation->columns[column];
  scan->has_read = true;
  /* As RIGHT JOIN does with the key, though SQLite has not said so. */
  if (scan->may_group && !wow_strategy_foresees(scan, column)) wow_source_forgo_groups(scan);
  if (scan->members[column] < 0) {
    return wow_error_set(err, SQLITE_ERROR, scan->target.relation->name,
                         "SQLite reads column '%s', which it did not ask for", c->name);
  }
  wow_value_result(ctx, &c->type, wow_source_value(scan, scan->members[column]));
  return SQLITE_OK;
}

/* SQLite does not pass wowsql_filter to the first pass of a RIGHT or FULL JOIN, and compares it
** itself instead, where it has no value: every row would be one without a partner. */
static int read_filter(const struct wow_scan *scan, struct wow_error *err) {
  sqlite3 *db = scan->target.conn->db;
  if (scan->plan.has_filter || !(wow_run_mentions(db, "right") || wow_run_mentions(db, "full")))
    return SQLITE_OK; /* NULL */
  return wow_error_hint(err, SQLITE_ERROR, scan->target.relation->name,
                        "put it into a sub-query: RIGHT JOIN (SELECT * FROM t('...'))",
                        "wowsql_filter cannot be given to the right table of a RIGHT or FULL JOIN");
}

int wow_scan_column(struct wow_scan *scan, sqlite3_context *ctx, int column,
                    struct wow_error *err) {
  const struct wow_relation *relation = scan->target.relation;
  int rc = SQLITE_OK;
  if (scan->state == WOW_SCAN_AGGREGATE)
    return wow_bracket_scan_column(scan->brackets, ctx, column, err);
  if (column > WOW_FILTER_COLUMN(relation)) return fail_bracket(scan, column, err);
  if (column == WOW_FILTER_COLUMN(relation)) return read_filter(scan, err);
  if (scan->state == WOW_SCAN_COUNTED) {
    sqlite3_value *constant = wow_bind_constant(&scan->binding, column);
    if (constant) {
      sqlite3_result_value(ctx, constant);
      return SQLITE_OK;
    }
    rc = wow_source_fetch_counted(scan, err);
  }
  if (rc == SQLITE_OK && scan->state == WOW_SCAN_GROUPED) {
    scan->has_read = scan->has_read || wow_tally_has_column(scan->tally, column);
    if (wow_tally_result(scan->tally, column, ctx)) return SQLITE_OK;
    rc = wow_source_ungroup(scan, err);
  }
  return rc == SQLITE_OK ? column_of_row(scan, ctx, column, err) : rc;
}

/* ---------------------------------------------------------------- identity */

static int fail_group(const struct wow_scan *scan, struct wow_error *err) {
  return wow_error_hint(err, SQLITE_ERROR, scan->target.relation->name,
                        "put them into a sub-query with GROUP BY, and join that",
                        "groups of bracketed aggregates have no rowid, which this statement "
                        "needs");
}

int wow_scan_rowid(struct wow_scan *scan, sqlite3_int64 *rowid, struct wow_error *err) {
  int rc = SQLITE_OK;
  if (scan->state == WOW_SCAN_AGGREGATE) return fail_group(scan, err);
  if (scan->target.relation != scan->target.planned &&
      wow_relation_key_kind(scan->target.planned) == WOW_KEY_ROWID) {
    /* Any number will do to tell rows apart, but not to be shown, or compared. */
    if (wow_strategy_read_usage(scan) != SQLITE_OK) return wow_error_nomem(err);
    bool is_shown = !scan->usage.is_known || scan->usage.shows_rowid;
    if (is_shown) return wow_rights_fail_rowid(&scan->target, err);
  }
  if (scan->state == WOW_SCAN_COUNTED) rc = wow_source_fetch_counted(scan, err);
  if (rc == SQLITE_OK && scan->state == WOW_SCAN_GROUPED) rc = wow_source_ungroup(scan, err);
  if (rc != SQLITE_OK) return rc;
  scan->has_read = true;
  wow_source_forgo_groups(scan); /* the rows are told apart */
  return wow_identity_of_row(scan, rowid, err);
}

const struct wow_json_value *wow_scan_key_value(const struct wow_scan *scan, int i) {
  return wow_source_value(scan, scan->members[scan->target.relation->key[i]]);
}

bool wow_scan_is_grouped(const struct wow_scan *scan) {
  return scan->brackets != NULL;
}
