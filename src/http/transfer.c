/*
** One request and its attempts, see transfer.h. What its body and its response mean is left to the
** caller; what a failure means to the user is said here and in base/error.c.
*/
#include "http/transfer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/sql_token.h"
#include "http/header.h"
#include "http/private.h"
#include "http/report.h"
#include "http/refusal.h"
#include "http/response.h"
#include "http/url.h"

#ifndef WOWSQL_VERSION
#define WOWSQL_VERSION "dev"
#endif

/* ---------------------------------------------------------------- callbacks of curl */

/* Tells the caller which software the server says it is. */
static void tell_software(struct wow_transfer *t) {
  if (t->software == NULL || t->response.server == NULL) return;
  sqlite3_snprintf(WOW_MAX_SOFTWARE_BYTES, t->software, "%s", t->response.server);
}

static size_t on_header(char *line, size_t size, size_t n, void *ctx) {
  struct wow_transfer *t = ctx;
  size_t bytes = size * n, end = bytes;
  t->active_ms = wow_clock_ms();
  if (t->headers_done) return bytes; /* trailers, which say nothing that matters here */
  while (end > 0 && (line[end - 1] == '\r' || line[end - 1] == '\n'))
    end--;
  if (bytes > 5 && sqlite3_strnicmp(line, "HTTP/", 5) == 0) {
    const char *status = memchr(line, ' ', end);
    wow_response_forget(t);
    t->response.status = status ? atoi(status + 1) : 0;
    return bytes;
  }
  if (end == 0) {
    t->headers_done = t->response.status >= 200;
    if (t->headers_done) t->ttfb_ms = wow_clock_ms() - t->begun_ms;
    if (t->headers_done) tell_software(t);
    return bytes;
  }
  t->sink_rc = wow_response_keep_line(t, line, end);
  return t->sink_rc == SQLITE_OK ? bytes : 0;
}

static bool is_success(const struct wow_transfer *t) {
  return t->response.status >= 200 && t->response.status < 300;
}

/* The end of a long error is not waited for. */
static size_t keep_error(struct wow_transfer *t, const char *data, size_t bytes) {
  size_t room = WOW_MAX_ERROR_BODY_BYTES - t->error_body.bytes;
  t->is_cut = bytes > room;
  wow_secret_append(&t->error_body, data, bytes < room ? bytes : room);
  return t->is_cut ? 0 : bytes;
}

