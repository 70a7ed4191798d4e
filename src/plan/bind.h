/*
** A plan with its values: the conditions as PostgREST reads them, the lists that may have to be cut
** into several requests, and what is left to be compared here. Does no I/O.
*/
#ifndef WOW_QUERY_H
#define WOW_QUERY_H

#include <stdbool.h>

#include "base/error.h"
#include "plan/plan.h"
#include "wire/rows.h"

/* The values of an IN term. A request asks for those in the window. */
struct wow_query_list {
  int column;
  sqlite3_str *texts;  /* one behind the other */
  sqlite3_int64 *ends; /* where each ends in `texts` */
  int n;
  int window_from;
  int window_to;
};

/* A term that the server cannot be asked: each row is compared here. */
struct wow_query_compare {
  int column;
  enum wow_op op;
  sqlite3_value *value;
  bool is_number; /* of which it is not known how it is to be taken, see wow_value_compare_number */
};

/* The column can only have this value in the rows of the answer. */
struct wow_query_constant {
  int column;
  sqlite3_value *value;
};

struct wow_query {
  const struct wow_relation *relation;
  sqlite3_str *filters;          /* "&age=gte.18&...": all but the lists */
  int term_ends[WOW_PLAN_TERMS]; /* where the part of each of the plan's terms ends in `filters` */
  sqlite3_value *hint; /* the values of an IN term beside = on the same column; within xFilter */
  int hint_term;       /* the = term */
  struct wow_query_list lists[WOW_PLAN_TERMS];
  int n_lists;
  struct wow_query_compare compares[WOW_PLAN_TERMS];
  int n_compares;
  struct wow_query_constant constants[WOW_PLAN_TERMS];
  int n_constants;
  bool has_parameters;      /* the statement has: a number that is compared with text may be one */
  bool is_never;            /* no row can be meant: nothing needs to be asked */
  bool is_partial;          /* a term was left to SQLite, which will drop rows of the answer */
  bool is_exact;            /* the server's answer is, row for row, what SQLite will keep of it */
  sqlite3_int64 first_rows; /* LIMIT and OFFSET together; -1: not said */
  bool single_window;       /* lists must not be cut: the answer is sorted */
};

/* Where a query's values come from: xFilter's arguments, one for each term of the plan in order,
** then wowsql_filter, LIMIT and OFFSET as far as the plan has them; and whether the statement has
** parameters, which they may be. Call within xFilter. */
int wow_query_bind(struct wow_query *query, const struct wow_plan *plan,
                   const struct wow_relation *relation, enum wow_collation collation,
                   bool has_parameters, int argc, sqlite3_value **argv, struct wow_error *err);
void wow_query_reset(struct wow_query *query);

/* Adds a list with the values of an IN term that was taken as a hint. */
int wow_query_bind_hint(struct wow_query *query, const struct wow_plan *plan,
                        enum wow_collation collation);

void wow_query_forget_lists(struct wow_query *query);

/* Sets the lists' first window; `other_bytes` is the length of the request without filters. */
void wow_query_first_window(struct wow_query *query, int other_bytes);
/* Moves to the next window. False: all have been. */
bool wow_query_next_window(struct wow_query *query, int other_bytes);
/* Is the whole query one request (but for pages)? */
bool wow_query_is_one_window(const struct wow_query *query);

/* Appends the conditions with the lists' present windows: "&a=eq.1&b=in.(1,2)". */
void wow_query_append(const struct wow_query *query, sqlite3_str *str);
/* Only the lists: "&b=in.(1,2)". */
void wow_query_append_lists(const struct wow_query *query, sqlite3_str *str);
/* An element's text, not terminated. */
const char *wow_query_list_element(const struct wow_query_list *list, int i, int *bytes);

/* The most rows that the present window can have, where a key is looked up; -1: no such bound. */
sqlite3_int64 wow_query_most_rows(const struct wow_query *query, const struct wow_plan *plan);

/* Do the decoded values satisfy what is compared here? `slots` maps columns to members. SQLITE_OK,
** or SQLITE_ERROR where that cannot be told. */
int wow_query_matches(const struct wow_query *query, const struct wow_rows *rows, const int *slots,
                      bool *matches, struct wow_error *err);

/* The value that the column has in every row of the answer; NULL: not known beforehand. */
sqlite3_value *wow_query_constant_of(const struct wow_query *query, int column);

#endif
