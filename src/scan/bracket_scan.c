/*
** Scans with bracketed aggregates, see aggregate_scan.h.
**
** To SQLite the aggregates are columns, and it may do things with them that mean something else
** than was asked: run the plan once for each value of a list, count the groups, order by columns
** that are no keys. The statement's bytecode (reads.h) shows this; then it is an error, not an
** answer.
**
** SQLite looks at expressions, OR and row values itself, and reads their columns, of which a group
** has many values: an error, too. It looks at IS NOT NULL again; but where the column is read for
** nothing else, it is enough to say that it is not NULL.
**
** Lookups, as of a join, are remembered like those of rows (lookup.h): the columns that are looked
** up are keys besides, so that all groups can be fetched at once and told apart. Without any other
** key there is a row for each lookup, with nothing counted where the server has no group.
**
** Some groups are collected before the first is handed out, because it may turn out that they have
** to be computed from rows: those by date(c), which have no order that the server could be asked
** for, so that an answer that it cuts cannot be continued; and those by numbers with more digits
** than SQLite's have, some of which would be one group here.
*/
#include "scan/bracket_scan.h"

#include <string.h>

#include "types/constant.h"
#include "types/value.h"

#include "scan/bracket_sql.h"
#include "wire/deparse.h"
#include "scan/tally.h"
#include "scan/bytecode.h"
#include "server/run.h"
#include "base/limits.h"

enum mode {
  FROM_SERVER,    /* standing on a row of `pages` */
  FROM_COLLECTED, /* standing on a row of `collected` */
  FROM_ROWS,      /* standing on a row of `stmt` */
  FROM_NOTHING    /* no group: nothing was counted */
};

struct wow_aggregate_scan {
  struct wow_aggregate_target target;
  int *keys; /* columns to group by */
  int n_keys;
  int *chosen; /* the aggregates asked for */
  int n_chosen;
  bool has_dates;                            /* some of them are date(c) */
  bool has_numbers;                          /* some keys are numeric */
  bool needs_rows;                           /* the server's groups would not be SQLite's */
  bool is_single;                            /* one row for each run, whatever there is */
  struct wow_plan_order sort[WOW_PLAN_SORT]; /* by all keys that are columns */
  struct wow_pages_extra *extras;            /* the aggregates, and perhaps a count */
  int n_extras;
  int *slots; /* for each column its place among the keys; -1: it is none */
  struct wow_pages *pages;
  struct wow_answer_cursor collected;
  sqlite3_stmt *stmt;
  enum mode mode;
  int first;            /* what the first step came to, not told yet; 0: told */
  sqlite3_int64 n_rows; /* handed out in this run */
  bool is_never;
  sqlite3_value *looked_up[WOW_PLAN_SORT]; /* if is_single: the keys' values in this run */
  struct wow_reads reads;
  bool has_reads; /* the statement was looked at */
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

static int add_extra(struct wow_aggregate_scan *scan, int aggregate) {
  const struct wow_relation *relation = scan->target.shape.relation;
  struct wow_pages_extra *extra = &scan->extras[scan->n_extras++];
  extra->name = extra_name(relation, aggregate);
  extra->request = extra_request(&scan->target.aggregates->list[aggregate], relation);
  return extra->name && extra->request ? SQLITE_OK : SQLITE_NOMEM;
}

/* Is the column looked up? */
static bool has_equal(const struct wow_plan *plan, int column) {
  for (int i = 0; i < plan->n_terms; i++) {
    if (plan->terms[i].column == column && plan->terms[i].op == WOW_EQ) return true;
  }
  return false;
}

static void choose_keys(struct wow_aggregate_scan *scan) {
  const struct wow_relation *relation = scan->target.shape.relation;
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    scan->slots[i] = -1;
    if (!scan->target.plan->columns[i]) continue;
    if (scan->n_keys < WOW_PLAN_SORT) scan->sort[scan->n_keys].column = i;
    scan->slots[i] = scan->n_keys;
    scan->keys[scan->n_keys++] = i;
    if (column->embed || !wow_shippable_can_group(&column->type)) scan->needs_rows = true;
    if (column->type.family == WOW_NUMERIC) scan->has_numbers = true;
    if (!has_equal(scan->target.plan, i)) scan->is_single = false;
  }
  if (scan->n_keys > WOW_PLAN_SORT) scan->needs_rows = true;
}

