/*
** Functions that use the REST service directly, for what SQL over tables cannot say: raw requests,
** and functions of the database.
*/
#include <stdlib.h>
#include <string.h>

#include "wire/deparse.h"
#include "functions/complete.h"
#include "functions/fn_rest.h"
#include "functions/functions.h"
#include "server/connection.h"
#include "server/request.h"
#include "server/server.h"
#include "types/shippable.h"

/* ---------------------------------------------------------------- requests */

int wow_fn_rest_check_path(const char *path, struct wow_error *err) {
  if (path && *path && strstr(path, "://") == NULL && strncmp(path, "//", 2) != 0) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, NULL, "for example 'users?select=id,name&age=gte.18'",
                        "a path below the server's REST service is needed");
}

/* Is the response JSON, as SQLite reads it? */
static int check_json(struct wow_connection *conn, const char *what,
                      const struct wow_response *response, struct wow_error *err) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(conn->db, "SELECT json_valid(?1)", -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(stmt, 1, response->body, -1, SQLITE_STATIC);
  bool is_json = rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0);
  if (sqlite3_finalize(stmt) == SQLITE_NOMEM || rc == SQLITE_NOMEM) return wow_error_nomem(err);
  return is_json ? SQLITE_OK
                 : wow_error_set(err, SQLITE_ERROR, what, "the server's response is not JSON");
}

/* Fetches a path that the user gave. Free response->body. */
static int get_path(struct wow_connection *conn, const char *server_name, const char *path,
                    struct wow_response *response, struct wow_error *err) {
  struct wow_server *server = wow_connection_server(conn, server_name, err);
  if (server == NULL) return err->rc;
  int rc = wow_fn_rest_check_path(path, err);
  if (rc != SQLITE_OK) return rc;
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_deparse_user_path(str, path);
  char *encoded = sqlite3_str_finish(str);
  char *what = sqlite3_mprintf("%.*s", (int)strcspn(path, "?"), path);
  struct wow_request request = {.method = "GET", .path = encoded, .what = what};
  if (server->options.max_rows != 0) request.prefer = "count=exact";
  if (encoded && what)
    rc = wow_request_fetch(conn, server, &request, response, err);
  else
    rc = wow_error_nomem(err);
  if (rc == SQLITE_OK) rc = wow_complete_rows(conn, server, &request, response, err);
  /* Only a function may return nothing. */
  bool is_empty = rc == SQLITE_OK && *response->body == 0 && strncmp(what, "rpc/", 4) == 0;
  if (rc == SQLITE_OK && !is_empty && check_json(conn, what, response, err) != SQLITE_OK) {
    sqlite3_free(response->body);
    rc = err->rc;
  }
  sqlite3_free(encoded);
  sqlite3_free(what);
  return rc;
}

struct rpc {
  const char *server; /* NULL: the current one */
  const char *name;
  const char *args; /* a JSON object; NULL: none */
};

static const char *text_of(sqlite3_stmt *stmt, int i) {
  const char *text = (const char *)sqlite3_column_text(stmt, i);
  return text ? text : "";
}

