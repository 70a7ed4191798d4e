/*
** Which statements of a database connection are running. A run is the set of statements that are
** under way when a virtual table is called; what is kept "while the statement runs" (the row cache
** of lookups, what counts against budgets) is kept for a run, because SQLite does not say on behalf
** of which statement it calls.
*/
#ifndef WOW_RUN_H
#define WOW_RUN_H

#include <stdbool.h>

#include "base/sqlite.h"

/* The runs of one connection for which something is kept. */
struct wow_runs;

struct wow_runs *wow_run_new(sqlite3 *db); /* NULL: no memory */
void wow_run_free(struct wow_runs *runs);

/*
** The current run: a number that no other run of the connection has, and that is the same again
** after statements that began later have ended. Call within a statement. 0: no memory; nothing can
** be kept.
*/
sqlite3_uint64 wow_run_current(struct wow_runs *runs);
/* A cursor is opened in the current run, whose number is returned (0: no memory), and closed. While
** one is open, the run goes on. */
sqlite3_uint64 wow_run_open_cursor(struct wow_runs *runs);
void wow_run_close_cursor(struct wow_runs *runs, sqlite3_uint64 run);
/* Has a statement of that run ended? Then the run does not come back. */
bool wow_run_is_over(const struct wow_runs *runs, sqlite3_uint64 run);
/* Forgets the runs that are over. To be called whenever a statement is planned (xBestIndex), which
** may have the address of one that has ended. */
void wow_run_forget_ended(struct wow_runs *runs);

/* Announces a statement that a virtual table runs on behalf of another, to whose run it belongs,
** and says that it has ended. SQLITE_OK or SQLITE_NOMEM. */
int wow_run_add_own(struct wow_runs *runs, sqlite3_stmt *stmt);
void wow_run_drop_own(struct wow_runs *runs, const sqlite3_stmt *stmt);

/* The application's statement on whose behalf SQLite calls, the outermost one of those that are
** being stepped. NULL: none is, a statement is being prepared. */
sqlite3_stmt *wow_run_statement(const struct wow_runs *runs);

/* Is a cursor of the current run open? */
bool wow_run_has_cursor(struct wow_runs *runs);

/* The running statement after `previous` (NULL: the first); NULL: there are no more. */
sqlite3_stmt *wow_run_next_busy(sqlite3 *db, sqlite3_stmt *previous);
/* Does the text of a statement contain `word`, in any case? */
bool wow_run_says(sqlite3_stmt *stmt, const char *word);
/* Does the text of a running statement contain `word`, in any case? */
bool wow_run_mentions(sqlite3 *db, const char *word);

#endif
