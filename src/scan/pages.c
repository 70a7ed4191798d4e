/*
** Pages, row by row, see pages.h; from page to page it is page_turn.c's.
*/
#include "scan/pages.h"

#include <string.h>

#include "scan/count.h"
#include "scan/page_turn.h"
#include "server/progress.h"
#include "types/value.h"

/* Rows without a key may have to be read in pages, if the server cuts them. */
static int choose_telling(struct wow_pages *pages) {
  struct wow_shape *shape = &pages->shape;
  bool is_needed = !shape->has_key && !wow_shape_is_grouped(shape) &&
                   shape->target->server->options.max_rows != 0;
  int rc = is_needed ? wow_tie_choose(shape, &pages->telling, &shape->n_telling) : SQLITE_OK;
  shape->telling = pages->telling;
  return rc;
}

struct wow_pages *wow_pages_new(const struct wow_shape *shape) {
  struct wow_pages *pages = sqlite3_malloc64(sizeof(*pages));
  if (pages == NULL) return NULL;
  memset(pages, 0, sizeof(*pages));
  pages->shape = *shape;
  pages->meter.conn = shape->target->conn;
  pages->meter.server = shape->target->server;
  pages->current = &pages->pages[0];
  if (choose_telling(pages) == SQLITE_OK &&
      wow_page_init(&pages->pages[0], &pages->shape, &pages->meter) == SQLITE_OK &&
      wow_page_init(&pages->pages[1], &pages->shape, &pages->meter) == SQLITE_OK) {
    return pages;
  }
  wow_pages_free(pages);
  return NULL;
}

static void stop(struct wow_pages *pages) {
  wow_progress_end(pages->shape.target->conn);
  wow_page_close(&pages->pages[0]);
  wow_page_close(&pages->pages[1]);
  pages->next = NULL;
  wow_seen_reset(&pages->seen);
  wow_twins_reset(&pages->twins);
  wow_tie_reset(&pages->tie);
}

void wow_pages_free(struct wow_pages *pages) {
  if (pages == NULL) return;
  stop(pages);
  wow_page_free(&pages->pages[0]);
  wow_page_free(&pages->pages[1]);
  wow_keyset_reset(&pages->keyset);
  wow_condition_reset(&pages->where);
  sqlite3_free(pages->telling);
  sqlite3_free(pages);
}

sqlite3_int64 wow_pages_delivered(const struct wow_pages *pages) {
  return pages->delivered;
}

sqlite3_int64 wow_pages_received(const struct wow_pages *pages, bool *is_all) {
  const struct wow_page *page = pages->current;
  sqlite3_int64 rows = -1, total = -1;
  *is_all = false;
  if (page->transfer && wow_transfer_is_complete(page->transfer))
    wow_page_range(page, &rows, &total);
  if (rows < page->got) return pages->delivered;
  *is_all = pages->next == NULL && (page->asked < 0 || rows < page->asked);
  return pages->delivered - page->got + rows;
}

struct wow_rows *wow_pages_fork(struct wow_pages *pages) {
  return wow_page_fork(pages->current);
}

const struct wow_rows *wow_pages_rows(const struct wow_pages *pages) {
  return pages->current->rows;
}

/* ---------------------------------------------------------------- the first page */

int wow_pages_start(struct wow_pages *pages, const struct wow_where *where,
                    sqlite3_int64 first_rows, sqlite3_int64 max_rows, struct wow_error *err) {
  stop(pages);
  if (wow_condition_copy(&pages->where, where) != SQLITE_OK) return wow_error_nomem(err);
  pages->first_rows = first_rows;
  pages->max_rows = max_rows;
  pages->is_single = max_rows == 1;
  pages->meter.spent = NULL;
  pages->delivered = 0;
  pages->offset = 0;
  pages->total = -1;
  pages->failures = 0;
  pages->failed_at = 0;
  pages->is_started = false;
  pages->is_held = pages->is_few = false;
  pages->is_done = first_rows == 0;
  pages->is_skipping = false;
  wow_twins_start(&pages->twins, &pages->shape);
  pages->is_cut = false;
  pages->by_offset = pages->heeds_limit = false;
  pages->current = &pages->pages[0];
  /* With a list of keys one row more than there should be, which would show that they repeat. */
  sqlite3_int64 page_rows = first_rows < 0 && max_rows > 1 ? max_rows + 1 : max_rows;
  if (first_rows >= 0) page_rows = first_rows;
  wow_page_size_start(&pages->size, pages->shape.target, page_rows);
  wow_keyset_start(&pages->keyset, pages->shape.target->relation, pages->shape.sort,
                   pages->shape.n_sort);
  return SQLITE_OK;
}

void wow_pages_expect_all(struct wow_pages *pages) {
  pages->size.rows = WOW_MAX_PAGE_ROWS;
}

void wow_pages_expect_few(struct wow_pages *pages) {
  pages->is_few = true;
}

