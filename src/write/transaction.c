/*
** Transactions, see transaction.h.
*/
#include "write/transaction.h"

#include <assert.h>
#include <string.h>

#include "server/run.h"
#include "write/accepted.h"
#include "write/send.h"

enum state { STATE_NONE, STATE_OPEN, STATE_SENT, STATE_FAILED };

/* A savepoint: where it is in the buffer. */
struct savepoint {
  bool is_set;
  struct wow_pending_mark mark;
};

struct wow_transaction {
  struct wow_connection *conn;
  enum state state;
  struct wow_pending *pending; /* NULL: nothing */
  struct wow_accepted accepted;
  struct savepoint *savepoints; /* by level */
  int n_savepoints;
  int statement_level;                  /* of the running statement's savepoint; -1: it has none */
  bool has_through;                     /* changes of tables with write='through' are pending */
  struct wow_pending_mark through_from; /* where they begin */
};

/* ---------------------------------------------------------------- states */

static void enter(struct wow_transaction *tx, enum state state) {
  static const bool allowed[4][4] = {
      /*               NONE   OPEN   SENT   FAILED */
      [STATE_NONE] = {true, true, false, false},
      [STATE_OPEN] = {true, true, true, true},
      [STATE_SENT] = {true, true, true, false},
      [STATE_FAILED] = {true, false, false, true},
  };
  assert(allowed[tx->state][state]);
  tx->state = state;
  tx->conn->is_writing = state != STATE_NONE;
}

/* Forgets what is pending. */
static void forget_pending(struct wow_transaction *tx) {
  wow_pending_free(tx->pending);
  tx->pending = NULL;
  tx->has_through = false;
  for (int i = 0; i < tx->n_savepoints; i++)
    memset(&tx->savepoints[i].mark, 0, sizeof(tx->savepoints[i].mark));
}

static void end(struct wow_transaction *tx) {
  forget_pending(tx);
  wow_accepted_reset(&tx->accepted);
  sqlite3_free(tx->savepoints);
  tx->savepoints = NULL;
  tx->n_savepoints = 0;
  tx->statement_level = -1;
  enter(tx, STATE_NONE);
}

struct wow_transaction *wow_transaction_of(struct wow_connection *conn) {
  if (conn->transaction) return conn->transaction;
  struct wow_transaction *tx = sqlite3_malloc64(sizeof(*tx));
  if (tx == NULL) return NULL;
  memset(tx, 0, sizeof(*tx));
  tx->conn = conn;
  tx->statement_level = -1;
  conn->transaction = tx;
  return tx;
}

void wow_transaction_free(struct wow_connection *conn) {
  if (conn->transaction == NULL) return;
  end(conn->transaction);
  sqlite3_free(conn->transaction);
  conn->transaction = NULL;
}

void wow_transaction_begin(struct wow_transaction *tx) {
  if (tx->state == STATE_NONE) enter(tx, STATE_OPEN);
}

/* ---------------------------------------------------------------- changes */

static bool has_pending(const struct wow_transaction *tx) {
  return tx->pending && !wow_pending_is_empty(tx->pending);
}

bool wow_transaction_has_table(const struct wow_transaction *tx,
                               const struct wow_write_target *target) {
  return tx && has_pending(tx) && wow_pending_has_table(tx->pending, target);
}

void wow_transaction_create(struct wow_transaction *tx, const struct wow_write_target *target) {
  if (tx && has_pending(tx)) wow_pending_forget_table(tx->pending, target);
}

void wow_transaction_forget(struct wow_transaction *tx, const struct wow_write_target *target) {
  if (tx == NULL || !has_pending(tx) || !wow_pending_has(tx->pending, target)) return;
  forget_pending(tx);
  enter(tx, STATE_FAILED);
}

int wow_transaction_check_read(const struct wow_transaction *tx,
                               const struct wow_write_target *target, struct wow_error *err) {
  if (tx == NULL || !has_pending(tx)) return SQLITE_OK;
  wow_pending_forget_undone(tx->pending, tx->conn->db);
  if (!wow_pending_concerns(tx->pending, target)) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, target->relation->name,
                        "COMMIT sends them; a table that is created with write='through' sends its "
                        "writes when the statement ends",
                        "it has writes in this transaction that have not been sent, so that it "
                        "cannot be read");
}

/* ---------------------------------------------------------------- sending */

/* Adds to an error what the server has accepted before. */
static void tell_accepted(const struct wow_transaction *tx, struct wow_error *err) {
  char *text = wow_accepted_text(&tx->accepted);
  if (text) wow_error_add_details(err, "the server has accepted before, and keeps: ", text);
  sqlite3_free(text);
}

/* Sends what is pending. */
static int flush(struct wow_transaction *tx, struct wow_error *err) {
  if (!has_pending(tx)) return SQLITE_OK;
  wow_pending_forget_undone(tx->pending, tx->conn->db);
  int rc = wow_send_pending(tx->conn, tx->pending, 0, &tx->accepted, err);
  forget_pending(tx);
  if (rc == SQLITE_OK) return SQLITE_OK;
  tell_accepted(tx, err);
  enter(tx, STATE_FAILED);
  return rc;
}

/* Sends the changes of tables with write='through', and forgets them. The transaction goes on. */
static int flush_through(struct wow_transaction *tx, struct wow_error *err) {
  if (!tx->has_through) return SQLITE_OK;
  int first = tx->through_from.n_segments;
  int rc = wow_send_pending(tx->conn, tx->pending, first, &tx->accepted, err);
  wow_pending_cut(tx->pending, &tx->through_from);
  tx->has_through = false;
  return rc;
}

