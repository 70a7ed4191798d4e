/*
** What a statement has cost: one line on standard error after each statement that has sent
** requests. wowsql_config('stats', 1) turns it on.
**
** SQLite does not say that a statement ends. But it closes the statement's cursors then, and
** forgets what functions keep for it; whatever writes ends with its commit, or its savepoint. Where
** a statement leaves several such marks the first one after its last request gives the line. So a
** trigger that reads remote tables has a line for each time it fires, and a function whose first
** argument is not constant one for each call.
*/
#ifndef WOW_STATS_H
#define WOW_STATS_H

#include <stdbool.h>

#include "base/sqlite.h"

struct wow_connection;

struct wow_stats {
  bool is_on;
  /* When the first cursor was opened, or request sent, after the last line; 0: neither was. */
  double begun_ms;
};

/* A statement goes to the server, or is about to. */
void wow_stats_begin(struct wow_connection *conn);

/* A statement ends, perhaps: shows the line, unless nothing was sent since the last one, cursors of
** the statement are open, or its commit is still to come. */
void wow_stats_end(struct wow_connection *conn);

/* The same when the statement ends that calls this function. */
void wow_stats_end_later(struct wow_connection *conn, sqlite3_context *ctx);

#endif
