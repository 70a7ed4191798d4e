/*
** A plan with its values, see query.h. Here the verdicts of types.c become parts of a request.
*/
#include "plan/bind.h"

#include <string.h>

#include "types/constant.h"
#include "types/value.h"

#include "wire/deparse.h"
#include "base/limits.h"

void wow_query_forget_lists(struct wow_query *query) {
  for (int i = 0; i < query->n_lists; i++) {
    sqlite3_free(sqlite3_str_finish(query->lists[i].texts));
    sqlite3_free(query->lists[i].ends);
  }
  query->n_lists = 0;
}

void wow_query_reset(struct wow_query *query) {
  wow_query_forget_lists(query);
  for (int i = 0; i < query->n_compares; i++)
    sqlite3_value_free(query->compares[i].value);
  for (int i = 0; i < query->n_constants; i++)
    sqlite3_value_free(query->constants[i].value);
  if (query->filters) sqlite3_free(sqlite3_str_finish(query->filters));
  memset(query, 0, sizeof(*query));
}

/* ---------------------------------------------------------------- binding */

static int add_compare(struct wow_query *query, int column, enum wow_op op, sqlite3_value *value) {
  struct wow_query_compare *compare = &query->compares[query->n_compares++];
  compare->column = column;
  compare->op = op;
  compare->value = sqlite3_value_dup(value);
  return compare->value ? SQLITE_OK : SQLITE_NOMEM;
}

/* Text that a column equals on the server, byte for byte, is what the answer has in it, too. */
static int add_constant(struct wow_query *query, int column, enum wow_op op, sqlite3_value *value) {
  bool is_text = query->relation->columns[column].type.family == WOW_TEXT ||
                 query->relation->columns[column].type.family == WOW_ENUM;
  if (!is_text || (op != WOW_EQ && op != WOW_IS)) return SQLITE_OK;
  struct wow_query_constant *constant = &query->constants[query->n_constants++];
  constant->column = column;
  constant->value = sqlite3_value_dup(value);
  return constant->value ? SQLITE_OK : SQLITE_NOMEM;
}

/* Is there no room for so long a constant in a request? */
static bool is_too_long(const struct wow_query *query, const struct wow_constant *constant) {
  sqlite3_int64 bytes = wow_deparse_bytes_length(constant->text, constant->text_bytes);
  return bytes > WOW_CONSTANT_BYTES ||
         bytes + sqlite3_str_length(query->filters) > WOW_URL_BYTES / 2;
}

static int send(struct wow_query *query, const struct wow_plan_term *term,
                const struct wow_constant *constant, sqlite3_value *value, struct wow_error *err) {
  const struct wow_column *column = &query->relation->columns[term->column];
  if (constant->text && is_too_long(query, constant)) {
    if (term->op == WOW_LIKE || term->op == WOW_GLOB) {
      query->is_partial = true;
      return SQLITE_OK;
    }
    if (term->op == WOW_REGEXP || term->op == WOW_MATCH) {
      return wow_error_set(err, SQLITE_ERROR, query->relation->name,
                           "the text that '%s' is searched for is too long for a request",
                           column->name);
    }
    return add_compare(query, term->column, term->op, value);
  }
  wow_deparse_column_filter(query->filters, column, constant->op, constant->text,
                            constant->text_bytes);
  return add_constant(query, term->column, term->op, value);
}

static int bind_scalar(struct wow_query *query, const struct wow_plan_term *term,
                       enum wow_collation collation, sqlite3_value *value, struct wow_error *err) {
  const struct wow_column *column = &query->relation->columns[term->column];
  struct wow_constant constant;
  int kind = sqlite3_value_type(value);
  if ((kind == SQLITE_INTEGER || kind == SQLITE_FLOAT) && !query->has_parameters &&
      wow_shippable_is_ordered_there(&column->type, term->op, collation)) {
    int rc = add_compare(query, term->column, term->op, value);
    query->compares[query->n_compares - 1].is_number = true;
    return rc;
  }
  int rc = wow_constant_init(&constant, &column->type, term->op, collation, value);
  if (rc != SQLITE_OK) return rc;
  switch (constant.verdict) {
  case WOW_NEVER: query->is_never = true; break;
  case WOW_ANY: wow_deparse_column_filter(query->filters, column, WOW_NOT_NULL, NULL, 0); break;
  case WOW_ALWAYS: break;
  case WOW_SEND: rc = send(query, term, &constant, value, err); break;
  case WOW_COMPARE: rc = add_compare(query, term->column, term->op, value); break;
  case WOW_UNSENT: query->is_partial = true; break;
  }
  sqlite3_free(constant.text);
  return rc;
}

