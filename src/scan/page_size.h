/*
** How many rows a page asks for: few at first, more with each page, and never more than the bytes,
** the options, the server's cap or its patience (statement_timeout) allow.
*/
#ifndef WOW_SCAN_PAGE_SIZE_H
#define WOW_SCAN_PAGE_SIZE_H

#include <stdbool.h>

#include "base/sqlite.h"
#include "scan/target.h"

struct wow_page_size {
  const struct wow_target *target; /* not owned */
  sqlite3_int64 rows;              /* of the page to come, before other limits */
  sqlite3_int64 most_rows;         /* of a page, since the server ended a longer one; 0: no limit */
  double row_bytes;                /* seen on the last page; 0: none yet */
  double page_ms;                  /* what the server took for it */
  sqlite3_int64 short_page; /* the rows of a page that was shorter than asked; -1: it was not */
  bool is_shrunk;           /* the next page is not to be larger than `rows` */
};

/* Begins a scan whose first page has `first_rows` rows; -1: as many as usual. */
void wow_page_size_start(struct wow_page_size *size, const struct wow_target *target,
                         sqlite3_int64 first_rows);

/* The rows to ask for, at least 1. */
sqlite3_int64 wow_page_size_next(const struct wow_page_size *size);

/* The page after a page that went well. */
void wow_page_size_grow(struct wow_page_size *size);

/* A page of `rows` rows had `bytes` bytes, and the first of them came after `ms` milliseconds. */
void wow_page_size_saw(struct wow_page_size *size, sqlite3_int64 rows, sqlite3_int64 bytes,
                       double ms);

/* Notes for the server where it cuts: two pages in a row are equally shorter than asked. */
void wow_page_size_learn(struct wow_page_size *size, sqlite3_int64 got, sqlite3_int64 asked);

/* A request for `asked` rows (-1: for all) took the server too long. */
void wow_page_size_shrink(struct wow_page_size *size, sqlite3_int64 asked);

#endif
