/*
** Budgets, see budget.h.
*/
#include "server/budget.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "server/connection.h"
#include "server/server.h"

/* What an option limits. */
struct budget {
  const char *option;
  const char *unit;
  sqlite3_int64 max; /* 0: no limit */
};

static int fail_over(const struct wow_server *server, const struct budget *budget,
                     struct wow_error *err) {
  char *hint = sqlite3_mprintf("option %s of server '%s' sets the limit; 0 removes it",
                               budget->option, server->options.name);
  int rc = wow_error_hint(err, SQLITE_ERROR, NULL, hint ? hint : budget->option,
                          "the statement was stopped at its budget of %lld %s", budget->max,
                          budget->unit);
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
  oldest->begun_ms = wow_clock_ms();
  return oldest;
}

double wow_budget_deadline_ms(const struct wow_server *server, const struct wow_spent *spent) {
  sqlite3_int64 seconds = server->options.statement_max_seconds;
  return seconds > 0 ? spent->begun_ms + 1000.0 * (double)seconds : 0;
}

static int check_time(const struct wow_server *server, const struct wow_spent *spent,
                      struct wow_error *err) {
  struct budget seconds = {"statement_max_seconds", "seconds",
                           server->options.statement_max_seconds};
  bool is_over = seconds.max > 0 && wow_clock_ms() > wow_budget_deadline_ms(server, spent);
  return is_over ? fail_over(server, &seconds, err) : SQLITE_OK;
}

int wow_budget_check(const struct wow_server *server, const struct wow_spent *spent,
                     struct wow_error *err) {
  const struct wow_options *options = &server->options;
  struct budget rows = {"statement_max_rows", "rows", options->statement_max_rows};
  struct budget bytes = {"statement_max_bytes", "bytes", options->statement_max_bytes};
  if (rows.max > 0 && spent->rows > rows.max) return fail_over(server, &rows, err);
  if (bytes.max > 0 && spent->bytes > bytes.max) return fail_over(server, &bytes, err);
  return check_time(server, spent, err);
}

int wow_budget_spend_request(struct wow_server *server, struct wow_spent *spent,
                             struct wow_error *err) {
  struct budget requests = {"statement_max_requests", "requests",
                            server->options.statement_max_requests};
  if (requests.max > 0 && spent->requests >= requests.max) return fail_over(server, &requests, err);
  spent->requests++;
  return check_time(server, spent, err);
}
