/*
** The line of what a statement has cost, see stats.h.
*/
#include "server/stats.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "server/connection.h"
#include "server/run.h"

void wow_stats_begin(struct wow_connection *conn) {
  if (!conn->stats.is_on || conn->stats.begun_ms > 0) return;
  conn->stats.begun_ms = wow_clock_ms();
  memset(&conn->log.traffic, 0, sizeof(conn->log.traffic));
}

static void show(struct wow_connection *conn) {
  const struct wow_log_traffic *sum = &conn->log.traffic;
  bool is_large = sum->bytes >= 1000000;
  double bytes = (double)sum->bytes / (is_large ? 1e6 : 1e3);
  wow_progress_end(conn);
  fprintf(stderr, "wowsql: %lld request%s, %lld row%s, %.1f %s, %.3f s, of which %.3f s waiting\n",
          (long long)sum->requests, sum->requests == 1 ? "" : "s", (long long)sum->rows,
          sum->rows == 1 ? "" : "s", bytes, is_large ? "MB" : "kB",
          (wow_clock_ms() - conn->stats.begun_ms) / 1000, sum->waited_ms / 1000);
  fflush(stderr);
}

void wow_stats_end(struct wow_connection *conn) {
  struct wow_stats *stats = &conn->stats;
  if (stats->begun_ms == 0 || wow_run_has_cursor(conn->runs)) return;
  /* In autocommit it is about to be committed. */
  if (conn->is_writing && sqlite3_get_autocommit(conn->db)) return;
  if (stats->is_on && conn->log.traffic.requests > 0) show(conn);
  stats->begun_ms = 0;
}

static void end_now(void *ctx) {
  struct wow_connection *conn = ctx;
  wow_stats_end(conn);
  wow_connection_release(conn);
}

void wow_stats_end_later(struct wow_connection *conn, sqlite3_context *ctx) {
  if (conn->stats.begun_ms == 0) return;
  if (sqlite3_get_auxdata(ctx, 0) == NULL)
    sqlite3_set_auxdata(ctx, 0, wow_connection_retain(conn), end_now);
}
