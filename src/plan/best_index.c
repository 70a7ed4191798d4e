/*
** xBestIndex: the order, the limit and the cost of a plan, see best_index.h; its terms are
** terms.c's to choose.
**
** Assumptions about SQLite:
**   - LIMIT is passed although SQLite may filter on, so it only sets the size of the first page.
**   - The arms of a compound SELECT are asked for sorted rows and are then merged by SQLite's own
**     collation, which would lose or double rows if text came in another order. That a LIMIT is
**     passed with ORDER BY shows that no such merge follows; so text in the server's collation is
**     sorted there only then. Without a LIMIT every row travels anyway, and sorting costs no
**     request.
**   - For a relation without a key every plan costs the same: then SQLite does not answer "a = 1 OR
**     b = 2" by two scans, where one will do that sends both terms or reads the whole in one go.
*/
#include "plan/best_index.h"

#include <string.h>

#include "plan/bracket_plan.h"
#include "plan/terms.h"
#include "types/shippable.h"

void wow_best_index_free_notes(struct wow_plan_note *notes) {
  while (notes) {
    struct wow_plan_note *next = notes->next;
    sqlite3_free(notes->plan);
    sqlite3_free(notes->term);
    sqlite3_free(notes->reason);
    sqlite3_free(notes);
    notes = next;
  }
}

/* ---------------------------------------------------------------- order and limit */

/* The responses to a list that is cut into several requests cannot be merged in the server's order.
** With a LIMIT the list is sent whole or not at all, and SQLite looks again. */
static bool may_cut_list(const struct wow_planner *p, const struct wow_plan_term *term) {
  const struct wow_type *type = &p->context->relation->columns[term->column].type;
  return term->op == WOW_IN && (p->limit < 0 || wow_terms_must_omit(p, type, WOW_IN));
}

/* Why a column cannot be sorted by there; NULL: it can. */
static const char *reason_against(const struct wow_planner *p, int column) {
  if (column < 0) return "the rowid of a composite key is made here";
  const struct wow_column *c = &p->context->relation->columns[column];
  if (c->embed) return "it is a column of another table";
  if (!wow_relation_can_name(c)) return WOW_REASON_UNNAMED;
  const char *reason = wow_shippable_order_reason(&c->type, p->context->collation);
  if (reason == NULL && c->type.family == WOW_TEXT &&
      p->context->collation == WOW_COLLATION_SERVER && p->limit < 0) {
    reason = "without a LIMIT, SQLite might merge it with rows in its own text order";
  }
  return reason;
}

static void consider_order(struct wow_planner *p) {
  const sqlite3_index_info *info = p->info;
  const char *reason = NULL;
  if (!p->context->ship || info->nOrderBy == 0) return;
  if (info->nOrderBy > WOW_MAX_ORDER) reason = "it has more terms than are sent";
  for (int i = 0; i < p->plan.n_terms; i++) {
    if (may_cut_list(p, &p->plan.terms[i])) reason = "an IN list may need several requests";
  }
  for (int i = 0; reason == NULL && i < info->nOrderBy; i++) {
    int column = wow_terms_column(p->context->relation, info->aOrderBy[i].iColumn);
    reason = reason_against(p, column);
    p->plan.order[i] = (struct wow_plan_order){column, info->aOrderBy[i].desc};
  }
  if (reason) {
    wow_terms_note(p, "ORDER BY", reason);
    return;
  }
  for (int i = 0; i < p->plan.n_terms; i++) {
    if (p->plan.terms[i].op == WOW_IN) wow_terms_look_again(p, i);
  }
  p->plan.n_order = info->nOrderBy;
  p->info->orderByConsumed = 1;
}

/* LIMIT n OFFSET m makes the first page n + m rows long, if nothing is left that drops rows. */
static void consider_limit(struct wow_planner *p) {
  bool sorted_here = p->info->nOrderBy > 0 && p->plan.n_order == 0;
  if (p->limit < 0 || !p->context->ship || p->n_local > 0 || sorted_here) return;
  p->plan.has_limit = true;
  p->info->aConstraintUsage[p->limit].argvIndex = ++p->n_args;
  if (p->offset < 0) return;
  p->plan.has_offset = true;
  p->info->aConstraintUsage[p->offset].argvIndex = ++p->n_args;
}

