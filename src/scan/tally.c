/*
** Rows in groups, see tally.h. What is asked for is `select=status,wowsql_rows:count()`; PostgREST
** groups by every column of select= that is not an aggregate. The alias must not be a column of the
** relation: then the server would group by that. Groups come in the order of all their columns, so
** that what comes after one is a condition, for further groups and for rows alike.
*/
#include "scan/tally.h"

#include <string.h>

#include "base/number_map.h"
#include "base/text.h"
#include "scan/spread.h"
#include "types/shippable.h"
#include "types/value.h"

/* How many different values so many rows had. */
struct mark {
  sqlite3_int64 n_rows;
  sqlite3_int64 n_values;
};

struct wow_tally {
  struct wow_pages *pages;
  const struct wow_relation *relation;
  struct wow_plan_order sort[WOW_MAX_SORT]; /* all columns read: first those of the plan's order */
  int columns[WOW_MAX_SORT];                /* the same, without direction */
  int n_columns;
  bool is_statements_own;        /* the statement groups by them */
  struct wow_spread *spread;     /* NULL: no column is aggregated */
  struct wow_computed *computed; /* the number of rows, and what `spread` needs */
  int n_computed;
  sqlite3_int64 repeats; /* of the current row, still to come */
  sqlite3_int64 n_groups;
  sqlite3_int64 n_rows; /* of all groups so far */
  bool at_first;
  struct wow_number_map values; /* the different ones of the rows sampled, as hashes */
  sqlite3_int64 n_sampled;
  struct mark last, before; /* each at twice as many rows as the one before it */
};

/* What the columns are chosen by. */
struct choice {
  const struct wow_plan *plan;
  const struct wow_relation *relation;
  const struct wow_usage *usage;
  bool aggregates; /* of columns are computed by the server */
};

/* Are values of the column read, not only aggregates? */
static bool is_read(const struct choice *c, int column) {
  if (!c->plan->columns[column]) return false;
  if (c->aggregates && wow_aggregation_has(&c->usage->aggregation, column)) return false;
  if (c->usage->is_known) return c->usage->columns[column].n_reads > 0;
  return wow_plan_uses(c->plan, c->relation, column);
}

/* Does a term leave the column one value? */
static bool has_one_value(const struct wow_plan *plan, int column) {
  return wow_plan_has_term(plan, column, WOW_EQ) || wow_plan_has_term(plan, column, WOW_IS) ||
         wow_plan_has_term(plan, column, WOW_IS_NULL);
}

/* Does SQLite group the rows, or sort them for that, by no other columns than these? */
static bool groups_by_read(const struct choice *c) {
  int nth = 0, n = 0;
  for (int i = 0; i < c->relation->n_columns; i++) {
    if (!wow_plan_uses(c->plan, c->relation, i)) continue;
    bool is_key = wow_plan_orders_by(c->plan, nth);
    n += is_key;
    nth++;
    if (is_read(c, i) && !is_key && !has_one_value(c->plan, i)) return false;
  }
  return n > 0 && (c->plan->groups || (c->usage->is_known && c->usage->groups));
}

/* Are the aggregates those of the groups: is every column that is read a key of GROUP BY? */
static bool groups_by_keys(const struct choice *c) {
  for (int i = 0; i < c->relation->n_columns; i++) {
    if (!is_read(c, i) || has_one_value(c->plan, i)) continue;
    if (c->usage->aggregation.columns[i].n_keyed == 0) return false;
  }
  return true;
}

/* Might groups of the server be one group of SQLite's? Numbers with more digits than SQLite's look
** alike here. */
static bool may_merge(const struct choice *c) {
  bool may = c->usage->aggregation.may_merge;
  for (int i = 0; i < c->relation->n_columns; i++)
    may = may || (is_read(c, i) && c->relation->columns[i].type.family == WOW_NUMERIC);
  return may;
}

static bool is_key(const struct wow_tally *tally, int column) {
  for (int i = 0; i < tally->n_columns; i++) {
    if (tally->columns[i] == column) return true;
  }
  return false;
}

bool wow_tally_has_column(const struct wow_tally *tally, int column) {
  return is_key(tally, column) || (tally->spread && wow_spread_has(tally->spread, column));
}

