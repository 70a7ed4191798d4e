/*
** The progress line: rows, bytes and rate of what is under way, on the terminal's standard error.
** It comes after a second; wowsql_config('progress', 0) turns it off. If standard error is not a
** terminal, nothing is shown.
*/
#ifndef WOW_PROGRESS_H
#define WOW_PROGRESS_H

#include <stdbool.h>

#include "base/sqlite.h"

struct wow_connection;

struct wow_progress {
  bool is_on;
  bool is_shown; /* there is a line on the terminal now */
  double begun_ms;
  double shown_ms;
  sqlite3_int64 rows;
  sqlite3_int64 bytes;
};

/* Shows a line, if it is time to. `what` names what travels. */
void wow_progress_show(struct wow_connection *conn, const char *what);
/* Clears the line and starts counting from zero. */
void wow_progress_end(struct wow_connection *conn);

#endif
