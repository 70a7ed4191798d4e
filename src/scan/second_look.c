/*
** The second plan, see second_look.h. The instructions looked for, with their operands: VFilter
** (cursor); VColumn (cursor, column) and Rowid (cursor); Lt, Le, Gt, Ge, whose fifth operand has
** the affinity in its low bits; NullRow, which every outer join has. (The list of an IN ends with a
** NullRow, too, and a Return.)
**
** The two terms of BETWEEN are looked at together, the lower bound by Lt or Ge, the upper one by Gt
** or Le: SQLite does not look at either if both are left to the server, and at both otherwise.
*/
#include "scan/second_look.h"

#include <string.h>

#include "plan/best_index.h"
#include "server/program.h"
#include "server/run.h"

/* SQLite's codes of affinities (sqliteInt.h), as they appear in bytecode. */
#define AFFINITY_MASK 0x47
#define AFFINITY_TEXT 0x42
#define AFFINITY_NUMERIC 0x43

/* What of a statement's bytecode depends on the term. */
struct tally {
  bool is_known; /* the plan was found in the bytecode */
  bool has_outer_join;
  int n_reads;                       /* of the term's column */
  int n_compares[2][WOW_AS_UNKNOWN]; /* of anything, by bound (lower, upper) and how */
};

struct wow_second_look {
  sqlite3_uint64 run; /* of the statements that were looked at, see run.h; 0: none */
  char *plan_text;
  bool is_placed;                  /* terms were asked where they belong */
  bool is_compared[WOW_MAX_TERMS]; /* this term was asked how it is compared */
  struct wow_term_look looks[WOW_MAX_TERMS];
  unsigned char
      *refused; /* for each column of the relation: bits of what is refused; NULL: nothing */
};

#define REFUSED_PATTERNS 1
#define REFUSED_COMPARISONS 2

struct wow_second_look *wow_second_look_new(void) {
  struct wow_second_look *look = sqlite3_malloc64(sizeof(*look));
  if (look) memset(look, 0, sizeof(*look));
  return look;
}

void wow_second_look_free(struct wow_second_look *look) {
  if (look) sqlite3_free(look->plan_text);
  if (look) sqlite3_free(look->refused);
  sqlite3_free(look);
}

/* ---------------------------------------------------------------- tallies */

/* Which filters are the scan's: those of the plan. A statement that would be planned differently by
** now has none; but where it has one cursor of the relation, that is it. WOW_OP_OTHER: it has
** several. */
static enum wow_opcode own_filter(const struct wow_program *program) {
  int cursor = -1;
  bool has_several = false;
  for (int i = 0; i < program->n; i++) {
    const struct wow_instruction *op = &program->ops[i];
    if (op->code == WOW_OP_FILTER) return WOW_OP_FILTER;
    if (op->code != WOW_OP_OTHER_FILTER) continue;
    has_several = has_several || (cursor >= 0 && cursor != op->p1);
    cursor = op->p1;
  }
  return cursor < 0 || has_several ? WOW_OP_OTHER : WOW_OP_OTHER_FILTER;
}

static bool is_own(const struct wow_program *program, enum wow_opcode filter, int cursor) {
  for (int i = 0; i < program->n; i++) {
    if (program->ops[i].code == filter && program->ops[i].p1 == cursor) return true;
  }
  return false;
}

static enum wow_compared_as compared_as(int p5) {
  int affinity = p5 & AFFINITY_MASK;
  if (affinity >= AFFINITY_NUMERIC) return WOW_AS_NUMBER;
  return affinity == AFFINITY_TEXT ? WOW_AS_TEXT : WOW_AS_IT_IS;
}

/* Adds what one program does. `column`: the term's; -1: there is none. */
static void count(struct tally *tally, const struct wow_program *program, int column,
                  bool is_rowid) {
  enum wow_opcode filter = own_filter(program);
  for (int i = 0; i < program->n; i++) {
    const struct wow_instruction *op = &program->ops[i];
    bool is_list_end = i + 1 < program->n && program->ops[i + 1].code == WOW_OP_RETURN;
    if (op->code == WOW_OP_NULL_ROW && !is_list_end) tally->has_outer_join = true;
    if (filter == WOW_OP_OTHER) continue;
    if (op->code == WOW_OP_COMPARE_LOWER) tally->n_compares[0][compared_as(op->p5)]++;
    if (op->code == WOW_OP_COMPARE_UPPER) tally->n_compares[1][compared_as(op->p5)]++;
    bool is_read = (op->code == WOW_OP_VIRTUAL_COLUMN && op->p2 == column) ||
                   (op->code == WOW_OP_ROWID && is_rowid);
    if (is_read && is_own(program, filter, op->p1)) tally->n_reads++;
  }
  if (filter != WOW_OP_OTHER) tally->is_known = true;
}

static void count_all(struct tally *tally, const struct wow_program *all, int column,
                      bool is_rowid) {
  for (int i = 0, n; i < all->n; i += n) {
    struct wow_program program = wow_program_part(all, i);
    n = program.n;
    count(tally, &program, column, is_rowid);
  }
}

