/*
** xBestIndex: which terms, which order and which limit go to the server, and what that costs.
*/
#ifndef WOW_BEST_INDEX_H
#define WOW_BEST_INDEX_H

#include "plan/plan.h"

struct wow_plan_note;

/* A term that is planned with another "omit" than usual, to see what that changes: the `nth` of
** those with this column and operator. */
struct wow_plan_change {
  const struct wow_relation *relation;
  int column;
  enum wow_op op;
  int nth;
  bool omit;
};

/* What xBestIndex knows besides the statement. */
struct wow_plan_context {
  const struct wow_relation *relation;
  const struct wow_brackets *brackets;
  enum wow_collation collation;
  bool refuses_aggregates;              /* the server was seen to */
  bool ship;                            /* false: send no terms, order and limit (tests) */
  double n_rows;                        /* how many rows the relation is thought to have */
  struct wow_plan_note **notes;         /* where to note terms that stay local; NULL: nowhere */
  const struct wow_plan_change *change; /* NULL: none */
};

enum wow_plan_note_kind {
  WOW_NOTE_TERM,  /* a term that is not sent, and why */
  WOW_NOTE_AHEAD, /* why the plan is not run ahead (server/ahead_sql.h) */
  WOW_NOTE_PLAN   /* no term: what was planned */
};

/* For wowsql_explain. */
struct wow_plan_note {
  enum wow_plan_note_kind kind;
  char *plan;   /* the plan's text */
  int number;   /* and number */
  char *term;   /* e.g. "tags = ?" or "ORDER BY note" */
  char *reason; /* in words */
  struct wow_plan_context context;
  struct wow_plan_note *next;
};

void wow_best_index_free_notes(struct wow_plan_note *notes);

/* SQLITE_OK, SQLITE_CONSTRAINT or SQLITE_NOMEM. */
int wow_best_index_choose(const struct wow_plan_context *context, sqlite3_index_info *info);

struct wow_planner;
/* Hands the plan of one call to SQLite. SQLITE_OK or SQLITE_NOMEM. */
int wow_best_index_hand_over(struct wow_planner *p);

#endif
