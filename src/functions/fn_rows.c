/*
** Functions that write rows, one request each, and requests as the user wrote them. They act at
** once, whatever transaction is open here, and the server does each of them completely or not at
** all. What may be sent is decided in server/request.c.
*/
#include <cjson/cJSON.h>
#include <string.h>

#include "base/document.h"
#include "base/json.h"
#include "functions/complete.h"
#include "functions/fn_rest.h"
#include "functions/functions.h"
#include "server/connection.h"
#include "server/request.h"
#include "server/server.h"
#include "wire/deparse.h"

/* A write to a table of the current server. */
struct table_write {
  struct wow_server *server;
  const char *table;
  struct wow_request request; /* its path is owned */
};

/* Begins a write to the table that the first argument names. */
static int begin_write(struct wow_call *call, const char *method, struct table_write *write,
                       struct wow_error *err) {
  memset(write, 0, sizeof(*write));
  write->server = wow_connection_server(call->conn, NULL, err);
  if (write->server == NULL) return err->rc;
  write->table = wow_functions_optional_text(call, 0);
  if (write->table == NULL) {
    return wow_error_set(err, SQLITE_ERROR, NULL, "the name of a table is needed");
  }
  write->request = (struct wow_request){.method = method, .what = write->table};
  return SQLITE_OK;
}

/* The path of the write's table, to be continued. */
static sqlite3_str *begin_path(const struct table_write *write) {
  sqlite3_str *path = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(path, 1, '/');
  wow_deparse_path(path, write->table);
  return path;
}

/* Sends it, and takes the path, which is complete. */
static int send_write(struct wow_call *call, struct table_write *write, sqlite3_str *path,
                      struct wow_response *response, struct wow_error *err) {
  char *text = sqlite3_str_finish(path);
  if (text == NULL) return wow_error_nomem(err);
  write->request.path = text;
  int rc = wow_request_fetch(call->conn, write->server, &write->request, response, err);
  sqlite3_free(text);
  return rc;
}

static void set_json_body(struct wow_request *request, sqlite3_value *json) {
  request->body.data = sqlite3_value_text(json);
  request->body.bytes = (size_t)sqlite3_value_bytes(json);
}

/* ---------------------------------------------------------------- rows as JSON */

/* Rows of a user, as they are to be sent. */
struct rows {
  sqlite3_str *columns; /* the names of all, as columns= has them */
  sqlite3_int64 n;
  bool are_alike; /* all of them have the same columns */
};

/* Prepares SQL over the JSON in argument `index`; finalize it. NULL: no memory. */
static sqlite3_stmt *over_json(struct wow_call *call, int index, const char *sql) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(call->conn->db, sql, -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_value(stmt, 1, call->argv[index]);
  if (rc == SQLITE_OK) return stmt;
  sqlite3_finalize(stmt);
  return NULL;
}

/* Finalizes it; if it ended for lack of memory, `err` says so. */
static void end_over_json(sqlite3_stmt *stmt, struct wow_error *err) {
  if (stmt == NULL || sqlite3_finalize(stmt) == SQLITE_NOMEM) wow_error_nomem(err);
}

/* Counts the rows of an object or an array of objects. -1: it is something else, or `err` has an
** error. */
static sqlite3_int64 count_rows(struct wow_call *call, int index, struct wow_error *err) {
  static const char sql[] =
      "SELECT CASE WHEN NOT coalesce(json_valid(?1), 0) THEN -1 WHEN json_type(?1) = 'object' THEN "
      "1 "
      "WHEN json_type(?1) <> 'array' THEN -1 ELSE (SELECT CASE total(type <> 'object') "
      "WHEN 0 THEN count(*) ELSE -1 END FROM json_each(?1)) END";
  sqlite3_stmt *stmt = over_json(call, index, sql);
  bool has_count =
      stmt && sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER;
  sqlite3_int64 n = has_count ? sqlite3_column_int64(stmt, 0) : -1;
  end_over_json(stmt, err);
  return n;
}

static bool is_object(struct wow_call *call, int index, struct wow_error *err) {
  static const char sql[] = "SELECT CASE json_valid(?1) WHEN 1 THEN json_type(?1) = 'object' END";
  sqlite3_stmt *stmt = over_json(call, index, sql);
  bool is = stmt && sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0);
  end_over_json(stmt, err);
  return is;
}

