/*
** What the files of pages share: pages.c asks for them and steps through them, places.c knows whether
** rows may come again or be missing, recover.c what to do after a failure.
*/
#ifndef WOW_PAGES_PRIVATE_H
#define WOW_PAGES_PRIVATE_H

#include "scan/page.h"
#include "scan/pages.h"
#include "scan/seen.h"
#include "scan/tie.h"

struct wow_pages {
  struct wow_shape shape;
  struct wow_meter meter;
  struct wow_page pages[2];
  struct wow_page *current;
  struct wow_page *next; /* in flight; NULL: not asked for */
  struct wow_where where;
  sqlite3_int64 first_rows;
  sqlite3_int64 max_rows;
  sqlite3_int64 delivered;   /* rows stepped to since the start */
  sqlite3_int64 offset;      /* rows of this response and of those before it in the same order */
  sqlite3_int64 page_rows;   /* the size of the page to come */
  double row_bytes;          /* seen on the last page; 0: none yet */
  sqlite3_int64 short_page;  /* the rows of a page that was shorter than asked; -1: it was not */
  sqlite3_int64 total;       /* the rows that there are, as counted by the server; -1: not known */
  sqlite3_int64 n_grouped;   /* rows of the groups of all pages so far */
  sqlite3_int64 most_rows;   /* of a page, since the server ended a longer one; 0: no limit */
  struct wow_tie tie;        /* by offset, without a key */
  sqlite3_uint64 first_hash; /* of the first row of all */
  int failures;              /* broken responses since the last progress */
  sqlite3_int64 failed_at;   /* rows stepped to when the last response broke */
  bool is_single; /* one row at most is expected: it is asked for without order and limit */
  bool is_started;
  bool is_held;   /* see wow_pages_hold */
  bool is_shrunk; /* the next page is not to be larger than page_rows */
  bool is_few;    /* see wow_pages_expect_few */
  bool is_done;
  bool is_cut;    /* see wow_pages_is_cut */
  bool by_offset; /* pages are continued by offset: no key, or one that cannot be compared */
  struct wow_keyset keyset; /* the place of the last row */
  /* Of an unordered, limited response of a relation without a key: all rows handed out, which are
  ** passed over when the scan goes on. With a key that may be none: those at the last place. */
  struct wow_seen seen;
  sqlite3_int64 n_at_place; /* rows handed out at the last place; more than one: no key */
  bool is_doubted;          /* the key may be none, see note_place */
  sqlite3_int64 n_passed;   /* rows passed over on this page */
  bool goes_past;           /* the next page has no row of the last place, in spite of that */
  bool is_skipping;
};

/* Asks again for what comes after the last row; the error is forgotten. */
int wow_pages_ask_again(struct wow_pages *pages, struct wow_error *err);

#endif
