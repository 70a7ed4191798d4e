/*
** Functions about servers: connecting to them, choosing and forgetting them; and the settings of
** the database connection.
*/
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "functions/functions.h"
#include "server/connection.h"
#include "server/server.h"
#include "http/log.h"

/* ---------------------------------------------------------------- connecting */

static const char *json_bool(bool value) {
  return value ? "true" : "false";
}

/* A server as JSON, without its secrets. NULL: no memory. */
static char *server_summary(const struct wow_server *server, bool is_current) {
  const char *name = server->options.name, *url = server->project_url;
  const char *path = server->options.paths[WOW_REST];
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "{\"name\":");
  wow_text_append_json(str, name, strlen(name));
  sqlite3_str_appendall(str, ",\"project_url\":");
  wow_text_append_json(str, url, strlen(url));
  sqlite3_str_appendall(str, ",\"rest_path\":");
  wow_text_append_json(str, path, strlen(path));
  sqlite3_str_appendf(str, ",\"has_key\":%s,\"current\":%s}", json_bool(server->api_key != NULL),
                      json_bool(is_current));
  return sqlite3_str_finish(str);
}

static int run_connect(struct wow_call *call, struct wow_error *err) {
  const char *options = wow_functions_arg_text(call, 2);
  struct wow_server *server = wow_server_new();
  if (server == NULL) return wow_error_nomem(err);
  int rc = options ? wow_options_parse(&server->options, options, err) : SQLITE_OK;
  char *name = rc == SQLITE_OK ? sqlite3_mprintf("%s", server->options.name) : NULL;
  if (rc == SQLITE_OK && name == NULL) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK) {
    rc = wow_connection_add_server(call->conn, server, wow_functions_optional_text(call, 0),
                                   wow_functions_optional_text(call, 1), err);
  } else {
    wow_server_release(server);
  }
  if (rc == SQLITE_OK) {
    const struct wow_server *found = wow_connection_server(call->conn, name, err);
    bool is_current = strcmp(wow_connection_current(call->conn), name) == 0;
    rc = found ? wow_functions_take_result(call, server_summary(found, is_current), err) : err->rc;
  }
  sqlite3_free(name);
  return rc;
}

static int run_use(struct wow_call *call, struct wow_error *err) {
  const char *name = wow_functions_arg_text(call, 0);
  const struct wow_server *server = wow_connection_server(call->conn, name, err);
  if (server == NULL) return err->rc;
  char *copy = sqlite3_mprintf("%s", server->options.name);
  if (copy == NULL) return wow_error_nomem(err);
  sqlite3_free(call->conn->current);
  call->conn->current = copy;
  sqlite3_result_text(call->ctx, copy, -1, SQLITE_TRANSIENT);
  return SQLITE_OK;
}

static int run_disconnect(struct wow_call *call, struct wow_error *err) {
  const char *name = wow_functions_arg_text(call, 0);
  char *text = sqlite3_mprintf("%s", name ? name : wow_connection_current(call->conn));
  if (text == NULL) return wow_error_nomem(err);
  int rc = wow_connection_drop_server(call->conn, text, err);
  if (rc == SQLITE_OK) return wow_functions_take_result(call, text, err);
  sqlite3_free(text);
  return rc;
}

static int run_refresh(struct wow_call *call, struct wow_error *err) {
  struct wow_server *server =
      wow_connection_server(call->conn, wow_functions_arg_text(call, 0), err);
  if (server == NULL) return err->rc;
  wow_server_refresh(server);
  sqlite3_result_text(call->ctx, server->options.name, -1, SQLITE_TRANSIENT);
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- settings of the connection */

static int run_config(struct wow_call *call, struct wow_error *err) {
  struct wow_connection *conn = call->conn;
  const char *name = wow_functions_arg_text(call, 0);
  const struct {
    const char *name;
    bool *is_on;
    int *number; /* and `is_on` NULL: log_size */
    sqlite3_int64 max;
  } settings[] = {{"aggregates", &conn->aggregates, NULL, 1},
                  {"ahead", NULL, &conn->ahead, WOW_AHEAD_ALWAYS},
                  {"log_size", NULL, NULL, WOW_MAX_LOG_ENTRIES},
                  {"progress", &conn->progress.is_on, NULL, 1},
                  {"ship", &conn->ship, NULL, 1},
                  {"stats", &conn->stats.is_on, NULL, 1}};
  struct wow_log *log = &conn->log;
  bool is_set = call->argc > 1;
  sqlite3_int64 value = is_set ? sqlite3_value_int64(call->argv[1]) : 0;
  bool is_number = is_set && sqlite3_value_numeric_type(call->argv[1]) == SQLITE_INTEGER;
  for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
    if (name == NULL || strcmp(name, settings[i].name) != 0) continue;
    if (is_set && (!is_number || value < 0 || value > settings[i].max)) {
      return wow_error_set(err, SQLITE_ERROR, NULL,
                           "setting '%s' takes a whole number from 0 to %lld", name,
                           settings[i].max);
    }
    if (settings[i].is_on) {
      if (is_set) *settings[i].is_on = value != 0;
      sqlite3_result_int(call->ctx, *settings[i].is_on);
      return SQLITE_OK;
    }
    if (settings[i].number) {
      if (is_set) *settings[i].number = (int)value;
      sqlite3_result_int(call->ctx, *settings[i].number);
      return SQLITE_OK;
    }
    if (is_set && wow_log_resize(log, (int)value) != SQLITE_OK) {
      return wow_error_nomem(err);
    }
    sqlite3_result_int(call->ctx, log->size);
    return SQLITE_OK;
  }
  return wow_error_set(
      err, SQLITE_ERROR, NULL,
      "unknown setting '%s'; valid settings: aggregates, ahead, log_size, progress, ship, "
      "stats",
      name ? name : "NULL");
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_connect", 0, 3, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_connect(project_url [, api_key [, options]])",
     "Registers a server (a project's name, domain or URL) and sends nothing.",
     "SELECT wowsql_connect('myproject', 'wowsql_anon_...', '{\"name\":\"shop\"}')", run_connect},
    {"wowsql_use", 1, 1, WOW_EFFECTS, "wowsql_use(server)",
     "Makes a server the current one, which functions and new tables act on.",
     "SELECT wowsql_use('shop')", run_use},
    {"wowsql_disconnect", 0, 1, WOW_EFFECTS, "wowsql_disconnect([server])",
     "Forgets a server and its key.", "SELECT wowsql_disconnect('shop')", run_disconnect},
    {"wowsql_refresh", 0, 1, 0, "wowsql_refresh([server])",
     "Forgets what is cached about a server's tables and columns.", "SELECT wowsql_refresh()",
     run_refresh},
    {"wowsql_config", 1, 2, WOW_EFFECTS, "wowsql_config(name [, value])",
     "Reads or changes a setting of this connection: aggregates, ahead, log_size, progress, ship, "
     "stats.",
     "SELECT wowsql_config('progress', 0)", run_config},
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_server = {"server", functions, tables};
