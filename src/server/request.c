/*
** Building requests and collecting responses, see request.h.
*/
#include "server/request.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/secret.h"
#include "http/header.h"
#include "http/http.h"
#include "http/url.h"
#include "server/connection.h"
#include "server/server.h"
#include "wire/filter.h"

/* ---------------------------------------------------------------- headers */

/* A JWT has three parts with dots between them. */
static bool is_jwt(const char *key) {
  const char *first = strchr(key, '.');
  const char *second = first ? strchr(first + 1, '.') : NULL;
  return second && strchr(second + 1, '.') == NULL;
}

static bool is_read(const struct wow_request *request) {
  return request->reads || strcmp(request->method, "GET") == 0;
}

static bool has_body(const struct wow_request *request) {
  return request->body.data || request->body.spool || request->body.source.read;
}

/* The header that names the schema. Its error is about the schema, which may come from a database
** file. */
static int add_profile(struct wow_header_list *list, const struct wow_request *request,
                       const char *schema, struct wow_error *err) {
  if (!wow_header_is_value(schema)) {
    return wow_error_set(err, SQLITE_ERROR, request->what,
                         "the schema's name contains a line break or another control character");
  }
  return wow_header_add(list, is_read(request) ? "Accept-Profile" : "Content-Profile", schema, err);
}

/* The session whose token the request has; NULL: it has none. */
static struct wow_session *user_of(const struct wow_server *server,
                                   const struct wow_request *request) {
  struct wow_session *session = request->session ? request->session : server->session;
  bool can = request->service == WOW_REST || request->service == WOW_STORAGE || request->is_by_user;
  return can && request->key == NULL && session->access_token ? session : NULL;
}

static int add_headers(struct wow_header_list *list, const struct wow_server *server,
                       const struct wow_request *request, struct wow_error *err) {
  const struct wow_options *options = &server->options;
  const char *schema = request->schema ? request->schema : options->schema;
  /* A bare PostgREST, and Supabase, take a JWT as the bearer; an opaque key is not one. */
  const char *key = request->key ? request->key : server->api_key;
  const struct wow_session *user = user_of(server, request);
  const char *bearer = user ? user->access_token : NULL;
  if (bearer == NULL && key && is_jwt(key)) bearer = key;
  char *authorization = bearer ? sqlite3_mprintf("Bearer %s", bearer) : NULL;
  /* In one zone, texts of moments are in the order of the moments, and equal where these are. */
  const char *zone = request->service == WOW_REST && is_read(request) ? "timezone=UTC" : "";
  const char *comma = request->prefer && *zone ? ", " : "";
  char *prefer = sqlite3_mprintf("%s%s%s", request->prefer ? request->prefer : "", comma, zone);
  const struct {
    const char *name;
    const char *value; /* NULL: not sent */
  } headers[] = {
      {"Accept", request->accept ? request->accept : "application/json"},
      {"apikey", key},
      {"Authorization", authorization},
      {"Prefer", prefer && *prefer ? prefer : NULL},
      {"Content-Type", !has_body(request)      ? NULL
                       : request->content_type ? request->content_type
                                               : "application/json"},
  };
  bool has_all = prefer && (bearer == NULL || authorization);
  int rc = has_all ? SQLITE_OK : wow_error_nomem(err);
  for (size_t i = 0; rc == SQLITE_OK && i < sizeof(headers) / sizeof(headers[0]); i++) {
    if (headers[i].value) rc = wow_header_add(list, headers[i].name, headers[i].value, err);
  }
  if (rc == SQLITE_OK && request->service == WOW_REST && schema) {
    rc = add_profile(list, request, schema, err);
  }
  for (int i = 0; rc == SQLITE_OK && i < options->headers.n; i++) {
    /* A signed-in user takes precedence over who the options say asks. */
    bool is_other = user && sqlite3_strnicmp(options->headers.lines[i], "Authorization:", 14) == 0;
    if (!is_other) rc = wow_header_add_line(list, options->headers.lines[i], err);
  }
  const struct wow_request_header *more = request->headers;
  for (; rc == SQLITE_OK && more && more->name; more++)
    rc = wow_header_add(list, more->name, more->value, err);
  wow_secret_free(authorization);
  sqlite3_free(prefer);
  return rc;
}

/* ---------------------------------------------------------------- sending */

