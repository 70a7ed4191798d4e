/*
** One request on its way, with its attempts. A read is repeated as long as no byte of its body has
** been handed over: after a connection failure, and after a status that may pass (429, 502 to 504,
** 520 to 524, 544, and 500 for a conflict of transactions). A request that may have changed
** something on the server is repeated only if it certainly did not get there. Any request is
** repeated once with new credentials after 401, which is said before anything is done.
*/
#ifndef WOW_TRANSFER_H
#define WOW_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/spool.h"
#include "base/sqlite.h"

struct wow_header_list;
struct wow_http;
struct wow_pace;
struct wow_secrets;
struct wow_transfer;

/* How to reach a server. The strings belong to the caller and outlive the transfer. */
struct wow_http_options {
  long connect_timeout_ms; /* to establish the connection */
  long silence_timeout_ms; /* longest time without a byte either way; not the total duration */
  int retries;             /* how often a request may be sent again; 0: never */
  bool verify_ssl;
  const char *ca_file; /* NULL: the system's */
};

/*
** Where the body of a 2xx response goes. Returns SQLITE_OK if it took all of the bytes, or
** SQLITE_BUSY if it took none because it has no room now: the transfer then pauses until
** wow_transfer_resume. Any other code ends the transfer; SQLITE_TOOBIG says that the response
** exceeds the size limit.
*/
struct wow_http_sink {
  int (*write)(void *ctx, const char *data, size_t bytes); /* NULL: the body is dropped */
  void *ctx;
};

/* Where the bytes of a body come from that is read while it is sent. */
struct wow_http_source {
  /* Reads `bytes` from position `from` on, all of which there are. SQLITE_OK; else the transfer
  ** ends. */
  int (*read)(void *ctx, sqlite3_int64 from, void *to, size_t bytes); /* NULL: there is none */
  void *ctx;
  sqlite3_int64 bytes; /* in all */
};

/* A request's body: `bytes` at `data`, or all of `spool`, or all of `source`, or none. */
struct wow_http_body {
  const void *data; /* may contain zero bytes */
  size_t bytes;
  struct wow_spool *spool;
  struct wow_http_source source;
};

/*
** Whoever can get new credentials for requests that are refused with 401. It is asked once for a
** transfer, by the one who waits for that, and may send requests of its own.
*/
struct wow_http_renewal {
  /* Returns SQLITE_OK with *authorization, the value that the header is to have now, for
  ** wow_secret_free; or NULL there: the refusal stands, and `refusal` may have been completed. Any
  ** other code ends the transfer with `err`. */
  int (*renew)(void *ctx, int generation, struct wow_error *refusal, char **authorization,
               struct wow_error *err);
  void *ctx;      /* outlives the transfer */
  int generation; /* which credentials the request has: the owner's number of them */
};

struct wow_http_request {
  const char *server;    /* the server's name, for the log */
  const char *what;      /* what is acted on (a relation), for errors; may be NULL */
  const char *method;    /* "GET", ... */
  const char *url;       /* complete; only http and https are spoken */
  const char *statement; /* what it is sent for, for the log; NULL: not said */
  const struct wow_header_list *headers; /* never logged */
  struct wow_http_body body;             /* stays valid until the transfer is closed */
  double lags_until_ms; /* until then (wow_clock_ms) a server may not know a table or function yet
                        ** that is there (PGRST202, 204, 205), and is asked again */
  double deadline_ms;   /* when the time of its statement is over (wow_clock_ms); 0: never */
  bool repeatable;      /* a read: may be sent again after it has (perhaps) reached the server */
  const struct wow_http_options *options;
  char *software; /* WOW_MAX_SOFTWARE_BYTES of the caller's, which outlive the transfer: take the
                  ** response's Server header, where there is one; NULL: not wanted */
  struct wow_pace *pace; /* the caller's, and outlives the transfer: learns from it; NULL: none */
  struct wow_http_sink sink;
  const struct wow_secrets *secrets; /* further texts that must not be shown; NULL: none */
  struct wow_http_renewal renewal;   /* zeros: there is none */
};

/* The headers of the final response. Strings live as long as the transfer; NULL: absent. */
struct wow_http_response {
  int status;
  char *content_type;
  char *content_range;
  char *preference_applied;
  char *location;
  char *server;
  char *warning; /* all of them */
};

/* Starts a request without waiting; copies all of `request` but the body and the options. Close the
** transfer with wow_transfer_close. */
int wow_transfer_open(struct wow_http *http, const struct wow_http_request *request,
                      struct wow_transfer **out, struct wow_error *err);

/* Ends a transfer, cancelling it if it is still under way, and logs it. NULL is fine. */
void wow_transfer_close(struct wow_transfer *transfer);

/* Lets a paused transfer go on. */
void wow_transfer_resume(struct wow_transfer *transfer);

/* Has it ended, well or not? */
bool wow_transfer_is_done(const struct wow_transfer *transfer);
/* Has it ended well: is the complete response here? */
bool wow_transfer_is_complete(const struct wow_transfer *transfer);
/* Are the headers of the final response here, and is it a 2xx? */
bool wow_transfer_has_response(const struct wow_transfer *transfer);
const struct wow_http_response *wow_transfer_response(const struct wow_transfer *transfer);

/* What it took to the first byte of the response, milliseconds. */
double wow_transfer_ttfb_ms(const struct wow_transfer *transfer);

/* Adds to the rows that the log shows for this transfer. */
void wow_transfer_count_rows(struct wow_transfer *transfer, sqlite3_int64 rows);

/* Says in an error of this transfer's, in its hint, if a request with effects may have had them. */
void wow_transfer_say_outcome(const struct wow_transfer *transfer, struct wow_error *err);

/* ---- for http.c, which owns the multi handle */

/* Starts an attempt. */
void wow_transfer_start(struct wow_transfer *transfer);
/* An attempt has ended with a CURLcode: ends the transfer, follows a redirect, or plans a retry. */
void wow_transfer_finish_attempt(struct wow_transfer *transfer, int curl_code);
/* It was refused with 401: asks for new credentials, and starts it again with them, or ends it. */
int wow_transfer_renew(struct wow_transfer *transfer, struct wow_error *err);
/* Ends the transfer if no byte has moved for too long. */
void wow_transfer_check_silence(struct wow_transfer *transfer);

#endif
