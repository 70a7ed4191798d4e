/*
** A request and its response over libcurl, for one database connection. The only file that includes
** curl's header. Knows nothing of PostgREST, and of SQLite only how to ask whether the user has
** interrupted the statement.
*/
#ifndef WOW_HTTP_H
#define WOW_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sqlite.h"

struct wow_http;     /* connections and log of one database connection */
struct wow_transfer; /* one request on its way, with its retries */

/* How to reach a server. The strings belong to the caller and outlive the transfer. */
struct wow_http_options {
  long connect_timeout_ms; /* until the connection stands */
  long silence_timeout_ms; /* longest time without a byte either way; not the total length */
  int retries;             /* how often a request may be sent again; 0: never */
  bool verify_ssl;
  const char *ca_file; /* NULL: the system's */
};

/*
** Where the body of a 2xx answer goes. Returns SQLITE_OK: taken, all of it. SQLITE_BUSY: taken
** none, not now: the transfer pauses until wow_http_resume. Anything else: the transfer is given
** up, and fails with that code (the sink has filled `err` of its own, or the generic text is
** used).
*/
struct wow_http_sink {
  int (*write)(void *ctx, const char *data, size_t bytes);
  void *ctx;
};

struct wow_http_request {
  const char *server;         /* the server's name, for the log */
  const char *what;           /* what is acted on (a relation), for errors; may be NULL */
  const char *method;         /* "GET", ... */
  const char *url;            /* whole; only http and https are spoken */
  const char *const *headers; /* "Name: value"; never logged */
  int n_headers;
  const void *body; /* NULL: none. Stays valid until the transfer is closed. */
  size_t body_bytes;
  bool repeatable; /* a read: may be sent again after it has (perhaps) reached the server */
  const struct wow_http_options *options;
  struct wow_http_sink sink;
};

/* What the headers of the final answer said. Strings live as long as the transfer; NULL: absent. */
struct wow_http_answer {
  int status;
  const char *content_type;
  const char *content_range;
  const char *preference_applied;
  const char *location;
  const char *server;
};

struct wow_http_log_entry {
  sqlite3_int64 seq;
  double at; /* Unix time, seconds */
  char *server;
  char *method;
  char *url;                    /* with the values of secret parameters replaced */
  int status;                   /* 0: no answer */
  double ms;                    /* from the first send to the last byte, retries included */
  double ttfb_ms;               /* to the first byte of the final answer */
  sqlite3_int64 bytes_sent;     /* body bytes */
  sqlite3_int64 bytes_received; /* body bytes, as they came over the wire */
  sqlite3_int64 rows;           /* as told by wow_http_count_rows; -1: not said */
  int retries;
  char *error; /* NULL: none */
};

/*
** Makes the HTTP side of connection `db`. Result: SQLITE_OK, SQLITE_NOMEM, or SQLITE_ERROR if
** libcurl cannot be initialised (err says why). Free with wow_http_free, after all its transfers.
*/
int wow_http_new(sqlite3 *db, struct wow_http **out, struct wow_error *err);
void wow_http_free(struct wow_http *http);

/* Starts a request without waiting for anything; copies what it needs of `request` but the body,
** the options and the sink. Close the transfer with wow_http_close. */
int wow_http_open(struct wow_http *http, const struct wow_http_request *request,
                  struct wow_transfer **out, struct wow_error *err);

/* May `text` be sent as a header, or as its name or value: can it not begin another header? */
bool wow_transfer_is_header_text(const char *text);

/* Ends a transfer (gives it up if it is still under way) and writes its log entry. NULL is fine. */
void wow_http_close(struct wow_transfer *transfer);

/* Moves every transfer of this connection on as far as goes without waiting. */
void wow_http_pump(struct wow_http *http);

/*
** Waits until something has happened to `transfer`: its final headers have come, body bytes went to
** its sink, it ended, or it is paused. All other transfers move on meanwhile. Result: SQLITE_OK;
** SQLITE_INTERRUPT; or the error of this transfer (err filled): an answer that is not 2xx, a
** network failure after the retries, a sink that gave up. A body that ends early is such an error.
*/
int wow_http_wait(struct wow_transfer *transfer, struct wow_error *err);

/* Waits to the end of the transfer; the sink never pauses. Result as wow_http_wait. */
int wow_http_finish(struct wow_transfer *transfer, struct wow_error *err);

/* Lets a paused transfer go on. */
void wow_http_resume(struct wow_transfer *transfer);

bool wow_http_is_done(const struct wow_transfer *transfer);
/* It has, and well: the whole answer is here. */
bool wow_http_is_whole(const struct wow_transfer *transfer);   /* ended, well or not */
bool wow_http_has_answer(const struct wow_transfer *transfer); /* the final 2xx headers are here */
const struct wow_http_answer *wow_http_answer(const struct wow_transfer *transfer);

/* Adds to the rows that the log shows for this transfer. */
void wow_http_count_rows(struct wow_transfer *transfer, sqlite3_int64 rows);

/* The time from the first send to the answer's first byte, milliseconds; 0: not known yet. */
double wow_http_ttfb_ms(const struct wow_transfer *transfer);

/* The log: at most wow_http_log_size newest entries, oldest first. NULL: no such index. */
int wow_http_log_count(const struct wow_http *http);
const struct wow_http_log_entry *wow_http_log_at(const struct wow_http *http, int index);
/* Sets how many entries are kept (0: none), dropping the oldest. */
int wow_http_log_resize(struct wow_http *http, int entries);
int wow_http_log_size(const struct wow_http *http);

/*
** Waits `ms` milliseconds, or until the user interrupts: SQLITE_OK or SQLITE_INTERRUPT.
** Works within sqlite3_step only (facts of SQLite before 3.41: see http.c).
*/
int wow_http_sleep(struct wow_http *http, long ms);

#endif
