/*
** What stands in the way of leaving aggregates to the server, in words: for an instruction that
** nothing is done for (see aggregation.h), what of the statement it comes from. Only wowsql_explain
** shows it.
*/
#ifndef WOW_OBSTACLE_H
#define WOW_OBSTACLE_H

#include "server/program.h"

#define WOW_OBSTACLE_BYTES 120

struct wow_obstacle {
  char text[WOW_OBSTACLE_BYTES]; /* "": nothing */
  char aggregate[8];             /* "sum", if that is of an expression; "": it is not */
};

/* Says what the i-th instruction is there for, in a loop over rows up to the instruction `next`. */
void wow_obstacle_describe(struct wow_obstacle *obstacle, const struct wow_program *program, int i,
                           int next);
/* Says this. */
void wow_obstacle_say(struct wow_obstacle *obstacle, const char *text);

#endif
