/*
** What a scan knows, and stepping it, whatever its rows come from. Shared by scan.c, strategy.c and
** source.c only.
*/
#ifndef WOW_SOURCE_H
#define WOW_SOURCE_H

#include "base/number_map.h"
#include "plan/bind.h"
#include "scan/bracket_scan.h"
#include "scan/bytecode.h"
#include "scan/lookup.h"
#include "scan/merge_check.h"
#include "scan/pages.h"
#include "scan/tally.h"

/* What the scan is on; see the diagram in scan.h. */
enum wow_scan_state {
  WOW_SCAN_END,
  WOW_SCAN_ROWS,       /* a row of `pages` */
  WOW_SCAN_RECEIVED,   /* a row of `received`, in a dry run */
  WOW_SCAN_REMEMBERED, /* a row of `remembered` */
  WOW_SCAN_GROUPED,    /* a row of `tally` */
  WOW_SCAN_AGGREGATE,  /* a row of `brackets` */
  WOW_SCAN_COUNTED     /* an empty row; `counted` more follow, this one included */
};

/* What comes after the rows remembered of a lookup. */
enum wow_scan_remaining {
  WOW_REMAINING_NONE,    /* nothing: they are all */
  WOW_REMAINING_FOLLOWS, /* `pages` is right after them */
  WOW_REMAINING_AGAIN    /* they are to be asked for, and then remembered, too */
};

struct wow_scan {
  struct wow_scan *next_open; /* see target.scans */
  bool is_dry;                /* it was opened in a dry run */
  sqlite3_uint64 run;         /* in which it was opened */
  struct wow_target target;   /* its server is retained while a plan is adopted */
  struct wow_server *home;    /* retained along with target.session, which it is the server of */
  struct wow_plan plan;       /* plan.text NULL: none yet */
  int plan_number;
  struct wow_plan_columns columns;
  int *members;    /* for each column its place in `columns.select`; -1: not fetched */
  int other_bytes; /* length of a request without its conditions, for cutting lists */
  struct wow_binding binding;
  struct wow_where where; /* what `pages` or `tally` is asked for */
  /* Where the scan went on as groups, and where it went back to rows: borrowed by `where`. */
  struct wow_keyset grouped_from;
  struct wow_keyset ungrouped_from;
  unsigned ungrouped_part; /* which rows by that: bits of enum wow_place_part */
  struct wow_pages *pages;
  struct wow_rows *received;         /* what another cursor has received of its page */
  struct wow_bracket_scan *brackets; /* NULL: the plan has no bracketed aggregates */
  struct wow_usage usage;            /* of this plan */
  bool has_usage;                    /* the statement was looked at */
  struct wow_tally *tally;    /* NULL: not made yet, or the rows cannot be asked for in groups */
  bool has_tally;             /* it was tried */
  bool may_group;             /* they may, this time */
  struct wow_row_cache *seen; /* values of cut lists, and the window that had them */
  struct wow_row_cache_cursor remembered;
  enum wow_scan_remaining remaining;
  sqlite3_int64 n_remembered; /* rows stepped to in `remembered` */
  enum wow_scan_state state;
  struct wow_number_map numbered; /* rows alike that have a rowid, see identity.c */
  sqlite3_int64 rowid;            /* of the current row, once it was asked for: has_rowid */
  bool has_rowid;
  bool is_lookup;
  bool has_read;   /* a value or the identity of a row was asked for */
  bool must_fetch; /* a counted row of this plan was asked for a value before */
  bool can_count;  /* the server's count of the rows is the number that SQLite will see */
  sqlite3_int64 counted;
  sqlite3_int64 passed; /* empty rows handed out before the current one */
  struct wow_merge_check merge_check;
};

/* Makes `pages` ready for the present windows of the lists. */
int wow_source_start_window(struct wow_scan *scan, struct wow_error *err);
/* Steps to the next row of `pages` that satisfies what is compared here, window after window. */
int wow_source_next_row(struct wow_scan *scan, struct wow_error *err);
/* Steps to the next row, whatever the scan is on. */
int wow_source_next(struct wow_scan *scan, struct wow_error *err);

/* In a dry run: steps through what a cursor of the statement itself, with the same plan and values,
** has received of its present page. *is_started: there is such a cursor. */
int wow_source_start_received(struct wow_scan *scan, bool *is_started, struct wow_error *err);

/* Starts a lookup. *is_started: the scan is on its first row; otherwise it is an ordinary scan. */
int wow_source_start_lookup(struct wow_scan *scan, bool *is_started, struct wow_error *err);
/* Asks for the number of the rows that follow, and is on the first of as many empty rows. */
int wow_source_start_count(struct wow_scan *scan, struct wow_error *err);
/* Asks for groups. *refused: the server does not compute aggregates. */
int wow_source_start_groups(struct wow_scan *scan, bool *refused, struct wow_error *err);
/* The scan is to be on a row whose values can be read: a counted or grouped one that was asked for
** a value which it does not have is replaced. */
int wow_source_fetch_counted(struct wow_scan *scan, struct wow_error *err);
int wow_source_ungroup(struct wow_scan *scan, struct wow_error *err);
/* No more groups this time. */
void wow_source_forgo_groups(struct wow_scan *scan);

/* The decoded value of a member of the current row. */
const struct wow_json_value *wow_source_value(const struct wow_scan *scan, int member);

#endif
