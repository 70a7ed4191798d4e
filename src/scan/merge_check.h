/*
** Whether rows that are sorted by dates or times as values come in the order of their texts, too.
** They do, but where clocks are put back ("02:30+02:00" is before "02:00+01:00"), before Christ and
** behind the year 9999. Does no I/O.
*/
#ifndef WOW_TEXT_ORDER_H
#define WOW_TEXT_ORDER_H

#include <stdbool.h>

#include "plan/plan.h"
#include "wire/rows.h"

struct wow_text_order {
  const struct wow_plan *plan;
  const struct wow_relation *relation;
  bool is_watched; /* since wow_text_order_watch; only if the plan sorts by dates or times */
  bool has_last;
  struct {
    char *text;
    size_t bytes;
    size_t room;
  } last[WOW_PLAN_ORDER]; /* the order's columns in the row before */
};

/* For rows of a plan, which stays the caller's. Watches nothing yet. */
void wow_text_order_init(struct wow_text_order *order, const struct wow_plan *plan,
                         const struct wow_relation *relation);
/* Rows begin; are they to be watched? */
void wow_text_order_watch(struct wow_text_order *order, bool watch);
/* The next row: its values of the order's columns. *is_kept: a date or a time does not tell it from
** the row before contrary to their texts. SQLITE_OK or SQLITE_NOMEM. */
int wow_text_order_next(struct wow_text_order *order, const struct wow_json_value *const *values,
                        bool *is_kept);
void wow_text_order_reset(struct wow_text_order *order);

#endif
