/*
** Functions that use the REST service directly, for what SQL over tables cannot say: raw requests,
** and functions of the database.
*/
#include <stdlib.h>
#include <string.h>

#include "wire/deparse.h"
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

/* A parameter of the query string: its value's length in *bytes; NULL: it is not there. */
static const char *parameter(const char *path, const char *name, int *bytes) {
  size_t n = strlen(name);
  const char *p = strchr(path, '?');
  for (; p; p = strchr(p + 1, '&')) {
    if (strncmp(p + 1, name, n) != 0 || p[n + 1] != '=') continue;
    *bytes = (int)strcspn(p + n + 2, "&");
    return p + n + 2;
  }
  return NULL;
}

static sqlite3_int64 number_of(const char *path, const char *name, sqlite3_int64 otherwise) {
  int bytes = 0;
  const char *text = parameter(path, name, &bytes);
  return text && *text >= '0' && *text <= '9' ? strtoll(text, NULL, 10) : otherwise;
}

/* A request that is continued in parts. */
struct parts {
  struct wow_connection *conn;
  struct wow_server *server;
  const struct wow_request *request; /* the first one */
  const struct wow_relation *relation;
  bool is_grouped;                  /* its rows are groups */
  const struct wow_response *first; /* the response that is cut */
  const char *order;                /* of a function's rows; NULL: by the path and the relation */
};

/* The length of an element of a list in a URL, which may have parentheses. */
static int element_bytes(const char *text, int bytes) {
  int depth = 0, i = 0;
  for (; i < bytes && (text[i] != ',' || depth > 0); i++)
    depth += (text[i] == '(') - (text[i] == ')');
  return i;
}

/* Groups are in a total order by their columns. False: one of them has no plain name. */
static bool append_group_order(sqlite3_str *str, const char *path, int n) {
  int bytes = 0, length = 0;
  const char *select = parameter(path, "select", &bytes);
  for (int i = 0; select && i < bytes; i += length + 1) {
    length = element_bytes(select + i, bytes - i);
    if (length >= 2 && memcmp(select + i + length - 2, "()", 2) == 0) continue;
    if (memchr(select + i, '(', (size_t)length) || memchr(select + i, ':', (size_t)length) ||
        memchr(select + i, '>', (size_t)length)) {
      return false;
    }
    sqlite3_str_appendf(str, "%s%.*s", n++ ? "," : "", length, select + i);
  }
  return n > 0;
}

/* Appends what makes the order total: the key, or all columns. False: it cannot be told. */
static bool append_total_order(sqlite3_str *str, const struct wow_relation *relation, int n) {
  if (relation == NULL) return false;
  for (int i = 0; i < relation->n_key; i++, n++) {
    sqlite3_str_appendall(str, n ? "," : "");
    wow_deparse_name(str, relation->columns[relation->key[i]].name);
  }
  for (int i = 0; relation->n_key == 0 && i < relation->n_columns; i++) {
    if (!wow_shippable_has_order(&relation->columns[i].type)) return false;
    sqlite3_str_appendall(str, n++ ? "," : "");
    wow_deparse_name(str, relation->columns[i].name);
  }
  return n > 0;
}

/* The path for the rows from an offset on, in a total order. NULL: there is none. */
static char *path_from(const struct parts *parts, sqlite3_int64 offset, sqlite3_int64 limit) {
  static const char *const own[] = {"limit=", "offset=", "order="};
  const char *path = parts->request->path;
  int bytes = 0, head = (int)strcspn(path, "?");
  const char *order = parameter(path, "order", &bytes);
  bool has_order = order && bytes > 0;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendf(str, "%.*s?order=%s", head, path, parts->order ? parts->order : "");
  if (order) sqlite3_str_append(str, order, bytes);
  bool is_total = parts->order        ? true
                  : parts->is_grouped ? append_group_order(str, path, has_order)
                                      : append_total_order(str, parts->relation, has_order);
  for (const char *p = path + head; *p;) {
    int length = (int)strcspn(p + 1, "&");
    bool is_own = false;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
      is_own = is_own || strncmp(p + 1, own[i], strlen(own[i])) == 0;
    if (!is_own && length > 0) sqlite3_str_appendf(str, "&%.*s", length, p + 1);
    p += length + 1;
  }
  sqlite3_str_appendf(str, "&offset=%lld", offset);
  if (limit >= 0) sqlite3_str_appendf(str, "&limit=%lld", limit);
  char *text = sqlite3_str_finish(str);
  if (is_total) return text;
  sqlite3_free(text);
  return NULL;
}

