/*
** Rows that add up. Of a group the server says how many rows it has, and of some columns how many
** values, their sum, the least and the greatest; SQLite is given rows of which its own aggregate
** functions compute the same. They are not the server's rows: of those it would compute the same.
**
** Where that cannot be had for certain, because sums may overflow or be rounded on the way, or
** because it does not show whether they are integers, the group is not spread, and its rows are
** read.
*/
#ifndef WOW_SPREAD_H
#define WOW_SPREAD_H

#include <stdbool.h>

#include "plan/plan.h"
#include "server/aggregation.h"
#include "scan/page_request.h"
#include "types/shippable.h"
#include "wire/rows.h"

struct wow_spread;

/* What is to be spread. */
struct wow_spread_wanted {
  const struct wow_relation *relation;
  const struct wow_aggregation *aggregation;
  enum wow_collation collation;
  bool may_merge; /* groups of the server may be one group of SQLite's */
};

/* What the server is asked to compute of one column, at most. */
#define WOW_SPREAD_MEMBERS 4

/* Of the columns of which nothing but aggregates is read. What is asked of the server is added to
** `computed`, which has room for WOW_SPREAD_MEMBERS for each of them. *out is NULL where there are
** no such columns, or where one of them cannot be had. SQLITE_OK or SQLITE_NOMEM. */
int wow_spread_new(const struct wow_spread_wanted *wanted, struct wow_computed *computed,
                   int *n_computed, struct wow_spread **out);
void wow_spread_free(struct wow_spread *spread);

/* Nothing has been added up yet. */
void wow_spread_start(struct wow_spread *spread);

/* Takes the group of `n` rows that the decoder is on, whose computed members begin at `first`; it
** must stay there while the group's rows are handed out. *n_rows: how many those are. False: the
** group cannot be spread. */
bool wow_spread_take(struct wow_spread *spread, const struct wow_rows *rows, int first,
                     sqlite3_int64 n, sqlite3_int64 *n_rows);
/* Steps to the group's next row. */
void wow_spread_next(struct wow_spread *spread);

bool wow_spread_has(const struct wow_spread *spread, int column);
/* Gives SQLite the current row's value of a column that it has. */
void wow_spread_result(const struct wow_spread *spread, int column, sqlite3_context *ctx);

#endif
