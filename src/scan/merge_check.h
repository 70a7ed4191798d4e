/*
** Whether rows that are sorted by dates or times as values come in the order of their texts, too.
** They do, except where clocks are put back ("02:30+02:00" is before "02:00+01:00"), before Christ,
** and after the year 9999. SQLite merges sorted rows by their texts. Does no I/O.
*/
#ifndef WOW_MERGE_CHECK_H
#define WOW_MERGE_CHECK_H

#include <stdbool.h>

#include "plan/plan.h"
#include "wire/rows.h"

struct wow_merge_check {
  const struct wow_plan *plan;
  const struct wow_relation *relation;
  bool is_watched; /* since wow_merge_check_watch; only if the plan sorts by dates or times */
  bool has_last;
  struct {
    char *text;
    size_t bytes;
    size_t room;
  } last[WOW_MAX_ORDER]; /* the order's columns in the row before */
};

/* For rows of a plan, which stays the caller's. Watches nothing yet. */
void wow_merge_check_init(struct wow_merge_check *check, const struct wow_plan *plan,
                          const struct wow_relation *relation);
/* A new run of the plan begins; is it to be watched? */
void wow_merge_check_watch(struct wow_merge_check *check, bool watch);
/* The next row: its values of the order's columns. *is_kept: a date or a time does not put it the
** other way round than their texts do. SQLITE_OK or SQLITE_NOMEM. */
int wow_merge_check_next(struct wow_merge_check *check, const struct wow_json_value *const *values,
                         bool *is_kept);
void wow_merge_check_reset(struct wow_merge_check *check);

#endif