/* ---------------------------------------------------------------- cost */

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

/* Is it one row? A guess about costs only. SQLITE_INDEX_SCAN_UNIQUE would let SQLite leave a joined
** table out, and whether its key is one in fact (see catalog/openapi.c) shows when rows come. */
static bool is_unique(const struct wow_planner *p) {
  const struct wow_relation *relation = p->context->relation;
  for (int k = 0; k < relation->n_key; k++) {
    if (!wow_plan_has_term(&p->plan, relation->key[k], WOW_EQ)) return false;
  }
  return relation->n_key > 0;
}

static void estimate(struct wow_planner *p) {
  sqlite3_index_info *info = p->info;
  double rows = p->context->n_rows;
  if (wow_relation_key_kind(p->context->relation) == WOW_KEY_NONE) {
    info->estimatedCost = WOW_COST_REQUEST + rows * WOW_COST_ROW;
    info->estimatedRows = (sqlite3_int64)rows;
    return;
  }
  if (is_unique(p)) {
    rows = 1;
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

/* ---------------------------------------------------------------- handing over */

/* Does SQLite say that the statement uses the column? */
static bool is_used(const struct wow_planner *p, int column) {
  column = wow_brackets_declared(p->context->brackets, p->context->relation, column);
  int bit = column < WOW_MAX_TOLD_COLUMNS ? column : WOW_MAX_TOLD_COLUMNS;
  return (p->info->colUsed >> bit) & 1;
}

static void take_columns(struct wow_planner *p) {
  const struct wow_relation *relation = p->context->relation;
  for (int i = 0; i < relation->n_columns; i++) {
    p->plan.columns[i] = is_used(p, i);
  }
  for (int i = 0; i < relation->n_key; i++)
    p->plan.columns[relation->key[i]] = true;
}

static bool is_ordered_by(const struct wow_planner *p, int column) {
  for (int i = 0; i < p->info->nOrderBy; i++) {
    if (wow_terms_column(p->context->relation, p->info->aOrderBy[i].iColumn) == column) return true;
  }
  return false;
}

/* Completes what the plan says of the statement itself. */
static void describe_statement(struct wow_planner *p) {
  const struct wow_relation *relation = p->context->relation;
  struct wow_plan *plan = &p->plan;
  int nth = 0;
  plan->collation = p->context->collation;
  plan->groups = sqlite3_vtab_distinct(p->info) > 0;
  plan->uses_nothing = p->info->colUsed == 0;
  for (int i = 0; i < relation->n_key; i++) {
    bool is_shared = i >= WOW_PLAN_KEY_BITS;
    if (is_shared || is_used(p, relation->key[i])) plan->key_used |= 1u << i % WOW_PLAN_KEY_BITS;
  }
  for (int i = 0; i < relation->n_columns && nth < WOW_PLAN_ORDER_BITS; i++) {
    if (!is_used(p, i)) continue;
    if (is_ordered_by(p, i)) plan->ordered |= 1u << nth;
    nth++;
  }
}

/* Takes the ranges that SQLite derives from LIKE and GLOB: only where it need not look at these
** does it believe that it need not look at the pattern. */
static void omit_ranges(struct wow_planner *p, int column) {
  for (int i = 0; i < p->info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &p->info->aConstraint[i];
    struct sqlite3_index_constraint_usage *usage = &p->info->aConstraintUsage[i];
    bool is_range = c->op == SQLITE_INDEX_CONSTRAINT_GE || c->op == SQLITE_INDEX_CONSTRAINT_LT;
    if (!c->usable || !is_range || wow_terms_column(p->context->relation, c->iColumn) != column)
      continue;
    if (usage->argvIndex == 0) usage->argvIndex = ++p->n_args;
    usage->omit = 1;
  }
}

static void change_plan(struct wow_planner *p, const struct wow_plan_change *change) {
  int n = 0;
  if (change->relation != p->context->relation) return;
  if (change->op == WOW_LIKE || change->op == WOW_GLOB) omit_ranges(p, change->column);
  for (int i = 0; i < p->plan.n_terms; i++) {
    const struct wow_plan_term *term = &p->plan.terms[i];
    if (term->column != change->column || term->op != change->op || n++ != change->nth) continue;
    p->info->aConstraintUsage[p->term_constraints[i]].omit = change->omit;
  }
}

int wow_best_index_hand_over(struct wow_planner *p) {
  if (p->rc != SQLITE_OK) return p->rc;
  if (p->context->change) change_plan(p, p->context->change);
  char *text = wow_plan_text(&p->plan, p->context->relation, p->context->brackets);
  if (text == NULL) return SQLITE_NOMEM;
  describe_statement(p);
  p->info->idxNum = wow_plan_number(&p->plan);
  p->info->idxStr = text;
  p->info->needToFreeIdxStr = 1;
  wow_terms_add_note(p, WOW_NOTE_PLAN, "", "");
  while (p->notes) {
    struct wow_plan_note *n = p->notes;
    p->notes = n->next;
    n->plan = sqlite3_mprintf("%s", text);
    n->number = p->info->idxNum;
    n->next = *p->context->notes;
    *p->context->notes = n;
    if (n->plan == NULL) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

/* Plans a scan of rows. */
static int choose_rows(struct wow_planner *p) {
  const sqlite3_index_info *info = p->info;
  int rc = SQLITE_OK;
  take_columns(p);
  for (int i = 0; rc == SQLITE_OK && i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];
    if (c->iColumn == WOW_FILTER_COLUMN(p->context->relation))
      rc = wow_terms_consider_filter(p, i);
    else if (!c->usable)
      continue;
    else if (c->op == SQLITE_INDEX_CONSTRAINT_LIMIT)
      p->limit = i;
    else if (c->op == SQLITE_INDEX_CONSTRAINT_OFFSET)
      p->offset = i;
    else
      wow_terms_consider(p, i);
  }
  if (rc != SQLITE_OK) return rc;
  wow_terms_number_filter(p);
  wow_terms_keep_hints(p);
  consider_order(p);
  consider_limit(p);
  estimate(p);
  return wow_best_index_hand_over(p);
}

/* Numbers the columns as the relation has them, or as SQLite does. */
static void number_columns(const struct wow_plan_context *context, sqlite3_index_info *info,
                           bool as_declared) {
  int (*number)(const struct wow_brackets *, const struct wow_relation *, int) =
      as_declared ? wow_brackets_declared : wow_brackets_own;
  if (!context->brackets->come_first) return;
  for (int i = 0; i < info->nConstraint; i++) {
    int *column = &info->aConstraint[i].iColumn;
    /* LIMIT and OFFSET are of no column. */
    if (info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_LIMIT &&
        info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_OFFSET)
      *column = number(context->brackets, context->relation, *column);
  }
  for (int i = 0; i < info->nOrderBy; i++) {
    int *column = &info->aOrderBy[i].iColumn;
    *column = number(context->brackets, context->relation, *column);
  }
}

int wow_best_index_choose(const struct wow_plan_context *context, sqlite3_index_info *info) {
  struct wow_planner p = {.context = context, .info = info, .limit = -1, .offset = -1};
  int rc = wow_plan_init(&p.plan, context->relation);
  if (rc != SQLITE_OK) return rc;
  p.plan.brackets = wow_bracket_plan_used(&p);
  number_columns(context, info, false);
  rc = p.plan.brackets ? wow_bracket_plan_make(&p) : choose_rows(&p);
  number_columns(context, info, true);
  wow_best_index_free_notes(p.notes);
  wow_plan_reset(&p.plan);
  return rc;
}