/* Members of a JSON object, one after the other; finalize it. */
static sqlite3_stmt *list_members(sqlite3 *db, const char *json, const char *path) {
  sqlite3_stmt *stmt = NULL;
  int rc =
      sqlite3_prepare_v2(db, "SELECT key, type, value FROM json_each(?1, ?2)", -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(stmt, 1, json, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) return stmt;
  sqlite3_finalize(stmt);
  return NULL;
}

/* The function with its arguments in a URL, which only texts, numbers and booleans go into. NULL:
** they do not, or no memory. */
static char *rpc_path(sqlite3 *db, const struct rpc *rpc) {
  static const char *const reserved[] = {"select", "order", "limit", "offset",     "columns",
                                         "and",    "or",    "not",   "on_conflict"};
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_stmt *stmt = list_members(db, rpc->args ? rpc->args : "{}", "$");
  bool fits = stmt != NULL;
  sqlite3_str_appendall(str, "/rpc/");
  wow_deparse_path(str, rpc->name);
  for (int n = 0; stmt && sqlite3_step(stmt) == SQLITE_ROW; n++) {
    const char *name = text_of(stmt, 0), *type = text_of(stmt, 1);
    bool is_boolean = strcmp(type, "true") == 0 || strcmp(type, "false") == 0;
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
      fits = fits && strcmp(name, reserved[i]) != 0;
    fits = fits && (is_boolean || strcmp(type, "text") == 0 || strcmp(type, "integer") == 0 ||
                    strcmp(type, "real") == 0);
    const char *value = is_boolean ? type : text_of(stmt, 2);
    sqlite3_str_appendchar(str, 1, n ? '&' : '?');
    wow_deparse_bytes(str, name, (int)strlen(name));
    sqlite3_str_appendchar(str, 1, '=');
    wow_deparse_bytes(str, value, (int)strlen(value));
  }
  if (sqlite3_finalize(stmt) != SQLITE_OK) fits = false;
  char *path = sqlite3_str_finish(str);
  if (fits) return path;
  sqlite3_free(path);
  return NULL;
}

/* An order of a function's rows, by all that they have; a single value is called pgrst_scalar by
** PostgREST. NULL: no memory. */
static char *rpc_order(sqlite3 *db, const char *body) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  bool is_object = body[strspn(body, "[ \n\r\t")] == '{';
  sqlite3_stmt *stmt = is_object ? list_members(db, body, "$[0]") : NULL;
  for (int n = 0; stmt && sqlite3_step(stmt) == SQLITE_ROW; n++) {
    if (n) sqlite3_str_appendchar(str, 1, ',');
    wow_deparse_name(str, text_of(stmt, 0));
  }
  int rc = sqlite3_finalize(stmt);
  if (!is_object) sqlite3_str_appendall(str, "pgrst_scalar");
  char *order = sqlite3_str_finish(str);
  if (rc == SQLITE_OK && (stmt || !is_object)) return order;
  sqlite3_free(order);
  return NULL;
}

/* Completes what a function returned, by GET: then it runs in a transaction that cannot write, so
** that one which acts does not act again. It is refused, and so is the whole. The rows come in
** another order than the function's own. */
static int complete_rpc(struct wow_connection *conn, struct wow_server *server,
                        const struct rpc *rpc, struct wow_response *response,
                        struct wow_error *err) {
  char *path = rpc_path(conn->db, rpc), *order = rpc_order(conn->db, response->body);
  struct wow_request get = {.method = "GET", .path = path, .what = rpc->name};
  struct wow_parts parts = {
      .conn = conn, .server = server, .request = &get, .order = order, .first = response};
  struct wow_response cut = *response;
  struct wow_error refusal = {0};
  int rc = SQLITE_ERROR;
  if (path && order) {
    rc = wow_complete_parts(&parts, response, &refusal);
  } else {
    sqlite3_free(response->body);
    response->body = NULL;
  }
  if (rc == SQLITE_INTERRUPT || rc == SQLITE_NOMEM)
    wow_error_move(err, &refusal);
  else if (rc != SQLITE_OK)
    wow_complete_fail(err, rpc->name, &cut);
  wow_error_reset(&refusal);
  sqlite3_free(path);
  sqlite3_free(order);
  return rc == SQLITE_OK ? rc : err->rc;
}

