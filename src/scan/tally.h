/*
** Rows of which only some columns are read, asked for in groups: the server says each combination
** of values once, with the number of rows that have it, and SQLite is given each as often. A
** query's answer depends only on how often which values occur.
*/
#ifndef WOW_GROUPS_H
#define WOW_GROUPS_H

#include <stdbool.h>

#include "scan/pages.h"
#include "plan/plan.h"
#include "scan/bytecode.h"

struct wow_groups;

/* For the columns of `plan` that the statement itself reads: by `reads`, or if that is not known,
** that it uses. *out is NULL where they cannot be grouped, or where they are a whole key and so are
** all different. SQLITE_OK or SQLITE_NOMEM. `shape` says how to ask for them; what it says of
** columns and order is not looked at. */
int wow_groups_new(const struct wow_pages_shape *shape, const struct wow_plan *plan,
                   int plan_number, const struct wow_reads *reads, struct wow_groups **out);
void wow_groups_free(struct wow_groups *groups);

/* Does the statement itself group by these columns, so that they can be asked for in groups before
** any row was seen? */
bool wow_groups_are_its_own(const struct wow_groups *groups);

/*
** Looks at one of the first rows: `values` by `slots`, which map columns to members. Call for one
** row after the other from the first on. `wow_groups_are_few`: the rows seen had few different
** values, and there were enough of them to say so.
*/
void wow_groups_forget_sample(struct wow_groups *groups);
void wow_groups_sample(struct wow_groups *groups, const struct wow_json_value *const *values);
bool wow_groups_is_sampling(const struct wow_groups *groups);
bool wow_groups_are_few(const struct wow_groups *groups);
/* The columns whose values wow_groups_sample wants, in order. */
const int *wow_groups_columns(const struct wow_groups *groups, int *n);

/* Asks for the rows that `filters` leaves: for some thousands of groups first. Behind those
** (`wow_groups_at_page_end`), if they had few rows each, the rows that wow_groups_rest_filters says
** (see wow_pages_rest_filters) are better had as rows. */
int wow_groups_start(struct wow_groups *groups, const char *filters, struct wow_error *err);
/* Steps to the next row: SQLITE_ROW, SQLITE_DONE, or an error. */
int wow_groups_next(struct wow_groups *groups, struct wow_error *err);
bool wow_groups_at_page_end(const struct wow_groups *groups);
bool wow_groups_are_large(const struct wow_groups *groups);
char *wow_groups_rest_filters(const struct wow_groups *groups);
/* Is this the first row since wow_groups_start? */
bool wow_groups_at_first(const struct wow_groups *groups);
/* The present row's value of a column; NULL: it is none of those read. */
const struct wow_json_value *wow_groups_value(const struct wow_groups *groups, int column);

/* Does this error say that the server does not compute aggregates, now or at all? */
bool wow_groups_is_refusal(const struct wow_error *err);
/* And not only these, or of this relation: it never computes any. With parameters of the user's own
** (`is_raw`) a syntax error may be in those. */
bool wow_groups_is_lasting(const struct wow_error *err, bool is_raw);

#endif
