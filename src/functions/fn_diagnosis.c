/*
** Functions that show what there is and what was asked: servers, the log, plans, errors.
*/
#include <string.h>

#include "catalog/openapi.h"
#include "server/domain.h"
#include "functions/functions.h"
#include "functions/guard.h"
#include "http/log.h"
#include "plan/best_index.h"
#include "server/connection.h"
#include "server/server.h"

#ifndef WOWSQL_VERSION
#define WOWSQL_VERSION "dev"
#endif

/* ---------------------------------------------------------------- the extension */

static int run_version(struct wow_call *call, struct wow_error *err) {
  (void)err;
  sqlite3_result_text(call->ctx, WOWSQL_VERSION, -1, SQLITE_STATIC);
  return SQLITE_OK;
}

static int run_last_error(struct wow_call *call, struct wow_error *err) {
  if (call->conn->last_error.rc == SQLITE_OK) return SQLITE_OK; /* NULL */
  return wow_functions_take_result(call, wow_error_json(&call->conn->last_error), err);
}

/* ---------------------------------------------------------------- servers and requests */

/* NULL: not known yet. */
static void add_measured(struct wow_tvf_rows *rows, double value) {
  if (value > 0)
    wow_tvf_add_real(rows, value);
  else
    wow_tvf_add_null(rows);
}

static int table_servers(struct wow_tvf_call *call, struct wow_error *err) {
  /* The environment may name the default server, which is connected when it is first used. */
  struct wow_error none = {0};
  wow_connection_server(call->conn, WOW_DEFAULT_SERVER, &none);
  wow_error_reset(&none);
  (void)err;
  for (const struct wow_server *s = call->conn->servers; s; s = s->next) {
    wow_tvf_add_text(call->rows, s->options.name);
    wow_tvf_add_text(call->rows, s->project_url);
    wow_tvf_add_integer(call->rows,
                        strcmp(wow_connection_current(call->conn), s->options.name) == 0);
    wow_tvf_add_integer(call->rows, s->api_key != NULL);
    wow_tvf_add_text(call->rows, s->options.schema);
    wow_tvf_add_integer(call->rows, s->options.read_only);
    char *version = wow_server_version(s);
    wow_tvf_add_text(call->rows, version);
    sqlite3_free(version);
    add_measured(call->rows, wow_pace_round_trip_ms(&s->learned.pace));
    add_measured(call->rows, wow_pace_rows_per_s(&s->learned.pace));
    add_measured(call->rows, wow_pace_bytes_per_s(&s->learned.pace));
    wow_tvf_end_row(call->rows);
  }
  return SQLITE_OK;
}

