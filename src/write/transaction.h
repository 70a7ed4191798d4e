/*
** The transaction of an SQLite connection, as far as its virtual tables are written: what is
** pending, what has been sent, and what SQLite's calls mean for it. There is one for all tables
** together, because the order between tables matters.
**
**        ┌────────── rollback, commit ───────────┐
**        ▼                                       │
**      NONE ──begin──► OPEN ──sync──► SENT ──────┤
**                       │ ▲             │        │
**                       │ └──change─────┘        │
**                       └──a request failed──► FAILED
**
** Changes are sent once, at the first sync; SQLite calls it for each table, and again if it then
** could not commit. What was sent cannot be taken back: if SQLite rolls back after that,
** wowsql_last_error() and SQLite's error log say what the server has. A transaction of which a
** request has failed takes nothing more.
**
** The changes of a table with write='through' are sent when their statement ends. SQLite tells that
** of a statement that may change several rows: it opens a savepoint for it. If what is sent when
** that is released fails, SQLite rolls the whole transaction back. Other statements change one row,
** so that they end with it. In autocommit a statement ends with xSync.
*/
#ifndef WOW_TRANSACTION_H
#define WOW_TRANSACTION_H

#include <stdbool.h>

#include "base/error.h"
#include "write/modify.h"

struct wow_transaction;

/* The connection's, made when it is first asked for. NULL: no memory. */
struct wow_transaction *wow_transaction_of(struct wow_connection *conn);
/* Frees the connection's. */
void wow_transaction_free(struct wow_connection *conn);

/* xBegin, or the first write of a table that was created in the transaction. */
void wow_transaction_begin(struct wow_transaction *tx);

/* xUpdate: modification->pending is filled in here. */
int wow_transaction_change(struct wow_transaction *tx, struct wow_modification *modification,
                           sqlite3_int64 *rowid, struct wow_error *err);

/* xSync. */
int wow_transaction_sync(struct wow_transaction *tx, struct wow_error *err);
/* xCommit and xRollback. */
void wow_transaction_commit(struct wow_transaction *tx);
void wow_transaction_rollback(struct wow_transaction *tx);

/* xSavepoint, xRelease and xRollbackTo. A level that was never announced is where the next one that
** was is; -1 is the beginning. */
int wow_transaction_savepoint(struct wow_transaction *tx, int level, struct wow_error *err);
int wow_transaction_release(struct wow_transaction *tx, int level, struct wow_error *err);
void wow_transaction_rollback_to(struct wow_transaction *tx, int level);

/* Makes sure that nothing points to a table that SQLite lets go of. `tx` NULL is fine. */
void wow_transaction_forget(struct wow_transaction *tx, const struct wow_write_target *target);

/* A table is being created: what another one of its name has pending was undone with that one.
** `tx` NULL is fine. */
void wow_transaction_create(struct wow_transaction *tx, const struct wow_write_target *target);
/* Are changes of this virtual table pending, however often SQLite has connected it? `tx` NULL is
** fine. */
bool wow_transaction_has_table(const struct wow_transaction *tx,
                               const struct wow_write_target *target);
/* Refuses to read a relation of which changes are pending, through whichever virtual table. */
int wow_transaction_check_read(const struct wow_transaction *tx,
                               const struct wow_write_target *target, struct wow_error *err);

#endif
