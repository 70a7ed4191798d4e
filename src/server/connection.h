/*
** What wowsql keeps for one database connection: the HTTP side, the servers, the runs of its
** statements, and the last error.
*/
#ifndef WOW_CONNECTION_H
#define WOW_CONNECTION_H

#include <stdbool.h>

#include "base/error.h"
#include "base/sqlite.h"
#include "http/http.h"
#include "server/progress.h"
#include "server/run.h"
#include "server/server.h"

struct wow_plan_note;

/* The hint where no server is connected. */
#define WOW_CONNECT_HINT                                                                           \
  "SELECT wowsql_connect('myproject', 'wowsql_anon_...'), or set WOWSQL_PROJECT_URL and "          \
  "WOWSQL_API_KEY in the environment"

/* Everything wowsql keeps for one database connection. */
struct wow_connection {
  sqlite3 *db;
  struct wow_http *http;
  struct wow_server *servers; /* in the order of registration */
  char *current;              /* what wowsql_use chose; NULL: main */
  bool ship;                  /* wowsql_config('ship'): send WHERE, ORDER BY and LIMIT at all */
  struct wow_statements *statements; /* those that are running */
  struct wow_progress progress;
  struct wow_plan_note **notes; /* wowsql_explain: where planning records its reasons */
  struct wow_error last_error;
};

int wow_connection_new(sqlite3 *db, struct wow_connection **out, struct wow_error *err);
void wow_connection_free(struct wow_connection *conn);

/*
** Hands an error to whoever shows it to SQLite: its text replaces *message (NULL: no memory), and
** the error becomes the connection's last one, for wowsql_last_error(). Returns its code.
*/
int wow_connection_report(struct wow_connection *conn, struct wow_error *err, char **message);

/* Runs SQL on the connection and frees `sql`; NULL is SQLITE_NOMEM. The error is about `what`. */
int wow_connection_exec(struct wow_connection *conn, char *sql, const char *what,
                        struct wow_error *err);

/* The name of the current server. */
const char *wow_connection_current(const struct wow_connection *conn);

/*
** Completes `server` with the project's URL (slug, domain or URL; NULL: WOWSQL_PROJECT_URL) and key
** (NULL: WOWSQL_API_KEY) and puts it into the registry, where it replaces the one of its name.
** Takes ownership of `server`, also on failure. Sends nothing.
*/
int wow_server_register(struct wow_connection *conn, struct wow_server *server,
                        const char *project_url, const char *api_key, struct wow_error *err);

/*
** The server of this name (NULL: the current one). When it is the default one, is not there, and
** the environment names a project, it is registered from there. NULL with err filled: none.
*/
struct wow_server *wow_server_find(struct wow_connection *conn, const char *name,
                                   struct wow_error *err);

/* The collation option of a server; the default if it is not there (planning needs no server). */
enum wow_collation wow_server_collation(struct wow_connection *conn, const char *name);

/* Forgets the server of this name (NULL: the current one). */
int wow_server_disconnect(struct wow_connection *conn, const char *name, struct wow_error *err);

#endif
