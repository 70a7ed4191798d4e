/*
** Planning: which terms, which order and which limit go to the server (types.c says which mean the
** same there), what that costs, and the plan's text.
**
** Assumptions about SQLite that shape this file:
**   - "omit" is honoured only for the first 16 constraints and arguments; a term whose meaning is
**     the server's must not be looked at again, so beyond that it is not sent at all.
**   - LIMIT is passed although SQLite may filter on, so it only sets the size of the first page.
**   - The arms of a compound SELECT are asked for sorted rows and are then merged by SQLite's own
**     collation, which would lose or double rows if text came in another order. That a LIMIT is
**     passed with ORDER BY shows that no such merge follows; so text in the server's collation is
**     sorted there only then. Without a LIMIT every row travels anyway, and sorting costs no
** request.
**   - For a relation without a key every plan must cost the same: then SQLite never answers
**     "a = 1 OR b = 2" by two scans, whose common rows it could not tell apart.
*/
#include "plan/plan.h"

#include <string.h>

#include "types/constant.h"
#include "types/value.h"

#include "wire/deparse.h"
#include "base/limits.h"

void wow_plan_reset(struct wow_plan *plan) {
  sqlite3_free(plan->columns);
  memset(plan, 0, sizeof(*plan));
}

void wow_plan_notes_free(struct wow_plan_note *notes) {
  while (notes) {
    struct wow_plan_note *next = notes->next;
    sqlite3_free(notes->plan);
    sqlite3_free(notes->term);
    sqlite3_free(notes->reason);
    sqlite3_free(notes);
    notes = next;
  }
}

