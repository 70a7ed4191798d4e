/*
** Which terms go to the server.
*/
#ifndef WOW_TERMS_H
#define WOW_TERMS_H

#include "plan/planner.h"

/* Why a column is not in conditions and orders. */
#define WOW_REASON_UNNAMED "PostgREST takes a column that is called * for the whole row"

/* Decides about one usable constraint on a column. */
void wow_terms_consider(struct wow_planner *p, int constraint);
/* Takes a term into the plan. `is_exact` as in wow_plan_term; `omit` tells SQLite not to look
 * again.
 */
void wow_terms_add(struct wow_planner *p, int constraint, const struct wow_plan_term *term,
                   bool omit);
/* SQLite looks at the i-th term again after all. */
void wow_terms_look_again(struct wow_planner *p, int term);
/* A list for a column that an = term looks up only tells the keys to come: see bind.c. */
void wow_terms_keep_hints(struct wow_planner *p);
/* wowsql_filter = '...'. SQLITE_OK, or SQLITE_CONSTRAINT: it must be given as such. */
int wow_terms_consider_filter(struct wow_planner *p, int constraint);
/* Values come to xFilter in the order of the plan's text: terms, wowsql_filter, LIMIT, OFFSET. */
void wow_terms_number_filter(struct wow_planner *p);
void wow_terms_add_note(struct wow_planner *p, enum wow_plan_note_kind kind, const char *term,
                        const char *reason);
/* Notes what stays local and why, for wowsql_explain. */
void wow_terms_note(struct wow_planner *p, const char *term, const char *reason);

/* The operator of a constraint. False: not one that is ever sent. */
bool wow_terms_op(const struct wow_planner *p, int constraint, enum wow_op *op);
/* The relation's column with SQLite's number: the rowid is an integer key. -1: none. */
int wow_terms_column(const struct wow_relation *relation, int number);
bool wow_terms_is_binary(const struct wow_planner *p, int constraint);
/* Of a LIKE term alone: does it say all that this range term says? */
bool wow_terms_is_implied_range(const struct wow_planner *p, int constraint);
/* Must a term of this kind, once sent, not be looked at again, because the server's meaning of it
** is the one that is wanted? */
bool wow_terms_must_omit(const struct wow_planner *p, const struct wow_type *type, enum wow_op op);

#endif
