/*
** The hidden columns of a virtual table: wowsql_filter, and after it the bracketed aggregates,
** which the server computes. `SELECT city, [count(*)], [avg(age)] FROM users GROUP BY city` reads
** columns called "count(*)" and "avg(age)". Here is which of them a relation offers, what they are
** called, and what they are in a request and in SQL. Does no I/O.
*/
#ifndef WOW_BRACKETS_H
#define WOW_BRACKETS_H

#include <stdbool.h>

#include "catalog/relation.h"
#include "base/error.h"
#include "base/sqlite.h"
#include "types/type.h"

enum wow_bracket_kind {
  WOW_COUNT_ALL,
  WOW_COUNT,
  WOW_SUM,
  WOW_AVG,
  WOW_MIN,
  WOW_MAX,
  WOW_DATE_OF /* not an aggregate: a key to group by */
};

struct wow_bracket {
  enum wow_bracket_kind kind;
  int column;           /* of the relation; -1 for WOW_COUNT_ALL */
  char *name;           /* "sum(price)" */
  struct wow_type type; /* of its values */
};

struct wow_brackets {
  struct wow_bracket *list;
  int n;
  bool come_first; /* the hidden columns are declared before the relation's */
};

/*
** Columns are numbered as the relation has them, then comes the hidden column wowsql_filter, and
** after it the aggregates. SQLite numbers them in the order in which they are declared. That is the
** same, unless the relation is so wide that aggregates would be beyond the columns which SQLite can
** tell apart (WOW_MAX_TOLD_COLUMNS): then the hidden columns are declared first.
*/
#define WOW_FILTER_COLUMN(relation) ((relation)->n_columns)
#define WOW_BRACKET_COLUMN(relation, index) ((relation)->n_columns + 1 + (index))

/*
** The aggregates that `relation` offers: of the columns that `only` names, comma-separated (NULL:
** all of them), and as many as SQLite can tell apart. Errors: an unknown column, no memory.
*/
int wow_brackets_init(struct wow_brackets *brackets, const struct wow_relation *relation,
                      const char *only, struct wow_error *err);
/* SQLite's number of a column, and the number of SQLite's column. A negative one is the rowid's. */
int wow_brackets_declared(const struct wow_brackets *brackets, const struct wow_relation *relation,
                          int column);
int wow_brackets_own(const struct wow_brackets *brackets, const struct wow_relation *relation,
                     int declared);
void wow_brackets_reset(struct wow_brackets *brackets);

/* Does the server compute what SQLite would? Sums of `real` are rounded there to single precision.
 */
bool wow_brackets_is_exact(const struct wow_bracket *bracket, const struct wow_relation *relation);

/* Appends what it is in select=: "price.sum()", percent-encoded. */
void wow_brackets_append_request(sqlite3_str *str, const struct wow_bracket *bracket,
                                 const struct wow_relation *relation);

/* Appends what it is in SQL over the same table. `names` are the columns' names there. */
void wow_brackets_append_sql(sqlite3_str *str, const struct wow_bracket *bracket,
                             char *const *names);

#endif
