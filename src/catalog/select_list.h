/*
** Select lists as users write them, in PostgREST's words:
**   select=   id, total, customer:customers(name, country(code)), city:address->>city
** Casts, aggregates and spreads are not taken.
*/
#ifndef WOW_SELECT_LIST_H
#define WOW_SELECT_LIST_H

#include "catalog/openapi.h"
#include "catalog/relation.h"

/* What a select list is read with. */
struct wow_select_source {
  const struct wow_catalog *catalog;
  /* Does the server know this way from a relation, "countries!capital"? The description does not
  ** tell the names of foreign keys. NULL: nobody can be asked. SQLITE_OK or an error. */
  int (*ask)(void *ctx, const char *relation, const char *way, bool *is_known,
             struct wow_error *err);
  void *ctx;
};

/*
** The relation with the columns of a select list: those of `base`, and those of relations that it
** refers to, which are called customer.name. The types come from the catalog. Free *out with
** wow_relation_free.
*/
int wow_select_list_parse(const struct wow_select_source *source, const struct wow_relation *base,
                          const char *list, struct wow_relation **out, struct wow_error *err);

#endif