/* Lists what the running statements do, planned with this change (NULL: none). A statement that
** cannot be listed is one about which nothing is known. SQLITE_OK or SQLITE_NOMEM. */
static int list(struct tally *tally, const struct wow_target *target, const char *plan_text,
                const struct wow_plan_change *change) {
  sqlite3 *db = target->conn->db;
  int rc = SQLITE_OK;
  bool is_clear = true;
  int column = change ? change->column : -1;
  bool is_rowid = change && wow_relation_key_kind(target->relation) == WOW_KEY_ROWID &&
                  target->relation->key[0] == column;
  memset(tally, 0, sizeof(*tally));
  target->conn->plan_change = change;
  for (sqlite3_stmt *stmt = wow_run_next_busy(db, NULL); rc != SQLITE_NOMEM && stmt;
       stmt = wow_run_next_busy(db, stmt)) {
    struct wow_program program = {0};
    const char *sql = wow_program_running_text(stmt);
    if (sql == NULL) continue;
    rc = wow_program_list(&program, db, sql, plan_text);
    if (rc == SQLITE_OK) count_all(tally, &program, column, is_rowid);
    is_clear = is_clear && rc == SQLITE_OK;
    wow_program_reset(&program);
  }
  target->conn->plan_change = NULL;
  tally->is_known = tally->is_known && is_clear;
  if (!is_clear) tally->has_outer_join = true;
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

/* ---------------------------------------------------------------- terms */

static struct wow_plan_change change_of(const struct wow_target *target,
                                        const struct wow_plan *plan, int term) {
  const struct wow_plan_term *t = &plan->terms[term];
  struct wow_plan_change change = {.relation = target->planned, .column = t->column, .op = t->op};
  for (int i = 0; i < term; i++)
    change.nth += plan->terms[i].column == t->column && plan->terms[i].op == t->op;
  return change;
}

/* Lists twice: with the term left to the server, and with SQLite looking at it, too. */
static int list_both(struct tally *without, struct tally *with, const struct wow_target *target,
                     const struct wow_plan *plan, int term) {
  struct wow_plan_change change = change_of(target, plan, term);
  change.omit = true;
  int rc = list(without, target, plan->text, &change);
  change.omit = false;
  return rc == SQLITE_OK ? list(with, target, plan->text, &change) : rc;
}

static int place_term(struct wow_second_look *look, const struct wow_target *target,
                      const struct wow_plan *plan, int term) {
  struct tally without, with;
  int rc = list_both(&without, &with, target, plan, term);
  if (rc != SQLITE_OK) return rc;
  bool is_known = without.is_known && with.is_known;
  bool is_own_term = is_known && with.n_reads > without.n_reads;
  look->looks[term].is_elsewhere = !is_own_term;
  look->looks[term].is_doubtful = !is_known;
  return SQLITE_OK;
}

static int place_terms(struct wow_second_look *look, const struct wow_target *target,
                       const struct wow_plan *plan) {
  struct tally tally = {0};
  int rc = SQLITE_OK, n = 0;
  look->is_placed = true;
  for (int i = 0; i < plan->n_terms; i++)
    n += wow_op_is_virtual(plan->terms[i].op);
  if (n > 0) rc = list(&tally, target, plan->text, NULL);
  for (int i = 0; rc == SQLITE_OK && tally.has_outer_join && i < plan->n_terms; i++) {
    if (wow_op_is_virtual(plan->terms[i].op)) rc = place_term(look, target, plan, i);
  }
  return rc;
}

/* How the additional comparisons of one kind of bound are made; their number in *n. */
static enum wow_compared_as added(const struct tally *without, const struct tally *with, int bound,
                                  int *n) {
  enum wow_compared_as added = WOW_AS_UNKNOWN;
  *n = 0;
  for (int as = 0; as < WOW_AS_UNKNOWN; as++) {
    if (with->n_compares[bound][as] == without->n_compares[bound][as]) continue;
    added = (enum wow_compared_as)as;
    ++*n;
  }
  return *n == 1 ? added : WOW_AS_UNKNOWN;
}

static int compare_term(struct wow_second_look *look, const struct wow_target *target,
                        const struct wow_plan *plan, int term) {
  struct tally without, with;
  struct wow_term_look *found = &look->looks[term];
  enum wow_op op = plan->terms[term].op;
  int rc = list_both(&without, &with, target, plan, term), n_lower, n_upper;
  look->is_compared[term] = true;
  if (rc != SQLITE_OK || !without.is_known || !with.is_known) return rc;
  enum wow_compared_as lower = added(&without, &with, 0, &n_lower);
  enum wow_compared_as upper = added(&without, &with, 1, &n_upper);
  bool is_lower = op == WOW_GT || op == WOW_GE;
  if (n_lower > 0 && n_upper > 0)
    found->as = is_lower ? lower : upper; /* BETWEEN */
  else
    found->as = n_lower ? lower : upper; /* turned around or not */
  /* It makes no difference: the term is a part of one that SQLite looks at as a whole. */
  if (n_lower == 0 && n_upper == 0) found->is_elsewhere = true;
  return SQLITE_OK;
}

static int begin(struct wow_second_look *look, const char *plan_text, sqlite3_uint64 run) {
  if (run && look->run == run && strcmp(look->plan_text, plan_text) == 0) return SQLITE_OK;
  sqlite3_free(look->plan_text);
  *look = (struct wow_second_look){.refused = look->refused};
  for (int i = 0; i < WOW_MAX_TERMS; i++)
    look->looks[i].as = WOW_AS_UNKNOWN;
  look->plan_text = sqlite3_mprintf("%s", plan_text);
  if (look->plan_text == NULL) return SQLITE_NOMEM;
  look->run = run;
  return SQLITE_OK;
}

static unsigned char bit_of(enum wow_op op) {
  if (op == WOW_LIKE || op == WOW_GLOB) return REFUSED_PATTERNS;
  return wow_op_is_comparison(op) ? REFUSED_COMPARISONS : 0;
}

/* Might this error be about the term? Feature not supported (0A000): a pattern under a
** nondeterministic collation. Undefined function (42883): an operator that a user's type lacks. */
static bool may_be_about(const struct wow_bound_term *bound, const struct wow_type *type,
                         const char *code) {
  bool is_sent = bound->kind == WOW_BOUND_SENT || bound->kind == WOW_BOUND_LIST;
  bool is_pattern = bit_of(bound->term->op) == REFUSED_PATTERNS;
  if (!is_sent || bit_of(bound->term->op) == 0) return false;
  if (strcmp(code, "0A000") == 0) return is_pattern;
  bool is_known = type->family != WOW_ENUM && type->family != WOW_USER && !is_pattern;
  return strcmp(code, "42883") == 0 && !is_known;
}

int wow_second_look_learn(const struct wow_target *target, const struct wow_binding *binding,
                          bool *again, struct wow_error *err) {
  struct wow_second_look *look = target->second_look;
  int n = target->relation->n_columns;
  *again = false;
  if (err->code == NULL || err->http_status < 400 || err->http_status >= 500) return err->rc;
  for (int i = 0; i < binding->n_terms; i++) {
    const struct wow_bound_term *bound = &binding->terms[i];
    int column = bound->term->column;
    if (!may_be_about(bound, &target->relation->columns[column].type, err->code)) continue;
    if (look->refused == NULL) {
      look->refused = sqlite3_malloc64((sqlite3_uint64)n + 1);
      if (look->refused == NULL) return SQLITE_NOMEM;
      memset(look->refused, 0, (size_t)n);
    }
    *again = true;
    look->refused[column] |= bit_of(bound->term->op);
  }
  if (*again) wow_error_reset(err);
  return *again ? SQLITE_OK : err->rc;
}

/* Asks how the numbers among the values are compared with the texts of their columns. */
static int compare_terms(struct wow_second_look *look, const struct wow_target *target,
                         const struct wow_plan *plan, int argc, sqlite3_value **argv) {
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < plan->n_terms && i < argc; i++) {
    const struct wow_type *type = &target->relation->columns[plan->terms[i].column].type;
    bool asks = wow_bind_is_number(argv[i]) &&
                wow_shippable_is_ordered_there(type, plan->terms[i].op, plan->collation);
    if (asks && !look->is_compared[i]) rc = compare_term(look, target, plan, i);
  }
  return rc;
}

