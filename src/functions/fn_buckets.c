/*
** Functions for buckets, and lists of files.
**
** What a server says of a file has had several forms; all of them are read, and shown in one.
*/
#include <cjson/cJSON.h>
#include <string.h>

#include "base/document.h"
#include "base/limits.h"
#include "functions/functions.h"
#include "functions/object.h"
#include "functions/service.h"
#include "server/connection.h"
#include "server/request.h"
#include "wire/deparse.h"

/* ---------------------------------------------------------------- buckets */

/* "/bucket/avatars". NULL: no memory. */
static char *bucket_url(const char *name) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "/bucket/");
  wow_deparse_path(str, name);
  return sqlite3_str_finish(str);
}

/* Parses the options of a bucket (NULL: none) into *out, which cJSON_Delete frees. */
static int parse_options(const char *json, cJSON **out, struct wow_error *err) {
  static const char *const names[] = {"public", "file_size_limit", "allowed_mime_types", NULL};
  return wow_service_options(json, names, out, err);
}

/* Sends a bucket's options. Takes `path` and `options`. */
static int send_options(struct wow_call *call, const char *method, char *path, cJSON *options,
                        struct wow_error *err) {
  struct wow_request request = {.service = WOW_STORAGE,
                                .method = method,
                                .path = path,
                                .what = wow_functions_arg_text(call, 0)};
  return wow_service_send(call, &request, options, err);
}

static int run_create_bucket(struct wow_call *call, struct wow_error *err) {
  const char *name = wow_functions_arg_text(call, 0);
  cJSON *options = NULL;
  int rc = wow_object_check_bucket(name, err);
  if (rc == SQLITE_OK) rc = parse_options(wow_functions_optional_text(call, 2), &options, err);
  if (rc != SQLITE_OK) {
    cJSON_Delete(options);
    return rc;
  }
  wow_document_add_text(options, "name", name);
  if (call->argc > 1 && sqlite3_value_type(call->argv[1]) != SQLITE_NULL) {
    cJSON_DeleteItemFromObject(options, "public");
    wow_document_add_bool(options, "public", sqlite3_value_int(call->argv[1]) != 0);
  }
  return send_options(call, "POST", sqlite3_mprintf("/bucket"), options, err);
}

static int run_update_bucket(struct wow_call *call, struct wow_error *err) {
  const char *name = wow_functions_arg_text(call, 0);
  cJSON *options = NULL;
  int rc = wow_object_check_bucket(name, err);
  if (rc == SQLITE_OK) rc = parse_options(wow_functions_optional_text(call, 1), &options, err);
  if (rc == SQLITE_OK) return send_options(call, "PUT", bucket_url(name), options, err);
  cJSON_Delete(options);
  return rc;
}

/* Sends a request about a bucket that has no body. */
static int act_on_bucket(struct wow_call *call, const char *method, struct wow_error *err) {
  const char *name = wow_functions_arg_text(call, 0);
  int rc = wow_object_check_bucket(name, err);
  if (rc != SQLITE_OK) return rc;
  struct wow_request request = {
      .service = WOW_STORAGE, .method = method, .path = bucket_url(name), .what = name};
  return wow_service_pass_on(call, &request, err);
}

static int run_get_bucket(struct wow_call *call, struct wow_error *err) {
  return act_on_bucket(call, "GET", err);
}

static int run_delete_bucket(struct wow_call *call, struct wow_error *err) {
  return act_on_bucket(call, "DELETE", err);
}

/* ---------------------------------------------------------------- cells */

static void add_text(struct wow_tvf_rows *rows, const cJSON *object, const char *const *names) {
  wow_tvf_add_text(rows, wow_service_text(object, names));
}

static void add_number(struct wow_tvf_rows *rows, double value) {
  if (value >= 0 && value <= WOW_MAX_JSON_INTEGER)
    wow_tvf_add_integer(rows, (sqlite3_int64)value);
  else
    wow_tvf_add_null(rows);
}

/* The list of objects in a response: it, or its member `name`. NULL: there is none. */
static const cJSON *list_in(const cJSON *response, const char *name) {
  const cJSON *element, *list = cJSON_IsObject(response)
                                    ? cJSON_GetObjectItemCaseSensitive(response, name)
                                    : response;
  cJSON_ArrayForEach(element, list) {
    if (!cJSON_IsObject(element)) return NULL;
  }
  return cJSON_IsArray(list) ? list : NULL;
}

static int fail_list(struct wow_error *err, const char *what) {
  return wow_error_set(err, SQLITE_ERROR, what, "the storage service's response is not a list");
}

static const char *const created_names[] = {"created_at", "createdAt", NULL};
static const char *const updated_names[] = {"updated_at", "updatedAt", "last_modified", NULL};
static const char *const owner_names[] = {"owner", "owner_id", NULL};