static int list_add(struct wow_query_list *list, const char *text, int bytes) {
  /* Grown by doubling, at each power of two. */
  if ((list->n & (list->n - 1)) == 0) {
    sqlite3_uint64 room = list->n ? 2 * (sqlite3_uint64)list->n : 1;
    sqlite3_int64 *ends = sqlite3_realloc64(list->ends, room * sizeof(*ends));
    if (ends == NULL) return SQLITE_NOMEM;
    list->ends = ends;
  }
  sqlite3_str_append(list->texts, text, bytes);
  list->ends[list->n++] = sqlite3_str_length(list->texts);
  return sqlite3_str_errcode(list->texts);
}

/* An IN term. NULL and what can equal no value of the column drop out of the list. */
static int bind_list(struct wow_query *query, const struct wow_plan_term *term,
                     enum wow_collation collation, sqlite3_value *values) {
  const struct wow_type *type = &query->relation->columns[term->column].type;
  struct wow_query_list *list = &query->lists[query->n_lists++];
  bool unsent = false;
  sqlite3_value *value = NULL;
  list->column = term->column;
  list->texts = sqlite3_str_new(NULL);
  int rc = sqlite3_vtab_in_first(values, &value);
  while (rc == SQLITE_OK && value) {
    struct wow_constant constant;
    rc = wow_constant_init(&constant, type, WOW_EQ, collation, value);
    /* WOW_COMPARE: not a form that a date, time or uuid is ever written in, so equal to none. */
    if (rc == SQLITE_OK && constant.verdict == WOW_SEND) {
      /* Too long for any request: SQLite looks again at text, so the whole list may be left. */
      unsent = unsent || is_too_long(query, &constant);
      if (!unsent) rc = list_add(list, constant.text, constant.text_bytes);
    }
    unsent = unsent || constant.verdict == WOW_UNSENT;
    sqlite3_free(constant.text);
    if (rc == SQLITE_OK) rc = sqlite3_vtab_in_next(values, &value);
  }
  if (rc == SQLITE_DONE) rc = SQLITE_OK;
  if (rc != SQLITE_OK) return rc;
  if (unsent) {
    sqlite3_free(sqlite3_str_finish(list->texts));
    sqlite3_free(list->ends);
    memset(list, 0, sizeof(*list));
    query->n_lists--;
    query->is_partial = true;
  } else if (list->n == 0) {
    query->is_never = true;
  }
  return SQLITE_OK;
}

static int bind_filter(struct wow_query *query, sqlite3_value *value, struct wow_error *err) {
  const char *text = (const char *)sqlite3_value_text(value);
  if (sqlite3_value_type(value) == SQLITE_NULL) {
    query->is_never = true; /* nothing equals NULL */
    return SQLITE_OK;
  }
  if (text == NULL) return SQLITE_NOMEM;
  const char *wrong = wow_deparse_parameters(query->filters, text);
  if (wrong) {
    return wow_error_hint(err, SQLITE_ERROR, query->relation->name,
                          "for example users('tags=cs.{vip}&age=gte.18')", "wowsql_filter: %s",
                          wrong);
  }
  return SQLITE_OK;
}

/* Is this IN term said of a column that an = term looks up? Then SQLite looks at the list itself,
** and it only tells which keys will be looked up. The number of the = term, or -1. */
static int hinted_term(const struct wow_plan *plan, int in) {
  const struct wow_plan_term *term = &plan->terms[in];
  for (int i = 0; term->op == WOW_IN && i < plan->n_terms; i++) {
    if (plan->terms[i].column == term->column && plan->terms[i].op == WOW_EQ) return i;
  }
  return -1;
}

int wow_query_bind_hint(struct wow_query *query, const struct wow_plan *plan,
                        enum wow_collation collation) {
  return bind_list(query, &plan->terms[query->hint_term], collation, query->hint);
}