int wow_second_look_at(const struct wow_target *target, const struct wow_plan *plan, int argc,
                       sqlite3_value **argv, struct wow_error *err) {
  struct wow_second_look *look = target->second_look;
  int rc = begin(look, plan->text, wow_run_current(target->conn->runs));
  if (rc == SQLITE_OK && !look->is_placed) rc = place_terms(look, target, plan);
  if (rc == SQLITE_OK) rc = compare_terms(look, target, plan, argc, argv);
  for (int i = 0; rc == SQLITE_OK && look->refused && i < plan->n_terms; i++) {
    const struct wow_plan_term *term = &plan->terms[i];
    look->looks[i].is_refused = (look->refused[term->column] & bit_of(term->op)) != 0;
  }
  for (int i = 0; rc == SQLITE_OK && i < plan->n_terms; i++) {
    if (!look->looks[i].is_doubtful || !plan->terms[i].is_exact) continue;
    return wow_error_hint(
        err, SQLITE_ERROR, target->relation->name, "run it again",
        "it cannot be told whether the condition on '%s' belongs to an outer join",
        target->relation->columns[plan->terms[i].column].name);
  }
  return rc == SQLITE_OK ? rc : wow_error_nomem(err);
}

const struct wow_term_look *wow_second_look_terms(const struct wow_target *target) {
  return target->second_look->looks;
}
