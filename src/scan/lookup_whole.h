/*
** The relation that all lookups of a set are about, under the terms that do not vary: once lookups
** have cost as much as fetching it, it is fetched, and answers them.
*/
#ifndef WOW_LOOKUP_WHOLE_H
#define WOW_LOOKUP_WHOLE_H

#include "scan/lookup_set.h"

/* Starts pages of which all rows will be read. */
int wow_lookup_whole_start(struct wow_pages *pages, const struct wow_where *where,
                           struct wow_error *err);

/* Is it time to fetch it, if that can be? */
bool wow_lookup_whole_is_due(struct wow_lookup_set *set, const struct wow_lookup *lookup);
/* Fetches it; set->whole stays NULL if it is too large. */
int wow_lookup_whole_fetch(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                           struct wow_error *err);
/* Does this run say each of the varying terms to the server? One that was left to SQLite, as a
** number beside text is, could have any row. */
bool wow_lookup_whole_has(const struct wow_lookup_set *set, const struct wow_lookup *lookup);
/* The lookup's rows in set->whole: that there are none is an answer, too. */
int wow_lookup_whole_find(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                          struct wow_row_cache_cursor *cursor, struct wow_error *err);

#endif
