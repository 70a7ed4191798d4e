/*
** Tests of src/plan/plan.h: a plan's text and number say all of it.
*/
#include <string.h>

#include "base/sqlite.h"
#include "catalog/column_list.h"
#include "plan/plan.h"
#include "unit.h"

static const struct wow_brackets no_brackets = {0};

static struct wow_relation *make_relation(const char *name) {
  struct wow_error err = {0};
  struct wow_relation *relation = NULL;
  wow_column_list_parse(
      name, "id bigint primary key, name text, \"a&b\" text, \"x=eq.?\" integer not null",
      &relation, &err);
  wow_error_reset(&err);
  return relation;
}

/* A random plan of the relation. */
static void make_plan(struct wow_plan *plan, const struct wow_relation *relation, unsigned *seed) {
#define RANDOM(n) ((*seed = *seed * 1103515245u + 12345u) >> 16) % (n)
  wow_plan_init(plan, relation);
  plan->columns[relation->key[0]] = true;
  for (int i = 0; i < relation->n_columns; i++)
    plan->columns[i] = plan->columns[i] || RANDOM(2);
  for (int i = 0, n = (int)(RANDOM(WOW_MAX_TERMS + 1)); i < n; i++) {
    struct wow_plan_term *term = &plan->terms[plan->n_terms++];
    term->column = (int)(RANDOM((unsigned)relation->n_columns));
    term->op = (enum wow_op)(RANDOM(WOW_N_OPS));
    term->is_exact = i < WOW_MAX_OMIT && RANDOM(2);
  }
  for (int i = 0, n = (int)(RANDOM(3)); i < n; i++) {
    plan->order[plan->n_order].column = (int)(RANDOM((unsigned)relation->n_columns));
    plan->order[plan->n_order].descending = RANDOM(2);
    plan->columns[plan->order[plan->n_order++].column] = true;
  }
  plan->has_filter = RANDOM(2);
  plan->has_limit = RANDOM(2);
  plan->has_offset = plan->has_limit && RANDOM(2);
  plan->collation = (enum wow_collation)(RANDOM(3));
  plan->groups = RANDOM(2);
  plan->assumes_groups = RANDOM(2);
  plan->uses_nothing = RANDOM(2);
  plan->ordered = RANDOM(1u << WOW_PLAN_ORDER_BITS);
  plan->key_used = RANDOM(1u << WOW_PLAN_KEY_BITS);
#undef RANDOM
}

static void check_same(const struct wow_plan *got, const struct wow_plan *expected, int n_columns) {
  for (int i = 0; i < n_columns; i++)
    CHECK_INT(got->columns[i], expected->columns[i]);
  CHECK_INT(got->n_terms, expected->n_terms);
  for (int i = 0; i < expected->n_terms && i < got->n_terms; i++) {
    CHECK_INT(got->terms[i].column, expected->terms[i].column);
    CHECK_INT(got->terms[i].op, expected->terms[i].op);
    CHECK_INT(got->terms[i].is_exact, expected->terms[i].is_exact);
  }
  CHECK_INT(got->n_order, expected->n_order);
  for (int i = 0; i < expected->n_order && i < got->n_order; i++) {
    CHECK_INT(got->order[i].column, expected->order[i].column);
    CHECK_INT(got->order[i].descending, expected->order[i].descending);
  }
  CHECK_INT(got->has_filter, expected->has_filter);
  CHECK_INT(got->has_limit, expected->has_limit);
  CHECK_INT(got->has_offset, expected->has_offset);
  CHECK_INT(got->collation, expected->collation);
  CHECK_INT(got->groups, expected->groups);
  CHECK_INT(got->assumes_groups, expected->assumes_groups);
  CHECK_INT(got->uses_nothing, expected->uses_nothing);
  CHECK_INT(got->ordered, expected->ordered);
  CHECK_INT(got->key_used, expected->key_used);
}

/* What xFilter reads is what xBestIndex wrote, also for names that look like parts of a plan. */
static void test_read_back(void) {
  static const char *const names[] = {"users", "t?select=id", "GET x", "ä"};
  unsigned seed = 1;
  for (int round = 0; round < 2000; round++) {
    struct wow_relation *relation = make_relation(names[round % 4]);
    struct wow_plan made, read = {0};
    make_plan(&made, relation, &seed);
    char *text = wow_plan_text(&made, relation, &no_brackets);
    unit_about("round %d: %s", round, text);
    CHECK_INT(wow_plan_parse(&read, text, wow_plan_number(&made), relation, &no_brackets),
              SQLITE_OK);
    check_same(&read, &made, relation->n_columns);
    CHECK_TEXT(read.text, text);
    sqlite3_free(text);
    wow_plan_reset(&read);
    wow_plan_reset(&made);
    wow_relation_free(relation);
  }
}

/* Text that is not a plan of this relation is refused. */
static void test_refused(void) {
  static const char *const texts[] = {
      "",
      "GET users",
      "GET other?select=id",
      "GET users?select=id,nothing",
      "GET users?select=id&name=eq",
      "GET users?select=id&name=eq.?x",
      "GET users?select=id&nothing=eq.?",
      "GET users?select=id&order=name",
      "GET users?select=id&order=nothing.asc",
      "GET users?select=id&limit=5",
      "GET users?select=id&limit=? ",
  };
  struct wow_relation *relation = make_relation("users");
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    struct wow_plan plan = {0};
    unit_about("%s", texts[i]);
    CHECK_INT(wow_plan_parse(&plan, texts[i], 0, relation, &no_brackets), SQLITE_ERROR);
    wow_plan_reset(&plan);
  }
  wow_relation_free(relation);
}

int main(void) {
  sqlite3_initialize();
  sqlite3_int64 used = sqlite3_memory_used();
  test_read_back();
  test_refused();
  unit_about("memory that was not freed");
  CHECK_INT(sqlite3_memory_used() - used, 0);
  return unit_end("unit_plan");
}
