/*
** Control documents, which cJSON reads and makes. It does not say that memory ran out: a document
** that could not be read looks like one that is not JSON, and a member that could not be added is
** missing. Here both are told.
*/
#ifndef WOW_DOCUMENT_H
#define WOW_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct cJSON;

/* Reads a document, which the text is all of; cJSON_Delete it. NULL: it is not JSON, or there was
** no memory, which `err` then says: whatever is recorded after that is not the first error. */
struct cJSON *wow_document_parse(const char *text, size_t bytes, struct wow_error *err);

/* Adds a member. If there is no memory for it the document can no longer be printed, so that it is
** enough to look at the result of cJSON_PrintUnformatted. `item` is the document's from then on. */
void wow_document_add(struct cJSON *object, const char *name, struct cJSON *item);
void wow_document_add_text(struct cJSON *object, const char *name, const char *text);
void wow_document_add_number(struct cJSON *object, const char *name, double number);
void wow_document_add_bool(struct cJSON *object, const char *name, bool value);

#endif
