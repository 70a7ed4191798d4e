/*
** Servers: where they are, the key, the options, what has been learned of them; and the registry of
** the servers of one database connection. Knows nothing of SQL statements and of JSON rows.
*/
#ifndef WOW_SERVER_H
#define WOW_SERVER_H

#include <stdbool.h>

#include "catalog/relation.h"
#include "base/error.h"
#include "http/http.h"
#include "base/sqlite.h"
#include "server/run.h"
#include "types/type.h"
#include "base/limits.h"

/* What one run of statements (see statement.h) has used of the budgets statement_max_... */
struct wow_spent {
  sqlite3_uint64 run; /* 0: none yet */
  sqlite3_int64 rows;
  sqlite3_int64 bytes;
  sqlite3_int64 requests;
};

struct wow_server {
  char *name;
  char *project_url; /* scheme://host[:port][/path], no slash at the end, no secrets */
  char *api_key;     /* NULL: none. Never shown. */

  /* options, see the table in server.c */
  char *base_domain;
  bool secure;
  int timeout_s;
  int connect_timeout_s;
  bool verify_ssl;
  char *ca_file;
  char *rest_path;
  char *auth_path;
  char *storage_path;
  char *schema_path;
  char *schema; /* PostgREST profile; NULL: the server's first */
  int page_size;
  int max_rows;                     /* the server's db-max-rows; 0: it has none; -1: not known */
  sqlite3_int64 statement_max_rows; /* 0: no budget */
  sqlite3_int64 statement_max_bytes;
  sqlite3_int64 statement_max_requests;
  int retries;
  bool read_only;
  enum wow_collation collation;
  char **headers; /* further request headers, "Name: value"; may be secret */
  int n_headers;

  struct wow_http_options http;
  struct wow_catalog *catalogs; /* cached OpenAPI documents, one for each schema asked for */
  /* The longest answer, in rows, seen from this server: it does not cut answers before that. */
  sqlite3_int64 longest_answer;
  bool has_no_aggregates; /* it has refused to compute any */
  struct wow_spent spent[WOW_RUNS];
  int references; /* the registry's, and one for each scan under way */
  struct wow_server *next;
};

struct wow_plan_note;

/* What is shown on the terminal while rows travel. */
struct wow_progress {
  bool is_on;
  bool is_shown; /* there is a line on the terminal now */
  double begun_ms;
  double shown_ms;
  sqlite3_int64 rows;
  sqlite3_int64 bytes;
};

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

#define WOW_DEFAULT_SERVER "main"

int wow_connection_new(sqlite3 *db, struct wow_connection **out, struct wow_error *err);
void wow_connection_free(struct wow_connection *conn);

/* ---- options */

/* Value of an option as it comes out of JSON or out of CREATE VIRTUAL TABLE. */
struct wow_option_value {
  enum { WOW_VALUE_TEXT, WOW_VALUE_NUMBER, WOW_VALUE_BOOL } kind;
  const char *text;
  double number; /* also 0 or 1 of a bool */
};

/* A server under construction; not in the registry yet. NULL: no memory. */
struct wow_server *wow_server_new(void);
/* A server is freed when its last user, or the registry, lets go of it. NULL is fine. */
struct wow_server *wow_server_retain(struct wow_server *server);
void wow_server_release(struct wow_server *server);

/* Sets an option. The error names the options there are, or says what the option takes. */
int wow_server_set_option(struct wow_server *server, const char *name,
                          const struct wow_option_value *value, struct wow_error *err);
/* Adds a request header. */
int wow_server_add_header(struct wow_server *server, const char *name, const char *value,
                          struct wow_error *err);

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

/* ---- requests */

/* A request below the server's REST path. */
struct wow_server_request {
  const char *method;
  const char *path;                       /* "/users?id=eq.1", percent-encoded */
  const char *schema;                     /* PostgREST profile; NULL: the server's */
  const char *prefer;                     /* value of the Prefer header; NULL: none */
  const char *what;                       /* what errors name, e.g. the relation */
  const char *body;                       /* JSON; NULL: none */
  const struct wow_http_options *options; /* NULL: the server's */
  struct wow_spent *spent;                /* where the request counts; NULL: what is running now */
};

/* Where the statements that are running now count what they use of the server. It stays theirs as
** long as `run` is the same, and lives as long as the server. */
struct wow_spent *wow_server_spent(struct wow_connection *conn, struct wow_server *server);
/* Are these more rows or bytes than the budgets allow? Then SQLITE_ERROR, and the error names the
** limit. */
int wow_server_check_budget(const struct wow_server *server, const struct wow_spent *spent,
                            struct wow_error *err);

/* Starts a request with the key, the profile and the further headers. See wow_http_open. */
int wow_server_open(struct wow_connection *conn, struct wow_server *server,
                    const struct wow_server_request *request, struct wow_http_sink sink,
                    struct wow_transfer **out, struct wow_error *err);

/* A whole answer: its body (sqlite3_free it; NUL-terminated) and what Content-Range says. */
struct wow_server_answer {
  char *body;
  size_t body_bytes;
  sqlite3_int64 total; /* of Content-Range: "0-9/120" -> 120; -1: it has none */
};

int wow_server_fetch(struct wow_connection *conn, struct wow_server *server,
                     const struct wow_server_request *request, struct wow_server_answer *out,
                     struct wow_error *err);

/* The parts of a Content-Range header, "0-24/3573" or "*"+"/0": rows in this answer (-1: not said)
** and in all (-1: not said). */
void wow_server_content_range(const char *header, sqlite3_int64 *rows, sqlite3_int64 *total);

/* The catalog of a schema (NULL: the server's), asked for once; wow_server_refresh forgets it. */
int wow_server_catalog(struct wow_connection *conn, struct wow_server *server, const char *schema,
                       const struct wow_catalog **out, struct wow_error *err);
void wow_server_refresh(struct wow_server *server);

#endif
