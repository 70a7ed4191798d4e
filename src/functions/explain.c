/*
** wowsql_explain, see explain.h.
*/
#include "functions/explain.h"

#include <string.h>

#include "functions/explain_aggregates.h"
#include "functions/guard.h"
#include "plan/best_index.h"
#include "server/ahead_sql.h"
#include "server/connection.h"

/* What is explained, and the rows that say so. */
struct explanation {
  struct wow_connection *conn;
  struct wow_tvf_rows *rows;
  const struct wow_plan_note *notes;
  const char *text;      /* the statement */
  char *query;           /* what a dry run would run; NULL: nothing */
  const char *why_query; /* why there is nothing */
};

/* ---------------------------------------------------------------- running ahead */

/* "yes", or why the plan is not run ahead; NULL: there is nothing to look up, or no memory. For
** sqlite3_free. */
static char *is_ahead(const struct explanation *e, const char *plan) {
  char *why = NULL;
  if (strstr(plan, "=eq.?") == NULL) return NULL;
  if (e->conn->ahead == WOW_AHEAD_OFF) return sqlite3_mprintf("%s", WOW_AHEAD_SWITCHED_OFF);
  for (const struct wow_plan_note *note = e->notes; note; note = note->next) {
    if (note->kind == WOW_NOTE_AHEAD && strcmp(note->plan, plan) == 0)
      return sqlite3_mprintf("%s: %s", note->term, note->reason);
  }
  if (e->query == NULL) return sqlite3_mprintf("%s", e->why_query);
  if (wow_ahead_sql_may_run(e->conn->db, e->query, plan, &why)) return sqlite3_mprintf("yes");
  return why;
}

/* Finds what would be run ahead: the statement is planned, not run. */
static void find_query(struct explanation *e, const char *text) {
  sqlite3_stmt *stmt = NULL;
  e->why_query = WOW_AHEAD_UNPLANNED;
  if (sqlite3_prepare_v2(e->conn->db, text, -1, &stmt, NULL) == SQLITE_OK && stmt)
    e->query = wow_ahead_sql_query(stmt, &e->why_query);
  sqlite3_finalize(stmt);
}

/* ---------------------------------------------------------------- aggregates */

/* "yes", or why the server does not compute the aggregates; NULL: there are none, or no memory. For
** sqlite3_free. */
static char *are_computed(const struct explanation *e, const char *plan) {
  for (const struct wow_plan_note *note = e->notes; note; note = note->next) {
    if (note->kind == WOW_NOTE_PLAN && strcmp(note->plan, plan) == 0)
      return wow_explain_aggregates_say(e->conn, e->text, note);
  }
  return NULL;
}

/* ---------------------------------------------------------------- rows */

static void add_row(const struct explanation *e, const char *table, const char *plan,
                    const struct wow_plan_note *note) {
  char *ahead = is_ahead(e, plan), *aggregates = are_computed(e, plan);
  wow_tvf_add_text(e->rows, table);
  wow_tvf_add_text(e->rows, plan);
  wow_tvf_add_text(e->rows, note ? note->term : NULL);
  wow_tvf_add_text(e->rows, note ? note->reason : NULL);
  wow_tvf_add_text(e->rows, ahead);
  wow_tvf_add_text(e->rows, aggregates);
  wow_tvf_end_row(e->rows);
  sqlite3_free(ahead);
  sqlite3_free(aggregates);
}

static bool is_about(const struct wow_plan_note *note, const char *plan) {
  return note->kind == WOW_NOTE_TERM && strcmp(note->plan, plan) == 0;
}

