/*
** Which statements of a database connection are running. What is remembered "while the statement
** runs" (answers to lookups, budgets) is remembered as long as this number stays the same.
*/
#ifndef WOW_STATEMENT_H
#define WOW_STATEMENT_H

#include <stdbool.h>

#include "sqlite.h"

/*
** A number that changes whenever a statement begins or ends. Call within a statement. `n_plannings`
** says how often statements were planned: a new statement may have the address of a former one, but
** not without having been planned since.
*/
sqlite3_uint64 wow_statement_running(sqlite3 *db, sqlite3_uint64 n_plannings);

/* Has a running statement parameters, which values may come from? */
bool wow_statement_has_parameters(sqlite3 *db);

#endif
