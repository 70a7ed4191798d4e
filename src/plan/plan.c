/*
** A plan's text and number: how xBestIndex hands it to xFilter. What is planned is best_index.c's
** to decide; the grammar is in plan.h.
*/
#include "plan/plan.h"

#include <string.h>

#include "wire/deparse.h"

void wow_plan_reset(struct wow_plan *plan) {
  sqlite3_free(plan->text);
  sqlite3_free(plan->columns);
  memset(plan, 0, sizeof(*plan));
}

int wow_plan_init(struct wow_plan *plan, const struct wow_relation *relation) {
  memset(plan, 0, sizeof(*plan));
  plan->columns = sqlite3_malloc64(sizeof(bool) * (sqlite3_uint64)(relation->n_columns + 1));
  if (plan->columns == NULL) return SQLITE_NOMEM;
  memset(plan->columns, 0, sizeof(bool) * (size_t)(relation->n_columns + 1));
  return SQLITE_OK;
}

bool wow_plan_orders_by(const struct wow_plan *plan, int nth) {
  return nth < WOW_PLAN_ORDER_BITS && (plan->ordered >> nth & 1);
}

bool wow_plan_uses(const struct wow_plan *plan, const struct wow_relation *relation, int column) {
  int position = relation->columns[column].key_position;
  if (!plan->columns[column]) return false;
  return position == 0 || (plan->key_used >> (position - 1) % WOW_PLAN_KEY_BITS & 1);
}

bool wow_plan_has_term(const struct wow_plan *plan, int column, enum wow_op op) {
  for (int i = 0; i < plan->n_terms; i++) {
    if (plan->terms[i].column == column && plan->terms[i].op == op) return true;
  }
  return false;
}

/* ---------------------------------------------------------------- the number */

/* SQLite carries an int. */
struct packed {
  unsigned collation : 2;
  unsigned groups : 1;
  unsigned assumes_groups : 1;
  unsigned uses_nothing : 1;
  unsigned ordered : WOW_PLAN_ORDER_BITS;
  unsigned key_used : WOW_PLAN_KEY_BITS;
  unsigned exact : WOW_MAX_OMIT; /* a bit for each of the first terms: wow_plan_term.is_exact */
};
_Static_assert(sizeof(struct packed) == sizeof(int), "a plan's number is an int");

int wow_plan_number(const struct wow_plan *plan) {
  struct packed packed = {
      .collation = plan->collation,
      .groups = plan->groups,
      .assumes_groups = plan->assumes_groups,
      .uses_nothing = plan->uses_nothing,
      .ordered = plan->ordered,
      .key_used = plan->key_used,
  };
  int number = 0;
  for (int i = 0; i < plan->n_terms && i < WOW_MAX_OMIT; i++)
    packed.exact |= (unsigned)plan->terms[i].is_exact << i;
  memcpy(&number, &packed, sizeof(number));
  return number;
}

static void unpack(struct wow_plan *plan, int number) {
  struct packed packed;
  memcpy(&packed, &number, sizeof(packed));
  plan->collation = (enum wow_collation)packed.collation;
  plan->groups = packed.groups;
  plan->assumes_groups = packed.assumes_groups;
  plan->uses_nothing = packed.uses_nothing;
  plan->ordered = packed.ordered;
  plan->key_used = packed.key_used;
  for (int i = 0; i < plan->n_terms && i < WOW_MAX_OMIT; i++)
    plan->terms[i].is_exact = packed.exact >> i & 1;
}

/* ---------------------------------------------------------------- the columns */

static bool is_sorted_by(const struct wow_plan_columns *columns, int column) {
  for (int i = 0; i < columns->n_sort; i++) {
    if (columns->sort[i].column == column) return true;
  }
  return false;
}

/* Does an inner join leave rows out that would be there without this column? */
static bool leaves_rows_out(const struct wow_plan_columns *columns,
                            const struct wow_relation *relation, int column) {
  const struct wow_column *c = &relation->columns[column];
  if (!wow_relation_is_inner(c)) return false;
  for (int i = 0; i < columns->n_select; i++) {
    if (wow_relation_is_same_embed(&relation->columns[columns->select[i]], c, c->n_embed))
      return false;
  }
  return true;
}

