/*
** Where a sorted scan has come to, and the condition "after the last row" (WOW_CONDITION_AFTER).
** Assumes that the order ends with a key, so that it is total.
*/
#ifndef WOW_KEYSET_H
#define WOW_KEYSET_H

#include "plan/plan.h"
#include "wire/condition.h"
#include "wire/rows.h"

/* A row's sort columns, kept while the scan goes on. `place` points into `texts`. */
struct wow_keyset {
  struct wow_place place;
  char *texts[WOW_MAX_SORT];
  size_t rooms[WOW_MAX_SORT];
  bool is_set; /* there is a row */
};

/* Says what the places to come are sorted by; forgets any row. */
void wow_keyset_start(struct wow_keyset *keyset, const struct wow_relation *relation,
                      const struct wow_plan_order *sort, int n_sort);
/* A copy that does not change as `from` goes on. SQLITE_OK or SQLITE_NOMEM. */
int wow_keyset_copy(struct wow_keyset *to, const struct wow_keyset *from);
void wow_keyset_reset(struct wow_keyset *keyset);

/* Keeps the present row's place: its sort columns are the members from `first` on. SQLITE_OK or
** SQLITE_NOMEM. */
int wow_keyset_keep(struct wow_keyset *keyset, const struct wow_rows *rows, int first);

/* Is the present row at the place that is kept? False where there is none. */
bool wow_keyset_is_at(const struct wow_keyset *keyset, const struct wow_rows *rows, int first);
/* Is the sort column `i` NULL in the present row, although it is said to be never? */
bool wow_keyset_lacks(const struct wow_keyset *keyset, const struct wow_rows *rows, int first,
                      int i);

/* Looks ahead to the place of the last row of a page that has been fed whole (see
** wow_rows_peek_last). False: it cannot be told. */
bool wow_keyset_peek(const struct wow_keyset *keyset, struct wow_rows *rows,
                     struct wow_place *place);

/* Can the place be said in a condition? Arrays and composites have another text form there, and a
** condition longer than `max_bytes` does not fit into a request. */
bool wow_keyset_can_continue(const struct wow_place *place, sqlite3_int64 max_bytes);

#endif
