/*
** Comparisons that are made here, on decoded JSON members, instead of on the server: they mean what
** SQLite means, or for the types that the server compares as values (uuid, dates and times) what
** the server means.
*/
#ifndef WOW_COMPARE_H
#define WOW_COMPARE_H

#include "base/json.h"
#include "base/sqlite.h"
#include "types/op.h"
#include "types/type.h"

/* -1, 0 or 1: the member is below, equal to, or above the value, which has the affinity of the
** column applied. Neither is NULL. For one column the order is total. */
int wow_compare_order(const struct wow_type *type, const struct wow_json_value *json,
                      sqlite3_value *value);

/* `json op value`, for comparisons. */
bool wow_compare_holds(const struct wow_type *type, enum wow_op op,
                       const struct wow_json_value *json, sqlite3_value *value);

/* `json op number` for a member that is a text to SQLite. */
bool wow_compare_as_number(enum wow_op op, const struct wow_json_value *json,
                           sqlite3_value *number);

/* The same, if it is the same whether the number is taken as a number or as its text. */
enum wow_agreement { WOW_FALSE, WOW_TRUE, WOW_AMBIGUOUS };
enum wow_agreement wow_compare_agreement(enum wow_op op, const struct wow_json_value *json,
                                         sqlite3_value *number);

#endif
