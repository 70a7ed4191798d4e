/*
** What the running statements read of the rows of one plan. SQLite says which columns a statement
** uses, those of its WHERE included; which of them are read when the server has decided the terms
** is in the statement's bytecode, which EXPLAIN lists. It only ever decides what is asked for
** first, and what a condition that SQLite looks at again is told: bytecode that is not understood
** says nothing.
*/
#ifndef WOW_READS_H
#define WOW_READS_H

#include <stdbool.h>

#include "base/sqlite.h"

struct wow_reads_column {
  int n_reads;      /* instructions that read it */
  int n_null_tests; /* those of them that end the row where it is NULL, and look at nothing else */
};

struct wow_reads {
  bool is_known; /* else the rest says nothing */
  bool groups;   /* some statement has a GROUP BY */
  bool merges;   /* some statement merges sorted rows, as UNION with ORDER BY does */
  bool loops;    /* the plan is run once for each value of an IN list */
  bool counts;   /* a statement without sub-queries has a count(*) */
  bool rowid;
  struct wow_reads_column *columns;
  int n_columns;
};

/* Looks at all running statements that run the plan of this text (see plan.h); with several the
** answer is what any of them reads. Call within xFilter and its like. SQLITE_OK or SQLITE_NOMEM. */
int wow_reads_init(struct wow_reads *reads, sqlite3 *db, const char *plan_text, int n_columns);
void wow_reads_reset(struct wow_reads *reads);

/* Is any value or identity read? */
bool wow_reads_any(const struct wow_reads *reads);

#endif
