/*
** Lookups to come, fetched together: "id=in.(1,2,3)" for those that differ in one term,
** "or=(and(a.eq.1,b.eq.2),and(a.eq.1,b.eq.3))" for those that differ in several. Their keys are
** known from a hint, a list beside = on the same column, or from a dry run (ahead.h).
*/
#ifndef WOW_LOOKUP_BATCH_H
#define WOW_LOOKUP_BATCH_H

#include "scan/lookup_set.h"

/* Notes a lookup that will come, unless it has been noted before or is remembered. SQLITE_OK or an
** error. */
int wow_lookup_batch_note(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                          struct wow_error *err);
/* Notes the lookups of the plan's hint. */
int wow_lookup_batch_note_hint(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                               struct wow_error *err);

/* Has the lookup of this key been noted? */
bool wow_lookup_batch_knows(const struct wow_lookup_set *set, sqlite3_str *key);

/* Are the noted ones that have not been fetched what was left over of full requests, too few for
** one more, and were there others that the dry run did not come to? */
bool wow_lookup_batch_is_rest(const struct wow_lookup_set *set);

/* Are there noted ones that have not been fetched, and can be fetched together with this one? */
bool wow_lookup_batch_has(const struct wow_lookup_set *set, const struct wow_lookup *lookup);

/* Fetches as many as one request has room for, and remembers their rows. */
int wow_lookup_batch_fetch(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                           struct wow_error *err);

#endif
