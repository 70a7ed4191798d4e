/*
** What to ask the server first: rows, a number of rows, or groups. Only ever a guess at what is
** cheapest: the answer is right either way.
*/
#ifndef WOW_STRATEGY_H
#define WOW_STRATEGY_H

#include "scan/source.h"

/* Says what this run of the plan may do: count, group. */
void wow_strategy_begin(struct wow_scan *scan);

enum wow_strategy { WOW_STRATEGY_ROWS, WOW_STRATEGY_COUNT, WOW_STRATEGY_GROUPS };

/* SQLITE_OK or SQLITE_NOMEM. */
int wow_strategy_choose(struct wow_scan *scan, enum wow_strategy *out);

/* Looks at the current row, one of the first, for whether there are few different values. SQLITE_OK
** or SQLITE_NOMEM. */
int wow_strategy_sample(struct wow_scan *scan);

/* Would a group have this column, too? */
bool wow_strategy_foresees(const struct wow_scan *scan, int column);

/* Looks at the statement's bytecode, once for a plan. SQLite prepares it again for that: cheap
** beside a request, but not beside a lookup that is answered from memory. SQLITE_OK or
** SQLITE_NOMEM.
*/
int wow_strategy_read_usage(struct wow_scan *scan);

#endif
