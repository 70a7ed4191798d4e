/*
** Operators, see op.h.
*/
#include "types/op.h"

#include <stddef.h>

enum kind { COMPARISON, RANGE, NULL_TEST, SEARCH };

static const struct {
  enum kind kind;
  const char *sql;
  const char *rest;
} ops[WOW_N_OPS] = {
    [WOW_EQ] = {COMPARISON, "=", "eq"},
    [WOW_NE] = {COMPARISON, "<>", "neq"},
    [WOW_LT] = {RANGE, "<", "lt"},
    [WOW_LE] = {RANGE, "<=", "lte"},
    [WOW_GT] = {RANGE, ">", "gt"},
    [WOW_GE] = {RANGE, ">=", "gte"},
    [WOW_IS] = {COMPARISON, "IS", "eq"},
    [WOW_IS_NOT] = {COMPARISON, "IS NOT", NULL},
    [WOW_IN] = {COMPARISON, "IN", "in"},
    [WOW_IS_NULL] = {NULL_TEST, "IS NULL", "is.null"},
    [WOW_NOT_NULL] = {NULL_TEST, "IS NOT NULL", "not.is.null"},
    [WOW_LIKE] = {SEARCH, "LIKE", "ilike"},
    [WOW_GLOB] = {SEARCH, "GLOB", "like"},
    [WOW_REGEXP] = {SEARCH, "REGEXP", "match"},
    [WOW_MATCH] = {SEARCH, "MATCH", "wfts"},
};

const char *wow_op_sql(enum wow_op op) {
  return ops[op].sql;
}

const char *wow_op_rest(enum wow_op op) {
  return ops[op].rest;
}

bool wow_op_is_range(enum wow_op op) {
  return ops[op].kind == RANGE;
}

bool wow_op_is_comparison(enum wow_op op) {
  return ops[op].kind == RANGE || ops[op].kind == COMPARISON;
}

bool wow_op_is_virtual(enum wow_op op) {
  return op == WOW_NE || op == WOW_IS_NOT || op == WOW_NOT_NULL || ops[op].kind == SEARCH;
}

bool wow_op_is_servers_own(enum wow_op op) {
  return op == WOW_REGEXP || op == WOW_MATCH;
}

bool wow_op_has_value(enum wow_op op) {
  return ops[op].kind != NULL_TEST;
}

bool wow_op_holds(enum wow_op op, int order) {
  switch (op) {
  case WOW_NE:
  case WOW_IS_NOT: return order != 0;
  case WOW_LT: return order < 0;
  case WOW_LE: return order <= 0;
  case WOW_GT: return order > 0;
  case WOW_GE: return order >= 0;
  default: return order == 0;
  }
}
