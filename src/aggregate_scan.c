/*
** Scans with bracketed aggregates, see aggregate_scan.h.
**
** From rows: the same question is asked of the virtual table itself, in plain SQL without brackets,
** with the plan's terms as its WHERE and their values as its parameters. So it is answered by the
** ways that all other statements go, and SQLite's own meaning holds for what the server cannot
** decide.
**
** SQLite looks at IS NOT NULL and at row values again, whatever it is told, as it does at
** expressions. It then reads their column, of which a group has many values; there is none that
** could be given without making another condition on the same column come out wrong. So that is an
** error.
*/
#include "aggregate_scan.h"

#include <string.h>

#include "deparse.h"
#include "groups.h"
#include "statement.h"
#include "wow_limits.h"

struct wow_aggregate_scan {
  struct wow_aggregate_target target;
  int *keys; /* columns to group by */
  int n_keys;
  int *chosen; /* the aggregates asked for */
  int n_chosen;
  bool needs_rows; /* the server would make other groups by these keys */
  struct wow_pages_extra *extras;
  struct wow_pages *pages;
  sqlite3_stmt *stmt; /* the same from rows; NULL: the server computes */
  int first;          /* what the first step came to, not told yet; 0: told */
};

/* ---------------------------------------------------------------- making */

static char *extra_name(const struct wow_relation *relation, int i) {
  char *name = sqlite3_mprintf("wowsql_%d", i);
  while (name && wow_relation_column(relation, name) >= 0)
    name = sqlite3_mprintf("%z_", name);
  return name;
}

static char *extra_request(const struct wow_aggregate *aggregate,
                           const struct wow_relation *relation) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_aggregate_request(str, aggregate, relation);
  return sqlite3_str_finish(str);
}

