/*
** One response on its way or being read: the transfer, the decoder that it feeds, and what has been
** seen of it.
*/
#ifndef WOW_PAGE_H
#define WOW_PAGE_H

#include "base/error.h"
#include "scan/page_request.h"
#include "server/server.h"
#include "wire/rows.h"

/* Where the use of a server is counted: for the statements that were running when the pages were
** started, whoever runs in between. */
struct wow_meter {
  struct wow_connection *conn;
  struct wow_server *server;
  struct wow_spent *spent; /* see wow_page_spent; NULL: not begun */
  sqlite3_uint64 run;
};

struct wow_page {
  const struct wow_shape *shape;
  struct wow_meter *meter;
  struct wow_transfer *transfer; /* NULL: no request is open */
  struct wow_rows *rows;
  sqlite3_int64 asked;     /* the limit that was sent; -1: none */
  sqlite3_int64 got;       /* rows stepped to */
  size_t url_bytes;        /* of the request's path and query */
  sqlite3_int64 bytes;     /* fed to the decoder */
  bool is_hungry;          /* the decoder needs more for its next row */
  bool is_ended;           /* its array has: what follows is not read */
  size_t bytes_after;      /* that have followed */
  bool is_complete;        /* the whole body has been fed */
  unsigned part;           /* of the rows by the place it was asked to go on from; 0: of none */
  bool is_counted;         /* Prefer: count=exact was sent */
  sqlite3_int64 n_grouped; /* rows in the groups stepped to */
};

/* SQLITE_OK or SQLITE_NOMEM. `shape` and `meter` stay the caller's. */
int wow_page_init(struct wow_page *page, const struct wow_shape *shape, struct wow_meter *meter);
void wow_page_free(struct wow_page *page);

/* What the meter's statements have used of the server. */
struct wow_spent *wow_page_spent(struct wow_meter *meter);

/* Sends a request; with `count` it asks how many rows there are in all. */
int wow_page_open(struct wow_page *page, const struct wow_page_request *request, bool count,
                  struct wow_error *err);
/* Waits for more of it, and checks the budget. */
int wow_page_wait(struct wow_page *page, struct wow_error *err);
/* Waits for the end of a response whose last row has been stepped to, and checks that it had as
** many rows as announced. `total` as in wow_page_range. */
int wow_page_finish(struct wow_page *page, sqlite3_int64 *total, struct wow_error *err);
/* A decoder for the rows that come after the current one, as far as they have arrived or soon will.
** NULL: no memory. */
struct wow_rows *wow_page_fork(struct wow_page *page);
/* Gives the transfer up, if there is one. */
void wow_page_close(struct wow_page *page);

/* Adds the rows of the current group. False: it does not say how many they are. */
bool wow_page_count_group(struct wow_page *page);
/* Has the whole response arrived, and well? Then the decoder knows it, too. */
bool wow_page_has_arrived(struct wow_page *page);
/* Did the server, or a gateway before it, refuse a request that may have been too long for it?
** With 502, too: nginx gives up on responses that repeat a long request in their head. */
bool wow_page_is_too_long(const struct wow_error *err);
/* Did the server refuse a condition because it has no such operator for the column's type (42883)?
*/
bool wow_page_lacks_operator(const struct wow_error *err);
/* Did the response break off? */
bool wow_page_is_broken(const struct wow_page *page);
/* What the server says: rows in this response, and in all; -1: it does not say. */
void wow_page_range(const struct wow_page *page, sqlite3_int64 *rows, sqlite3_int64 *total);

#endif
