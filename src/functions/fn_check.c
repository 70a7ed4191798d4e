/*
** wowsql_check: what is right and what is wrong with a server, and what to do. It sends two
** requests: for the description of the tables, and for an aggregate of no rows.
*/
#include <cjson/cJSON.h>
#include <string.h>

#include "base/secret.h"
#include "catalog/openapi.h"
#include "functions/functions.h"
#include "server/connection.h"
#include "server/request.h"
#include "server/server.h"
#include "wire/deparse.h"

enum verdict { WRONG = 0, RIGHT = 1, UNKNOWN = 2 };

static void add(struct wow_tvf_rows *rows, const char *what, enum verdict verdict,
                const char *found, const char *advice) {
  wow_tvf_add_text(rows, what);
  if (verdict == UNKNOWN)
    wow_tvf_add_null(rows);
  else
    wow_tvf_add_integer(rows, verdict);
  wow_tvf_add_text(rows, found);
  wow_tvf_add_text(rows, verdict == RIGHT ? NULL : advice);
  wow_tvf_end_row(rows);
}

/* The same with a text that is freed; NULL counts as no memory. */
static void add_taken(struct wow_tvf_rows *rows, const char *what, enum verdict verdict,
                      char *found, struct wow_error *err) {
  if (found == NULL) wow_error_nomem(err);
  add(rows, what, verdict, found, NULL);
  sqlite3_free(found);
}

/* The role that a JWT names (its second part is base64url of JSON); sqlite3_free it. NULL: none. */
static char *role_of_token(const char *token) {
  const char *dot = strchr(token, '.');
  struct wow_secret_text text = {0};
  if (dot == NULL) return NULL;
  wow_secret_append_base64(&text, dot + 1);
  cJSON *json = text.text ? cJSON_Parse(text.text) : NULL;
  const char *role = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "role"));
  char *copy = role ? sqlite3_mprintf("%s", role) : NULL;
  cJSON_Delete(json);
  wow_secret_reset_text(&text);
  return copy;
}

/* As whom requests are made, as far as it can be told from here; sqlite3_free it. NULL: it
** cannot. */
static char *role_of(const struct wow_server *server) {
  static const struct {
    const char *prefix, *role;
  } keys[] = {{"wowsql_anon_", "anon"},
              {"wowsql_service_", "service_role"},
              {"sb_publishable_", "anon"},
              {"sb_secret_", "service_role"}};
  const char *key = server->api_key;
  if (server->session->access_token) {
    char *role = role_of_token(server->session->access_token);
    char *text = sqlite3_mprintf("%s, as the signed-in user", role ? role : "authenticated");
    sqlite3_free(role);
    return text;
  }
  if (key == NULL) return sqlite3_mprintf("the server's role for requests without a key");
  for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
    if (strncmp(key, keys[i].prefix, strlen(keys[i].prefix)) == 0)
      return sqlite3_mprintf("%s", keys[i].role);
  }
  return role_of_token(key);
}

/* Does the server answer, and take the key? Adds what can be said after a failure. */
static void add_failure(struct wow_tvf_rows *rows, const struct wow_server *server,
                        const struct wow_error *failure) {
  bool answers = failure->http_status != 0;
  bool is_key = failure->http_status == 401 || failure->http_status == 403;
  if (!answers) {
    add(rows, "reachable", WRONG, failure->message, failure->hint);
    return;
  }
  add(rows, "reachable", RIGHT, server->project_url, NULL);
  add(rows, is_key ? "key" : "tables", WRONG, failure->message, failure->hint);
}