static void add_column(struct wow_tally *tally, struct wow_plan_order order) {
  tally->columns[tally->n_columns] = order.column;
  tally->sort[tally->n_columns++] = order;
}

/* Takes the columns that are read, the plan's order first. False: they cannot be grouped, or it is
** of no use. */
static bool take_columns(struct wow_tally *tally, const struct choice *c) {
  const struct wow_relation *relation = c->relation;
  int n_key = 0;
  if (c->usage->is_known && c->usage->rowid) return false;
  for (int i = 0; i < c->plan->n_order; i++) {
    int column = c->plan->order[i].column;
    if (is_key(tally, column)) continue;
    if (!is_read(c, column)) return false;
    add_column(tally, c->plan->order[i]);
  }
  for (int i = 0; i < relation->n_columns; i++) {
    if (!is_read(c, i) || is_key(tally, i)) continue;
    if (tally->n_columns == WOW_MAX_SORT) return false;
    add_column(tally, (struct wow_plan_order){i, false});
  }
  for (int i = 0; i < tally->n_columns; i++) {
    const struct wow_column *column = &relation->columns[tally->columns[i]];
    if (!wow_relation_is_plain(column)) return false;
    if (!wow_shippable_can_group(&column->type)) return false;
    n_key += column->key_position > 0;
  }
  if (wow_relation_has_inner(relation)) return false; /* its groups would have more rows */
  return (tally->n_columns > 0 || c->aggregates) &&
         (relation->n_key == 0 || n_key < relation->n_key);
}

static struct wow_pages *new_pages(const struct wow_tally *tally, const struct wow_target *target,
                                   const struct wow_plan *plan) {
  struct wow_shape shape = {
      .target = target,
      .select = tally->columns,
      .n_select = tally->n_columns,
      .sort = tally->sort,
      .n_sort = tally->n_columns,
      .n_order = plan->n_order,
      .has_key = tally->n_columns > 0,
      .computed = tally->computed,
      .n_computed = tally->n_computed,
      .counting = tally->n_columns > 0 ? 0 : -1,
  };
  return wow_pages_new(&shape);
}

static void drop_computed(struct wow_tally *tally, int from) {
  for (int i = from; i < tally->n_computed; i++) {
    sqlite3_free(tally->computed[i].name);
    sqlite3_free(tally->computed[i].request);
  }
  if (tally->n_computed > from) tally->n_computed = from;
}

/* Says what the server computes. */
static int choose_computed(struct wow_tally *tally, struct choice *c, const struct wow_target *t) {
  const struct wow_relation *relation = t->relation;
  sqlite3_uint64 n = WOW_SPREAD_MEMBERS * (sqlite3_uint64)relation->n_columns + 1;
  tally->computed = sqlite3_malloc64(n * sizeof(*tally->computed));
  if (tally->computed == NULL) return SQLITE_NOMEM;
  memset(tally->computed, 0, n * sizeof(*tally->computed));
  tally->n_computed = 1;
  tally->computed[0].name = wow_page_request_alias(relation, "wowsql_rows");
  tally->computed[0].request = sqlite3_mprintf("count()");
  if (!tally->computed[0].name || !tally->computed[0].request) return SQLITE_NOMEM;
  c->aggregates = t->conn->aggregates && c->usage->is_known && c->usage->aggregation.is_known;
  c->aggregates = c->aggregates && groups_by_keys(c);
  if (!c->aggregates) return SQLITE_OK;
  struct wow_spread_wanted wanted = {relation, &c->usage->aggregation, t->server->options.collation,
                                     may_merge(c)};
  int rc = wow_spread_new(&wanted, tally->computed, &tally->n_computed, &tally->spread);
  c->aggregates = tally->spread != NULL;
  if (!c->aggregates) drop_computed(tally, 1);
  return rc;
}

