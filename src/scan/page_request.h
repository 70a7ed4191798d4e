/*
** The request for one page: its path.
*/
#ifndef WOW_PAGE_REQUEST_H
#define WOW_PAGE_REQUEST_H

#include "scan/target.h"
#include "plan/plan.h"
#include "wire/condition.h"

/* A member of the response that is not a column: an aggregate. */
struct wow_computed {
  char *name;    /* what it is called there; no column of the relation has this name */
  char *request; /* what it is in select=, percent-encoded: "price.sum()" */
};

/* What stays the same while a plan is run with one set of values after the other. All of it stays
** the caller's. */
struct wow_shape {
  const struct wow_target *target;
  const int *select; /* columns to fetch, those of `sort` last and in its order */
  int n_select;
  const struct wow_plan_order *sort; /* the order of the response; unique when has_key */
  int n_sort;
  int n_order; /* how many of `sort` the statement asked for; the rest is the key */
  bool has_key;
  /* Members that are not columns: aggregates, and keys to group by. Then a row is a group, and its
  ** columns make it unique if has_key. */
  const struct wow_computed *computed;
  int n_computed;
  /* Columns that only pages by offset ask for: those which tell rows apart that may be one by the
  ** selected ones. They come after all other members. */
  const int *telling;
  int n_telling;
  int counting; /* the computed member that is count(), the rows of a group; -1: none */
};

/* Is a row of the response a group of rows? */
static inline bool wow_shape_is_grouped(const struct wow_shape *shape) {
  return shape->n_computed > 0;
}

struct wow_page_request {
  const struct wow_shape *shape;
  const struct wow_where *where;
  const struct wow_place *place; /* only rows by this one; NULL: from the start */
  unsigned part;                 /* which: bits of enum wow_place_part */
  sqlite3_int64 limit;           /* -1: none */
  sqlite3_int64 offset;          /* 0: none */
  bool by_offset;                /* pages are continued by offset: the order is made total */
  bool is_doubted;               /* the key may repeat: the order by it is not total */
  bool is_single;                /* at most one row can come: nothing to order and to limit */
};

/* The path with its query, "/users?select=id,name&age=gte.18&order=id.asc&limit=250"; sqlite3_free
** it. NULL: no memory. */
char *wow_page_request_path(const struct wow_page_request *request);

/* Has the column an order on the server, by which a request may ask for it? */
bool wow_page_request_can_sort(const struct wow_column *column);

/* The name of a computed member: `base`, made different from the relation's columns. NULL: no
** memory. */
char *wow_page_request_alias(const struct wow_relation *relation, const char *base);

#endif
