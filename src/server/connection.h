/*
** What wowsql keeps for one database connection: the HTTP side, the registry of servers, the runs
** of statements, and the last error. It is created when the extension is loaded.
**
** An application may drop or replace any of the modules and functions, in any order, and statements
** outlive sqlite3_close_v2: so each of them holds a reference, and the last one to go takes all
** this with it.
*/
#ifndef WOW_CONNECTION_H
#define WOW_CONNECTION_H

#include <stdbool.h>

#include "base/error.h"
#include "base/sqlite.h"
#include "http/http.h"
#include "http/log.h"
#include "server/dry_run.h"
#include "server/progress.h"
#include "server/run.h"
#include "server/server.h"
#include "server/stats.h"

struct wow_plan_note;
struct wow_transaction;

/* The row that was inserted last, for wowsql_last_insert_id(): its key, or the row itself, in which
** the key is looked for when it is asked for. Both NULL: none. */
struct wow_last_insert {
  sqlite3_value *id;
  char *row; /* a JSON object */
  char *relation;
  char *server;
};

struct wow_connection {
  int references; /* one for each module and function that is registered */
  sqlite3 *db;
  struct wow_http *http;
  struct wow_log log;         /* of requests */
  struct wow_server *servers; /* in the order of registration */
  char *current;              /* what wowsql_use chose; NULL: the first one */
  bool has_left;              /* the default server was disconnected, and stays so */
  sqlite3_uint64 n_sessions;  /* that there were, see session.h */
  bool ship;                  /* wowsql_config('ship'): send WHERE, ORDER BY and LIMIT at all */
  bool aggregates;            /* wowsql_config('aggregates'): the server computes them */
  int ahead;                  /* enum wow_ahead: run statements ahead at all, see dry_run.h */
  struct wow_runs *runs;
  struct wow_dry_run dry_run;
  struct wow_progress progress;
  struct wow_stats stats;
  struct wow_plan_note **notes; /* wowsql_explain: where planning records its reasons */
  const struct wow_plan_change *plan_change; /* what scan/second_look.c has planned differently */
  struct wow_error last_error;
  struct wow_transaction *transaction; /* the table module's: what is not sent yet */
  bool is_writing;                     /* tables take part in SQLite's transaction */
  struct wow_last_insert last_insert;
};

/* A new one has one reference, the caller's. */
int wow_connection_new(sqlite3 *db, struct wow_connection **out, struct wow_error *err);
struct wow_connection *wow_connection_retain(struct wow_connection *conn);
void wow_connection_release(struct wow_connection *conn); /* NULL is fine */

/*
** Hands an error to whoever shows it to SQLite: its text replaces *message (NULL: no memory), and
** the error becomes the connection's last one, for wowsql_last_error(). Returns its code.
*/
int wow_connection_report(struct wow_connection *conn, struct wow_error *err, char **message);

/* Remembers the key of the row that was inserted last (copied; NULL: it has none that is known).
** SQLITE_OK or SQLITE_NOMEM. */
int wow_connection_set_last_id(struct wow_connection *conn, const sqlite3_value *id);
/* Remembers the row itself (taken; NULL counts as SQLITE_NOMEM). SQLITE_OK or SQLITE_NOMEM. */
int wow_connection_set_last_row(struct wow_connection *conn, char *row, const char *relation,
                                const char *server);

/* Runs SQL and frees `sql`; NULL counts as SQLITE_NOMEM. An error names `what`. */
int wow_connection_exec(struct wow_connection *conn, char *sql, const char *what,
                        struct wow_error *err);

/* ---- servers */

/* The hint where no server is connected. */
#define WOW_CONNECT_HINT                                                                           \
  "SELECT wowsql_connect('myproject', 'wowsql_anon_...'), or set WOWSQL_PROJECT_URL and "          \
  "WOWSQL_API_KEY in the environment"

/* The name of the current server: what wowsql_use chose, or else the first one connected, or else
** the default server, which need not be connected. */
const char *wow_connection_current(const struct wow_connection *conn);

/*
** Adds a new server, after wow_server_resolve with this URL and key, to the registry; it replaces
** the one with its name. Takes ownership of `server` even if it fails. Sends nothing.
*/
int wow_connection_add_server(struct wow_connection *conn, struct wow_server *server,
                              const char *project_url, const char *api_key, struct wow_error *err);

/*
** The server of this name (NULL: the current one). The default server, if it is not connected and
** has not been disconnected, is connected from the environment. NULL with `err` filled: there is
** none. */
struct wow_server *wow_connection_server(struct wow_connection *conn, const char *name,
                                         struct wow_error *err);

/* The collation option of a server; the default if it is not connected, which planning allows. */
enum wow_collation wow_connection_collation(struct wow_connection *conn, const char *name);

/* Was the server, if it is connected, seen to refuse aggregates? */
bool wow_connection_refuses_aggregates(struct wow_connection *conn, const char *name);

/* Forgets the server of this name (NULL: the current one). */
int wow_connection_drop_server(struct wow_connection *conn, const char *name,
                               struct wow_error *err);

#endif