void wow_pages_hold(struct wow_pages *pages, bool hold) {
  pages->is_held = hold;
}

/* ---------------------------------------------------------------- rows seen already */

static sqlite3_uint64 row_hash(const struct wow_pages *pages) {
  return wow_seen_hash(pages->current->rows, pages->shape.n_select);
}

/* Can a page begin with a row that is like the first of all? Without a key, where the server looks
** at what it is asked, which is found out once. */
static int may_repeat(struct wow_pages *pages, bool *may, struct wow_error *err) {
  bool has_alike = !pages->shape.has_key && pages->by_offset;
  int rc = SQLITE_OK;
  if (has_alike && !pages->heeds_limit) {
    struct wow_page_request request = wow_page_turn_request(pages, 0);
    rc = wow_count_heeds_limit(&request, &pages->heeds_limit, err);
  }
  *may = has_alike && pages->heeds_limit;
  return rc;
}

/*
** A page that goes on after others does not begin with the scan's first row, unless there is no key
** and rows are alike. A server that does not look at what it is asked, or a cache before it, would
** be asked for ever.
*/
static int check_progress(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_shape *shape = &pages->shape;
  bool may = false;
  bool is_again = pages->is_skipping && pages->offset == 0; /* all of them, in one response */
  if (pages->current->got > 0 || is_again || (!shape->has_key && pages->total >= 0))
    return SQLITE_OK;
  sqlite3_uint64 hash = row_hash(pages);
  if (pages->delivered == 0) pages->first_hash = hash;
  if (pages->delivered == 0 || hash != pages->first_hash) return SQLITE_OK;
  int rc = may_repeat(pages, &may, err);
  if (rc != SQLITE_OK || may) return rc;
  return wow_error_hint(err, SQLITE_ERROR, shape->target->relation->name,
                        "is there a cache before the server, or is rest_path wrong? It does not "
                        "look at the query string",
                        "the server sends the same rows again when it is asked for those after "
                        "them");
}