/* Calls a function where nothing may be changed: by GET, which the server answers in a transaction
** that cannot write. */
static int read_rpc(struct wow_connection *conn, struct wow_server *server, const struct rpc *rpc,
                    struct wow_response *response, struct wow_error *err) {
  char *path = rpc_path(conn->db, rpc);
  struct wow_request request = {.method = "GET", .path = path, .what = rpc->name};
  int rc = SQLITE_OK;
  if (path == NULL) {
    return wow_error_set(err, SQLITE_READONLY, rpc->name,
                         "server '%s' is connected for reading only, where the arguments of a "
                         "function are texts, numbers and booleans",
                         server->options.name);
  }
  if (server->options.max_rows != 0) request.prefer = "count=exact";
  rc = wow_request_fetch(conn, server, &request, response, err);
  if (rc == SQLITE_OK && wow_complete_is_doubtful(conn->db, &request, response))
    rc = complete_rpc(conn, server, rpc, response, err);
  sqlite3_free(path);
  return rc;
}

/* Calls a function of the database. Its arguments are sent in the body: in a GET some of them
** would be taken for filters. Free response->body. */
static int call_rpc(struct wow_connection *conn, const struct rpc *rpc,
                    struct wow_response *response, struct wow_error *err) {
  const char *name = rpc->name, *args = rpc->args ? rpc->args : "{}";
  struct wow_server *server = wow_connection_server(conn, rpc->server, err);
  if (server == NULL) return err->rc;
  if (name == NULL || *name == 0) {
    return wow_error_set(err, SQLITE_ERROR, NULL, "the name of a function is needed");
  }
  if (server->options.read_only) return read_rpc(conn, server, rpc, response, err);
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "/rpc/");
  wow_deparse_path(str, name);
  char *path = sqlite3_str_finish(str);
  struct wow_request request = {
      .method = "POST", .path = path, .what = name, .body = {.data = args, .bytes = strlen(args)}};
  if (server->options.max_rows != 0) request.prefer = "count=exact";
  int rc = path ? wow_request_fetch(conn, server, &request, response, err) : wow_error_nomem(err);
  if (rc == SQLITE_OK && wow_complete_is_doubtful(conn->db, &request, response))
    rc = complete_rpc(conn, server, rpc, response, err);
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
  if (rc != SQLITE_OK) return rc;
  /* A function may return a document of another type; but a page is not its answer to a request for
  ** JSON. */
  bool is_checked = response.is_json ? *response.body != 0 : wow_error_is_html(response.body);
  if (is_checked) rc = check_json(call->conn, rpc.name, &response, err);
  if (rc == SQLITE_OK) return result_body(call, &response, err);
  wow_error_unsure(err, true);
  sqlite3_free(response.body);
  return rc;
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
  if (rc != SQLITE_OK) wow_error_unsure(err, true);
  sqlite3_free(response.body);
  return rc;
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_get", 1, 1, WOW_EFFECTS | WOW_RETURNS_JSON, "wowsql_get(path)",
     "The JSON response to a GET request for a path below the REST service.",
     "SELECT wowsql_get('users?select=name&limit=1') ->> '$[0].name'", run_get},
    {"wowsql_rpc", 1, 2, WOW_EFFECTS | WOW_RETURNS_JSON, "wowsql_rpc(name [, args])",
     "Calls a function of the database with the members of a JSON object as its arguments.",
     "SELECT wowsql_rpc('add', '{\"a\":1,\"b\":2}')", run_rpc},
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {"wowsql_rows", "value", 1, "path HIDDEN, server HIDDEN", 2, 1, WOW_EFFECTS,
     "wowsql_rows(path) [WHERE server = name]",
     "A row for each element of the response to a GET request for a path.",
     "SELECT value ->> 'name' FROM wowsql_rows('users?select=id,name,orders(total)')", table_rows},
    {"wowsql_rpc_rows", "value", 1, "name HIDDEN, args HIDDEN, server HIDDEN", 3, 1, WOW_EFFECTS,
     "wowsql_rpc_rows(name [, args]) [WHERE server = name]",
     "A row for each element that a function of the database returns.",
     "SELECT value ->> 'name' FROM wowsql_rpc_rows('nearby', '{\"km\":5}')", table_rpc_rows},
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_rest = {"rest", functions, tables};
