/*
** Rows with one key, see twins.h.
*/
#include "scan/twins.h"

#include <string.h>

int wow_twins_fail(const struct wow_twins_view *view, struct wow_error *err) {
  return wow_error_hint(err, SQLITE_ERROR, view->shape->target->relation->name,
                        "CREATE VIRTUAL TABLE ... USING wowsql(..., key='') says that it has no "
                        "key, and key='a,b' names another one",
                        "several rows have the same key, or none, and cannot be sorted or read in "
                        "pages by it");
}

void wow_twins_start(struct wow_twins *twins, const struct wow_shape *shape) {
  wow_seen_clear(&twins->seen);
  twins->is_doubted = shape->target->relation->key_is_named && !wow_shape_is_grouped(shape);
  twins->goes_past = twins->is_near_end = false;
  twins->n_at_place = twins->n_passed = 0;
}

void wow_twins_reset(struct wow_twins *twins) {
  wow_seen_reset(&twins->seen);
  memset(twins, 0, sizeof(*twins));
}

/* ---------------------------------------------------------------- rows */

/* The first of the members that the response is sorted by. */
static int first_sorted(const struct wow_shape *shape) {
  return shape->n_select - shape->n_sort;
}

static bool is_at_place(const struct wow_twins_view *view) {
  return wow_keyset_is_at(view->keyset, view->page->rows, first_sorted(view->shape));
}

static sqlite3_uint64 hash(const struct wow_twins_view *view) {
  return wow_seen_hash(view->page->rows, view->shape->n_select);
}

void wow_twins_turn(struct wow_twins *twins) {
  wow_seen_restart(&twins->seen);
  twins->n_passed = 0;
  twins->goes_past = false;
}

unsigned wow_twins_part(const struct wow_twins *twins, sqlite3_int64 limit) {
  bool has_nulls = twins->is_doubted || twins->is_near_end || twins->goes_past || limit < 0;
  return WOW_PART_AFTER | (twins->goes_past ? 0 : WOW_PART_AT) | (has_nulls ? WOW_PART_NULLS : 0);
}

bool wow_twins_may_miss(const struct wow_keyset *keyset, unsigned part) {
  const struct wow_place *place = &keyset->place;
  for (int i = 0; part && !(part & WOW_PART_NULLS) && i < place->n; i++) {
    if (wow_relation_is_not_null(place->values[i].column) && !place->values[i].descending)
      return true;
  }
  return false;
}

/* Were all rows at the place kept, so that they can be told from others? */
static bool is_known(const struct wow_twins *twins) {
  return twins->seen.n == twins->n_at_place;
}

bool wow_twins_skip(struct wow_twins *twins, const struct wow_twins_view *view) {
  if (!(view->page->part & WOW_PART_AT) || twins->n_passed == twins->n_at_place) return false;
  if (!is_at_place(view)) return false;
  /* One row that was not kept is passed over unseen: if it has a twin, that is not told from it. */
  if (is_known(twins) ? !wow_seen_meet(&twins->seen, hash(view)) : twins->n_at_place > 1)
    return false;
  twins->n_passed++;
  return true;
}

bool wow_twins_is_one(const struct wow_twins_view *view) {
  const struct wow_shape *shape = view->shape;
  for (int i = 0; i < shape->n_sort; i++) {
    if (wow_keyset_lacks(view->keyset, view->page->rows, first_sorted(shape), i)) return true;
  }
  return is_at_place(view);
}

int wow_twins_doubt(struct wow_twins *twins, const struct wow_twins_view *view,
                    struct wow_error *err) {
  if (twins->n_passed > 0 && !is_known(twins) && is_at_place(view))
    return wow_twins_fail(view, err);
  twins->is_doubted = true;
  /* An order that says nothing of NULLs, because there are none, has them where SQLite does not
  ** expect them. */
  for (int i = 0; i < view->shape->n_order; i++) {
    if (wow_relation_is_not_null(view->keyset->place.values[i].column))
      return wow_twins_fail(view, err);
  }
  return SQLITE_OK;
}

int wow_twins_hand_out(struct wow_twins *twins, const struct wow_twins_view *view, bool keep) {
  if (!is_at_place(view)) {
    wow_seen_clear(&twins->seen);
    twins->n_at_place = 0;
  }
  twins->n_at_place++;
  return keep || twins->is_doubted ? wow_seen_add(&twins->seen, hash(view)) : SQLITE_OK;
}

/* ---------------------------------------------------------------- pages */

int wow_twins_check_place(const struct wow_twins *twins, const struct wow_twins_view *view,
                          bool by_offset, struct wow_error *err) {
  const struct wow_place *place = &view->keyset->place;
  bool tells = twins->goes_past || is_known(twins);
  if (!twins->is_doubted || !view->shape->has_key) return SQLITE_OK;
  /* Twins need a total order from the start, and that is asked for if the user named the key. */
  if (by_offset) tells = view->shape->target->relation->key_is_named;
  for (int i = 0; !by_offset && i < place->n; i++) {
    /* A NULL where there is none to the server: it does not find the others, either. */
    const struct wow_place_value *at = &place->values[i];
    if (at->value.kind == WOW_JSON_NULL && wow_relation_is_not_null(at->column)) tells = false;
  }
  return tells ? SQLITE_OK : wow_twins_fail(view, err);
}

bool wow_twins_has_passed_all(const struct wow_twins *twins, const struct wow_page *page) {
  bool is_short = page->asked < 0 || page->got < page->asked;
  return (page->part & WOW_PART_AT) && (page->part & WOW_PART_NULLS) && is_short && page->got > 0 &&
         page->got == twins->n_passed;
}
