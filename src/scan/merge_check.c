/*
** The order of texts against SQLite's merges, see merge_check.h.
*/
#include "scan/merge_check.h"

#include <string.h>

#include "base/text.h"

static bool has_other_order(const struct wow_merge_check *check, int i) {
  return wow_type_has_date(&check->relation->columns[check->plan->order[i].column].type);
}

void wow_merge_check_init(struct wow_merge_check *check, const struct wow_plan *plan,
                          const struct wow_relation *relation) {
  wow_merge_check_reset(check);
  check->plan = plan;
  check->relation = relation;
}

void wow_merge_check_watch(struct wow_merge_check *check, bool watch) {
  check->has_last = check->is_watched = false;
  for (int i = 0; watch && i < check->plan->n_order; i++)
    check->is_watched = check->is_watched || has_other_order(check, i);
}

static int keep(struct wow_merge_check *check, int i, const struct wow_json_value *value) {
  if (value->bytes > check->last[i].room) {
    char *text = sqlite3_realloc64(check->last[i].text, 2 * value->bytes);
    if (text == NULL) return SQLITE_NOMEM;
    check->last[i].text = text;
    check->last[i].room = 2 * value->bytes;
  }
  if (value->bytes) memcpy(check->last[i].text, value->text, value->bytes);
  check->last[i].bytes = value->bytes;
  return SQLITE_OK;
}

int wow_merge_check_next(struct wow_merge_check *check, const struct wow_json_value *const *values,
                         bool *is_kept) {
  bool equal = check->has_last;
  *is_kept = true;
  for (int i = 0; i < check->plan->n_order; i++) {
    int difference = equal ? wow_text_compare(check->last[i].text, check->last[i].bytes,
                                              values[i]->text, values[i]->bytes)
                           : 0;
    bool has_null = values[i]->bytes == 0 || check->last[i].bytes == 0;
    if (difference && !has_null && has_other_order(check, i))
      *is_kept = (difference < 0) != check->plan->order[i].descending;
    equal = equal && difference == 0;
    if (keep(check, i, values[i]) != SQLITE_OK) return SQLITE_NOMEM;
  }
  check->has_last = true;
  return SQLITE_OK;
}

void wow_merge_check_reset(struct wow_merge_check *check) {
  for (int i = 0; i < WOW_MAX_ORDER; i++)
    sqlite3_free(check->last[i].text);
  memset(check, 0, sizeof(*check));
}
