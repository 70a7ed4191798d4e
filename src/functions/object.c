/*
** Buckets and files by name, see object.h.
*/
#include "functions/object.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "functions/functions.h"
#include "wire/deparse.h"

/* Is a part of a path one that leads elsewhere? */
static bool is_dots(const char *part, size_t bytes) {
  return bytes == 0 || (bytes <= 2 && strncmp(part, "..", bytes) == 0);
}

/* Some servers take a backslash for a slash. */
const char *wow_object_path_fault(const char *path) {
  if (path == NULL || *path == 0) return "the path of a file is needed";
  if (strlen(path) > WOW_MAX_FILE_PATH_BYTES) return "the path is longer than 1024 bytes";
  if (wow_text_has_control(path)) return "the path has a line break or another control character";
  if (*path == '/') return "the path begins with a slash, but is relative to the bucket";
  for (const char *part = path;; part++) {
    size_t bytes = strcspn(part, "/\\");
    if (is_dots(part, bytes)) return "the path has an empty part, or one that is '.' or '..'";
    part += bytes;
    if (*part == 0) return NULL;
  }
}

int wow_object_check_bucket(const char *bucket, struct wow_error *err) {
  const char *fault = NULL;
  if (bucket == NULL || is_dots(bucket, strlen(bucket)))
    fault = "the name of a bucket is needed";
  else if (wow_text_has_control(bucket) || strpbrk(bucket, "/\\"))
    fault = "the name of a bucket has no slashes, line breaks or other control characters";
  return fault ? wow_error_set(err, SQLITE_ERROR, NULL, "%s", fault) : SQLITE_OK;
}

int wow_object_take(const struct wow_call *call, struct wow_object *object, struct wow_error *err) {
  object->bucket = wow_functions_arg_text(call, 0);
  object->path = wow_functions_arg_text(call, 1);
  object->what = NULL;
  if (wow_object_check_bucket(object->bucket, err) != SQLITE_OK) return err->rc;
  const char *fault = wow_object_path_fault(object->path);
  if (fault) return wow_error_set(err, SQLITE_ERROR, object->path, "%s", fault);
  object->what = sqlite3_mprintf("%s/%s", object->bucket, object->path);
  return object->what ? SQLITE_OK : wow_error_nomem(err);
}

char *wow_object_url(const char *command, const struct wow_object *object) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, command);
  wow_deparse_path(str, object->bucket);
  for (const char *part = object->path; part; part = strchr(part, '/')) {
    part += *part == '/';
    sqlite3_str_appendchar(str, 1, '/');
    wow_deparse_bytes(str, part, (int)strcspn(part, "/"));
  }
  return sqlite3_str_finish(str);
}