/* Makes the URL. Whatever the path was made of, it stays below the service's. */
static int make_url(const struct wow_server *server, const struct wow_request *request, char **url,
                    struct wow_error *err) {
  const char *base = server->options.paths[request->service];
  if (!wow_url_is_path(request->path)) {
    return wow_error_set(err, SQLITE_ERROR, request->what,
                         "this is not the path of a table or function: it is empty, leads out of "
                         "the server's REST service, or has characters that cannot be sent");
  }
  *url = sqlite3_mprintf("%s%s%s", server->project_url, base, request->path);
  return *url ? SQLITE_OK : wow_error_nomem(err);
}

/* The door for everything that has effects: may this request be sent? */
static int check_effects(const struct wow_server *server, const struct wow_request *request,
                         struct wow_error *err) {
  const char *method = request->method, *wrong = NULL;
  if (is_read(request)) return SQLITE_OK;
  if (server->options.read_only && request->service != WOW_AUTH) {
    return wow_error_hint(err, SQLITE_READONLY, request->what,
                          "connect again without the option read_only",
                          "server '%s' is connected for reading only, and this is a %s request",
                          server->options.name, method);
  }
  if (request->service == WOW_REST && strcmp(method, "POST") != 0 && strcmp(method, "PUT") != 0)
    wrong = wow_filter_refusal(request->path);
  if (wrong == NULL) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, request->what,
                        "to mean all rows, say so: id=not.is.null, for a column without NULLs",
                        "this %s could change every row of the table, and was not sent: %s", method,
                        wrong);
}

int wow_request_open(struct wow_connection *conn, struct wow_server *server,
                     const struct wow_request *request, struct wow_transfer **out,
                     struct wow_error *err) {
  struct wow_header_list headers = {0};
  char *url = NULL;
  if (conn->dry_run.is_on)
    return wow_error_set(err, SQLITE_ERROR, request->what, "a dry run sends no requests");
  int rc = check_effects(server, request, err);
  if (rc == SQLITE_OK) rc = make_url(server, request, &url, err);
  if (rc == SQLITE_OK) rc = add_headers(&headers, server, request, err);
  /* Signing in, and getting a new token, is not what a statement asks for. */
  struct wow_spent *spent = NULL;
  if (rc == SQLITE_OK && request->service != WOW_AUTH) {
    spent = request->spent ? request->spent : wow_budget_spent(conn, server);
    rc = wow_budget_spend_request(server, spent, err);
  }
  if (rc == SQLITE_OK) {
    wow_stats_begin(conn);
    struct wow_session *user = user_of(server, request);
    sqlite3_stmt *stmt = wow_run_statement(conn->runs);
    struct wow_http_request http = {
        .server = server->options.name,
        .what = request->what,
        .method = request->method,
        .url = url,
        .statement = stmt ? sqlite3_sql(stmt) : NULL,
        .headers = &headers,
        .body = request->body,
        .repeatable = is_read(request),
        .lags_until_ms = wow_server_lags_until_ms(server),
        .software = request->service == WOW_REST ? server->learned.software : NULL,
        .deadline_ms = spent ? wow_budget_deadline_ms(server, spent) : 0,
        .pace = is_read(request) && request->service == WOW_REST ? &server->learned.pace : NULL,
        .options = request->options ? request->options : &server->http,
        .sink = request->sink,
        .secrets = request->secrets,
    };
    if (user) http.renewal = wow_session_renewal(user);
    rc = wow_transfer_open(conn->http, &http, out, err);
  }
  wow_header_reset(&headers);
  sqlite3_free(url);
  return rc;
}

/* ---------------------------------------------------------------- responses */

/* A count in a header, at most WOW_MAX_CLAIMED_ROWS; -1: there is none. */
static sqlite3_int64 header_count(const char *text) {
  sqlite3_int64 n = 0;
  if (*text < '0' || *text > '9') return -1;
  for (; *text >= '0' && *text <= '9'; text++) {
    n = n * 10 + (*text - '0');
    if (n > WOW_MAX_CLAIMED_ROWS) n = WOW_MAX_CLAIMED_ROWS;
  }
  return n;
}

void wow_request_content_range(const char *header, sqlite3_int64 *rows, sqlite3_int64 *total) {
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
  bool is_sound = *rows == 0 || (*rows > 0 && *total >= header_count(header) + *rows);
  if (*total >= WOW_MAX_CLAIMED_ROWS || !is_sound) *total = -1;
}

/* Where wow_request_fetch collects a body. */
struct collector {
  struct wow_secret_text text;
  size_t max_bytes;
  FILE *file; /* NULL: into `text` */
  size_t file_bytes;
  int file_errno;              /* why the file could not be written; 0: it could */
  struct wow_connection *conn; /* whose progress it is; NULL: nobody's */
  const char *what;
};

