/*
** Which statements may be run ahead (ahead.h), and with which text.
*/
#ifndef WOW_AHEAD_SQL_H
#define WOW_AHEAD_SQL_H

#include <stdbool.h>

#include "base/sqlite.h"

/* Why a statement is not run ahead. */
#define WOW_AHEAD_SWITCHED_OFF "running ahead is switched off (wowsql_config('ahead', 0))"
#define WOW_AHEAD_NO_QUERY "it is not a query, INSERT ... SELECT or CREATE TABLE AS"
#define WOW_AHEAD_TOO_LONG "the statement is too long"
#define WOW_AHEAD_ONCE "it is looked up once"
#define WOW_AHEAD_UNPLANNED "the statement's query alone cannot be planned"
#define WOW_AHEAD_OTHER_PLAN "the statement's query alone is planned in another way"
#define WOW_AHEAD_FUNCTION "the statement calls %s(), which may do something"
#define WOW_AHEAD_REPLACED "the statement calls %s(), which the application has replaced"

/*
** The text that a dry run of the statement prepares, its values written out: a query's own text,
** or the query in INSERT ... SELECT and CREATE TABLE AS. Free with sqlite3_free. NULL: there is
** none, and *why says so (`why` NULL is fine), or no memory.
*/
char *wow_ahead_sql_query(sqlite3_stmt *stmt, const char **why);

/* Has the query itself, not only a query within it, a LIMIT? */
bool wow_ahead_sql_has_limit(const char *sql);

/*
** May this query be run twice, and does it run the plan of this text in a loop? Looks at its
** bytecode: it must call only functions of SQLite's own that have no effects. False: *why is the
** reason, to be freed with sqlite3_free (NULL: no memory; `why` NULL is fine).
*/
bool wow_ahead_sql_may_run(sqlite3 *db, const char *sql, const char *plan_text, char **why);

#endif
