/*
** Running a statement ahead of itself. SQLite hands a virtual table one key at a time; but the
** statement, prepared once more and stepped as a dry run in which lookups find what is remembered
** or nothing, shows which keys it will come with, and they are fetched together
** (lookup_batch.h). A wrong guess costs part of a request, never a row.
**
** Only a statement that cannot do anything is run ahead: a read-only one, or the SELECT of INSERT
** ... SELECT and CREATE TABLE AS, which calls no function but SQLite's own without effects.
**
** A dry run can be ended at a lookup and at a row of the result, but not while SQLite passes over
** local rows that lead to neither (there is one progress handler, the application's): a statement
** in which that took long is not run ahead again.
*/
#ifndef WOW_AHEAD_H
#define WOW_AHEAD_H

#include "scan/lookup_set.h"

/* Runs the statement of this lookup ahead, unless that is not allowed or was of no use: the keys
** are noted, this lookup's first. SQLITE_OK or an error, not one of the dry run's own. Call within
** xFilter. */
int wow_ahead_run(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                  struct wow_error *err);

/* Within a dry run: notes a lookup whose rows are not known. SQLITE_OK or an error. */
int wow_ahead_note(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                   struct wow_error *err);

/* May the dry run go on after this lookup? SQLITE_OK, or the error that ends it: enough lookups
** have been noted, or it has taken long enough. */
int wow_ahead_check(const struct wow_dry_run *dry_run, struct wow_error *err);

#endif