static int choose_aggregates(struct wow_aggregate_scan *scan) {
  const struct wow_aggregate_target *target = &scan->target;
  for (int i = 0; i < target->aggregates->n; i++) {
    const struct wow_aggregate *aggregate = &target->aggregates->list[i];
    if (!(target->plan->aggregates >> i & 1)) continue;
    scan->chosen[scan->n_chosen++] = i;
    if (aggregate->kind == WOW_DATE_OF) scan->has_dates = true;
    if (!wow_aggregate_is_exact(aggregate, target->shape.relation)) scan->needs_rows = true;
    if (add_extra(scan, i) != SQLITE_OK) return SQLITE_NOMEM;
  }
  if (scan->has_dates) scan->is_single = false;
  /* How many rows the groups have shows whether they are all here, see pages.c. */
  bool is_counted = target->plan->aggregates & 1;
  bool has_keys = scan->n_keys > 0 || scan->has_dates;
  if (has_keys && !is_counted && target->shape.server->max_rows < 0) return add_extra(scan, 0);
  return SQLITE_OK;
}

/* The extra that is count(*), the first of all aggregates; -1: none. */
static int counting(const struct wow_aggregate_scan *scan) {
  if (scan->target.plan->aggregates & 1) return 0;
  return scan->n_extras > scan->n_chosen ? scan->n_chosen : -1;
}

static int choose(struct wow_aggregate_scan *scan) {
  const struct wow_aggregate_target *target = &scan->target;
  sqlite3_uint64 n =
      (sqlite3_uint64)(target->shape.relation->n_columns + target->aggregates->n + 2);
  scan->keys = sqlite3_malloc64(n * sizeof(*scan->keys));
  scan->chosen = sqlite3_malloc64(n * sizeof(*scan->chosen));
  scan->slots = sqlite3_malloc64(n * sizeof(*scan->slots));
  scan->extras = sqlite3_malloc64(n * sizeof(*scan->extras));
  if (!scan->keys || !scan->chosen || !scan->slots || !scan->extras) return SQLITE_NOMEM;
  memset(scan->extras, 0, n * sizeof(*scan->extras));
  scan->is_single =
      !WOW_PLAN_GROUPS(target->plan_number) && !WOW_PLAN_ASSUMES_GROUPS(target->plan_number);
  choose_keys(scan);
  return choose_aggregates(scan);
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
    shape.sort = scan->sort;
    shape.n_sort = scan->needs_rows ? 0 : scan->n_keys;
    shape.n_order = 0;
    shape.has_key = scan->n_keys > 0 && !scan->has_dates;
    shape.extras = scan->extras;
    shape.n_extras = scan->n_extras;
    shape.counting = counting(scan);
    scan->pages = wow_pages_new(&shape);
  }
  if (scan->pages) return scan;
  wow_aggregate_scan_free(scan);
  return NULL;
}

static struct wow_aggregate_rows rows_of(const struct wow_aggregate_scan *scan) {
  return (struct wow_aggregate_rows){&scan->target, scan->keys, scan->n_keys, scan->chosen,
                                     scan->n_chosen};
}

static void forget_values(struct wow_aggregate_scan *scan) {
  for (int i = 0; i < WOW_PLAN_SORT; i++) {
    sqlite3_value_free(scan->looked_up[i]);
    scan->looked_up[i] = NULL;
  }
}

void wow_aggregate_scan_free(struct wow_aggregate_scan *scan) {
  if (scan == NULL) return;
  struct wow_aggregate_rows rows = rows_of(scan);
  forget_values(scan);
  wow_aggregate_rows_end(&rows, scan->stmt);
  wow_pages_free(scan->pages);
  wow_answer_cursor_reset(&scan->collected);
  wow_reads_reset(&scan->reads);
  for (int i = 0; scan->extras && i < scan->n_extras; i++) {
    sqlite3_free((char *)scan->extras[i].name);
    sqlite3_free((char *)scan->extras[i].request);
  }
  sqlite3_free(scan->extras);
  sqlite3_free(scan->slots);
  sqlite3_free(scan->keys);
  sqlite3_free(scan->chosen);
  sqlite3_free(scan);
}