static void add_bucket(struct wow_tvf_rows *rows, const cJSON *bucket) {
  static const char *const names[] = {"name", "id", NULL};
  static const char *const limits[] = {"file_size_limit", NULL};
  const cJSON *types = cJSON_GetObjectItemCaseSensitive(bucket, "allowed_mime_types");
  char *text = cJSON_IsArray(types) ? cJSON_PrintUnformatted(types) : NULL;
  add_text(rows, bucket, names);
  wow_tvf_add_integer(rows, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(bucket, "public")));
  add_number(rows, wow_service_number(bucket, limits));
  wow_tvf_add_json(rows, text);
  add_text(rows, bucket, owner_names);
  add_text(rows, bucket, created_names);
  add_text(rows, bucket, updated_names);
  wow_tvf_end_row(rows);
  cJSON_free(text);
}

static int table_buckets(struct wow_tvf_call *call, struct wow_error *err) {
  struct wow_request request = {.service = WOW_STORAGE,
                                .method = "GET",
                                .path = sqlite3_mprintf("/bucket"),
                                .what = "buckets"};
  cJSON *response = NULL;
  const cJSON *bucket;
  int rc = wow_service_json(call->conn, wow_tvf_arg_text(call, 0), &request, &response, err);
  const cJSON *list = list_in(response, "buckets");
  if (rc == SQLITE_OK && list == NULL) rc = fail_list(err, request.what);
  cJSON_ArrayForEach(bucket, list) add_bucket(call->rows, bucket);
  cJSON_Delete(response);
  return rc;
}

/* ---------------------------------------------------------------- lists of files */

static const char *const key_names[] = {"key", "file_key", "path", "name", NULL};

static void add_file(struct wow_tvf_rows *rows, const cJSON *file) {
  static const char *const types[] = {"mime_type", "mimetype", "content_type", NULL};
  static const char *const sizes[] = {"size", "file_size", NULL};
  const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file, "metadata");
  const char *type = wow_service_text(file, types);
  double size = wow_service_number(file, sizes);
  if (type == NULL) type = wow_service_text(metadata, types);
  if (size < 0) size = wow_service_number(metadata, sizes);
  add_text(rows, file, key_names);
  add_number(rows, size);
  if (size < 0)
    wow_tvf_add_null(rows);
  else
    wow_tvf_add_real(rows, size / WOW_SERVICE_MB);
  wow_tvf_add_text(rows, type);
  add_text(rows, file, owner_names);
  add_text(rows, file, created_names);
  add_text(rows, file, updated_names);
  wow_tvf_end_row(rows);
}

/*
** A list that is read page by page, in the order of names. Files that come or go meanwhile move the
** others: so each page begins with the last file of the one before, and if it does not, what was
** read is not to be relied on.
*/
struct listing {
  const char *server;
  const char *bucket;
  const char *prefix;
  cJSON *files; /* those read so far */
};

/* Asks for the files from an offset on. */
static int fetch_page(struct wow_connection *conn, const struct listing *listing, int offset,
                      cJSON **page, struct wow_error *err) {
  cJSON *body = cJSON_CreateObject(), *sort = cJSON_CreateObject();
  sqlite3_str *path = sqlite3_str_new(NULL);
  wow_document_add_text(body, "prefix", listing->prefix ? listing->prefix : "");
  wow_document_add_number(body, "limit", WOW_LIST_FILES);
  wow_document_add_number(body, "offset", offset);
  wow_document_add_text(sort, "column", "name");
  wow_document_add_text(sort, "order", "asc");
  wow_document_add(body, "sortBy", sort);
  char *text = cJSON_PrintUnformatted(body);
  sqlite3_str_appendall(path, "/object/list/");
  wow_deparse_path(path, listing->bucket);
  struct wow_request request = {.service = WOW_STORAGE,
                                .method = "POST",
                                .reads = true,
                                .path = sqlite3_str_finish(path),
                                .what = listing->bucket,
                                .body = {.data = text, .bytes = text ? strlen(text) : 0}};
  int rc =
      text ? wow_service_json(conn, listing->server, &request, page, err) : wow_error_nomem(err);
  sqlite3_free((char *)request.path);
  cJSON_free(text);
  cJSON_Delete(body);
  return rc;
}

static bool is_same_file(const cJSON *a, const cJSON *b) {
  const char *key = wow_service_text(a, key_names), *other = wow_service_text(b, key_names);
  return key && other && strcmp(key, other) == 0;
}

