/*
** Groups, see groups.h. What is asked for is `select=status,wowsql_rows:count()`; PostgREST groups
** by every column of select= that is no aggregate. The alias must be no column of the relation:
** then the server would group by that. Groups come in the order of all their columns, so that what
** lies behind one is a condition, for further groups and for rows alike.
*/
#include "scan/tally.h"

#include <string.h>

#include "types/constant.h"
#include "types/value.h"

#include "types/shippable.h"
#include "base/limits.h"

struct wow_groups {
  struct wow_pages *pages;
  const struct wow_relation *relation;
  struct wow_plan_order sort[WOW_PLAN_SORT]; /* all columns read: first those of the plan's order */
  int columns[WOW_PLAN_SORT];                /* the same, without direction */
  int n_columns;
  bool are_its_own; /* the statement groups by them */
  struct wow_pages_extra count;
  char *count_name;
  sqlite3_int64 repeats; /* of the present row, still to come */
  sqlite3_int64 n_groups;
  sqlite3_int64 n_rows; /* of all groups so far */
  bool at_first;
  sqlite3_uint64 seen[WOW_SAMPLE_VALUES]; /* hashes of the different values sampled */
  int n_seen;
  int n_sampled;
};

static char *count_name(const struct wow_relation *relation) {
  char *name = sqlite3_mprintf("wowsql_rows");
  while (name && wow_relation_column(relation, name) >= 0)
    name = sqlite3_mprintf("%z_", name);
  return name;
}

static bool is_read(const struct wow_reads *reads, const struct wow_plan *plan, int plan_number,
                    const struct wow_relation *relation, int column) {
  if (!plan->columns[column]) return false;
  if (reads->is_known) return reads->columns[column].n_reads > 0;
  return wow_plan_uses(plan, plan_number, relation, column);
}

/* A term that leaves its column one value. */
static bool has_one_value(const struct wow_plan *plan, int column) {
  for (int i = 0; i < plan->n_terms; i++) {
    enum wow_op op = plan->terms[i].op;
    bool is_one = op == WOW_EQ || op == WOW_IS || op == WOW_IS_NULL;
    if (is_one && plan->terms[i].column == column) return true;
  }
  return false;
}

/* Does SQLite group the rows, or sort them for that, by no other column than these? */
static bool groups_by(const struct wow_groups *groups, const struct wow_plan *plan, int plan_number,
                      const struct wow_reads *reads) {
  int nth = 0, n = 0;
  for (int i = 0; i < groups->relation->n_columns; i++) {
    if (!wow_plan_uses(plan, plan_number, groups->relation, i)) continue;
    bool is_key = WOW_PLAN_ORDERS_BY(plan_number, nth);
    n += is_key;
    nth++;
    if (is_read(reads, plan, plan_number, groups->relation, i) && !is_key &&
        !has_one_value(plan, i)) {
      return false;
    }
  }
  return n > 0 && (WOW_PLAN_GROUPS(plan_number) || (reads->is_known && reads->groups));
}

/* Takes the columns that are read, the plan's order first. False: they cannot be grouped, or it is
** of no use. */
static bool take_columns(struct wow_groups *groups, const struct wow_plan *plan, int plan_number,
                         const struct wow_reads *reads) {
  const struct wow_relation *relation = groups->relation;
  int n_key = 0;
  if (reads->is_known && reads->rowid) return false;
  for (int i = 0; i < plan->n_order; i++) {
    int column = plan->order[i].column;
    bool repeated = false;
    for (int j = 0; j < groups->n_columns; j++)
      repeated = repeated || groups->columns[j] == column;
    if (repeated) continue;
    if (!is_read(reads, plan, plan_number, relation, column)) return false;
    groups->columns[groups->n_columns] = column;
    groups->sort[groups->n_columns++] = plan->order[i];
  }
  int n_ordered = groups->n_columns;
  for (int i = 0; i < relation->n_columns; i++) {
    bool taken = !is_read(reads, plan, plan_number, relation, i);
    for (int j = 0; j < n_ordered; j++)
      taken = taken || groups->columns[j] == i;
    if (taken) continue;
    if (groups->n_columns == WOW_PLAN_SORT) return false;
    groups->columns[groups->n_columns] = i;
    groups->sort[groups->n_columns++] = (struct wow_plan_order){i, false};
  }
  for (int i = 0; i < groups->n_columns; i++) {
    const struct wow_column *column = &relation->columns[groups->columns[i]];
    if (column->embed || !wow_shippable_can_group(&column->type)) return false;
    n_key += column->key_position > 0;
  }
  return groups->n_columns > 0 && (relation->n_key == 0 || n_key < relation->n_key);
}