/* ---------------------------------------------------------------- what SQLite makes of it */

static int must_be_key(const struct wow_aggregate_scan *scan, const char *column,
                       struct wow_error *err) {
  return wow_error_hint(
      err, SQLITE_ERROR, scan->target.shape.relation->name,
      "add it to GROUP BY; or leave the brackets away: then SQLite computes. A condition that "
      "SQLite "
      "looks at itself (OR, NOT IN, an expression, a row value) can be said to the server: FROM "
      "t('or=(a.eq.1,b.gt.2)')",
      "column '%s' must appear in GROUP BY, or in a bracketed aggregate", column);
}

/* Looks at the statement's bytecode, once for a plan. */
static int look_at_reads(struct wow_aggregate_scan *scan) {
  if (scan->has_reads) return SQLITE_OK;
  scan->has_reads = true;
  return wow_reads_init(&scan->reads, scan->target.shape.conn->db, scan->target.plan_text,
                        scan->target.shape.relation->n_columns);
}

/* The number of terms that say that the column is not NULL. */
static int n_not_null(const struct wow_plan *plan, int column) {
  int n = 0;
  for (int i = 0; i < plan->n_terms; i++)
    n += plan->terms[i].column == column && plan->terms[i].op == WOW_NOT_NULL;
  return n;
}

/* Is this column read only to see once more that it is not NULL? */
static bool is_known_not_null(struct wow_aggregate_scan *scan, int column) {
  int n = n_not_null(scan->target.plan, column);
  if (n == 0 || look_at_reads(scan) != SQLITE_OK || !scan->reads.is_known) return false;
  const struct wow_reads_column *reads = &scan->reads.columns[column];
  return reads->n_reads == n && reads->n_null_tests == n;
}

/* A key that is there for a lookup only, and that SQLite reads: a condition on it would drop the
** row that says that nothing was counted. -1: none. */
static int key_read(struct wow_aggregate_scan *scan) {
  for (int i = 0; scan->is_single && i < scan->n_keys; i++) {
    int column = scan->keys[i];
    if (scan->reads.columns[column].n_reads > 0 && !is_known_not_null(scan, column)) return column;
  }
  return -1;
}

