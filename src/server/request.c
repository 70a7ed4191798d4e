/*
** Building requests and collecting responses, see request.h.
*/
#include "server/request.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "http/http.h"
#include "server/connection.h"
#include "server/server.h"

/* ---------------------------------------------------------------- headers */

struct header_list {
  char **texts;
  int n;
  int rc; /* SQLITE_NOMEM sticks */
};

static void add_header(struct header_list *list, const char *format, ...) {
  va_list args;
  sqlite3_uint64 bytes = sizeof(char *) * (sqlite3_uint64)(list->n + 1);
  char **texts = list->rc == SQLITE_OK ? sqlite3_realloc64(list->texts, bytes) : NULL;
  if (texts == NULL) {
    list->rc = SQLITE_NOMEM;
    return;
  }
  list->texts = texts;
  va_start(args, format);
  texts[list->n] = sqlite3_vmprintf(format, args);
  va_end(args);
  if (texts[list->n])
    list->n++;
  else
    list->rc = SQLITE_NOMEM;
}

static void headers_reset(struct header_list *list) {
  for (int i = 0; i < list->n; i++)
    sqlite3_free(list->texts[i]);
  sqlite3_free(list->texts);
}

/* A JWT has three parts with dots between them. */
static bool is_jwt(const char *key) {
  const char *first = strchr(key, '.');
  const char *second = first ? strchr(first + 1, '.') : NULL;
  return second && strchr(second + 1, '.') == NULL;
}

static bool is_read(const struct wow_request *request) {
  return strcmp(request->method, "GET") == 0;
}

static bool has_body(const struct wow_request *request) {
  return request->body.data || request->body.spool;
}

static void add_headers(struct header_list *list, const struct wow_server *server,
                        const struct wow_request *request) {
  const struct wow_options *options = &server->options;
  const char *schema = request->schema ? request->schema : options->schema;
  /* A bare PostgREST, and Supabase, take a JWT as the bearer; an opaque key is not one. */
  const char *bearer = request->bearer;
  if (bearer == NULL && server->api_key && is_jwt(server->api_key)) bearer = server->api_key;
  add_header(list, "Accept: %s", request->accept ? request->accept : "application/json");
  if (server->api_key) add_header(list, "apikey: %s", server->api_key);
  if (bearer) add_header(list, "Authorization: Bearer %s", bearer);
  if (request->service == WOW_REST && schema) {
    add_header(list, "%s-Profile: %s", is_read(request) ? "Accept" : "Content", schema);
  }
  if (request->prefer) add_header(list, "Prefer: %s", request->prefer);
  if (has_body(request)) {
    add_header(list, "Content-Type: %s",
               request->content_type ? request->content_type : "application/json");
  }
  for (int i = 0; i < options->n_headers; i++)
    add_header(list, "%s", options->headers[i]);
}

/* ---------------------------------------------------------------- sending */

int wow_request_open(struct wow_connection *conn, struct wow_server *server,
                     const struct wow_request *request, struct wow_transfer **out,
                     struct wow_error *err) {
  struct header_list headers = {0};
  int rc = wow_budget_spend_request(conn, server, request->spent, err);
  if (rc != SQLITE_OK) return rc;
  char *url = sqlite3_mprintf("%s%s%s", server->project_url,
                              server->options.paths[request->service], request->path);
  add_headers(&headers, server, request);
  if (url && headers.rc == SQLITE_OK) {
    struct wow_http_request http = {
        .server = server->options.name,
        .what = request->what,
        .method = request->method,
        .url = url,
        .headers = (const char *const *)headers.texts,
        .n_headers = headers.n,
        .body = request->body,
        .repeatable = is_read(request),
        .options = request->options ? request->options : &server->http,
        .sink = request->sink,
    };
    rc = wow_transfer_open(conn->http, &http, out, err);
  } else {
    rc = wow_error_nomem(err);
  }
  headers_reset(&headers);
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
  if (*total >= WOW_MAX_CLAIMED_ROWS) *total = -1;
}

/* Where wow_request_fetch collects a body. */
struct collector {
  sqlite3_str *text;
  size_t max_bytes;
  FILE *file; /* NULL: into `text` */
  size_t file_bytes;
  int file_errno; /* why the file could not be written; 0: it could */
};

static int collect(void *ctx, const char *data, size_t bytes) {
  struct collector *collector = ctx;
  if (collector->file == NULL) {
    return wow_text_append_within(collector->text, data, bytes, collector->max_bytes);
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
  out->body_bytes = (size_t)sqlite3_str_length(collector->text);
  out->body = sqlite3_str_finish(collector->text);
  collector->text = NULL;
  if (out->body == NULL) out->body = sqlite3_mprintf("");
  if (out->body == NULL) return wow_error_nomem(err);
  /* JSON does not contain zero bytes, and one would end the text early. */
  if (request->accept || strlen(out->body) == out->body_bytes) return SQLITE_OK;
  sqlite3_free(out->body);
  out->body = NULL;
  return wow_error_set(err, SQLITE_ERROR, request->what, "the response contains a zero byte");
}

int wow_request_fetch(struct wow_connection *conn, struct wow_server *server,
                      const struct wow_request *request, struct wow_response *out,
                      struct wow_error *err) {
  struct collector collector = {
      .text = sqlite3_str_new(NULL),
      .max_bytes = request->max_bytes ? request->max_bytes : WOW_MAX_DOCUMENT_BYTES,
      .file = request->file,
  };
  struct wow_request collecting = *request;
  struct wow_transfer *transfer = NULL;
  collecting.sink = (struct wow_http_sink){collect, &collector};
  memset(out, 0, sizeof(*out));
  out->rows = out->total = -1;
  int rc = wow_request_open(conn, server, &collecting, &transfer, err);
  if (rc == SQLITE_OK) rc = wow_http_finish(transfer, err);
  rc = finish_file(&collector, rc, request->what, err);
  if (rc == SQLITE_OK) {
    const char *range = wow_transfer_response(transfer)->content_range;
    wow_request_content_range(range, &out->rows, &out->total);
  }
  wow_transfer_close(transfer);
  out->body_bytes = collector.file_bytes;
  if (rc == SQLITE_OK && request->file == NULL) rc = take_text(&collector, request, out, err);
  sqlite3_free(sqlite3_str_finish(collector.text));
  return rc;
}
