/*
** Functions for files: up, down, and their URLs. Buckets and lists of files are fn_buckets.c's.
**
** A file on its way is not held in memory, unless it is a value of SQL.
*/
#include <cjson/cJSON.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/document.h"
#include "base/file.h"
#include "base/text.h"
#include "functions/functions.h"
#include "functions/mime.h"
#include "functions/object.h"
#include "functions/service.h"
#include "server/connection.h"
#include "server/request.h"
#include "server/server.h"

#define DEFAULT_EXPIRY_S 3600 /* as in the vendor's SDKs */
#define BYTES_PER_GB (1024.0 * 1024.0 * 1024.0)

/* ---------------------------------------------------------------- uploads */

/* A form with one field, "file" (RFC 7578), that is read while it is sent. */
struct form {
  struct wow_connection *conn;
  const char *what;
  char *head; /* what comes before the content */
  char *tail;
  const void *data; /* the content; NULL: `file` has it */
  FILE *file;
  sqlite3_int64 bytes; /* of the content */
};

/* Reads from the content. */
static int read_content(struct form *form, sqlite3_int64 from, void *to, size_t bytes) {
  form->conn->progress.bytes = from;
  wow_progress_show(form->conn, form->what);
  if (form->data) {
    memcpy(to, (const char *)form->data + from, bytes);
    return SQLITE_OK;
  }
  if (ftello(form->file) != from && fseeko(form->file, from, SEEK_SET) != 0) return SQLITE_ERROR;
  return fread(to, 1, bytes, form->file) == bytes ? SQLITE_OK : SQLITE_ERROR;
}

static int read_form(void *ctx, sqlite3_int64 from, void *to, size_t bytes) {
  struct form *form = ctx;
  sqlite3_int64 head = (sqlite3_int64)strlen(form->head), content_end = head + form->bytes;
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK && bytes > 0) {
    sqlite3_int64 end = from < head ? head : from < content_end ? content_end : INT64_MAX;
    size_t n = (sqlite3_int64)bytes < end - from ? bytes : (size_t)(end - from);
    if (from < head)
      memcpy(to, form->head + from, n);
    else if (from < content_end)
      rc = read_content(form, from - head, to, n);
    else
      memcpy(to, form->tail + (from - content_end), n);
    to = (char *)to + n;
    from += (sqlite3_int64)n;
    bytes -= n;
  }
  return rc;
}

/* Appends a file's name as forms have it: browsers encode these characters, and no others. */
static void append_file_name(sqlite3_str *str, const char *path) {
  const char *slash = strrchr(path, '/');
  for (const char *p = slash ? slash + 1 : path; *p; p++) {
    if (*p == '"')
      sqlite3_str_appendall(str, "%22");
    else
      sqlite3_str_appendchar(str, 1, *p);
  }
}

static int check_mime_type(const char *type, struct wow_error *err) {
  const char *slash = strchr(type, '/');
  if (slash && slash > type && slash[1] && !wow_text_has_control(type)) return SQLITE_OK;
  return wow_error_set(err, SQLITE_ERROR, NULL, "'%s' is not a MIME type, such as image/png", type);
}

/* Makes what is around the content; *content_type is sqlite3_free'd by the caller. */
static int wrap_form(struct form *form, const char *path, const char *mime_type,
                     char **content_type, struct wow_error *err) {
  sqlite3_uint64 random[2];
  sqlite3_randomness((int)sizeof(random), random);
  char *boundary = sqlite3_mprintf("wowsql-%016llx%016llx", random[0], random[1]);
  if (boundary == NULL) return wow_error_nomem(err);
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendf(str, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"",
                      boundary);
  append_file_name(str, path);
  sqlite3_str_appendf(str, "\"\r\nContent-Type: %s\r\n\r\n", mime_type);
  form->head = sqlite3_str_finish(str);
  form->tail = sqlite3_mprintf("\r\n--%s--\r\n", boundary);
  *content_type = sqlite3_mprintf("multipart/form-data; boundary=%s", boundary);
  sqlite3_free(boundary);
  return form->head && form->tail && *content_type ? SQLITE_OK : wow_error_nomem(err);
}

/* What was stored, in the SDK's words. */
static cJSON *upload_summary(const struct wow_object *object, const cJSON *response,
                             const struct form *form, const char *mime_type) {
  static const char *const keys[] = {"file_key", "key", "path", "name", NULL};
  const char *key = wow_service_text(response, keys);
  cJSON *summary = cJSON_CreateObject();
  wow_document_add_text(summary, "bucket", object->bucket);
  wow_document_add_text(summary, "file_key", key ? key : object->path);
  wow_document_add_number(summary, "size", (double)form->bytes);
  wow_document_add_number(summary, "size_mb", (double)form->bytes / WOW_SERVICE_MB);
  wow_document_add_text(summary, "mime_type", mime_type);
  return summary;
}

