/*
** Ties: without a key, pages by offset have a total order only if rows that are one in it look the
** same. Values may be one in order and look different: 'a' and 'A' of citext or under a
** nondeterministic collation, '1 mon' and '30 days', 1.0 and 1.00 within jsonb or an array; and
** types like json have no order at all. If a page ends among such rows, they may have changed
** places when the next one is asked for. So that one begins with the first of them, and those that
** were handed out are passed over. If they are too many for a response, it cannot be known which
** are still to come, and that is an error.
*/
#ifndef WOW_TIE_H
#define WOW_TIE_H

#include <stdbool.h>

#include "base/error.h"
#include "scan/page_request.h"
#include "scan/seen.h"
#include "wire/rows.h"

/* The last rows that may be one in order. Nothing is known where it is all zeros. */
struct wow_tie {
  const struct wow_shape *shape; /* whose rows these are; not owned */
  bool is_begun;
  bool is_exact;        /* what is one in order looks the same: there is nothing to do */
  bool is_plain;        /* these do */
  sqlite3_uint64 hash;  /* of them, by what may be one in order */
  struct wow_seen seen; /* those handed out */
  sqlite3_int64 n_here; /* how many of them this response has */
  bool has_new;         /* it had a row that was not passed over */
  bool is_past;         /* it was asked for what comes after them */
};

void wow_tie_reset(struct wow_tie *tie);

/* Chooses the columns that tell rows apart which may be one by the selected ones: all others that
** have an order and may be read, if there can be such rows. sqlite3_free them. SQLITE_OK or
** SQLITE_NOMEM. */
int wow_tie_choose(const struct wow_shape *shape, int **columns, int *n);

/* Rows are going to be read by offset. Asks the server what it does not know of the collations;
** where columns are not needed to tell rows apart, shape->n_telling is 0 then. */
int wow_tie_begin(struct wow_tie *tie, struct wow_shape *shape, struct wow_error *err);

/* Takes the current row; `begins_page`: it is the first one of a response. *is_again: it was handed
** out already. An error where it cannot be known in which order the server has the rows. */
int wow_tie_next(struct wow_tie *tie, const struct wow_rows *rows, bool begins_page, bool *is_again,
                 struct wow_error *err);

/* A response has been read to its end: how many rows before that the next one is to begin. Less
** than 0: after. */
sqlite3_int64 wow_tie_turn(struct wow_tie *tie);

#endif