int wow_query_bind(struct wow_query *query, const struct wow_plan *plan,
                   const struct wow_relation *relation, enum wow_collation collation,
                   bool has_parameters, int argc, sqlite3_value **argv, struct wow_error *err) {
  int arg = 0, rc = SQLITE_OK;
  memset(query, 0, sizeof(*query));
  query->relation = relation;
  query->has_parameters = has_parameters;
  query->filters = sqlite3_str_new(NULL);
  query->first_rows = -1;
  query->single_window = plan->n_order > 0;
  query->is_exact = true;
  for (int i = 0; rc == SQLITE_OK && i < plan->n_terms && arg < argc; i++, arg++) {
    const struct wow_plan_term *term = &plan->terms[i];
    const struct wow_type *type = &relation->columns[term->column].type;
    sqlite3_value *literal = term->op == WOW_IN ? NULL : argv[arg];
    if (wow_shippable_rule(type, term->op, collation, literal).ship != WOW_EXACT) {
      query->is_exact = false;
    }
    int hinted = hinted_term(plan, i);
    if (hinted >= 0) {
      query->hint = argv[arg];
      query->hint_term = hinted;
    } else if (term->op == WOW_IN) {
      rc = bind_list(query, term, collation, argv[arg]);
    } else {
      rc = bind_scalar(query, term, collation, argv[arg], err);
    }
    query->term_ends[i] = sqlite3_str_length(query->filters);
  }
  if (rc == SQLITE_OK && plan->has_filter && arg < argc) rc = bind_filter(query, argv[arg++], err);
  if (plan->has_limit && arg < argc) query->first_rows = sqlite3_value_int64(argv[arg++]);
  if (plan->has_offset && arg < argc) {
    sqlite3_int64 offset = sqlite3_value_int64(argv[arg++]);
    /* A negative LIMIT is none, a negative OFFSET is 0. */
    if (offset > 0 && query->first_rows >= 0) {
      query->first_rows = query->first_rows < INT64_MAX - offset ? query->first_rows + offset : -1;
    }
  }
  if (query->first_rows < 0) query->first_rows = -1;
  if (query->is_partial || query->n_compares) query->is_exact = false;
  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(query->filters);
  if (rc == SQLITE_OK || err->rc) return rc;
  return rc == SQLITE_NOMEM
             ? wow_error_nomem(err)
             : wow_error_set(err, SQLITE_ERROR, relation->name, "the request is too long");
}

/* ---------------------------------------------------------------- windows */

const char *wow_query_list_element(const struct wow_query_list *list, int i, int *bytes) {
  sqlite3_int64 from = i ? list->ends[i - 1] : 0;
  *bytes = (int)(list->ends[i] - from);
  /* The text of an empty sqlite3_str is NULL. */
  const char *texts = sqlite3_str_value(list->texts);
  return texts ? texts + from : "";
}

/* Makes the window begin at `from` and hold as many values as fit, one at least. */
static void set_window(struct wow_query_list *list, int from, sqlite3_int64 room) {
  sqlite3_int64 used = 0;
  int to = from;
  while (to < list->n) {
    int bytes = 0;
    const char *text = wow_query_list_element(list, to, &bytes);
    used += wow_deparse_element_length(text, bytes) + 1;
    if (to > from && used > room) break;
    to++;
  }
  list->window_from = from;
  list->window_to = to;
}

static sqlite3_int64 room_for_lists(const struct wow_query *query, int other_bytes) {
  sqlite3_int64 room = WOW_URL_BYTES - other_bytes - sqlite3_str_length(query->filters);
  for (int i = 0; i < query->n_lists; i++) {
    const char *name = query->relation->columns[query->lists[i].column].name;
    room -= 3 * (sqlite3_int64)strlen(name) + 8;
  }
  return query->n_lists ? room / query->n_lists : room;
}

void wow_query_first_window(struct wow_query *query, int other_bytes) {
  sqlite3_int64 room = room_for_lists(query, other_bytes);
  int kept = 0;
  for (int i = 0; i < query->n_lists; i++) {
    struct wow_query_list *list = &query->lists[i];
    set_window(list, 0, room);
    /* A sorted answer cannot be put together from several: SQLite looks at the list itself. */
    if (query->single_window && list->window_to < list->n) {
      sqlite3_free(sqlite3_str_finish(list->texts));
      sqlite3_free(list->ends);
      query->is_partial = true;
      continue;
    }
    query->lists[kept++] = *list;
  }
  query->n_lists = kept;
}

