/*
** SQL functions and how they are described. The descriptions are the only source for registration,
** wowsql_help and the reference in README.md. Functions come in groups, one for each fn_*.c; which
** groups there are is wowsql.c's to say.
*/
#ifndef WOW_FUNCTIONS_H
#define WOW_FUNCTIONS_H

#include "base/error.h"
#include "base/sqlite.h"
#include "functions/tvf.h"

struct wow_connection;
struct wow_function;

/* One call of a function. */
struct wow_call {
  struct wow_connection *conn;
  const struct wow_function_group *const *groups; /* all groups of functions; the last is NULL */
  const struct wow_function *function;
  sqlite3_context *ctx; /* where the result goes; NULL if none is set */
  int argc;
  sqlite3_value **argv;
};

enum wow_function_flags {
  WOW_EFFECTS = 1,     /* acts or asks: refused where a database file calls it, see guard.h */
  WOW_RETURNS_JSON = 2 /* the result is JSON text and gets SQLite's JSON subtype */
};

struct wow_function {
  const char *name;
  int min_args;
  int max_args;
  int flags;
  const char *usage;   /* "wowsql_use(name)" */
  const char *summary; /* one sentence; NULL: a table of the same name is what is described */
  const char *example; /* a statement */
  int (*run)(struct wow_call *call, struct wow_error *err);
};

/* A group of functions. Each list ends with a NULL name. */
struct wow_function_group {
  const char *name;
  const struct wow_function *functions;
  const struct wow_tvf *tables;
};

extern const struct wow_function_group wow_fn_server;
extern const struct wow_function_group wow_fn_import;
extern const struct wow_function_group wow_fn_diagnosis;
extern const struct wow_function_group wow_fn_check;
extern const struct wow_function_group wow_fn_help;
extern const struct wow_function_group wow_fn_rest;
extern const struct wow_function_group wow_fn_rows;
extern const struct wow_function_group wow_fn_storage;
extern const struct wow_function_group wow_fn_schema;
extern const struct wow_function_group wow_fn_catalog;
extern const struct wow_function_group wow_fn_buckets;
extern const struct wow_function_group wow_fn_auth;

/* Registers the functions of all groups; the last group is NULL. A table-valued function that is
** called as if it had one value says what to write. SQLITE_OK or a code of SQLite's. */
int wow_functions_register(struct wow_connection *conn,
                           const struct wow_function_group *const *groups);

/* Refuses an argument that is a text with a zero byte, which would be its end: of a filter, a
** part would be lost. SQLITE_OK or SQLITE_ERROR; `what` is for the error. */
int wow_functions_check_text(const char *what, sqlite3_value *value, struct wow_error *err);

/* The text of an argument; NULL if it is not given or NULL. */
const char *wow_functions_arg_text(const struct wow_call *call, int index);

/* The same, and an empty text counts as not given, so that later arguments can follow it. */
const char *wow_functions_optional_text(const struct wow_call *call, int index);

/* Makes `text`, which was allocated by SQLite, the result and takes ownership of it. NULL counts as
** SQLITE_NOMEM. */
int wow_functions_take_result(struct wow_call *call, char *text, struct wow_error *err);

#endif
