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
#include "scan/lookup_batch.h"
#include "server/ahead_sql.h"
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
    /* One that has handed out a row waits for the application; SQLite calls for another. */
    if (sqlite3_data_count(stmt) > 0) continue;
    sqlite3_uint64 own = hash_of(stmt, plan_text);
    if (is_refused(&conn->dry_run, own)) continue;
    char *sql = wow_ahead_sql_query(stmt, NULL);
    if (sql && found == NULL && wow_ahead_sql_may_run(conn->db, sql, plan_text, NULL)) {
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
    int rc = SQLITE_ROW;
    while (rc == SQLITE_ROW && wow_clock_cpu_ms() < conn->dry_run.deadline)
      rc = sqlite3_step(stmt);
    if (rc != SQLITE_DONE) conn->dry_run.is_cut = true;
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

/* What a dry run may compute for, milliseconds. Those that were not worth it do not take longer in
** all than the statement has itself since the first, and WOW_AHEAD_MS. */
static double allowed_ms(const struct wow_lookup_set *set, const struct wow_connection *conn) {
  if (conn->ahead == WOW_AHEAD_ALWAYS) return WOW_AHEAD_ALWAYS_MS;
  if (set->n_ahead == 0) return WOW_AHEAD_MS;
  double own_ms = wow_clock_ms() - set->ahead_since - set->ahead_ms;
  return WOW_AHEAD_MS + own_ms - set->wasted_ms;
}

/* Returns how long that took. It is longer than `allowed` where SQLite is busy with local rows that
** lead to no lookup: only lookups and rows of the result end a dry run. */
static double run(struct wow_lookup_set *set, const struct wow_lookup *lookup, const char *sql,
                  double allowed) {
  struct wow_dry_run *dry_run = &lookup->target->conn->dry_run;
  double began = wow_clock_cpu_ms();
  if (set->n_ahead == 0) set->ahead_since = wow_clock_ms();
  dry_run->is_on = true;
  dry_run->n_noted = 0;
  dry_run->max_noted = max_noted(set, sql);
  dry_run->deadline = began + allowed;
  dry_run->is_cut = false;
  dry_run->n_received = 0;
  dry_run->n_receivable = -1;
  set->n_dry = 0;
  step_dry(lookup->target->conn, sql);
  dry_run->is_on = false;
  double took = wow_clock_cpu_ms() - began;
  set->ahead_ms += took;
  set->n_ahead++;
  return took;
}

/* What the dry run, which found so many new keys for these lookups, says of those after them. Only
** if nearly all of its keys were new are there going to be more of them in step with the rows of
** the outermost scan. */
static double outlook(const struct wow_lookup_set *set, const struct wow_dry_run *dry_run,
                      int n_found, const char *sql) {
  bool is_end = !dry_run->is_cut && dry_run->n_noted == n_found;
  if (is_end) return 1;
  double most = n_found >= WOW_NEARLY_ALL * set->n_dry ? WOW_MAX_OUTLOOK : WOW_OUTLOOK;
  if (dry_run->n_receivable < 0 || wow_ahead_sql_has_limit(sql)) return WOW_OUTLOOK;
  double all = dry_run->n_receivable / dry_run->n_received;
  if (dry_run->n_noted >= dry_run->max_noted && all < WOW_OUTLOOK) return WOW_OUTLOOK;
  return all < 1 ? 1 : all < most ? all : most;
}

int wow_ahead_run(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                  struct wow_error *err) {
  struct wow_connection *conn = lookup->target->conn;
  const struct wow_pace *pace = &lookup->target->server->learned.pace;
  sqlite3_uint64 hash = 0;
  double allowed = allowed_ms(set, conn), took = 0;
  set->outlook = WOW_OUTLOOK;
  if (conn->ahead == WOW_AHEAD_OFF || set->coming.is_off || allowed <= 0) return SQLITE_OK;
  char *sql = find_query(conn, set->plan_text, &hash);
  if (sql == NULL) return SQLITE_OK;
  int rc = wow_lookup_batch_note(set, lookup, err), n_before = set->coming.n;
  if (rc == SQLITE_OK) took = run(set, lookup, sql, allowed);
  int n_found = set->coming.n - n_before;
  set->ahead_goes_on = conn->dry_run.n_noted >= conn->dry_run.max_noted;
  if (rc == SQLITE_OK) set->outlook = outlook(set, &conn->dry_run, n_found, sql);
  sqlite3_free(sql);
  if (conn->ahead == WOW_AHEAD_ALWAYS) return rc;
  bool is_in_vain = n_found <= 0;
  double request_ms = wow_pace_is_far(pace) ? wow_pace_round_trip_ms(pace) : 1; /* or more */
  if (n_found * request_ms < took) set->wasted_ms += took;
  set->n_in_vain = is_in_vain ? set->n_in_vain + 1 : 0;
  if (set->n_in_vain >= (set->n_ahead == 1 ? 1 : WOW_MAX_AHEAD_IN_VAIN)) set->coming.is_off = true;
  /* With other values the statement may have more lookups, which is cheap to find out; or not. */
  bool is_useless = is_in_vain && set->n_ahead == 1 && took > WOW_AHEAD_CHEAP_MS;
  if (is_useless || took > allowed + WOW_AHEAD_MS) refuse(&conn->dry_run, hash);
  return rc;
}

int wow_ahead_note(struct wow_lookup_set *set, const struct wow_lookup *lookup,
                   struct wow_error *err) {
  int before = set->coming.n, rc = wow_lookup_batch_note(set, lookup, err);
  lookup->target->conn->dry_run.n_noted += set->coming.n - before;
  return rc;
}

int wow_ahead_check(const struct wow_dry_run *dry_run, struct wow_error *err) {
  bool is_over = dry_run->n_noted >= dry_run->max_noted || wow_clock_cpu_ms() >= dry_run->deadline;
  if (!is_over) return SQLITE_OK;
  return wow_error_set(err, SQLITE_ERROR, NULL, "the dry run has seen enough");
}
