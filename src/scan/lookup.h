/*
** Lookups: the same plan run again and again with other values, as a join or a correlated sub-query
** does. Their rows are remembered while the statement runs, their keys are found by running the
** statement ahead and fetched in batches, and when the lookups have cost as much as fetching the
** whole relation would, it is fetched, and further ones are answered from it. So they never cost
** much more than twice the best way.
*/
#ifndef WOW_LOOKUP_H
#define WOW_LOOKUP_H

#include "plan/bind.h"
#include "scan/pages.h"
#include "scan/row_cache.h"

/* One scan's view of a lookup; all of it stays the caller's. */
struct wow_lookup {
  const struct wow_target *target;
  struct wow_binding *binding;
  struct wow_pages *pages; /* to fetch with; used up */
  const int *members;      /* for each column its place in a row; -1: none */
  int n_members;           /* values of a row */
  int other_bytes;         /* length of a request without its conditions */
};

/* Is a plan with such values a lookup at all? */
bool wow_lookup_is_one(const struct wow_binding *binding);

/* Where the rows come from. */
enum wow_lookup_way {
  WOW_LOOKUP_REMEMBERED, /* the cursor has them; see is_complete */
  WOW_LOOKUP_ASK,        /* the server: call wow_lookup_ask */
  WOW_LOOKUP_PASS,       /* the server, and they are not to be remembered */
  WOW_LOOKUP_NOTHING,    /* nowhere: this is a dry run */
  WOW_LOOKUP_FIRST       /* as WOW_LOOKUP_ASK, and it is the statement's first run of this plan */
};

/* What a lookup found. */
struct wow_lookup_result {
  enum wow_lookup_way way;
  struct wow_row_cache_cursor *cursor; /* the caller's; started where there are rows to read */
  bool is_complete;                    /* it has all the rows */
};

/* Finds the rows, or says that the server must be asked. May fetch keys or the whole relation. */
int wow_lookup_find(const struct wow_lookup *lookup, struct wow_lookup_result *result,
                    struct wow_error *err);

/* Asks the server: steps through the rows of lookup->pages, which were started, at most
** WOW_MAX_LOOKUP_ROWS of them the first time, remembers them and starts the cursor on them. */
int wow_lookup_ask(const struct wow_lookup *lookup, struct wow_lookup_result *result,
                   struct wow_error *err);

/* SQLite wants more than is remembered, of which it has read `n_read` rows: remembers the remaining
** rows of lookup->pages, which were started, and starts the cursor after those read. If they are
** too many, result->is_complete is false, and the pages go on after the cursor's last row. */
int wow_lookup_go_on(const struct wow_lookup *lookup, sqlite3_int64 n_read,
                     struct wow_lookup_result *result, struct wow_error *err);

#endif
