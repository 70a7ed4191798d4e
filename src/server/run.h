/*
** Which statements of a database connection are running. What is kept "while the statement runs"
** (answers to lookups, what counts against budgets) is kept for a run: the set of statements that
** are under way when a virtual table is called. SQLite does not say on behalf of which of them.
*/
#ifndef WOW_STATEMENT_H
#define WOW_STATEMENT_H

#include <stdbool.h>

#include "base/sqlite.h"

/* The runs of one connection that something is kept for. */
struct wow_statements;

struct wow_statements *wow_statements_new(sqlite3 *db); /* NULL: no memory */
void wow_statements_free(struct wow_statements *statements);

/*
** The present run: a number that no other run of the connection has, and that is the same again
** when statements that began later have ended. Call within a statement. 0: no memory; nothing can
** be kept.
*/
sqlite3_uint64 wow_statements_run(struct wow_statements *statements);
/* Has a statement of that run ended? Then the run does not come back. */
bool wow_statements_is_over(const struct wow_statements *statements, sqlite3_uint64 run);
/* A statement is being planned, by xBestIndex: it may have the address of one that has ended. */
void wow_statements_planned(struct wow_statements *statements);

/* A statement that a virtual table runs on behalf of another, and that it has ended: it belongs to
** the run of that other one. SQLITE_OK or SQLITE_NOMEM. */
int wow_statements_add_own(struct wow_statements *statements, sqlite3_stmt *stmt);
void wow_statements_drop_own(struct wow_statements *statements, const sqlite3_stmt *stmt);

/* The statement under way after `previous` (NULL: the first); NULL: there is none. */
sqlite3_stmt *wow_statement_next_busy(sqlite3 *db, sqlite3_stmt *previous);

/* Does the text of a statement under way contain `word`, in any case? */
bool wow_statement_mentions(sqlite3 *db, const char *word);

/* Has a running statement parameters, which values may come from? */
bool wow_statement_has_parameters(sqlite3 *db);

#endif
