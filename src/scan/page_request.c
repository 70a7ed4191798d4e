/*
** The path of a page's request, see page_request.h.
*/
#include "scan/page_request.h"

#include <string.h>

#include "types/shippable.h"
#include "wire/deparse.h"

char *wow_page_request_alias(const struct wow_relation *relation, const char *base) {
  char *name = sqlite3_mprintf("%s", base);
  while (name && wow_relation_column(relation, name) >= 0)
    name = sqlite3_mprintf("%z_", name);
  return name;
}

static void append_sort(sqlite3_str *str, const struct wow_column *column, bool descending,
                        int *n) {
  sqlite3_str_appendall(str, (*n)++ ? "," : "&order=");
  wow_deparse_order(str, column, descending);
}

bool wow_page_request_can_sort(const struct wow_column *column) {
  return column->embed == NULL && wow_relation_can_name(column) &&
         wow_shippable_has_order(&column->type);
}

/* The order of the response. For pages by offset it must be total: so it is by the selected
** columns (rows that are alike in them may take each other's places) and then by all others that
** the role may read, because values may be one in order and look different ('a' and 'A' of citext,
** see tie.h). */
static void append_order(sqlite3_str *str, const struct wow_page_request *request) {
  const struct wow_shape *shape = request->shape;
  const struct wow_relation *relation = shape->target->relation;
  int n = 0;
  for (int i = 0; i < shape->n_sort; i++)
    append_sort(str, &relation->columns[shape->sort[i].column], shape->sort[i].descending, &n);
  if (!request->by_offset || (shape->has_key && !request->is_doubted)) return;
  for (int i = 0; i < shape->n_select; i++) {
    const struct wow_column *column = &relation->columns[shape->select[i]];
    if (wow_page_request_can_sort(column)) append_sort(str, column, false, &n);
  }
  bool may_read_all = relation == shape->target->planned;
  for (int i = 0; may_read_all && i < relation->n_columns; i++) {
    bool is_selected = false;
    for (int j = 0; j < shape->n_select; j++)
      is_selected = is_selected || shape->select[j] == i;
    if (!is_selected && wow_page_request_can_sort(&relation->columns[i]))
      append_sort(str, &relation->columns[i], false, &n);
  }
}

/* A column as a member of the response, "city:address->>city". */
static void append_member(sqlite3_str *str, const struct wow_column *column, int *n) {
  if ((*n)++) sqlite3_str_appendchar(str, 1, ',');
  wow_deparse_name(str, column->name);
  if (column->remote == NULL) return;
  sqlite3_str_appendchar(str, 1, ':');
  wow_deparse_column(str, column);
}

/* The `n`-th step to another relation, "customers!customer_id!inner". Where a condition is about
** the relation, rows without one cannot be meant, and the server must not send them with its
** columns empty. */
static void append_step(sqlite3_str *str, const struct wow_page_request *request,
                        const struct wow_column *column, int n) {
  const struct wow_embed *step = &column->embed[n];
  const char *join = step->join;
  if (wow_condition_mentions_embed(request->where, column, n + 1)) join = "inner";
  wow_deparse_name(str, step->target);
  if (step->hint) {
    sqlite3_str_appendchar(str, 1, '!');
    wow_deparse_name(str, step->hint);
  }
  if (join) {
    sqlite3_str_appendchar(str, 1, '!');
    wow_deparse_name(str, join);
  }
}

/* "...customers!inner(customer.name:name,customer.city:city)": all columns of the relation that the
** first `depth` steps of the `first` column lead to, and those beyond it. */
static void append_relation(sqlite3_str *str, const struct wow_page_request *request, int first,
                            int depth) {
  const struct wow_column *columns = request->shape->target->relation->columns;
  const int *select = request->shape->select;
  const struct wow_column *at = &columns[select[first]];
  int n = 0;
  sqlite3_str_appendall(str, "...");
  append_step(str, request, at, depth - 1);
  sqlite3_str_appendchar(str, 1, '(');
  for (int i = first; i < request->shape->n_select; i++) {
    const struct wow_column *column = &columns[select[i]];
    bool is_first = true;
    if (!wow_relation_is_same_embed(column, at, depth)) continue;
    if (column->n_embed == depth) {
      append_member(str, column, &n);
      continue;
    }
    for (int j = first; j < i; j++)
      is_first = is_first && !wow_relation_is_same_embed(&columns[select[j]], column, depth + 1);
    if (!is_first) continue;
    if (n++) sqlite3_str_appendchar(str, 1, ',');
    append_relation(str, request, i, depth + 1);
  }
  sqlite3_str_appendchar(str, 1, ')');
}

