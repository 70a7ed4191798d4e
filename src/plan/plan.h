/*
** What is asked of the server for one scan of a virtual table: decided in xBestIndex, carried to
** xFilter as text, the very text that EXPLAIN QUERY PLAN shows, and as a number. Does no I/O.
**
** The text is the request with its values left out:
**
**   plan      = "GET " relation "?select=" member *("," member) *("&" part)
**   member    = column | aggregate               the columns fetched: those that the statement
** uses,
**                                                and the key; with bracketed aggregates the keys to
**                                                group by, and the aggregates
**   part      = column "=" op                    a term: "age=gte.?"; each takes the next value of
**                                                xFilter (the NULL tests ignore theirs)
**             | "?"                              the raw parameters of wowsql_filter
**             | "order=" column direction *("," column direction)
**             | "limit=?" ["+?"]                 the size of the first page: LIMIT, and OFFSET
**
** Names that need it are quoted as PostgREST quotes them. The number says what the text does not:
** see struct wow_plan.
*/
#ifndef WOW_PLAN_H
#define WOW_PLAN_H

#include <stdbool.h>

#include "base/limits.h"
#include "base/sqlite.h"
#include "catalog/relation.h"
#include "plan/brackets.h"
#include "types/op.h"
#include "types/shippable.h"

struct wow_plan_term {
  int column;
  enum wow_op op;
  /* The server decides it as SQLite would, or as it is declared to, and SQLite was told not to look
  ** again. Otherwise the server's rows are a superset, which SQLite filters; or, with bracketed
  ** aggregates, the groups have to be computed from rows. */
  bool is_exact;
};

struct wow_plan_order {
  int column;
  bool descending;
};

/* Of the first columns that a statement uses the plan knows which it orders or groups by, and of
** the key's columns which it uses; further ones share bits. */
#define WOW_PLAN_ORDER_BITS 6
#define WOW_PLAN_KEY_BITS 5

struct wow_plan {
  char *text;    /* what it was read from; NULL: it is being made */
  bool *columns; /* for each column of the relation: is it fetched? Or the keys to group by */
  struct wow_plan_term terms[WOW_MAX_TERMS];
  int n_terms;
  bool has_filter; /* wowsql_filter is given */
  struct wow_plan_order order[WOW_MAX_ORDER];
  int n_order;
  bool has_limit;
  bool has_offset;
  bool has_brackets;
  sqlite3_uint64 brackets; /* a bit for each bracketed aggregate that is asked for */

  /* In the number: */
  enum wow_collation collation; /* the server's option when the plan was made: it may change */
  bool groups;                  /* SQLite groups the rows, or wants each only once */
  bool assumes_groups;          /* that was assumed, see bracket_plan.c */
  bool uses_nothing;            /* the statement itself uses no column at all */
  unsigned ordered;             /* bits of columns, see wow_plan_orders_by */
  unsigned key_used;            /* bits of key columns, see wow_plan_uses */
};

/* Does the statement order or group by the `nth` of the columns that it uses, in the order of the
** relation? False from WOW_PLAN_ORDER_BITS on: not known. */
bool wow_plan_orders_by(const struct wow_plan *plan, int nth);
/* Does the statement itself use the column? Keys are fetched whether it does or not. */
bool wow_plan_uses(const struct wow_plan *plan, const struct wow_relation *relation, int column);
/* Is there a term with this operator on the column? */
bool wow_plan_has_term(const struct wow_plan *plan, int column, enum wow_op op);

/* Makes an empty plan. SQLITE_OK or SQLITE_NOMEM. */
int wow_plan_init(struct wow_plan *plan, const struct wow_relation *relation);
void wow_plan_reset(struct wow_plan *plan);

/* The plan's text; sqlite3_free it. NULL: no memory. */
char *wow_plan_text(const struct wow_plan *plan, const struct wow_relation *relation,
                    const struct wow_brackets *brackets);
int wow_plan_number(const struct wow_plan *plan);

/* Reads a plan. SQLITE_OK; SQLITE_NOMEM; SQLITE_ERROR if it is not a plan of `relation`. */
int wow_plan_parse(struct wow_plan *plan, const char *text, int number,
                   const struct wow_relation *relation, const struct wow_brackets *brackets);

/*
** The columns to fetch, in the order of select=: first those that only travel, then those that the
** response is sorted by, which are ORDER BY's and then the key's (so that the last row's place can
** be read off the end of a response).
*/
struct wow_plan_columns {
  int *select; /* sqlite3_free it */
  int n_select;
  struct wow_plan_order sort[WOW_MAX_SORT];
  int n_sort;
};

/* SQLITE_OK or SQLITE_NOMEM. */
int wow_plan_choose_columns(const struct wow_plan *plan, const struct wow_relation *relation,
                            struct wow_plan_columns *out);

#endif
