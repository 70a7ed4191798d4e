/*
** Functions that use the REST service directly, for what SQL over tables cannot say: raw requests,
** and functions of the database.
*/
#include <string.h>

#include "wire/deparse.h"
#include "functions/functions.h"
#include "server/connection.h"
#include "server/request.h"
#include "server/server.h"

/* ---------------------------------------------------------------- requests */

/* Checks that this is the path of a table or function, and not a URL: the key must not be sent
** elsewhere. */
static int check_path(const char *path, struct wow_error *err) {
  if (path && *path && strstr(path, "://") == NULL && strncmp(path, "//", 2) != 0) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, NULL, "for example 'users?select=id,name&age=gte.18'",
                        "a path below the server's REST service is needed");
}

/* Fetches a path that the user gave. Free response->body. */
static int get_path(struct wow_connection *conn, const char *server_name, const char *path,
                    struct wow_response *response, struct wow_error *err) {
  struct wow_server *server = wow_connection_server(conn, server_name, err);
  if (server == NULL) return err->rc;
  int rc = check_path(path, err);
  if (rc != SQLITE_OK) return rc;
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_deparse_user_path(str, path);
  char *encoded = sqlite3_str_finish(str);
  char *what = sqlite3_mprintf("%.*s", (int)strcspn(path, "?"), path);
  struct wow_request request = {.method = "GET", .path = encoded, .what = what};
  if (encoded && what)
    rc = wow_request_fetch(conn, server, &request, response, err);
  else
    rc = wow_error_nomem(err);
  sqlite3_free(encoded);
  sqlite3_free(what);
  return rc;
}

struct rpc {
  const char *server; /* NULL: the current one */
  const char *name;
  const char *args; /* a JSON object; NULL: none */
};

/* Calls a function of the database. Its arguments are sent in the body: in a GET some of them would
** be taken for filters. Free response->body. */
static int call_rpc(struct wow_connection *conn, const struct rpc *rpc,
                    struct wow_response *response, struct wow_error *err) {
  const char *name = rpc->name, *args = rpc->args ? rpc->args : "{}";
  struct wow_server *server = wow_connection_server(conn, rpc->server, err);
  if (server == NULL) return err->rc;
  if (name == NULL || *name == 0) {
    return wow_error_set(err, SQLITE_ERROR, NULL, "the name of a function is needed");
  }
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "/rpc/");
  wow_deparse_path(str, name);
  char *path = sqlite3_str_finish(str);
  struct wow_request request = {
      .method = "POST", .path = path, .what = name, .body = {.data = args, .bytes = strlen(args)}};
  int rc = path ? wow_request_fetch(conn, server, &request, response, err) : wow_error_nomem(err);
  sqlite3_free(path);
  return rc;
}

/* An empty response, of a function that returns nothing, is NULL. */
static int result_body(struct wow_call *call, struct wow_response *response,
                       struct wow_error *err) {
  if (*response->body) return wow_functions_take_result(call, response->body, err);
  sqlite3_free(response->body);
  return SQLITE_OK;
}

static int run_get(struct wow_call *call, struct wow_error *err) {
  struct wow_response response;
  int rc = get_path(call->conn, NULL, wow_functions_arg_text(call, 0), &response, err);
  return rc == SQLITE_OK ? result_body(call, &response, err) : rc;
}

static int run_rpc(struct wow_call *call, struct wow_error *err) {
  struct wow_response response;
  struct rpc rpc = {.name = wow_functions_arg_text(call, 0),
                    .args = wow_functions_arg_text(call, 1)};
  int rc = call_rpc(call->conn, &rpc, &response, err);
  return rc == SQLITE_OK ? result_body(call, &response, err) : rc;
}

/* ---------------------------------------------------------------- rows */

/* A row for each element of a JSON array, or one for anything else. SQLite's own JSON functions
** take it apart: they keep 64-bit integers as they are. */
static int add_elements(struct wow_tvf_call *call, const char *body, struct wow_error *err) {
  sqlite3_stmt *stmt = NULL;
  const char *sql = *body == '[' ? "SELECT type, value FROM json_each(?1)"
                                 : "SELECT json_type(?1), json_extract(?1, '$')";
  if (*body == 0) return SQLITE_OK;
  int rc = sqlite3_prepare_v2(call->conn->db, sql, -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(stmt, 1, body, -1, SQLITE_STATIC);
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *type = (const char *)sqlite3_column_text(stmt, 0);
    const char *text = (const char *)sqlite3_column_text(stmt, 1);
    bool nested = type && (strcmp(type, "object") == 0 || strcmp(type, "array") == 0);
    switch (sqlite3_column_type(stmt, 1)) {
    case SQLITE_INTEGER: wow_tvf_add_integer(call->rows, sqlite3_column_int64(stmt, 1)); break;
    case SQLITE_FLOAT: wow_tvf_add_real(call->rows, sqlite3_column_double(stmt, 1)); break;
    case SQLITE_NULL: wow_tvf_add_null(call->rows); break;
    default:
      if (nested)
        wow_tvf_add_json(call->rows, text);
      else
        wow_tvf_add_text(call->rows, text);
    }
    wow_tvf_end_row(call->rows);
    rc = SQLITE_OK;
  }
  if (rc != SQLITE_DONE) {
    wow_error_set(err, rc == SQLITE_NOMEM ? rc : SQLITE_ERROR, NULL,
                  "the server's response is not JSON: %s", sqlite3_errmsg(call->conn->db));
  }
  sqlite3_finalize(stmt);
  return rc == SQLITE_DONE ? SQLITE_OK : err->rc;
}

static int table_rows(struct wow_tvf_call *call, struct wow_error *err) {
  struct wow_response response;
  int rc =
      get_path(call->conn, wow_tvf_arg_text(call, 1), wow_tvf_arg_text(call, 0), &response, err);
  if (rc != SQLITE_OK) return rc;
  rc = add_elements(call, response.body, err);
  sqlite3_free(response.body);
  return rc;
}

static int table_rpc_rows(struct wow_tvf_call *call, struct wow_error *err) {
  struct wow_response response;
  struct rpc rpc = {
      .server = wow_tvf_arg_text(call, 2),
      .name = wow_tvf_arg_text(call, 0),
      .args = wow_tvf_arg_text(call, 1),
  };
  int rc = call_rpc(call->conn, &rpc, &response, err);
  if (rc != SQLITE_OK) return rc;
  rc = add_elements(call, response.body, err);
  sqlite3_free(response.body);
  return rc;
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_get", 1, 1, WOW_EFFECTS | WOW_RETURNS_JSON, "wowsql_get(path)",
     "The JSON response to a GET request for a path below the REST service.", run_get},
    {"wowsql_rpc", 1, 2, WOW_EFFECTS | WOW_RETURNS_JSON, "wowsql_rpc(name [, args])",
     "Calls a function of the database with the members of a JSON object as its arguments.",
     run_rpc},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {"wowsql_rows", "value", 1, "path HIDDEN, server HIDDEN", 2, 1, WOW_EFFECTS,
     "wowsql_rows(path) [WHERE server = name]",
     "A row for each element of the response to a GET request for a path.", table_rows},
    {"wowsql_rpc_rows", "value", 1, "name HIDDEN, args HIDDEN, server HIDDEN", 3, 1, WOW_EFFECTS,
     "wowsql_rpc_rows(name [, args]) [WHERE server = name]",
     "A row for each element that a function of the database returns.", table_rpc_rows},
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_rest = {"rest", functions, tables};