/* The relation that the `first` column of the select list is of, unless an earlier one is, too. */
static void append_embedded(sqlite3_str *str, const struct wow_page_request *request, int first,
                            int *n) {
  const struct wow_column *columns = request->shape->target->relation->columns;
  const int *select = request->shape->select;
  for (int i = 0; i < first; i++) {
    if (wow_relation_is_same_embed(&columns[select[i]], &columns[select[first]], 1)) return;
  }
  if ((*n)++) sqlite3_str_appendchar(str, 1, ',');
  append_relation(str, request, first, 1);
}

/* Is there a column that comes only with all the others? */
static bool needs_all(const struct wow_shape *shape) {
  for (int i = 0; i < shape->n_select; i++) {
    if (!wow_relation_can_name(&shape->target->relation->columns[shape->select[i]])) return true;
  }
  return false;
}

/* PostgREST takes long to read a long list of names, and gateways may refuse it: then all
** columns are asked for, if they are the relation's own, and rows are not grouped by them. A
** role that may read only some columns gets an error for that, and the list again. */
static bool is_all_shorter(const struct wow_page_request *request) {
  const struct wow_shape *shape = request->shape;
  const struct wow_relation *relation = shape->target->relation;
  sqlite3_int64 bytes = 0;
  if (wow_shape_is_grouped(shape) || shape->target->session->refuses_all) return false;
  for (int i = 0; i < relation->n_columns; i++) {
    if (relation->columns[i].embed || relation->columns[i].remote) return false;
  }
  for (int i = 0; i < shape->n_select; i++) {
    const char *name = relation->columns[shape->select[i]].name;
    bytes += wow_deparse_element_length(name, (int)strlen(name)) + 1;
  }
  return bytes > WOW_MAX_SELECT_BYTES;
}

static void append_select(sqlite3_str *str, const struct wow_page_request *request) {
  const struct wow_shape *shape = request->shape;
  bool has_all = needs_all(shape);
  int n = has_all;
  if (is_all_shorter(request)) {
    sqlite3_str_appendchar(str, 1, '*');
    return;
  }
  if (has_all) sqlite3_str_appendchar(str, 1, '*');
  for (int i = 0; i < shape->n_select; i++) {
    const struct wow_column *column = &shape->target->relation->columns[shape->select[i]];
    if (column->embed) {
      append_embedded(str, request, i, &n);
      continue;
    }
    if (!has_all || column->remote) append_member(str, column, &n);
  }
  for (int i = 0; request->by_offset && i < shape->n_telling; i++) {
    const struct wow_column *column = &shape->target->relation->columns[shape->telling[i]];
    if (!has_all || column->remote) append_member(str, column, &n);
  }
  for (int i = 0; i < shape->n_computed; i++) {
    if (n++) sqlite3_str_appendchar(str, 1, ',');
    sqlite3_str_appendf(str, "%s:%s", shape->computed[i].name, shape->computed[i].request);
  }
}

char *wow_page_request_path(const struct wow_page_request *request) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '/');
  wow_deparse_path(str, request->shape->target->relation->name);
  sqlite3_str_appendall(str, "?select=");
  append_select(str, request);
  wow_deparse_where(str, request->where);
  if (request->place) {
    struct wow_condition after = {
        .kind = WOW_CONDITION_AFTER, .place = request->place, .part = request->part};
    wow_deparse_condition(str, &after);
  }
  if (request->limit != 0 && !request->is_single) append_order(str, request);
  if (request->limit >= 0 && !request->is_single)
    sqlite3_str_appendf(str, "&limit=%lld", request->limit);
  if (request->offset > 0) sqlite3_str_appendf(str, "&offset=%lld", request->offset);
  return sqlite3_str_finish(str);
}
