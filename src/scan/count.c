/*
** Counts and estimates, see count.h. Both are requests for no rows (limit=0) whose Content-Range
** says the number; a HEAD would cost the connection. A proxy may strip that header: whether there
** are rows at all shows without it.
*/
#include "scan/count.h"

#include <string.h>

#include "server/request.h"
#include "wire/deparse.h"

/* Fetches the response to a request. Free response->body. */
static int fetch(const struct wow_page_request *request, const char *prefer,
                 struct wow_response *response, struct wow_error *err) {
  const struct wow_target *target = request->shape->target;
  char *path = wow_page_request_path(request);
  if (path == NULL) return wow_error_nomem(err);
  struct wow_request get = {
      .method = "GET",
      .path = path,
      .session = target->session,
      .schema = target->schema,
      .prefer = prefer,
      .what = target->relation->name,
  };
  int rc = wow_request_fetch(target->conn, target->server, &get, response, err);
  if (rc != SQLITE_OK && strlen(path) > WOW_MIN_URL_BYTES)
    target->server->learned.longest_refused = strlen(path);
  sqlite3_free(path);
  return rc;
}

int wow_count_rows(const struct wow_page_request *request, sqlite3_int64 *n_rows,
                   struct wow_error *err) {
  struct wow_page_request counting = *request;
  struct wow_response response = {.total = -1};
  counting.limit = 0;
  int rc = fetch(&counting, "count=exact", &response, err);
  *n_rows = response.total;
  if (rc == SQLITE_OK) request->shape->target->server->learned.hides_counts = response.total < 0;
  sqlite3_free(response.body);
  return rc;
}

/* Are there rows in the response to a request? An error if it is not one of rows. */
static int has_rows(const struct wow_page_request *request, bool *has, struct wow_error *err) {
  static const char blanks[] = " \t\r\n";
  struct wow_response response = {.total = -1};
  int rc = fetch(request, NULL, &response, err);
  if (rc != SQLITE_OK) return rc;
  const char *p = response.body + strspn(response.body, blanks);
  bool is_array = *p == '[';
  if (is_array) p += 1 + strspn(p + 1, blanks);
  *has = *p != ']';
  if (!is_array) {
    rc = wow_error_set(err, SQLITE_ERROR, request->shape->target->relation->name,
                       "the server's response is not an array of rows");
  }
  sqlite3_free(response.body);
  return rc;
}

int wow_count_has_more(const struct wow_page_request *request, sqlite3_int64 n, bool *has,
                       struct wow_error *err) {
  struct wow_page_request probe = *request;
  probe.limit = 1;
  probe.offset = n;
  return has_rows(&probe, has, err);
}

int wow_count_heeds_limit(const struct wow_page_request *request, bool *heeds,
                          struct wow_error *err) {
  struct wow_page_request probe = *request;
  bool has = false;
  probe.limit = 0;
  probe.offset = 0;
  int rc = has_rows(&probe, &has, err);
  *heeds = !has;
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