int wow_transaction_change(struct wow_transaction *tx, struct wow_modification *m,
                           sqlite3_int64 *rowid, struct wow_error *err) {
  bool is_through = m->target->is_through && !sqlite3_get_autocommit(tx->conn->db);
  int rc = SQLITE_OK;
  if (tx->state == STATE_FAILED) {
    return wow_error_set(err, SQLITE_ERROR, m->target->relation->name,
                         "an earlier write of this transaction has failed: ROLLBACK");
  }
  /* A statement whose end could not be told. */
  if (m->row_number == 1 && tx->statement_level < 0) rc = flush_through(tx, err);
  if (rc != SQLITE_OK) return rc;
  if (tx->pending == NULL) tx->pending = wow_pending_new();
  if (tx->pending == NULL) return wow_error_nomem(err);
  if (is_through && !tx->has_through) tx->through_from = wow_pending_mark(tx->pending);
  m->pending = tx->pending;
  rc = wow_modify_row(m, rowid, err);
  if (rc != SQLITE_OK) return rc;
  enter(tx, STATE_OPEN);
  tx->has_through = tx->has_through || is_through;
  return is_through && tx->statement_level < 0 ? flush_through(tx, err) : SQLITE_OK;
}

int wow_transaction_sync(struct wow_transaction *tx, struct wow_error *err) {
  if (tx == NULL) return SQLITE_OK;
  if (tx->state == STATE_FAILED) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "a write of this transaction has failed: ROLLBACK");
  }
  if (tx->state == STATE_NONE) return SQLITE_OK;
  int rc = flush(tx, err);
  if (rc == SQLITE_OK) enter(tx, STATE_SENT);
  return rc;
}

void wow_transaction_commit(struct wow_transaction *tx) {
  if (tx == NULL) return;
  end(tx);
}

/* Where nobody listens: SQLite ignores errors of xRollback. */
static void report_kept(struct wow_transaction *tx) {
  struct wow_error err = {0};
  char *message = NULL;
  char *text = wow_accepted_text(&tx->accepted);
  if (text == NULL && tx->accepted.n > 0) {
    err.may_be_done = true;
    wow_error_nomem(&err);
    wow_connection_report(tx->conn, &err, &message);
  } else if (text) {
    wow_error_set(&err, SQLITE_ERROR, NULL,
                  "rolled back here, but the server has accepted, and keeps: %s", text);
    wow_connection_report(tx->conn, &err, &message);
    sqlite3_log(SQLITE_WARNING, "%s", message ? message : text);
  }
  sqlite3_free(message);
  sqlite3_free(text);
}

void wow_transaction_rollback(struct wow_transaction *tx) {
  if (tx == NULL) return;
  if (tx->state != STATE_FAILED) report_kept(tx); /* the failure has said it */
  end(tx);
}

/* ---------------------------------------------------------------- savepoints */

/* Is a savepoint that is being opened a statement's? The application cannot open one while a
** statement that writes is running. */
static bool is_of_statement(sqlite3 *db) {
  sqlite3_stmt *stmt = wow_run_next_busy(db, NULL);
  while (stmt && sqlite3_stmt_readonly(stmt))
    stmt = wow_run_next_busy(db, stmt);
  return stmt != NULL;
}

/* Makes room for a level, and sets those below it that were never announced: nothing was pending
** when they were opened, or it was, and is before them. */
int wow_transaction_savepoint(struct wow_transaction *tx, int level, struct wow_error *err) {
  struct wow_pending_mark mark = {0};
  if (tx == NULL) return SQLITE_OK;
  if (level >= tx->n_savepoints) {
    sqlite3_uint64 n = (sqlite3_uint64)level + 1;
    struct savepoint *savepoints = sqlite3_realloc64(tx->savepoints, n * sizeof(*savepoints));
    if (savepoints == NULL) return wow_error_nomem(err);
    memset(savepoints + tx->n_savepoints, 0,
           (n - (sqlite3_uint64)tx->n_savepoints) * sizeof(*savepoints));
    tx->savepoints = savepoints;
    tx->n_savepoints = (int)n;
  }
  if (tx->pending) mark = wow_pending_mark(tx->pending);
  if (is_of_statement(tx->conn->db)) tx->statement_level = level;
  /* One that is set was announced on behalf of another table. */
  for (int i = 0; i <= level; i++) {
    if (!tx->savepoints[i].is_set) tx->savepoints[i] = (struct savepoint){true, mark};
  }
  return SQLITE_OK;
}

int wow_transaction_release(struct wow_transaction *tx, int level, struct wow_error *err) {
  if (tx == NULL) return SQLITE_OK;
  for (int i = level < 0 ? 0 : level; i < tx->n_savepoints; i++)
    tx->savepoints[i].is_set = false;
  if (tx->statement_level >= level) tx->statement_level = -1;
  int rc = tx->statement_level < 0 ? flush_through(tx, err) : SQLITE_OK;
  if (rc == SQLITE_OK) return SQLITE_OK;
  tell_accepted(tx, err); /* SQLite rolls the transaction back, without the message */
  enter(tx, STATE_FAILED);
  return rc;
}

void wow_transaction_rollback_to(struct wow_transaction *tx, int level) {
  struct wow_pending_mark mark = {0};
  if (tx == NULL) return;
  if (level >= 0 && level < tx->n_savepoints && tx->savepoints[level].is_set)
    mark = tx->savepoints[level].mark;
  if (tx->pending) wow_pending_cut(tx->pending, &mark);
  if (mark.bytes <= tx->through_from.bytes) tx->has_through = false;
  for (int i = level + 1; i < tx->n_savepoints; i++) {
    if (i >= 0) tx->savepoints[i].is_set = false;
  }
}
