/*
** Bracketed aggregates: hidden columns of a virtual table that the server computes. `SELECT city,
** [count(*)], [avg(age)] FROM users GROUP BY city` reads columns called "count(*)" and "avg(age)".
** Here is which of them a relation offers, what they are called, and what they are in a request and
** in SQL. Does no I/O.
*/
#ifndef WOW_AGGREGATE_H
#define WOW_AGGREGATE_H

#include <stdbool.h>

#include "catalog/relation.h"
#include "base/error.h"
#include "types/shippable.h"

enum wow_aggregate_kind {
  WOW_COUNT_ALL,
  WOW_COUNT,
  WOW_SUM,
  WOW_AVG,
  WOW_MIN,
  WOW_MAX,
  WOW_DATE_OF /* no aggregate: a key to group by */
};

struct wow_aggregate {
  enum wow_aggregate_kind kind;
  int column;           /* of the relation; -1 for WOW_COUNT_ALL */
  char *name;           /* "sum(price)" */
  struct wow_type type; /* of its values */
};

struct wow_aggregates {
  struct wow_aggregate *list;
  int n;
};

/* The hidden columns of aggregates stand behind wowsql_filter. */
#define WOW_AGGREGATE_COLUMN(relation, index) ((relation)->n_columns + 1 + (index))

/*
** The aggregates that `relation` offers: of the columns that `only` names, comma-separated (NULL:
** all of them), and as many as SQLite can tell apart. Errors: an unknown column, no memory.
*/
int wow_aggregates_init(struct wow_aggregates *aggregates, const struct wow_relation *relation,
                        const char *only, struct wow_error *err);
void wow_aggregates_reset(struct wow_aggregates *aggregates);

/* Does the server compute what SQLite would? Sums of `real` are rounded there to single precision.
 */
bool wow_aggregate_is_exact(const struct wow_aggregate *aggregate,
                            const struct wow_relation *relation);

/* Appends what it is in select=: "price.sum()", percent-encoded. */
void wow_aggregate_request(sqlite3_str *str, const struct wow_aggregate *aggregate,
                           const struct wow_relation *relation);

/* Appends what it is in SQL over the same table. `names` are the columns' names there. */
void wow_aggregate_sql(sqlite3_str *str, const struct wow_aggregate *aggregate, char *const *names);

#endif