/* Drops what nobody reads, but not without end. */
static int drop(const struct wow_transfer *t, size_t bytes) {
  return t->handed_bytes + (sqlite3_int64)bytes > WOW_MAX_DROPPED_BYTES ? SQLITE_TOOBIG : SQLITE_OK;
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx) {
  struct wow_transfer *t = ctx;
  size_t bytes = size * n;
  t->active_ms = wow_clock_ms();
  if (!is_success(t)) return keep_error(t, data, bytes);
  int rc = t->sink.write ? t->sink.write(t->sink.ctx, data, bytes) : drop(t, bytes);
  if (rc == SQLITE_BUSY) {
    t->is_paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  if (rc != SQLITE_OK) {
    t->sink_rc = rc;
    return bytes == 0 ? 1 : 0;
  }
  t->handed_bytes += (sqlite3_int64)bytes;
  return bytes;
}

static int read_body(struct wow_transfer *t, void *to, size_t bytes) {
  const struct wow_http_source *source = &t->body.source;
  if (t->body.spool) return wow_spool_read(t->body.spool, t->body_read, to, bytes);
  return source->read(source->ctx, t->body_read, to, bytes);
}

/* Hands the next bytes of a body in a spool or a source to curl. */
static size_t on_read(char *buffer, size_t size, size_t n, void *ctx) {
  struct wow_transfer *t = ctx;
  sqlite3_int64 remaining = t->body_bytes - t->body_read;
  size_t bytes = size * n;
  if ((sqlite3_int64)bytes > remaining) bytes = (size_t)remaining;
  t->sink_rc = bytes > 0 ? read_body(t, buffer, bytes) : SQLITE_OK;
  if (t->sink_rc != SQLITE_OK) {
    wow_error_set(&t->err, SQLITE_ERROR, t->what, "the request's body cannot be read");
    return CURL_READFUNC_ABORT;
  }
  t->body_read += (sqlite3_int64)bytes;
  return bytes;
}

/* Rewinds the body: curl sends it again if the server refused an HTTP/2 stream unprocessed. */
static int on_seek(void *ctx, curl_off_t offset, int origin) {
  struct wow_transfer *t = ctx;
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  t->body_read = (sqlite3_int64)offset;
  return CURL_SEEKFUNC_OK;
}

/* Called often while anything is under way; notices the progress of an upload. */
static int on_progress(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up) {
  struct wow_transfer *t = ctx;
  (void)down_total, (void)down, (void)up_total;
  if (up > 0 && !t->headers_done && up < t->body_bytes) t->active_ms = wow_clock_ms();
  return 0;
}

/* ---------------------------------------------------------------- attempts */

static int add_header(struct wow_transfer *t, const char *header) {
  struct curl_slist *list = curl_slist_append(t->headers, header);
  if (list == NULL) return SQLITE_NOMEM;
  t->headers = list;
  return SQLITE_OK;
}

static void free_headers(struct curl_slist *headers) {
  for (struct curl_slist *h = headers; h; h = h->next)
    wow_secret_clear(h->data, strlen(h->data));
  curl_slist_free_all(headers);
}

static bool has_body(const struct wow_transfer *t) {
  return t->body.data || t->body.spool || t->body.source.read;
}

static void set_body(struct wow_transfer *t) {
  CURL *easy = t->easy;
  if (!has_body(t)) return;
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body_bytes);
  if (t->body.data) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, t->body.data);
    return;
  }
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(easy, CURLOPT_READDATA, t);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, t);
}

/*
** The options of which curl keeps a copy. Without a method a DELETE would be a GET and a PATCH a
** POST. And if curl (7.88, at least) has no memory for the query of a URL it sends the request
** without one, which means all rows: so it is told what to send.
*/
static CURLcode set_texts(struct wow_transfer *t) {
  CURL *easy = t->easy;
  bool is_plain_get = strcmp(t->method, "GET") == 0 && !has_body(t);
  const char *target = wow_url_target(t->url);
  CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, t->url);
  if (code == CURLE_OK && target) code = curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, target);
  if (code == CURLE_OK && !is_plain_get)
    code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, t->method);
  /* A server on this machine is not the proxy's business, whatever no_proxy says. */
  if (code == CURLE_OK && wow_url_is_loopback(t->url))
    code = curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  if (code == CURLE_OK) /* every encoding that curl knows */
    code = curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_USERAGENT, "wowsql/" WOWSQL_VERSION);
  if (code == CURLE_OK && t->options->ca_file)
    code = curl_easy_setopt(easy, CURLOPT_CAINFO, t->options->ca_file);
  return code;
}

static CURLcode set_options(struct wow_transfer *t) {
  CURL *easy = t->easy;
  const struct wow_http_options *options = t->options;
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* it has been checked as it is */
  /* What an HTTPS proxy says to CONNECT is not the server's response. */
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->curl_message);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L); /* see follow() */
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, WOW_RECEIVE_BYTES);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, options->connect_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, options->verify_ssl ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, options->verify_ssl ? 2L : 0L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, has_body(t) ? 0L : 1L);
  /* On a kept connection that turns out to be dead, curl itself would send the request again, even
  ** if the server has acted on it. */
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, t->repeatable ? 0L : 1L);
  set_body(t);
  return set_texts(t);
}

