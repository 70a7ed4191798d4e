/*
** Lookups: the same plan run again and again with other values, as a join or a correlated sub-query
** does. Their answers are remembered while the statement runs, keys that are known beforehand are
** fetched in batches, and when the lookups have cost as much as fetching the whole relation would,
** it is fetched, and further ones are answered from it. So they never cost much more than twice the
** best way.
*/
#ifndef WOW_LOOKUP_H
#define WOW_LOOKUP_H

#include "scan/row_cache.h"
#include "scan/pages.h"
#include "plan/plan.h"
#include "plan/bind.h"

/* What one virtual table remembers. */
struct wow_lookups;

struct wow_lookups *wow_lookups_new(void); /* NULL: no memory */
void wow_lookups_free(struct wow_lookups *lookups);

/* One scan's view of a lookup; all of it stays the caller's. */
struct wow_lookup {
  struct wow_lookups *lookups;
  struct wow_connection *conn;
  struct wow_server *server;
  const char *schema; /* PostgREST profile; NULL: the server's */
  const char *plan_text;
  const struct wow_plan *plan;
  struct wow_query *query;
  enum wow_collation collation;
  struct wow_pages *pages; /* to fetch with; used up */
  const int *slots;        /* for each column its place in a row */
  int n_select;
  int other_bytes;     /* length of a request without its filters */
  const char *filters; /* the whole condition: what is looked up */
  double rows;         /* how many rows the relation is thought to have; -1: not known */
};

/* Is a plan with such values a lookup at all? */
bool wow_lookup_is_one(const struct wow_plan *plan, const struct wow_query *query);

/* How the rows are had. */
enum wow_lookup_way {
  WOW_LOOKUP_REMEMBERED, /* from the cursor; see wow_answer.is_whole */
  WOW_LOOKUP_ASK,        /* from the server; tell the answer with wow_lookup_remember */
  WOW_LOOKUP_PASS,       /* from the server, and not to be remembered */
  WOW_LOOKUP_FIRST       /* as WOW_LOOKUP_ASK, and it is the statement's first run of this plan */
};

/* Finds the answer, or says that the server must be asked. May fetch keys or the whole relation.
** `cursor` is started for WOW_LOOKUP_REMEMBERED, and `is_whole` says whether it has all the rows.
*/
int wow_lookup_find(const struct wow_lookup *lookup, enum wow_lookup_way *way,
                    struct wow_answer_cursor *cursor, bool *is_whole, struct wow_error *err);

/* Asks the server: steps through the rows of `pages`, at most WOW_LOOKUP_ROWS of them, remembers
** them and starts `cursor` on them. `is_whole`: there are no further ones. */
int wow_lookup_ask(const struct wow_lookup *lookup, struct wow_answer_cursor *cursor,
                   bool *is_whole, struct wow_error *err);

#endif