/* Uploads the content of a form, whose head and tail are made here. */
static int upload(struct wow_call *call, const struct wow_object *object, struct form *form,
                  struct wow_error *err) {
  const char *mime_type = wow_functions_optional_text(call, 3);
  char *content_type = NULL;
  cJSON *response = NULL;
  if (mime_type == NULL) mime_type = wow_mime_of_name(object->path);
  form->conn = call->conn;
  form->what = object->what;
  int rc = check_mime_type(mime_type, err);
  if (rc == SQLITE_OK) rc = wrap_form(form, object->path, mime_type, &content_type, err);
  if (rc == SQLITE_OK) {
    sqlite3_int64 around = (sqlite3_int64)(strlen(form->head) + strlen(form->tail));
    struct wow_request request = {
        .service = WOW_STORAGE,
        .method = "POST",
        .path = wow_object_url("/object/", object),
        .what = object->what,
        .content_type = content_type,
        .body.source = {.read = read_form, .ctx = form, .bytes = around + form->bytes},
    };
    rc = wow_service_json(call->conn, NULL, &request, &response, err);
  }
  if (rc == SQLITE_OK)
    rc = wow_service_made(call, upload_summary(object, response, form, mime_type), err);
  cJSON_Delete(response);
  sqlite3_free(content_type);
  sqlite3_free(form->head);
  sqlite3_free(form->tail);
  return rc;
}

static int run_upload(struct wow_call *call, struct wow_error *err) {
  struct wow_object object;
  int rc = wow_object_take(call, &object, err);
  if (rc == SQLITE_OK && sqlite3_value_type(call->argv[2]) == SQLITE_NULL) {
    rc = wow_error_set(err, SQLITE_ERROR, object.what,
                       "the content is NULL: does the file exist that it was read from?");
  }
  if (rc == SQLITE_OK) {
    const void *data = sqlite3_value_blob(call->argv[2]);
    struct form form = {.data = data ? data : "", .bytes = sqlite3_value_bytes(call->argv[2])};
    rc = upload(call, &object, &form, err);
  }
  sqlite3_free(object.what);
  return rc;
}

static int run_upload_file(struct wow_call *call, struct wow_error *err) {
  const char *local = wow_functions_arg_text(call, 2);
  struct form form = {0};
  struct wow_object object;
  int rc = wow_object_take(call, &object, err);
  if (rc == SQLITE_OK) rc = wow_file_open(local ? local : "", &form.file, &form.bytes, err);
  if (rc == SQLITE_OK) rc = upload(call, &object, &form, err);
  if (form.file) fclose(form.file);
  sqlite3_free(object.what);
  return rc;
}

/* ---------------------------------------------------------------- downloads */

static int run_download(struct wow_call *call, struct wow_error *err) {
  struct wow_response response = {0};
  struct wow_object object;
  int rc = wow_object_take(call, &object, err);
  if (rc == SQLITE_OK) {
    struct wow_request request = {
        .service = WOW_STORAGE,
        .method = "GET",
        .path = wow_object_url("/object/", &object),
        .what = object.what,
        .accept = "*/*",
        .max_bytes = (size_t)sqlite3_limit(call->conn->db, SQLITE_LIMIT_LENGTH, -1)};
    rc = wow_service_fetch(call->conn, NULL, &request, &response, err);
  }
  if (rc == SQLITE_OK)
    sqlite3_result_blob64(call->ctx, response.body, response.body_bytes, sqlite3_free);
  sqlite3_free(object.what);
  return rc;
}

static int run_download_file(struct wow_call *call, struct wow_error *err) {
  const char *local = wow_functions_arg_text(call, 2);
  struct wow_response response = {0};
  struct wow_new_file file = {0};
  struct wow_object object;
  int rc = wow_object_take(call, &object, err);
  if (rc == SQLITE_OK) rc = wow_file_create(local ? local : "", &file, err);
  if (rc == SQLITE_OK) {
    struct wow_request request = {.service = WOW_STORAGE,
                                  .method = "GET",
                                  .path = wow_object_url("/object/", &object),
                                  .what = object.what,
                                  .accept = "*/*",
                                  .file = file.stream};
    rc = wow_service_fetch(call->conn, NULL, &request, &response, err);
    if (rc == SQLITE_OK)
      rc = wow_file_commit(&file, err);
    else
      wow_file_abandon(&file);
  }
  if (rc == SQLITE_OK) sqlite3_result_int64(call->ctx, (sqlite3_int64)response.body_bytes);
  sqlite3_free(object.what);
  return rc;
}

