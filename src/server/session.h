/*
** Who asks a server: the role of its key, or a user who has signed in. What a server shows depends
** on that, so what was learned of it for one of them (descriptions, missing rights) is kept here
** and goes with it. A scan goes on as who it began as, whoever signs in meanwhile.
**
** Access tokens are valid for a while. When one is refused, the refresh token gets another one, and
** the request is repeated: see wow_http_renewal.
*/
#ifndef WOW_SESSION_H
#define WOW_SESSION_H

#include <stdbool.h>

#include "base/error.h"
#include "base/sqlite.h"
#include "catalog/openapi.h"
#include "http/transfer.h"

/* The hint where a session has ended. */
#define WOW_SIGN_IN_HINT "sign in again: SELECT wowsql_sign_in(email, password)"

struct wow_connection;
struct wow_server;

/* A relation of which a role may read some columns, but not the key, see scan/rights.h. */
struct wow_restricted {
  char *schema;                  /* NULL: the server's */
  struct wow_relation *relation; /* as if it had no key */
  int readable;                  /* a column that it may read; -1: none was looked for */
  struct wow_restricted *next;
};

struct wow_session {
  int references;      /* the server's, and one for each scan under way */
  sqlite3_uint64 id;   /* no other session of the connection has it */
  char *access_token;  /* NULL: nobody has signed in. Never shown unless asked for. */
  char *refresh_token; /* NULL: there is none, or the server takes it no more */
  char *user;          /* JSON as the server said; NULL: it did not say */
  double expires_at;   /* Unix time at which the access token expires; 0: not known */
  int n_renewals;      /* how often the access token was replaced */
  struct wow_connection *conn;
  struct wow_server *server;
  struct wow_catalog *catalogs; /* cached descriptions, one for each schema that was asked for */
  struct wow_restricted *restricted;
  bool refuses_all; /* select=* was refused: a role that may read only some columns */
};

/* One of the key's own role. NULL: no memory. It points to the connection and to the server, which
** outlive it. */
struct wow_session *wow_session_new(struct wow_connection *conn, struct wow_server *server);
struct wow_session *wow_session_retain(struct wow_session *session);
void wow_session_release(struct wow_session *session); /* NULL is fine */

void wow_session_free_restricted(struct wow_restricted *restricted);
void wow_session_forget_catalogs(struct wow_session *session);

/* What a sign-in yields. The texts stay the caller's. */
struct wow_grant {
  const char *access_token;
  const char *refresh_token; /* NULL: none */
  const char *user;          /* JSON; NULL: not known */
  double expires_in;         /* seconds; 0: not known */
};

/* Makes a user's session the server's current one. The error names no token. */
int wow_session_begin(struct wow_server *server, const struct wow_grant *grant,
                      struct wow_error *err);
/* The same with what the auth service has said, if there is an access token in it. */
int wow_session_begin_from(struct wow_server *server, const char *json, struct wow_error *err);
/* The same with a refresh token. *out: what the service said, for wow_secret_free. */
int wow_session_begin_by_refresh(struct wow_server *server, const char *refresh_token, char **out,
                                 struct wow_error *err);
/* Makes one of the key's own role the current one. */
int wow_session_end(struct wow_server *server, struct wow_error *err);

/* Keeps what the service says of the session's user, as JSON. */
int wow_session_set_user(struct wow_session *session, const char *json, struct wow_error *err);

/* Gets new tokens. *out: the auth service's response, for wow_secret_free; NULL: not wanted. */
int wow_session_refresh(struct wow_session *session, char **out, struct wow_error *err);

/* How a request that has this session's token is renewed; zeros: it has none. */
struct wow_http_renewal wow_session_renewal(struct wow_session *session);

/* The session as JSON, for wow_secret_free; NULL: no memory. */
char *wow_session_json(const struct wow_session *session, bool with_tokens);

#endif
