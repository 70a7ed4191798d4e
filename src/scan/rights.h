/*
** Roles that may read some columns of a relation, but not its key. PostgreSQL refuses a request
** that names any column which the role may not read (42501), and does not say which. The key is
** asked for although the statement does not use it; so when that is refused, the relation is read
** as one without a key, in the columns that the statement uses. What was found is kept with the
** session, for whose role it holds.
*/
#ifndef WOW_RIGHTS_H
#define WOW_RIGHTS_H

#include "base/error.h"
#include "plan/plan.h"
#include "scan/target.h"

/* Makes the target and the plan those of a relation without a key, if that was learned. SQLITE_OK
** or SQLITE_NOMEM. */
int wow_rights_adopt(struct wow_target *target, struct wow_plan *plan);

/* The scan's first request has failed. True: with what was learned from that it may be answered if
** it is started again. */
bool wow_rights_learn(const struct wow_target *target, const struct wow_plan *plan, int n_select,
                      const struct wow_error *err);

/* Adds to an error what was asked for, if a right is missing; and forgets what was learned. */
void wow_rights_explain(const struct wow_target *target, const struct wow_plan *plan,
                        struct wow_error *err);

/* The statement needs the key's integer as rowid, and the role may not read it. */
int wow_rights_fail_rowid(const struct wow_target *target, struct wow_error *err);

#endif
