/*
** Control documents, see document.h.
*/
#include "base/document.h"

#include <cjson/cJSON.h>
#include <errno.h>

/* POSIX has malloc() set errno. An allocator that an application has put in its place may not: then
** the document counts as one that is not JSON. */
cJSON *wow_document_parse(const char *text, size_t bytes, struct wow_error *err) {
  int before = errno;
  errno = 0;
  cJSON *document = cJSON_ParseWithLength(text, bytes);
  if (document == NULL && errno == ENOMEM) wow_error_nomem(err);
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
