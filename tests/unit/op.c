/* Operators (src/types/op.h): their words, and what they are. */
#include "types/op.h"
#include "unit.h"

static const struct {
  enum wow_op op;
  const char *sql, *rest;
  bool is_range, is_comparison, has_value;
} ops[] = {
    {WOW_EQ, "=", "eq", false, true, true},
    {WOW_NE, "<>", "neq", false, true, true},
    {WOW_LT, "<", "lt", true, true, true},
    {WOW_LE, "<=", "lte", true, true, true},
    {WOW_GT, ">", "gt", true, true, true},
    {WOW_GE, ">=", "gte", true, true, true},
    {WOW_IS, "IS", "eq", false, true, true},
    {WOW_IS_NOT, "IS NOT", NULL, false, true, true},
    {WOW_IN, "IN", "in", false, true, true},
    {WOW_IS_NULL, "IS NULL", "is.null", false, false, false},
    {WOW_NOT_NULL, "IS NOT NULL", "not.is.null", false, false, false},
    {WOW_LIKE, "LIKE", "ilike", false, false, true},
    {WOW_GLOB, "GLOB", "like", false, false, true},
    {WOW_REGEXP, "REGEXP", "match", false, false, true},
    {WOW_MATCH, "MATCH", "wfts", false, false, true},
};

static void test_words(void) {
  CHECK_INT(sizeof(ops) / sizeof(ops[0]), WOW_N_OPS);
  for (int i = 0; i < WOW_N_OPS; i++) {
    enum wow_op op = ops[i].op;
    unit_about("%s", ops[i].sql);
    CHECK_INT(op, i);
    CHECK_TEXT(wow_op_sql(op), ops[i].sql);
    CHECK_TEXT(wow_op_rest(op), ops[i].rest);
    CHECK_INT(wow_op_is_range(op), ops[i].is_range);
    CHECK_INT(wow_op_is_comparison(op), ops[i].is_comparison);
    CHECK_INT(wow_op_has_value(op), ops[i].has_value);
  }
}

/* For below, equal and above. */
static void check_holds(enum wow_op op, bool below, bool equal, bool above) {
  unit_about("%s", wow_op_sql(op));
  CHECK_INT(wow_op_holds(op, -7), below);
  CHECK_INT(wow_op_holds(op, 0), equal);
  CHECK_INT(wow_op_holds(op, 7), above);
}

int main(void) {
  test_words();
  check_holds(WOW_EQ, false, true, false);
  check_holds(WOW_IS, false, true, false);
  check_holds(WOW_IN, false, true, false);
  check_holds(WOW_NE, true, false, true);
  check_holds(WOW_IS_NOT, true, false, true);
  check_holds(WOW_LT, true, false, false);
  check_holds(WOW_LE, true, true, false);
  check_holds(WOW_GT, false, false, true);
  check_holds(WOW_GE, false, true, true);
  return unit_end("unit_op");
}