/* Reads which columns the rows have; a row may name one twice. Finish rows->columns in any case. */
static int look_at_rows(struct wow_call *call, int index, struct rows *rows,
                        struct wow_error *err) {
  static const char sql[] =
      "SELECT e.key, count(DISTINCT r.key) FROM json_each(CASE json_type(?1) WHEN 'array' THEN ?1 "
      "ELSE json_array(json(?1)) END) r, json_each(r.value) e GROUP BY e.key";
  *rows = (struct rows){.columns = sqlite3_str_new(NULL), .n = count_rows(call, index, err)};
  rows->are_alike = true;
  if (rows->n < 0) {
    return wow_error_hint(err, SQLITE_ERROR, wow_functions_arg_text(call, 0),
                          "for example json_object('name', 'Ada'), or json_group_array(...)",
                          "the rows are not a JSON object or an array of objects");
  }
  sqlite3_stmt *stmt = over_json(call, index, sql);
  int rc = stmt ? SQLITE_OK : wow_error_nomem(err);
  while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(stmt, 0);
    if (name == NULL) {
      rc = wow_error_nomem(err);
      break;
    }
    if (sqlite3_str_length(rows->columns)) sqlite3_str_appendchar(rows->columns, 1, ',');
    wow_deparse_name(rows->columns, name);
    if (sqlite3_column_int64(stmt, 1) != rows->n) rows->are_alike = false;
  }
  end_over_json(stmt, err);
  return rc == SQLITE_OK ? err->rc : rc;
}

/* Without columns= the server would read the rows twice, and want all of them to have the same; but
** a URL has no room for very many. */
static void append_columns(sqlite3_str *path, const struct table_write *write,
                           const struct rows *rows) {
  int bytes = sqlite3_str_length(rows->columns);
  bool fits = bytes <= wow_server_url_bytes(write->server);
  if (bytes == 0 || (rows->are_alike && !fits)) return;
  sqlite3_str_appendf(path, "?columns=%s", sqlite3_str_value(rows->columns));
}

/* ---------------------------------------------------------------- inserting */

