/*
** The state of one database connection, and the registry of its servers. See connection.h.
*/
#include "server/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

/* ---------------------------------------------------------------- servers */

const char *wow_connection_current(const struct wow_connection *conn) {
  if (conn->current) return conn->current;
  return conn->servers ? conn->servers->options.name : WOW_DEFAULT_SERVER;
}

static void registry_remove(struct wow_connection *conn, const char *name) {
  for (struct wow_server **link = &conn->servers; *link; link = &(*link)->next) {
    if (strcmp((*link)->options.name, name) != 0) continue;
    struct wow_server *server = *link;
    *link = server->next;
    wow_server_release(server);
    return;
  }
}

/* Adds a server at the end, or in the place of the one with its name. */
static void registry_add(struct wow_connection *conn, struct wow_server *server) {
  struct wow_server **link = &conn->servers;
  while (*link && strcmp((*link)->options.name, server->options.name) != 0)
    link = &(*link)->next;
  struct wow_server *old = *link;
  server->next = old ? old->next : NULL;
  *link = server;
  if (strcmp(server->options.name, WOW_DEFAULT_SERVER) == 0) conn->has_left = false;
  wow_server_release(old);
}

int wow_connection_add_server(struct wow_connection *conn, struct wow_server *server,
                              const char *project_url, const char *api_key, struct wow_error *err) {
  int rc = wow_server_resolve(server, project_url, api_key, err);
  if (rc == SQLITE_OK) server->session = wow_session_new(conn, server);
  if (rc == SQLITE_OK && server->session == NULL) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK)
    registry_add(conn, server);
  else
    wow_server_release(server);
  return rc;
}

static struct wow_server *registry_find(struct wow_connection *conn, const char *name) {
  for (struct wow_server *server = conn->servers; server; server = server->next) {
    if (strcmp(server->options.name, name) == 0) return server;
  }
  return NULL;
}

/* Does the environment say what the server of this name is? */
static bool is_in_environment(const struct wow_connection *conn, const char *name) {
  const char *url = getenv("WOWSQL_PROJECT_URL");
  return strcmp(name, WOW_DEFAULT_SERVER) == 0 && !conn->has_left && url && *url;
}

static int fail_no_server(const struct wow_connection *conn, const char *name,
                          struct wow_error *err) {
  const char *url = getenv("WOWSQL_PROJECT_URL");
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (const struct wow_server *s = conn->servers; s; s = s->next)
    sqlite3_str_appendf(str, "%s'%s'", s == conn->servers ? "connected: " : ", ", s->options.name);
  if (conn->servers) sqlite3_str_appendall(str, "; ");
  if (strcmp(name, WOW_DEFAULT_SERVER) != 0)
    sqlite3_str_appendf(str, "SELECT wowsql_connect(url, key, '{\"name\":\"...\"}')");
  else if (conn->has_left && url && *url)
    sqlite3_str_appendall(str, "it was disconnected; SELECT wowsql_connect() connects to the "
                               "project of the environment again");
  else
    sqlite3_str_appendall(str, WOW_CONNECT_HINT);
  char *hint = sqlite3_str_finish(str);
  if (hint == NULL) return wow_error_nomem(err);
  int rc = wow_error_hint(err, SQLITE_ERROR, NULL, hint, "there is no server '%s'", name);
  sqlite3_free(hint);
  return rc;
}

struct wow_server *wow_connection_server(struct wow_connection *conn, const char *name,
                                         struct wow_error *err) {
  if (name == NULL) name = wow_connection_current(conn);
  struct wow_server *server = registry_find(conn, name);
  if (server) return server;
  if (!is_in_environment(conn, name)) {
    fail_no_server(conn, name, err);
    return NULL;
  }
  server = wow_server_new();
  if (server == NULL) {
    wow_error_nomem(err);
    return NULL;
  }
  if (wow_connection_add_server(conn, server, NULL, NULL, err) != SQLITE_OK) return NULL;
  return registry_find(conn, name);
}

enum wow_collation wow_connection_collation(struct wow_connection *conn, const char *name) {
  struct wow_server *server = registry_find(conn, name);
  return server ? server->options.collation : WOW_COLLATION_SERVER;
}

bool wow_connection_refuses_aggregates(struct wow_connection *conn, const char *name) {
  const struct wow_server *server = registry_find(conn, name);
  return server && server->learned.refuses_aggregates;
}

