/*
** Decoded JSON members as SQLite values, and the comparisons that are made here instead of on the
** server (WOW_COMPARE).
*/
#ifndef WOW_VALUE_H
#define WOW_VALUE_H

#include "base/json.h"
#include "base/sqlite.h"
#include "types/op.h"
#include "types/type.h"

/* Gives SQLite the value of a column. Errors go into the context. */
void wow_value_result(sqlite3_context *ctx, const struct wow_type *type,
                      const struct wow_json_value *json);

/* The value as a 64-bit integer, if it is one that fits. */
bool wow_value_int64(const struct wow_json_value *json, sqlite3_int64 *out);

/* `json op value` as SQLite decides it for text and blobs (the cases of WOW_COMPARE). */
bool wow_value_compare(const struct wow_type *type, enum wow_op op,
                       const struct wow_json_value *json, sqlite3_value *value);

/* `json op number` for a type that the server orders, if it is the same whether the number is taken
** as a number or as its text. */
enum wow_agreement { WOW_FALSE, WOW_TRUE, WOW_AMBIGUOUS };
enum wow_agreement wow_value_compare_number(enum wow_op op, const struct wow_json_value *json,
                                            sqlite3_value *number);

#endif
