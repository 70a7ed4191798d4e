/*
** Scans with bracketed aggregates, see bracket_scan.h. That SQLite does with the groups what was
** asked is checked in bracket_check.c.
**
** SQLite evaluates expressions, OR and row values itself, and reads their columns, of which a group
** has many values: that is an error. It looks at IS NOT NULL again; but where the column is read
** for nothing else, it is enough to say that it is not NULL.
**
** Lookups, as of a join, are remembered like those of rows (lookup.h): the columns that are looked
** up are keys besides, so that all groups can be fetched at once and told apart. Without any other
** key there is a row for each lookup, with nothing counted where the server has no group.
**
** Some groups are collected before the first is handed out, because it may turn out that they have
** to be computed from rows: those by date(c), which have no order that the server could be asked
** for, so that a response that it cuts cannot be continued; and those by numbers with more digits
** than SQLite's have, some of which would be one group here.
*/
#include "scan/bracket_scan.h"

#include <string.h>

#include "plan/bind.h"
#include "scan/bracket_check.h"
#include "scan/bracket_sql.h"
#include "scan/lookup.h"
#include "scan/pages.h"
#include "scan/second_look.h"
#include "scan/tally.h"
#include "server/run.h"
#include "types/shippable.h"
#include "types/value.h"

enum mode {
  FROM_SERVER,    /* on a row of `pages` */
  FROM_COLLECTED, /* on a row of `collected` */
  FROM_ROWS,      /* on a row of `sql` */
  FROM_NOTHING    /* no group: nothing was counted */
};

struct wow_bracket_scan {
  const struct wow_target *target;
  const struct wow_plan *plan;
  int *keys; /* columns to group by */
  int n_keys;
  int *chosen; /* the aggregates asked for */
  int n_chosen;
  bool has_dates;                           /* some of them are date(c) */
  bool has_numbers;                         /* some keys are numeric */
  bool needs_rows;                          /* the server's groups would not be SQLite's */
  bool is_single;                           /* one row for each run, whatever there is */
  struct wow_plan_order sort[WOW_MAX_SORT]; /* by all keys that are columns */
  struct wow_computed *computed;            /* the aggregates, and perhaps a count */
  int n_computed;
  int *members; /* for each column its place among the keys; -1: it is not one */
  struct wow_pages *pages;
  struct wow_binding binding; /* of this run */
  struct wow_where where;
  struct wow_row_cache_cursor collected;
  struct wow_bracket_sql sql;
  struct wow_bracket_check check;
  enum mode mode;
  int first;            /* what the first step returned, not told yet; 0: told */
  sqlite3_int64 n_rows; /* handed out in this run */
  bool is_never;
  sqlite3_value *looked_up[WOW_MAX_SORT]; /* if is_single: the keys' values in this run */
};

/* ---------------------------------------------------------------- making */

static int add_computed(struct wow_bracket_scan *scan, int index) {
  const struct wow_relation *relation = scan->target->relation;
  struct wow_computed *computed = &scan->computed[scan->n_computed++];
  char base[32];
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_snprintf(sizeof(base), base, "wowsql_%d", index);
  wow_brackets_append_request(str, &scan->target->brackets->list[index], relation);
  computed->request = sqlite3_str_finish(str);
  computed->name = wow_page_request_alias(relation, base);
  return computed->name && computed->request ? SQLITE_OK : SQLITE_NOMEM;
}

static void choose_keys(struct wow_bracket_scan *scan) {
  const struct wow_relation *relation = scan->target->relation;
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    scan->members[i] = -1;
    if (!scan->plan->columns[i]) continue;
    if (scan->n_keys < WOW_MAX_SORT) scan->sort[scan->n_keys].column = i;
    scan->members[i] = scan->n_keys;
    scan->keys[scan->n_keys++] = i;
    bool can_group = wow_relation_can_name(column) && wow_shippable_can_group(&column->type);
    if (column->embed || !can_group) scan->needs_rows = true;
    if (column->type.family == WOW_NUMERIC) scan->has_numbers = true;
    if (!wow_plan_has_term(scan->plan, i, WOW_EQ)) scan->is_single = false;
  }
  if (scan->n_keys > WOW_MAX_SORT) scan->needs_rows = true;
}

