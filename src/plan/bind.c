/*
** A plan with its values, see bind.h. Here the verdicts of types/constant.c become conditions.
*/
#include "plan/bind.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "types/compare.h"
#include "types/constant.h"
#include "types/shippable.h"
#include "wire/deparse.h"
#include "wire/filter.h"

static void values_reset(struct wow_bound_values *values) {
  for (int i = 0; i < values->n; i++)
    sqlite3_value_free(values->list[i]);
  sqlite3_free(values->list);
  memset(values, 0, sizeof(*values));
}

void wow_bind_reset(struct wow_binding *binding) {
  for (int i = 0; i < binding->n_terms; i++) {
    struct wow_bound_term *bound = &binding->terms[i];
    sqlite3_free(bound->text);
    sqlite3_free(bound->upper);
    values_reset(&bound->values);
    wow_condition_list_reset(&bound->list);
    sqlite3_value_free(bound->value);
  }
  sqlite3_free(binding->filter);
  wow_condition_reset(&binding->parameters);
  memset(binding, 0, offsetof(struct wow_binding, terms));
}

static const struct wow_column *column_of(const struct wow_binding *binding,
                                          const struct wow_bound_term *bound) {
  return &binding->relation->columns[bound->term->column];
}

/* ---------------------------------------------------------------- one value */

static int keep_value(struct wow_bound_term *bound, sqlite3_value *value) {
  bound->value = sqlite3_value_dup(value);
  return bound->value ? SQLITE_OK : SQLITE_NOMEM;
}

/* Each row is compared, in addition to what is sent. */
static int compare_besides(struct wow_binding *binding, struct wow_bound_term *bound,
                           sqlite3_value *value) {
  bound->is_compared = true;
  binding->n_compared++;
  return keep_value(bound, value);
}

static int compare_here(struct wow_binding *binding, struct wow_bound_term *bound,
                        sqlite3_value *value) {
  bound->kind = WOW_BOUND_COMPARED;
  return compare_besides(binding, bound, value);
}

/* The term is left to SQLite. That must not happen to one that SQLite was told not to look at
** again: then rows would be returned that nobody has compared. */
static int leave(struct wow_binding *binding, struct wow_bound_term *bound, struct wow_error *err) {
  bound->kind = WOW_BOUND_LOCAL;
  binding->is_partial = true;
  if (!bound->term->is_exact || binding->plan->has_brackets) return SQLITE_OK;
  return wow_error_set(err, SQLITE_INTERNAL, binding->relation->name,
                       "the condition on '%s' was neither sent nor compared",
                       column_of(binding, bound)->name);
}

/* Is there no room for such a constant in a request? */
static bool is_too_long(const struct wow_binding *binding, const struct wow_constant *constant) {
  if (constant->text == NULL) return false;
  sqlite3_int64 bytes = wow_deparse_bytes_length(constant->text, constant->text_bytes);
  return bytes > WOW_MAX_CONSTANT_BYTES || bytes + binding->length > binding->max_url_bytes / 2;
}

/* `column op constant`, without its value for operators that have none. Takes over the texts. */
static void send(struct wow_binding *binding, struct wow_bound_term *bound, enum wow_op op,
                 struct wow_constant *constant) {
  bound->kind = WOW_BOUND_SENT;
  bound->text = constant->text;
  bound->upper = constant->upper;
  constant->text = constant->upper = NULL;
  bound->condition = (struct wow_condition){.kind = WOW_CONDITION_TERM,
                                            .column = column_of(binding, bound),
                                            .op = op,
                                            .text = bound->text,
                                            .bytes = bound->text ? constant->text_bytes : 0,
                                            .upper = bound->upper};
  binding->length += wow_deparse_condition_length(&bound->condition);
}

