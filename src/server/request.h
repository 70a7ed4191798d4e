/* Requests to a server: where they go, with which headers, and what comes back. */
#ifndef WOW_REQUEST_H
#define WOW_REQUEST_H

#include "http/http.h"
#include "server/connection.h"

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

#endif
