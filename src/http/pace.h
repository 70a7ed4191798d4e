/*
** How fast a server is, from here: what a round trip takes, and what comes in a second. Learned
** from the requests as they are made. Does no I/O.
**
** Both are the best that was seen of late: whatever else a request waits for (a server that
** computes, a busy machine, an application that does not read on) makes it slower, never faster.
*/
#ifndef WOW_PACE_H
#define WOW_PACE_H

#include <stdbool.h>

#include "base/sqlite.h"

/* The least of the values seen in the last one or two periods (WOW_PACE_MS); 0: none. */
struct wow_least {
  double now;      /* of this period */
  double before;   /* of the one before it */
  double since_ms; /* when this one began, by the caller's clock */
};

/* Nothing is known where it is all zeros. */
struct wow_pace {
  struct wow_least round_trip_ms;
  struct wow_least row_ms;
  struct wow_least byte_ms;
  int n_seen; /* round trips */
};

/* One response that was complete. */
struct wow_pace_sample {
  double at_ms;    /* when it ended, by a clock that is never set back */
  double ttfb_ms;  /* to its first byte */
  double total_ms; /* to its last byte */
  sqlite3_int64 bytes;
  sqlite3_int64 rows; /* -1: not known */
};

void wow_pace_saw(struct wow_pace *pace, const struct wow_pace_sample *sample);

/* 0: not known. */
double wow_pace_round_trip_ms(const struct wow_pace *pace);
double wow_pace_rows_per_s(const struct wow_pace *pace);
double wow_pace_bytes_per_s(const struct wow_pace *pace);

/* Is it known to be at a distance? What is asked for depends on what was measured only then, and
** not on how busy a machine is. */
bool wow_pace_is_far(const struct wow_pace *pace);

/* How many rows could travel in the time of a round trip: at a distance WOW_ROWS_PER_REQUEST to
** WOW_MAX_ROWS_PER_REQUEST, otherwise the former. */
double wow_pace_rows_per_request(const struct wow_pace *pace);

#endif
