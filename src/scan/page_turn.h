/*
** The state of a scan's pages (pages.c), and the turn from one page to the next: which page is
** asked for, what its length says, and what can be done when it fails. For pages.c only.
*/
#ifndef WOW_PAGE_TURN_H
#define WOW_PAGE_TURN_H

#include "scan/page.h"
#include "scan/page_size.h"
#include "scan/tie.h"
#include "scan/twins.h"

struct wow_pages {
  struct wow_shape shape;
  struct wow_meter meter;
  struct wow_page pages[2];
  struct wow_page *current;
  struct wow_page *next; /* in flight; NULL: not asked for */
  struct wow_page_size size;
  struct wow_where where;
  sqlite3_int64 first_rows;
  sqlite3_int64 max_rows;
  sqlite3_int64 delivered;   /* rows stepped to since the start */
  sqlite3_int64 offset;      /* rows of this response and of those before it in the same order */
  sqlite3_int64 total;       /* the rows that there are, as counted by the server; -1: not known */
  sqlite3_uint64 first_hash; /* of the first row of all */
  int failures;              /* broken responses since the last progress */
  sqlite3_int64 failed_at;   /* rows stepped to when the last response broke */
  bool is_single; /* one row at most is expected: it is asked for without order and limit */
  bool is_started;
  bool is_held; /* see wow_pages_hold */
  bool is_few;  /* see wow_pages_expect_few */
  bool is_done;
  bool is_cut;      /* see wow_pages_is_cut */
  bool by_offset;   /* pages are continued by offset: no key, or one that cannot be compared */
  bool heeds_limit; /* the server looks at what it is asked: it was seen to */
  struct wow_keyset keyset; /* the place of the last row */
  struct wow_twins twins;   /* rows with one key */
  struct wow_tie tie;       /* by offset, without a key */
  int *telling;             /* see wow_shape */
  /* Rows handed out of an unordered, limited response of a relation without a key. */
  struct wow_seen seen;
  bool is_skipping;
};

/* Is there a key that rows could have in common, or lack (twins.h)? Groups have none. */
bool wow_page_turn_has_key(const struct wow_pages *pages);
struct wow_twins_view wow_page_turn_twins(const struct wow_pages *pages);
/* What the condition that says a place may take of a request. */
sqlite3_int64 wow_page_turn_place_bytes(const struct wow_pages *pages);
/* A request for a part (bits of enum wow_place_part) of the rows by the last row's place; before
** the first row, for all. */
struct wow_page_request wow_page_turn_request(const struct wow_pages *pages, unsigned part);

/* Asks for the first page. */
int wow_page_turn_first(struct wow_pages *pages, struct wow_error *err);
/* Compares the number of rows of a response with those that there are, before the first is handed
** out. Of groups it shows after the last one. */
int wow_page_turn_check_count(struct wow_pages *pages, struct wow_error *err);
/* While this page is read, the next one comes: as soon as this one has arrived whole and its last
** row can be seen. */
int wow_page_turn_prefetch(struct wow_pages *pages, struct wow_error *err);
/* The current page was read to its end: goes on to the next one, or sets is_done. */
int wow_page_turn_next(struct wow_pages *pages, struct wow_error *err);
/* The current page has failed with `rc`: asks again, in another way if need be. Returns `rc` if
** nothing can be done. */
int wow_page_turn_recover(struct wow_pages *pages, int rc, struct wow_error *err);

#endif
