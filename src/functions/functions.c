/*
** Registering and calling SQL functions, see functions.h.
*/
#include "functions/functions.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "functions/guard.h"
#include "server/connection.h"

/* What a function is registered with. */
struct bound_function {
  struct wow_connection *conn;
  const struct wow_function_group *const *groups;
  const struct wow_function *function; /* NULL: a table-valued one, which has no single value */
  const struct wow_tvf *table;
};

int wow_functions_check_text(const char *what, sqlite3_value *value, struct wow_error *err) {
  if (!wow_text_has_zero(value)) return SQLITE_OK;
  return wow_error_set(
      err, SQLITE_ERROR, what,
      "an argument is a text with a zero byte, which would be its end; only a blob "
      "can have one");
}

/* Makes an error the result. */
static void report(sqlite3_context *ctx, struct wow_connection *conn, struct wow_error *err) {
  char *text = NULL;
  int rc = wow_connection_report(conn, err, &text);
  if (text)
    sqlite3_result_error(ctx, text, -1);
  else
    sqlite3_result_error_nomem(ctx);
  if (text) sqlite3_result_error_code(ctx, rc);
  sqlite3_free(text);
}

static void call_table(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  const struct bound_function *bound = sqlite3_user_data(ctx);
  struct wow_error err = {0};
  char *hint = sqlite3_mprintf("SELECT * FROM %s", bound->table->usage);
  (void)argc, (void)argv;
  if (hint)
    wow_error_hint(&err, SQLITE_ERROR, bound->table->name, hint, "it is a table, not a value");
  else
    wow_error_nomem(&err);
  sqlite3_free(hint);
  report(ctx, bound->conn, &err);
}

static void call_function(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  struct bound_function *bound = sqlite3_user_data(ctx);
  const struct wow_function *function = bound->function;
  struct wow_call call = {bound->conn, bound->groups, function, ctx, argc, argv};
  struct wow_error err = {0};
  int rc = SQLITE_OK;
  if (argc < function->min_args || argc > function->max_args) {
    rc = wow_error_set(&err, SQLITE_ERROR, NULL, "usage: %s", function->usage);
  } else if ((function->flags & WOW_EFFECTS) &&
             !wow_guard_may_act(bound->conn->db, function->name)) {
    rc = wow_error_hint(&err, SQLITE_AUTH, function->name,
                        "call it in a SELECT, or PRAGMA ignore_check_constraints = ON",
                        "it acts on a server, and a table of this database names it, whose CHECK "
                        "constraint could be what calls it");
  } else {
    for (int i = 0; rc == SQLITE_OK && i < argc; i++)
      rc = wow_functions_check_text(function->name, argv[i], &err);
    if (rc == SQLITE_OK) rc = function->run(&call, &err);
  }
  wow_stats_end_later(bound->conn, ctx);
  if (rc == SQLITE_OK) {
    if (function->flags & WOW_RETURNS_JSON) sqlite3_result_subtype(ctx, WOW_JSON_SUBTYPE);
    return;
  }
  report(ctx, bound->conn, &err);
}

const char *wow_functions_arg_text(const struct wow_call *call, int index) {
  return index < call->argc ? (const char *)sqlite3_value_text(call->argv[index]) : NULL;
}

const char *wow_functions_optional_text(const struct wow_call *call, int index) {
  const char *text = wow_functions_arg_text(call, index);
  return text && *text ? text : NULL;
}

int wow_functions_take_result(struct wow_call *call, char *text, struct wow_error *err) {
  if (text == NULL) return wow_error_nomem(err);
  sqlite3_result_text(call->ctx, text, -1, sqlite3_free);
  return SQLITE_OK;
}

static void free_function(void *ctx) {
  struct bound_function *bound = ctx;
  wow_connection_release(bound->conn);
  sqlite3_free(bound);
}

/* Registers `function`, or, if that is NULL, what says how `table` is used. */
static int register_function(struct wow_connection *conn,
                             const struct wow_function_group *const *groups,
                             const struct wow_function *function, const struct wow_tvf *table) {
  int flags = SQLITE_UTF8 | (function && function->flags & WOW_EFFECTS ? SQLITE_DIRECTONLY : 0);
  struct bound_function *bound = sqlite3_malloc64(sizeof(*bound));
  if (bound == NULL) return SQLITE_NOMEM;
  *bound = (struct bound_function){wow_connection_retain(conn), groups, function, table};
  return sqlite3_create_function_v2(conn->db, function ? function->name : table->name, -1, flags,
                                    bound, function ? call_function : call_table, NULL, NULL,
                                    free_function);
}

static bool has_function(const struct wow_function_group *group, const char *name) {
  const struct wow_function *function = group->functions;
  while (function->name && strcmp(function->name, name) != 0)
    function++;
  return function->name != NULL;
}

int wow_functions_register(struct wow_connection *conn,
                           const struct wow_function_group *const *groups) {
  int rc = SQLITE_OK;
  for (int g = 0; groups[g]; g++) {
    const struct wow_function *function = groups[g]->functions;
    const struct wow_tvf *table = groups[g]->tables;
    for (; rc == SQLITE_OK && function->name; function++)
      rc = register_function(conn, groups, function, NULL);
    for (; rc == SQLITE_OK && table->name; table++) {
      rc = wow_tvf_register(conn, groups, table);
      if (rc == SQLITE_OK && !has_function(groups[g], table->name))
        rc = register_function(conn, groups, NULL, table);
    }
  }
  return rc;
}
