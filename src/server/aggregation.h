/*
** Aggregates read off the bytecode. Where all that a statement makes of a column is sums, counts
** and the like, the server can compute them (see tally.h): SQLite tells a virtual table of the
** columns that are read, but not what for.
**
** Only loops that are understood to their last instruction count. What they do with a row must not
** depend on the rows before it, and with a column that is aggregated they must do nothing else.
*/
#ifndef WOW_AGGREGATION_H
#define WOW_AGGREGATION_H

#include "catalog/relation.h"
#include "server/obstacle.h"
#include "server/program.h"
#include "types/shippable.h"

/* SQLite's aggregate functions, as bits. */
enum wow_aggregate {
  WOW_AGGREGATE_COUNT = 1,
  WOW_AGGREGATE_SUM = 2,
  WOW_AGGREGATE_TOTAL = 4,
  WOW_AGGREGATE_AVG = 8,
  WOW_AGGREGATE_MIN = 16,
  WOW_AGGREGATE_MAX = 32
};
#define WOW_AGGREGATE_SUMS (WOW_AGGREGATE_SUM | WOW_AGGREGATE_TOTAL | WOW_AGGREGATE_AVG)
#define WOW_AGGREGATE_EXTREMES (WOW_AGGREGATE_MIN | WOW_AGGREGATE_MAX)

struct wow_aggregation_column {
  unsigned aggregates; /* bits of enum wow_aggregate: what is computed of it */
  bool is_plain;       /* its values are read for something else, too */
  int n_keyed;         /* loops that group by it */
};

struct wow_aggregation {
  bool is_known;   /* else the other members say nothing */
  bool needs_rows; /* something besides those aggregates depends on how many rows there are */
  bool may_merge;  /* values that differ may be one key of GROUP BY */
  int n_loops;
  int n_columns;
  int first_column; /* SQLite's number of the first */
  struct wow_aggregation_column *columns;
  /* Said also where it is not known: */
  bool has_aggregates;          /* rows are aggregated, all of them or in groups */
  struct wow_obstacle obstacle; /* the first that was met */
  int obstacle_column;          /* of which an expression is aggregated; -1: none */
};

/* All zero, with room for the columns. SQLITE_OK or SQLITE_NOMEM. */
int wow_aggregation_init(struct wow_aggregation *aggregation, int n_columns, int first_column);
void wow_aggregation_reset(struct wow_aggregation *aggregation);

/* Adds what the loops of a program, which may be a trigger's, do that run the plan. */
void wow_aggregation_add(struct wow_aggregation *aggregation, const struct wow_program *program,
                         bool is_trigger);
/* All programs have been added. Nothing is known where the application has put functions of its own
** in the place of SQLite's, or where there is no aggregate of a column. */
void wow_aggregation_end(struct wow_aggregation *aggregation, sqlite3 *db);

/* Why the server does not compute these aggregates of a column as SQLite would, in words; NULL: it
** does. */
const char *wow_aggregation_why_not(const struct wow_column *column, unsigned aggregates,
                                    enum wow_collation collation);
/* The bit of "sum", and the name of the first of some bits; 0: it is not one of those. */
unsigned wow_aggregation_bit(const char *name);
const char *wow_aggregation_name(unsigned aggregates);

/* Is nothing read of the column but aggregates? */
static inline bool wow_aggregation_has(const struct wow_aggregation *aggregation, int column) {
  return aggregation->is_known && aggregation->columns[column].aggregates != 0 &&
         !aggregation->columns[column].is_plain;
}

#endif