/* Does SQLite do with the groups what was asked? */
static int check_statement(struct wow_aggregate_scan *scan, struct wow_error *err) {
  const struct wow_relation *relation = scan->target.shape.relation;
  if (look_at_reads(scan) != SQLITE_OK) return wow_error_nomem(err);
  if (!scan->reads.is_known) return SQLITE_OK;
  if (scan->reads.loops) {
    return wow_error_hint(err, SQLITE_ERROR, relation->name,
                          "join the list instead, or leave the brackets away: then SQLite computes",
                          "bracketed aggregates would be computed for each value of an IN list");
  }
  if (scan->reads.counts) {
    return wow_error_hint(err, SQLITE_ERROR, relation->name, "write [count(*)]",
                          "count(*) beside bracketed aggregates counts groups, not rows");
  }
  int read = key_read(scan);
  if (read >= 0) return must_be_key(scan, relation->columns[read].name, err);
  if (WOW_PLAN_ASSUMES_GROUPS(scan->target.plan_number) && !scan->reads.groups) {
    const char *name = scan->n_keys > 0 ? relation->columns[scan->keys[0]].name : "date(...)";
    return must_be_key(scan, name, err);
  }
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- from rows */

static int start_from_rows(struct wow_aggregate_scan *scan, int argc, sqlite3_value **argv,
                           struct wow_error *err) {
  struct wow_aggregate_rows rows = rows_of(scan);
  scan->mode = FROM_ROWS;
  scan->first = 0;
  return wow_aggregate_rows_start(&rows, argc, argv, &scan->stmt, err);
}

/* ---------------------------------------------------------------- from the server */

/* Does the server decide every term, exactly? */
static bool is_decidable(const struct wow_aggregate_scan *scan, enum wow_collation collation,
                         sqlite3_value **argv) {
  const struct wow_plan *plan = scan->target.plan;
  const struct wow_relation *relation = scan->target.shape.relation;
  for (int i = 0; i < plan->n_terms; i++) {
    const struct wow_plan_term *term = &plan->terms[i];
    sqlite3_value *literal = term->op == WOW_IN ? NULL : argv[i];
    const struct wow_column *column = &relation->columns[term->column];
    enum wow_ship shipped = wow_shippable_rule(&column->type, term->op, collation, literal).ship;
    /* Of a list it shows with its values, see wow_query.is_partial. */
    bool may_be_exact = term->op == WOW_IN && column->type.family == WOW_TEXT;
    if (column->embed || (shipped != WOW_EXACT && !(may_be_exact && shipped == WOW_SUPERSET))) {
      return false;
    }
  }
  return true;
}

static int spool_failed(const struct wow_aggregate_scan *scan, int rc, const char *what,
                        struct wow_error *err) {
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  return wow_error_set(err, SQLITE_ERROR, scan->target.shape.relation->name,
                       "the temporary file for rows cannot be %s", what);
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

/* Reads all groups into memory (or a temporary file). *good: they are all here, and all different.
 */
static int collect(struct wow_aggregate_scan *scan, bool *good, struct wow_error *err) {
  struct wow_json_value values[2 * WOW_PLAN_SORT + 64];
  int n = scan->n_keys + scan->n_chosen, rc = SQLITE_OK;
  struct wow_answers *answers = wow_answers_new(n);
  if (answers == NULL) return wow_error_nomem(err);
  *good = true;
  rc = wow_answers_add(answers, "", 0, NULL);
  if (rc != SQLITE_OK) spool_failed(scan, rc, "written", err);
  while (rc == SQLITE_OK && (rc = wow_pages_next(scan->pages, err)) == SQLITE_ROW) {
    for (int i = 0; i < n; i++) {
      values[i] = *wow_rows_value(wow_pages_rows(scan->pages), i);
      bool is_key = i < scan->n_keys;
      if (is_key && is_too_exact(&values[i])) {
        enum wow_family family = scan->target.shape.relation->columns[scan->keys[i]].type.family;
        *good = *good && family != WOW_NUMERIC;
      }
    }
    rc = wow_answers_add(answers, "", 0, values);
    if (rc != SQLITE_OK) spool_failed(scan, rc, "written", err);
  }
  if (rc == SQLITE_DONE) {
    wow_answer_cursor_start(&scan->collected, answers, wow_answers_find(answers, "", 0));
    *good = *good && !wow_pages_is_cut(scan->pages);
    rc = SQLITE_OK;
  }
  wow_answers_release(answers);
  return rc;
}

/* Is this an answer that the groups have to be computed from rows? Then it is forgotten. */
static bool is_refused(struct wow_aggregate_scan *scan, struct wow_error *err) {
  struct wow_server *server = scan->target.shape.server;
  if (!wow_groups_is_refusal(err)) return false;
  bool is_raw = scan->target.plan->has_filter;
  server->has_no_aggregates = server->has_no_aggregates || wow_groups_is_lasting(err, is_raw);
  wow_error_reset(err);
  return true;
}

/* Without keys there is one row. */
static sqlite3_int64 most_rows(const struct wow_aggregate_scan *scan) {
  return scan->n_keys > 0 || scan->has_dates ? -1 : 1;
}

/* Asks the server. *done: it computes these groups. */
static int start_on_server(struct wow_aggregate_scan *scan, const char *filters, bool *done,
                           struct wow_error *err) {
  int rc = wow_pages_start(scan->pages, filters, -1, most_rows(scan), err);
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
static bool is_lookup(const struct wow_aggregate_scan *scan, const struct wow_query *query) {
  return !scan->has_dates && !scan->has_numbers && wow_lookup_is_one(scan->target.plan, query);
}

static int start_lookup(struct wow_aggregate_scan *scan, struct wow_query *query,
                        enum wow_collation collation, const char *filters, bool *done,
                        struct wow_error *err) {
  enum wow_lookup_way way;
  const struct wow_aggregate_target *target = &scan->target;
  bool is_whole = true;
  struct wow_lookup lookup = {
      .lookups = target->lookups,
      .conn = target->shape.conn,
      .server = target->shape.server,
      .schema = target->shape.schema,
      .plan_text = target->plan_text,
      .plan = target->plan,
      .query = query,
      .collation = collation,
      .pages = scan->pages,
      .slots = scan->slots,
      .n_select = scan->n_keys + scan->n_extras,
      .filters = filters,
      .rows = *target->rows,
  };
  scan->mode = FROM_COLLECTED;
  *done = true;
  int rc = wow_lookup_find(&lookup, &way, &scan->collected, &is_whole, err);
  if (rc == SQLITE_OK && way != WOW_LOOKUP_REMEMBERED) {
    rc = check_statement(scan, err);
    if (rc == SQLITE_OK) rc = wow_pages_start(scan->pages, filters, -1, most_rows(scan), err);
    if (rc == SQLITE_OK) rc = wow_lookup_ask(&lookup, &scan->collected, &is_whole, err);
  }
  if (rc != SQLITE_OK && is_refused(scan, err)) {
    *done = false;
    return SQLITE_OK;
  }
  /* More groups than are remembered of a lookup. */
  if (rc == SQLITE_OK && !is_whole) rc = start_on_server(scan, filters, done, err);
  return rc;
}

/* ---------------------------------------------------------------- starting */

/* Keeps the values of the keys, which the row of a run without any group has, too. */
static int keep_values(struct wow_aggregate_scan *scan, sqlite3_value **argv) {
  const struct wow_plan *plan = scan->target.plan;
  forget_values(scan);
  for (int i = 0; scan->is_single && i < plan->n_terms; i++) {
    int slot = plan->terms[i].op == WOW_EQ ? scan->slots[plan->terms[i].column] : -1;
    if (slot < 0 || slot >= WOW_PLAN_SORT || scan->looked_up[slot]) continue;
    scan->looked_up[slot] = sqlite3_value_dup(argv[i]);
    if (scan->looked_up[slot] == NULL) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

/* The conditions as a text. NULL: no memory. */
static char *filters_of(const struct wow_query *query) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_query_append(query, str);
  if (sqlite3_str_length(str) == 0) sqlite3_str_appendchar(str, 1, 0); /* "", not NULL */
  return sqlite3_str_finish(str);
}

static int start_query(struct wow_aggregate_scan *scan, struct wow_query *query,
                       enum wow_collation collation, bool *done, struct wow_error *err) {
  wow_query_first_window(query, 0);
  if (query->is_never) {
    scan->is_never = *done = true;
    return SQLITE_OK;
  }
  if (query->n_compares > 0 || query->is_partial || !wow_query_is_one_window(query)) {
    return SQLITE_OK;
  }
  char *filters = filters_of(query);
  if (filters == NULL) return wow_error_nomem(err);
  int rc = SQLITE_OK;
  if (is_lookup(scan, query)) {
    rc = start_lookup(scan, query, collation, filters, done, err);
  } else {
    rc = check_statement(scan, err);
    if (rc == SQLITE_OK) rc = start_on_server(scan, filters, done, err);
  }
  sqlite3_free(filters);
  return rc;
}

int wow_aggregate_scan_start(struct wow_aggregate_scan *scan, enum wow_collation collation,
                             int argc, sqlite3_value **argv, struct wow_error *err) {
  const struct wow_aggregate_target *target = &scan->target;
  bool done = false;
  int rc = SQLITE_OK;
  struct wow_aggregate_rows rows = rows_of(scan);
  wow_aggregate_rows_end(&rows, scan->stmt);
  scan->stmt = NULL;
  scan->first = 0;
  scan->n_rows = 0;
  scan->is_never = false;
  if (keep_values(scan, argv) != SQLITE_OK) return wow_error_nomem(err);
  if (target->shape.conn->ship && !scan->needs_rows && !target->shape.server->has_no_aggregates &&
      is_decidable(scan, collation, argv)) {
    struct wow_query query = {0};
    rc = wow_query_bind(&query, target->plan, target->shape.relation, collation,
                        wow_statement_has_parameters(target->shape.conn->db), argc, argv, err);
    if (rc == SQLITE_OK) rc = start_query(scan, &query, collation, &done, err);
    wow_query_reset(&query);
    if (rc != SQLITE_OK || done) return rc == SQLITE_NOMEM ? wow_error_nomem(err) : rc;
  }
  rc = check_statement(scan, err);
  return rc == SQLITE_OK ? start_from_rows(scan, argc, argv, err) : rc;
}

/* ---------------------------------------------------------------- stepping */

static int next(struct wow_aggregate_scan *scan, struct wow_error *err) {
  struct wow_aggregate_rows rows = rows_of(scan);
  int first = scan->first, rc = SQLITE_DONE;
  scan->first = 0;
  if (scan->is_never) return SQLITE_DONE;
  switch (scan->mode) {
  case FROM_ROWS: return wow_aggregate_rows_next(&rows, scan->stmt, err);
  case FROM_SERVER: return first ? first : wow_pages_next(scan->pages, err);
  case FROM_COLLECTED:
    rc = wow_answer_cursor_next(&scan->collected);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) return spool_failed(scan, rc, "read", err);
    return rc;
  default: return SQLITE_DONE;
  }
}

int wow_aggregate_scan_next(struct wow_aggregate_scan *scan, struct wow_error *err) {
  int rc = next(scan, err);
  if (rc == SQLITE_ROW) scan->n_rows++;
  if (rc != SQLITE_DONE || scan->n_rows > 0 || !scan->is_single) return rc;
  scan->mode = FROM_NOTHING;
  scan->n_rows = 1;
  return SQLITE_ROW;
}

/* What is decoded of a member of the present row. */
static const struct wow_json_value *member_value(const struct wow_aggregate_scan *scan,
                                                 int member) {
  return scan->mode == FROM_COLLECTED ? &scan->collected.values[member]
                                      : wow_rows_value(wow_pages_rows(scan->pages), member);
}

static void result(struct wow_aggregate_scan *scan, sqlite3_context *ctx, int member,
                   const struct wow_type *type, const struct wow_aggregate *aggregate) {
  static const struct wow_type real = {.family = WOW_FLOAT8};
  if (scan->mode == FROM_NOTHING) {
    bool counts = aggregate && (aggregate->kind == WOW_COUNT_ALL || aggregate->kind == WOW_COUNT);
    if (counts) sqlite3_result_int(ctx, 0);
    if (member < scan->n_keys) sqlite3_result_value(ctx, scan->looked_up[member]);
  } else if (scan->mode == FROM_ROWS) {
    sqlite3_result_value(ctx, sqlite3_column_value(scan->stmt, member));
  } else {
    const struct wow_json_value *value = member_value(scan, member);
    /* A sum of reals is a real, also where it comes to a whole number: 8322.00. */
    bool is_real = aggregate && aggregate->kind == WOW_SUM && value->kind == WOW_JSON_NUMBER &&
                   memchr(value->text, '.', value->bytes) != NULL;
    wow_value_result(ctx, is_real ? &real : type, value);
  }
}

int wow_aggregate_scan_column(struct wow_aggregate_scan *scan, sqlite3_context *ctx, int column,
                              struct wow_error *err) {
  const struct wow_relation *relation = scan->target.shape.relation;
  const struct wow_aggregates *aggregates = scan->target.aggregates;
  /* No row: SQLite is to keep this one, which it looks at again. */
  bool is_test = scan->mode == FROM_NOTHING && column < relation->n_columns;
  if (is_test && is_known_not_null(scan, column)) {
    sqlite3_result_int(ctx, 1);
    return SQLITE_OK;
  }
  if (column < relation->n_columns && scan->slots[column] >= 0) {
    result(scan, ctx, scan->slots[column], &relation->columns[column].type, NULL);
    return SQLITE_OK;
  }
  for (int i = 0; i < scan->n_chosen; i++) {
    if (WOW_AGGREGATE_COLUMN(relation, scan->chosen[i]) != column) continue;
    const struct wow_aggregate *aggregate = &aggregates->list[scan->chosen[i]];
    result(scan, ctx, scan->n_keys + i, &aggregate->type, aggregate);
    return SQLITE_OK;
  }
  if (column == WOW_FILTER_COLUMN(relation)) return SQLITE_OK; /* wowsql_filter says nothing */
  if (column < relation->n_columns && is_known_not_null(scan, column)) {
    sqlite3_result_int(ctx, 1);
    return SQLITE_OK;
  }
  const char *name = column < relation->n_columns
                         ? relation->columns[column].name
                         : aggregates->list[column - WOW_AGGREGATE_COLUMN(relation, 0)].name;
  return must_be_key(scan, name, err);
}
