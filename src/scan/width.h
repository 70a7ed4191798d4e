/*
** How wide integer columns are. From 14.8 on PostgREST describes smallint and integer by the same
** name, and a server refuses (22003) to compare a column with a constant outside of its range. Then
** the columns in question are asked about, one by one, and the table knows from then on.
*/
#ifndef WOW_WIDTH_H
#define WOW_WIDTH_H

#include "plan/bind.h"
#include "scan/target.h"

/* May this be the refusal of a constant that is out of its column's range? */
bool wow_width_is_refusal(const struct wow_error *err);

/* Does the binding have a list that is cut, with values after the first window that may be out of
** the column's range? They would be refused when rows have been handed out already. */
bool wow_width_is_at_stake(const struct wow_binding *binding);

/* Asks about the integer columns of the plan's terms. True: some are narrower than they were thought
** to be, which is kept in the relation's columns. What else fails here is not told. */
bool wow_width_learn(const struct wow_target *target, const struct wow_plan *plan);

#endif
