/*
** The progress line, see progress.h.
*/
#include "server/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "server/connection.h"

void wow_progress_show(struct wow_connection *conn, const char *what) {
  struct wow_progress *progress = &conn->progress;
  if (!progress->is_on) return;
  double now = wow_clock_ms();
  if (progress->begun_ms == 0) progress->begun_ms = now;
  double pause = progress->is_shown ? WOW_PROGRESS_MS : WOW_PROGRESS_AFTER_MS;
  double since = progress->is_shown ? progress->shown_ms : progress->begun_ms;
  if (now - since < pause || !isatty(STDERR_FILENO)) return;
  double seconds = (now - progress->begun_ms) / 1000, megabytes = (double)progress->bytes / 1e6;
  fprintf(stderr, "\r\033[K%.60s: ", what);
  if (progress->rows) fprintf(stderr, "%lld rows, ", (long long)progress->rows);
  fprintf(stderr, "%.1f MB, %.1f MB/s", megabytes, megabytes / seconds);
  fflush(stderr);
  progress->shown_ms = now;
  progress->is_shown = true;
}

void wow_progress_end(struct wow_connection *conn) {
  struct wow_progress *progress = &conn->progress;
  if (progress->is_shown) {
    fputs("\r\033[K", stderr);
    fflush(stderr);
  }
  progress->is_shown = false;
  progress->begun_ms = 0;
  progress->rows = progress->bytes = 0;
}