static int table_log(struct wow_tvf_call *call, struct wow_error *err) {
  const struct wow_log *log = &call->conn->log;
  struct wow_tvf_rows *rows = call->rows;
  (void)err;
  for (int i = 0; i < log->count; i++) {
    const struct wow_log_entry *entry = wow_log_at(log, i);
    wow_tvf_add_integer(rows, entry->seq);
    wow_tvf_add_real(rows, entry->at);
    wow_tvf_add_text(rows, entry->server);
    wow_tvf_add_text(rows, entry->method);
    wow_tvf_add_text(rows, entry->url);
    wow_tvf_add_integer(rows, entry->status);
    wow_tvf_add_real(rows, entry->ms);
    wow_tvf_add_real(rows, entry->ttfb_ms);
    wow_tvf_add_integer(rows, entry->bytes_sent);
    wow_tvf_add_integer(rows, entry->bytes_received);
    if (entry->rows >= 0)
      wow_tvf_add_integer(rows, entry->rows);
    else
      wow_tvf_add_null(rows);
    wow_tvf_add_integer(rows, entry->retries);
    wow_tvf_add_text(rows, entry->error);
    wow_tvf_add_text(rows, entry->warning);
    wow_tvf_add_text(rows, entry->statement);
    wow_tvf_end_row(rows);
  }
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- plans */

/* Adds a row of wowsql_explain for each term that was not sent, or one without a term if all
** were. */
static void explain_rows(struct wow_tvf_rows *rows, const char *table, const char *plan,
                         const struct wow_plan_note *notes) {
  int n = 0;
  for (const struct wow_plan_note *note = notes; note; note = note->next) {
    bool repeated = false;
    if (strcmp(note->plan, plan) != 0) continue;
    /* SQLite asks for the same plan several times, and each time it is noted. */
    for (const struct wow_plan_note *other = notes; other != note; other = other->next) {
      repeated =
          repeated || (strcmp(other->plan, plan) == 0 && strcmp(other->term, note->term) == 0);
    }
    if (repeated) continue;
    wow_tvf_add_text(rows, table);
    wow_tvf_add_text(rows, plan);
    wow_tvf_add_text(rows, note->term);
    wow_tvf_add_text(rows, note->reason);
    wow_tvf_end_row(rows);
    n++;
  }
  if (n > 0) return;
  wow_tvf_add_text(rows, table);
  wow_tvf_add_text(rows, plan);
  wow_tvf_end_row(rows);
}

/* Takes the plan out of a line of EXPLAIN QUERY PLAN, "SCAN users VIRTUAL TABLE INDEX 1:GET
** users?...", if it is one of ours. SQLITE_OK or SQLITE_NOMEM. */
static int explain_line(struct wow_tvf_rows *rows, const char *detail,
                        const struct wow_plan_note *notes) {
  static const char mark[] = " VIRTUAL TABLE INDEX ";
  if (detail == NULL) return SQLITE_NOMEM;
  const char *at = strstr(detail, mark);
  const char *plan = at ? strchr(at + strlen(mark), ':') : NULL;
  const char *name = strchr(detail, ' ');
  if (plan == NULL || name == NULL || name >= at || strncmp(plan + 1, "GET ", 4) != 0) {
    return SQLITE_OK;
  }
  char *table = sqlite3_mprintf("%.*s", (int)(at - name - 1), name + 1);
  if (table == NULL) return SQLITE_NOMEM;
  explain_rows(rows, table, plan + 1, notes);
  sqlite3_free(table);
  return SQLITE_OK;
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

static int table_explain(struct wow_tvf_call *call, struct wow_error *err) {
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
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    rc = explain_line(call->rows, (const char *)sqlite3_column_text(stmt, 3), notes);
  }
  if (rc != SQLITE_OK && rc != SQLITE_DONE) {
    wow_error_set(err, rc == SQLITE_NOMEM ? rc : SQLITE_ERROR, NULL, "%s",
                  sqlite3_errmsg(conn->db));
  }
  sqlite3_finalize(stmt);
  wow_best_index_free_notes(notes);
  return err->rc;
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_version", 0, 0, 0, "wowsql_version()", "The version of this extension.",
     "SELECT wowsql_version()", run_version},
    {"wowsql_last_error", 0, 0, WOW_RETURNS_JSON, "wowsql_last_error()",
     "The parts of the last error as JSON, or NULL.", "SELECT wowsql_last_error() ->> 'hint'",
     run_last_error},
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {"wowsql_servers",
     "name TEXT, project_url TEXT, current INTEGER, has_key INTEGER, schema TEXT, read_only "
     "INTEGER, version TEXT",
     7, "", 0, 0, 0, "wowsql_servers", "The servers of this connection.",
     "SELECT name, project_url, version FROM wowsql_servers", table_servers},
    {"wowsql_log",
     "seq INTEGER, at REAL, server TEXT, method TEXT, url TEXT, status INTEGER, ms REAL, "
     "ttfb_ms REAL, bytes_sent INTEGER, bytes_received INTEGER, rows INTEGER, retries INTEGER, "
     "error TEXT, warning TEXT",
     14, "", 0, 0, 0, "wowsql_log", "The requests that this connection has made, the newest last.",
     "SELECT method, url, status, ms FROM wowsql_log ORDER BY seq DESC LIMIT 5", table_log},
    {"wowsql_explain", "\"table\" TEXT, request TEXT, term TEXT, reason TEXT", 4, "sql HIDDEN", 1,
     1, WOW_EFFECTS, "wowsql_explain(sql)",
     "For each remote table of a statement, the request and the terms that SQLite evaluates "
     "itself.",
     "SELECT request, term, reason FROM wowsql_explain('SELECT * FROM users WHERE lower(name) = "
     "''ada''')",
     table_explain},
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_diagnosis = {"server", functions, tables};
