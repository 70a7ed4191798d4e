/*
** Budgets: the options statement_max_rows, statement_max_bytes, statement_max_requests and
** statement_max_seconds, and what each run of statements (see run.h) has used of them at a server.
** Its time begins with its first request; http/transfer.c looks at it while it waits.
*/
#ifndef WOW_BUDGET_H
#define WOW_BUDGET_H

#include "base/error.h"
#include "base/sqlite.h"

struct wow_connection;
struct wow_server;

struct wow_spent {
  sqlite3_uint64 run; /* whose it is; 0: nobody's */
  sqlite3_int64 rows;
  sqlite3_int64 bytes;
  sqlite3_int64 requests;
  double begun_ms;
};

/* Where the current run counts what it uses of the server. It stays the run's as long as `run` is
** the same, and lives as long as the server. */
struct wow_spent *wow_budget_spent(struct wow_connection *conn, struct wow_server *server);

/* When its time is over (wow_clock_ms); 0: never. */
double wow_budget_deadline_ms(const struct wow_server *server, const struct wow_spent *spent);

/* Are these more rows, bytes or seconds than the options allow? Then SQLITE_ERROR, and the error
** names the option. */
int wow_budget_check(const struct wow_server *server, const struct wow_spent *spent,
                     struct wow_error *err);

/* Counts a request, or says that the options allow no more. */
int wow_budget_spend_request(struct wow_server *server, struct wow_spent *spent,
                             struct wow_error *err);

#endif
