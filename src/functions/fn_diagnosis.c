/*
** Functions that show what there is and what was asked: servers, the log, plans, errors.
*/
#include <string.h>

#include "catalog/openapi.h"
#include "server/domain.h"
#include "functions/explain.h"
#include "functions/functions.h"
#include "http/log.h"
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
     "INTEGER, version TEXT, round_trip_ms REAL, rows_per_s REAL, bytes_per_s REAL",
     10, "", 0, 0, 0, "wowsql_servers", "The servers of this connection.",
     "SELECT name, project_url, version FROM wowsql_servers", table_servers},
    {"wowsql_log",
     "seq INTEGER, at REAL, server TEXT, method TEXT, url TEXT, status INTEGER, ms REAL, "
     "ttfb_ms REAL, bytes_sent INTEGER, bytes_received INTEGER, rows INTEGER, retries INTEGER, "
     "error TEXT, warning TEXT, statement TEXT",
     15, "", 0, 0, 0, "wowsql_log", "The requests that this connection has made, the newest last.",
     "SELECT method, url, status, ms FROM wowsql_log ORDER BY seq DESC LIMIT 5", table_log},
    {"wowsql_explain",
     "\"table\" TEXT, request TEXT, term TEXT, reason TEXT, ahead TEXT, aggregates TEXT", 6,
     "sql HIDDEN", 1, 1, WOW_EFFECTS, "wowsql_explain(sql)",
     "For each remote table of a statement, the request, the terms that SQLite evaluates itself, "
     "whether lookups are run ahead, and whether the server computes the aggregates, or why not.",
     "SELECT request, term, reason FROM wowsql_explain('SELECT * FROM users WHERE lower(name) = "
     "''ada''')",
     wow_explain_run},
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_diagnosis = {"server", functions, tables};