int wow_plan_choose_columns(const struct wow_plan *plan, const struct wow_relation *relation,
                            struct wow_plan_columns *out) {
  memset(out, 0, sizeof(*out));
  out->select = sqlite3_malloc64(sizeof(int) * (sqlite3_uint64)(relation->n_columns + 1));
  if (out->select == NULL) return SQLITE_NOMEM;
  for (int i = 0; i < plan->n_order; i++) {
    if (!is_sorted_by(out, plan->order[i].column)) out->sort[out->n_sort++] = plan->order[i];
  }
  for (int i = 0; i < relation->n_key; i++) {
    if (is_sorted_by(out, relation->key[i])) continue;
    out->sort[out->n_sort++] = (struct wow_plan_order){relation->key[i], false};
  }
  for (int i = 0; i < relation->n_columns; i++) {
    if (plan->columns[i] && !is_sorted_by(out, i)) out->select[out->n_select++] = i;
  }
  for (int i = 0; i < relation->n_columns; i++) {
    if (!plan->columns[i] && !is_sorted_by(out, i) && leaves_rows_out(out, relation, i))
      out->select[out->n_select++] = i;
  }
  for (int i = 0; i < out->n_sort; i++)
    out->select[out->n_select++] = out->sort[i].column;
  /* "select=" would mean all columns: a relation without a key of which none is used. */
  if (out->n_select == 0) out->select[out->n_select++] = 0;
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- the text */

/* How each operator is written, with a value or without. */
static const char *const op_texts[WOW_N_OPS] = {
    [WOW_EQ] = "eq.?",
    [WOW_NE] = "neq.?",
    [WOW_LT] = "lt.?",
    [WOW_LE] = "lte.?",
    [WOW_GT] = "gt.?",
    [WOW_GE] = "gte.?",
    [WOW_IS] = "is.?",
    [WOW_IS_NOT] = "not.is.?",
    [WOW_IN] = "in.(?)",
    [WOW_IS_NULL] = "is.null",
    [WOW_NOT_NULL] = "not.is.null",
    [WOW_LIKE] = "ilike.?",
    [WOW_GLOB] = "like.?",
    [WOW_REGEXP] = "match.?",
    [WOW_MATCH] = "wfts.?",
};

/* "GET users?select=": the name may itself look like a part of a request. */
static void append_head(sqlite3_str *str, const struct wow_relation *relation) {
  sqlite3_str_appendall(str, "GET ");
  wow_deparse_plain_name(str, relation->name);
  sqlite3_str_appendall(str, "?select=");
}

/* The keys to group by and the aggregates. */
static void append_brackets(sqlite3_str *str, const struct wow_plan *plan,
                            const struct wow_relation *relation,
                            const struct wow_brackets *brackets) {
  int n = 0;
  for (int i = 0; i < relation->n_columns; i++) {
    if (!plan->columns[i]) continue;
    if (n++) sqlite3_str_appendchar(str, 1, ',');
    wow_deparse_plain_name(str, relation->columns[i].name);
  }
  for (int i = 0; i < brackets->n; i++) {
    if (!(plan->brackets >> i & 1)) continue;
    sqlite3_str_appendf(str, "%s%s", n++ ? "," : "", brackets->list[i].name);
  }
}

static int append_columns(sqlite3_str *str, const struct wow_plan *plan,
                          const struct wow_relation *relation) {
  struct wow_plan_columns columns;
  int rc = wow_plan_choose_columns(plan, relation, &columns);
  if (rc != SQLITE_OK) return rc;
  for (int i = 0; i < columns.n_select; i++) {
    if (i) sqlite3_str_appendchar(str, 1, ',');
    wow_deparse_plain_name(str, relation->columns[columns.select[i]].name);
  }
  sqlite3_free(columns.select);
  return SQLITE_OK;
}

char *wow_plan_text(const struct wow_plan *plan, const struct wow_relation *relation,
                    const struct wow_brackets *brackets) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  append_head(str, relation);
  if (plan->has_brackets) {
    append_brackets(str, plan, relation, brackets);
  } else if (append_columns(str, plan, relation) != SQLITE_OK) {
    sqlite3_free(sqlite3_str_finish(str));
    return NULL;
  }
  for (int i = 0; i < plan->n_terms; i++) {
    sqlite3_str_appendchar(str, 1, '&');
    wow_deparse_plain_name(str, relation->columns[plan->terms[i].column].name);
    sqlite3_str_appendf(str, "=%s", op_texts[plan->terms[i].op]);
  }
  if (plan->has_filter) sqlite3_str_appendall(str, "&?");
  for (int i = 0; i < plan->n_order; i++) {
    sqlite3_str_appendall(str, i ? "," : "&order=");
    const struct wow_column *column = &relation->columns[plan->order[i].column];
    wow_deparse_plain_name(str, column->name);
    sqlite3_str_appendall(
        str, wow_deparse_direction(plan->order[i].descending, wow_relation_is_not_null(column)));
  }
  if (plan->has_limit) sqlite3_str_appendall(str, "&limit=?");
  if (plan->has_offset) sqlite3_str_appendall(str, "+?");
  return sqlite3_str_finish(str);
}

static bool take(const char **p, const char *text) {
  size_t n = strlen(text);
  if (strncmp(*p, text, n) != 0) return false;
  *p += n;
  return true;
}

