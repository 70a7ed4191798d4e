/*
** What is asked of the server for one scan of a virtual table: decided in xBestIndex, carried to
** xFilter as text, the very text that EXPLAIN QUERY PLAN shows. Does no I/O.
**
** The text is the request with its values left out:
**
**   GET users?select=id,name&age=gte.?&status=in.(?)&?&order=age.asc.nullsfirst&limit=?+?
**
**   select=     the columns fetched: those that the statement uses, and the key
**   col=op.?    a term; each takes the next value of xFilter (the NULL tests ignore theirs)
**   &?          the raw parameters of wowsql_filter
**   order=      ORDER BY was taken over
**   limit=      the size of the first page: LIMIT, and "+?" OFFSET
**
** or, with bracketed aggregates, `GET users?select=city,count(*),avg(age)&age=gte.?`: the keys to
** group by, and the aggregates.
**
** Names that need it are quoted as PostgREST quotes them.
*/
#ifndef WOW_PLAN_H
#define WOW_PLAN_H

#include <stdbool.h>

#include "plan/brackets.h"
#include "catalog/relation.h"
#include "types/op.h"
#include "types/shippable.h"
#include "base/sqlite.h"

#define WOW_PLAN_TERMS 32
#define WOW_PLAN_ORDER 8
#define WOW_PLAN_SORT (WOW_PLAN_ORDER + 32) /* and a key: PostgreSQL allows 32 columns */

struct wow_plan_term {
  int column;
  enum wow_op op;
};

struct wow_plan_order {
  int column;
  bool descending;
};

struct wow_plan {
  bool *columns; /* for each column of the relation: is it fetched? */
  struct wow_plan_term terms[WOW_PLAN_TERMS];
  int n_terms;
  bool has_filter; /* wowsql_filter is given */
  struct wow_plan_order order[WOW_PLAN_ORDER];
  int n_order;
  bool has_limit;
  bool has_offset;
  /* Bracketed aggregates: `columns` are then the keys to group by. */
  bool is_aggregate;
  sqlite3_uint64 aggregates; /* a bit for each that is asked for */
};

/* A term that was not sent, and why; for wowsql_explain. */
struct wow_plan_note {
  char *plan;   /* the plan's text */
  char *term;   /* e.g. "tags = ?" or "ORDER BY note" */
  char *reason; /* in words */
  struct wow_plan_note *next;
};

/* What xBestIndex knows besides the statement. */
struct wow_plan_context {
  const struct wow_relation *relation;
  const struct wow_aggregates *aggregates;
  enum wow_collation collation;
  bool ship;                    /* false: send no terms, order and limit (tests) */
  double rows;                  /* how many rows the relation is thought to have */
  struct wow_plan_note **notes; /* where to record terms left local; NULL: nowhere */
};

/* The number of the hidden column wowsql_filter: behind the relation's own. */
#define WOW_FILTER_COLUMN(relation) ((relation)->n_columns)

/*
** The plan's number for SQLite says what its text does not: by which collation option it was made
** (the server's options may have changed when it is run), whether SQLite groups the rows or wants
** each but once, whether that was assumed (see is_grouping in plan.c), whether the statement itself
** uses no column at all, which of the first that it uses it orders or groups by (in the order of
** the relation), and which columns of the key it uses.
*/
#define WOW_PLAN_COLLATION(number) ((enum wow_collation)(((number)&7) - 1))
#define WOW_PLAN_GROUPS(number) (((number)&8) != 0)
#define WOW_PLAN_ASSUMES_GROUPS(number) (((number)&16) != 0)
#define WOW_PLAN_USES_NOTHING(number) (((number)&32) != 0)
#define WOW_PLAN_ORDER_BITS 6
#define WOW_PLAN_ORDERS_BY(number, nth)                                                            \
  ((nth) < WOW_PLAN_ORDER_BITS && ((number) >> (6 + (nth)) & 1))
#define WOW_PLAN_KEY_BITS 18
#define WOW_PLAN_USES_KEY(number, position)                                                        \
  (((number) >> (12 + ((position)-1) % WOW_PLAN_KEY_BITS)) & 1)

/* xBestIndex. SQLITE_OK, SQLITE_CONSTRAINT or SQLITE_NOMEM. */
int wow_plan_best_index(const struct wow_plan_context *context, sqlite3_index_info *info);

/* Reads a plan's text. SQLITE_OK; SQLITE_NOMEM; SQLITE_ERROR if it is no plan of `relation`. */
int wow_plan_parse(const char *text, const struct wow_relation *relation,
                   const struct wow_aggregates *aggregates, struct wow_plan *plan);

/*
** The columns to fetch, in the order of select=: first those that only travel, then those that the
** answer is sorted by, which are ORDER BY's and then the key's (so that the last row's place can be
** read off the end of an answer). `select` has room for all columns, `sort` for
** WOW_PLAN_SORT.
*/
void wow_plan_columns(const struct wow_plan *plan, const struct wow_relation *relation, int *select,
                      int *n_select, struct wow_plan_order *sort, int *n_sort);

/* Does the statement itself use the column? Keys are fetched whether it does or not. */
bool wow_plan_uses(const struct wow_plan *plan, int plan_number,
                   const struct wow_relation *relation, int column);

/* The plan's text; sqlite3_free it. NULL: no memory. */
char *wow_plan_text(const struct wow_plan *plan, const struct wow_relation *relation,
                    const struct wow_aggregates *aggregates);

void wow_plan_reset(struct wow_plan *plan);
void wow_plan_notes_free(struct wow_plan_note *notes);

#endif