/* By offset and without a key: is the order of the rows known, and was this one handed out? */
static int check_tie(struct wow_pages *pages, bool *is_again, struct wow_error *err) {
  const struct wow_page *page = pages->current;
  *is_again = false;
  if (!pages->by_offset || pages->shape.has_key) return SQLITE_ROW;
  int rc = wow_tie_next(&pages->tie, page->rows, page->got == 0, is_again, err);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

/* Was a row like this handed out before? */
static bool skip_seen(struct wow_pages *pages) {
  struct wow_twins_view view = wow_page_turn_twins(pages);
  if (pages->shape.has_key) return wow_twins_skip(&pages->twins, &view);
  return pages->is_skipping && wow_seen_meet(&pages->seen, row_hash(pages));
}

/* Notes what the current row says of the key, before its place is kept. */
static int note_place(struct wow_pages *pages, struct wow_error *err) {
  struct wow_twins_view view = wow_page_turn_twins(pages);
  if (!wow_page_turn_has_key(pages)) return SQLITE_OK;
  const struct wow_page *page = pages->current;
  bool is_small = page->asked >= 0 && page->asked <= WOW_FIRST_PAGE_ROWS;
  /* The last row of a page comes again on the next one; that it is the last of a response which the
  ** server cuts shows too late, and has to be noted where that is cheap. */
  bool must_keep = pages->max_rows >= 0 || is_small || page->got == page->asked;
  bool is_one_more = pages->max_rows >= 0 && pages->delivered > pages->max_rows;
  int rc = SQLITE_OK;
  if (is_one_more || wow_twins_is_one(&view)) {
    pages->max_rows = -1;
    rc = wow_twins_doubt(&pages->twins, &view, err);
  }
  if (rc == SQLITE_OK && wow_twins_hand_out(&pages->twins, &view, must_keep) != SQLITE_OK)
    rc = wow_error_nomem(err);
  return rc;
}

/* ---------------------------------------------------------------- stepping */

static int row_ready(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_shape *shape = &pages->shape;
  struct wow_page *page = pages->current;
  if (check_progress(pages, err) != SQLITE_OK) return err->rc;
  page->got++;
  pages->delivered++;
  pages->offset++;
  wow_page_spent(&pages->meter)->rows++;
  shape->target->conn->progress.rows++;
  if (note_place(pages, err) != SQLITE_OK) return err->rc;
  if (shape->has_key &&
      wow_keyset_keep(&pages->keyset, page->rows, shape->n_select - shape->n_sort) != SQLITE_OK) {
    return wow_error_nomem(err);
  }
  if (shape->counting >= 0 && !wow_page_count_group(page)) {
    return wow_error_set(err, SQLITE_ERROR, shape->target->relation->name,
                         "the server did not say how many rows a group has");
  }
  if (!shape->has_key && pages->first_rows >= 0 &&
      wow_seen_add(&pages->seen, row_hash(pages)) != SQLITE_OK) {
    return wow_error_nomem(err);
  }
  int rc = wow_budget_check(shape->target->server, wow_page_spent(&pages->meter), err);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

/* Lets what has arrived in the meantime into the decoder. Between two rows only: it ends the
** validity of a row's values. */
static int look_at_network(struct wow_pages *pages, struct wow_error *err) {
  sqlite3_int64 got = pages->current->got;
  if (got == 0 || got % WOW_ROWS_PER_PUMP != 0) return SQLITE_OK;
  wow_http_pump(pages->shape.target->conn->http);
  wow_progress_show(pages->shape.target->conn, pages->shape.target->relation->name);
  return wow_page_turn_prefetch(pages, err);
}

static int wait_for_more(struct wow_pages *pages, struct wow_error *err) {
  int rc = wow_page_wait(pages->current, err);
  if (rc == SQLITE_OK) rc = wow_page_turn_check_count(pages, err);
  if (rc == SQLITE_OK) wow_page_has_arrived(pages->current);
  return rc;
}

/* A server that does not keep to limit= could go on without end. One that does not know it sends
** all its rows, and several rows under a whole key are a key that repeats: these are read. */
static int check_asked(const struct wow_pages *pages, struct wow_error *err) {
  const struct wow_page *page = pages->current;
  if (page->asked < 0 || page->got - page->asked < WOW_MAX_ROWS_UNASKED) return SQLITE_ROW;
  return wow_error_set(err, SQLITE_ERROR, NULL,
                       "the server sends more than the %lld rows asked for",
                       (sqlite3_int64)page->asked);
}

int wow_pages_next(struct wow_pages *pages, struct wow_error *err) {
  int rc = SQLITE_OK;
  bool is_again = false;
  if (!pages->is_started && !pages->is_done) rc = wow_page_turn_first(pages, err);
  if (rc == SQLITE_OK && !pages->is_done) rc = look_at_network(pages, err);
  while (rc == SQLITE_OK && !pages->is_done) {
    /* The whole response may be here before anyone has waited for it. */
    rc = wow_page_turn_check_count(pages, err);
    if (rc != SQLITE_OK) break;
    rc = wow_rows_next(pages->current->rows, err);
    if (rc == SQLITE_ROW) rc = check_asked(pages, err);
    if (rc == SQLITE_ROW) rc = check_tie(pages, &is_again, err);
    if (rc == SQLITE_ROW) {
      if (is_again || skip_seen(pages)) {
        pages->current->got++;
        if (pages->current->part == 0) pages->offset++; /* else it has come again */
        rc = SQLITE_OK;
        continue;
      }
      rc = row_ready(pages, err);
      if (rc == SQLITE_ROW) return rc;
      break;
    }
    if (rc == SQLITE_OK || rc == SQLITE_DONE) {
      rc = rc == SQLITE_OK ? wait_for_more(pages, err) : wow_page_turn_next(pages, err);
      if (rc != SQLITE_OK) rc = wow_page_turn_recover(pages, rc, err);
    }
  }
  if (rc != SQLITE_OK) wow_error_about(err, pages->shape.target->relation->name);
  wow_progress_end(pages->shape.target->conn);
  return rc == SQLITE_OK ? SQLITE_DONE : rc;
}

/* ---------------------------------------------------------------- the remaining rows */

const struct wow_keyset *wow_pages_place(const struct wow_pages *pages) {
  const struct wow_keyset *keyset = &pages->keyset;
  bool can_continue = keyset->is_set && !pages->by_offset && !pages->twins.is_doubted &&
                      wow_keyset_can_continue(&keyset->place, wow_page_turn_place_bytes(pages));
  return can_continue ? keyset : NULL;
}

bool wow_pages_is_cut(const struct wow_pages *pages) {
  return pages->is_cut;
}

bool wow_pages_at_page_end(const struct wow_pages *pages) {
  const struct wow_page *page = pages->current;
  return pages->next == NULL && !pages->twins.is_doubted && page->got > 0 &&
         page->got == page->asked;
}

int wow_pages_count_remaining(struct wow_pages *pages, sqlite3_int64 *remaining,
                              struct wow_error *err) {
  bool comes_again = pages->keyset.is_set && wow_page_turn_has_key(pages);
  unsigned part = WOW_PART_AFTER | (comes_again ? WOW_PART_AT | WOW_PART_NULLS : 0);
  struct wow_page_request request = wow_page_turn_request(pages, part);
  int rc = wow_count_rows(&request, remaining, err);
  if (rc != SQLITE_OK || *remaining < 0) return rc;
  if (comes_again) *remaining -= pages->twins.n_at_place;
  if (*remaining < 0) *remaining = 0;
  return rc;
}

int wow_pages_check_place(struct wow_pages *pages, bool *is_one, struct wow_error *err) {
  bool has_more = false;
  struct wow_page_request request = wow_page_turn_request(pages, WOW_PART_AT | WOW_PART_NULLS);
  int rc = wow_count_has_more(&request, 1, &has_more, err);
  *is_one = !has_more;
  return rc;
}