static int run_delete_file(struct wow_call *call, struct wow_error *err) {
  struct wow_object object;
  int rc = wow_object_take(call, &object, err);
  if (rc == SQLITE_OK) {
    struct wow_request request = {.service = WOW_STORAGE,
                                  .method = "DELETE",
                                  .path = wow_object_url("/object/", &object),
                                  .what = object.what};
    rc = wow_service_pass_on(call, &request, err);
  }
  sqlite3_free(object.what);
  return rc;
}

/* ---------------------------------------------------------------- URLs */

/* The seconds that an argument says. */
static int take_expiry(const struct wow_call *call, sqlite3_int64 *seconds, struct wow_error *err) {
  *seconds = DEFAULT_EXPIRY_S;
  if (call->argc < 3 || sqlite3_value_type(call->argv[2]) == SQLITE_NULL) return SQLITE_OK;
  *seconds = sqlite3_value_int64(call->argv[2]);
  if (*seconds > 0 && sqlite3_value_numeric_type(call->argv[2]) == SQLITE_INTEGER) return SQLITE_OK;
  return wow_error_set(err, SQLITE_ERROR, NULL, "expires_in is a number of seconds from 1 on");
}

/* When that is over, in UTC, if the server does not say so. NULL: no memory. */
static char *moment_in(sqlite3_int64 seconds) {
  time_t end = (time_t)(wow_clock_unix_s() + (double)seconds);
  struct tm parts;
  char text[40] = "";
  if (gmtime_r(&end, &parts)) strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return sqlite3_mprintf("%s", text);
}

struct signed_url {
  char *url;
  char *expires_at;
};

/* Reads the response to a request for a signed URL, which is relative to the service. */
static int read_signed_url(const struct wow_server *server, const cJSON *response,
                           struct signed_url *out) {
  static const char *const names[] = {"signedURL", "signedUrl",     "file_url",
                                      "url",       "presigned_url", NULL};
  static const char *const ends[] = {"expires_at", "expiresAt", NULL};
  const char *url = wow_service_text(response, names), *end = wow_service_text(response, ends);
  if (url == NULL) return SQLITE_ERROR;
  out->url = *url == '/' ? sqlite3_mprintf("%s%s%s", server->project_url,
                                           server->options.paths[WOW_STORAGE], url)
                         : sqlite3_mprintf("%s", url);
  if (end) out->expires_at = sqlite3_mprintf("%s", end);
  return out->url && (end == NULL || out->expires_at) ? SQLITE_OK : SQLITE_NOMEM;
}

static int sign(struct wow_call *call, const struct wow_object *object, struct signed_url *out,
                struct wow_error *err) {
  sqlite3_int64 seconds = 0;
  const char *operation = wow_functions_optional_text(call, 3);
  cJSON *body = cJSON_CreateObject(), *response = NULL;
  struct wow_server *server = wow_connection_server(call->conn, NULL, err);
  int rc = server ? take_expiry(call, &seconds, err) : err->rc;
  if (operation == NULL) operation = "get_object";
  wow_document_add_number(body, "expiresIn", (double)seconds);
  wow_document_add_text(body, "operation", operation);
  char *text = cJSON_PrintUnformatted(body);
  if (rc == SQLITE_OK && text == NULL) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK) {
    struct wow_request request = {.service = WOW_STORAGE,
                                  .method = "POST",
                                  .reads = strcmp(operation, "get_object") == 0,
                                  .path = wow_object_url("/object/sign/", object),
                                  .what = object->what,
                                  .body = {.data = text, .bytes = strlen(text)}};
    rc = wow_service_json(call->conn, NULL, &request, &response, err);
  }
  if (rc == SQLITE_OK) {
    rc = read_signed_url(server, response, out);
    if (rc == SQLITE_OK && out->expires_at == NULL) out->expires_at = moment_in(seconds);
    if (rc == SQLITE_ERROR)
      wow_error_set(err, rc, object->what, "the storage service's response has no URL");
    else if (rc != SQLITE_OK || out->expires_at == NULL)
      rc = wow_error_nomem(err);
  }
  cJSON_free(text);
  cJSON_Delete(body);
  cJSON_Delete(response);
  return rc;
}

static int run_file_url(struct wow_call *call, struct wow_error *err) {
  struct signed_url signed_url = {0};
  struct wow_object object;
  int rc = wow_object_take(call, &object, err);
  if (rc == SQLITE_OK) rc = sign(call, &object, &signed_url, err);
  if (rc == SQLITE_OK) {
    cJSON *json = cJSON_CreateObject();
    wow_document_add_text(json, "file_url", signed_url.url);
    wow_document_add_text(json, "expires_at", signed_url.expires_at);
    rc = wow_service_made(call, json, err);
  }
  sqlite3_free(signed_url.url);
  sqlite3_free(signed_url.expires_at);
  sqlite3_free(object.what);
  return rc;
}