static int fail_cut(struct wow_error *err, const char *what, const struct wow_response *response) {
  return wow_error_hint(err, SQLITE_ERROR, what,
                        "ask for parts, with limit and offset and an order; or have db-max-rows of "
                        "the server raised",
                        "the server cut its response: it sent %lld of %lld rows", response->rows,
                        response->total);
}

/* The relation that a path is about, by the server's description; NULL: it is not in it. */
static const struct wow_relation *relation_of(struct wow_connection *conn,
                                              struct wow_server *server, const char *name) {
  struct wow_error ignored = {0};
  const struct wow_catalog *catalog = NULL;
  const struct wow_relation *relation = NULL;
  if (wow_server_catalog(conn, server, NULL, &catalog, &ignored) == SQLITE_OK)
    relation = wow_openapi_find(catalog, name + (*name == '/'));
  wow_error_reset(&ignored);
  return relation;
}

/* Adds the elements of one array to those of another. */
static void join_arrays(sqlite3_str *all, const char *body) {
  const char *from = strchr(body, '['), *end = strrchr(body, ']');
  if (from == NULL || end == NULL) return;
  from++;
  if (sqlite3_str_length(all) > 1) sqlite3_str_appendchar(all, 1, ',');
  sqlite3_str_append(all, from, (int)(end - from));
}

/* Fetches the rows from an offset on into part->body. */
static int get_part(const struct parts *parts, sqlite3_int64 offset, sqlite3_int64 limit,
                    struct wow_response *part, struct wow_error *err) {
  struct wow_request get = *parts->request;
  char *path = path_from(parts, offset, limit);
  if (path == NULL) return fail_cut(err, get.what, parts->first);
  get.path = path;
  get.prefer = NULL;
  int rc = wow_request_fetch(parts->conn, parts->server, &get, part, err);
  sqlite3_free(path);
  if (rc != SQLITE_OK || part->rows >= 0) return rc;
  sqlite3_free(part->body);
  part->body = NULL;
  return fail_cut(err, get.what, parts->first);
}

/* Reads again what the server cut, in parts, `wanted` rows at most. Replaces response->body. */
static int get_parts(const struct parts *parts, sqlite3_int64 wanted, struct wow_response *response,
                     struct wow_error *err) {
  sqlite3_int64 first = number_of(parts->request->path, "offset", 0), n = 0;
  bool is_limited = number_of(parts->request->path, "limit", -1) >= 0;
  sqlite3_str *all = sqlite3_str_new(NULL);
  int rc = SQLITE_OK;
  sqlite3_str_appendchar(all, 1, '[');
  while (rc == SQLITE_OK && n < wanted) {
    struct wow_response part = {0};
    rc = get_part(parts, first + n, is_limited ? wanted - n : -1, &part, err);
    if (rc != SQLITE_OK || part.rows == 0) {
      sqlite3_free(part.body);
      break;
    }
    join_arrays(all, part.body);
    sqlite3_free(part.body);
    n += part.rows;
  }
  sqlite3_str_appendchar(all, 1, ']');
  sqlite3_free(response->body);
  response->body_bytes = (size_t)sqlite3_str_length(all);
  response->body = sqlite3_str_finish(all);
  if (rc == SQLITE_OK && response->body == NULL) return wow_error_nomem(err);
  if (rc == SQLITE_OK) return rc;
  sqlite3_free(response->body);
  response->body = NULL;
  return rc;
}

