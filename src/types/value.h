/*
** Decoded JSON members as SQLite values.
*/
#ifndef WOW_VALUE_H
#define WOW_VALUE_H

#include "base/json.h"
#include "base/sqlite.h"
#include "types/type.h"

/* Gives SQLite the value of a column. Errors go into the context. */
void wow_value_result(sqlite3_context *ctx, const struct wow_type *type,
                      const struct wow_json_value *json);

/* The value as a 64-bit integer, if it is one that fits. */
bool wow_value_int64(const struct wow_json_value *json, sqlite3_int64 *out);

/* A number as SQLite has it. */
struct wow_number {
  bool is_integer;
  sqlite3_int64 i; /* an integer */
  double r;        /* else */
};

/* The value as the number that SQLite is given. False: it is given something else. */
bool wow_value_number(const struct wow_type *type, const struct wow_json_value *json,
                      struct wow_number *out);

/* The order of a bytea member and a blob. A text that is not bytea, which the server never writes,
** sorts last. */
int wow_value_compare_bytes(const struct wow_json_value *json, const unsigned char *blob,
                            int bytes);

#endif
