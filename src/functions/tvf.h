/*
** Table-valued functions: a description becomes a read-only virtual table whose rows are all made
** when a scan of it begins. Arguments are hidden columns, as SQLite has it: f(a, b) is f WHERE x =
** a AND y = b. An argument that need not be given counts as not given if it is NULL, so that those
** after it can be; one that must be given and is NULL, as in an outer join, makes no rows.
*/
#ifndef WOW_TVF_H
#define WOW_TVF_H

#include "base/error.h"
#include "base/sqlite.h"

struct wow_connection;
struct wow_function_group;
struct wow_tvf_rows;

/* One call. */
struct wow_tvf_call {
  struct wow_connection *conn;
  const struct wow_function_group *const *groups; /* all groups of functions; the last is NULL */
  sqlite3_value *const *args;                     /* NULL: not given, or SQL NULL */
  sqlite3_uint64 used;                            /* a bit for each column that is looked at */
  struct wow_tvf_rows *rows;                      /* where the rows go */
};

struct wow_tvf {
  const char *name;
  const char *columns; /* "seq INTEGER, url TEXT" */
  int n_columns;
  const char *arguments; /* hidden columns: "server HIDDEN"; "" for none */
  int n_args;            /* at most WOW_MAX_TVF_ARGS */
  int n_required;        /* how many of them, from the first on, must be given */
  int flags;             /* WOW_EFFECTS or 0 */
  const char *usage;
  const char *summary; /* one sentence */
  const char *example; /* a statement */
  int (*run)(struct wow_tvf_call *call, struct wow_error *err);
};

/* Registers a function on the connection. SQLITE_OK or an error code of SQLite's. */
int wow_tvf_register(struct wow_connection *conn, const struct wow_function_group *const *groups,
                     const struct wow_tvf *function);

/* The text of an argument; NULL if it is not given. */
const char *wow_tvf_arg_text(const struct wow_tvf_call *call, int index);

/*
** Add cells to the row that is being made, from left to right; wow_tvf_end_row ends it and leaves
** the remaining columns NULL. Texts are copied; NULL makes SQL NULL. Running out of memory sticks
** and fails the call in the end.
*/
void wow_tvf_add_null(struct wow_tvf_rows *rows);
void wow_tvf_add_integer(struct wow_tvf_rows *rows, sqlite3_int64 value);
void wow_tvf_add_real(struct wow_tvf_rows *rows, double value);
void wow_tvf_add_text(struct wow_tvf_rows *rows, const char *text);
void wow_tvf_add_json(struct wow_tvf_rows *rows, const char *text);
void wow_tvf_end_row(struct wow_tvf_rows *rows);

#endif