/* Adds the files of a page, which begins with the last one of those read so far. Says whether it
** does, and whether there were any more. */
static void add_page(struct listing *listing, cJSON *page, bool *fits, bool *more) {
  int n = cJSON_GetArraySize(listing->files);
  cJSON *list = (cJSON *)list_in(page, "files");
  *fits = n == 0 ||
          is_same_file(cJSON_GetArrayItem(list, 0), cJSON_GetArrayItem(listing->files, n - 1));
  *more = false;
  if (!*fits) return;
  if (n > 0) cJSON_DeleteItemFromArray(list, 0);
  while (list->child) {
    cJSON_AddItemToArray(listing->files, cJSON_DetachItemViaPointer(list, list->child));
    *more = true;
  }
}

/* Reads all pages. A page that is shorter than asked for is not the end: the server may have a
** limit of its own. *changed: the files have changed meanwhile. */
static int read_list(struct wow_connection *conn, struct listing *listing, bool *changed,
                     struct wow_error *err) {
  bool fits = true, more = true;
  int rc = SQLITE_OK, n = 0;
  while (rc == SQLITE_OK && fits && more) {
    cJSON *page = NULL;
    rc = fetch_page(conn, listing, n > 0 ? n - 1 : 0, &page, err);
    if (rc == SQLITE_OK && list_in(page, "files") == NULL) rc = fail_list(err, listing->bucket);
    if (rc == SQLITE_OK) add_page(listing, page, &fits, &more);
    n = cJSON_GetArraySize(listing->files);
    cJSON_Delete(page);
  }
  *changed = !fits;
  return rc;
}

static int table_files(struct wow_tvf_call *call, struct wow_error *err) {
  struct listing listing = {.bucket = wow_tvf_arg_text(call, 0),
                            .prefix = wow_tvf_arg_text(call, 1),
                            .server = wow_tvf_arg_text(call, 2)};
  const cJSON *file;
  bool changed = true;
  int rc = wow_object_check_bucket(listing.bucket, err);
  for (int i = 0; rc == SQLITE_OK && changed && i < WOW_LIST_TRIES; i++) {
    cJSON_Delete(listing.files);
    listing.files = cJSON_CreateArray();
    rc = listing.files ? read_list(call->conn, &listing, &changed, err) : wow_error_nomem(err);
  }
  if (rc == SQLITE_OK && changed) {
    rc = wow_error_set(err, SQLITE_ERROR, listing.bucket,
                       "the files change while they are listed; try again");
  }
  cJSON_ArrayForEach(file, listing.files) {
    if (rc == SQLITE_OK) add_file(call->rows, file);
  }
  cJSON_Delete(listing.files);
  return rc;
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_create_bucket", 1, 3, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_create_bucket(name [, public [, options]])",
     "Creates a bucket; options: public, file_size_limit (bytes), allowed_mime_types (a list).",
     "SELECT wowsql_create_bucket('avatars', 1, '{\"file_size_limit\":1000000}')",
     run_create_bucket},
    {"wowsql_get_bucket", 1, 1, WOW_EFFECTS | WOW_RETURNS_JSON, "wowsql_get_bucket(name)",
     "What a bucket is and takes.", "SELECT wowsql_get_bucket('avatars') ->> 'public'",
     run_get_bucket},
    {"wowsql_update_bucket", 2, 2, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_update_bucket(name, options)", "Changes options of a bucket.",
     "SELECT wowsql_update_bucket('avatars', '{\"public\":false}')", run_update_bucket},
    {"wowsql_delete_bucket", 1, 1, WOW_EFFECTS | WOW_RETURNS_JSON, "wowsql_delete_bucket(name)",
     "Deletes a bucket, which must be empty.", "SELECT wowsql_delete_bucket('avatars')",
     run_delete_bucket},
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {"wowsql_files",
     "key TEXT, size INTEGER, size_mb REAL, mime_type TEXT, owner TEXT, created_at TEXT, "
     "updated_at TEXT",
     7, "bucket HIDDEN, prefix HIDDEN, server HIDDEN", 3, 1, WOW_EFFECTS,
     "wowsql_files(bucket [, prefix]) [WHERE server = name]",
     "The files of a bucket whose paths begin with prefix.",
     "SELECT key, size_mb FROM wowsql_files('avatars', 'films/') WHERE size > 1000000",
     table_files},
    {"wowsql_buckets",
     "name TEXT, public INTEGER, file_size_limit INTEGER, allowed_mime_types TEXT, owner TEXT, "
     "created_at TEXT, updated_at TEXT",
     7, "server HIDDEN", 1, 0, WOW_EFFECTS, "wowsql_buckets [WHERE server = name]",
     "The buckets of a server.", "SELECT name FROM wowsql_buckets WHERE public", table_buckets},
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_buckets = {"storage", functions, tables};