/* Has any of the request been sent? Of the bytes that go through a proxy, its own count, too. */
static bool was_sent(const struct wow_transfer *t) {
  long bytes = 0;
  curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

void wow_transfer_say_outcome(const struct wow_transfer *t, struct wow_error *err) {
  bool has_status = t->headers_done, is_done = has_status && is_success(t);
  /* PostgREST says why it has rolled back; PGRST001 is a lost connection to its database. A gateway
  ** does not know. */
  bool is_unknown = t->response.status >= 500 && (!err->code || strcmp(err->code, "PGRST001") == 0);
  if (t->repeatable || !was_sent(t)) return;
  if (!has_status || is_done || is_unknown) wow_error_unsure(err, is_done);
}

/* Some servers quote the key that they refuse, and so may curl. */
static void end(struct wow_transfer *t, int rc) {
  if (rc != SQLITE_OK) wow_transfer_say_outcome(t, &t->err);
  wow_error_redact(&t->err, &t->secrets);
  t->state = TRANSFER_DONE;
  t->ended_ms = wow_clock_ms();
  t->rc = rc;
}

void wow_transfer_start(struct wow_transfer *t) {
  wow_response_forget(t);
  wow_secret_reset_text(&t->error_body);
  t->curl_message[0] = 0;
  t->body_read = 0;
  t->is_paused = false;
  t->is_cut = false;
  t->active_ms = wow_clock_ms();
  t->state = TRANSFER_RUNNING;
  if (set_options(t) != CURLE_OK) {
    end(t, wow_error_nomem(&t->err));
    return;
  }
  CURLMcode code = curl_multi_add_handle(t->http->multi, t->easy);
  if (code == CURLM_OUT_OF_MEMORY) {
    end(t, wow_error_nomem(&t->err));
  } else if (code != CURLM_OK) {
    end(t, wow_error_set(&t->err, SQLITE_ERROR, t->what, "libcurl cannot start the request"));
  }
}

/* libcurl before 8.6 also says of a header of more than 100 KB that it is out of memory, in the
** middle of a response's head; and a server must not make SQLite roll back as it does then. */
static bool is_head_too_large(const struct wow_transfer *t) {
  curl_off_t begun_us = 0;
  curl_easy_getinfo(t->easy, CURLINFO_STARTTRANSFER_TIME_T, &begun_us);
  return begun_us > 0 && !t->headers_done;
}

static void fail_network(struct wow_transfer *t, CURLcode code) {
  if (code == CURLE_OUT_OF_MEMORY && !is_head_too_large(t)) {
    end(t, wow_error_nomem(&t->err));
    return;
  }
  char *host = wow_url_host(t->url);
  const char *name = host ? host : "the server";
  const char *message = t->curl_message[0] ? t->curl_message : curl_easy_strerror(code);
  int rc = SQLITE_ERROR;
  if (t->sink_rc == SQLITE_TOOBIG) {
    rc = wow_error_set(&t->err, rc, t->what, "the response of %s exceeds the size limit", name);
  } else if (t->sink_rc != SQLITE_OK) {
    rc = t->sink_rc == SQLITE_NOMEM
             ? wow_error_nomem(&t->err)
             : wow_error_set(&t->err, t->sink_rc, t->what,
                             "the response of %s could not be processed", name);
  } else if (t->handed_bytes > 0) {
    rc = wow_error_set(&t->err, rc, t->what, "the connection to %s broke after %lld bytes: %s",
                       name, t->handed_bytes, message);
  } else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
    rc = wow_error_hint(&t->err, rc, t->what,
                        "option ca_file names a file of trusted certificates; verify_ssl false "
                        "turns the check off",
                        "the certificate of %s cannot be trusted: %s", name, message);
  } else {
    bool is_lost = !t->repeatable && was_sent(t);
    rc = wow_error_hint(&t->err, rc, t->what, "is the project URL right, and the server up?",
                        is_lost ? "lost the connection to %s: %s" : "could not reach %s: %s", name,
                        message);
  }
  sqlite3_free(host);
  end(t, rc);
}