int wow_groups_new(const struct wow_pages_shape *shape, const struct wow_plan *plan,
                   int plan_number, const struct wow_reads *reads, struct wow_groups **out) {
  struct wow_groups *groups = sqlite3_malloc64(sizeof(*groups));
  *out = NULL;
  if (groups == NULL) return SQLITE_NOMEM;
  memset(groups, 0, sizeof(*groups));
  groups->relation = shape->relation;
  if (!take_columns(groups, plan, plan_number, reads)) {
    wow_groups_free(groups);
    return SQLITE_OK;
  }
  groups->are_its_own = groups_by(groups, plan, plan_number, reads);
  groups->count_name = count_name(shape->relation);
  struct wow_pages_shape grouped = *shape;
  grouped.select = groups->columns;
  grouped.n_select = groups->n_columns;
  grouped.sort = groups->sort;
  grouped.n_sort = groups->n_columns;
  grouped.n_order = plan->n_order;
  grouped.has_key = true;
  groups->count.name = groups->count_name;
  groups->count.request = "count()";
  grouped.extras = &groups->count;
  grouped.n_extras = 1;
  grouped.counting = 0;
  if (groups->count_name) groups->pages = wow_pages_new(&grouped);
  if (groups->pages) {
    *out = groups;
    return SQLITE_OK;
  }
  wow_groups_free(groups);
  return SQLITE_NOMEM;
}

void wow_groups_free(struct wow_groups *groups) {
  if (groups == NULL) return;
  wow_pages_free(groups->pages);
  sqlite3_free(groups->count_name);
  sqlite3_free(groups);
}

/* ---------------------------------------------------------------- the sample */

void wow_groups_forget_sample(struct wow_groups *groups) {
  groups->n_seen = groups->n_sampled = 0;
}

bool wow_groups_is_sampling(const struct wow_groups *groups) {
  return groups->n_sampled < WOW_SAMPLE_ROWS;
}

const int *wow_groups_columns(const struct wow_groups *groups, int *n) {
  *n = groups->n_columns;
  return groups->columns;
}

void wow_groups_sample(struct wow_groups *groups, const struct wow_json_value *const *values) {
  sqlite3_uint64 hash = 14695981039346656037u; /* FNV-1a */
  for (int i = 0; i < groups->n_columns; i++) {
    hash = (hash ^ (sqlite3_uint64)(values[i]->kind + 1)) * 1099511628211u;
    for (size_t j = 0; j < values[i]->bytes; j++)
      hash = (hash ^ (unsigned char)values[i]->text[j]) * 1099511628211u;
  }
  groups->n_sampled++;
  for (int i = 0; i < groups->n_seen; i++) {
    if (groups->seen[i] == hash) return;
  }
  if (groups->n_seen < WOW_SAMPLE_VALUES)
    groups->seen[groups->n_seen++] = hash;
  else
    groups->n_sampled = WOW_SAMPLE_ROWS + 1; /* too many: no further row needs a look */
}

bool wow_groups_are_few(const struct wow_groups *groups) {
  return groups->n_sampled == WOW_SAMPLE_ROWS;
}

/* ---------------------------------------------------------------- rows */

int wow_groups_start(struct wow_groups *groups, const char *filters, struct wow_error *err) {
  int rc = wow_pages_start(groups->pages, filters, WOW_GROUP_ROWS, -1, err);
  groups->repeats = groups->n_groups = groups->n_rows = 0;
  groups->at_first = false;
  return rc;
}

int wow_groups_next(struct wow_groups *groups, struct wow_error *err) {
  if (groups->repeats > 0) {
    groups->repeats--;
    groups->at_first = false;
    return SQLITE_ROW;
  }
  int rc = wow_pages_next(groups->pages, err);
  if (rc != SQLITE_ROW) return rc;
  const struct wow_json_value *count =
      wow_rows_value(wow_pages_rows(groups->pages), groups->n_columns);
  sqlite3_int64 n = 0;
  if (!wow_value_int64(count, &n) || n < 1) {
    return wow_error_set(err, SQLITE_ERROR, groups->relation->name,
                         "the server did not say how many rows a group has");
  }
  groups->at_first = ++groups->n_groups == 1;
  groups->n_rows += n;
  groups->repeats = n - 1;
  return SQLITE_ROW;
}

bool wow_groups_at_page_end(const struct wow_groups *groups) {
  return groups->repeats == 0 && wow_pages_at_page_end(groups->pages);
}

bool wow_groups_are_large(const struct wow_groups *groups) {
  return groups->n_rows >= WOW_GROUP_LARGE * groups->n_groups;
}

char *wow_groups_rest_filters(const struct wow_groups *groups) {
  return wow_pages_rest_filters(groups->pages);
}

bool wow_groups_are_its_own(const struct wow_groups *groups) {
  return groups->are_its_own;
}

bool wow_groups_at_first(const struct wow_groups *groups) {
  return groups->at_first;
}

const struct wow_json_value *wow_groups_value(const struct wow_groups *groups, int column) {
  for (int i = 0; i < groups->n_columns; i++) {
    if (groups->columns[i] == column) return wow_rows_value(wow_pages_rows(groups->pages), i);
  }
  return NULL;
}

bool wow_groups_is_refusal(const struct wow_error *err) {
  return err->http_status >= 400 && err->http_status < 500 && err->rc != SQLITE_INTERRUPT;
}

bool wow_groups_is_lasting(const struct wow_error *err, bool is_raw) {
  /* Switched off; or a server that does not know them takes the function for a syntax error, or for
  ** a relation to embed. */
  static const char *const codes[] = {"PGRST123", "PGRST100", "PGRST200"};
  size_t n = is_raw ? 1 : sizeof(codes) / sizeof(codes[0]);
  for (size_t i = 0; err->code && i < n; i++) {
    if (strcmp(err->code, codes[i]) == 0) return true;
  }
  return false;
}