bool wow_query_next_window(struct wow_query *query, int other_bytes) {
  sqlite3_int64 room = room_for_lists(query, other_bytes);
  for (int i = 0; i < query->n_lists; i++) {
    struct wow_query_list *list = &query->lists[i];
    if (list->window_to < list->n) {
      set_window(list, list->window_to, room);
      return true;
    }
    set_window(list, 0, room); /* begins anew, and the next list moves on */
  }
  return false;
}

bool wow_query_is_one_window(const struct wow_query *query) {
  for (int i = 0; i < query->n_lists; i++) {
    if (query->lists[i].window_to - query->lists[i].window_from < query->lists[i].n) return false;
  }
  return true;
}

void wow_query_append(const struct wow_query *query, sqlite3_str *str) {
  sqlite3_str_append(str, sqlite3_str_value(query->filters), sqlite3_str_length(query->filters));
  wow_query_append_lists(query, str);
}

void wow_query_append_lists(const struct wow_query *query, sqlite3_str *str) {
  for (int i = 0; i < query->n_lists; i++) {
    const struct wow_query_list *list = &query->lists[i];
    const struct wow_column *column = &query->relation->columns[list->column];
    int bytes = 0;
    if (list->window_to - list->window_from == 1) {
      /* Also because in.("") is the empty list to PostgREST. */
      const char *text = wow_query_list_element(list, list->window_from, &bytes);
      wow_deparse_column_filter(str, column, WOW_EQ, text, bytes);
      continue;
    }
    sqlite3_str_appendchar(str, 1, '&');
    wow_deparse_column_key(str, column);
    sqlite3_str_appendall(str, "=in.(");
    for (int j = list->window_from; j < list->window_to; j++) {
      const char *text = wow_query_list_element(list, j, &bytes);
      if (j > list->window_from) sqlite3_str_appendchar(str, 1, ',');
      wow_deparse_element(str, text, bytes);
    }
    sqlite3_str_appendchar(str, 1, ')');
  }
}

sqlite3_int64 wow_query_most_rows(const struct wow_query *query, const struct wow_plan *plan) {
  const struct wow_relation *relation = query->relation;
  sqlite3_int64 most = 1;
  if (relation->n_key == 0 || query->is_partial || query->n_compares) return -1;
  for (int k = 0; k < relation->n_key; k++) {
    bool found = false;
    for (int i = 0; i < plan->n_terms; i++) {
      bool equal = plan->terms[i].op == WOW_EQ || plan->terms[i].op == WOW_IN;
      if (plan->terms[i].column == relation->key[k] && equal) found = true;
    }
    if (!found) return -1;
    for (int i = 0; i < query->n_lists; i++) {
      const struct wow_query_list *list = &query->lists[i];
      if (list->column == relation->key[k]) most *= list->window_to - list->window_from;
    }
  }
  return most;
}

/* ---------------------------------------------------------------- rows */

int wow_query_matches(const struct wow_query *query, const struct wow_rows *rows, const int *slots,
                      bool *matches, struct wow_error *err) {
  *matches = true;
  for (int i = 0; *matches && i < query->n_compares; i++) {
    const struct wow_query_compare *compare = &query->compares[i];
    const struct wow_column *column = &query->relation->columns[compare->column];
    const struct wow_json_value *json = wow_rows_value(rows, slots[compare->column]);
    if (!compare->is_number) {
      *matches = wow_value_compare(&column->type, compare->op, json, compare->value);
      continue;
    }
    enum wow_agreement agreement = wow_value_compare_number(compare->op, json, compare->value);
    *matches = agreement == WOW_TRUE;
    if (agreement != WOW_AMBIGUOUS) continue;
    return wow_error_hint(err, SQLITE_ERROR, query->relation->name,
                          "say which is meant: compare with CAST(... AS TEXT)",
                          "'%s' is no number, and is compared with one, as a text or as a number",
                          column->name);
  }
  return SQLITE_OK;
}

sqlite3_value *wow_query_constant_of(const struct wow_query *query, int column) {
  for (int i = 0; i < query->n_constants; i++) {
    if (query->constants[i].column == column) return query->constants[i].value;
  }
  return NULL;
}
