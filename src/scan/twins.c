/*
** Rows with one key, see twins.h.
*/
#include "scan/twins.h"

#include <string.h>

static int fail(const struct wow_shape *shape, struct wow_error *err) {
  return wow_error_hint(err, SQLITE_ERROR, shape->target->relation->name,
                        "CREATE VIRTUAL TABLE ... USING wowsql(..., key='') says that it has no "
                        "key, and key='a,b' names another one",
                        "several rows have the same key, or none, and cannot be sorted or read in "
                        "pages by it");
}

void wow_twins_start(struct wow_twins *twins, const struct wow_shape *shape) {
  wow_seen_clear(&twins->seen);
  twins->is_doubted = shape->target->relation->key_is_named && !wow_shape_is_grouped(shape);
  twins->goes_past = false;
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

bool wow_twins_skip(struct wow_twins *twins, const struct wow_twins_view *view) {
  if (!view->page->is_from_place || twins->seen.n_met == twins->seen.n) return false;
  if (!is_at_place(view) || !wow_seen_meet(&twins->seen, hash(view))) return false;
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
  twins->is_doubted = true;
  /* An order that says nothing of NULLs, because there are none, has them where SQLite does not
  ** expect them. */
  for (int i = 0; i < view->shape->n_order; i++) {
    if (wow_relation_is_not_null(view->keyset->place.values[i].column))
      return fail(view->shape, err);
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
  bool is_known = twins->goes_past || twins->seen.n == twins->n_at_place;
  if (!twins->is_doubted || !view->shape->has_key) return SQLITE_OK;
  /* Twins need a total order from the start, and that is asked for if the user named the key. */
  if (by_offset) is_known = view->shape->target->relation->key_is_named;
  for (int i = 0; !by_offset && i < place->n; i++) {
    /* A NULL where there is none to the server: it does not find the others, either. */
    const struct wow_place_value *at = &place->values[i];
    if (at->value.kind == WOW_JSON_NULL && wow_relation_is_not_null(at->column)) is_known = false;
  }
  return is_known ? SQLITE_OK : fail(view->shape, err);
}

/* A page that has only rows which were passed over, and may not be the end: what comes after the
** place is asked for next. But twins are counted, and if there are more than the server sends at
** once, they cannot be told from those passed over. */
int wow_twins_check_page(struct wow_twins *twins, const struct wow_page *page,
                         struct wow_error *err) {
  bool has_passed_all = page->is_from_place && page->got > 0 && page->got == twins->n_passed;
  twins->goes_past = has_passed_all && (page->asked < 0 || page->got < page->asked);
  return twins->goes_past && twins->n_at_place > 1 ? fail(page->shape, err) : SQLITE_OK;
}
