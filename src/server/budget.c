/*
** Budgets, see budget.h.
*/
#include "server/budget.h"

#include <string.h>

#include "server/connection.h"
#include "server/server.h"

static int over_budget(const struct wow_server *server, const char *option, sqlite3_int64 most,
                       const char *unit, struct wow_error *err) {
  char *hint = sqlite3_mprintf("option %s of server '%s' allows no more; 0 lifts it", option,
                               server->options.name);
  int rc = wow_error_hint(err, SQLITE_ERROR, NULL, hint ? hint : option,
                          "the statement was stopped at its budget of %lld %s", most, unit);
  sqlite3_free(hint);
  return rc;
}

struct wow_spent *wow_budget_spent(struct wow_connection *conn, struct wow_server *server) {
  sqlite3_uint64 run = wow_run_current(conn->runs);
  struct wow_spent *oldest = &server->spent[0];
  for (int i = 0; i < WOW_MAX_RUNS; i++) {
    struct wow_spent *spent = &server->spent[i];
    if (spent->run == run) return spent;
    if (wow_run_is_over(conn->runs, spent->run)) spent->run = 0;
    if (spent->run < oldest->run) oldest = spent;
  }
  memset(oldest, 0, sizeof(*oldest));
  oldest->run = run;
  return oldest;
}

int wow_budget_check(const struct wow_server *server, const struct wow_spent *spent,
                     struct wow_error *err) {
  if (server->options.statement_max_rows > 0 && spent->rows > server->options.statement_max_rows) {
    return over_budget(server, "statement_max_rows", server->options.statement_max_rows, "rows",
                       err);
  }
  if (server->options.statement_max_bytes > 0 &&
      spent->bytes > server->options.statement_max_bytes) {
    return over_budget(server, "statement_max_bytes", server->options.statement_max_bytes, "bytes",
                       err);
  }
  return SQLITE_OK;
}

int wow_budget_spend_request(struct wow_connection *conn, struct wow_server *server,
                             struct wow_spent *spent, struct wow_error *err) {
  if (spent == NULL) spent = wow_budget_spent(conn, server);
  if (server->options.statement_max_requests > 0 &&
      spent->requests >= server->options.statement_max_requests) {
    return over_budget(server, "statement_max_requests", server->options.statement_max_requests,
                       "requests", err);
  }
  spent->requests++;
  return SQLITE_OK;
}
