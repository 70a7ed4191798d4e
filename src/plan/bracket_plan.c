/*
** Plans of statements that read bracketed aggregates: the keys to group by, and the conditions.
*/
#include "plan/bracket_plan.h"

#include <string.h>

#include "plan/terms.h"
#include "types/shippable.h"

/* All bits set say nothing: SQLite asks for every column where it does not know better. */
sqlite3_uint64 wow_bracket_plan_used(const struct wow_planner *p) {
  sqlite3_uint64 used = 0;
  if (p->info->colUsed == ~(sqlite3_uint64)0) return 0;
  for (int i = 0; i < p->context->brackets->n; i++) {
    int column = wow_brackets_declared(p->context->brackets, p->context->relation,
                                       WOW_BRACKET_COLUMN(p->context->relation, i));
    if (p->info->colUsed >> column & 1) used |= (sqlite3_uint64)1 << i;
  }
  return used;
}

/* date(c) is a key where the statement groups by it; where it is only read, it is not. */
static void forget_dates(struct wow_planner *p) {
  for (int i = 0; i < p->context->brackets->n; i++) {
    bool is_date = p->context->brackets->list[i].kind == WOW_DATE_OF;
    if (is_date) p->plan.brackets &= ~((sqlite3_uint64)1 << i);
  }
}

/*
** Are the columns that SQLite passes as an order those of GROUP BY? DISTINCT is as good, if it
** wants no aggregates. From 3.53 on SQLite does not tell GROUP BY with ORDER BY from ORDER BY
** alone: then it is assumed, and the bytecode shows whether it was right when the plan is run. A
** LIMIT is passed with ORDER BY alone only.
*/
static bool is_grouping(struct wow_planner *p) {
  int distinct = sqlite3_vtab_distinct(p->info);
  if (p->info->nOrderBy == 0) return false;
  if (distinct > 0) return distinct == 1 || p->plan.brackets == 0;
  for (int i = 0; i < p->info->nConstraint; i++) {
    if (p->info->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_LIMIT) return false;
  }
  p->plan.assumes_groups = sqlite3_libversion_number() >= 3053000;
  return p->plan.assumes_groups;
}

/* A column to group by. */
static void group_by(struct wow_planner *p, int number) {
  const struct wow_relation *relation = p->context->relation;
  int bracket = number - WOW_BRACKET_COLUMN(relation, 0);
  if (bracket >= 0) {
    /* Of the hidden columns only date(c) is a key; ORDER BY may name the others. */
    p->plan.brackets |= (sqlite3_uint64)1 << bracket;
  } else {
    int column = wow_terms_column(relation, number);
    if (column >= 0) p->plan.columns[column] = true;
  }
}

/* A column that is looked up by a value that is not known yet, in a join perhaps, is a key besides:
** it changes no group, as it has one value, and tells which group belongs to which lookup. */
static void group_by_lookup(struct wow_planner *p, int constraint, int column) {
  const struct wow_type *type = &p->context->relation->columns[column].type;
  sqlite3_value *literal = NULL;
  sqlite3_vtab_rhs_value(p->info, constraint, &literal);
  bool is_good = wow_shippable_has_one_text(type) && wow_shippable_can_group(type);
  if (literal == NULL && is_good) p->plan.columns[column] = true;
}

/* Is there an = term for the column of an IN list? Then the list is left to SQLite, see bind.c. */
static bool has_equal(const struct wow_planner *p, int number) {
  for (int i = 0; i < p->info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &p->info->aConstraint[i];
    enum wow_op op;
    bool is_equal = c->usable && c->iColumn == number && wow_terms_op(p, i, &op) && op == WOW_EQ;
    if (is_equal) return true;
  }
  return false;
}

/* Does the server decide this term as SQLite does? Whether a text that is not a constant is a text
** shows with its value (see wow_binding.is_exact). */
static bool is_exact(const struct wow_planner *p, int constraint,
                     const struct wow_plan_term *term) {
  const struct wow_column *column = &p->context->relation->columns[term->column];
  sqlite3_value *literal = NULL;
  if (term->op != WOW_IN) sqlite3_vtab_rhs_value(p->info, constraint, &literal);
  struct wow_rule rule =
      wow_shippable_rule(&column->type, term->op, p->context->collation, literal);
  return column->embed == NULL && wow_relation_can_name(column) && rule.ship == WOW_EXACT;
}

/* A condition of a statement with bracketed aggregates. */
static void consider(struct wow_planner *p, int constraint) {
  const struct sqlite3_index_constraint *c = &p->info->aConstraint[constraint];
  struct wow_plan_term term = {.column = wow_terms_column(p->context->relation, c->iColumn)};
  /* A condition on groups is SQLite's, as HAVING is. */
  if (term.column < 0 || !wow_terms_op(p, constraint, &term.op)) return;
  if (!c->usable) {
    p->is_outside = p->is_outside || !p->plan.columns[term.column];
    return;
  }
  if (p->plan.n_terms == WOW_MAX_TERMS) return;
  if (wow_op_is_comparison(term.op) && !wow_terms_is_binary(p, constraint) &&
      !wow_terms_is_implied_range(p, constraint)) {
    return;
  }
  if (term.op == WOW_IN && has_equal(p, c->iColumn)) return;
  if (term.op == WOW_EQ) group_by_lookup(p, constraint, term.column);
  term.is_exact = is_exact(p, constraint, &term);
  wow_terms_add(p, constraint, &term, true);
}

/*
** The keys are the columns of GROUP BY, which SQLite passes as an order. All conditions are taken:
** what the server cannot decide is computed from rows, see scan/bracket_scan.c. Joined, this table
** comes after the one that it is joined with, where SQLite has the choice, so that the aggregates
** are computed for each row of that one.
*/
int wow_bracket_plan_make(struct wow_planner *p) {
  sqlite3_index_info *info = p->info;
  const struct wow_relation *relation = p->context->relation;
  int rc = SQLITE_OK, n_keys = 0;
  p->plan.has_brackets = true;
  memset(p->plan.columns, 0, sizeof(bool) * (size_t)relation->n_columns);
  forget_dates(p);
  if (is_grouping(p)) {
    for (int i = 0; i < info->nOrderBy; i++)
      group_by(p, info->aOrderBy[i].iColumn);
  }
  for (int i = 0; rc == SQLITE_OK && i < info->nConstraint; i++) {
    if (info->aConstraint[i].iColumn == WOW_FILTER_COLUMN(relation))
      rc = wow_terms_consider_filter(p, i);
    else
      consider(p, i);
  }
  wow_terms_number_filter(p);
  for (int i = 0; i < relation->n_columns; i++)
    n_keys += p->plan.columns[i];
  info->estimatedRows = n_keys ? 100 : 1;
  info->estimatedCost = WOW_COST_REQUEST + (double)info->estimatedRows * WOW_COST_ROW;
  if (p->is_outside) info->estimatedCost = WOW_COST_OUTSIDE;
  return rc == SQLITE_OK ? wow_best_index_hand_over(p) : rc;
}
