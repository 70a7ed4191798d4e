/*
** Pages, see pages.h.
**
** Assumes of the server (PostgREST): an order that ends with the key is total, so that "after the
** last row" is a condition (keyset); Content-Range says how many rows a response has. A response
** may be cut at db-max-rows without a sign, which may change, and differ between replicas: so a
** page shorter than asked is the end only if it is empty, or if the server counted what there is,
** or if the user says that the server does not cut (max_rows 0). What was learned of the server
** only decides how much is asked for.
**
** A relation without a key is read in one streamed request. When the server turns out to cut it,
** which its exact count shows before the first row is handed out, it is read again in pages by
** offset, ordered by all columns that have an order.
**
** Groups have no key, but are unique by their columns. The exact count of a grouped response is
** that of the rows in all its groups: so it shows whether groups are missing, where they say how
** many rows they have.
*/
#include "scan/pages.h"

#include <string.h>

#include "scan/count.h"
#include "scan/page.h"
#include "scan/places.h"
#include "scan/recover.h"
#include "server/progress.h"
#include "types/value.h"

struct wow_pages *wow_pages_new(const struct wow_shape *shape) {
  struct wow_pages *pages = sqlite3_malloc64(sizeof(*pages));
  if (pages == NULL) return NULL;
  memset(pages, 0, sizeof(*pages));
  pages->shape = *shape;
  pages->meter.conn = shape->target->conn;
  pages->meter.server = shape->target->server;
  pages->current = &pages->pages[0];
  if (wow_page_init(&pages->pages[0], &pages->shape, &pages->meter) == SQLITE_OK &&
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
  wow_tie_reset(&pages->tie);
}

void wow_pages_free(struct wow_pages *pages) {
  if (pages == NULL) return;
  stop(pages);
  wow_page_free(&pages->pages[0]);
  wow_page_free(&pages->pages[1]);
  wow_keyset_reset(&pages->keyset);
  wow_condition_reset(&pages->where);
  sqlite3_free(pages);
}

sqlite3_int64 wow_pages_delivered(const struct wow_pages *pages) {
  return pages->delivered;
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
  pages->short_page = -1;
  pages->total = -1;
  pages->n_grouped = 0;
  pages->failures = 0;
  pages->failed_at = 0;
  pages->is_started = false;
  pages->is_held = pages->is_shrunk = pages->is_few = false;
  pages->is_done = first_rows == 0;
  pages->is_skipping = false;
  pages->is_doubted =
      pages->shape.target->relation->key_is_named && !wow_shape_is_grouped(&pages->shape);
  pages->goes_past = false;
  pages->n_at_place = 0;
  pages->is_cut = false;
  pages->by_offset = false;
  pages->current = &pages->pages[0];
  pages->page_rows = first_rows >= 0 ? first_rows : WOW_FIRST_PAGE_ROWS;
  /* With a list of keys one row more than there should be, which would show that they repeat. */
  if (max_rows >= 0 && first_rows < 0) pages->page_rows = max_rows + (max_rows > 1);
  pages->row_bytes = 0;
  wow_keyset_start(&pages->keyset, pages->shape.target->relation, pages->shape.sort,
                   pages->shape.n_sort);
  return SQLITE_OK;
}

void wow_pages_expect_all(struct wow_pages *pages) {
  pages->page_rows = WOW_MAX_PAGE_ROWS;
}

void wow_pages_expect_few(struct wow_pages *pages) {
  pages->is_few = true;
}

void wow_pages_hold(struct wow_pages *pages, bool hold) {
  pages->is_held = hold;
}

/* How many rows the next page is to have. */
static sqlite3_int64 next_size(const struct wow_pages *pages) {
  const struct wow_target *target = pages->shape.target;
  sqlite3_int64 size = pages->page_rows;
  if (pages->row_bytes > 0 && size > WOW_MAX_PAGE_BYTES / pages->row_bytes) {
    size = (sqlite3_int64)(WOW_MAX_PAGE_BYTES / pages->row_bytes);
  }
  sqlite3_int64 top = target->page_size > 0 ? target->page_size : target->server->options.page_size;
  if (size > top) size = top;
  if (pages->most_rows > 0 && size > pages->most_rows) size = pages->most_rows;
  if (target->server->learned.max_rows > 0 && size > target->server->learned.max_rows)
    size = target->server->learned.max_rows;
  return size > 0 ? size : 1;
}

/* What the condition "after the last row" may take of a request. */
static sqlite3_int64 max_keyset_bytes(const struct wow_pages *pages) {
  return wow_server_url_bytes(pages->shape.target->server) / 2;
}

/* A request for the rows after a place (NULL: from the start). */
static struct wow_page_request request_after(const struct wow_pages *pages,
                                             const struct wow_place *place, sqlite3_int64 limit) {
  bool is_from_place = pages->is_doubted && !pages->goes_past && place && !pages->by_offset;
  return (struct wow_page_request){
      .shape = &pages->shape,
      .where = &pages->where,
      .after = pages->by_offset ? NULL : place,
      .limit = limit,
      .offset = pages->by_offset && place ? pages->offset : 0,
      .by_offset = pages->by_offset,
      .is_from_place = is_from_place,
      .is_doubted = pages->is_doubted,
      .is_single = pages->is_single && !place,
  };
}

static int open_from_start(struct wow_pages *pages, sqlite3_int64 limit, bool count,
                           struct wow_error *err) {
  struct wow_page_request request = request_after(pages, NULL, limit);
  return wow_page_open(pages->current, &request, count, err);
}

/* May the server cut a response? Only the user can say that it does not. */
static bool may_cut(const struct wow_pages *pages) {
  return pages->shape.target->server->options.max_rows != 0;
}

/* Groups without an order end where a count says so; with one, a count costs about as much as the
** further request that would show the end. */
static int open_first_groups(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_server *server = pages->shape.target->server;
  bool count = may_cut(pages) && pages->max_rows < 0 && pages->shape.counting >= 0;
  bool is_limited =
      pages->first_rows >= 0 || (server->learned.max_rows > 0 && pages->shape.has_key);
  return open_from_start(pages, is_limited ? next_size(pages) : -1, count, err);
}

static int open_first_page(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_server *server = pages->shape.target->server;
  pages->is_started = true;
  if (wow_shape_is_grouped(&pages->shape)) return open_first_groups(pages, err);
  if (pages->shape.has_key || pages->first_rows >= 0) {
    /* A count of few rows costs less than a request that shows that they were all. */
    bool count = pages->is_few && pages->shape.has_key && pages->max_rows < 0 && may_cut(pages);
    return open_from_start(pages, next_size(pages), count, err);
  }
  if (server->learned.max_rows > 0) {
    pages->by_offset = true;
    return open_from_start(pages, server->learned.max_rows, true, err);
  }
  /* No key: the whole in one request, and its true length unless the server is said not to cut. */
  return open_from_start(pages, -1, may_cut(pages), err);
}

/* ---------------------------------------------------------------- the end of a page */

/* A page of this relation without a key came back cut: read it in pages, in a total order. */
static int restart_by_offset(struct wow_pages *pages, sqlite3_int64 cap, struct wow_error *err) {
  wow_page_close(pages->current);
  pages->by_offset = true;
  pages->offset = 0;
  return open_from_start(pages, cap, false, err);
}

/* Compares the number of rows of a response with those that there are, before the first is handed
** out. Of groups it shows after the last one. */
static int check_count(struct wow_pages *pages, struct wow_error *err) {
  struct wow_page *page = pages->current;
  sqlite3_int64 rows = 0, total = 0;
  if (wow_shape_is_grouped(&pages->shape)) return SQLITE_OK;
  if (!page->is_counted || !wow_transfer_has_response(page->transfer)) return SQLITE_OK;
  page->is_counted = false;
  wow_page_range(page, &rows, &total);
  pages->total = total;
  if (pages->shape.has_key || pages->by_offset) return SQLITE_OK;
  return total > rows && rows > 0 ? restart_by_offset(pages, rows, err) : SQLITE_OK;
}

/* Can the query have rows after a page of `got` rows, of `asked`? */
static bool may_have_more(const struct wow_pages *pages, sqlite3_int64 got, sqlite3_int64 asked) {
  if (pages->max_rows >= 0 && pages->delivered >= pages->max_rows) return false;
  if (got == 0) return false;
  if (pages->by_offset && pages->total >= 0) return pages->offset < pages->total;
  if (asked >= 0 && got >= asked) return true;
  bool was_count_compared = asked < 0 && !pages->shape.has_key && !pages->by_offset &&
                            !wow_shape_is_grouped(&pages->shape);
  return !was_count_compared && may_cut(pages);
}

/* Two pages in a row that are equally shorter than asked: there the server cuts. */
static void learn(struct wow_pages *pages, sqlite3_int64 got, sqlite3_int64 asked) {
  struct wow_server *server = pages->shape.target->server;
  bool is_short = asked >= 0 && got < asked;
  if (got > server->learned.max_rows) {
    server->learned.max_rows = server->options.max_rows; /* what was learned is no longer true */
  }
  if (server->learned.max_rows < 0 && is_short && got > 0 && got == pages->short_page) {
    server->learned.max_rows = (int)got;
  }
  pages->short_page = is_short ? got : -1;
}

/* Are all groups here? Their rows are counted where the server was asked for a count; and without
** an order they cannot be continued. */
static void check_groups(struct wow_pages *pages, sqlite3_int64 total, bool *more) {
  const struct wow_page *page = pages->current;
  if (page->is_counted && total >= 0) pages->total = total;
  pages->n_grouped += page->n_grouped;
  if (pages->total >= 0) *more = page->got > 0 && pages->n_grouped < pages->total;
  if (pages->shape.has_key) return;
  pages->is_cut = *more;
  *more = false;
}

/* Checks a page that was read to its end, and says whether to go on. */
static int finish(struct wow_pages *pages, bool *more, struct wow_error *err) {
  struct wow_page *page = pages->current;
  sqlite3_int64 total = -1;
  int rc = wow_page_finish(page, &total, err);
  if (rc != SQLITE_OK) return rc;
  *more = may_have_more(pages, page->got, page->asked);
  if (total >= 0 && !pages->by_offset && !wow_shape_is_grouped(&pages->shape))
    *more = *more && page->got < total;
  learn(pages, page->got, page->asked);
  if (wow_shape_is_grouped(&pages->shape)) check_groups(pages, total, more);
  if (page->got > 0) pages->row_bytes = (double)page->bytes / (double)page->got;
  pages->failures = 0;
  wow_page_close(page);
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- the pages that follow */

static void grow(struct wow_pages *pages) {
  if (pages->is_shrunk)
    pages->is_shrunk = false;
  else if (pages->page_rows < WOW_FIRST_PAGE_ROWS)
    pages->page_rows = WOW_FIRST_PAGE_ROWS;
  else if (pages->page_rows < WOW_MAX_PAGE_ROWS)
    pages->page_rows *= WOW_PAGE_GROWTH;
}

/* A sorted response that does not follow the key costs the server a sort for each page, and groups
** are made again for each, so after the first page all the rest is asked for at once (it streams;
** see WOW_MAX_BUFFER_BYTES). */
static sqlite3_int64 continuation_size(struct wow_pages *pages) {
  const struct wow_shape *shape = &pages->shape;
  grow(pages);
  /* By the key alone an index gives it. */
  bool by_key = shape->n_sort <= shape->target->relation->n_key;
  bool is_sorted = (shape->n_order > 0 && !by_key) || wow_shape_is_grouped(shape);
  bool at_once = is_sorted && !pages->by_offset && shape->target->server->learned.max_rows <= 0 &&
                 pages->most_rows == 0;
  return at_once ? -1 : next_size(pages);
}

/* Asks for the rows after the last one that was handed out. */
static int continue_after_last(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_place *place = &pages->keyset.place;
  if (!pages->shape.has_key && !pages->by_offset) {
    /* An unordered response that was limited: read the whole, without the rows handed out. */
    pages->is_skipping = true;
    pages->offset = 0;
    wow_places_meet_again(pages);
    pages->first_rows = -1;
    return open_from_start(pages, -1, true, err);
  }
  if (!pages->by_offset && !wow_keyset_can_continue(place, max_keyset_bytes(pages)))
    pages->by_offset = true;
  if (!wow_places_can_continue(pages)) return wow_places_fail_key(pages, err);
  sqlite3_int64 size = continuation_size(pages);
  struct wow_page_request request = request_after(pages, place, size);
  if (request.is_from_place && size > 0) request.limit += pages->n_at_place;
  /* If the rows of the place are all, a page of nothing else could be cut as well as be the end. */
  bool count = request.is_from_place && pages->n_at_place > 1 && may_cut(pages);
  pages->goes_past = false;
  if (pages->shape.has_key) wow_places_meet_again(pages);
  return wow_page_open(pages->current, &request, count, err);
}

/* May a page be asked for before it is needed? Only with a key; not after a page whose length the
** statement's LIMIT gave, nor before half of a first page has been read: many queries stop there.
** The statement may also end before it needs the request that its budget no longer has. */
static bool may_prefetch(struct wow_pages *pages) {
  const struct wow_page *page = pages->current;
  sqlite3_int64 max_requests = pages->shape.target->server->options.statement_max_requests;
  bool is_first = pages->delivered == page->got;
  if (pages->next || pages->is_held || !pages->shape.has_key || pages->by_offset ||
      wow_shape_is_grouped(&pages->shape) || page->asked < 0) {
    return false;
  }
  if (max_requests > 0 && wow_page_spent(&pages->meter)->requests >= max_requests) return false;
  return !is_first || (pages->first_rows < 0 && page->got >= page->asked / 2);
}

/* While this page is read, the next one comes: as soon as this one has arrived whole and its last
** row can be seen. */
static int prefetch(struct wow_pages *pages, struct wow_error *err) {
  struct wow_page *page = pages->current;
  struct wow_place place;
  sqlite3_int64 rows = -1, total = -1;
  if (!may_prefetch(pages) || !wow_transfer_is_complete(page->transfer)) return SQLITE_OK;
  wow_page_range(page, &rows, &total);
  /* Only after a full page: whether a short one is the last shows when it has been read. */
  if (rows < page->asked || (pages->max_rows >= 0 && page->asked >= pages->max_rows)) {
    return SQLITE_OK;
  }
  wow_page_has_arrived(page);
  if (!wow_keyset_peek(&pages->keyset, page->rows, &place)) return SQLITE_OK;
  if (!wow_keyset_can_continue(&place, max_keyset_bytes(pages))) return SQLITE_OK;
  if (page->asked > 0) pages->row_bytes = (double)page->bytes / (double)page->asked;
  struct wow_page *next = page == &pages->pages[0] ? &pages->pages[1] : &pages->pages[0];
  sqlite3_int64 size = continuation_size(pages);
  struct wow_page_request request = request_after(pages, &place, size);
  if (request.is_from_place && size > 0) request.limit++;
  int rc = wow_page_open(next, &request, false, err);
  if (rc == SQLITE_OK) pages->next = next;
  return rc;
}

static int turn(struct wow_pages *pages, struct wow_error *err) {
  bool more = false;
  int rc = finish(pages, &more, err);
  if (rc == SQLITE_OK && more) rc = wow_places_look_past(pages, err);
  if (rc != SQLITE_OK) return rc;
  if (!more) {
    if (pages->next) wow_page_close(pages->next);
    pages->next = NULL;
    pages->is_done = true;
    return SQLITE_OK;
  }
  if (pages->next && pages->is_doubted && !pages->next->is_from_place) {
    wow_page_close(pages->next);
    pages->next = NULL;
  }
  if (pages->next == NULL) return continue_after_last(pages, err);
  if (!wow_places_can_continue(pages)) return wow_places_fail_key(pages, err);
  pages->current = pages->next;
  pages->next = NULL;
  wow_places_meet_again(pages);
  return SQLITE_OK;
}

/* Asks again for what comes after the last row. */
int wow_pages_ask_again(struct wow_pages *pages, struct wow_error *err) {
  wow_error_reset(err);
  wow_page_close(pages->current);
  if (pages->next) wow_page_close(pages->next);
  pages->next = NULL;
  if (pages->delivered > 0) return continue_after_last(pages, err);
  return open_from_start(pages, next_size(pages), false, err);
}

/* ---------------------------------------------------------------- stepping */

/* Adds the rows of the current group. False: it does not say how many they are. */
static bool count_group(struct wow_pages *pages) {
  struct wow_page *page = pages->current;
  int member = pages->shape.n_select + pages->shape.counting;
  sqlite3_int64 n = 0;
  if (!wow_value_int64(wow_rows_value(page->rows, member), &n) || n < 0) return false;
  page->n_grouped += n;
  return true;
}

static int row_ready(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_shape *shape = &pages->shape;
  struct wow_page *page = pages->current;
  if (wow_places_check_progress(pages, err) != SQLITE_OK) return err->rc;
  page->got++;
  pages->delivered++;
  pages->offset++;
  wow_page_spent(&pages->meter)->rows++;
  shape->target->conn->progress.rows++;
  if (wow_places_note(pages, err) != SQLITE_OK) return err->rc;
  if (shape->has_key &&
      wow_keyset_keep(&pages->keyset, page->rows, shape->n_select - shape->n_sort) != SQLITE_OK) {
    return wow_error_nomem(err);
  }
  if (shape->counting >= 0 && !count_group(pages)) {
    return wow_error_set(err, SQLITE_ERROR, shape->target->relation->name,
                         "the server did not say how many rows a group has");
  }
  if (!shape->has_key && pages->first_rows >= 0 &&
      wow_seen_add(&pages->seen, wow_places_hash(pages)) != SQLITE_OK) {
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
  return prefetch(pages, err);
}

static int wait_for_more(struct wow_pages *pages, struct wow_error *err) {
  int rc = wow_page_wait(pages->current, err);
  if (rc == SQLITE_OK) rc = check_count(pages, err);
  if (rc == SQLITE_OK) wow_page_has_arrived(pages->current);
  return rc;
}

int wow_pages_next(struct wow_pages *pages, struct wow_error *err) {
  int rc = SQLITE_OK;
  if (!pages->is_started && !pages->is_done) rc = open_first_page(pages, err);
  if (rc == SQLITE_OK && !pages->is_done) rc = look_at_network(pages, err);
  while (rc == SQLITE_OK && !pages->is_done) {
    /* The whole response may be here before anyone has waited for it. */
    rc = check_count(pages, err);
    if (rc != SQLITE_OK) break;
    rc = wow_rows_next(pages->current->rows, err);
    if (rc == SQLITE_ROW && wow_places_check_tie(pages, err) != SQLITE_OK) rc = err->rc;
    if (rc == SQLITE_ROW) {
      if (wow_places_skip_seen(pages)) {
        pages->current->got++;
        pages->offset++;
        rc = SQLITE_OK;
        continue;
      }
      rc = row_ready(pages, err);
      if (rc == SQLITE_ROW) return rc;
      break;
    }
    if (rc == SQLITE_OK || rc == SQLITE_DONE) {
      rc = rc == SQLITE_OK ? wait_for_more(pages, err) : turn(pages, err);
      if (rc != SQLITE_OK) rc = wow_recover_page(pages, rc, err);
    }
  }
  if (rc != SQLITE_OK) wow_error_about(err, pages->shape.target->relation->name);
  wow_progress_end(pages->shape.target->conn);
  return rc == SQLITE_OK ? SQLITE_DONE : rc;
}

/* ---------------------------------------------------------------- the remaining rows */

const struct wow_keyset *wow_pages_place(const struct wow_pages *pages) {
  const struct wow_keyset *keyset = &pages->keyset;
  bool can_continue = keyset->is_set && !pages->by_offset && !pages->is_doubted &&
                      wow_keyset_can_continue(&keyset->place, max_keyset_bytes(pages));
  return can_continue ? keyset : NULL;
}

bool wow_pages_is_cut(const struct wow_pages *pages) {
  return pages->is_cut;
}

bool wow_pages_at_page_end(const struct wow_pages *pages) {
  const struct wow_page *page = pages->current;
  return pages->next == NULL && !pages->is_doubted && page->got > 0 && page->got == page->asked;
}

int wow_pages_count_remaining(struct wow_pages *pages, sqlite3_int64 *remaining,
                              struct wow_error *err) {
  const struct wow_place *place = pages->keyset.is_set ? &pages->keyset.place : NULL;
  struct wow_page_request request = request_after(pages, place, 0);
  return wow_count_rows(&request, remaining, err);
}