static int plan_init(struct wow_plan *plan, const struct wow_relation *relation) {
  memset(plan, 0, sizeof(*plan));
  plan->columns = sqlite3_malloc64(sizeof(bool) * (sqlite3_uint64)(relation->n_columns + 1));
  if (plan->columns == NULL) return SQLITE_NOMEM;
  memset(plan->columns, 0, sizeof(bool) * (size_t)(relation->n_columns + 1));
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- the plan's text */

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

static bool is_sorted_by(const struct wow_plan_order *sort, int n, int column) {
  for (int i = 0; i < n; i++) {
    if (sort[i].column == column) return true;
  }
  return false;
}

void wow_plan_columns(const struct wow_plan *plan, const struct wow_relation *relation, int *select,
                      int *n_select, struct wow_plan_order *sort, int *n_sort) {
  int n = 0;
  for (int i = 0; i < plan->n_order; i++) {
    if (!is_sorted_by(sort, n, plan->order[i].column)) sort[n++] = plan->order[i];
  }
  for (int i = 0; i < relation->n_key; i++) {
    if (is_sorted_by(sort, n, relation->key[i])) continue;
    sort[n].column = relation->key[i];
    sort[n++].descending = false;
  }
  *n_sort = n;
  *n_select = 0;
  for (int i = 0; i < relation->n_columns; i++) {
    if (plan->columns[i] && !is_sorted_by(sort, n, i)) select[(*n_select)++] = i;
  }
  for (int i = 0; i < n; i++)
    select[(*n_select)++] = sort[i].column;
  /* "select=" would mean all columns: a relation without key of which none is used. */
  if (*n_select == 0) select[(*n_select)++] = 0;
}

bool wow_plan_uses(const struct wow_plan *plan, int plan_number,
                   const struct wow_relation *relation, int column) {
  int position = relation->columns[column].key_position;
  return plan->columns[column] && (position == 0 || WOW_PLAN_USES_KEY(plan_number, position));
}

/* The keys to group by and the aggregates. */
static void append_aggregates(sqlite3_str *str, const struct wow_plan *plan,
                              const struct wow_relation *relation,
                              const struct wow_aggregates *aggregates) {
  int n = 0;
  for (int i = 0; i < relation->n_columns; i++) {
    if (!plan->columns[i]) continue;
    if (n++) sqlite3_str_appendchar(str, 1, ',');
    wow_deparse_plain_name(str, relation->columns[i].name);
  }
  for (int i = 0; i < aggregates->n; i++) {
    if (!(plan->aggregates >> i & 1)) continue;
    sqlite3_str_appendf(str, "%s%s", n++ ? "," : "", aggregates->list[i].name);
  }
}

char *wow_plan_text(const struct wow_plan *plan, const struct wow_relation *relation,
                    const struct wow_aggregates *aggregates) {
  struct wow_plan_order sort[WOW_PLAN_SORT];
  int n_select = 0, n_sort = 0;
  int *select = sqlite3_malloc64(sizeof(int) * (sqlite3_uint64)(relation->n_columns + 1));
  if (select == NULL) return NULL;
  wow_plan_columns(plan, relation, select, &n_select, sort, &n_sort);
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "GET ");
  wow_deparse_plain_name(str, relation->name);
  sqlite3_str_appendall(str, "?select=");
  if (plan->is_aggregate) append_aggregates(str, plan, relation, aggregates);
  for (int i = 0; !plan->is_aggregate && i < n_select; i++) {
    if (i) sqlite3_str_appendchar(str, 1, ',');
    wow_deparse_plain_name(str, relation->columns[select[i]].name);
  }
  sqlite3_free(select);
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

/* Takes a name as wow_deparse_plain_name writes it: the one that is also written so. */
static int take_column(const char **p, const struct wow_relation *relation) {
  for (int i = 0; i < relation->n_columns; i++) {
    sqlite3_str *str = sqlite3_str_new(NULL);
    wow_deparse_plain_name(str, relation->columns[i].name);
    char *name = sqlite3_str_finish(str);
    const char *after = *p;
    bool same = name && take(&after, name) && strchr(",&=.", *after);
    sqlite3_free(name);
    if (!same) continue;
    *p = after;
    return i;
  }
  return -1;
}

static int parse_term(const char **p, const struct wow_relation *relation, struct wow_plan *plan) {
  int column = take_column(p, relation);
  if (column < 0 || !take(p, "=") || plan->n_terms == WOW_PLAN_TERMS) return SQLITE_ERROR;
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
    if (plan->n_order == WOW_PLAN_ORDER) return SQLITE_ERROR;
    order->column = take_column(p, relation);
    if (order->column < 0) return SQLITE_ERROR;
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
static bool take_aggregate(const char **p, const struct wow_aggregates *aggregates,
                           struct wow_plan *plan) {
  for (int i = 0; i < aggregates->n; i++) {
    const char *after = *p;
    if (!take(&after, aggregates->list[i].name) || !strchr(",&", *after)) continue;
    *p = after;
    plan->is_aggregate = true;
    plan->aggregates |= (sqlite3_uint64)1 << i;
    return true;
  }
  return false;
}

int wow_plan_parse(const char *text, const struct wow_relation *relation,
                   const struct wow_aggregates *aggregates, struct wow_plan *plan) {
  int rc = plan_init(plan, relation);
  if (rc != SQLITE_OK) return rc;
  const char *p = text;
  /* The name may itself look like a part of a request. */
  sqlite3_str *head = sqlite3_str_new(NULL);
  sqlite3_str_appendall(head, "GET ");
  wow_deparse_plain_name(head, relation->name);
  sqlite3_str_appendall(head, "?select=");
  bool is_head = sqlite3_str_errcode(head) == SQLITE_OK && take(&p, sqlite3_str_value(head));
  sqlite3_free(sqlite3_str_finish(head));
  if (!is_head) goto malformed;
  while (*p && *p != '&') {
    if (!take_aggregate(&p, aggregates, plan)) {
      int column = take_column(&p, relation);
      if (column < 0) goto malformed;
      plan->columns[column] = true;
    }
    take(&p, ",");
  }
  while (take(&p, "&")) {
    if (take(&p, "?")) {
      plan->has_filter = true;
    } else if (take(&p, "order=")) {
      rc = parse_order(&p, relation, plan);
    } else if (take(&p, "limit=?")) {
      plan->has_limit = true;
      plan->has_offset = take(&p, "+?");
    } else {
      rc = parse_term(&p, relation, plan);
    }
    if (rc != SQLITE_OK) goto malformed;
  }
  if (*p == 0) return SQLITE_OK;
malformed:
  wow_plan_reset(plan);
  return SQLITE_ERROR;
}

/* ---------------------------------------------------------------- xBestIndex */

/* SQLite honours "omit" for so many constraints, and for so many arguments. */
#define OMIT_MAX 16
/* sqlite3_vtab_in works for so many constraints. */
#define IN_MAX 32

/* One call of xBestIndex. */
struct planner {
  const struct wow_plan_context *context;
  sqlite3_index_info *info;
  struct wow_plan plan;
  struct wow_plan_note *notes;
  int n_args;     /* values asked for so far */
  int in[IN_MAX]; /* constraints: IN terms taken whole */
  int n_in;
  int n_local;    /* usable terms that were not sent */
  bool is_lookup; /* a term compares with what is no constant, a joined column perhaps */
  int rc;
  bool has_order;
  int limit;           /* constraint of LIMIT; -1: none */
  int offset;          /* constraint of OFFSET; -1: none */
  bool assumes_groups; /* see is_grouping */
  bool is_outside;     /* a term that joins the groups with another table cannot be used */
};

static void note(struct planner *p, const char *column, const char *op, const char *reason) {
  p->n_local++;
  if (p->context->notes == NULL || p->rc != SQLITE_OK) return;
  struct wow_plan_note *n = sqlite3_malloc64(sizeof(*n));
  if (n == NULL) {
    p->rc = SQLITE_NOMEM;
    return;
  }
  memset(n, 0, sizeof(*n));
  bool has_value =
      strcmp(op, "IS NULL") != 0 && strcmp(op, "IS NOT NULL") != 0 && strcmp(op, "BY") != 0;
  n->term = sqlite3_mprintf("%s %s%s", column, op, has_value ? " ?" : "");
  n->reason = sqlite3_mprintf("%s", reason);
  n->next = p->notes;
  p->notes = n;
  if (n->term == NULL || n->reason == NULL) p->rc = SQLITE_NOMEM;
}

static bool op_of(unsigned char constraint_op, enum wow_op *op) {
  switch (constraint_op) {
  case SQLITE_INDEX_CONSTRAINT_EQ: *op = WOW_EQ; return true;
  case SQLITE_INDEX_CONSTRAINT_NE: *op = WOW_NE; return true;
  case SQLITE_INDEX_CONSTRAINT_LT: *op = WOW_LT; return true;
  case SQLITE_INDEX_CONSTRAINT_LE: *op = WOW_LE; return true;
  case SQLITE_INDEX_CONSTRAINT_GT: *op = WOW_GT; return true;
  case SQLITE_INDEX_CONSTRAINT_GE: *op = WOW_GE; return true;
  case SQLITE_INDEX_CONSTRAINT_IS: *op = WOW_IS; return true;
  case SQLITE_INDEX_CONSTRAINT_ISNOT: *op = WOW_IS_NOT; return true;
  case SQLITE_INDEX_CONSTRAINT_ISNULL: *op = WOW_IS_NULL; return true;
  case SQLITE_INDEX_CONSTRAINT_ISNOTNULL: *op = WOW_NOT_NULL; return true;
  case SQLITE_INDEX_CONSTRAINT_LIKE: *op = WOW_LIKE; return true;
  case SQLITE_INDEX_CONSTRAINT_GLOB: *op = WOW_GLOB; return true;
  case SQLITE_INDEX_CONSTRAINT_REGEXP: *op = WOW_REGEXP; return true;
  case SQLITE_INDEX_CONSTRAINT_MATCH: *op = WOW_MATCH; return true;
  default: return false;
  }
}

/* The relation's column behind SQLite's number: the rowid is an integer key. -1: none. */
static int column_of(const struct wow_relation *relation, int number) {
  if (number >= 0) return number < relation->n_columns ? number : -1;
  return wow_relation_key_kind(relation) == WOW_KEY_ROWID ? relation->key[0] : -1;
}

static bool is_range(enum wow_op op) {
  return op == WOW_LT || op == WOW_LE || op == WOW_GT || op == WOW_GE;
}

/* Must a term of this kind, once sent, not be looked at again, because the server's meaning of it
** is the one that is wanted? */
static bool must_omit(const struct wow_plan_context *context, enum wow_family family,
                      enum wow_op op) {
  if (op == WOW_REGEXP || op == WOW_MATCH) return true;
  if (family >= WOW_UUID && family <= WOW_TIMESTAMPTZ) return op <= WOW_IN;
  return family == WOW_TEXT && is_range(op) && context->collation == WOW_COLLATION_SERVER;
}

static bool is_binary(sqlite3_index_info *info, int constraint) {
  const char *collation = sqlite3_vtab_collation(info, constraint);
  return collation && sqlite3_stricmp(collation, "BINARY") == 0;
}

/* Takes the term into the plan. */
static void ship(struct planner *p, int constraint, int column, enum wow_op op, bool omit) {
  struct sqlite3_index_constraint_usage *usage = &p->info->aConstraintUsage[constraint];
  struct wow_plan_term *term = &p->plan.terms[p->plan.n_terms++];
  term->column = column;
  term->op = op;
  usage->argvIndex = ++p->n_args;
  usage->omit = omit;
  if (op == WOW_IN) {
    sqlite3_vtab_in(p->info, constraint, 1);
    p->in[p->n_in++] = constraint;
  }
}

/* The text that a literal right-hand side has; NULL: it is none, or no text. */
static const char *literal_text(sqlite3_index_info *info, int constraint, int *bytes) {
  sqlite3_value *literal = NULL;
  sqlite3_vtab_rhs_value(info, constraint, &literal);
  if (literal == NULL || sqlite3_value_type(literal) != SQLITE_TEXT) return NULL;
  *bytes = sqlite3_value_bytes(literal);
  return (const char *)sqlite3_value_text(literal);
}

/* Do these two bounds enclose what begins with the lower one, and nothing else? */
static bool is_prefix_range(sqlite3_index_info *info, int lower, int upper) {
  int from_bytes = 0, to_bytes = 0;
  const char *from = literal_text(info, lower, &from_bytes);
  const char *to = literal_text(info, upper, &to_bytes);
  return from && to && from_bytes > 0 && from_bytes == to_bytes &&
         memcmp(from, to, (size_t)from_bytes - 1) == 0 &&
         (unsigned char)to[to_bytes - 1] == (unsigned char)from[from_bytes - 1] + 1;
}

/*
** SQLite turns LIKE 'ab%' and GLOB 'ab*' into the range from 'ab' to 'ac' besides, which is right
** bytewise only: in a linguistic order 'aB' or 'áb' may lie elsewhere. Is this range term one of
** those? With an ESCAPE clause the range comes alone.
*/
static bool is_pattern_range(const struct planner *p, int constraint) {
  const sqlite3_index_info *info = p->info;
  const struct sqlite3_index_constraint *c = &info->aConstraint[constraint];
  for (int i = 0; i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *other = &info->aConstraint[i];
    if (other->iColumn != c->iColumn || i == constraint) continue;
    if (other->op == SQLITE_INDEX_CONSTRAINT_LIKE || other->op == SQLITE_INDEX_CONSTRAINT_GLOB) {
      return true;
    }
    bool is_lower = c->op == SQLITE_INDEX_CONSTRAINT_GE;
    unsigned char partner = is_lower ? SQLITE_INDEX_CONSTRAINT_LT : SQLITE_INDEX_CONSTRAINT_GE;
    if (!is_lower && c->op != SQLITE_INDEX_CONSTRAINT_LT) continue;
    if (other->op != partner) continue;
    if (is_prefix_range(p->info, is_lower ? constraint : i, is_lower ? i : constraint)) return true;
  }
  return false;
}

/* Of a LIKE term alone: does it say all that this range term says? */
static bool is_implied_range(const struct planner *p, int constraint) {
  int bytes = 0, pattern_bytes = 0;
  const struct sqlite3_index_constraint *c = &p->info->aConstraint[constraint];
  const char *bound = literal_text(p->info, constraint, &bytes);
  bool is_lower = c->op == SQLITE_INDEX_CONSTRAINT_GE;
  if (!is_lower && c->op != SQLITE_INDEX_CONSTRAINT_LT) return false;
  for (int i = 0; bound && i < p->info->nConstraint; i++) {
    const struct sqlite3_index_constraint *like = &p->info->aConstraint[i];
    if (like->iColumn != c->iColumn || like->op != SQLITE_INDEX_CONSTRAINT_LIKE) continue;
    const char *pattern = literal_text(p->info, i, &pattern_bytes);
    if (pattern && wow_shippable_like_implies(pattern, is_lower, bound, bytes)) return true;
  }
  return false;
}

/* A list for a column that an = term looks up is only a hint at the keys to come: see query.c. */
static void keep_hints_here(struct planner *p) {
  const struct wow_relation *relation = p->context->relation;
  for (int i = 0; i < p->n_in; i++) {
    int column = column_of(relation, p->info->aConstraint[p->in[i]].iColumn);
    for (int j = 0; j < p->plan.n_terms; j++) {
      bool same = p->plan.terms[j].column == column && p->plan.terms[j].op == WOW_EQ;
      if (same) p->info->aConstraintUsage[p->in[i]].omit = 0;
    }
  }
}

/* Do texts, or blobs that a pattern is matched with as texts, lie elsewhere on the server? */
static bool has_own_text_order(const struct wow_plan_context *context, enum wow_family family) {
  if (family == WOW_BYTEA) return true;
  return family == WOW_TEXT && context->collation == WOW_COLLATION_SERVER;
}

static void consider(struct planner *p, int constraint) {
  const struct sqlite3_index_constraint *c = &p->info->aConstraint[constraint];
  const struct wow_relation *relation = p->context->relation;
  enum wow_op op;
  int column = column_of(relation, c->iColumn);
  if (column < 0 || !op_of(c->op, &op)) {
    p->n_local++;
    return;
  }
  if (op == WOW_EQ && constraint < IN_MAX && sqlite3_vtab_in(p->info, constraint, -1)) op = WOW_IN;
  const struct wow_column *col = &relation->columns[column];
  const char *name = wow_op_sql(op);
  sqlite3_value *literal = NULL;
  if (op != WOW_IN) sqlite3_vtab_rhs_value(p->info, constraint, &literal);
  struct wow_rule rule = wow_shippable_rule(&col->type, op, p->context->collation, literal);
  bool can_omit = constraint < OMIT_MAX && p->n_args < OMIT_MAX;
  if (!p->context->ship) {
    note(p, col->name, name, "sending terms is switched off (wowsql_config('ship', 0))");
  } else if (rule.ship == WOW_LOCAL) {
    note(p, col->name, name, rule.reason);
  } else if (col->embed && (op == WOW_IS || op == WOW_IS_NOT || op == WOW_IS_NULL)) {
    note(p, col->name, name, "rows that refer to no row of the other table must not be lost");
  } else if (op <= WOW_IN && !is_binary(p->info, constraint)) {
    note(p, col->name, name, "the collation is not BINARY");
  } else if (is_range(op) && has_own_text_order(p->context, col->type.family) &&
             is_pattern_range(p, constraint)) {
    note(p, col->name, name, "a range of a LIKE or GLOB prefix holds in bytewise order only");
  } else if (p->plan.n_terms == WOW_PLAN_TERMS) {
    note(p, col->name, name, "the statement has more terms than are sent");
  } else if (must_omit(p->context, col->type.family, op) && !can_omit) {
    note(p, col->name, name, "SQLite would look again at more than 16 terms, by other rules");
  } else {
    bool exact = rule.ship == WOW_EXACT && can_omit;
    p->is_lookup =
        p->is_lookup || (op == WOW_EQ && literal == NULL && wow_shippable_has_one_text(&col->type));
    ship(p, constraint, column, op, exact || must_omit(p->context, col->type.family, op));
  }
}

/* wowsql_filter = '...'. It has to be given as such, or the plan is impossible. */
static int consider_filter(struct planner *p, int constraint) {
  const struct sqlite3_index_constraint *c = &p->info->aConstraint[constraint];
  if (c->op != SQLITE_INDEX_CONSTRAINT_EQ) return SQLITE_OK;
  if (!c->usable) return SQLITE_CONSTRAINT;
  if (p->plan.has_filter) return SQLITE_OK; /* a second one is compared with the first by SQLite */
  p->plan.has_filter = true;
  p->info->aConstraintUsage[constraint].omit = 1;
  return SQLITE_OK;
}

static void consider_order(struct planner *p) {
  const sqlite3_index_info *info = p->info;
  const struct wow_relation *relation = p->context->relation;
  const char *reason = NULL;
  if (!p->context->ship || info->nOrderBy == 0) return;
  if (info->nOrderBy > WOW_PLAN_ORDER) reason = "it has more terms than are sent";
  /* The answers to a list that is cut into several requests cannot be merged in the server's
  ** order. With a LIMIT the list is sent whole or not at all, and SQLite looks again. */
  for (int i = 0; i < p->n_in; i++) {
    int column = column_of(relation, info->aConstraint[p->in[i]].iColumn);
    bool again = !must_omit(p->context, relation->columns[column].type.family, WOW_IN);
    if (p->limit < 0 || !again) reason = "an IN list may need several requests";
  }
  for (int i = 0; reason == NULL && i < info->nOrderBy; i++) {
    int column = column_of(relation, info->aOrderBy[i].iColumn);
    const struct wow_type *type = column >= 0 ? &relation->columns[column].type : NULL;
    if (type == NULL) {
      reason = "the rowid of a composite key is made here";
    } else if (relation->columns[column].embed) {
      reason = "it is a column of another table";
    } else {
      reason = wow_shippable_order_reason(type, p->context->collation);
      if (reason == NULL && type->family == WOW_TEXT &&
          p->context->collation == WOW_COLLATION_SERVER && p->limit < 0) {
        reason = "without a LIMIT, SQLite might merge it with rows in its own text order";
      }
    }
    p->plan.order[i].column = column;
    p->plan.order[i].descending = info->aOrderBy[i].desc;
  }
  if (reason) {
    note(p, "ORDER", "BY", reason);
    return;
  }
  for (int i = 0; i < p->n_in; i++)
    p->info->aConstraintUsage[p->in[i]].omit = 0;
  p->plan.n_order = info->nOrderBy;
  p->info->orderByConsumed = 1;
}

/* LIMIT n OFFSET m makes the first page n + m rows long, if nothing is left that drops rows. */
static void consider_limit(struct planner *p) {
  bool sorted_here = p->info->nOrderBy > 0 && p->plan.n_order == 0;
  if (p->limit < 0 || !p->context->ship || p->n_local > 0 || sorted_here) return;
  p->plan.has_limit = true;
  p->info->aConstraintUsage[p->limit].argvIndex = ++p->n_args;
  if (p->offset < 0) return;
  p->plan.has_offset = true;
  p->info->aConstraintUsage[p->offset].argvIndex = ++p->n_args;
}

/* How much of a relation a term leaves. */
static double selectivity(enum wow_op op) {
  switch (op) {
  case WOW_EQ:
  case WOW_IS:
  case WOW_IS_NULL: return WOW_SELECTIVITY_EQ;
  case WOW_IN: return WOW_SELECTIVITY_IN;
  case WOW_NE:
  case WOW_IS_NOT:
  case WOW_NOT_NULL: return WOW_SELECTIVITY_NE;
  default: return WOW_SELECTIVITY_RANGE;
  }
}

static bool is_unique(const struct planner *p, bool *is_exact) {
  const struct wow_relation *relation = p->context->relation;
  *is_exact = true;
  for (int k = 0; k < relation->n_key; k++) {
    bool found = false;
    for (int i = 0; i < p->plan.n_terms && !found; i++) {
      const struct wow_plan_term *term = &p->plan.terms[i];
      found = term->column == relation->key[k] && term->op == WOW_EQ;
    }
    if (!found) return false;
  }
  for (int i = 0; i < p->info->nConstraint; i++) {
    if (p->info->aConstraintUsage[i].argvIndex && !p->info->aConstraintUsage[i].omit) {
      *is_exact = false;
    }
  }
  return relation->n_key > 0;
}

static void estimate(struct planner *p) {
  sqlite3_index_info *info = p->info;
  double rows = p->context->rows;
  bool is_exact = false;
  if (wow_relation_key_kind(p->context->relation) == WOW_KEY_NONE) {
    info->estimatedCost = WOW_COST_REQUEST + rows * WOW_COST_ROW;
    info->estimatedRows = (sqlite3_int64)rows;
    return;
  }
  if (is_unique(p, &is_exact)) {
    rows = 1;
    /* One row at most, and SQLite may rely on it; but not where it looks again. */
    if (is_exact) info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
  } else {
    for (int i = 0; i < p->plan.n_terms; i++) {
      bool repeated = false;
      for (int j = 0; j < i; j++) {
        repeated = repeated || p->plan.terms[j].column == p->plan.terms[i].column;
      }
      if (!repeated) rows *= selectivity(p->plan.terms[i].op);
    }
    if (p->plan.has_filter) rows *= WOW_SELECTIVITY_RANGE;
    if (p->is_lookup && rows > WOW_ROWS_PER_VALUE) rows = WOW_ROWS_PER_VALUE;
    if (rows < 2) rows = 2;
  }
  info->estimatedRows = (sqlite3_int64)rows;
  info->estimatedCost = p->is_lookup ? WOW_COST_LOOKUP + (rows - 1) * WOW_COST_LOOKUP_ROW
                                     : WOW_COST_REQUEST + rows * WOW_COST_ROW;
}

/* Does SQLite say that the statement uses the column? The last bit stands for all from 63 on. */
static bool is_used(const sqlite3_index_info *info, int column) {
  return (info->colUsed >> (column < 63 ? column : 63)) & 1;
}

static void take_columns(struct planner *p) {
  const struct wow_relation *relation = p->context->relation;
  for (int i = 0; i < relation->n_columns; i++) {
    p->plan.columns[i] = is_used(p->info, i);
  }
  for (int i = 0; i < relation->n_key; i++)
    p->plan.columns[relation->key[i]] = true;
}

/* Values come to xFilter in the order of the plan's text: terms, wowsql_filter, LIMIT, OFFSET. */
static void number_filter_argument(struct planner *p) {
  int column = WOW_FILTER_COLUMN(p->context->relation);
  for (int i = 0; p->plan.has_filter && i < p->info->nConstraint; i++) {
    if (p->info->aConstraint[i].iColumn != column || !p->info->aConstraintUsage[i].omit) continue;
    p->info->aConstraintUsage[i].argvIndex = ++p->n_args;
    return;
  }
}

static bool is_ordered_by(const struct planner *p, int column) {
  for (int i = 0; i < p->info->nOrderBy; i++) {
    if (column_of(p->context->relation, p->info->aOrderBy[i].iColumn) == column) return true;
  }
  return false;
}

static int plan_number(const struct planner *p) {
  const struct wow_relation *relation = p->context->relation;
  int number = (int)p->context->collation + 1, nth = 0;
  if (sqlite3_vtab_distinct(p->info) > 0) number |= 8;
  if (p->assumes_groups) number |= 16;
  if (p->info->colUsed == 0) number |= 32;
  for (int i = 0; i < relation->n_key; i++) {
    bool uses = is_used(p->info, relation->key[i]);
    if (uses || i >= WOW_PLAN_KEY_BITS) number |= 1 << (12 + i % WOW_PLAN_KEY_BITS);
  }
  for (int i = 0; i < relation->n_columns && nth < WOW_PLAN_ORDER_BITS; i++) {
    if (!is_used(p->info, i)) continue;
    if (is_ordered_by(p, i)) number |= 1 << (6 + nth);
    nth++;
  }
  return number;
}

static int hand_over(struct planner *p) {
  char *text = wow_plan_text(&p->plan, p->context->relation, p->context->aggregates);
  if (text == NULL) return SQLITE_NOMEM;
  p->info->idxNum = plan_number(p);
  p->info->idxStr = text;
  p->info->needToFreeIdxStr = 1;
  while (p->notes) {
    struct wow_plan_note *n = p->notes;
    p->notes = n->next;
    n->plan = sqlite3_mprintf("%s", text);
    n->next = *p->context->notes;
    *p->context->notes = n;
    if (n->plan == NULL) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- aggregates */

/* Which bracketed aggregates does the statement read? All bits set say nothing. */
static sqlite3_uint64 used_aggregates(const struct wow_plan_context *context,
                                      const sqlite3_index_info *info) {
  sqlite3_uint64 used = 0;
  if (info->colUsed == ~(sqlite3_uint64)0) return 0;
  for (int i = 0; i < context->aggregates->n; i++) {
    int column = WOW_AGGREGATE_COLUMN(context->relation, i);
    if (info->colUsed >> column & 1) used |= (sqlite3_uint64)1 << i;
  }
  return used;
}

/* date(c) is a key where the statement groups by it; read without that, it is none. */
static void forget_dates(struct planner *p) {
  for (int i = 0; i < p->context->aggregates->n; i++) {
    bool is_date = p->context->aggregates->list[i].kind == WOW_DATE_OF;
    if (is_date) p->plan.aggregates &= ~((sqlite3_uint64)1 << i);
  }
}

/*
** Are the columns that SQLite passes as an order those of GROUP BY? DISTINCT is as good, if it
** wants no aggregates. From 3.53 on SQLite does not tell GROUP BY with ORDER BY from ORDER BY
** alone: then it is assumed, and the bytecode shows whether it was right when the plan is run. A
** LIMIT is passed with ORDER BY alone only.
*/
static bool is_grouping(struct planner *p) {
  int distinct = sqlite3_vtab_distinct(p->info);
  if (p->info->nOrderBy == 0) return false;
  if (distinct > 0) return distinct == 1 || p->plan.aggregates == 0;
  for (int i = 0; i < p->info->nConstraint; i++) {
    if (p->info->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_LIMIT) return false;
  }
  p->assumes_groups = sqlite3_libversion_number() >= 3053000;
  return p->assumes_groups;
}

/* A column to group by. */
static void group_by(struct planner *p, int number) {
  const struct wow_relation *relation = p->context->relation;
  int aggregate = number - WOW_AGGREGATE_COLUMN(relation, 0);
  if (aggregate >= 0) {
    /* Of the hidden columns only date(c) is a key; ORDER BY may name the others. */
    p->plan.aggregates |= (sqlite3_uint64)1 << aggregate;
  } else {
    int column = column_of(relation, number);
    if (column >= 0) p->plan.columns[column] = true;
  }
}

/* A column that is looked up by a value that is not known yet, in a join perhaps, is a key besides:
** it changes no group, as it has one value, and tells which group belongs to which lookup. */
static void group_by_lookup(struct planner *p, int constraint, int column) {
  const struct wow_type *type = &p->context->relation->columns[column].type;
  sqlite3_value *literal = NULL;
  sqlite3_vtab_rhs_value(p->info, constraint, &literal);
  bool is_good = wow_shippable_has_one_text(type) && wow_shippable_can_group(type);
  if (literal == NULL && is_good) p->plan.columns[column] = true;
}

/* Is there an = term for the column of an IN list? Then the list is left to SQLite, see query.c. */
static bool has_equal(sqlite3_index_info *info, int number) {
  for (int i = 0; i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];
    bool is_list = i < IN_MAX && sqlite3_vtab_in(info, i, -1);
    if (c->usable && !is_list && c->iColumn == number && c->op == SQLITE_INDEX_CONSTRAINT_EQ) {
      return true;
    }
  }
  return false;
}

/* A condition of a statement with bracketed aggregates. */
static void consider_for_groups(struct planner *p, int constraint) {
  const struct sqlite3_index_constraint *c = &p->info->aConstraint[constraint];
  enum wow_op op;
  int column = column_of(p->context->relation, c->iColumn);
  /* One on groups is SQLite's, as HAVING is. */
  if (column < 0 || !op_of(c->op, &op)) return;
  if (!c->usable) {
    p->is_outside = p->is_outside || !p->plan.columns[column];
    return;
  }
  if (p->plan.n_terms == WOW_PLAN_TERMS) return;
  if (op <= WOW_IN && !is_binary(p->info, constraint) && !is_implied_range(p, constraint)) return;
  if (op == WOW_EQ && constraint < IN_MAX && sqlite3_vtab_in(p->info, constraint, -1)) {
    if (has_equal(p->info, c->iColumn)) return;
    op = WOW_IN;
  } else if (op == WOW_EQ) {
    group_by_lookup(p, constraint, column);
  }
  ship(p, constraint, column, op, true);
}

/*
** Plans a scan that gives groups. The keys are the columns of GROUP BY, which SQLite passes as an
** order. All conditions are taken over: what the server cannot decide is computed from rows, see
** aggregate_scan.c. Joined, this table comes behind the one that it is joined with, where SQLite
** has the choice, so that the aggregates are computed for each row of that one.
*/
static int plan_groups(struct planner *p) {
  sqlite3_index_info *info = p->info;
  const struct wow_relation *relation = p->context->relation;
  int rc = SQLITE_OK, n_keys = 0;
  p->plan.is_aggregate = true;
  memset(p->plan.columns, 0, sizeof(bool) * (size_t)relation->n_columns);
  forget_dates(p);
  if (is_grouping(p)) {
    for (int i = 0; i < info->nOrderBy; i++)
      group_by(p, info->aOrderBy[i].iColumn);
  }
  for (int i = 0; rc == SQLITE_OK && i < info->nConstraint; i++) {
    if (info->aConstraint[i].iColumn == WOW_FILTER_COLUMN(relation))
      rc = consider_filter(p, i);
    else
      consider_for_groups(p, i);
  }
  number_filter_argument(p);
  for (int i = 0; i < relation->n_columns; i++)
    n_keys += p->plan.columns[i];
  info->estimatedRows = n_keys ? 100 : 1;
  info->estimatedCost = WOW_COST_REQUEST + (double)info->estimatedRows * WOW_COST_ROW;
  if (p->is_outside) info->estimatedCost = WOW_COST_OUTSIDE;
  return rc == SQLITE_OK ? hand_over(p) : rc;
}

int wow_plan_best_index(const struct wow_plan_context *context, sqlite3_index_info *info) {
  struct planner p = {.context = context, .info = info, .limit = -1, .offset = -1};
  int rc = plan_init(&p.plan, context->relation);
  if (rc != SQLITE_OK) return rc;
  p.plan.aggregates = used_aggregates(context, info);
  if (p.plan.aggregates) {
    rc = plan_groups(&p);
    wow_plan_notes_free(p.notes);
    wow_plan_reset(&p.plan);
    return rc;
  }
  take_columns(&p);
  for (int i = 0; rc == SQLITE_OK && i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];
    if (c->iColumn == WOW_FILTER_COLUMN(context->relation))
      rc = consider_filter(&p, i);
    else if (!c->usable)
      continue;
    else if (c->op == SQLITE_INDEX_CONSTRAINT_LIMIT)
      p.limit = i;
    else if (c->op == SQLITE_INDEX_CONSTRAINT_OFFSET)
      p.offset = i;
    else
      consider(&p, i);
  }
  if (rc == SQLITE_OK) {
    number_filter_argument(&p);
    keep_hints_here(&p);
    consider_order(&p);
    consider_limit(&p);
    estimate(&p);
    rc = p.rc == SQLITE_OK ? hand_over(&p) : p.rc;
  }
  wow_plan_notes_free(p.notes);
  wow_plan_reset(&p.plan);
  return rc;
}