/* The constant does not fit into a request. */
static int too_long(struct wow_binding *binding, struct wow_bound_term *bound, sqlite3_value *value,
                    struct wow_error *err) {
  enum wow_op op = bound->term->op;
  if (op == WOW_LIKE || op == WOW_GLOB) return leave(binding, bound, err);
  if (wow_op_is_servers_own(op)) {
    return wow_error_set(err, SQLITE_ERROR, binding->relation->name,
                         "the text that '%s' is searched for is too long for a request",
                         column_of(binding, bound)->name);
  }
  return compare_here(binding, bound, value);
}

/* Text that a column equals on the server, byte for byte, is what the response has in it, too. */
static bool is_constant(const struct wow_binding *binding, const struct wow_bound_term *bound) {
  enum wow_family family = column_of(binding, bound)->type.family;
  enum wow_op op = bound->term->op;
  return (family == WOW_TEXT || family == WOW_ENUM) && (op == WOW_EQ || op == WOW_IS);
}

static int bind_constant(struct wow_binding *binding, struct wow_bound_term *bound,
                         sqlite3_value *value, struct wow_error *err) {
  const struct wow_type *type = &column_of(binding, bound)->type;
  struct wow_constant constant;
  int rc = wow_constant_init(&constant, type, bound->term->op, binding->plan->collation, value);
  if (rc != SQLITE_OK) return rc;
  bound->is_exact = bound->term->is_exact || constant.is_exact;
  switch (constant.verdict) {
  case WOW_NEVER: binding->is_never = true; break;
  case WOW_ALWAYS: bound->kind = WOW_BOUND_ALWAYS; break;
  case WOW_ANY: send(binding, bound, WOW_NOT_NULL, &constant); break;
  case WOW_COMPARE: rc = compare_here(binding, bound, value); break;
  case WOW_UNSENT: rc = leave(binding, bound, err); break;
  case WOW_SEND:
    if (is_too_long(binding, &constant)) {
      rc = too_long(binding, bound, value, err);
      break;
    }
    send(binding, bound, constant.op, &constant);
    if (is_constant(binding, bound)) rc = keep_value(bound, value);
    break;
  }
  if (rc == SQLITE_OK && constant.is_near && bound->kind != WOW_BOUND_COMPARED)
    rc = compare_besides(binding, bound, value);
  sqlite3_free(constant.text);
  sqlite3_free(constant.upper);
  return rc;
}

bool wow_bind_is_number(sqlite3_value *value) {
  int kind = sqlite3_value_type(value);
  return kind == SQLITE_INTEGER || kind == SQLITE_FLOAT;
}

static int bind_scalar(struct wow_binding *binding, struct wow_bound_term *bound,
                       const struct wow_term_look *look, sqlite3_value *value,
                       struct wow_error *err) {
  const struct wow_type *type = &column_of(binding, bound)->type;
  if (look->is_elsewhere) {
    bound->kind = WOW_BOUND_LOCAL;
    binding->is_partial = true;
    return SQLITE_OK;
  }
  if (look->is_refused)
    return bound->term->is_exact ? compare_here(binding, bound, value) : leave(binding, bound, err);
  if (wow_bind_is_number(value) && look->as != WOW_AS_TEXT &&
      wow_shippable_is_ordered_there(type, bound->term->op, binding->plan->collation)) {
    bound->is_number = true;
    bound->as = look->as;
    return compare_here(binding, bound, value);
  }
  return bind_constant(binding, bound, value, err);
}

/* ---------------------------------------------------------------- lists */

/* Adds a value. NULL and what can equal no value of the column drop out of the list: so does
** WOW_COMPARE, which is not in a form that a date, time or uuid is ever written in. *is_complete:
** all values so far can be sent. */
static int list_add_value(struct wow_binding *binding, struct wow_bound_term *bound,
                          sqlite3_value *value, bool *is_complete) {
  const struct wow_type *type = &column_of(binding, bound)->type;
  struct wow_constant constant;
  int rc = wow_constant_init(&constant, type, WOW_EQ, binding->plan->collation, value);
  if (rc != SQLITE_OK) return rc;
  if (constant.verdict == WOW_UNSENT || constant.is_near) *is_complete = false;
  if (constant.verdict == WOW_SEND) {
    *is_complete = *is_complete && !is_too_long(binding, &constant);
    if (*is_complete) rc = wow_condition_list_add(&bound->list, constant.text, constant.text_bytes);
  }
  sqlite3_free(constant.text);
  sqlite3_free(constant.upper);
  return rc;
}

