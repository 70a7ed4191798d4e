/*
** The multi handle, waiting and interrupts, see http.h.
**
** SQLite does not announce an interrupt: whoever waits must ask. From 3.41 on there is
** sqlite3_is_interrupted. Before, a statement of our own is stepped, which fails with
** SQLITE_INTERRUPT while another statement is running; while none is, as when a statement is being
** prepared, stepping ours clears the flag: so another one is kept running as long as we wait. Both
** are finalised then: one left open would keep the application from closing its connection.
*/
#include "http/http.h"

#include <string.h>

#include "base/clock.h"
#include "http/private.h"

/* ---------------------------------------------------------------- the HTTP side */

int wow_http_new(sqlite3 *db, struct wow_log *log, struct wow_http **out, struct wow_error *err) {
  struct wow_http *http = sqlite3_malloc64(sizeof(*http));
  if (http == NULL) return wow_error_nomem(err);
  memset(http, 0, sizeof(*http));
  http->db = db;
  http->log = log;
  /* The only global state of this library. It counts its calls, and is thread-safe since 7.84. */
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    sqlite3_free(http);
    return wow_error_set(err, SQLITE_ERROR, NULL, "libcurl cannot be initialised");
  }
  http->multi = curl_multi_init();
  if (http->multi == NULL) {
    wow_http_free(http);
    return wow_error_nomem(err);
  }
  *out = http;
  return SQLITE_OK;
}

void wow_http_free(struct wow_http *http) {
  if (http == NULL) return;
  if (http->multi) curl_multi_cleanup(http->multi);
  sqlite3_free(http);
}

/* ---------------------------------------------------------------- interrupts */

/* Does SQLite say whether it was interrupted? */
static bool can_ask(void) {
#if SQLITE_VERSION_NUMBER >= 3041000
  return sqlite3_libversion_number() >= 3041000;
#else
  return false;
#endif
}

static bool ask_interrupted(sqlite3 *db) {
#if SQLITE_VERSION_NUMBER >= 3041000
  if (can_ask()) return sqlite3_is_interrupted(db);
#endif
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db, "SELECT 1", -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
  sqlite3_finalize(stmt);
  return rc == SQLITE_INTERRUPT;
}

/* A statement that is kept running until it is finalised; NULL: there is one already, or none is
** needed. */
static sqlite3_stmt *stay_busy(sqlite3 *db) {
  sqlite3_stmt *stmt = NULL;
  if (can_ask()) return NULL;
  while ((stmt = sqlite3_next_stmt(db, stmt)) != NULL) {
    if (sqlite3_stmt_busy(stmt)) return NULL;
  }
  if (sqlite3_prepare_v2(db, "SELECT 1 UNION ALL SELECT 2", -1, &stmt, NULL) == SQLITE_OK)
    sqlite3_step(stmt);
  return stmt;
}

/* Asks at most twice in WOW_POLL_MS. */
static bool is_interrupted(struct wow_http *http) {
  double now = wow_clock_ms();
  if (now - http->interrupt_checked_ms < WOW_POLL_MS / 2.0) return false;
  http->interrupt_checked_ms = now;
  return ask_interrupted(http->db);
}

/* ---------------------------------------------------------------- waiting */

void wow_http_pump(struct wow_http *http) {
  int running = 0, left = 0;
  CURLMsg *message;
  double now = wow_clock_ms(), unheard_ms = now - http->pumped_ms;
  for (struct wow_transfer *t = http->transfers; t; t = t->next) {
    /* While the application did something else, nobody listened: that is not the server's
    ** silence. */
    if (unheard_ms > 2 * WOW_POLL_MS) t->active_ms += unheard_ms;
    if (t->active_ms > now) t->active_ms = now;
    if (t->state == TRANSFER_PENDING && t->retry_at_ms <= now) wow_transfer_start(t);
  }
  curl_multi_perform(http->multi, &running);
  while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
    struct wow_transfer *t = NULL;
    CURLcode code = message->data.result;
    if (message->msg != CURLMSG_DONE) continue;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
    wow_transfer_finish_attempt(t, code);
  }
  http->pumped_ms = wow_clock_ms();
}

/* How long to sleep in one slice. */
static int slice_ms(const struct wow_transfer *t) {
  double slice = WOW_POLL_MS;
  if (t->state == TRANSFER_PENDING) {
    double due = t->retry_at_ms - wow_clock_ms();
    if (due < slice) slice = due > 0 ? due : 0;
  }
  return (int)slice + 1;
}

static int fail(const struct wow_transfer *t, int code, const char *message,
                struct wow_error *err) {
  int rc = wow_error_set(err, code, t->what, "%s", message);
  if (rc != SQLITE_NOMEM) wow_transfer_say_outcome(t, err);
  return rc;
}

/* Must the wait end now, because of the user or of the statement's budget? */
static int check_patience(const struct wow_transfer *t, struct wow_error *err) {
  if (t->state == TRANSFER_DONE) return SQLITE_OK;
  if (is_interrupted(t->http)) return fail(t, SQLITE_INTERRUPT, "interrupted", err);
  if (t->deadline_ms == 0 || wow_clock_ms() <= t->deadline_ms) return SQLITE_OK;
  return fail(
      t, SQLITE_ERROR,
      "the statement was stopped at its budget of time, the option statement_max_seconds of "
      "wowsql_connect",
      err);
}

static int wait_for_data(struct wow_transfer *t, struct wow_error *err) {
  sqlite3_int64 handed = t->handed_bytes;
  bool had_response = wow_transfer_has_response(t);
  wow_http_pump(t->http);
  while (t->state != TRANSFER_DONE && !t->is_paused && t->handed_bytes == handed &&
         wow_transfer_has_response(t) == had_response) {
    if (t->state == TRANSFER_REFUSED) {
      if (wow_transfer_renew(t, err) != SQLITE_OK) return err->rc;
      continue;
    }
    double began_ms = wow_clock_ms();
    curl_multi_poll(t->http->multi, NULL, 0, slice_ms(t), NULL);
    t->http->log->traffic.waited_ms += wow_clock_ms() - began_ms;
    wow_http_pump(t->http);
    wow_transfer_check_silence(t);
    if (check_patience(t, err) != SQLITE_OK) return err->rc;
  }
  if (check_patience(t, err) != SQLITE_OK) return err->rc;
  if (t->state != TRANSFER_DONE || t->rc == SQLITE_OK) return SQLITE_OK;
  wow_error_copy(err, &t->err);
  return t->rc;
}

int wow_http_wait(struct wow_transfer *t, struct wow_error *err) {
  sqlite3_stmt *busy = stay_busy(t->http->db);
  int rc = wait_for_data(t, err);
  sqlite3_finalize(busy);
  return rc;
}

int wow_http_finish(struct wow_transfer *t, struct wow_error *err) {
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK && t->state != TRANSFER_DONE) {
    if (t->is_paused) wow_transfer_resume(t);
    rc = wow_http_wait(t, err);
  }
  if (rc == SQLITE_OK) rc = wow_http_wait(t, err);
  /* Whatever fails from now on, this is done. */
  if (rc == SQLITE_OK && !t->repeatable) err->may_be_done = true;
  return rc;
}
