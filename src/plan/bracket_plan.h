/*
** Plans of statements that read bracketed aggregates.
*/
#ifndef WOW_BRACKET_PLAN_H
#define WOW_BRACKET_PLAN_H

#include "plan/planner.h"

/* Which bracketed aggregates does the statement read? */
sqlite3_uint64 wow_bracket_plan_used(const struct wow_planner *p);
/* Plans a scan that returns groups. SQLITE_OK, SQLITE_CONSTRAINT or SQLITE_NOMEM. */
int wow_bracket_plan_make(struct wow_planner *p);

#endif
