/*
** SQL functions and table-valued functions: how they are described. The descriptions are the one
** source for registration, wowsql_help and the README's reference.
*/
#ifndef WOW_FUNCTIONS_H
#define WOW_FUNCTIONS_H

#include <stdbool.h>

#include "base/error.h"
#include "server/server.h"
#include "base/sqlite.h"

/* The subtype by which SQLite's JSON functions know JSON. */
#define WOW_JSON_SUBTYPE 'J'

/* One call of a function. */
struct wow_call {
  struct wow_connection *conn;
  sqlite3_context *ctx; /* where the result goes */
  int argc;
  sqlite3_value **argv;
};

enum wow_function_flags {
  WOW_EFFECTS = 1,     /* acts on the world: refused in views, triggers and CHECK constraints */
  WOW_RETURNS_JSON = 2 /* the result is JSON text; it gets SQLite's JSON subtype */
};

struct wow_function {
  const char *name;
  int min_args;
  int max_args;
  int flags;
  const char *usage;   /* "wowsql_use(name)" */
  const char *summary; /* one sentence */
  int (*run)(struct wow_call *call, struct wow_error *err);
};

/* A cell of a table-valued function's row. */
struct wow_cell {
  enum { WOW_CELL_NULL, WOW_CELL_INTEGER, WOW_CELL_REAL, WOW_CELL_TEXT, WOW_CELL_JSON } kind;
  sqlite3_int64 integer;
  double real;
  char *text;
};

/* The rows of one call: the function adds them all before the first is read. */
struct wow_result;

/* Adds cells to the row that is being made, from left to right; wow_result_row ends it. Running out
** of memory sticks, and shows when the call returns. Texts are copied; NULL makes SQL NULL. */
void wow_result_null(struct wow_result *result);
void wow_result_integer(struct wow_result *result, sqlite3_int64 value);
void wow_result_real(struct wow_result *result, double value);
void wow_result_text(struct wow_result *result, const char *text);
void wow_result_json(struct wow_result *result, const char *text);
void wow_result_row(struct wow_result *result);

/* The arguments of one call of a table-valued function; NULL: not given. */
struct wow_table_call {
  struct wow_connection *conn;
  sqlite3_value *const *args;
  struct wow_result *result;
};

struct wow_table_function {
  const char *name;
  const char *columns; /* "seq INTEGER, url TEXT" */
  int n_columns;
  const char *arguments; /* hidden columns: "server HIDDEN"; "" for none */
  int n_args;
  int n_required; /* so many of the arguments must be given */
  const char *usage;
  const char *summary;
  int (*run)(struct wow_table_call *call, struct wow_error *err);
};

/* A group of functions, each with the end marked by a NULL name. */
struct wow_function_group {
  const char *name;
  const struct wow_function *functions;
  const struct wow_table_function *tables;
};

extern const struct wow_function_group wow_fn_server;
extern const struct wow_function_group wow_fn_import;
extern const struct wow_function_group wow_fn_diagnosis;
extern const struct wow_function_group wow_fn_rest;

/* All groups; the last is NULL. */
extern const struct wow_function_group *const wow_function_groups[];

/* Registers the functions of all groups (wowsql.c), and one table-valued function (tvf.c). */
int wow_functions_register(struct wow_connection *conn);
int wow_tvf_register(struct wow_connection *conn, const struct wow_table_function *function);

/* The text of an argument; NULL if it is not given or NULL. */
const char *wow_call_text(const struct wow_call *call, int index);

/* The same, and an empty text counts as missing, so that later arguments can be given without it.
 */
const char *wow_call_optional(const struct wow_call *call, int index);

/* The text of a table-valued function's argument; NULL if it is not given. */
const char *wow_tvf_text(const struct wow_table_call *call, int index);

/* Sets a text result that was made with sqlite3_malloc; takes it over. */
int wow_call_result(struct wow_call *call, char *text, struct wow_error *err);

#endif
