/*
** Twins: rows with one key, or none, in a scan that is read in pages by the key. Then the key is
** none: of a table whose children repeat it, or because the user named the wrong columns. It is
** doubted once twins were seen, and from the start if the user named it.
**
** So that none is lost between two pages, a page that goes on begins with the rows of the place it
** goes on from, of which those handed out are passed over; and near the end it is looked for rows
** without a key, which come last.
*/
#ifndef WOW_TWINS_H
#define WOW_TWINS_H

#include "scan/keyset.h"
#include "scan/page.h"
#include "scan/seen.h"

/* Nothing is known where it is all zeros. */
struct wow_twins {
  bool is_doubted;
  bool goes_past;           /* the next page has no row of the last place */
  bool is_near_end;         /* the last page was shorter than asked */
  struct wow_seen seen;     /* rows handed out at the last place */
  sqlite3_int64 n_at_place; /* how many they are; not all of them may have been kept */
  sqlite3_int64 n_passed;   /* rows passed over on this page */
};

/* What the functions below look at: the scan, the place of the row before, and the current row. */
struct wow_twins_view {
  const struct wow_shape *shape;
  const struct wow_keyset *keyset;
  const struct wow_page *page;
};

void wow_twins_start(struct wow_twins *twins, const struct wow_shape *shape);
void wow_twins_reset(struct wow_twins *twins);

/* Which rows by the last place the next page, of `limit` rows (-1: all), is to have: bits of enum
** wow_place_part. Those without a key only where they may come: to look for them costs the server
** the use of an index. */
unsigned wow_twins_part(const struct wow_twins *twins, sqlite3_int64 limit);
/* May there be rows without a key, which a page of this part of the rows does not have? */
bool wow_twins_may_miss(const struct wow_keyset *keyset, unsigned part);
/* A new page begins. */
void wow_twins_turn(struct wow_twins *twins);
/* Is the current row one of those handed out? */
bool wow_twins_skip(struct wow_twins *twins, const struct wow_twins_view *view);
/* Is the current row a twin of the row before, or without a key? */
bool wow_twins_is_one(const struct wow_twins_view *view);
/* Notes that rows are twins. An error where the statement is sorted by what may now be NULL. */
int wow_twins_doubt(struct wow_twins *twins, const struct wow_twins_view *view,
                    struct wow_error *err);
/* Notes that the current row is handed out, before its place is kept. With `keep`, so that it can
** be passed over although the key is not doubted yet. SQLITE_OK or SQLITE_NOMEM. */
int wow_twins_hand_out(struct wow_twins *twins, const struct wow_twins_view *view, bool keep);
/* Does the place of the last row, or an offset, tell which rows are still to come? Else an error.
 */
int wow_twins_check_place(const struct wow_twins *twins, const struct wow_twins_view *view,
                          bool by_offset, struct wow_error *err);
/* Had the page, which was to have more, only rows that were passed over, though the server was
** asked for those without a key, too? */
bool wow_twins_has_passed_all(const struct wow_twins *twins, const struct wow_page *page);
/* The error that says what is wrong with the key. */
int wow_twins_fail(const struct wow_twins_view *view, struct wow_error *err);

#endif