int wow_connection_drop_server(struct wow_connection *conn, const char *name,
                               struct wow_error *err) {
  if (name == NULL) name = wow_connection_current(conn);
  if (registry_find(conn, name) == NULL && !is_in_environment(conn, name))
    return fail_no_server(conn, name, err);
  if (strcmp(name, WOW_DEFAULT_SERVER) == 0) conn->has_left = true;
  registry_remove(conn, name);
  if (conn->current && strcmp(conn->current, name) == 0) {
    sqlite3_free(conn->current);
    conn->current = NULL;
  }
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- the last row inserted */

static void forget_last_insert(struct wow_connection *conn) {
  sqlite3_value_free(conn->last_insert.id);
  sqlite3_free(conn->last_insert.row);
  sqlite3_free(conn->last_insert.relation);
  sqlite3_free(conn->last_insert.server);
  memset(&conn->last_insert, 0, sizeof(conn->last_insert));
}

int wow_connection_set_last_id(struct wow_connection *conn, const sqlite3_value *id) {
  sqlite3_value *copy = id ? sqlite3_value_dup(id) : NULL;
  forget_last_insert(conn);
  conn->last_insert.id = copy;
  return id && copy == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

int wow_connection_set_last_row(struct wow_connection *conn, char *row, const char *relation,
                                const char *server) {
  struct wow_last_insert *last = &conn->last_insert;
  forget_last_insert(conn);
  *last = (struct wow_last_insert){.row = row,
                                   .relation = sqlite3_mprintf("%s", relation),
                                   .server = sqlite3_mprintf("%s", server)};
  if (last->row && last->relation && last->server) return SQLITE_OK;
  forget_last_insert(conn);
  return SQLITE_NOMEM;
}

/* ---------------------------------------------------------------- the connection */

int wow_connection_new(sqlite3 *db, struct wow_connection **out, struct wow_error *err) {
  struct wow_connection *conn = sqlite3_malloc64(sizeof(*conn));
  if (conn == NULL) return wow_error_nomem(err);
  memset(conn, 0, sizeof(*conn));
  conn->references = 1;
  conn->db = db;
  conn->ship = true;
  conn->aggregates = true;
  conn->ahead = WOW_AHEAD_ON;
  conn->progress.is_on = true;
  conn->runs = wow_run_new(db);
  int rc = wow_log_init(&conn->log, WOW_LOG_ENTRIES);
  if (rc != SQLITE_OK || conn->runs == NULL) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK) rc = wow_http_new(db, &conn->log, &conn->http, err);
  if (rc == SQLITE_OK)
    *out = conn;
  else
    wow_connection_release(conn);
  return rc;
}

struct wow_connection *wow_connection_retain(struct wow_connection *conn) {
  conn->references++;
  return conn;
}

void wow_connection_release(struct wow_connection *conn) {
  if (conn == NULL || --conn->references > 0) return;
  while (conn->servers)
    registry_remove(conn, conn->servers->options.name);
  wow_http_free(conn->http);
  wow_log_reset(&conn->log);
  wow_run_free(conn->runs);
  wow_error_reset(&conn->last_error);
  forget_last_insert(conn);
  sqlite3_free(conn->current);
  sqlite3_free(conn);
}

/* ---------------------------------------------------------------- errors and SQL */

int wow_connection_report(struct wow_connection *conn, struct wow_error *err, char **message) {
  static const struct wow_secrets unknown = {0};
  int rc = err->rc;
  sqlite3_free(*message);
  /* Somebody may have given a key where a name belongs. */
  wow_error_redact(err, &unknown);
  *message = wow_error_text(err);
  if (conn->dry_run.is_on)
    wow_error_reset(err);
  else
    wow_error_move(&conn->last_error, err);
  return rc;
}

int wow_connection_exec(struct wow_connection *conn, char *sql, const char *what,
                        struct wow_error *err) {
  char *message = NULL;
  if (sql == NULL) return wow_error_nomem(err);
  int rc = sqlite3_exec(conn->db, sql, NULL, NULL, &message);
  if (rc != SQLITE_OK) {
    wow_error_set(err, rc, what, "%s", message ? message : sqlite3_errstr(rc));
  }
  sqlite3_free(message);
  sqlite3_free(sql);
  return rc;
}
