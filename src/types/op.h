/*
** Operators of terms, and the words for them in SQL and in PostgREST's query string.
*/
#ifndef WOW_OP_H
#define WOW_OP_H

#include <stdbool.h>

enum wow_op {
  WOW_EQ,
  WOW_NE,
  WOW_LT,
  WOW_LE,
  WOW_GT,
  WOW_GE,
  WOW_IS,     /* IS value: NULL equals NULL */
  WOW_IS_NOT, /* IS NOT value */
  WOW_IN,
  WOW_IS_NULL,
  WOW_NOT_NULL,
  WOW_LIKE,
  WOW_GLOB,
  WOW_REGEXP,
  WOW_MATCH,
  WOW_N_OPS
};

/* As in SQL: "=", "<>", "IS NOT", ... */
const char *wow_op_sql(enum wow_op op);
/* As in a query string: "eq", "is.null"; LIKE is "ilike", since SQLite's ignores the case of ASCII
** letters. WOW_IS is "eq": IS NULL is WOW_IS_NULL. NULL: WOW_IS_NOT, which takes two terms. */
const char *wow_op_rest(enum wow_op op);

/* < <= > >= */
bool wow_op_is_range(enum wow_op op);
/* = <> < <= > >= IS IS NOT IN: an operator between values of a type. */
bool wow_op_is_comparison(enum wow_op op);
/* Is only a virtual table offered it? <>, IS NOT, IS NOT NULL, LIKE, GLOB, REGEXP, MATCH. */
bool wow_op_is_virtual(enum wow_op op);
/* Does it mean what the server makes of it, so that it cannot be decided here? REGEXP, MATCH. */
bool wow_op_is_servers_own(enum wow_op op);
/* Does it take a value? The NULL tests do not. */
bool wow_op_has_value(enum wow_op op);
/* What the operator says of two values of which the first is below (-1), equal to (0) or above (1)
** the second; neither is NULL. For comparisons. */
bool wow_op_holds(enum wow_op op, int order);

#endif
