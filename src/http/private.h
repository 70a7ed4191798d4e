/* The structs that http.c and transfer.c share. Other folders do not include this. */
#ifndef WOW_HTTP_PRIVATE_H
#define WOW_HTTP_PRIVATE_H

#include <curl/curl.h>

#include "base/limits.h"
#include "base/secret.h"
#include "http/http.h"
#include "http/log.h"
#include "http/transfer.h"

struct wow_http {
  sqlite3 *db;
  CURLM *multi;
  struct wow_transfer *transfers; /* those not closed yet */
  struct wow_log *log;
  double interrupt_checked_ms; /* when an interrupt was last looked for */
  double pumped_ms;            /* when the network was last looked at */
};

/*
**        wow_transfer_start              ended, or given up
** PENDING ----------------> RUNNING ----------------------> DONE
**    ^                       |  | ^                           ^
**    +------- try_again -----+  | | new credentials           | none
**                               v |                           |
**                             REFUSED ------------------------+
*/
enum transfer_state {
  TRANSFER_RUNNING, /* its handle is in the multi */
  TRANSFER_PENDING, /* waits for retry_at_ms */
  TRANSFER_REFUSED, /* with 401: waits for somebody to renew its credentials */
  TRANSFER_DONE
};

struct wow_transfer {
  struct wow_http *http;
  struct wow_transfer *next;
  enum transfer_state state;
  CURL *easy;
  struct curl_slist *headers;
  struct wow_secrets secrets; /* what of them must not be shown */
  char *server;
  char *what;
  char *method;
  char *url;
  char *statement;
  struct wow_http_body body;
  sqlite3_int64 body_bytes;
  sqlite3_int64 body_read; /* bytes of the spool or source that curl has taken in this attempt */
  bool repeatable;
  bool has_key; /* a header says who asks */
  double lags_until_ms;
  double deadline_ms; /* 0: none */
  const struct wow_http_options *options;
  char *software;        /* NULL: nobody wants to know */
  struct wow_pace *pace; /* NULL: likewise */
  struct wow_http_sink sink;
  struct wow_http_renewal renewal; /* zeros: there is none, or it was asked */

  struct wow_http_response response;
  long retry_after_s; /* -1: not said */
  bool headers_done;  /* of a response that is not 1xx */
  bool is_cut;        /* an error's body was longer than is kept */
  struct wow_secret_text error_body;
  char curl_message[CURL_ERROR_SIZE];

  bool is_paused;
  int sink_rc;                /* why the transfer was given up in a callback */
  sqlite3_int64 handed_bytes; /* body bytes that the sink took */
  sqlite3_int64 received_bytes;
  int retries;
  int redirects;
  double begun_ms;
  double ttfb_ms;
  double ended_ms;
  double at;        /* Unix time of the start */
  double active_ms; /* when a byte last moved */
  double retry_at_ms;
  sqlite3_int64 rows; /* -1: not said */
  int rc;
  struct wow_error err;
};

#endif