/* Are there more groups than those of the first response? Of groups the server counts the rows. */
static int has_more_groups(const struct parts *parts, struct wow_response *response, bool *more,
                           struct wow_error *err) {
  struct wow_response part = {0};
  sqlite3_int64 offset = number_of(parts->request->path, "offset", 0) + response->rows;
  int rc = get_part(parts, offset, 1, &part, err);
  *more = part.rows > 0;
  sqlite3_free(part.body);
  return rc;
}

/* How many rows a response to this path should have, by the server's count. */
static sqlite3_int64 rows_wanted(const char *path, const struct wow_response *response) {
  sqlite3_int64 wanted = response->total - number_of(path, "offset", 0);
  sqlite3_int64 limit = number_of(path, "limit", -1);
  return limit >= 0 && limit < wanted ? limit : wanted;
}

/* Are there more rows than the response to this path has? */
static bool is_cut(const char *path, const struct wow_response *response) {
  return response->total >= 0 && response->rows >= 0 &&
         response->rows < rows_wanted(path, response);
}

int wow_fn_rest_check_complete(const struct wow_request *request,
                               const struct wow_response *response, struct wow_error *err) {
  return is_cut(request->path, response) ? fail_cut(err, request->what, response) : SQLITE_OK;
}

/* Completes a response that the server has cut. On failure there is none any more. */
static int complete(struct wow_connection *conn, struct wow_server *server,
                    const struct wow_request *request, struct wow_response *response,
                    struct wow_error *err) {
  struct parts parts = {.conn = conn,
                        .server = server,
                        .request = request,
                        .first = response,
                        .is_grouped = strstr(request->path, "()") != NULL};
  bool more = true;
  int rc = SQLITE_OK;
  if (parts.is_grouped)
    rc = has_more_groups(&parts, response, &more, err);
  else
    parts.relation = relation_of(conn, server, request->what);
  if (rc == SQLITE_OK && !more) return rc;
  if (rc == SQLITE_OK)
    return get_parts(&parts, rows_wanted(request->path, response), response, err);
  sqlite3_free(response->body);
  response->body = NULL;
  return rc;
}

static const char *text_of(sqlite3_stmt *stmt, int i) {
  const char *text = (const char *)sqlite3_column_text(stmt, i);
  return text ? text : "";
}

/* Has a further request, for what comes after the longest array of this name, any? */
static int has_longer_array(const struct parts *parts, const char *offset, bool *has,
                            struct wow_error *err) {
  static const char sql[] = "SELECT 1 FROM json_each(?1) r, json_each(r.value) e "
                            "WHERE e.key = ?2 AND json_array_length(e.value) > 0";
  struct wow_request probe = *parts->request;
  struct wow_response response = {0};
  sqlite3_stmt *stmt = NULL;
  int name = (int)strcspn(offset, ".");
  probe.path = sqlite3_mprintf("%s&%s&%.*s.limit=1", parts->request->path, offset, name, offset);
  probe.prefer = NULL;
  if (probe.path == NULL) return wow_error_nomem(err);
  int rc = wow_request_fetch(parts->conn, parts->server, &probe, &response, err);
  sqlite3_free((char *)probe.path);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_prepare_v2(parts->conn->db, sql, -1, &stmt, NULL) == SQLITE_OK) {
    sqlite3_bind_text(stmt, 1, response.body, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, offset, name, SQLITE_STATIC);
    *has = sqlite3_step(stmt) == SQLITE_ROW;
  }
  sqlite3_finalize(stmt);
  sqlite3_free(response.body);
  return SQLITE_OK;
}

