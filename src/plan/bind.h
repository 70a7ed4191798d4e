/*
** A plan with its values: what each of its terms amounts to in this run. Terms that are sent become
** conditions, lists may have to be cut into several requests, and some terms are compared here.
** Does no I/O.
*/
#ifndef WOW_BIND_H
#define WOW_BIND_H

#include <stdbool.h>

#include "base/error.h"
#include "plan/plan.h"
#include "wire/condition.h"
#include "wire/rows.h"

enum wow_bound_kind {
  WOW_BOUND_ALWAYS,   /* true for every row: there is nothing to send */
  WOW_BOUND_SENT,     /* `condition` says it */
  WOW_BOUND_LIST,     /* `condition` says it of the list's window */
  WOW_BOUND_HINT,     /* a list beside = on the same column: it tells which keys are looked up */
  WOW_BOUND_COMPARED, /* the server cannot be asked: each row is compared here with `value` */
  WOW_BOUND_LOCAL     /* left to SQLite, which looks again */
};

/* How SQLite would compare a number with the text of a column: that depends on what the number is
** an expression of. */
enum wow_compared_as {
  WOW_AS_TEXT,   /* the number as its text: a constant, a parameter */
  WOW_AS_NUMBER, /* the text as a number, if it is one: a column of numbers, a CAST */
  WOW_AS_IT_IS,  /* a number is below every text: a column of texts */
  WOW_AS_UNKNOWN
};

/* What xBestIndex is not told of a term (scan/second_look.h). */
struct wow_term_look {
  bool is_elsewhere; /* it is of an outer join's ON clause, and must not filter this table */
  bool is_doubtful;  /* that is not certain */
  bool is_refused;   /* the server has no such operator for the column */
  enum wow_compared_as as;
};

/* The values of a list that is compared here. */
struct wow_bound_values {
  sqlite3_value **list;
  int n;
};

struct wow_bound_term {
  const struct wow_plan_term *term;
  enum wow_bound_kind kind;
  bool is_exact; /* the server decides it for this value as SQLite would */
  struct wow_condition condition;
  char *text;           /* what `condition` borrows */
  struct wow_list list; /* likewise */
  char *upper;          /* likewise */
  bool is_compared;     /* each row is compared here, with `value` or `values`: WOW_BOUND_COMPARED,
                        ** and where what is sent only narrows */
  sqlite3_value *value; /* NULL: not kept */
  struct wow_bound_values values;
  bool is_number; /* `value` is a number beside texts, to be taken `as` ... */
  enum wow_compared_as as;
};

struct wow_binding {
  const struct wow_relation *relation;
  const struct wow_plan *plan;
  int n_terms;
  char *filter;                /* the value of wowsql_filter; NULL: not given */
  struct wow_where parameters; /* and what it says */
  int hint;                    /* the first term that is a hint; -1: none */
  sqlite3_value *hint_values;  /* its values; valid within xFilter only */
  int n_compared;
  int max_url_bytes;        /* of a request */
  int length;               /* of a request's conditions without the lists, in bytes */
  bool is_never;            /* no row can be meant: nothing needs to be asked */
  bool is_partial;          /* a term was left to SQLite, which will drop rows of the response */
  bool is_exact;            /* the server's rows are, one for one, those that SQLite will keep */
  sqlite3_int64 first_rows; /* LIMIT and OFFSET together; -1: not said */
  struct wow_bound_term
      terms[WOW_MAX_TERMS]; /* those of the plan, in its order. Only n_terms of them
                                              ** are ever touched: each lookup binds */
};

/* What the values are bound with. */
struct wow_bind_context {
  const struct wow_plan *plan;
  const struct wow_relation *relation;
  const struct wow_term_look *looks; /* one for each term */
  int max_url_bytes;                 /* what a query string may have; 0: WOW_MAX_URL_BYTES */
};

/* Is the value an integer or a real? */
bool wow_bind_is_number(sqlite3_value *value);

/*
** Where a binding's values come from: xFilter's arguments, one for each term of the plan in order,
** then wowsql_filter, LIMIT and OFFSET as far as the plan has them. Call within xFilter. SQLITE_OK
** or an error; wow_bind_reset the binding either way. SQLITE_INTERNAL: a term would be left to
** SQLite, which was told not to look again.
*/
int wow_bind_values(struct wow_binding *binding, const struct wow_bind_context *context, int argc,
                    sqlite3_value **argv, struct wow_error *err);
void wow_bind_reset(struct wow_binding *binding);

/* Reads the values of the hint into its term's list. SQLITE_OK or SQLITE_NOMEM. */
int wow_bind_hint(struct wow_binding *binding);
/* The = term that the hint is about. */
int wow_bind_hinted_term(const struct wow_binding *binding);

/* Sets the lists' first window; `other_bytes` is the length of the request without its conditions.
** SQLITE_OK or SQLITE_INTERNAL, see wow_bind_values. */
int wow_bind_first_window(struct wow_binding *binding, int other_bytes, struct wow_error *err);
/* Moves to the next window. False: there is none. */
bool wow_bind_next_window(struct wow_binding *binding, int other_bytes);
/* The bytes of a request that its conditions, in their present windows, leave. */
sqlite3_int64 wow_bind_room(const struct wow_binding *binding, int other_bytes);
/* Are all conditions said in one request (but for pages)? */
bool wow_bind_is_one_window(const struct wow_binding *binding);

/* Adds the conditions: the terms, wowsql_filter's, then the lists in their present windows.
** SQLITE_OK or SQLITE_NOMEM. */
int wow_bind_add_conditions(const struct wow_binding *binding, struct wow_where *where);
/* Only what does not belong to a term that is sent alone: wowsql_filter's and the lists. */
int wow_bind_add_others(const struct wow_binding *binding, struct wow_where *where);

/* The most rows that the present window can have, where a key is looked up; -1: no such bound. */
sqlite3_int64 wow_bind_max_rows(const struct wow_binding *binding);

/* Do the decoded values satisfy what is compared here? `members` maps columns to members.
** SQLITE_OK, or SQLITE_ERROR where that cannot be told. */
int wow_bind_matches(const struct wow_binding *binding, const struct wow_rows *rows,
                     const int *members, bool *matches, struct wow_error *err);

/* The value that the column has in every row of the response; NULL: not known beforehand. */
sqlite3_value *wow_bind_constant(const struct wow_binding *binding, int column);

#endif
