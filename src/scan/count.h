/*
** How many rows there are: counted by the server, or estimated by its planner.
*/
#ifndef WOW_COUNT_H
#define WOW_COUNT_H

#include "base/error.h"
#include "scan/page_request.h"

/* Counts the rows that a request is about; its limit does not matter. *n_rows -1: the server, or
** what is before it, does not say, which is noted for the server. */
int wow_count_rows(const struct wow_page_request *request, sqlite3_int64 *n_rows,
                   struct wow_error *err);

/* Has a request more than `n` rows? Its limit does not matter. Told by the rows themselves. */
int wow_count_has_more(const struct wow_page_request *request, sqlite3_int64 n, bool *has,
                       struct wow_error *err);

/* Does the server send none of the rows that a request is about, if it is asked for none? One that
** sends some does not look at what it is asked. */
int wow_count_heeds_limit(const struct wow_page_request *request, bool *heeds,
                          struct wow_error *err);

/* How many rows the conditions leave of the target's relation, by the server's planner; asked for
** with a short timeout. -1: it does not say. Only an interrupt is reported in `err`. */
double wow_count_estimate(const struct wow_target *target, const struct wow_where *where,
                          struct wow_error *err);

#endif