/* The server cuts embedded arrays, too, and does not count them: is any of them longer than it is
** here? */
static int check_embedded(struct wow_connection *conn, struct wow_server *server,
                          const struct wow_request *request, const struct wow_response *response,
                          struct wow_error *err) {
  static const char sql[] = "SELECT e.key, max(json_array_length(e.value)) "
                            "FROM json_each(?1) r, json_each(r.value) e WHERE e.type = 'array' "
                            "AND json_type(e.value, '$[0]') = 'object' GROUP BY e.key";
  struct parts parts = {.conn = conn, .server = server, .request = request};
  sqlite3_stmt *stmt = NULL;
  const char *bracket = strchr(request->path, '(');
  int rc = SQLITE_OK;
  if (bracket == NULL || bracket[1] == ')' || *response->body != '[') return SQLITE_OK;
  if (sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL) == SQLITE_OK)
    sqlite3_bind_text(stmt, 1, response->body, -1, SQLITE_STATIC);
  while (rc == SQLITE_OK && stmt && sqlite3_step(stmt) == SQLITE_ROW) {
    bool has = false;
    sqlite3_str *offset = sqlite3_str_new(NULL);
    wow_deparse_bytes(offset, text_of(stmt, 0), sqlite3_column_bytes(stmt, 0));
    sqlite3_str_appendf(offset, ".offset=%lld", sqlite3_column_int64(stmt, 1));
    char *text = sqlite3_str_finish(offset);
    bool is_own = text == NULL || strstr(request->path, ".limit=") != NULL;
    if (!is_own) rc = has_longer_array(&parts, text, &has, err);
    sqlite3_free(text);
    if (rc != SQLITE_OK || !has) continue;
    rc = wow_error_hint(err, SQLITE_ERROR, request->what,
                        "ask for the embedded rows themselves, or for parts of them with limit and "
                        "offset",
                        "the server cut '%s' at %lld rows", text_of(stmt, 0),
                        sqlite3_column_int64(stmt, 1));
  }
  sqlite3_finalize(stmt);
  return rc;
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
  if (rc == SQLITE_OK && is_cut(encoded, response))
    rc = complete(conn, server, &request, response, err);
  if (rc == SQLITE_OK && server->options.max_rows != 0) {
    rc = check_embedded(conn, server, &request, response, err);
    if (rc != SQLITE_OK) sqlite3_free(response->body);
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
** they do not. */
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
  sqlite3_finalize(stmt);
  char *path = sqlite3_str_finish(str);
  if (fits) return path;
  sqlite3_free(path);
  return NULL;
}

/* An order of a function's rows, by all that they have; a single value is called pgrst_scalar by
** PostgREST. */
static char *rpc_order(sqlite3 *db, const char *body) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  bool is_object = body[strspn(body, "[ \n\r\t")] == '{';
  sqlite3_stmt *stmt = is_object ? list_members(db, body, "$[0]") : NULL;
  for (int n = 0; stmt && sqlite3_step(stmt) == SQLITE_ROW; n++) {
    if (n) sqlite3_str_appendchar(str, 1, ',');
    wow_deparse_name(str, text_of(stmt, 0));
  }
  sqlite3_finalize(stmt);
  if (!is_object) sqlite3_str_appendall(str, "pgrst_scalar");
  return sqlite3_str_finish(str);
}

/* Completes what a function returned, by GET: then it runs in a transaction that cannot write, so
** that one which acts does not act again. It is refused, and so is the whole. The rows come in
** another order than the function's own. */
static int complete_rpc(struct wow_connection *conn, struct wow_server *server,
                        const struct rpc *rpc, struct wow_response *response,
                        struct wow_error *err) {
  char *path = rpc_path(conn->db, rpc), *order = rpc_order(conn->db, response->body);
  struct wow_request get = {.method = "GET", .path = path, .what = rpc->name};
  struct parts parts = {
      .conn = conn, .server = server, .request = &get, .order = order, .first = response};
  struct wow_response cut = *response;
  struct wow_error refusal = {0};
  int rc = SQLITE_ERROR;
  if (path && order) {
    rc = get_parts(&parts, response->total, response, &refusal);
  } else {
    sqlite3_free(response->body);
    response->body = NULL;
  }
  if (rc == SQLITE_INTERRUPT || rc == SQLITE_NOMEM)
    wow_error_move(err, &refusal);
  else if (rc != SQLITE_OK)
    fail_cut(err, rpc->name, &cut);
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
  if (rc == SQLITE_OK && is_cut(path, response))
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
  if (rc == SQLITE_OK && is_cut(path, response))
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
