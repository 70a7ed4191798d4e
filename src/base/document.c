/*
** Control documents, see document.h.
*/
#include "base/document.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

/* cJSON is content with a document that something follows, and passes over a byte order mark: to
** SQLite, which may be given the text, neither is JSON. */
static bool is_whole(const char *text, size_t bytes, const char *end) {
  while (end < text + bytes && strchr(" \t\r\n", *end) && *end)
    end++;
  return end == text + bytes && *text != '\xef';
}

/* POSIX has malloc() set errno. An allocator that an application has put in its place may not: then
** the document counts as one that is not JSON. */
cJSON *wow_document_parse(const char *text, size_t bytes, struct wow_error *err) {
  int before = errno;
  errno = 0;
  const char *end = NULL;
  cJSON *document = cJSON_ParseWithLengthOpts(text, bytes, &end, false);
  if (document == NULL && errno == ENOMEM) wow_error_nomem(err);
  if (document && !is_whole(text, bytes, end)) {
    cJSON_Delete(document);
    document = NULL;
  }
  errno = before;
  return document;
}

/* An invalid value is what cJSON does not print, nor anything that contains it. */
void wow_document_add(cJSON *object, const char *name, cJSON *item) {
  if (item && cJSON_AddItemToObject(object, name, item)) return;
  cJSON_Delete(item);
  if (object) object->type = cJSON_Invalid;
}

void wow_document_add_text(cJSON *object, const char *name, const char *text) {
  wow_document_add(object, name, cJSON_CreateString(text));
}

void wow_document_add_number(cJSON *object, const char *name, double number) {
  wow_document_add(object, name, cJSON_CreateNumber(number));
}

void wow_document_add_bool(cJSON *object, const char *name, bool value) {
  wow_document_add(object, name, cJSON_CreateBool(value));
}
