/*
** A server's description of its relations: the OpenAPI 2.0 document of PostgREST.
*/
#ifndef WOW_OPENAPI_H
#define WOW_OPENAPI_H

#include <stddef.h>

#include "catalog/relation.h"

struct wow_catalog {
  char *schema;                    /* what it was asked for; NULL: the server's default */
  char *version;                   /* of the software, as it says; NULL: it does not */
  struct wow_relation **relations; /* sorted by name */
  int n_relations;
  struct wow_catalog *next;
};

/*
** Reads a description. SQLITE_OK with *out to be freed with wow_openapi_free; SQLITE_ERROR for
** anything that is not such a document; SQLITE_NOMEM.
*/
int wow_openapi_parse(const char *json, size_t bytes, struct wow_catalog **out,
                      struct wow_error *err);
void wow_openapi_free(struct wow_catalog *catalog);
/* NULL: there is no such relation. */
struct wow_relation *wow_openapi_find(const struct wow_catalog *catalog, const char *name);
/* The name of the relation that may have been meant by a misspelt one. NULL: none is near. */
const char *wow_openapi_nearest(const struct wow_catalog *catalog, const char *name);

#endif