int wow_tally_new(const struct wow_target *target, const struct wow_plan *plan,
                  const struct wow_usage *usage, struct wow_tally **out) {
  struct choice choice = {.plan = plan, .relation = target->relation, .usage = usage};
  struct wow_tally *tally = sqlite3_malloc64(sizeof(*tally));
  *out = NULL;
  if (tally == NULL) return SQLITE_NOMEM;
  memset(tally, 0, sizeof(*tally));
  tally->relation = target->relation;
  int rc = choose_computed(tally, &choice, target);
  bool can = rc == SQLITE_OK && take_columns(tally, &choice);
  if (can) {
    tally->is_statements_own = choice.aggregates || groups_by_read(&choice);
    tally->pages = new_pages(tally, target, plan);
    if (tally->pages == NULL) rc = SQLITE_NOMEM;
  }
  if (can && rc == SQLITE_OK)
    *out = tally;
  else
    wow_tally_free(tally);
  return rc;
}

void wow_tally_free(struct wow_tally *tally) {
  if (tally == NULL) return;
  wow_pages_free(tally->pages);
  wow_spread_free(tally->spread);
  drop_computed(tally, 0);
  sqlite3_free(tally->computed);
  wow_number_map_reset(&tally->values);
  sqlite3_free(tally);
}

bool wow_tally_is_statements_own(const struct wow_tally *tally) {
  return tally->is_statements_own;
}

const int *wow_tally_columns(const struct wow_tally *tally, int *n) {
  *n = tally->n_columns;
  return tally->columns;
}

int wow_tally_request_bytes(const struct wow_tally *tally) {
  size_t bytes = 60 + strlen(tally->relation->name);
  for (int i = 0; i < tally->n_columns; i++) /* in select= and in order= */
    bytes += 2 * strlen(tally->relation->columns[tally->columns[i]].name) + 20;
  for (int i = 0; i < tally->n_computed; i++)
    bytes += strlen(tally->computed[i].name) + strlen(tally->computed[i].request) + 2;
  return (int)bytes;
}

/* ---------------------------------------------------------------- the sample */

void wow_tally_forget_sample(struct wow_tally *tally) {
  wow_number_map_reset(&tally->values);
  tally->n_sampled = 0;
  tally->last = tally->before = (struct mark){0, 0};
}

int wow_tally_sample(struct wow_tally *tally, const struct wow_json_value *const *values) {
  sqlite3_uint64 hash = WOW_TEXT_HASH_START;
  for (int i = 0; i < tally->n_columns; i++) {
    unsigned char kind = (unsigned char)(values[i]->kind + 1);
    hash = wow_text_hash(hash, &kind, 1);
    hash = wow_text_hash(hash, values[i]->text, values[i]->bytes);
  }
  if (wow_number_map_at(&tally->values, hash) == NULL) return SQLITE_NOMEM;
  tally->n_sampled++;
  if (tally->n_sampled < WOW_SAMPLE_ROWS / 2 || tally->n_sampled < 2 * tally->last.n_rows)
    return SQLITE_OK;
  tally->before = tally->last;
  tally->last = (struct mark){tally->n_sampled, (sqlite3_int64)tally->values.n};
  return SQLITE_OK;
}

bool wow_tally_can_sample(const struct wow_tally *tally) {
  /* What is aggregated adds up to that of all rows, not of the remaining ones. */
  return tally->spread == NULL && tally->values.n < WOW_GROUP_ROWS;
}

/* Of the last half of the rows, had few a new value? A group costs as much as a few rows. */
static bool has_few_new(const struct wow_tally *tally) {
  sqlite3_int64 n_rows = tally->n_sampled - tally->before.n_rows;
  sqlite3_int64 n_new = (sqlite3_int64)tally->values.n - tally->before.n_values;
  return n_rows >= WOW_GROUP_LARGE * n_new;
}

/* The values seen come again in groups: so there must have been several rows for each. */
bool wow_tally_is_worthwhile(const struct wow_tally *tally) {
  bool has_several = tally->n_sampled >= WOW_GROUP_SEEN * (sqlite3_int64)tally->values.n;
  return tally->n_sampled >= WOW_SAMPLE_ROWS && has_several && has_few_new(tally);
}

bool wow_tally_may_be_worthwhile(const struct wow_tally *tally) {
  return tally->n_sampled < WOW_SAMPLE_ROWS || has_few_new(tally);
}

/* ---------------------------------------------------------------- rows */

