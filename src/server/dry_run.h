/*
** A dry run: a statement is run ahead of itself, to see what it will ask for (scan/ahead.h). While
** one is on, no request leaves, and no error is kept.
*/
#ifndef WOW_DRY_RUN_H
#define WOW_DRY_RUN_H

#include <stdbool.h>

#include "base/sqlite.h"

/* Statements for which a dry run is of no use, or not allowed, by a hash of their text. */
#define WOW_MAX_NOT_AHEAD 16

/* wowsql_config('ahead'): WOW_AHEAD_ALWAYS whether it pays or not, so that tests see what it does
** to answers. */
enum wow_ahead { WOW_AHEAD_OFF, WOW_AHEAD_ON, WOW_AHEAD_ALWAYS };

struct wow_dry_run {
  bool is_on;
  int n_noted; /* keys that it has found */
  int max_noted;
  bool is_cut;         /* it did not come to the statement's end, or not by all its rows */
  double n_received;   /* rows of the outermost scan, as far as they are here; 0: there is none */
  double n_receivable; /* and in all; -1: not known */
  double deadline;     /* what the thread may have computed by then, milliseconds (clock.h) */
  sqlite3_uint64 not_ahead[WOW_MAX_NOT_AHEAD];
  int n_not_ahead; /* ever added */
};

#endif
