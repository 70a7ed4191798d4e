/*
** Which terms go to the server: types/shippable.c says which mean the same there, and here is what
** the statement and SQLite add to that.
**
** Assumptions about SQLite:
**   - "omit" is honoured only for the first WOW_MAX_OMIT constraints and arguments; a term whose
**     meaning is the server's must not be looked at again, so beyond that it is not sent at all.
**   - The rowid column is an integer key.
*/
#include "plan/terms.h"

#include <string.h>

#include "types/shippable.h"

void wow_terms_add_note(struct wow_planner *p, enum wow_plan_note_kind kind, const char *term,
                        const char *reason) {
  if (p->context->notes == NULL || p->rc != SQLITE_OK) return;
  struct wow_plan_note *note = sqlite3_malloc64(sizeof(*note));
  if (note == NULL) {
    p->rc = SQLITE_NOMEM;
    return;
  }
  memset(note, 0, sizeof(*note));
  note->term = sqlite3_mprintf("%s", term);
  note->reason = sqlite3_mprintf("%s", reason);
  note->kind = kind;
  note->context = *p->context;
  note->next = p->notes;
  p->notes = note;
  if (note->term == NULL || note->reason == NULL) p->rc = SQLITE_NOMEM;
}

void wow_terms_note(struct wow_planner *p, const char *term, const char *reason) {
  p->n_local++;
  wow_terms_add_note(p, WOW_NOTE_TERM, term, reason);
}

static void note_term(struct wow_planner *p, const char *column, enum wow_op op,
                      const char *reason) {
  char *term = sqlite3_mprintf("%s %s%s", column, wow_op_sql(op), wow_op_has_value(op) ? " ?" : "");
  wow_terms_note(p, term ? term : column, reason);
  sqlite3_free(term);
}