static bool is_connection_failure(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
         code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE || code == CURLE_HTTP2 ||
         code == CURLE_HTTP2_STREAM || code == CURLE_SSL_CONNECT_ERROR;
}

/* Plans another attempt, if the transfer may have one. */
static bool try_again(struct wow_transfer *t, bool reached_server) {
  if (t->retries >= t->options->retries || t->handed_bytes > 0) return false;
  if (reached_server && !t->repeatable) return false;
  /* Whoever asks for a longer pause would refuse the repeat, too. */
  if ((double)t->retry_after_s * 1000 > WOW_MAX_BACKOFF_MS) return false;
  unsigned char jitter = 0;
  sqlite3_randomness(1, &jitter);
  double pause = WOW_BACKOFF_MS * (double)(1 << (t->retries < 10 ? t->retries : 10));
  pause *= 0.75 + jitter / 512.0; /* 75 to 125 % */
  if (t->retry_after_s >= 0) pause = (double)t->retry_after_s * 1000;
  if (pause > WOW_MAX_BACKOFF_MS) pause = WOW_MAX_BACKOFF_MS;
  t->retries++;
  t->retry_at_ms = wow_clock_ms() + pause;
  t->state = TRANSFER_PENDING;
  return true;
}

/* Follows a redirect. Only a read is sent on, and only within its origin: the key must not go
** anywhere else. */
static void follow(struct wow_transfer *t) {
  char *target = NULL;
  if (!wow_url_is_same_origin(t->url, t->response.location, &target)) {
    char *host = wow_url_host(t->response.location);
    wow_secret_redact(&t->secrets, host);
    end(t, wow_error_hint(&t->err, SQLITE_ERROR, t->what,
                          "give wowsql_connect the project's own address",
                          "the server redirects to %s, for which the key was not given",
                          host && *host ? host : "another place"));
    t->err.http_status = t->response.status;
    sqlite3_free(host);
    return;
  }
  if (!t->repeatable || t->redirects++ >= WOW_MAX_REDIRECTS) {
    sqlite3_free(target);
    end(t, wow_error_set(&t->err, SQLITE_ERROR, t->what, "the server redirects the request"));
    t->err.http_status = t->response.status;
    return;
  }
  sqlite3_free(t->url);
  t->url = target;
  wow_transfer_start(t);
}

/* Sends it again a moment later. */
static void ask_again(struct wow_transfer *t) {
  wow_error_reset(&t->err);
  t->retry_at_ms = wow_clock_ms() + WOW_SCHEMA_PAUSE_MS;
  t->state = TRANSFER_PENDING;
}

static void finish_refused(struct wow_transfer *t) {
  struct wow_error_body body = {
      .text = t->error_body.text,
      .bytes = t->error_body.bytes,
      .is_write = !t->repeatable,
      .has_key = t->has_key,
      .secrets = &t->secrets,
  };
  wow_error_response(&t->err, t->what, t->response.status, &body);
  int status = t->response.status;
  if (wow_refusal_is_lag(t->err.code) && wow_clock_ms() < t->lags_until_ms) {
    ask_again(t);
    return;
  }
  if (wow_refusal_is_passing(status, t->err.code) &&
      try_again(t, !wow_refusal_is_undone(status, t->err.code))) {
    wow_error_reset(&t->err);
    return;
  }
  if (t->response.status == 401 && t->renewal.renew)
    t->state = TRANSFER_REFUSED;
  else
    end(t, t->err.rc);
}

/* Replaces the header. SQLITE_OK or SQLITE_NOMEM. */
static int set_authorization(struct wow_transfer *t, const char *value) {
  static const char name[] = "Authorization:";
  struct curl_slist *headers = t->headers;
  struct wow_header_list list = {0};
  struct wow_error ignored = {0};
  int rc = wow_header_add(&list, "Authorization", value, &ignored);
  t->headers = NULL;
  for (struct curl_slist *h = headers; rc == SQLITE_OK && h; h = h->next) {
    bool is_old = sqlite3_strnicmp(h->data, name, (int)strlen(name)) == 0;
    rc = add_header(t, is_old ? list.lines[0] : h->data);
  }
  wow_header_secrets(&list, &t->secrets);
  if (rc == SQLITE_OK) rc = t->secrets.rc;
  wow_header_reset(&list);
  free_headers(headers);
  wow_error_reset(&ignored);
  return rc;
}

