/*
** A scan: one cursor's way through the rows that a plan asks for. Knows the ways to get them: from
** pages, from what lookups remember, in groups, as a mere number of rows whose values nobody reads,
** and in several requests where an IN list is long.
**
** What a scan is on, and where it goes from there (source.c steps, strategy.c decides):
**
**           start ──┬──────────► AGGREGATE ────────────────────────────────┐   bracketed aggregates
**                   ├──────────► REMEMBERED ──(more than remembered)──┐    │   a lookup
**                   ├──────────► COUNTED ──(a value is read)──────────┤    │   only a number is
** wanted
**                   ├──────────► GROUPED ──(small, or not grouped)──► ROWS ┤
**                   └──────────► ROWS ──(few different values)──► GROUPED  ├──► END
**                                  └───(a page that nobody read)► COUNTED ─┘
**
** Any state goes to END after its last row; an error leaves it in END, too.
*/
#ifndef WOW_SCAN_H
#define WOW_SCAN_H

#include <stdbool.h>

#include "base/error.h"
#include "base/json.h"
#include "scan/target.h"

struct wow_scan;

/* NULL: no memory. `target` is copied, what it points to stays the caller's. */
struct wow_scan *wow_scan_new(const struct wow_target *target);
void wow_scan_free(struct wow_scan *scan);

/* What xFilter is called with. */
struct wow_scan_call {
  const char *plan; /* what xBestIndex made */
  int plan_number;
  int argc;
  sqlite3_value **argv;
};

/* Begins again. Is on the first row afterwards, or at the end. */
int wow_scan_start(struct wow_scan *scan, const struct wow_scan_call *call, struct wow_error *err);

int wow_scan_next(struct wow_scan *scan, struct wow_error *err);
bool wow_scan_eof(const struct wow_scan *scan);

/* Gives SQLite the value of a column of the current row. */
int wow_scan_column(struct wow_scan *scan, sqlite3_context *ctx, int column, struct wow_error *err);

/* The current row's identity: the integer key, or a number made from the key. */
int wow_scan_rowid(struct wow_scan *scan, sqlite3_int64 *rowid, struct wow_error *err);

/* The value of the key's i-th column in the current row, whose rowid has been asked for. */
const struct wow_json_value *wow_scan_key_value(const struct wow_scan *scan, int i);

/* Are its rows groups, of bracketed aggregates? */
bool wow_scan_is_grouped(const struct wow_scan *scan);

#endif
