/*
** Responses to a user's own requests that are complete, or an error: what the server has cut at its
** row cap is read again in parts, in a total order.
*/
#ifndef WOW_COMPLETE_H
#define WOW_COMPLETE_H

#include <stdbool.h>

#include "catalog/relation.h"
#include "server/request.h"
#include "server/server.h"

/* A request that is continued in parts. */
struct wow_parts {
  struct wow_connection *conn;
  struct wow_server *server;
  const struct wow_request *request; /* the first one */
  const struct wow_relation *relation;
  bool is_grouped;                  /* its rows are groups */
  const struct wow_response *first; /* the response that is cut */
  const char *order;                /* of a function's rows; NULL: by the path and the relation */
};

/* May there be more rows than the response to this request has? If it was to be counted and is not,
** because a proxy strips the header, it is not believed: there may be, unless it is empty or not an
** array. Sets response->rows. */
bool wow_complete_is_doubtful(sqlite3 *db, const struct wow_request *request,
                              struct wow_response *response);
/* SQLITE_OK if there cannot, or SQLITE_ERROR. */
int wow_complete_check(sqlite3 *db, const struct wow_request *request,
                       struct wow_response *response, struct wow_error *err);
/* The error that says that a response is cut, or may be. */
int wow_complete_fail(struct wow_error *err, const char *what, const struct wow_response *response);

/* Completes the response to a GET. On failure there is none any more. */
int wow_complete_rows(struct wow_connection *conn, struct wow_server *server,
                      const struct wow_request *request, struct wow_response *response,
                      struct wow_error *err);
/* Reads a response again, in parts. Replaces response->body; on failure there is none any more. */
int wow_complete_parts(const struct wow_parts *parts, struct wow_response *response,
                       struct wow_error *err);

#endif
