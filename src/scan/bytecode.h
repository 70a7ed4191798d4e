/*
** What the running statements read of the rows of one plan. SQLite says which columns a statement
** uses, those of its WHERE included; which of them are read once the server has decided the terms
** is in the statement's bytecode, which EXPLAIN lists. It only ever decides what is asked for
** first, and whether bracketed aggregates mean what was asked: bytecode that is not understood
** says nothing.
*/
#ifndef WOW_BYTECODE_H
#define WOW_BYTECODE_H

#include <stdbool.h>

#include "base/sqlite.h"
#include "server/aggregation.h"
#include "scan/target.h"

struct wow_usage_column {
  int n_reads;      /* instructions that read it */
  int n_null_tests; /* those of them that end the row where it is NULL, and look at nothing else */
};

struct wow_usage {
  bool is_known; /* else the other members say nothing */
  bool groups;   /* some statement has a GROUP BY */
  bool merges;   /* some statement merges sorted rows, as UNION with ORDER BY does */
  bool loops;    /* the plan is run once for each value of an IN list */
  bool counts;   /* a statement without sub-queries has a count(*) */
  bool rowid;
  bool shows_rowid; /* it is read for more than to take each row of the arms of an OR once */
  struct wow_usage_column *columns;
  int n_columns;
  int first_column; /* SQLite's number of the first */
  struct wow_aggregation aggregation;
};

/* Looks at all running statements that run the plan of this text (see plan.h); with several the
** answer is what any of them reads. Call within xFilter, xNext or xColumn. SQLITE_OK or
*SQLITE_NOMEM. */
int wow_bytecode_read(struct wow_usage *usage, const struct wow_target *target,
                      const char *plan_text);
void wow_bytecode_reset(struct wow_usage *usage);

/* Is any value or identity read? */
bool wow_bytecode_reads_any(const struct wow_usage *usage);

#endif
