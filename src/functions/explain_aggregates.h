/*
** For wowsql_explain: are the aggregates over a remote table computed by the server, and if not,
** why not?
*/
#ifndef WOW_EXPLAIN_AGGREGATES_H
#define WOW_EXPLAIN_AGGREGATES_H

#include "plan/best_index.h"
#include "server/connection.h"

/* "yes", or why not, of the plan that the note is about; for sqlite3_free. NULL: the statement
** aggregates none of its rows, or no memory. The statement is listed, not run. */
char *wow_explain_aggregates_say(struct wow_connection *conn, const char *sql,
                                 const struct wow_plan_note *note);

#endif
