/*
** Groups, see groups.h. What is asked for is `select=status,wowsql_rows:count()`; PostgREST groups
** by every column of select= that is no aggregate. The alias must be no column of the relation:
** then the server would group by that.
*/
#include "groups.h"

#include <string.h>

#include "types.h"
#include "wow_limits.h"

struct wow_groups {
  struct wow_pages *pages;
  const struct wow_relation *relation;
  int *columns;
  int n_columns;
  struct wow_pages_extra count;
  char *count_name;
  sqlite3_int64 repeats; /* of the present row, still to come */
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

/* Are the statement's own columns such that grouping is possible, and of use? */
static bool can_group(const struct wow_groups *groups, const struct wow_plan *plan) {
  const struct wow_relation *relation = groups->relation;
  int n_key = 0;
  for (int i = 0; i < groups->n_columns; i++) {
    const struct wow_column *column = &relation->columns[groups->columns[i]];
    if (column->embed || !wow_types_can_group(&column->type)) return false;
    n_key += column->key_position > 0;
  }
  for (int i = 0; i < plan->n_order; i++) {
    bool found = false;
    for (int j = 0; j < groups->n_columns; j++)
      found = found || groups->columns[j] == plan->order[i].column;
    if (!found) return false;
  }
  return groups->n_columns > 0 && (relation->n_key == 0 || n_key < relation->n_key);
}

int wow_groups_new(const struct wow_pages_shape *shape, const struct wow_plan *plan,
                   int plan_number, struct wow_groups **out) {
  const struct wow_relation *relation = shape->relation;
  struct wow_groups *groups = sqlite3_malloc64(sizeof(*groups));
  *out = NULL;
  if (groups == NULL) return SQLITE_NOMEM;
  memset(groups, 0, sizeof(*groups));
  groups->relation = relation;
  groups->count_name = count_name(relation);
  groups->columns = sqlite3_malloc64(sizeof(int) * (sqlite3_uint64)(relation->n_columns + 1));
  if (groups->columns == NULL || groups->count_name == NULL) goto nomem;
  for (int i = 0; i < relation->n_columns; i++) {
    int position = relation->columns[i].key_position;
    int bit = (position - 1) % WOW_PLAN_KEY_BITS + 1;
    bool reads = position == 0 || WOW_PLAN_READS_KEY(plan_number, bit);
    if (plan->columns[i] && reads) groups->columns[groups->n_columns++] = i;
  }
  if (!can_group(groups, plan)) {
    wow_groups_free(groups);
    return SQLITE_OK;
  }
  struct wow_pages_shape grouped = *shape;
  grouped.select = groups->columns;
  grouped.n_select = groups->n_columns;
  grouped.sort = plan->order;
  grouped.n_sort = plan->n_order;
  grouped.n_order = plan->n_order;
  grouped.has_key = false;
  groups->count.name = groups->count_name;
  groups->count.request = "count()";
  grouped.extras = &groups->count;
  grouped.n_extras = 1;
  groups->pages = wow_pages_new(&grouped);
  if (groups->pages == NULL) goto nomem;
  *out = groups;
  return SQLITE_OK;
nomem:
  wow_groups_free(groups);
  return SQLITE_NOMEM;
}

void wow_groups_free(struct wow_groups *groups) {
  if (groups == NULL) return;
  wow_pages_free(groups->pages);
  sqlite3_free(groups->columns);
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
  int rc = wow_pages_start(groups->pages, filters, -1, -1, err);
  wow_pages_expect_all(groups->pages);
  groups->repeats = 0;
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
  if (!wow_types_int64(count, &n) || n < 1) {
    return wow_error_set(err, SQLITE_ERROR, groups->relation->name,
                         "the server did not say how many rows a group has");
  }
  groups->at_first = wow_pages_delivered(groups->pages) == 1;
  groups->repeats = n - 1;
  return SQLITE_ROW;
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

bool wow_groups_is_lasting(const struct wow_error *err) {
  /* Switched off; or a server that does not know them takes the function for a syntax error, or for
   *a
   ** relation to embed. */
  static const char *const codes[] = {"PGRST123", "PGRST100", "PGRST200"};
  for (size_t i = 0; err->code && i < sizeof(codes) / sizeof(codes[0]); i++) {
    if (strcmp(err->code, codes[i]) == 0) return true;
  }
  return false;
}
