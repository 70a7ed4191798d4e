/*
** Rows of which only some columns are read, asked for in groups: the server says each combination
** of values once, with the number of rows that have it, and SQLite is given each as often. A
** query's answer depends only on how often which values occur.
**
** Where the statement groups by these columns, and reads others only for aggregates, the server
** computes those (see spread.h).
*/
#ifndef WOW_TALLY_H
#define WOW_TALLY_H

#include <stdbool.h>

#include "plan/plan.h"
#include "scan/bytecode.h"
#include "scan/pages.h"

struct wow_tally;

/* For the columns of `plan` that the statement itself reads: by `usage`, or if that is not known,
** that it uses. *out is NULL where they cannot be grouped, or where they are a whole key and so are
** all different. SQLITE_OK or SQLITE_NOMEM. */
int wow_tally_new(const struct wow_target *target, const struct wow_plan *plan,
                  const struct wow_usage *usage, struct wow_tally **out);
void wow_tally_free(struct wow_tally *tally);

/* Does the statement itself group by these columns, or aggregate others without grouping, so that
** groups can be asked for before any row was seen? */
bool wow_tally_is_statements_own(const struct wow_tally *tally);

/* The columns whose values are grouped, in order. */
const int *wow_tally_columns(const struct wow_tally *tally, int *n);
/* Is the column one of these, or aggregated? */
bool wow_tally_has_column(const struct wow_tally *tally, int column);

/* About how long a request for groups is, without its conditions. */
int wow_tally_request_bytes(const struct wow_tally *tally);

/* Looks at a row that came as one: the values of wow_tally_columns. Call for one row after the
** other, from the first on, while wow_tally_can_sample: beyond, there are too many different values
** for groups. SQLITE_OK or SQLITE_NOMEM. */
void wow_tally_forget_sample(struct wow_tally *tally);
int wow_tally_sample(struct wow_tally *tally, const struct wow_json_value *const *values);
bool wow_tally_can_sample(const struct wow_tally *tally);
/* The rows seen had few different values, and there were enough of them to tell; or they may still
** turn out so soon. */
bool wow_tally_is_worthwhile(const struct wow_tally *tally);
bool wow_tally_may_be_worthwhile(const struct wow_tally *tally);

/* Makes ready for the rows that `where` leaves, see wow_pages_start: some thousands of groups
** first. After those (wow_tally_at_page_end), if they had few rows each, the remaining rows, which
** come after wow_tally_place (see wow_pages_place), are better asked for as rows. */
int wow_tally_start(struct wow_tally *tally, const struct wow_where *where, struct wow_error *err);
/* Steps to the next row: SQLITE_ROW, SQLITE_DONE, or an error. *must_read: it is on a group that
** cannot be handed out as rows that add up; its own are to be read. */
int wow_tally_next(struct wow_tally *tally, bool *must_read, struct wow_error *err);
bool wow_tally_at_page_end(const struct wow_tally *tally);
bool wow_tally_has_large_groups(const struct wow_tally *tally);
const struct wow_keyset *wow_tally_place(const struct wow_tally *tally);
/* Is this the first row since wow_tally_start? */
bool wow_tally_at_first(const struct wow_tally *tally);
/* Gives SQLite the current row's value of a column. False: it is not one of those read. */
bool wow_tally_result(const struct wow_tally *tally, int column, sqlite3_context *ctx);
/* The current row's value of a column that is grouped by; NULL: it is not one. */
const struct wow_json_value *wow_tally_value(const struct wow_tally *tally, int column);

/* Does this error say that the server does not compute aggregates, or took too long for these? Then
** it is forgotten, and if the server never computes any, that is remembered. With parameters of the
** user's own (`has_filter`) a syntax error may be in those. */
bool wow_tally_is_refused(struct wow_server *server, bool has_filter, struct wow_error *err);

#endif