/* Takes a name as wow_deparse_plain_name writes it: the one that is also written so. SQLITE_OK,
** SQLITE_ERROR or SQLITE_NOMEM. */
static int take_column(const char **p, const struct wow_relation *relation, int *column) {
  for (int i = 0; i < relation->n_columns; i++) {
    sqlite3_str *str = sqlite3_str_new(NULL);
    wow_deparse_plain_name(str, relation->columns[i].name);
    char *name = sqlite3_str_finish(str);
    const char *after = *p;
    if (name == NULL) return SQLITE_NOMEM;
    bool same = take(&after, name) && strchr(",&=.", *after);
    sqlite3_free(name);
    if (!same) continue;
    *p = after;
    *column = i;
    return SQLITE_OK;
  }
  return SQLITE_ERROR;
}

static int parse_term(const char **p, const struct wow_relation *relation, struct wow_plan *plan) {
  int column, rc = take_column(p, relation, &column);
  if (rc != SQLITE_OK) return rc;
  if (!take(p, "=") || plan->n_terms == WOW_MAX_TERMS) return SQLITE_ERROR;
  for (int op = 0; op < WOW_N_OPS; op++) {
    const char *after = *p;
    if (!take(&after, op_texts[op]) || !strchr("&", *after)) continue;
    *p = after;
    plan->terms[plan->n_terms].column = column;
    plan->terms[plan->n_terms].op = (enum wow_op)op;
    plan->n_terms++;
    return SQLITE_OK;
  }
  return SQLITE_ERROR;
}

static int parse_order(const char **p, const struct wow_relation *relation, struct wow_plan *plan) {
  do {
    struct wow_plan_order *order = &plan->order[plan->n_order];
    if (plan->n_order == WOW_MAX_ORDER) return SQLITE_ERROR;
    int rc = take_column(p, relation, &order->column);
    if (rc != SQLITE_OK) return rc;
    bool not_null = wow_relation_is_not_null(&relation->columns[order->column]);
    order->descending = take(p, wow_deparse_direction(true, not_null));
    if (!order->descending && !take(p, wow_deparse_direction(false, not_null))) {
      return SQLITE_ERROR;
    }
    plan->n_order++;
  } while (take(p, ","));
  return SQLITE_OK;
}

/* Takes an aggregate by its name, which no column has. */
static bool take_bracket(const char **p, const struct wow_brackets *brackets,
                         struct wow_plan *plan) {
  for (int i = 0; i < brackets->n; i++) {
    const char *after = *p;
    if (!take(&after, brackets->list[i].name) || !strchr(",&", *after)) continue;
    *p = after;
    plan->has_brackets = true;
    plan->brackets |= (sqlite3_uint64)1 << i;
    return true;
  }
  return false;
}

/* SQLITE_OK, SQLITE_ERROR or SQLITE_NOMEM. */
static int take_head(const char **p, const struct wow_relation *relation) {
  sqlite3_str *head = sqlite3_str_new(NULL);
  append_head(head, relation);
  int rc = sqlite3_str_errcode(head);
  if (rc == SQLITE_OK && !take(p, sqlite3_str_value(head))) rc = SQLITE_ERROR;
  sqlite3_free(sqlite3_str_finish(head));
  return rc;
}

static int parse_members(const char **p, const struct wow_relation *relation,
                         const struct wow_brackets *brackets, struct wow_plan *plan) {
  while (**p && **p != '&') {
    if (!take_bracket(p, brackets, plan)) {
      int column, rc = take_column(p, relation, &column);
      if (rc != SQLITE_OK) return rc;
      plan->columns[column] = true;
    }
    take(p, ",");
  }
  return SQLITE_OK;
}

static int parse_part(const char **p, const struct wow_relation *relation, struct wow_plan *plan) {
  if (take(p, "?")) {
    plan->has_filter = true;
  } else if (take(p, "order=")) {
    return parse_order(p, relation, plan);
  } else if (take(p, "limit=?")) {
    plan->has_limit = true;
    plan->has_offset = take(p, "+?");
  } else {
    return parse_term(p, relation, plan);
  }
  return SQLITE_OK;
}

int wow_plan_parse(struct wow_plan *plan, const char *text, int number,
                   const struct wow_relation *relation, const struct wow_brackets *brackets) {
  const char *p = text;
  int rc = wow_plan_init(plan, relation);
  if (rc == SQLITE_OK) plan->text = sqlite3_mprintf("%s", text);
  if (rc == SQLITE_OK && plan->text == NULL) rc = SQLITE_NOMEM;
  if (rc == SQLITE_OK) rc = take_head(&p, relation);
  if (rc == SQLITE_OK) rc = parse_members(&p, relation, brackets, plan);
  while (rc == SQLITE_OK && take(&p, "&"))
    rc = parse_part(&p, relation, plan);
  if (rc == SQLITE_OK && *p) rc = SQLITE_ERROR;
  if (rc != SQLITE_OK)
    wow_plan_reset(plan);
  else
    unpack(plan, number);
  return rc;
}