static int choose_brackets(struct wow_bracket_scan *scan) {
  const struct wow_brackets *brackets = scan->target->brackets;
  for (int i = 0; i < brackets->n; i++) {
    const struct wow_bracket *bracket = &brackets->list[i];
    if (!(scan->plan->brackets >> i & 1)) continue;
    scan->chosen[scan->n_chosen++] = i;
    if (bracket->kind == WOW_DATE_OF) scan->has_dates = true;
    if (!wow_brackets_is_exact(bracket, scan->target->relation)) scan->needs_rows = true;
    if (add_computed(scan, i) != SQLITE_OK) return SQLITE_NOMEM;
  }
  if (scan->has_dates) scan->is_single = false;
  /* How many rows the groups have shows whether they are all here, see pages.c. */
  bool is_counted = scan->plan->brackets & 1;
  bool has_keys = scan->n_keys > 0 || scan->has_dates;
  if (has_keys && !is_counted && scan->target->server->options.max_rows != 0)
    return add_computed(scan, 0);
  return SQLITE_OK;
}

/* The computed member that is count(*), the first of all aggregates; -1: none. */
static int counting(const struct wow_bracket_scan *scan) {
  if (scan->plan->brackets & 1) return 0;
  return scan->n_computed > scan->n_chosen ? scan->n_chosen : -1;
}

static int choose(struct wow_bracket_scan *scan) {
  sqlite3_uint64 n =
      (sqlite3_uint64)(scan->target->relation->n_columns + scan->target->brackets->n + 2);
  scan->keys = sqlite3_malloc64(n * sizeof(*scan->keys));
  scan->chosen = sqlite3_malloc64(n * sizeof(*scan->chosen));
  scan->members = sqlite3_malloc64(n * sizeof(*scan->members));
  scan->computed = sqlite3_malloc64(n * sizeof(*scan->computed));
  if (!scan->keys || !scan->chosen || !scan->members || !scan->computed) return SQLITE_NOMEM;
  memset(scan->computed, 0, n * sizeof(*scan->computed));
  scan->is_single = !scan->plan->groups && !scan->plan->assumes_groups;
  choose_keys(scan);
  return choose_brackets(scan);
}

static struct wow_pages *new_pages(const struct wow_bracket_scan *scan) {
  struct wow_shape shape = {
      .target = scan->target,
      .select = scan->keys,
      .n_select = scan->n_keys,
      .sort = scan->sort,
      .n_sort = scan->needs_rows ? 0 : scan->n_keys,
      .has_key = scan->n_keys > 0 && !scan->has_dates,
      .computed = scan->computed,
      .n_computed = scan->n_computed,
      .counting = counting(scan),
  };
  return wow_pages_new(&shape);
}

struct wow_bracket_scan *wow_bracket_scan_new(const struct wow_target *target,
                                              const struct wow_plan *plan) {
  struct wow_bracket_scan *scan = sqlite3_malloc64(sizeof(*scan));
  if (scan == NULL) return NULL;
  memset(scan, 0, sizeof(*scan));
  scan->target = target;
  scan->plan = plan;
  if (choose(scan) == SQLITE_OK) scan->pages = new_pages(scan);
  scan->sql = (struct wow_bracket_sql){target,       plan,           scan->keys, scan->n_keys,
                                       scan->chosen, scan->n_chosen, NULL};
  scan->check = (struct wow_bracket_check){.target = target,
                                           .plan = plan,
                                           .keys = scan->keys,
                                           .n_keys = scan->n_keys,
                                           .is_single = scan->is_single};
  if (scan->pages) return scan;
  wow_bracket_scan_free(scan);
  return NULL;
}

static void forget_values(struct wow_bracket_scan *scan) {
  for (int i = 0; i < WOW_MAX_SORT; i++) {
    sqlite3_value_free(scan->looked_up[i]);
    scan->looked_up[i] = NULL;
  }
}

void wow_bracket_scan_free(struct wow_bracket_scan *scan) {
  if (scan == NULL) return;
  forget_values(scan);
  wow_bracket_sql_end(&scan->sql);
  wow_pages_free(scan->pages);
  wow_bind_reset(&scan->binding);
  wow_condition_reset(&scan->where);
  wow_row_cache_cursor_reset(&scan->collected);
  wow_bracket_check_reset(&scan->check);
  for (int i = 0; i < scan->n_computed; i++) {
    sqlite3_free(scan->computed[i].name);
    sqlite3_free(scan->computed[i].request);
  }
  sqlite3_free(scan->computed);
  sqlite3_free(scan->members);
  sqlite3_free(scan->keys);
  sqlite3_free(scan->chosen);
  sqlite3_free(scan);
}

/* ---------------------------------------------------------------- from the server */

