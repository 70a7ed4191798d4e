/*
** Requests to a server: to which service, with which headers and body, and where the response goes.
**
** A user's token that has expired is replaced, and the request repeated, here: see session.h.
**
** A key is sent only to the origin that it was given for: every URL is made here, from the server's
** project_url, and http/ does not follow redirects to another origin.
*/
#ifndef WOW_REQUEST_H
#define WOW_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "http/transfer.h"
#include "server/budget.h"
#include "server/options.h"

struct wow_connection;
struct wow_server;
struct wow_session;

struct wow_request_header {
  const char *name;
  const char *value;
};

/* All of it stays the caller's; the body and the options until the transfer is closed. */
struct wow_request {
  enum wow_service service; /* 0: REST */
  const char *method;       /* "GET" may be repeated, the others may not, */
  bool reads;               /* unless they only read, too */
  const char *path;         /* "/users?id=eq.1", below the service's, percent-encoded */
  const char *what;         /* what errors name, e.g. the relation; may be NULL */
  const char *schema;       /* REST: PostgREST profile; NULL: the server's */
  const char *key;          /* the API key; NULL: the server's */
  /* Who asks; NULL: whoever is signed in now. A user's token goes with requests for rows and files
  ** that have no other key, and with others if it is about the user. */
  struct wow_session *session;
  bool is_by_user;
  const char *accept;                       /* NULL: application/json */
  const char *prefer;                       /* value of the Prefer header; NULL: none */
  const char *content_type;                 /* of the body; NULL: application/json */
  const struct wow_request_header *headers; /* more of them, the last has no name; NULL: none */
  struct wow_http_body body;                /* empty by default */
  const struct wow_secrets *secrets;        /* in the body, and not to be shown; NULL: none */
  const struct wow_http_options *options;   /* NULL: the server's */
  struct wow_spent *spent;                  /* where the request counts; NULL: the current run */
  struct wow_http_sink sink;                /* wow_request_open: where the response goes */
  FILE *file;                               /* wow_request_fetch: likewise; NULL: into memory */
  size_t max_bytes; /* wow_request_fetch: of a response in memory; 0: WOW_MAX_DOCUMENT_BYTES */
};

/*
** Starts a request, whose response goes to request->sink. See wow_transfer_open.
**
** The door for everything that has effects: refused are all of them at a server connected with
** read_only (SQLITE_READONLY), and a PATCH or DELETE of the REST service that wow_filter_refusal is
** against (SQLITE_ERROR).
*/
int wow_request_open(struct wow_connection *conn, struct wow_server *server,
                     const struct wow_request *request, struct wow_transfer **out,
                     struct wow_error *err);

/* A complete response. */
struct wow_response {
  char *body; /* sqlite3_free it, a secret one wow_secret_free; a zero byte follows it; NULL: it
              ** went to a file */
  size_t body_bytes;
  sqlite3_int64 rows;  /* of Content-Range: "0-9/120" is 10; -1: not said */
  sqlite3_int64 total; /* of Content-Range: "0-9/120" is 120; -1: not said */
  bool is_json;        /* by its Content-Type */
  bool is_text;        /* likewise */
};

/*
** Sends a request and waits for its response. JSON in memory (no `accept` given) has no zero byte
** in it; another body may. On failure `out` holds nothing, but the file may have been written to.
*/
int wow_request_fetch(struct wow_connection *conn, struct wow_server *server,
                      const struct wow_request *request, struct wow_response *out,
                      struct wow_error *err);

/* The parts of a Content-Range header, "0-24/3573" or "*"+"/0": rows in this response and rows in
** all; -1: not said. NULL is fine. */
void wow_request_content_range(const char *header, sqlite3_int64 *rows, sqlite3_int64 *total);

#endif
