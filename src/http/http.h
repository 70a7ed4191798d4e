/*
** The HTTP side of one database connection: its connections to servers, and the requests under
** way. Requests move on together while one of them is waited for; there are no threads. Knows
** nothing of PostgREST, and of SQLite only how to ask whether the user has interrupted the
** statement.
**
** curl's header is included in this folder only.
*/
#ifndef WOW_HTTP_H
#define WOW_HTTP_H

#include "base/error.h"
#include "base/sqlite.h"

struct wow_http;
struct wow_log;
struct wow_transfer;

/*
** Makes the HTTP side of connection `db`, which logs its requests in `log`: SQLITE_OK,
** SQLITE_NOMEM, or SQLITE_ERROR if libcurl cannot be initialised. Free it after all its transfers
** have been closed, and before the log.
*/
int wow_http_new(sqlite3 *db, struct wow_log *log, struct wow_http **out, struct wow_error *err);
void wow_http_free(struct wow_http *http);

/* Moves every transfer on as far as possible without waiting. */
void wow_http_pump(struct wow_http *http);

/*
** Waits until something has happened to `transfer`: its final headers or body bytes have come, it
** has ended, or it is paused. All other transfers move on meanwhile. SQLITE_OK; SQLITE_INTERRUPT;
** or the transfer's own error: a response that is not 2xx, a network failure after the retries, a
** body that ends early, a sink that gave up. Call within xFilter, xNext or a function (see http.c).
*/
int wow_http_wait(struct wow_transfer *transfer, struct wow_error *err);

/* Waits for the end of the transfer, whose sink must not pause for good. As wow_http_wait. */
int wow_http_finish(struct wow_transfer *transfer, struct wow_error *err);

#endif
