/*
** Running ahead, see ahead.h.
**
** Each dry run begins at the statement's beginning and passes over the lookups that are known, so
** each looks for more keys than the last, and what they take is bounded by what the statement takes
** itself.
*/
#include "scan/ahead.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "scan/ahead_sql.h"
#include "scan/lookup_batch.h"
#include "server/connection.h"
#include "server/run.h"

/* ---------------------------------------------------------------- statements not to run ahead */

static sqlite3_uint64 hash_of(sqlite3_stmt *stmt, const char *plan_text) {
  const char *sql = sqlite3_sql(stmt);
  sqlite3_uint64 hash = wow_text_hash(WOW_TEXT_HASH_START, plan_text, strlen(plan_text));
  return sql ? wow_text_hash(hash, sql, strlen(sql)) : hash;
}

static bool is_refused(const struct wow_dry_run *dry_run, sqlite3_uint64 hash) {
  for (int i = 0; i < WOW_MAX_NOT_AHEAD && i < dry_run->n_not_ahead; i++) {
    if (dry_run->not_ahead[i] == hash) return true;
  }
  return false;
}

static void refuse(struct wow_dry_run *dry_run, sqlite3_uint64 hash) {
  dry_run->not_ahead[dry_run->n_not_ahead++ % WOW_MAX_NOT_AHEAD] = hash;
}

/* ---------------------------------------------------------------- one dry run */

/* The running statement that this lookup is for, and the query to run ahead; NULL: none, or it
** cannot be told which of several. Those that cannot be run ahead are remembered. */
static char *find_query(struct wow_connection *conn, const char *plan_text, sqlite3_uint64 *hash) {
  char *found = NULL;
  for (sqlite3_stmt *stmt = wow_run_next_busy(conn->db, NULL); stmt;
       stmt = wow_run_next_busy(conn->db, stmt)) {
    sqlite3_uint64 own = hash_of(stmt, plan_text);
    if (is_refused(&conn->dry_run, own)) continue;
    char *sql = wow_ahead_sql_query(stmt);
    if (sql && found == NULL && wow_ahead_sql_may_run(conn->db, sql, plan_text)) {
      found = sql;
      *hash = own;
      continue;
    }
    if (sql && found) {
      sqlite3_free(found);
      found = NULL;
      sqlite3_free(sql);
      break;
    }
    refuse(&conn->dry_run, own);
    sqlite3_free(sql);
  }
  return found;
}

/* Steps the query to its end, or to an error, which is nobody's concern. */
static void step_dry(struct wow_connection *conn, const char *sql) {
  sqlite3_stmt *stmt = NULL;
  if (sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL) != SQLITE_OK) return;
  if (wow_run_add_own(conn->runs, stmt) == SQLITE_OK) {
    while (sqlite3_step(stmt) == SQLITE_ROW && wow_clock_cpu_ms() < conn->dry_run.deadline)
      continue;
    wow_run_drop_own(conn->runs, stmt);
  }
  sqlite3_finalize(stmt);
}

/* How many keys to look for. */
static int max_noted(const struct wow_lookup_set *set, const char *sql) {
  int max = wow_ahead_sql_has_limit(sql) ? WOW_AHEAD_LIMIT_KEYS : WOW_AHEAD_KEYS;
  for (int i = 0; i < set->n_ahead && max < WOW_MAX_AHEAD_KEYS; i++)
    max *= WOW_AHEAD_GROWTH;
  return max < WOW_MAX_AHEAD_KEYS ? max : WOW_MAX_AHEAD_KEYS;
}

static void run(struct wow_lookup_set *set, const struct wow_lookup *lookup, const char *sql) {
  struct wow_connection *conn = lookup->target->conn;
  double began = wow_clock_cpu_ms(), now = wow_clock_ms();
  if (set->n_ahead == 0) set->ahead_since = now;
  conn->dry_run.is_on = true;
  conn->dry_run.n_noted = 0;
  conn->dry_run.max_noted = max_noted(set, sql);
  conn->dry_run.deadline = began + WOW_AHEAD_MS + (now - set->ahead_since) - set->ahead_ms;
  step_dry(conn, sql);
  conn->dry_run.is_on = false;
  set->ahead_ms += wow_clock_cpu_ms() - began;
  set->n_ahead++;
}

int wow_ahead_run(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                  struct wow_error *err) {
  struct wow_connection *conn = lookup->target->conn;
  sqlite3_uint64 hash = 0;
  int n_before = set->coming.n;
  bool is_due = wow_clock_ms() - set->ahead_since >= set->ahead_ms - WOW_AHEAD_MS;
  if (!conn->ahead || set->coming.is_off || !is_due) return SQLITE_OK;
  char *sql = find_query(conn, set->plan_text, &hash);
  if (sql == NULL) return SQLITE_OK;
  int rc = wow_lookup_batch_note(set, lookup, err);
  if (rc == SQLITE_OK) run(set, lookup, sql);
  sqlite3_free(sql);
  /* One key is the present lookup's. */
  bool is_in_vain = set->coming.n - n_before <= 1;
  set->n_in_vain = is_in_vain ? set->n_in_vain + 1 : 0;
  if (is_in_vain && set->n_ahead == 1) refuse(&conn->dry_run, hash);
  if (set->n_in_vain >= (set->n_ahead == 1 ? 1 : WOW_MAX_AHEAD_IN_VAIN)) set->coming.is_off = true;
  return rc;
}

int wow_ahead_note(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                   struct wow_error *err) {
  struct wow_dry_run *dry_run = &lookup->target->conn->dry_run;
  int before = set->coming.n, rc = wow_lookup_batch_note(set, lookup, err);
  dry_run->n_noted += set->coming.n - before;
  bool is_enough =
      dry_run->n_noted >= dry_run->max_noted || wow_clock_cpu_ms() >= dry_run->deadline;
  if (rc != SQLITE_OK || !is_enough) return rc;
  return wow_error_set(err, SQLITE_ERROR, NULL, "the dry run has seen enough");
}
