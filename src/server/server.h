/*
** One server: where it is, its key, what the user set for it, what was learned of it, and who asks
** it.
*/
#ifndef WOW_SERVER_H
#define WOW_SERVER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/sqlite.h"
#include "catalog/openapi.h"
#include "http/pace.h"
#include "http/transfer.h"
#include "server/budget.h"
#include "server/options.h"
#include "server/session.h"

struct wow_connection;

/* What a server's responses have shown. It makes requests cheaper, never a result shorter. */
struct wow_learned {
  double schema_changed_ms; /* wow_clock_ms when this connection last changed its schema; 0: not */
  int max_rows; /* it cuts responses here: starts as the option, 0: nowhere, -1: not known */
  bool refuses_aggregates;
  bool hides_counts;                     /* it was asked for a count, and the response had none */
  char software[WOW_MAX_SOFTWARE_BYTES]; /* the Server header of its last response; "": none */
  size_t longest_refused; /* bytes of a request that may have been too long; 0: none since reset */
  int max_url_bytes; /* of a query string, since longer ones were refused; 0: WOW_MAX_URL_BYTES */
  sqlite3_int64 max_body_bytes; /* of a request, since larger ones were refused; 0: any */
  struct wow_pace pace;
};

struct wow_server {
  char *project_url; /* scheme://host[:port][/path], no slash at the end, no secrets */
  char *api_key;     /* NULL: none. Never shown. */
  struct wow_options options;
  struct wow_learned learned;
  struct wow_http_options http; /* what of the options concerns transfers */
  struct wow_session *session;  /* whoever asks it now; NULL: it is not in the registry yet */
  struct wow_spent spent[WOW_MAX_RUNS];
  int references; /* the registry's, and one for each scan under way */
  struct wow_server *next;
};

/* A server with the default options, not in the registry yet. NULL: no memory. */
struct wow_server *wow_server_new(void);

/* A server is freed when the registry and its last user have let go of it. NULL is fine. */
struct wow_server *wow_server_retain(struct wow_server *server);
void wow_server_release(struct wow_server *server);

/*
** Checks and completes a new server: its project's URL (slug, domain or URL; NULL:
** WOWSQL_PROJECT_URL) and its key (NULL: WOWSQL_API_KEY; "": none). Sends nothing.
*/
int wow_server_resolve(struct wow_server *server, const char *project_url, const char *api_key,
                       struct wow_error *err);

/* The query string that one request to it may have, in bytes. */
int wow_server_url_bytes(const struct wow_server *server);

/* The catalog of a schema (NULL: the server's) as the current session sees it, asked for once;
** wow_server_refresh forgets it. */
int wow_server_catalog(struct wow_connection *conn, struct wow_server *server, const char *schema,
                       const struct wow_catalog **out, struct wow_error *err);
void wow_server_refresh(struct wow_server *server);

/* The relation of this name in it; *out NULL: there is none. After wow_server_schema_changed one
** that is missing is waited for a while, until the server has read its own schema. */
int wow_server_relation(struct wow_server *server, const char *schema, const char *name,
                        const struct wow_relation **out, struct wow_error *err);

/* Says that the server has no such table, and which one may have been meant. Returns err->rc. */
int wow_server_no_table(struct wow_server *server, const char *schema, const char *name,
                        struct wow_error *err);

/* The server's tables have been changed by this connection: forgets its catalogs. */
void wow_server_schema_changed(struct wow_server *server);
/* Until when (wow_clock_ms) a server may not have read its own schema yet. */
double wow_server_lags_until_ms(const struct wow_server *server);

/* The version of PostgREST, "14.8": as the last response said, unless a gateway has put its own
** name there, or else the description. sqlite3_free it; NULL: not known, or no memory. */
char *wow_server_version(const struct wow_server *server);

#endif
