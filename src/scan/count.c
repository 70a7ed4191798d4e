/*
** Counts and estimates, see count.h. Both are requests for no rows (limit=0) whose Content-Range
** says the number; a HEAD would cost the connection.
*/
#include "scan/count.h"

#include <string.h>

#include "server/request.h"
#include "wire/deparse.h"

int wow_count_rows(const struct wow_page_request *request, sqlite3_int64 *n_rows,
                   struct wow_error *err) {
  const struct wow_target *target = request->shape->target;
  struct wow_page_request counting = *request;
  struct wow_response response;
  counting.limit = 0;
  char *path = wow_page_request_path(&counting);
  if (path == NULL) return wow_error_nomem(err);
  struct wow_request get = {
      .method = "GET",
      .path = path,
      .session = target->session,
      .schema = target->schema,
      .prefer = "count=exact",
      .what = target->relation->name,
  };
  int rc = wow_request_fetch(target->conn, target->server, &get, &response, err);
  *n_rows = response.total;
  if (rc != SQLITE_OK && strlen(path) > WOW_MIN_URL_BYTES)
    target->server->learned.longest_refused = strlen(path);
  if (rc == SQLITE_OK && response.total < 0) {
    rc = wow_error_set(err, SQLITE_ERROR, target->relation->name,
                       "the server did not say how many rows there are");
  }
  sqlite3_free(response.body);
  sqlite3_free(path);
  return rc;
}

static long at_most(long ms, long max_ms) {
  return ms < max_ms ? ms : max_ms;
}

double wow_count_estimate(const struct wow_target *target, const struct wow_where *where,
                          struct wow_error *err) {
  struct wow_error ignored = {0};
  struct wow_response response = {.total = -1};
  struct wow_http_options options = target->server->http;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '/');
  wow_deparse_path(str, target->relation->name);
  sqlite3_str_appendall(str, "?limit=0");
  wow_deparse_where(str, where);
  char *path = sqlite3_str_finish(str);
  if (path == NULL) return -1;
  options.retries = 0;
  options.connect_timeout_ms = at_most(options.connect_timeout_ms, WOW_ESTIMATE_TIMEOUT_MS);
  options.silence_timeout_ms = at_most(options.silence_timeout_ms, WOW_ESTIMATE_TIMEOUT_MS);
  struct wow_request get = {
      .method = "GET",
      .path = path,
      .session = target->session,
      .schema = target->schema,
      .prefer = "count=planned",
      .what = target->relation->name,
      .options = &options,
  };
  if (wow_request_fetch(target->conn, target->server, &get, &response, &ignored) != SQLITE_OK)
    response.total = -1;
  sqlite3_free(response.body);
  sqlite3_free(path);
  if (ignored.rc == SQLITE_INTERRUPT) wow_error_move(err, &ignored);
  wow_error_reset(&ignored);
  return (double)response.total;
}