/* Runs SQL over a response, which has one result. True: it has one, and it is not NULL. */
static bool ask_response(sqlite3 *db, const char *sql, const char *body, sqlite3_stmt **stmt) {
  int rc = sqlite3_prepare_v2(db, sql, -1, stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(*stmt, 1, body, -1, SQLITE_STATIC);
  return rc == SQLITE_OK && sqlite3_step(*stmt) == SQLITE_ROW &&
         sqlite3_column_type(*stmt, 0) != SQLITE_NULL;
}

/* Does the response show as many rows as the server has stored; or, where that is not said, as were
** sent? */
static int check_stored(struct wow_call *call, const struct table_write *write,
                        const struct wow_response *response, struct wow_error *err) {
  sqlite3_stmt *stmt = NULL;
  static const char sql[] =
      "SELECT CASE WHEN json_valid(?1) AND json_type(?1) = 'array' THEN (SELECT CASE total(type <> "
      "'object') WHEN 0 THEN count(*) END FROM json_each(?1)) END";
  bool is_json = ask_response(call->conn->db, sql, response->body, &stmt);
  sqlite3_int64 n = is_json ? sqlite3_column_int64(stmt, 0) : -1;
  end_over_json(stmt, err);
  bool is_said = response->total >= 0;
  sqlite3_int64 n_stored = is_said ? response->total : count_rows(call, 1, err);
  if (err->rc != SQLITE_OK) return err->rc;
  if (is_json && n == n_stored) return SQLITE_OK;
  if (is_json) {
    wow_error_set(err, SQLITE_ERROR, write->table, "the server shows %lld of the %lld rows %s", n,
                  n_stored, is_said ? "stored" : "sent, and does not say how many it stored");
  } else {
    wow_error_set(err, SQLITE_ERROR, write->table, "the server's response is not an array of rows");
  }
  wow_error_unsure(err, true);
  return err->rc;
}

/* Remembers the last of the rows stored, for wowsql_last_insert_id. */
static int remember_last(struct wow_call *call, const struct table_write *write, const char *body,
                         struct wow_error *err) {
  sqlite3_stmt *stmt = NULL;
  int rc = SQLITE_OK;
  if (ask_response(call->conn->db, "SELECT json_extract(?1, '$[#-1]')", body, &stmt)) {
    char *row = sqlite3_mprintf("%s", (const char *)sqlite3_column_text(stmt, 0));
    rc = wow_connection_set_last_row(call->conn, row, write->table, write->server->options.name);
  }
  sqlite3_finalize(stmt);
  return rc == SQLITE_OK ? rc : wow_error_nomem(err);
}

static int store_rows(struct wow_call *call, struct table_write *write, sqlite3_str *path,
                      struct wow_error *err) {
  struct wow_response response = {0};
  set_json_body(&write->request, call->argv[1]);
  write->request.max_bytes =
      (size_t)sqlite3_limit(call->conn->db, SQLITE_LIMIT_LENGTH, -1); /* of a value of SQLite's */
  int rc = send_write(call, write, path, &response, err);
  if (rc == SQLITE_OK) rc = check_stored(call, write, &response, err);
  if (rc == SQLITE_OK) rc = remember_last(call, write, response.body, err);
  if (rc == SQLITE_OK) return wow_functions_take_result(call, response.body, err);
  sqlite3_free(response.body);
  return rc;
}

static int run_insert(struct wow_call *call, struct wow_error *err) {
  struct table_write write;
  struct rows rows = {0};
  int rc = begin_write(call, "POST", &write, err);
  if (rc == SQLITE_OK) rc = look_at_rows(call, 1, &rows, err);
  if (rc == SQLITE_OK) {
    sqlite3_str *path = begin_path(&write);
    append_columns(path, &write, &rows);
    write.request.prefer = rows.are_alike ? "return=representation, count=exact"
                                          : "return=representation, count=exact, missing=default";
    rc = store_rows(call, &write, path, err);
  }
  sqlite3_free(sqlite3_str_finish(rows.columns));
  return rc;
}

/* Appends the columns that a user named, "a, b". */
static void append_names(sqlite3_str *path, const char *names) {
  for (const char *p = names; *p;) {
    p += strspn(p, " ,");
    size_t bytes = strcspn(p, ",");
    const char *next = p + bytes;
    while (bytes > 0 && p[bytes - 1] == ' ')
      bytes--;
    char *name = sqlite3_mprintf("%.*s", (int)bytes, p);
    if (name && bytes > 0) wow_deparse_name(path, name);
    sqlite3_free(name);
    p = next;
    if (*p == ',') sqlite3_str_appendchar(path, 1, *p++);
  }
}

/* The relation, as its server describes it. NULL: it is not described, or not to us. */
static const struct wow_relation *relation_of(struct wow_connection *conn,
                                              struct wow_server *server, const char *name) {
  struct wow_error ignored = {0};
  const struct wow_catalog *catalog = NULL;
  int rc = wow_server_catalog(conn, server, NULL, &catalog, &ignored);
  wow_error_reset(&ignored);
  return rc == SQLITE_OK ? wow_openapi_find(catalog, name) : NULL;
}

/* Appends what rows have in common with those that are there. It is always said: where a table has
** no key the server would insert instead. */
static int append_conflict(struct wow_call *call, const struct table_write *write,
                           sqlite3_str *path, struct wow_error *err) {
  const char *names = wow_functions_optional_text(call, 2);
  sqlite3_str_appendall(path, strchr(sqlite3_str_value(path), '?') ? "&" : "?");
  sqlite3_str_appendall(path, "on_conflict=");
  if (names) {
    append_names(path, names);
    return SQLITE_OK;
  }
  const struct wow_relation *relation = relation_of(call->conn, write->server, write->table);
  if (relation == NULL || relation->n_key == 0) {
    return wow_error_hint(err, SQLITE_ERROR, write->table,
                          "wowsql_upsert(table, rows, 'column, ...') names unique columns",
                          "the server does not describe a primary key of this table");
  }
  for (int i = 0; i < relation->n_key; i++) {
    if (i) sqlite3_str_appendchar(path, 1, ',');
    wow_deparse_name(path, relation->columns[relation->key[i]].name);
  }
  return SQLITE_OK;
}

static int run_upsert(struct wow_call *call, struct wow_error *err) {
  struct table_write write;
  struct rows rows = {0};
  int rc = begin_write(call, "POST", &write, err);
  if (rc == SQLITE_OK) rc = look_at_rows(call, 1, &rows, err);
  if (rc == SQLITE_OK && !rows.are_alike) {
    rc = wow_error_hint(err, SQLITE_ERROR, write.table, "call it once for each set of columns",
                        "the rows have different columns: rows that are there would lose what the "
                        "new ones leave out");
  }
  if (rc == SQLITE_OK) {
    sqlite3_str *path = begin_path(&write);
    append_columns(path, &write, &rows);
    rc = append_conflict(call, &write, path, err);
    write.request.prefer = "return=representation, count=exact, resolution=merge-duplicates";
    if (rc == SQLITE_OK)
      rc = store_rows(call, &write, path, err);
    else
      sqlite3_free(sqlite3_str_finish(path));
  }
  sqlite3_free(sqlite3_str_finish(rows.columns));
  return rc;
}

/* Finds the key in the row that was inserted last. It stays unknown if there is not one column that
** is the key. */
static int find_last_id(struct wow_call *call, const struct wow_last_insert *last,
                        struct wow_error *err) {
  static const char sql[] = "SELECT value FROM json_each(?1) WHERE key = ?2";
  const struct wow_catalog *catalog = NULL;
  struct wow_server *server = wow_connection_server(call->conn, last->server, err);
  int rc = server ? wow_server_catalog(call->conn, server, NULL, &catalog, err) : err->rc;
  if (rc != SQLITE_OK) return rc;
  const struct wow_relation *relation = wow_openapi_find(catalog, last->relation);
  bool has_one = relation && relation->n_key == 1;
  sqlite3_stmt *stmt = NULL;
  rc = sqlite3_prepare_v2(call->conn->db, sql, -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(stmt, 1, last->row, -1, SQLITE_TRANSIENT);
  if (rc == SQLITE_OK && has_one)
    rc = sqlite3_bind_text(stmt, 2, relation->columns[relation->key[0]].name, -1, SQLITE_TRANSIENT);
  bool has_row = rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW;
  if (rc == SQLITE_OK)
    rc = wow_connection_set_last_id(call->conn, has_row ? sqlite3_column_value(stmt, 0) : NULL);
  if (sqlite3_finalize(stmt) == SQLITE_NOMEM) rc = SQLITE_NOMEM;
  return rc == SQLITE_OK ? rc : wow_error_nomem(err);
}

static int run_last_insert_id(struct wow_call *call, struct wow_error *err) {
  const struct wow_last_insert *last = &call->conn->last_insert;
  int rc = last->row ? find_last_id(call, last, err) : SQLITE_OK;
  if (rc == SQLITE_OK && last->id) sqlite3_result_value(call->ctx, last->id);
  return rc;
}

/* ---------------------------------------------------------------- changing and deleting */

/* Changes or deletes what the filter in the second argument leaves. The result is the number of
** rows, or NULL where something on the way keeps the server's count to itself. */
static int change_rows(struct wow_call *call, struct table_write *write, struct wow_error *err) {
  const char *filter = wow_functions_arg_text(call, 1);
  struct wow_response response = {0};
  sqlite3_str *path = begin_path(write);
  if (filter == NULL) filter = "";
  if (*filter == '?' || *filter == '&') filter++;
  sqlite3_str_appendall(path, *filter ? "?" : "");
  wow_deparse_user_text(path, filter, (int)strlen(filter));
  write->request.prefer = "return=minimal, count=exact";
  int rc = send_write(call, write, path, &response, err);
  sqlite3_free(response.body);
  if (rc == SQLITE_OK && response.total >= 0) sqlite3_result_int64(call->ctx, response.total);
  return rc;
}

static int run_update(struct wow_call *call, struct wow_error *err) {
  struct table_write write;
  int rc = begin_write(call, "PATCH", &write, err);
  if (rc != SQLITE_OK) return rc;
  if (!is_object(call, 2, err)) {
    return wow_error_hint(err, SQLITE_ERROR, write.table, "for example json_object('active', 1)",
                          "the new values are not a JSON object");
  }
  set_json_body(&write.request, call->argv[2]);
  return change_rows(call, &write, err);
}

static int run_delete(struct wow_call *call, struct wow_error *err) {
  struct table_write write;
  int rc = begin_write(call, "DELETE", &write, err);
  return rc == SQLITE_OK ? change_rows(call, &write, err) : rc;
}

/* ---------------------------------------------------------------- requests of the user's own */

/* Takes a header of the user's. Some are fields of a request; others only wowsql can say. */
static int take_header(struct wow_request *request, const char *name, const char *value,
                       struct wow_request_header *other, struct wow_error *err) {
  const struct {
    const char *name;
    const char **field; /* NULL: not the user's to say */
  } known[] = {
      {"Accept", &request->accept},
      {"Prefer", &request->prefer},
      {"Content-Type", &request->content_type},
      {"Accept-Profile", &request->schema},
      {"Content-Profile", &request->schema},
      {"apikey", NULL},
      {"Authorization", NULL},
      {"Host", NULL},
      {"Connection", NULL},
      {"Content-Length", NULL},
      {"Transfer-Encoding", NULL},
      {"Expect", NULL},
  };
  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
    if (sqlite3_stricmp(name, known[i].name) != 0) continue;
    if (known[i].field == NULL) {
      return wow_error_set(err, SQLITE_ERROR, NULL, "the header %s is made by wowsql",
                           known[i].name);
    }
    *known[i].field = value;
    return SQLITE_OK;
  }
  *other = (struct wow_request_header){name, value};
  return SQLITE_OK;
}

/* Takes the headers of a JSON object, whose texts stay its. Those that are not fields of a request
** go into `others`, which has room for all and one more. */
static int take_headers(struct wow_request *request, const cJSON *json,
                        struct wow_request_header *others, struct wow_error *err) {
  const cJSON *header;
  bool are_texts = cJSON_IsObject(json);
  int rc = SQLITE_OK;
  request->headers = others;
  cJSON_ArrayForEach(header, json) are_texts = are_texts && cJSON_IsString(header);
  if (!are_texts) {
    return wow_error_hint(err, SQLITE_ERROR, NULL,
                          "for example json_object('Prefer', 'return=minimal')",
                          "the headers are not a JSON object of texts");
  }
  cJSON_ArrayForEach(header, json) {
    if (rc != SQLITE_OK) break;
    rc = take_header(request, header->string, cJSON_GetStringValue(header), others, err);
    if (others->name) others++;
  }
  return rc;
}

/* Makes a response the result: JSON and text as text, anything else as a blob, nothing as NULL. */
static int take_response(struct wow_call *call, struct wow_response *response,
                         struct wow_error *err) {
  if (response->body_bytes == 0) {
    sqlite3_free(response->body);
    return SQLITE_OK;
  }
  if (!response->is_json && !response->is_text) {
    sqlite3_result_blob64(call->ctx, response->body, response->body_bytes, sqlite3_free);
    return SQLITE_OK;
  }
  int rc = wow_functions_take_result(call, response->body, err);
  if (response->is_json) sqlite3_result_subtype(call->ctx, WOW_JSON_SUBTYPE);
  return rc;
}

/* May the server cut the response at its row cap? */
static bool may_be_cut(const struct wow_request *request) {
  return strcmp(request->method, "GET") == 0 || strncmp(request->path, "/rpc/", 5) == 0;
}

static int send_request(struct wow_call *call, struct wow_request *request, struct wow_error *err) {
  struct wow_server *server = wow_connection_server(call->conn, NULL, err);
  struct wow_response response = {0};
  if (server == NULL) return err->rc;
  bool is_counted = request->prefer == NULL && server->options.max_rows != 0 && may_be_cut(request);
  if (is_counted) request->prefer = "count=exact";
  int rc = wow_request_fetch(call->conn, server, request, &response, err);
  if (rc == SQLITE_OK && is_counted) {
    rc = wow_complete_check(call->conn->db, request, &response, err);
    if (rc != SQLITE_OK) sqlite3_free(response.body);
  }
  return rc == SQLITE_OK ? take_response(call, &response, err) : rc;
}

static int check_method(const char *method, struct wow_error *err) {
  static const char *const methods[] = {"GET", "POST", "PATCH", "PUT", "DELETE"};
  for (size_t i = 0; method && i < sizeof(methods) / sizeof(methods[0]); i++) {
    if (strcmp(method, methods[i]) == 0) return SQLITE_OK;
  }
  return wow_error_set(err, SQLITE_ERROR, NULL,
                       "the method is one of GET, POST, PATCH, PUT and DELETE");
}

static void set_body(struct wow_call *call, struct wow_request *request) {
  if (call->argc < 3 || sqlite3_value_type(call->argv[2]) == SQLITE_NULL) return;
  sqlite3_value *body = call->argv[2];
  bool is_blob = sqlite3_value_type(body) == SQLITE_BLOB;
  const void *data = is_blob ? sqlite3_value_blob(body) : sqlite3_value_text(body);
  request->body.data = data ? data : "";
  request->body.bytes = (size_t)sqlite3_value_bytes(body);
}

/* Sends the request with the headers in the fourth argument. */
static int send_with_headers(struct wow_call *call, struct wow_request *request,
                             struct wow_error *err) {
  const char *text = wow_functions_optional_text(call, 3);
  if (text == NULL) return send_request(call, request, err);
  cJSON *json = wow_document_parse(text, strlen(text), err);
  sqlite3_uint64 bytes =
      sizeof(struct wow_request_header) * ((sqlite3_uint64)cJSON_GetArraySize(json) + 1);
  struct wow_request_header *others = sqlite3_malloc64(bytes);
  int rc = others ? SQLITE_OK : wow_error_nomem(err);
  if (others) memset(others, 0, (size_t)bytes);
  if (rc == SQLITE_OK) rc = take_headers(request, json, others, err);
  if (rc == SQLITE_OK) rc = send_request(call, request, err);
  sqlite3_free(others);
  cJSON_Delete(json);
  return rc;
}

static int run_request(struct wow_call *call, struct wow_error *err) {
  const char *method = wow_functions_arg_text(call, 0), *path = wow_functions_arg_text(call, 1);
  int rc = check_method(method, err);
  if (rc == SQLITE_OK) rc = wow_fn_rest_check_path(path, err);
  if (rc != SQLITE_OK) return rc;
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_deparse_user_path(str, path);
  char *encoded = sqlite3_str_finish(str);
  char *what = sqlite3_mprintf("%.*s", (int)strcspn(path, "?"), path);
  struct wow_request request = {.method = method, .path = encoded, .what = what};
  set_body(call, &request);
  rc = encoded && what ? send_with_headers(call, &request, err) : wow_error_nomem(err);
  sqlite3_free(encoded);
  sqlite3_free(what);
  return rc;
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_insert", 2, 2, WOW_EFFECTS | WOW_RETURNS_JSON, "wowsql_insert(table, rows)",
     "Inserts a JSON object, or an array of them, at once. The rows as stored.",
     "SELECT wowsql_insert('users', json_object('name', 'Ada', 'age', 36))", run_insert},
    {"wowsql_upsert", 2, 3, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_upsert(table, rows [, on_conflict])",
     "The same, but rows that are there, by their key or the columns named, are changed.",
     "SELECT wowsql_upsert('users', '[{\"email\":\"ada@example.org\",\"age\":37}]', 'email')",
     run_upsert},
    {"wowsql_update", 3, 3, WOW_EFFECTS, "wowsql_update(table, filter, values)",
     "Sets the members of a JSON object in all rows that a filter ('age=gte.18') leaves. How many.",
     "SELECT wowsql_update('users', 'age=lt.18', '{\"active\":false}')", run_update},
    {"wowsql_delete", 2, 2, WOW_EFFECTS, "wowsql_delete(table, filter)",
     "Deletes all rows that a filter leaves. How many.",
     "SELECT wowsql_delete('users', 'id=in.(7,8,9)')", run_delete},
    {"wowsql_request", 2, 4, WOW_EFFECTS, "wowsql_request(method, path [, body [, headers]])",
     "The response to any request to the REST service: GET, POST, PATCH, PUT or DELETE.",
     "SELECT wowsql_request('PATCH', 'users?id=eq.7', '{\"age\":37}', "
     "'{\"Prefer\":\"return=representation\"}')",
     run_request},
    {"wowsql_last_insert_id", 0, 0, WOW_EFFECTS, "wowsql_last_insert_id()",
     "The key of the row that this connection inserted last, or NULL.",
     "SELECT wowsql_last_insert_id()", run_last_insert_id},
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_rows = {"rows", functions, tables};
