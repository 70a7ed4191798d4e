/*
** One call of xBestIndex: what terms.c, best_index.c and bracket_plan.c share.
*/
#ifndef WOW_PLANNER_H
#define WOW_PLANNER_H

#include "plan/best_index.h"
#include "plan/plan.h"

struct wow_planner {
  const struct wow_plan_context *context;
  sqlite3_index_info *info;
  struct wow_plan plan;
  struct wow_plan_note *notes;
  int term_constraints[WOW_MAX_TERMS]; /* the constraint of each of the plan's terms */
  int n_args;                          /* values asked for so far */
  int n_local;                         /* usable terms that are not sent */
  bool is_lookup;  /* a term compares with something other than a constant, a joined column
                   ** perhaps */
  int rc;          /* SQLITE_NOMEM once a note could not be kept */
  int limit;       /* constraint of LIMIT; -1: none */
  int offset;      /* constraint of OFFSET; -1: none */
  bool is_outside; /* a term that joins groups with another table cannot be used */
};

#endif
