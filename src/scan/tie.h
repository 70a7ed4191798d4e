/*
** Ties: without a key, pages by offset have a total order only if rows that are one in it look the
** same. Values may be one in order and look different: 'a' and 'A' of citext or under a
** nondeterministic collation, '1 mon' and '30 days', 1.0 and 1.00 within jsonb or an array; and types
** like json have no order at all. If a page ends among such rows, they may have changed places when the
** next one is asked for.
*/
#ifndef WOW_TIE_H
#define WOW_TIE_H

#include <stdbool.h>

#include "base/error.h"
#include "scan/page_request.h"
#include "wire/rows.h"

/* The rows up to the current one that may be one in order. */
struct wow_tie {
  sqlite3_uint64 hash; /* by what may be one in order; */
  sqlite3_uint64 row;  /* by how the first of them looks */
  bool is_begun;
  bool is_mixed; /* they do not all look the same */
  bool spans_pages;
  bool has_strict_text; /* the server was asked: texts that look different are not one */
  char **texts;         /* of the first of them, for each selected column; NULL: no text */
  int n_texts;
};

void wow_tie_reset(struct wow_tie *tie);

/* Takes the current row; `begins_page`: it is the first one of a page, though not of all. An error
** where it cannot be known in which order the server has them. */
int wow_tie_next(struct wow_tie *tie, const struct wow_shape *shape, const struct wow_rows *rows,
                 bool begins_page, struct wow_error *err);

#endif
