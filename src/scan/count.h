/*
** How many rows there are: counted by the server, or estimated by its planner.
*/
#ifndef WOW_COUNT_H
#define WOW_COUNT_H

#include "base/error.h"
#include "scan/page_request.h"

/* Counts the rows that a request is about; its limit does not matter. */
int wow_count_rows(const struct wow_page_request *request, sqlite3_int64 *n_rows,
                   struct wow_error *err);

/* How many rows the conditions leave of the target's relation, by the server's planner; asked for
** with a short timeout. -1: it does not say. Only an interrupt is reported in `err`. */
double wow_count_estimate(const struct wow_target *target, const struct wow_where *where,
                          struct wow_error *err);

#endif
