/*
** The rows of a plan with bracketed aggregates: groups that the server computes, or, where it does
** not or cannot, that SQLite computes from rows.
*/
#ifndef WOW_BRACKET_SCAN_H
#define WOW_BRACKET_SCAN_H

#include "base/error.h"
#include "plan/plan.h"
#include "scan/target.h"

struct wow_bracket_scan;

/* `target` and `plan` stay the caller's. NULL: no memory. */
struct wow_bracket_scan *wow_bracket_scan_new(const struct wow_target *target,
                                              const struct wow_plan *plan);
void wow_bracket_scan_free(struct wow_bracket_scan *scan);

/* Begins with xFilter's values. Stays before the first group. */
int wow_bracket_scan_start(struct wow_bracket_scan *scan, int argc, sqlite3_value **argv,
                           struct wow_error *err);
/* Steps to the next group: SQLITE_ROW, SQLITE_DONE, or an error. */
int wow_bracket_scan_next(struct wow_bracket_scan *scan, struct wow_error *err);
/* Gives SQLite the value of a column, hidden ones included. */
int wow_bracket_scan_column(struct wow_bracket_scan *scan, sqlite3_context *ctx, int column,
                            struct wow_error *err);

#endif
