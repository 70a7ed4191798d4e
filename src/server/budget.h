/* What runs of statements have used of a server, and the budgets statement_max_... */
#ifndef WOW_BUDGET_H
#define WOW_BUDGET_H

#include "base/error.h"
#include "base/sqlite.h"

struct wow_connection;
struct wow_server;

/* What one run of statements (see statement.h) has used of the budgets statement_max_... */
struct wow_spent {
  sqlite3_uint64 run; /* 0: none yet */
  sqlite3_int64 rows;
  sqlite3_int64 bytes;
  sqlite3_int64 requests;
};

/* Where the statements that are running now count what they use of the server. It stays theirs as
** long as `run` is the same, and lives as long as the server. */
struct wow_spent *wow_budget_spent(struct wow_connection *conn, struct wow_server *server);
/* Are these more rows or bytes than the budgets allow? Then SQLITE_ERROR, and the error names the
** limit. */
int wow_budget_check(const struct wow_server *server, const struct wow_spent *spent,
                     struct wow_error *err);

int wow_budget_spend_request(struct wow_connection *conn, struct wow_server *server,
                             struct wow_spent *spent, struct wow_error *err);

/* Names that callers outside of this folder still use. */
#define wow_server_spent wow_budget_spent
#define wow_server_check_budget wow_budget_check

#endif
