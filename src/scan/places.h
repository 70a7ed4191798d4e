/*
** Rows, their places, and whether they come twice: a key may be none, a server may not look at what it
** is asked, and without a key rows that were handed out come again.
*/
#ifndef WOW_PLACES_H
#define WOW_PLACES_H

#include "scan/pages_private.h"

/* Of the current row. */
sqlite3_uint64 wow_places_hash(const struct wow_pages *pages);
/* Is the first row of a page not that of the scan? Otherwise an error. */
int wow_places_check_progress(struct wow_pages *pages, struct wow_error *err);
/* By offset and without a key: does the order tell the first row of a page from the last one of the
** page before? Otherwise an error: they may have changed places in between. */
int wow_places_check_tie(struct wow_pages *pages, struct wow_error *err);
/* Rows handed out may come again. */
void wow_places_meet_again(struct wow_pages *pages);
/* Was a row like the current one handed out before? Each counts once. */
bool wow_places_skip_seen(struct wow_pages *pages);
/* The key is none, and it is too late to do without it. */
int wow_places_fail_key(const struct wow_pages *pages, struct wow_error *err);
/* Notes the current row, whose place is not kept yet. */
int wow_places_note(struct wow_pages *pages, struct wow_error *err);
/* Does the last place, or the offset, tell which rows are still to come? */
bool wow_places_can_continue(const struct wow_pages *pages);
/* Checks a page that began with the rows of the last place. */
int wow_places_look_past(struct wow_pages *pages, struct wow_error *err);

#endif
