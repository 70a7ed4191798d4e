/*
** Requests, see request.h.
**
** A key is sent only to the origin that it was given for: every URL is made here out of the
** server's project_url, and http.c follows no redirect to another origin.
*/
#include "server/request.h"

#include <string.h>

#include "base/limits.h"

/* A JWT has three parts with dots between them. */
static bool is_jwt(const char *key) {
  const char *first = strchr(key, '.');
  const char *second = first ? strchr(first + 1, '.') : NULL;
  return second && strchr(second + 1, '.') == NULL;
}

#define MAX_OWN_HEADERS 8

int wow_server_open(struct wow_connection *conn, struct wow_server *server,
                    const struct wow_server_request *request, struct wow_http_sink sink,
                    struct wow_transfer **out, struct wow_error *err) {
  char *own[MAX_OWN_HEADERS];
  int n = 0, rc = wow_server_spend_request(conn, server, request->spent, err);
  if (rc != SQLITE_OK) return rc;
  rc = SQLITE_NOMEM;
  bool is_read = strcmp(request->method, "GET") == 0;
  const char *schema = request->schema ? request->schema : server->options.schema;
  char *url = sqlite3_mprintf("%s%s%s", server->project_url, server->options.paths[WOW_REST],
                              request->path);
  sqlite3_uint64 slots = (sqlite3_uint64)(MAX_OWN_HEADERS + server->options.n_headers);
  const char **headers = sqlite3_malloc64(slots * sizeof(*headers));
  own[n++] = sqlite3_mprintf("Accept: application/json");
  if (server->api_key) own[n++] = sqlite3_mprintf("apikey: %s", server->api_key);
  /* A bare PostgREST, and Supabase, take a JWT as the bearer; an opaque key is none. */
  if (server->api_key && is_jwt(server->api_key)) {
    own[n++] = sqlite3_mprintf("Authorization: Bearer %s", server->api_key);
  }
  if (schema) {
    own[n++] = sqlite3_mprintf("%s-Profile: %s", is_read ? "Accept" : "Content", schema);
  }
  if (request->prefer) own[n++] = sqlite3_mprintf("Prefer: %s", request->prefer);
  if (request->body) own[n++] = sqlite3_mprintf("Content-Type: application/json");
  if (url == NULL || headers == NULL) goto done;
  for (int i = 0; i < n; i++) {
    if (own[i] == NULL) goto done;
    headers[i] = own[i];
  }
  for (int i = 0; i < server->options.n_headers; i++)
    headers[n + i] = server->options.headers[i];
  struct wow_http_request http = {
      .server = server->options.name,
      .what = request->what,
      .method = request->method,
      .url = url,
      .headers = headers,
      .n_headers = n + server->options.n_headers,
      .body = request->body,
      .body_bytes = request->body ? strlen(request->body) : 0,
      .repeatable = is_read,
      .options = request->options ? request->options : &server->http,
      .sink = sink,
  };
  rc = wow_http_open(conn->http, &http, out, err);
done:
  if (rc == SQLITE_NOMEM) wow_error_nomem(err);
  for (int i = 0; i < n; i++)
    sqlite3_free(own[i]);
  sqlite3_free(headers);
  sqlite3_free(url);
  return rc;
}

/* A count in a header; -1: there is none. At most WOW_MOST_ROWS, which no relation reaches. */
static sqlite3_int64 header_count(const char *text) {
  sqlite3_int64 n = 0;
  if (*text < '0' || *text > '9') return -1;
  for (; *text >= '0' && *text <= '9'; text++) {
    n = n * 10 + (*text - '0');
    if (n > WOW_MOST_ROWS) n = WOW_MOST_ROWS;
  }
  return n;
}

void wow_server_content_range(const char *header, sqlite3_int64 *rows, sqlite3_int64 *total) {
  *rows = -1;
  *total = -1;
  if (header == NULL) return;
  const char *slash = strchr(header, '/');
  const char *dash = strchr(header, '-');
  if (header[0] == '*') *rows = 0;
  if (dash && slash && dash < slash) {
    sqlite3_int64 first = header_count(header), last = header_count(dash + 1);
    if (first >= 0 && last >= first) *rows = last - first + 1;
  }
  if (slash) *total = header_count(slash + 1);
  if (*total >= WOW_MOST_ROWS) *total = -1;
}

static int collect(void *ctx, const char *data, size_t bytes) {
  sqlite3_str *body = ctx;
  if (bytes > WOW_DOCUMENT_BYTES || sqlite3_str_length(body) > WOW_DOCUMENT_BYTES - (int)bytes) {
    return SQLITE_TOOBIG;
  }
  sqlite3_str_append(body, data, (int)bytes);
  return sqlite3_str_errcode(body);
}

int wow_server_fetch(struct wow_connection *conn, struct wow_server *server,
                     const struct wow_server_request *request, struct wow_server_answer *out,
                     struct wow_error *err) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  struct wow_http_sink sink = {collect, str};
  struct wow_transfer *transfer = NULL;
  sqlite3_int64 rows = -1;
  memset(out, 0, sizeof(*out));
  out->total = -1;
  int rc = wow_server_open(conn, server, request, sink, &transfer, err);
  if (rc == SQLITE_OK) rc = wow_http_finish(transfer, err);
  if (rc == SQLITE_OK) {
    wow_server_content_range(wow_http_answer(transfer)->content_range, &rows, &out->total);
  }
  wow_http_close(transfer);
  out->body_bytes = (size_t)sqlite3_str_length(str);
  out->body = sqlite3_str_finish(str);
  if (rc == SQLITE_OK && out->body == NULL) out->body = sqlite3_mprintf("");
  if (rc == SQLITE_OK && out->body == NULL) rc = wow_error_nomem(err);
  /* A zero byte is no part of any JSON, and would end the text early. */
  if (rc == SQLITE_OK && strlen(out->body) != out->body_bytes) {
    rc = wow_error_set(err, SQLITE_ERROR, request->what, "the answer has a zero byte in it");
  }
  if (rc == SQLITE_OK) return SQLITE_OK;
  sqlite3_free(out->body);
  out->body = NULL;
  return rc;
}