/* Does the server decide every term, exactly? Of a list of texts it shows with its values, which
** are all sent or none (see wow_binding.is_partial). */
static bool is_decidable(const struct wow_bracket_scan *scan) {
  const struct wow_binding *binding = &scan->binding;
  for (int i = 0; i < binding->n_terms; i++) {
    const struct wow_bound_term *bound = &binding->terms[i];
    const struct wow_column *column = &scan->target->relation->columns[bound->term->column];
    bool is_texts = bound->kind == WOW_BOUND_LIST && column->type.family == WOW_TEXT;
    if (column->embed || !(bound->is_exact || is_texts)) return false;
  }
  return true;
}

/* Has the number more digits than tell two of SQLite's reals apart, or is it out of their range? */
static bool is_too_exact(const struct wow_json_value *value) {
  int digits = 0;
  if (value->kind != WOW_JSON_NUMBER) return false;
  for (size_t i = 0; i < value->bytes; i++) {
    char c = value->text[i];
    if (c == 'e' || c == 'E') return true;
    if (c >= '0' && c <= '9' && (digits > 0 || c != '0')) digits++;
  }
  return digits > 15;
}

/* Reads the current group into `values`. False: it may be several groups of the server's. */
static bool read_group(const struct wow_bracket_scan *scan, struct wow_json_value *values) {
  const struct wow_column *columns = scan->target->relation->columns;
  bool good = true;
  for (int i = 0; i < scan->n_keys + scan->n_chosen; i++) {
    values[i] = *wow_rows_value(wow_pages_rows(scan->pages), i);
    bool is_numeric = i < scan->n_keys && columns[scan->keys[i]].type.family == WOW_NUMERIC;
    if (is_numeric && is_too_exact(&values[i])) good = false;
  }
  return good;
}

/* Reads all groups into memory (or a temporary file). *good: they are all here, and all different.
 */
static int collect(struct wow_bracket_scan *scan, bool *good, struct wow_error *err) {
  int n = scan->n_keys + scan->n_chosen, rc = SQLITE_OK;
  struct wow_row_cache *cache = wow_row_cache_new(n);
  struct wow_json_value *values = sqlite3_malloc64(sizeof(*values) * ((sqlite3_uint64)n + 1));
  *good = true;
  rc = cache && values ? wow_row_cache_add(cache, "", 0, NULL, err) : wow_error_nomem(err);
  while (rc == SQLITE_OK && (rc = wow_pages_next(scan->pages, err)) == SQLITE_ROW) {
    *good = read_group(scan, values) && *good;
    rc = wow_row_cache_add(cache, "", 0, values, err);
  }
  if (rc == SQLITE_DONE) {
    wow_row_cache_cursor_start(&scan->collected, cache, wow_row_cache_find(cache, "", 0));
    *good = *good && !wow_pages_is_cut(scan->pages);
    rc = SQLITE_OK;
  }
  wow_row_cache_release(cache);
  sqlite3_free(values);
  return rc;
}

static int start_pages(struct wow_bracket_scan *scan, struct wow_error *err) {
  /* Without keys there is one row. */
  sqlite3_int64 max_rows = scan->n_keys > 0 || scan->has_dates ? -1 : 1;
  return wow_pages_start(scan->pages, &scan->where, -1, max_rows, err);
}

/* Is this an error after which the groups have to be computed from rows? Then it is forgotten. */
static bool is_refused(const struct wow_bracket_scan *scan, struct wow_error *err) {
  return wow_tally_is_refused(scan->target->server, scan->plan->has_filter, err);
}

/* Asks the server. *done: it computes these groups. */
static int start_on_server(struct wow_bracket_scan *scan, bool *done, struct wow_error *err) {
  int rc = start_pages(scan, err);
  wow_pages_expect_all(scan->pages);
  *done = true;
  if (rc == SQLITE_OK && (scan->has_dates || scan->has_numbers)) {
    scan->mode = FROM_COLLECTED;
    rc = collect(scan, done, err);
  } else if (rc == SQLITE_OK) {
    scan->mode = FROM_SERVER;
    rc = wow_pages_next(scan->pages, err);
    scan->first = rc;
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) rc = SQLITE_OK;
  }
  if (rc != SQLITE_OK && is_refused(scan, err)) {
    *done = false;
    rc = SQLITE_OK;
  }
  return rc;
}

/* ---------------------------------------------------------------- lookups */

/* May the groups of this run be remembered for others? */
static bool is_lookup(const struct wow_bracket_scan *scan) {
  return !scan->has_dates && !scan->has_numbers && wow_lookup_is_one(&scan->binding);
}