static int read_list(struct wow_binding *binding, struct wow_bound_term *bound,
                     sqlite3_value *values, bool *is_complete) {
  sqlite3_value *value = NULL;
  *is_complete = true;
  bound->condition = (struct wow_condition){
      .kind = WOW_CONDITION_LIST, .column = column_of(binding, bound), .list = &bound->list};
  int rc = sqlite3_vtab_in_first(values, &value);
  while (rc == SQLITE_OK && value) {
    rc = list_add_value(binding, bound, value, is_complete);
    if (rc == SQLITE_OK) rc = sqlite3_vtab_in_next(values, &value);
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int values_add(struct wow_bound_values *values, sqlite3_value *value) {
  if (sqlite3_value_type(value) == SQLITE_NULL) return SQLITE_OK;
  if ((values->n & (values->n - 1)) == 0) {
    sqlite3_uint64 room = values->n ? 2 * (sqlite3_uint64)values->n : 1;
    sqlite3_value **list = sqlite3_realloc64(values->list, room * sizeof(*list));
    if (list == NULL) return SQLITE_NOMEM;
    values->list = list;
  }
  values->list[values->n] = sqlite3_value_dup(value);
  return values->list[values->n++] ? SQLITE_OK : SQLITE_NOMEM;
}

/* Not all values of a list can be sent, and SQLite was told not to look at it again. */
static int compare_list(struct wow_binding *binding, struct wow_bound_term *bound,
                        sqlite3_value *values) {
  sqlite3_value *value = NULL;
  bound->kind = WOW_BOUND_COMPARED;
  bound->is_compared = true;
  binding->n_compared++;
  int rc = sqlite3_vtab_in_first(values, &value);
  while (rc == SQLITE_OK && value) {
    rc = values_add(&bound->values, value);
    if (rc == SQLITE_OK) rc = sqlite3_vtab_in_next(values, &value);
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int bind_list(struct wow_binding *binding, struct wow_bound_term *bound, bool is_refused,
                     sqlite3_value *values, struct wow_error *err) {
  bool is_complete = true;
  int rc = read_list(binding, bound, values, &is_complete);
  if (is_refused) is_complete = false;
  bound->is_exact = bound->term->is_exact;
  if (rc != SQLITE_OK) return rc;
  bound->kind = WOW_BOUND_LIST;
  if (!is_complete) {
    wow_condition_list_reset(&bound->list);
    return bound->is_exact ? compare_list(binding, bound, values) : leave(binding, bound, err);
  }
  if (bound->list.n == 0) binding->is_never = true;
  return SQLITE_OK;
}

int wow_bind_hinted_term(const struct wow_binding *binding) {
  int column = binding->terms[binding->hint].term->column;
  for (int i = 0; i < binding->n_terms; i++) {
    const struct wow_plan_term *term = binding->terms[i].term;
    if (term->column == column && term->op == WOW_EQ) return i;
  }
  return -1;
}

int wow_bind_hint(struct wow_binding *binding) {
  struct wow_bound_term *hint = &binding->terms[binding->hint];
  bool is_complete = true;
  wow_condition_list_reset(&hint->list);
  int rc = read_list(binding, hint, binding->hint_values, &is_complete);
  if (rc != SQLITE_OK || !is_complete) wow_condition_list_reset(&hint->list);
  return rc;
}

/* ---------------------------------------------------------------- binding */

static int bind_filter(struct wow_binding *binding, sqlite3_value *value, struct wow_error *err) {
  const char *wrong = NULL, *text = (const char *)sqlite3_value_text(value);
  if (sqlite3_value_type(value) == SQLITE_NULL) {
    binding->is_never = true; /* nothing equals NULL */
    return SQLITE_OK;
  }
  if (wow_text_has_zero(value)) {
    return wow_error_set(err, SQLITE_ERROR, binding->relation->name,
                         "wowsql_filter: it has a zero byte, which would be its end");
  }
  binding->filter = text ? sqlite3_mprintf("%s", text) : NULL;
  if (binding->filter == NULL) return SQLITE_NOMEM;
  int rc = wow_filter_parse(&binding->parameters, binding->filter, &wrong);
  if (rc == SQLITE_ERROR) {
    return wow_error_hint(err, SQLITE_ERROR, binding->relation->name,
                          "for example users('tags=cs.{vip}&age=gte.18')", "wowsql_filter: %s",
                          wrong);
  }
  for (int i = 0; i < binding->parameters.n; i++)
    binding->length += wow_deparse_condition_length(&binding->parameters.list[i]);
  return rc;
}

static int bind_term(struct wow_binding *binding, const struct wow_bind_context *context, int i,
                     sqlite3_value *value, struct wow_error *err) {
  struct wow_bound_term *bound = &binding->terms[i];
  if (bound->term->op != WOW_IN) return bind_scalar(binding, bound, &context->looks[i], value, err);
  if (!wow_plan_has_term(context->plan, bound->term->column, WOW_EQ))
    return bind_list(binding, bound, context->looks[i].is_refused, value, err);
  bound->kind = WOW_BOUND_HINT;
  if (binding->hint < 0) {
    binding->hint = i;
    binding->hint_values = value;
  }
  return SQLITE_OK;
}

/* Only the server can search a text by REGEXP and MATCH: these have the first choice of the room in
** a request, as all other terms can be compared here. */
static int bind_terms(struct wow_binding *binding, const struct wow_bind_context *context, int argc,
                      sqlite3_value **argv, struct wow_error *err) {
  int n = context->plan->n_terms < argc ? context->plan->n_terms : argc, rc = SQLITE_OK;
  memset(binding->terms, 0, sizeof(binding->terms[0]) * (size_t)n);
  for (int i = 0; i < n; i++)
    binding->terms[i].term = &context->plan->terms[i];
  binding->n_terms = n;
  for (int i = 0; rc == SQLITE_OK && i < n; i++) {
    if (wow_op_is_servers_own(context->plan->terms[i].op))
      rc = bind_term(binding, context, i, argv[i], err);
  }
  for (int i = 0; rc == SQLITE_OK && i < n; i++) {
    if (!wow_op_is_servers_own(context->plan->terms[i].op))
      rc = bind_term(binding, context, i, argv[i], err);
  }
  return rc;
}

/* LIMIT and OFFSET: a negative LIMIT is none, a negative OFFSET is 0. */
static void bind_limit(struct wow_binding *binding, sqlite3_value *limit, sqlite3_value *offset) {
  sqlite3_int64 rows = sqlite3_value_int64(limit);
  sqlite3_int64 skipped = offset ? sqlite3_value_int64(offset) : 0;
  if (rows < 0) return;
  if (skipped > 0) rows = rows < INT64_MAX - skipped ? rows + skipped : -1;
  binding->first_rows = rows;
}

int wow_bind_values(struct wow_binding *binding, const struct wow_bind_context *context, int argc,
                    sqlite3_value **argv, struct wow_error *err) {
  const struct wow_plan *plan = context->plan;
  memset(binding, 0, offsetof(struct wow_binding, terms));
  binding->relation = context->relation;
  binding->max_url_bytes = context->max_url_bytes > 0 ? context->max_url_bytes : WOW_MAX_URL_BYTES;
  binding->plan = plan;
  binding->hint = -1;
  binding->first_rows = -1;
  binding->is_exact = true;
  int rc = bind_terms(binding, context, argc, argv, err), arg = binding->n_terms;
  if (rc == SQLITE_OK && plan->has_filter && arg < argc)
    rc = bind_filter(binding, argv[arg++], err);
  if (plan->has_limit && arg < argc) {
    bool has_offset = plan->has_offset && arg + 1 < argc;
    bind_limit(binding, argv[arg], has_offset ? argv[arg + 1] : NULL);
  }
  for (int i = 0; i < binding->n_terms; i++)
    binding->is_exact = binding->is_exact && binding->terms[i].is_exact;
  if (binding->is_partial || binding->n_compared) binding->is_exact = false;
  return rc == SQLITE_NOMEM ? wow_error_nomem(err) : rc;
}

/* ---------------------------------------------------------------- windows */

/* Makes the window begin at `from` and hold as many values as fit, one at least. */
static void set_window(struct wow_list *list, int from, sqlite3_int64 room) {
  sqlite3_int64 used = 0;
  int to = from;
  while (to < list->n) {
    int bytes = 0;
    const char *text = wow_condition_list_text(list, to, &bytes);
    used += wow_deparse_element_length(text, bytes) + 1;
    if (to > from && used > room) break;
    to++;
  }
  list->window_from = from;
  list->window_to = to;
}

/* The bytes that each list may take of a request. */
static sqlite3_int64 room_for_lists(const struct wow_binding *binding, int other_bytes) {
  sqlite3_int64 room = WOW_MAX_URL_BYTES - other_bytes - binding->length;
  int n = 0;
  for (int i = 0; i < binding->n_terms; i++) {
    const struct wow_bound_term *bound = &binding->terms[i];
    if (bound->kind != WOW_BOUND_LIST) continue;
    room -= 3 * (sqlite3_int64)strlen(column_of(binding, bound)->name) + 8;
    n++;
  }
  return n ? room / n : room;
}

int wow_bind_first_window(struct wow_binding *binding, int other_bytes, struct wow_error *err) {
  sqlite3_int64 room = room_for_lists(binding, other_bytes);
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < binding->n_terms; i++) {
    struct wow_bound_term *bound = &binding->terms[i];
    if (bound->kind != WOW_BOUND_LIST) continue;
    set_window(&bound->list, 0, room);
    /* A sorted response cannot be put together from several: SQLite looks at the list itself. */
    if (binding->plan->n_order > 0 && bound->list.window_to < bound->list.n) {
      wow_condition_list_reset(&bound->list);
      rc = leave(binding, bound, err);
    }
  }
  return rc;
}

bool wow_bind_next_window(struct wow_binding *binding, int other_bytes) {
  sqlite3_int64 room = room_for_lists(binding, other_bytes);
  for (int i = 0; i < binding->n_terms; i++) {
    struct wow_list *list = &binding->terms[i].list;
    if (binding->terms[i].kind != WOW_BOUND_LIST) continue;
    if (list->window_to < list->n) {
      set_window(list, list->window_to, room);
      return true;
    }
    set_window(list, 0, room); /* begins again, and the next list moves on */
  }
  return false;
}

bool wow_bind_is_one_window(const struct wow_binding *binding) {
  for (int i = 0; i < binding->n_terms; i++) {
    const struct wow_list *list = &binding->terms[i].list;
    bool is_list = binding->terms[i].kind == WOW_BOUND_LIST;
    if (is_list && list->window_to - list->window_from < list->n) return false;
  }
  return true;
}

sqlite3_int64 wow_bind_room(const struct wow_binding *binding, int other_bytes) {
  sqlite3_int64 room = WOW_MAX_URL_BYTES - other_bytes - binding->length;
  for (int i = 0; i < binding->n_terms; i++) {
    if (binding->terms[i].kind == WOW_BOUND_LIST)
      room -= wow_deparse_condition_length(&binding->terms[i].condition);
  }
  return room;
}

/* ---------------------------------------------------------------- conditions */

int wow_bind_add_others(const struct wow_binding *binding, struct wow_where *where) {
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < binding->parameters.n; i++)
    rc = wow_condition_add(where, &binding->parameters.list[i]);
  for (int i = 0; rc == SQLITE_OK && i < binding->n_terms; i++) {
    if (binding->terms[i].kind == WOW_BOUND_LIST)
      rc = wow_condition_add(where, &binding->terms[i].condition);
  }
  return rc;
}

int wow_bind_add_conditions(const struct wow_binding *binding, struct wow_where *where) {
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < binding->n_terms; i++) {
    if (binding->terms[i].kind == WOW_BOUND_SENT)
      rc = wow_condition_add(where, &binding->terms[i].condition);
  }
  return rc == SQLITE_OK ? wow_bind_add_others(binding, where) : rc;
}

sqlite3_int64 wow_bind_max_rows(const struct wow_binding *binding) {
  const struct wow_relation *relation = binding->relation;
  sqlite3_int64 most = 1;
  if (relation->n_key == 0 || relation->key_is_named) return -1; /* it may be wrong */
  if (binding->is_partial || binding->n_compared) return -1;
  for (int k = 0; k < relation->n_key; k++) {
    bool found = false;
    for (int i = 0; i < binding->n_terms; i++) {
      const struct wow_bound_term *bound = &binding->terms[i];
      if (bound->term->column != relation->key[k]) continue;
      found = found || bound->term->op == WOW_EQ || bound->term->op == WOW_IN;
      if (bound->kind == WOW_BOUND_LIST) most *= bound->list.window_to - bound->list.window_from;
    }
    if (!found) return -1;
  }
  return most;
}

/* ---------------------------------------------------------------- rows */

/* Is the member one of the values? They came from SQLite's index of the list, but where a date is
** written in two ways its order is another one than that of the values; so each is looked at. */
static bool is_in(const struct wow_type *type, const struct wow_json_value *json,
                  const struct wow_bound_values *values) {
  for (int i = 0; json->kind != WOW_JSON_NULL && i < values->n; i++) {
    if (wow_compare_order(type, json, values->list[i]) == 0) return true;
  }
  return false;
}

static int matches_number(const struct wow_binding *binding, const struct wow_bound_term *bound,
                          const struct wow_json_value *json, bool *matches, struct wow_error *err) {
  enum wow_op op = bound->term->op;
  if (bound->as == WOW_AS_IT_IS) {
    *matches = json->kind != WOW_JSON_NULL && wow_op_holds(op, 1);
    return SQLITE_OK;
  }
  if (bound->as == WOW_AS_NUMBER) {
    *matches = wow_compare_as_number(op, json, bound->value);
    return SQLITE_OK;
  }
  enum wow_agreement agreement = wow_compare_agreement(op, json, bound->value);
  *matches = agreement == WOW_TRUE;
  if (agreement != WOW_AMBIGUOUS) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, binding->relation->name,
                        "say which is meant: compare with CAST(... AS TEXT)",
                        "'%s' is not a number, and is compared with one, as text or as a number",
                        column_of(binding, bound)->name);
}

int wow_bind_matches(const struct wow_binding *binding, const struct wow_rows *rows,
                     const int *members, bool *matches, struct wow_error *err) {
  int rc = SQLITE_OK;
  *matches = true;
  for (int i = 0; rc == SQLITE_OK && binding->n_compared && *matches && i < binding->n_terms; i++) {
    const struct wow_bound_term *bound = &binding->terms[i];
    if (!bound->is_compared) continue;
    const struct wow_type *type = &column_of(binding, bound)->type;
    const struct wow_json_value *json = wow_rows_value(rows, members[bound->term->column]);
    if (bound->is_number)
      rc = matches_number(binding, bound, json, matches, err);
    else if (bound->term->op == WOW_IN)
      *matches = is_in(type, json, &bound->values);
    else
      *matches = wow_compare_holds(type, bound->term->op, json, bound->value);
  }
  return rc;
}

sqlite3_value *wow_bind_constant(const struct wow_binding *binding, int column) {
  for (int i = 0; i < binding->n_terms; i++) {
    const struct wow_bound_term *bound = &binding->terms[i];
    if (bound->kind == WOW_BOUND_SENT && bound->term->column == column && bound->value &&
        !bound->is_compared) {
      return bound->value;
    }
  }
  return NULL;
}