int wow_tally_start(struct wow_tally *tally, const struct wow_where *where, struct wow_error *err) {
  bool is_one = tally->n_columns == 0;
  tally->repeats = tally->n_groups = tally->n_rows = 0;
  tally->at_first = false;
  if (tally->spread) wow_spread_start(tally->spread);
  return wow_pages_start(tally->pages, where, is_one ? -1 : WOW_GROUP_ROWS, is_one ? 1 : -1, err);
}

/* Is on a group, of `n` rows. */
static int take_group(struct wow_tally *tally, sqlite3_int64 n, bool *must_read) {
  sqlite3_int64 n_rows = n;
  if (tally->spread) {
    const struct wow_rows *rows = wow_pages_rows(tally->pages);
    *must_read = !wow_spread_take(tally->spread, rows, tally->n_columns, n, &n_rows);
  }
  tally->at_first = ++tally->n_groups == 1;
  tally->n_rows += n;
  tally->repeats = n_rows - 1;
  return SQLITE_ROW;
}

int wow_tally_next(struct wow_tally *tally, bool *must_read, struct wow_error *err) {
  *must_read = false;
  if (tally->repeats > 0) {
    tally->repeats--;
    tally->at_first = false;
    if (tally->spread) wow_spread_next(tally->spread);
    return SQLITE_ROW;
  }
  int rc = wow_pages_next(tally->pages, err);
  if (rc != SQLITE_ROW) return rc;
  const struct wow_json_value *count =
      wow_rows_value(wow_pages_rows(tally->pages), tally->n_columns);
  sqlite3_int64 n = 0;
  bool is_number = wow_value_int64(count, &n);
  if (is_number && n == 0 && tally->n_columns == 0) return SQLITE_DONE;
  if (is_number && n > 0) return take_group(tally, n, must_read);
  return wow_error_set(err, SQLITE_ERROR, tally->relation->name,
                       "the server did not say how many rows a group has");
}

bool wow_tally_at_page_end(const struct wow_tally *tally) {
  return tally->repeats == 0 && wow_pages_at_page_end(tally->pages);
}

bool wow_tally_has_large_groups(const struct wow_tally *tally) {
  return tally->n_rows >= WOW_GROUP_LARGE * tally->n_groups;
}

const struct wow_keyset *wow_tally_place(const struct wow_tally *tally) {
  return wow_pages_place(tally->pages);
}

bool wow_tally_at_first(const struct wow_tally *tally) {
  return tally->at_first;
}

bool wow_tally_result(const struct wow_tally *tally, int column, sqlite3_context *ctx) {
  const struct wow_json_value *value = wow_tally_value(tally, column);
  bool is_aggregated = tally->spread && wow_spread_has(tally->spread, column);
  if (value) wow_value_result(ctx, &tally->relation->columns[column].type, value);
  if (is_aggregated) wow_spread_result(tally->spread, column, ctx);
  return value || is_aggregated;
}

const struct wow_json_value *wow_tally_value(const struct wow_tally *tally, int column) {
  for (int i = 0; i < tally->n_columns; i++) {
    if (tally->columns[i] == column) return wow_rows_value(wow_pages_rows(tally->pages), i);
  }
  return NULL;
}

/* ---------------------------------------------------------------- refusals */

/* Aggregates are switched off; or the server does not know them, and takes the function for a
** syntax error or for a relation to embed. */
static bool is_lasting(const struct wow_error *err, bool has_filter) {
  static const char *const codes[] = {"PGRST123", "PGRST100", "PGRST200"};
  size_t n = has_filter ? 1 : sizeof(codes) / sizeof(codes[0]);
  for (size_t i = 0; err->code && i < n; i++) {
    if (strcmp(err->code, codes[i]) == 0) return true;
  }
  return false;
}

bool wow_tally_is_refused(struct wow_server *server, bool has_filter, struct wow_error *err) {
  bool is_refusal = err->http_status >= 400 && err->http_status < 500;
  /* Rows come in pages, each of which may be done in time. */
  bool has_timed_out = err->code && strcmp(err->code, "57014") == 0;
  if (err->rc == SQLITE_INTERRUPT || !(is_refusal || has_timed_out)) return false;
  if (is_lasting(err, has_filter)) server->learned.refuses_aggregates = true;
  wow_error_reset(err);
  return true;
}