int wow_transfer_renew(struct wow_transfer *t, struct wow_error *err) {
  struct wow_http_renewal renewal = t->renewal;
  char *authorization = NULL;
  t->renewal.renew = NULL;
  int rc = renewal.renew(renewal.ctx, renewal.generation, &t->err, &authorization, err);
  if (rc != SQLITE_OK || authorization == NULL) {
    end(t, rc == SQLITE_OK ? t->err.rc : rc);
    return rc;
  }
  rc = set_authorization(t, authorization);
  wow_secret_free(authorization);
  wow_error_reset(&t->err);
  if (rc != SQLITE_OK) {
    end(t, wow_error_nomem(&t->err));
    return SQLITE_OK;
  }
  t->retries++;
  wow_transfer_start(t);
  return SQLITE_OK;
}

void wow_transfer_finish_attempt(struct wow_transfer *t, int curl_code) {
  CURLcode code = (CURLcode)curl_code;
  curl_off_t received = 0;
  int status = t->response.status;
  curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
  t->received_bytes += (sqlite3_int64)received;
  curl_multi_remove_handle(t->http->multi, t->easy);
  /* To curl, headers that break off are a response without a body. */
  if (code == CURLE_OK && !t->headers_done) code = CURLE_GOT_NOTHING;
  if (t->is_cut) code = CURLE_OK;
  if (code != CURLE_OK) {
    bool reached = was_sent(t);
    if (t->sink_rc == SQLITE_OK && is_connection_failure(code) && try_again(t, reached)) return;
    fail_network(t, code);
  } else if (is_success(t)) {
    end(t, SQLITE_OK);
  } else if (status > 300 && status < 400 && t->response.location) {
    follow(t);
  } else {
    finish_refused(t);
  }
}

void wow_transfer_check_silence(struct wow_transfer *t) {
  if (t->state != TRANSFER_RUNNING || t->is_paused) return;
  if (wow_clock_ms() - t->active_ms <= (double)t->options->silence_timeout_ms) return;
  char *host = wow_url_host(t->url);
  curl_multi_remove_handle(t->http->multi, t->easy);
  int rc = wow_error_hint(&t->err, SQLITE_ERROR, t->what,
                          "option timeout of wowsql_connect sets a longer limit",
                          "%s has not sent anything for %ld seconds", host ? host : "the server",
                          t->options->silence_timeout_ms / 1000);
  end(t, rc);
  sqlite3_free(host);
}

/* ---------------------------------------------------------------- opening and closing */

static int add_headers(struct wow_transfer *t, const struct wow_http_request *request) {
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < request->headers->n; i++)
    rc = add_header(t, request->headers->lines[i]);
  wow_header_secrets(request->headers, &t->secrets);
  t->has_key = t->secrets.n > 0;
  if (request->secrets) wow_secret_add_all(&t->secrets, request->secrets);
  if (rc == SQLITE_OK) rc = t->secrets.rc;
  /* On the same machine, compressing costs more than it saves. */
  if (rc == SQLITE_OK && wow_url_is_loopback(t->url)) {
    rc = add_header(t, "Accept-Encoding: identity");
  }
  /* curl would wait a second for a "100 Continue" that not every server sends. */
  return rc == SQLITE_OK ? add_header(t, "Expect:") : rc;
}

static void transfer_free(struct wow_transfer *t) {
  wow_response_forget(t);
  wow_error_reset(&t->err);
  wow_secret_reset_text(&t->error_body);
  free_headers(t->headers);
  curl_easy_cleanup(t->easy);
  wow_secret_reset(&t->secrets);
  sqlite3_free(t->server);
  sqlite3_free(t->what);
  sqlite3_free(t->method);
  sqlite3_free(t->url);
  sqlite3_free(t->statement);
  sqlite3_free(t);
}

