/*
** Places of rows, see places.h.
*/
#include "scan/places.h"

sqlite3_uint64 wow_places_hash(const struct wow_pages *pages) {
  return wow_seen_hash(pages->current->rows, pages->shape.n_select);
}

/*
** A page that goes on after others does not begin with the scan's first row, unless there is no key
** and rows are alike (then the server has counted them). A server that does not look at what it is
** asked, or a cache before it, would be asked for ever.
*/
int wow_places_check_progress(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_shape *shape = &pages->shape;
  if (pages->current->got > 0 || pages->is_skipping || (!shape->has_key && pages->total >= 0))
    return SQLITE_OK;
  sqlite3_uint64 hash = wow_places_hash(pages);
  if (pages->delivered == 0) pages->first_hash = hash;
  if (pages->delivered == 0 || hash != pages->first_hash) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, shape->target->relation->name,
                        "is there a cache before the server, or is rest_path wrong? It does not "
                        "look at the query string",
                        "the server sends the same rows again when it is asked for those after "
                        "them");
}

int wow_places_check_tie(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_shape *shape = &pages->shape;
  bool begins_page = pages->current->got == 0 && pages->offset > 0;
  if (!pages->by_offset || shape->has_key || wow_shape_is_grouped(shape)) return SQLITE_OK;
  return wow_tie_next(&pages->tie, shape, pages->current->rows, begins_page, err);
}

/* Rows handed out may come again. */
void wow_places_meet_again(struct wow_pages *pages) {
  wow_seen_restart(&pages->seen);
  pages->n_passed = 0;
}

/* Is the current row at the place of the last one? */
static bool is_at_place(const struct wow_pages *pages) {
  return wow_keyset_is_at(&pages->keyset, pages->current->rows,
                          pages->shape.n_select - pages->shape.n_sort);
}

/* Was a row like this handed out before? */
bool wow_places_skip_seen(struct wow_pages *pages) {
  struct wow_seen *seen = &pages->seen;
  bool may_repeat = pages->is_skipping || pages->current->is_from_place;
  if (!may_repeat || seen->n_met == seen->n) return false;
  if (!pages->is_skipping && !is_at_place(pages)) return false;
  bool is_met = wow_seen_meet(seen, wow_places_hash(pages));
  if (is_met) pages->n_passed++;
  return is_met;
}

int wow_places_fail_key(const struct wow_pages *pages, struct wow_error *err) {
  return wow_error_hint(
      err, SQLITE_ERROR, pages->shape.target->relation->name,
      "CREATE VIRTUAL TABLE ... USING wowsql(..., key='') says that it has no "
      "key, and key='a,b' names another one",
      "several rows have the same key, or none, and cannot be sorted or read in pages by "
      "it");
}

/* Is the statement's order one that says nothing of NULLs, because there are none? They would not
** be where SQLite expects them. */
static bool is_sorted_without_nulls(const struct wow_pages *pages) {
  for (int i = 0; i < pages->shape.n_order; i++) {
    if (wow_relation_is_not_null(pages->keyset.place.values[i].column)) return true;
  }
  return false;
}

/*
** Notes the current row, whose place is not kept yet. If it is at the place of the one before, or
** has no value in the key, then the key is none: of a table whose children repeat it, or because
** the user named it. From then on, and from the start if the user named it, pages begin with the
** rows of the last place, of which those handed out are passed over.
*/
int wow_places_note(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_shape *shape = &pages->shape;
  if (!shape->has_key || wow_shape_is_grouped(shape)) return SQLITE_OK;
  int first = shape->n_select - shape->n_sort;
  bool is_alike = is_at_place(pages), has_null = false, is_bounded = pages->max_rows >= 0;
  for (int i = 0; i < shape->n_sort; i++)
    has_null = has_null || wow_keyset_lacks(&pages->keyset, pages->current->rows, first, i);
  if (is_alike || has_null || (is_bounded && pages->delivered > pages->max_rows)) {
    pages->is_doubted = true;
    pages->max_rows = -1;
    if (is_sorted_without_nulls(pages)) return wow_places_fail_key(pages, err);
  }
  if (!is_alike) {
    wow_seen_clear(&pages->seen);
    pages->n_at_place = 0;
  }
  pages->n_at_place++;
  bool must_keep = pages->is_doubted || is_bounded;
  bool is_kept = !must_keep || wow_seen_add(&pages->seen, wow_places_hash(pages)) == SQLITE_OK;
  return is_kept ? SQLITE_OK : wow_error_nomem(err);
}

/* Does a place, or an offset, tell which rows are still to come? Rows that were handed out before
** the key was doubted are not known, and by offset rows alike need a total order from the start. */
bool wow_places_can_continue(const struct wow_pages *pages) {
  if (!pages->shape.has_key || !pages->is_doubted) return true;
  if (pages->by_offset) return pages->shape.target->relation->key_is_named;
  for (int i = 0; i < pages->keyset.place.n; i++) {
    /* A NULL where there is none to the server: it does not find the others, either. */
    const struct wow_place_value *at = &pages->keyset.place.values[i];
    if (at->value.kind == WOW_JSON_NULL && wow_relation_is_not_null(at->column)) return false;
  }
  return pages->goes_past || pages->seen.n == pages->n_at_place;
}

/* A page that has only rows which were passed over, and may not be the end: what comes after the
** place is asked for next. But where there were several at the place they are counted, and if there
** are more than the server sends at once, they cannot be told from those passed over. */
int wow_places_look_past(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_page *page = pages->current;
  bool has_passed_all = page->is_from_place && page->got > 0 && page->got == pages->n_passed;
  pages->goes_past = has_passed_all && (page->asked < 0 || page->got < page->asked);
  return pages->goes_past && pages->n_at_place > 1 ? wow_places_fail_key(pages, err) : SQLITE_OK;
}