/* Does the server compute aggregates? PostgREST says so before it asks the database. */
static int add_aggregates(struct wow_tvf_call *call, struct wow_server *server,
                          const struct wow_catalog *catalog, struct wow_error *err) {
  static const char advice[] =
      "aggregates are computed from rows; PostgREST 12 or newer computes them with the setting "
      "db-aggregates-enabled";
  struct wow_response response = {0};
  struct wow_error failure = {0};
  sqlite3_str *path = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(path, 1, '/');
  wow_deparse_path(path, catalog->relations[0]->name);
  sqlite3_str_appendall(path, "?select=count()&limit=0");
  char *text = sqlite3_str_finish(path);
  if (text == NULL) return wow_error_nomem(err);
  struct wow_request request = {.method = "GET", .path = text};
  int rc = wow_request_fetch(call->conn, server, &request, &response, &failure);
  sqlite3_free(response.body);
  sqlite3_free(text);
  /* Whatever the database says, it was asked. */
  bool is_asked = failure.code && strncmp(failure.code, "PGRST", 5) != 0;
  bool is_refused = failure.code && !is_asked;
  if (rc == SQLITE_OK || is_asked)
    add(call->rows, "aggregates", RIGHT, "computed by the server", NULL);
  else if (is_refused)
    add(call->rows, "aggregates", WRONG, "not computed by the server", advice);
  else if (rc == SQLITE_INTERRUPT || rc == SQLITE_NOMEM)
    wow_error_move(err, &failure);
  else
    add(call->rows, "aggregates", UNKNOWN, failure.message, failure.hint);
  wow_error_reset(&failure);
  return err->rc;
}

static void add_row_cap(struct wow_tvf_rows *rows, const struct wow_server *server,
                        struct wow_error *err) {
  int cap = server->learned.max_rows;
  if (cap < 0)
    add(rows, "row cap", UNKNOWN, "not known yet",
        "it is noticed when a response is cut; the option max_rows says it beforehand");
  else if (cap == 0)
    add(rows, "row cap", RIGHT, "none", NULL);
  else
    add_taken(rows, "row cap", RIGHT, sqlite3_mprintf("%d rows a response", cap), err);
}

static int table_check(struct wow_tvf_call *call, struct wow_error *err) {
  const struct wow_catalog *catalog = NULL;
  struct wow_error failure = {0};
  struct wow_tvf_rows *rows = call->rows;
  struct wow_server *server = wow_connection_server(call->conn, wow_tvf_arg_text(call, 0), err);
  if (server == NULL) return err->rc;
  add(rows, "server", RIGHT, server->options.name, NULL);
  wow_server_refresh(server);
  int rc = wow_server_catalog(call->conn, server, NULL, &catalog, &failure);
  if (rc == SQLITE_INTERRUPT || rc == SQLITE_NOMEM) {
    wow_error_move(err, &failure);
    return err->rc;
  }
  char *role = role_of(server), *version = wow_server_version(server);
  if (rc != SQLITE_OK) {
    add_failure(rows, server, &failure);
  } else {
    add(rows, "reachable", RIGHT, server->project_url, NULL);
    add(rows, "key", RIGHT, server->api_key ? "accepted" : "none, and none is needed", NULL);
  }
  add(rows, "role", role ? RIGHT : UNKNOWN, role, "the key does not say");
  add(rows, "PostgREST", version ? RIGHT : UNKNOWN, version, "the server does not say");
  if (rc == SQLITE_OK && catalog->n_relations > 0) {
    add_taken(rows, "tables", RIGHT, sqlite3_mprintf("%d", catalog->n_relations), err);
    add_aggregates(call, server, catalog, err);
  } else if (rc == SQLITE_OK) {
    add(rows, "tables", WRONG, "0",
        "the role may see none: GRANT USAGE ON SCHEMA and SELECT ON its tables, or option schema");
  }
  add_row_cap(rows, server, err);
  wow_error_reset(&failure);
  sqlite3_free(role);
  sqlite3_free(version);
  return err->rc;
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {"wowsql_check", "what TEXT, ok INTEGER, found TEXT, advice TEXT", 4, "server HIDDEN", 1, 0,
     WOW_EFFECTS, "wowsql_check([server])",
     "Is the server reachable, the key valid, what can it do; and what to do if not.",
     "SELECT * FROM wowsql_check('main')", table_check},
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_check = {"server", functions, tables};