int wow_transfer_open(struct wow_http *http, const struct wow_http_request *request,
                      struct wow_transfer **out, struct wow_error *err) {
  struct wow_transfer *t = sqlite3_malloc64(sizeof(*t));
  if (t == NULL) return wow_error_nomem(err);
  memset(t, 0, sizeof(*t));
  t->http = http;
  t->server = sqlite3_mprintf("%s", request->server);
  t->what = request->what ? sqlite3_mprintf("%s", request->what) : NULL;
  t->method = sqlite3_mprintf("%s", request->method);
  t->url = sqlite3_mprintf("%s", request->url);
  if (request->statement)
    t->statement = wow_sql_token_outline(request->statement, WOW_MAX_OUTLINE_BYTES);
  t->body = request->body;
  t->body_bytes = (sqlite3_int64)request->body.bytes;
  if (request->body.spool) t->body_bytes = wow_spool_bytes(request->body.spool);
  if (request->body.source.read) t->body_bytes = request->body.source.bytes;
  t->repeatable = request->repeatable;
  t->lags_until_ms = request->lags_until_ms;
  t->deadline_ms = request->deadline_ms;
  t->options = request->options;
  t->software = request->software;
  t->pace = request->pace;
  t->sink = request->sink;
  t->renewal = request->renewal;
  t->rows = -1;
  t->retry_after_s = -1;
  /* Always a new one: curl_easy_reset() may lack memory for what it sets, and does not say so. The
  ** connections belong to the multi handle. */
  t->easy = curl_easy_init();
  if (!t->server || !t->method || !t->url || (request->what && !t->what) || !t->easy ||
      add_headers(t, request) != SQLITE_OK) {
    transfer_free(t);
    return wow_error_nomem(err);
  }
  t->at = wow_clock_unix_s();
  t->begun_ms = wow_clock_ms();
  t->next = http->transfers;
  http->transfers = t;
  wow_transfer_start(t);
  wow_http_pump(http);
  *out = t;
  return SQLITE_OK;
}

void wow_transfer_close(struct wow_transfer *t) {
  if (t == NULL) return;
  struct wow_transfer **link = &t->http->transfers;
  while (*link != t)
    link = &(*link)->next;
  *link = t->next;
  if (t->state == TRANSFER_RUNNING) {
    curl_off_t received = 0;
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
    t->received_bytes += (sqlite3_int64)received;
    curl_multi_remove_handle(t->http->multi, t->easy);
  }
  if (t->state == TRANSFER_DONE) wow_report_pace(t);
  if (t->state != TRANSFER_DONE) t->ended_ms = wow_clock_ms();
  wow_report_log(t);
  transfer_free(t);
}

void wow_transfer_resume(struct wow_transfer *t) {
  if (!t->is_paused) return;
  t->is_paused = false;
  t->active_ms = wow_clock_ms();
  if (t->state == TRANSFER_RUNNING) curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

bool wow_transfer_is_done(const struct wow_transfer *t) {
  return t->state == TRANSFER_DONE;
}

bool wow_transfer_is_complete(const struct wow_transfer *t) {
  return t->state == TRANSFER_DONE && t->rc == SQLITE_OK;
}

bool wow_transfer_has_response(const struct wow_transfer *t) {
  return t->headers_done && is_success(t);
}

const struct wow_http_response *wow_transfer_response(const struct wow_transfer *t) {
  return &t->response;
}

double wow_transfer_ttfb_ms(const struct wow_transfer *t) {
  return t->ttfb_ms;
}

void wow_transfer_count_rows(struct wow_transfer *t, sqlite3_int64 rows) {
  t->rows = (t->rows < 0 ? 0 : t->rows) + rows;
}