bool wow_terms_op(const struct wow_planner *p, int constraint, enum wow_op *op) {
  switch (p->info->aConstraint[constraint].op) {
  case SQLITE_INDEX_CONSTRAINT_EQ:
    *op = constraint < WOW_MAX_IN && sqlite3_vtab_in(p->info, constraint, -1) ? WOW_IN : WOW_EQ;
    return true;
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

int wow_terms_column(const struct wow_relation *relation, int number) {
  if (number >= 0) return number < relation->n_columns ? number : -1;
  return wow_relation_key_kind(relation) == WOW_KEY_ROWID ? relation->key[0] : -1;
}

bool wow_terms_must_omit(const struct wow_planner *p, const struct wow_type *type, enum wow_op op) {
  if (wow_op_is_servers_own(op)) return true;
  if (wow_type_is_server_valued(type)) return wow_op_is_comparison(op);
  return type->family == WOW_TEXT && wow_op_is_range(op) &&
         p->context->collation == WOW_COLLATION_SERVER;
}

bool wow_terms_is_binary(const struct wow_planner *p, int constraint) {
  const char *collation = sqlite3_vtab_collation(p->info, constraint);
  return collation && sqlite3_stricmp(collation, "BINARY") == 0;
}

void wow_terms_add(struct wow_planner *p, int constraint, const struct wow_plan_term *term,
                   bool omit) {
  struct sqlite3_index_constraint_usage *usage = &p->info->aConstraintUsage[constraint];
  p->term_constraints[p->plan.n_terms] = constraint;
  p->plan.terms[p->plan.n_terms++] = *term;
  usage->argvIndex = ++p->n_args;
  usage->omit = omit;
  if (term->op == WOW_IN) sqlite3_vtab_in(p->info, constraint, 1);
}

void wow_terms_look_again(struct wow_planner *p, int term) {
  p->plan.terms[term].is_exact = false;
  p->info->aConstraintUsage[p->term_constraints[term]].omit = 0;
}

/* The text that a literal right-hand side has; NULL: it is not a literal, or not a text. */
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
** SQLite adds the range from 'ab' to 'ac' to LIKE 'ab%' and GLOB 'ab*', which is right in bytewise
** order only: in a linguistic order 'aB' or 'áb' may lie elsewhere. Is this range term one of
** those? With an ESCAPE clause the range comes alone.
*/
static bool is_pattern_range(const struct wow_planner *p, int constraint) {
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

bool wow_terms_is_implied_range(const struct wow_planner *p, int constraint) {
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

void wow_terms_keep_hints(struct wow_planner *p) {
  for (int i = 0; i < p->plan.n_terms; i++) {
    const struct wow_plan_term *term = &p->plan.terms[i];
    if (term->op == WOW_IN && wow_plan_has_term(&p->plan, term->column, WOW_EQ)) {
      wow_terms_look_again(p, i);
    }
  }
}

/* Do texts, or blobs that a pattern is matched with as texts, have another order on the server? */
static bool has_own_text_order(const struct wow_planner *p, enum wow_family family) {
  if (family == WOW_BYTEA) return true;
  return family == WOW_TEXT && p->context->collation == WOW_COLLATION_SERVER;
}

/* Why a term that types/shippable.c would send is not; NULL: it is. */
static const char *reason_against(const struct wow_planner *p, int constraint,
                                  const struct wow_column *column, enum wow_op op) {
  bool can_omit = constraint < WOW_MAX_OMIT && p->n_args < WOW_MAX_OMIT;
  if (!wow_relation_can_name(column)) return WOW_REASON_UNNAMED;
  if (column->embed && (op == WOW_IS || op == WOW_IS_NOT || op == WOW_IS_NULL)) {
    return "rows that refer to no row of the other table must not be lost";
  }
  if (wow_op_is_comparison(op) && !wow_terms_is_binary(p, constraint)) {
    return "the collation is not BINARY";
  }
  if (wow_op_is_range(op) && has_own_text_order(p, column->type.family) &&
      is_pattern_range(p, constraint)) {
    return "a range of a LIKE or GLOB prefix holds in bytewise order only";
  }
  if (p->plan.n_terms == WOW_MAX_TERMS) return "the statement has more terms than are sent";
  if (wow_terms_must_omit(p, &column->type, op) && !can_omit) {
    return "SQLite would look again at more than 16 terms, by other rules";
  }
  return NULL;
}

void wow_terms_consider(struct wow_planner *p, int constraint) {
  const struct wow_relation *relation = p->context->relation;
  int index = wow_terms_column(relation, p->info->aConstraint[constraint].iColumn);
  struct wow_plan_term term = {.column = index};
  if (index < 0 || !wow_terms_op(p, constraint, &term.op)) {
    p->n_local++;
    return;
  }
  const struct wow_column *column = &relation->columns[index];
  sqlite3_value *literal = NULL;
  if (term.op != WOW_IN) sqlite3_vtab_rhs_value(p->info, constraint, &literal);
  struct wow_rule rule = wow_shippable_rule(&column->type, term.op, p->context->collation, literal);
  const char *reason = reason_against(p, constraint, column, term.op);
  if (!p->context->ship) {
    note_term(p, column->name, term.op, "sending terms is switched off (wowsql_config('ship', 0))");
  } else if (rule.ship == WOW_LOCAL || reason) {
    note_term(p, column->name, term.op, rule.ship == WOW_LOCAL ? rule.reason : reason);
  } else {
    bool can_omit = constraint < WOW_MAX_OMIT && p->n_args < WOW_MAX_OMIT;
    bool is_other_value = literal == NULL && term.op == WOW_EQ;
    if (is_other_value && !wow_shippable_has_one_text(&column->type))
      wow_terms_add_note(p, WOW_NOTE_AHEAD, column->name,
                         "equal values of the column can be written in several ways");
    p->is_lookup = p->is_lookup || (is_other_value && wow_shippable_has_one_text(&column->type));
    term.is_exact =
        (rule.ship == WOW_EXACT && can_omit) || wow_terms_must_omit(p, &column->type, term.op);
    wow_terms_add(p, constraint, &term, term.is_exact);
  }
}

int wow_terms_consider_filter(struct wow_planner *p, int constraint) {
  const struct sqlite3_index_constraint *c = &p->info->aConstraint[constraint];
  if (c->op != SQLITE_INDEX_CONSTRAINT_EQ) return SQLITE_OK;
  if (!c->usable) return SQLITE_CONSTRAINT;
  if (p->plan.has_filter) return SQLITE_OK; /* SQLite compares a second one with the first */
  p->plan.has_filter = true;
  p->info->aConstraintUsage[constraint].omit = 1;
  return SQLITE_OK;
}

void wow_terms_number_filter(struct wow_planner *p) {
  int column = WOW_FILTER_COLUMN(p->context->relation);
  for (int i = 0; p->plan.has_filter && i < p->info->nConstraint; i++) {
    if (p->info->aConstraint[i].iColumn != column || !p->info->aConstraintUsage[i].omit) continue;
    p->info->aConstraintUsage[i].argvIndex = ++p->n_args;
    return;
  }
}
