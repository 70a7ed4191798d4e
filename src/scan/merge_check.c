/*
** The order of texts, see text_order.h.
*/
#include "scan/merge_check.h"

#include <string.h>

#include "types/constant.h"
#include "types/value.h"

static bool has_other_order(const struct wow_text_order *order, int i) {
  enum wow_family family = order->relation->columns[order->plan->order[i].column].type.family;
  return family == WOW_DATE || family == WOW_TIMESTAMP || family == WOW_TIMESTAMPTZ;
}

void wow_text_order_init(struct wow_text_order *order, const struct wow_plan *plan,
                         const struct wow_relation *relation) {
  wow_text_order_reset(order);
  order->plan = plan;
  order->relation = relation;
}

void wow_text_order_watch(struct wow_text_order *order, bool watch) {
  order->has_last = order->is_watched = false;
  for (int i = 0; watch && i < order->plan->n_order; i++)
    order->is_watched = order->is_watched || has_other_order(order, i);
}

/* As memcmp, for texts of which one may be the beginning of the other. */
static int compare(const struct wow_text_order *order, int i, const struct wow_json_value *value) {
  size_t bytes = order->last[i].bytes;
  size_t n = bytes < value->bytes ? bytes : value->bytes;
  int difference = n ? memcmp(order->last[i].text, value->text, n) : 0;
  if (difference) return difference;
  return bytes < value->bytes ? -1 : bytes > value->bytes;
}

static int keep(struct wow_text_order *order, int i, const struct wow_json_value *value) {
  if (value->bytes > order->last[i].room) {
    char *text = sqlite3_realloc64(order->last[i].text, 2 * value->bytes);
    if (text == NULL) return SQLITE_NOMEM;
    order->last[i].text = text;
    order->last[i].room = 2 * value->bytes;
  }
  if (value->bytes) memcpy(order->last[i].text, value->text, value->bytes);
  order->last[i].bytes = value->bytes;
  return SQLITE_OK;
}

int wow_text_order_next(struct wow_text_order *order, const struct wow_json_value *const *values,
                        bool *is_kept) {
  bool equal = order->has_last;
  *is_kept = true;
  for (int i = 0; i < order->plan->n_order; i++) {
    int difference = equal ? compare(order, i, values[i]) : 0;
    bool has_null = values[i]->bytes == 0 || order->last[i].bytes == 0;
    if (difference && !has_null && has_other_order(order, i))
      *is_kept = (difference < 0) != order->plan->order[i].descending;
    equal = equal && difference == 0;
    if (keep(order, i, values[i]) != SQLITE_OK) return SQLITE_NOMEM;
  }
  order->has_last = true;
  return SQLITE_OK;
}

void wow_text_order_reset(struct wow_text_order *order) {
  for (int i = 0; i < WOW_PLAN_ORDER; i++)
    sqlite3_free(order->last[i].text);
  memset(order, 0, sizeof(*order));
}