static int run_presigned_url(struct wow_call *call, struct wow_error *err) {
  struct signed_url signed_url = {0};
  struct wow_object object;
  int rc = wow_object_take(call, &object, err);
  if (rc == SQLITE_OK) rc = sign(call, &object, &signed_url, err);
  if (rc == SQLITE_OK)
    rc = wow_functions_take_result(call, signed_url.url, err);
  else
    sqlite3_free(signed_url.url);
  sqlite3_free(signed_url.expires_at);
  sqlite3_free(object.what);
  return rc;
}

static int run_public_url(struct wow_call *call, struct wow_error *err) {
  struct wow_object object;
  int rc = wow_object_take(call, &object, err);
  struct wow_server *server = rc == SQLITE_OK ? wow_connection_server(call->conn, NULL, err) : NULL;
  if (server) {
    char *path = wow_object_url("/object/public/", &object);
    char *url = path ? sqlite3_mprintf("%s%s%s", server->project_url,
                                       server->options.paths[WOW_STORAGE], path)
                     : NULL;
    sqlite3_free(path);
    rc = wow_functions_take_result(call, url, err);
  }
  sqlite3_free(object.what);
  return server ? rc : err->rc;
}

static int run_quota(struct wow_call *call, struct wow_error *err) {
  static const struct {
    const char *names[3];
    const char *name;
  } sizes[] = {{{"used_bytes", "storage_used_bytes", NULL}, "used_gb"},
               {{"quota_bytes", "storage_quota_bytes", NULL}, "quota_gb"}};
  struct wow_request request = {.service = WOW_STORAGE,
                                .method = "GET",
                                .path = sqlite3_mprintf("/quota"),
                                .what = "storage"};
  cJSON *json = NULL;
  int rc = wow_service_json(call->conn, NULL, &request, &json, err);
  if (rc != SQLITE_OK) return rc;
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    double bytes = wow_service_number(json, sizes[i].names);
    if (bytes < 0 || cJSON_HasObjectItem(json, sizes[i].name)) continue;
    wow_document_add_number(json, sizes[i].name, bytes / BYTES_PER_GB);
  }
  return wow_service_result(call, json, err);
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_upload", 3, 4, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_upload(bucket, path, content [, mime_type])",
     "Stores a BLOB or a text as a file, in place of the one that is there: file_key, size, "
     "size_mb, mime_type.",
     "SELECT wowsql_upload('avatars', 'ada.txt', 'hello', 'text/plain')", run_upload},
    {"wowsql_upload_file", 3, 4, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_upload_file(bucket, path, local_file [, mime_type])",
     "Stores a local file, which may be larger than memory.",
     "SELECT wowsql_upload_file('avatars', 'films/big.mp4', '/tmp/big.mp4')", run_upload_file},
    {"wowsql_download", 2, 2, WOW_EFFECTS, "wowsql_download(bucket, path)",
     "A file's content, as a BLOB.", "SELECT CAST(wowsql_download('avatars', 'ada.txt') AS TEXT)",
     run_download},
    {"wowsql_download_file", 3, 3, WOW_EFFECTS, "wowsql_download_file(bucket, path, local_file)",
     "Writes a file's content to a local file, all of it or nothing: the number of bytes.",
     "SELECT wowsql_download_file('avatars', 'films/big.mp4', '/tmp/copy.mp4')", run_download_file},
    {"wowsql_delete_file", 2, 2, WOW_EFFECTS | WOW_RETURNS_JSON, "wowsql_delete_file(bucket, path)",
     "Deletes a file.", "SELECT wowsql_delete_file('avatars', 'ada.txt')", run_delete_file},
    {"wowsql_file_url", 2, 3, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_file_url(bucket, path [, expires_in])",
     "A URL that reads a file without a key for expires_in seconds (3600): file_url, expires_at.",
     "SELECT wowsql_file_url('avatars', 'ada.txt', 600) ->> 'file_url'", run_file_url},
    {"wowsql_presigned_url", 2, 4, WOW_EFFECTS,
     "wowsql_presigned_url(bucket, path [, expires_in [, operation]])",
     "Such a URL alone; operation get_object (the default) reads, put_object writes.",
     "SELECT wowsql_presigned_url('avatars', 'ada.txt', 600, 'put_object')", run_presigned_url},
    {"wowsql_public_url", 2, 2, 0, "wowsql_public_url(bucket, path)",
     "The URL that a file of a public bucket always has; asks nobody.",
     "SELECT wowsql_public_url('avatars', 'ada.txt')", run_public_url},
    {"wowsql_quota", 0, 0, WOW_EFFECTS | WOW_RETURNS_JSON, "wowsql_quota()",
     "How much room files take and may take: used_gb, quota_gb, file_count and the same in bytes.",
     "SELECT wowsql_quota() ->> 'used_gb'", run_quota},
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_storage = {"storage", functions, tables};
