/*
** What the user sets for a server, in the third argument of wowsql_connect. Options say what the
** user wants; what a server turns out to do is in server.h's struct wow_learned.
*/
#ifndef WOW_OPTIONS_H
#define WOW_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/sqlite.h"
#include "http/header.h"
#include "types/shippable.h"

/* The services of a project, each below a path of its own. */
enum wow_service { WOW_REST, WOW_AUTH, WOW_STORAGE, WOW_SCHEMA, WOW_N_SERVICES };

struct wow_options {
  int page_size;
  int retries;
  sqlite3_int64 statement_max_requests; /* 0: no budget */
  sqlite3_int64 statement_max_rows;
  sqlite3_int64 statement_max_bytes;
  sqlite3_int64 statement_max_seconds;
  int max_rows; /* the server's db-max-rows; 0: it has none; -1: the user did not say */
  int timeout_s;
  int connect_timeout_s;
  bool secure;
  bool verify_ssl;
  bool read_only;
  enum wow_collation collation;
  char *name;
  char *base_domain;
  char *ca_file;                  /* NULL: the system's certificates */
  char *catalog_key;              /* for the description and nothing else; NULL: the server's key */
  char *schema;                   /* PostgREST profile; NULL: the server's first */
  char *paths[WOW_N_SERVICES];    /* "/rest/v1": a slash at the start and none at the end, or "" */
  struct wow_header_list headers; /* further request headers; may be secret */
};

/* Sets the defaults. SQLITE_OK or SQLITE_NOMEM; in either case reset them in the end. */
int wow_options_init(struct wow_options *options);
void wow_options_reset(struct wow_options *options);

/* Sets the options that the members of a JSON object name. */
int wow_options_parse(struct wow_options *options, const char *json, struct wow_error *err);

/* Checks and completes what was set: a name that is not empty, paths in their normal form. */
int wow_options_finish(struct wow_options *options, struct wow_error *err);

#endif
