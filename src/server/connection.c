/*
** The state of one database connection, and the registry of its servers. See connection.h.
*/
#include "server/connection.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- servers */

const char *wow_connection_current(const struct wow_connection *conn) {
  return conn->current ? conn->current : WOW_DEFAULT_SERVER;
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

static void registry_add(struct wow_connection *conn, struct wow_server *server) {
  registry_remove(conn, server->options.name);
  struct wow_server **link = &conn->servers;
  while (*link)
    link = &(*link)->next;
  *link = server;
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

struct wow_server *wow_connection_server(struct wow_connection *conn, const char *name,
                                         struct wow_error *err) {
  if (name == NULL) name = wow_connection_current(conn);
  struct wow_server *server = registry_find(conn, name);
  if (server) return server;
  const char *url = getenv("WOWSQL_PROJECT_URL");
  if (strcmp(name, WOW_DEFAULT_SERVER) == 0 && url && *url) {
    server = wow_server_new();
    if (server == NULL) {
      wow_error_nomem(err);
      return NULL;
    }
    if (wow_connection_add_server(conn, server, NULL, NULL, err) != SQLITE_OK) return NULL;
    return registry_find(conn, name);
  }
  bool is_default = strcmp(name, WOW_DEFAULT_SERVER) == 0;
  wow_error_hint(err, SQLITE_ERROR, NULL,
                 is_default ? WOW_CONNECT_HINT
                            : "SELECT wowsql_connect(url, key, json_object('name', ...)); "
                              "SELECT * FROM wowsql_servers lists the servers",
                 "there is no server '%s'", name);
  return NULL;
}

enum wow_collation wow_connection_collation(struct wow_connection *conn, const char *name) {
  struct wow_server *server = registry_find(conn, name);
  return server ? server->options.collation : WOW_COLLATION_SERVER;
}

int wow_connection_drop_server(struct wow_connection *conn, const char *name,
                               struct wow_error *err) {
  if (name == NULL) name = wow_connection_current(conn);
  if (registry_find(conn, name) == NULL) {
    return wow_error_hint(err, SQLITE_ERROR, NULL, "SELECT * FROM wowsql_servers",
                          "there is no server '%s'", name);
  }
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
  conn->ahead = true;
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
  int rc = err->rc;
  sqlite3_free(*message);
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