static int choose(struct wow_aggregate_scan *scan) {
  const struct wow_aggregate_target *target = &scan->target;
  const struct wow_relation *relation = target->shape.relation;
  sqlite3_uint64 n = (sqlite3_uint64)(relation->n_columns + target->aggregates->n + 1);
  scan->keys = sqlite3_malloc64(n * sizeof(*scan->keys));
  scan->chosen = sqlite3_malloc64(n * sizeof(*scan->chosen));
  scan->extras = sqlite3_malloc64(n * sizeof(*scan->extras));
  if (!scan->keys || !scan->chosen || !scan->extras) return SQLITE_NOMEM;
  memset(scan->extras, 0, n * sizeof(*scan->extras));
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    if (!target->plan->columns[i]) continue;
    scan->keys[scan->n_keys++] = i;
    scan->needs_rows = scan->needs_rows || column->embed || !wow_types_can_group(&column->type);
  }
  for (int i = 0; i < target->aggregates->n; i++) {
    if (!(target->plan->aggregates >> i & 1)) continue;
    scan->chosen[scan->n_chosen] = i;
    struct wow_pages_extra *extra = &scan->extras[scan->n_chosen++];
    extra->name = extra_name(relation, i);
    extra->request = extra_request(&target->aggregates->list[i], relation);
    if (!extra->name || !extra->request) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

struct wow_aggregate_scan *wow_aggregate_scan_new(const struct wow_aggregate_target *target) {
  struct wow_aggregate_scan *scan = sqlite3_malloc64(sizeof(*scan));
  if (scan == NULL) return NULL;
  memset(scan, 0, sizeof(*scan));
  scan->target = *target;
  if (choose(scan) == SQLITE_OK) {
    struct wow_pages_shape shape = target->shape;
    shape.select = scan->keys;
    shape.n_select = scan->n_keys;
    shape.n_sort = shape.n_order = 0;
    shape.has_key = false;
    shape.extras = scan->extras;
    shape.n_extras = scan->n_chosen;
    scan->pages = wow_pages_new(&shape);
  }
  if (scan->pages) return scan;
  wow_aggregate_scan_free(scan);
  return NULL;
}

void wow_aggregate_scan_free(struct wow_aggregate_scan *scan) {
  if (scan == NULL) return;
  sqlite3_finalize(scan->stmt);
  wow_pages_free(scan->pages);
  for (int i = 0; scan->extras && i < scan->n_chosen; i++) {
    sqlite3_free((char *)scan->extras[i].name);
    sqlite3_free((char *)scan->extras[i].request);
  }
  sqlite3_free(scan->extras);
  sqlite3_free(scan->keys);
  sqlite3_free(scan->chosen);
  sqlite3_free(scan);
}

/* ---------------------------------------------------------------- from rows */

/* Appends a term: "city" = ?3. Lists are taken apart; `n_values` counts the parameters so far. */
static int append_term(struct wow_aggregate_scan *scan, sqlite3_str *str, int term,
                       sqlite3_value *value, int *n_values) {
  const struct wow_plan_term *t = &scan->target.plan->terms[term];
  const char *name = scan->target.columns[t->column];
  sqlite3_value *element = NULL;
  sqlite3_str_appendf(str, "%s\"%w\" %s", term ? " AND " : " WHERE ", name, wow_op_name(t->op));
  if (t->op == WOW_IS_NULL || t->op == WOW_NOT_NULL) return SQLITE_OK;
  if (t->op != WOW_IN) {
    sqlite3_str_appendf(str, " ?%d", ++*n_values);
    return SQLITE_OK;
  }
  sqlite3_str_appendall(str, " (");
  int n = 0, rc = sqlite3_vtab_in_first(value, &element);
  for (; rc == SQLITE_OK && element; rc = sqlite3_vtab_in_next(value, &element))
    sqlite3_str_appendf(str, "%s?%d", n++ ? "," : "", ++*n_values);
  sqlite3_str_appendall(str, ")");
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A number beside text: SQLite compares it as text or as a number, which depends on where it
** comes from, and it does not say that. */
static bool is_ambiguous(const struct wow_aggregate_scan *scan, int term, sqlite3_value *value) {
  const struct wow_plan *plan = scan->target.plan;
  if (term >= plan->n_terms || plan->terms[term].op > WOW_IN) return false;
  const struct wow_type *type =
      &scan->target.shape.relation->columns[plan->terms[term].column].type;
  bool is_text = type->family > WOW_BOOL && type->family != WOW_BYTEA;
  int kind = sqlite3_value_type(value);
  return is_text && (kind == SQLITE_INTEGER || kind == SQLITE_FLOAT);
}

/* SQLITE_MISMATCH: a value is ambiguous. */
static int bind_value(struct wow_aggregate_scan *scan, int parameter, int term,
                      sqlite3_value *value) {
  if (is_ambiguous(scan, term, value)) return SQLITE_MISMATCH;
  return sqlite3_bind_value(scan->stmt, parameter, value);
}

static int bind_values(struct wow_aggregate_scan *scan, int argc, sqlite3_value **argv) {
  int n = 0, rc = SQLITE_OK;
  const struct wow_plan *plan = scan->target.plan;
  for (int i = 0; rc == SQLITE_OK && i < argc; i++) {
    enum wow_op op = i < plan->n_terms ? plan->terms[i].op : WOW_EQ; /* wowsql_filter = ? */
    sqlite3_value *element = NULL;
    if (op == WOW_IS_NULL || op == WOW_NOT_NULL) continue;
    if (op != WOW_IN) {
      rc = bind_value(scan, ++n, i, argv[i]);
      continue;
    }
    rc = sqlite3_vtab_in_first(argv[i], &element);
    while (rc == SQLITE_OK && element) {
      rc = bind_value(scan, ++n, i, element);
      if (rc == SQLITE_OK) rc = sqlite3_vtab_in_next(argv[i], &element);
    }
    if (rc == SQLITE_DONE) rc = SQLITE_OK;
  }
  return rc;
}

static void append_results(struct wow_aggregate_scan *scan, sqlite3_str *str, bool only_keys) {
  int n = 0;
  for (int i = 0; i < scan->n_keys; i++)
    sqlite3_str_appendf(str, "%s\"%w\"", n++ ? ", " : "", scan->target.columns[scan->keys[i]]);
  for (int i = 0; i < scan->n_chosen; i++) {
    const struct wow_aggregate *aggregate = &scan->target.aggregates->list[scan->chosen[i]];
    if (only_keys && aggregate->kind != WOW_DATE_OF) continue;
    if (n++) sqlite3_str_appendall(str, ", ");
    wow_aggregate_sql(str, aggregate, scan->target.columns);
  }
}

static bool has_keys(const struct wow_aggregate_scan *scan) {
  for (int i = 0; i < scan->n_chosen; i++) {
    if (scan->target.aggregates->list[scan->chosen[i]].kind == WOW_DATE_OF) return true;
  }
  return scan->n_keys > 0;
}

static int start_from_rows(struct wow_aggregate_scan *scan, int argc, sqlite3_value **argv,
                           struct wow_error *err) {
  const struct wow_plan *plan = scan->target.plan;
  sqlite3 *db = scan->target.shape.conn->db;
  int rc = SQLITE_OK, n_values = 0;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "SELECT ");
  append_results(scan, str, false);
  sqlite3_str_appendf(str, " FROM %s", scan->target.table);
  for (int i = 0; rc == SQLITE_OK && i < plan->n_terms; i++)
    rc = append_term(scan, str, i, argv[i], &n_values);
  if (plan->has_filter) {
    sqlite3_str_appendf(str, " %s \"%w\" = ?%d", plan->n_terms ? "AND" : "WHERE",
                        scan->target.columns[scan->target.shape.relation->n_columns], ++n_values);
  }
  if (has_keys(scan)) {
    sqlite3_str_appendall(str, " GROUP BY ");
    append_results(scan, str, true);
  }
  char *sql = sqlite3_str_finish(str);
  if (sql == NULL) return wow_error_nomem(err);
  if (rc == SQLITE_OK) rc = sqlite3_prepare_v2(db, sql, -1, &scan->stmt, NULL);
  sqlite3_free(sql);
  if (rc == SQLITE_OK) rc = bind_values(scan, argc, argv);
  if (rc == SQLITE_OK) return SQLITE_OK;
  if (rc == SQLITE_MISMATCH) {
    return wow_error_hint(err, SQLITE_ERROR, scan->target.shape.relation->name,
                          "say which is meant: compare with CAST(... AS TEXT)",
                          "a text is compared with a number, as a text or as a number");
  }
  return wow_error_set(err, SQLITE_ERROR, scan->target.shape.relation->name,
                       "its aggregates cannot be computed from rows: %s", sqlite3_errmsg(db));
}

/* ---------------------------------------------------------------- starting */

/* Does the server decide every term, exactly? */
static bool is_decidable(const struct wow_aggregate_scan *scan, enum wow_collation collation,
                         sqlite3_value **argv) {
  const struct wow_plan *plan = scan->target.plan;
  const struct wow_relation *relation = scan->target.shape.relation;
  for (int i = 0; i < plan->n_terms; i++) {
    const struct wow_plan_term *term = &plan->terms[i];
    sqlite3_value *literal = term->op == WOW_IN ? NULL : argv[i];
    const struct wow_column *column = &relation->columns[term->column];
    enum wow_ship shipped = wow_types_rule(&column->type, term->op, collation, literal).ship;
    /* Of a list it shows with its values, see wow_query.is_partial. */
    bool may_be_exact = term->op == WOW_IN && column->type.family == WOW_TEXT;
    if (column->embed || (shipped != WOW_EXACT && !(may_be_exact && shipped == WOW_SUPERSET))) {
      return false;
    }
  }
  return true;
}

/* Asks the server. *refused: it does not compute aggregates, or not these. */
static int start_on_server(struct wow_aggregate_scan *scan, const struct wow_query *query,
                           bool *refused, struct wow_error *err) {
  struct wow_server *server = scan->target.shape.server;
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_query_append(query, str);
  /* A condition that no row satisfies: there are no groups, but without keys there is one. */
  if (query->is_never) {
    sqlite3_str_appendchar(str, 1, '&');
    wow_deparse_column_key(str, &scan->target.shape.relation->columns[0]);
    sqlite3_str_appendall(str, "=in.()");
  }
  if (sqlite3_str_length(str) == 0) sqlite3_str_appendchar(str, 1, 0);
  char *filters = sqlite3_str_finish(str);
  int rc = filters ? wow_pages_start(scan->pages, filters, -1, -1, err) : wow_error_nomem(err);
  wow_pages_expect_all(scan->pages);
  sqlite3_free(filters);
  if (rc == SQLITE_OK) rc = wow_pages_next(scan->pages, err);
  scan->first = rc;
  *refused = rc != SQLITE_ROW && rc != SQLITE_DONE && wow_groups_is_refusal(err);
  if (*refused) {
    server->has_no_aggregates = server->has_no_aggregates || wow_groups_is_lasting(err);
    wow_error_reset(err);
  }
  return rc == SQLITE_ROW || rc == SQLITE_DONE || *refused ? SQLITE_OK : rc;
}

int wow_aggregate_scan_start(struct wow_aggregate_scan *scan, enum wow_collation collation,
                             int argc, sqlite3_value **argv, struct wow_error *err) {
  const struct wow_aggregate_target *target = &scan->target;
  struct wow_query query = {0};
  bool refused = false;
  sqlite3_finalize(scan->stmt);
  scan->stmt = NULL;
  scan->first = 0;
  if (!target->shape.conn->ship || scan->needs_rows || target->shape.server->has_no_aggregates ||
      !is_decidable(scan, collation, argv)) {
    return start_from_rows(scan, argc, argv, err);
  }
  int rc = wow_query_bind(&query, target->plan, target->shape.relation, collation,
                          wow_statement_has_parameters(target->shape.conn->db), argc, argv, err);
  if (rc == SQLITE_OK) wow_query_first_window(&query, 0);
  bool is_one = rc == SQLITE_OK && query.n_compares == 0 && !query.is_partial &&
                wow_query_is_one_window(&query);
  if (is_one) rc = start_on_server(scan, &query, &refused, err);
  wow_query_reset(&query);
  if (rc != SQLITE_OK || (is_one && !refused)) return rc;
  return start_from_rows(scan, argc, argv, err);
}

static int next_from_rows(struct wow_aggregate_scan *scan, struct wow_error *err) {
  sqlite3 *db = scan->target.shape.conn->db;
  int rc = sqlite3_step(scan->stmt);
  if (rc == SQLITE_ROW || rc == SQLITE_DONE) return rc;
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  return wow_error_set(err, rc == SQLITE_INTERRUPT ? rc : SQLITE_ERROR,
                       scan->target.shape.relation->name,
                       "its aggregates cannot be computed from rows: %s", sqlite3_errmsg(db));
}

int wow_aggregate_scan_next(struct wow_aggregate_scan *scan, struct wow_error *err) {
  int first = scan->first;
  scan->first = 0;
  if (scan->stmt) return next_from_rows(scan, err);
  return first ? first : wow_pages_next(scan->pages, err);
}

int wow_aggregate_scan_column(struct wow_aggregate_scan *scan, sqlite3_context *ctx, int column,
                              struct wow_error *err) {
  const struct wow_relation *relation = scan->target.shape.relation;
  const struct wow_type *type = NULL;
  int member = -1;
  bool is_sum = false;
  for (int i = 0; i < scan->n_keys; i++) {
    if (scan->keys[i] == column) member = i, type = &relation->columns[column].type;
  }
  for (int i = 0; i < scan->n_chosen; i++) {
    if (WOW_AGGREGATE_COLUMN(relation, scan->chosen[i]) != column) continue;
    member = scan->n_keys + i;
    type = &scan->target.aggregates->list[scan->chosen[i]].type;
    is_sum = scan->target.aggregates->list[scan->chosen[i]].kind == WOW_SUM;
  }
  if (member < 0 && column < relation->n_columns) {
    return wow_error_hint(err, SQLITE_ERROR, relation->name,
                          "add it to GROUP BY; or leave the brackets away: then SQLite computes",
                          "column '%s' must appear in GROUP BY, or in a bracketed aggregate",
                          relation->columns[column].name);
  }
  if (member < 0) return SQLITE_OK;
  const struct wow_type real = {.family = WOW_FLOAT8};
  const struct wow_json_value *value =
      scan->stmt ? NULL : wow_rows_value(wow_pages_rows(scan->pages), member);
  /* A sum of reals is a real, also where it comes to a whole number: 8322.00. */
  bool is_real = is_sum && value && value->kind == WOW_JSON_NUMBER &&
                 memchr(value->text, '.', value->bytes) != NULL;
  if (scan->stmt)
    sqlite3_result_value(ctx, sqlite3_column_value(scan->stmt, member));
  else
    wow_types_result(ctx, is_real ? &real : type, value);
  return SQLITE_OK;
}
