/*
** Which statements may be run ahead (ahead.h), and with which text.
*/
#ifndef WOW_AHEAD_SQL_H
#define WOW_AHEAD_SQL_H

#include <stdbool.h>

#include "base/sqlite.h"

/*
** The text that a dry run of the statement prepares, its values written out: a query's own text,
** or the query in INSERT ... SELECT and CREATE TABLE AS. Free with sqlite3_free. NULL: there is
** none, or no memory.
*/
char *wow_ahead_sql_query(sqlite3_stmt *stmt);

/* Has the query itself, not only a query within it, a LIMIT? */
bool wow_ahead_sql_has_limit(const char *sql);

/*
** May this query be run twice, and does it run the plan of this text in a loop? Looks at its
** bytecode: it must call only functions of SQLite's own that have no effects.
*/
bool wow_ahead_sql_may_run(sqlite3 *db, const char *sql, const char *plan_text);

#endif