static int start_lookup(struct wow_bracket_scan *scan, bool *done, struct wow_error *err) {
  struct wow_lookup_result result = {.cursor = &scan->collected};
  struct wow_lookup lookup = {
      .target = scan->target,
      .binding = &scan->binding,
      .pages = scan->pages,
      .members = scan->members,
      .n_members = scan->n_keys + scan->n_computed,
  };
  scan->mode = FROM_COLLECTED;
  *done = true;
  int rc = wow_lookup_find(&lookup, &result, err);
  if (rc == SQLITE_OK && result.way != WOW_LOOKUP_REMEMBERED) {
    rc = wow_bracket_check_statement(&scan->check, err);
    if (rc == SQLITE_OK) rc = start_pages(scan, err);
    if (rc == SQLITE_OK) rc = wow_lookup_ask(&lookup, &result, err);
  }
  if (rc != SQLITE_OK && is_refused(scan, err)) {
    *done = false;
    return SQLITE_OK;
  }
  /* More groups than are remembered of a lookup. */
  if (rc == SQLITE_OK && !result.is_complete) rc = start_on_server(scan, done, err);
  return rc;
}

/* ---------------------------------------------------------------- starting */

/* Keeps the values of the keys, which the row of a run without any group has, too. */
static int keep_values(struct wow_bracket_scan *scan, sqlite3_value **argv) {
  forget_values(scan);
  for (int i = 0; scan->is_single && i < scan->plan->n_terms; i++) {
    const struct wow_plan_term *term = &scan->plan->terms[i];
    int member = term->op == WOW_EQ ? scan->members[term->column] : -1;
    if (member < 0 || member >= WOW_MAX_SORT || scan->looked_up[member]) continue;
    scan->looked_up[member] = sqlite3_value_dup(argv[i]);
    if (scan->looked_up[member] == NULL) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

/* Has the server compute the groups, if it decides every term. *done: it does. */
static int start_bound(struct wow_bracket_scan *scan, bool *done, struct wow_error *err) {
  int rc = wow_bind_first_window(&scan->binding, 0, err);
  if (rc != SQLITE_OK || !is_decidable(scan)) return rc;
  if (scan->binding.is_never) {
    scan->is_never = *done = true;
    return SQLITE_OK;
  }
  if (scan->binding.n_compared > 0 || scan->binding.is_partial ||
      !wow_bind_is_one_window(&scan->binding)) {
    return SQLITE_OK;
  }
  scan->where.n = 0;
  if (wow_bind_add_conditions(&scan->binding, &scan->where) != SQLITE_OK)
    return wow_error_nomem(err);
  if (is_lookup(scan)) return start_lookup(scan, done, err);
  rc = wow_bracket_check_statement(&scan->check, err);
  return rc == SQLITE_OK ? start_on_server(scan, done, err) : rc;
}

/* Groups have lost the values that a condition in the ON clause of an outer join would look at. */
static int check_places(const struct wow_bracket_scan *scan, const struct wow_term_look *looks,
                        struct wow_error *err) {
  const struct wow_relation *relation = scan->target->relation;
  for (int i = 0; i < scan->plan->n_terms; i++) {
    if (!looks[i].is_elsewhere) continue;
    return wow_error_hint(err, SQLITE_ERROR, relation->name,
                          "put the aggregates into a sub-query with GROUP BY, and join that",
                          "a condition of the outer join is on the column '%s' of single rows",
                          relation->columns[scan->plan->terms[i].column].name);
  }
  return SQLITE_OK;
}

int wow_bracket_scan_start(struct wow_bracket_scan *scan, int argc, sqlite3_value **argv,
                           struct wow_error *err) {
  const struct wow_target *target = scan->target;
  const struct wow_term_look *looks = wow_second_look_terms(target);
  bool done = false;
  int rc = SQLITE_OK;
  wow_bracket_sql_end(&scan->sql);
  wow_bind_reset(&scan->binding);
  scan->first = 0;
  scan->n_rows = 0;
  scan->is_never = false;
  if (keep_values(scan, argv) != SQLITE_OK) return wow_error_nomem(err);
  rc = wow_second_look_at(target, scan->plan, argc, argv, err);
  if (rc == SQLITE_OK) rc = check_places(scan, looks, err);
  if (rc != SQLITE_OK) return rc;
  if (target->conn->ship && !scan->needs_rows && !target->server->learned.refuses_aggregates) {
    struct wow_bind_context context = {scan->plan, target->relation, looks,
                                       wow_server_url_bytes(target->server)};
    rc = wow_bind_values(&scan->binding, &context, argc, argv, err);
    if (rc == SQLITE_OK) rc = start_bound(scan, &done, err);
    if (rc != SQLITE_OK || done) return rc;
  }
  rc = wow_bracket_check_statement(&scan->check, err);
  scan->mode = FROM_ROWS;
  scan->first = 0;
  return rc == SQLITE_OK ? wow_bracket_sql_start(&scan->sql, argc, argv, err) : rc;
}

/* ---------------------------------------------------------------- stepping */

static int next(struct wow_bracket_scan *scan, struct wow_error *err) {
  int first = scan->first;
  scan->first = 0;
  if (scan->is_never) return SQLITE_DONE;
  switch (scan->mode) {
  case FROM_ROWS: return wow_bracket_sql_next(&scan->sql, err);
  case FROM_SERVER: return first ? first : wow_pages_next(scan->pages, err);
  case FROM_COLLECTED: return wow_row_cache_cursor_next(&scan->collected, err);
  default: return SQLITE_DONE;
  }
}

int wow_bracket_scan_next(struct wow_bracket_scan *scan, struct wow_error *err) {
  int rc = next(scan, err);
  wow_error_about(err, scan->target->relation->name);
  if (rc == SQLITE_ROW) scan->n_rows++;
  if (rc != SQLITE_DONE || scan->n_rows > 0 || !scan->is_single) return rc;
  scan->mode = FROM_NOTHING;
  scan->n_rows = 1;
  return SQLITE_ROW;
}

/* What is decoded of a member of the current row. */
static const struct wow_json_value *member_value(const struct wow_bracket_scan *scan, int member) {
  return scan->mode == FROM_COLLECTED ? &scan->collected.values[member]
                                      : wow_rows_value(wow_pages_rows(scan->pages), member);
}

/* Gives SQLite a decoded value of a key (`bracket` NULL) or an aggregate. A sum of reals is a real,
** also where it is a whole number: 8322.00. */
static void result_decoded(sqlite3_context *ctx, const struct wow_type *type,
                           const struct wow_bracket *bracket, const struct wow_json_value *value) {
  static const struct wow_type real = {.family = WOW_FLOAT8};
  bool is_real = bracket && bracket->kind == WOW_SUM && value->kind == WOW_JSON_NUMBER &&
                 memchr(value->text, '.', value->bytes) != NULL;
  wow_value_result(ctx, is_real ? &real : type, value);
}

static void result(struct wow_bracket_scan *scan, sqlite3_context *ctx, int member) {
  bool is_key = member < scan->n_keys;
  const struct wow_bracket *bracket =
      is_key ? NULL : &scan->target->brackets->list[scan->chosen[member - scan->n_keys]];
  if (scan->mode == FROM_NOTHING) {
    bool counts = bracket && (bracket->kind == WOW_COUNT_ALL || bracket->kind == WOW_COUNT);
    if (counts) sqlite3_result_int(ctx, 0);
    if (is_key) sqlite3_result_value(ctx, scan->looked_up[member]);
  } else if (scan->mode == FROM_ROWS) {
    sqlite3_result_value(ctx, sqlite3_column_value(scan->sql.stmt, member));
  } else {
    const struct wow_type *type =
        is_key ? &scan->target->relation->columns[scan->keys[member]].type : &bracket->type;
    result_decoded(ctx, type, bracket, member_value(scan, member));
  }
}

/* The member that has the value of a column; -1: none. */
static int member_of(const struct wow_bracket_scan *scan, int column) {
  const struct wow_relation *relation = scan->target->relation;
  if (column < relation->n_columns) return scan->members[column];
  for (int i = 0; i < scan->n_chosen; i++) {
    if (WOW_BRACKET_COLUMN(relation, scan->chosen[i]) == column) return scan->n_keys + i;
  }
  return -1;
}

int wow_bracket_scan_column(struct wow_bracket_scan *scan, sqlite3_context *ctx, int column,
                            struct wow_error *err) {
  const struct wow_relation *relation = scan->target->relation;
  int member = member_of(scan, column);
  bool is_own = column < relation->n_columns;
  if (column == WOW_FILTER_COLUMN(relation)) return SQLITE_OK; /* NULL */
  /* IS NOT NULL, which SQLite looks at again, must keep the row: also that of no group. */
  bool is_test = is_own && (scan->mode == FROM_NOTHING || member < 0);
  if (is_test && wow_bracket_check_is_not_null(&scan->check, column)) {
    sqlite3_result_int(ctx, 1);
    return SQLITE_OK;
  }
  if (member >= 0) {
    result(scan, ctx, member);
    return SQLITE_OK;
  }
  const char *name =
      is_own ? relation->columns[column].name
             : scan->target->brackets->list[column - WOW_BRACKET_COLUMN(relation, 0)].name;
  return wow_bracket_check_fail(&scan->check, name, err);
}
