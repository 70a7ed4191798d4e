/*
** What xBestIndex is not told of a term, read off a second plan: the statement is planned again, as
** EXPLAIN, with SQLite asked to look at the term itself, and the bytecode shows where and how it
** does.
**
**   - Does the term belong to the ON clause of an outer join that has this table on its left? Of
**     the operators that only virtual tables have (<>, IS NOT, IS NOT NULL, LIKE, GLOB, REGEXP,
**     MATCH) SQLite offers such terms all the same. (Only for the others does where.c know which
**     tables they must come after.) It looks at them itself, at the right place, whatever it is
**     told; so a term that makes no difference to the bytecode is one of these.
**   - Is a text compared with a number as a text or as a number? SQLite applies no affinity to the
**     values of xFilter; but its own comparison says which one it would apply.
**
** And what only the server can say: whether it has the operator for the column at all.
*/
#ifndef WOW_SECOND_LOOK_H
#define WOW_SECOND_LOOK_H

#include "base/error.h"
#include "plan/bind.h"
#include "scan/target.h"

/* What was found out of one plan while a statement runs, and what the server refuses; a table has
** one. */
struct wow_second_look;

struct wow_second_look *wow_second_look_new(void); /* NULL: no memory */
void wow_second_look_free(struct wow_second_look *look);

/*
** Looks at the terms of a plan, as far as these values ask for it. Call within xFilter. SQLITE_OK;
** SQLITE_NOMEM; SQLITE_ERROR: it cannot be told whether a term that SQLite was told not to look at
** belongs to an outer join.
*/
int wow_second_look_at(const struct wow_target *target, const struct wow_plan *plan, int argc,
                       sqlite3_value **argv, struct wow_error *err);
/* What was found, one for each term; valid until the next call. */
const struct wow_term_look *wow_second_look_terms(const struct wow_target *target);

/*
** The server has refused a request with these terms. If that may be because it has no such operator
** for a column (a nondeterministic collation has no LIKE, a domain over an enum no =), these terms
** are not sent for the table any more: *again is true, the error is forgotten, and the scan can be
** started again. SQLITE_OK or SQLITE_NOMEM; otherwise the error stands.
*/
int wow_second_look_learn(const struct wow_target *target, const struct wow_binding *binding,
                          bool *again, struct wow_error *err);

#endif