static int collect(void *ctx, const char *data, size_t bytes) {
  struct collector *collector = ctx;
  if (collector->conn) {
    collector->conn->progress.bytes += (sqlite3_int64)bytes;
    wow_progress_show(collector->conn, collector->what);
  }
  if (collector->file == NULL) {
    if (bytes > collector->max_bytes - collector->text.bytes) return SQLITE_TOOBIG;
    wow_secret_append(&collector->text, data, bytes);
    return collector->text.rc;
  }
  errno = 0;
  if (fwrite(data, 1, bytes, collector->file) != bytes) {
    collector->file_errno = errno ? errno : EIO;
    return SQLITE_ERROR;
  }
  collector->file_bytes += bytes;
  return SQLITE_OK;
}

/* Writes out what the file still buffers, and says why the file could not be written. */
static int finish_file(struct collector *collector, int rc, const char *what,
                       struct wow_error *err) {
  if (collector->file == NULL) return rc;
  if (rc == SQLITE_OK && fflush(collector->file) != 0) collector->file_errno = errno;
  if (collector->file_errno == 0) return rc;
  wow_error_reset(err);
  return wow_error_set(err, SQLITE_ERROR, what, "the file cannot be written: %s",
                       strerror(collector->file_errno));
}

/* Moves the text to `out`. */
static int take_text(struct collector *collector, const struct wow_request *request,
                     struct wow_response *out, struct wow_error *err) {
  out->body_bytes = collector->text.bytes;
  out->body = collector->text.text;
  collector->text.text = NULL;
  if (out->body == NULL) out->body = sqlite3_mprintf("");
  if (out->body == NULL) return wow_error_nomem(err);
  /* JSON does not contain zero bytes, and one would end the text early. */
  if (request->accept || strlen(out->body) == out->body_bytes) return SQLITE_OK;
  wow_secret_free(out->body);
  out->body = NULL;
  wow_error_set(err, SQLITE_ERROR, request->what, "the response contains a zero byte");
  if (!is_read(request)) wow_error_unsure(err, true);
  return err->rc;
}

/* Is it JSON, as "application/json" and "application/geo+json" are, or text, which says so or has a
** character set? */
static void look_at_type(struct wow_response *out, const char *type) {
  static const char json[] = "json";
  size_t bytes = strcspn(type, "; "), n = sizeof(json) - 1;
  bool ends_in_json = bytes > n && sqlite3_strnicmp(type + bytes - n, json, (int)n) == 0;
  out->is_json = ends_in_json && strchr("/+", type[bytes - n - 1]) != NULL;
  out->is_text = sqlite3_strnicmp(type, "text/", 5) == 0 || strstr(type, "charset=") != NULL;
}

int wow_request_fetch(struct wow_connection *conn, struct wow_server *server,
                      const struct wow_request *request, struct wow_response *out,
                      struct wow_error *err) {
  struct collector collector = {
      .max_bytes = request->max_bytes ? request->max_bytes : WOW_MAX_DOCUMENT_BYTES,
      .file = request->file,
      /* Documents that a scan asks for in between are not what is being waited for. */
      .conn = request->service == WOW_STORAGE ? conn : NULL,
      .what = request->what ? request->what : "",
  };
  struct wow_request collecting = *request;
  struct wow_transfer *transfer = NULL;
  struct wow_session *session = request->session ? request->session : server->session;
  collecting.sink = (struct wow_http_sink){collect, &collector};
  collecting.session = wow_session_retain(session);
  memset(out, 0, sizeof(*out));
  out->rows = out->total = -1;
  int rc = wow_request_open(conn, server, &collecting, &transfer, err);
  if (rc == SQLITE_OK) rc = wow_http_finish(transfer, err);
  if (collector.conn) wow_progress_end(conn);
  rc = finish_file(&collector, rc, request->what, err);
  if (rc == SQLITE_OK) {
    const struct wow_http_response *response = wow_transfer_response(transfer);
    wow_request_content_range(response->content_range, &out->rows, &out->total);
    look_at_type(out, response->content_type ? response->content_type : "");
  }
  wow_transfer_close(transfer);
  wow_session_release(session);
  out->body_bytes = collector.file_bytes;
  if (rc == SQLITE_OK && request->file == NULL) rc = take_text(&collector, request, out, err);
  wow_secret_reset_text(&collector.text);
  return rc;
}