/* Adds a row for each term that was not sent, or one without a term if all were. */
static void explain_plan(const struct explanation *e, const char *table, const char *plan) {
  int n = 0;
  for (const struct wow_plan_note *note = e->notes; note; note = note->next) {
    bool repeated = false;
    if (!is_about(note, plan)) continue;
    /* SQLite asks for the same plan several times, and each time it is noted. */
    for (const struct wow_plan_note *other = e->notes; other != note; other = other->next)
      repeated = repeated || (is_about(other, plan) && strcmp(other->term, note->term) == 0);
    if (repeated) continue;
    add_row(e, table, plan, note);
    n++;
  }
  if (n == 0) add_row(e, table, plan, NULL);
}

/* Takes the plan out of a line of EXPLAIN QUERY PLAN, "SCAN users VIRTUAL TABLE INDEX 1:GET
** users?...", if it is one of ours. SQLITE_OK or SQLITE_NOMEM. */
static int explain_line(const struct explanation *e, const char *detail) {
  static const char mark[] = " VIRTUAL TABLE INDEX ", remark[] = " LEFT-JOIN";
  if (detail == NULL) return SQLITE_NOMEM;
  const char *at = strstr(detail, mark);
  const char *plan = at ? strchr(at + strlen(mark), ':') : NULL;
  const char *name = strchr(detail, ' ');
  if (plan == NULL || name == NULL || name >= at || strncmp(plan + 1, "GET ", 4) != 0) {
    return SQLITE_OK;
  }
  char *table = sqlite3_mprintf("%.*s", (int)(at - name - 1), name + 1);
  char *text = sqlite3_mprintf("%s", plan + 1);
  size_t bytes = text ? strlen(text) : 0, remark_bytes = strlen(remark);
  if (bytes > remark_bytes && strcmp(text + bytes - remark_bytes, remark) == 0)
    text[bytes - remark_bytes] = 0;
  if (table && text) explain_plan(e, table, text);
  int rc = table && text ? SQLITE_OK : SQLITE_NOMEM;
  sqlite3_free(table);
  sqlite3_free(text);
  return rc;
}

/*
** Can the statement do nothing before it is run? A PRAGMA acts when it is prepared, EXPLAIN or not.
** So its first word decides, and only those that are known to be harmless are let through.
*/
static bool is_explainable(const char *sql) {
  static const char *const words[] = {"SELECT",  "WITH",   "VALUES", "INSERT",
                                      "REPLACE", "UPDATE", "DELETE"};
  sql = wow_guard_skip_blanks(sql);
  size_t bytes = 0;
  while ((sql[bytes] >= 'a' && sql[bytes] <= 'z') || (sql[bytes] >= 'A' && sql[bytes] <= 'Z'))
    bytes++;
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (strlen(words[i]) == bytes && sqlite3_strnicmp(words[i], sql, (int)bytes) == 0) return true;
  }
  return false;
}

int wow_explain_run(struct wow_tvf_call *call, struct wow_error *err) {
  struct wow_connection *conn = call->conn;
  const char *text = wow_tvf_arg_text(call, 0);
  if (text == NULL || !is_explainable(text)) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "only SELECT, WITH, VALUES, INSERT, REPLACE, UPDATE and DELETE can be "
                         "explained");
  }
  struct wow_plan_note *notes = NULL, **outer = conn->notes;
  sqlite3_stmt *stmt = NULL;
  char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text);
  if (sql == NULL) return wow_error_nomem(err);
  conn->notes = &notes;
  int rc = sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL);
  conn->notes = outer;
  sqlite3_free(sql);
  struct explanation e = {.conn = conn, .rows = call->rows, .notes = notes, .text = text};
  if (rc == SQLITE_OK) find_query(&e, text);
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
    rc = explain_line(&e, (const char *)sqlite3_column_text(stmt, 3));
  if (rc != SQLITE_OK && rc != SQLITE_DONE) {
    wow_error_set(err, rc == SQLITE_NOMEM ? rc : SQLITE_ERROR, NULL, "%s",
                  sqlite3_errmsg(conn->db));
  }
  sqlite3_finalize(stmt);
  sqlite3_free(e.query);
  wow_best_index_free_notes(notes);
  return err->rc;
}
