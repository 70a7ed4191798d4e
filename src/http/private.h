/*
** What http.c and transfer.c share; no other folder includes this.
*/
#ifndef WOW_HTTP_PRIVATE_H
#define WOW_HTTP_PRIVATE_H

#include <curl/curl.h>

#include "base/limits.h"
#include "http/http.h"
#include "http/log.h"

struct wow_http {
  sqlite3 *db;
  CURLM *multi;
  CURL *idle[WOW_IDLE_HANDLES];
  int n_idle;
  struct wow_transfer *transfers; /* those not closed yet */
  struct wow_http_log log;
  double interrupt_checked_ms; /* when an interrupt was last looked for */
  double pumped_ms;            /* when the network was last looked at */
};

enum transfer_state {
  TRANSFER_RUNNING, /* its handle is in the multi */
  TRANSFER_PENDING, /* waits for retry_at_ms */
  TRANSFER_DONE
};

struct wow_transfer {
  struct wow_http *http;
  struct wow_transfer *next;
  enum transfer_state state;
  CURL *easy;
  struct curl_slist *headers;
  char *server;
  char *what;
  char *method;
  char *url;
  const void *body;
  size_t body_bytes;
  bool repeatable;
  const struct wow_http_options *options;
  struct wow_http_sink sink;

  struct wow_http_answer answer;
  char *content_type;
  char *content_range;
  char *preference_applied;
  char *location;
  char *server_header;
  long retry_after_s; /* -1: not said */
  bool headers_done;  /* of an answer that is not 1xx */
  sqlite3_str *error_body;
  char curl_message[CURL_ERROR_SIZE];

  bool is_paused;
  int sink_rc;
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

/* A handle of curl's, to be given back; NULL: no memory. */
CURL *take_handle(struct wow_http *http);
void give_handle(struct wow_http *http, CURL *easy);

void start_attempt(struct wow_transfer *t);
void finish_attempt(struct wow_transfer *t, CURLcode code);
bool is_silent(const struct wow_transfer *t);
void fail_silent(struct wow_transfer *t);

#endif
