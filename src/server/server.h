/*
** One server: where it is, its key, its options, what has been learned of it.
*/
#ifndef WOW_SERVER_H
#define WOW_SERVER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/sqlite.h"
#include "catalog/relation.h"
#include "http/http.h"
#include "server/budget.h"
#include "types/type.h"

struct wow_connection;

#define WOW_DEFAULT_SERVER "main"

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

/* A server under construction; not in the registry yet. NULL: no memory. */
struct wow_server *wow_server_new(void);
/* A server is freed when its last user, or the registry, lets go of it. NULL is fine. */
struct wow_server *wow_server_retain(struct wow_server *server);
void wow_server_release(struct wow_server *server);

/* Makes server->project_url from a slug, a domain or a URL. */
int resolve_url(struct wow_server *server, const char *project, struct wow_error *err);
int normalise_path(char **path);
int set_text(char **field, const char *text);
bool is_header_text(const char *text);

/* The catalog of a schema (NULL: the server's), asked for once; wow_server_refresh forgets it. */
int wow_server_catalog(struct wow_connection *conn, struct wow_server *server, const char *schema,
                       const struct wow_catalog **out, struct wow_error *err);
void wow_server_refresh(struct wow_server *server);

/* Names that callers outside of this folder still use. */
#include "server/connection.h"
#include "server/request.h"

#endif
