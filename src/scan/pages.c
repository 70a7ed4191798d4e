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
** that of the rows in all its groups, which shows whether groups are missing.
*/
#include "scan/pages.h"

#include <string.h>

#include "scan/count.h"
#include "scan/page.h"
#include "scan/page_size.h"
#include "scan/tie.h"
#include "scan/twins.h"
#include "server/progress.h"
#include "types/value.h"

struct wow_pages {
  struct wow_shape shape;
  struct wow_meter meter;
  struct wow_page pages[2];
  struct wow_page *current;
  struct wow_page *next; /* in flight; NULL: not asked for */
  struct wow_page_size size;
  struct wow_where where;
  sqlite3_int64 first_rows;
  sqlite3_int64 max_rows;
  sqlite3_int64 delivered;   /* rows stepped to since the start */
  sqlite3_int64 offset;      /* rows of this response and of those before it in the same order */
  sqlite3_int64 total;       /* the rows that there are, as counted by the server; -1: not known */
  sqlite3_uint64 first_hash; /* of the first row of all */
  int failures;              /* broken responses since the last progress */
  sqlite3_int64 failed_at;   /* rows stepped to when the last response broke */
  bool is_single; /* one row at most is expected: it is asked for without order and limit */
  bool is_started;
  bool is_held; /* see wow_pages_hold */
  bool is_few;  /* see wow_pages_expect_few */
  bool is_done;
  bool is_cut;    /* see wow_pages_is_cut */
  bool by_offset; /* pages are continued by offset: no key, or one that cannot be compared */
  struct wow_keyset keyset; /* the place of the last row */
  struct wow_twins twins;   /* rows with one key */
  struct wow_tie tie;       /* by offset, without a key */
  /* Rows handed out of an unordered, limited response of a relation without a key. */
  struct wow_seen seen;
  bool is_skipping;
};

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

static void drop_next(struct wow_pages *pages) {
  if (pages->next) wow_page_close(pages->next);
  pages->next = NULL;
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
  sqlite3_free(pages);
}

sqlite3_int64 wow_pages_delivered(const struct wow_pages *pages) {
  return pages->delivered;
}

struct wow_rows *wow_pages_fork(struct wow_pages *pages) { return wow_page_fork(pages->current); }

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
  pages->by_offset = false;
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

/* What the condition "after the last row" may take of a request. */
static sqlite3_int64 max_keyset_bytes(const struct wow_pages *pages) {
  return wow_server_url_bytes(pages->shape.target->server) / 2;
}

/* A request for the rows after a place (NULL: from the start). */
static struct wow_page_request request_after(const struct wow_pages *pages,
                                             const struct wow_place *place, sqlite3_int64 limit) {
  const struct wow_twins *twins = &pages->twins;
  bool is_from_place = twins->is_doubted && !twins->goes_past && place && !pages->by_offset;
  return (struct wow_page_request){
      .shape = &pages->shape,
      .where = &pages->where,
      .after = pages->by_offset ? NULL : place,
      .limit = limit,
      .offset = pages->by_offset && place ? pages->offset : 0,
      .by_offset = pages->by_offset,
      .is_from_place = is_from_place,
      .is_doubted = twins->is_doubted,
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
  return open_from_start(pages, is_limited ? wow_page_size_next(&pages->size) : -1, count, err);
}

static int open_first_page(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_server *server = pages->shape.target->server;
  pages->is_started = true;
  if (wow_shape_is_grouped(&pages->shape)) return open_first_groups(pages, err);
  if (pages->shape.has_key || pages->first_rows >= 0) {
    /* A count of few rows costs less than a request that shows that they were all. */
    bool count = pages->is_few && pages->shape.has_key && pages->max_rows < 0 && may_cut(pages);
    return open_from_start(pages, wow_page_size_next(&pages->size), count, err);
  }
  if (server->learned.max_rows > 0) {
    pages->by_offset = true;
    return open_from_start(pages, server->learned.max_rows, true, err);
  }
  /* No key: the whole in one request, and its true length unless the server is said not to cut. */
  return open_from_start(pages, -1, may_cut(pages), err);
}

/* ---------------------------------------------------------------- rows seen already */

static sqlite3_uint64 row_hash(const struct wow_pages *pages) {
  return wow_seen_hash(pages->current->rows, pages->shape.n_select);
}

static struct wow_twins_view view_twins(const struct wow_pages *pages) {
  return (struct wow_twins_view){&pages->shape, &pages->keyset, pages->current};
}

/*
** A page that goes on after others does not begin with the scan's first row, unless there is no key
** and rows are alike (then the server has counted them). A server that does not look at what it is
** asked, or a cache before it, would be asked for ever.
*/
static int check_progress(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_shape *shape = &pages->shape;
  if (pages->current->got > 0 || pages->is_skipping || (!shape->has_key && pages->total >= 0))
    return SQLITE_OK;
  sqlite3_uint64 hash = row_hash(pages);
  if (pages->delivered == 0) pages->first_hash = hash;
  if (pages->delivered == 0 || hash != pages->first_hash) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, shape->target->relation->name,
                        "is there a cache before the server, or is rest_path wrong? It does not "
                        "look at the query string",
                        "the server sends the same rows again when it is asked for those after "
                        "them");
}

/* By offset and without a key: is the order of the rows known? */
static int check_tie(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_page *page = pages->current;
  if (!pages->by_offset || pages->shape.has_key) return SQLITE_ROW;
  bool begins_page = page->got == 0 && pages->offset > 0;
  int rc = wow_tie_next(&pages->tie, &pages->shape, page->rows, begins_page, err);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

/* Was a row like this handed out before? */
static bool skip_seen(struct wow_pages *pages) {
  struct wow_twins_view view = view_twins(pages);
  if (pages->shape.has_key) return wow_twins_skip(&pages->twins, &view);
  return pages->is_skipping && wow_seen_meet(&pages->seen, row_hash(pages));
}

/* Notes what the current row says of the key, before its place is kept. */
static int note_place(struct wow_pages *pages, struct wow_error *err) {
  struct wow_twins_view view = view_twins(pages);
  if (!pages->shape.has_key || wow_shape_is_grouped(&pages->shape)) return SQLITE_OK;
  bool must_keep = pages->max_rows >= 0; /* few rows, or an error */
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

/* Are all groups here? Their rows are counted where the server was asked for a count; and without
** an order they cannot be continued. */
static void check_groups(struct wow_pages *pages, sqlite3_int64 total, bool *more) {
  const struct wow_page *page = pages->current;
  bool is_full = page->asked >= 0 && page->got >= page->asked;
  if (page->is_counted && total >= 0 && !is_full) {
    *more = page->got > 0 && page->n_grouped < total;
  }
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
  wow_page_size_learn(&pages->size, page->got, page->asked);
  if (wow_shape_is_grouped(&pages->shape)) check_groups(pages, total, more);
  wow_page_size_saw(&pages->size, page->got, page->bytes);
  pages->failures = 0;
  wow_page_close(page);
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- the pages that follow */

/* A sorted response that does not follow the key costs the server a sort for each page, and groups
** are made again for each, so after the first page all the rest is asked for at once (it streams;
** see WOW_MAX_BUFFER_BYTES). */
static sqlite3_int64 continuation_size(struct wow_pages *pages) {
  const struct wow_shape *shape = &pages->shape;
  wow_page_size_grow(&pages->size);
  /* By the key alone an index gives it. */
  bool by_key = shape->n_sort <= shape->target->relation->n_key;
  bool is_sorted = (shape->n_order > 0 && !by_key) || wow_shape_is_grouped(shape);
  bool at_once = is_sorted && !pages->by_offset && shape->target->server->learned.max_rows <= 0 &&
                 pages->size.most_rows == 0;
  return at_once ? -1 : wow_page_size_next(&pages->size);
}

/* Asks for the rows after the last one that was handed out. */
static int continue_after_last(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_place *place = &pages->keyset.place;
  if (!pages->shape.has_key && !pages->by_offset) {
    /* An unordered response that was limited: read the whole, without the rows handed out. */
    pages->is_skipping = true;
    pages->offset = 0;
    wow_seen_restart(&pages->seen);
    pages->first_rows = -1;
    return open_from_start(pages, -1, true, err);
  }
  if (!pages->by_offset && !wow_keyset_can_continue(place, max_keyset_bytes(pages)))
    pages->by_offset = true;
  struct wow_twins_view view = view_twins(pages);
  int rc = wow_twins_check_place(&pages->twins, &view, pages->by_offset, err);
  if (rc != SQLITE_OK) return rc;
  sqlite3_int64 size = continuation_size(pages);
  struct wow_page_request request = request_after(pages, place, size);
  if (request.is_from_place && size > 0) request.limit += pages->twins.n_at_place;
  /* If the twins are all, a page of nothing else could be cut as well as be the end. */
  bool count = request.is_from_place && pages->twins.n_at_place > 1 && may_cut(pages);
  wow_twins_turn(&pages->twins);
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
  wow_page_size_saw(&pages->size, page->asked, page->bytes);
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
  if (rc == SQLITE_OK && more) rc = wow_twins_check_page(&pages->twins, pages->current, err);
  if (rc != SQLITE_OK) return rc;
  if (!more) {
    drop_next(pages);
    pages->is_done = true;
    return SQLITE_OK;
  }
  if (pages->next && pages->twins.is_doubted && !pages->next->is_from_place) {
    drop_next(pages);
  }
  if (pages->next == NULL) return continue_after_last(pages, err);
  struct wow_twins_view view = view_twins(pages);
  rc = wow_twins_check_place(&pages->twins, &view, false, err);
  if (rc != SQLITE_OK) return rc;
  pages->current = pages->next;
  pages->next = NULL;
  wow_twins_turn(&pages->twins);
  return SQLITE_OK;
}

/* A response broke off. Reads are repeated from the last row on, a few times without progress. */
static bool can_resume(struct wow_pages *pages, int rc, const struct wow_error *err) {
  if (pages->delivered > pages->failed_at) pages->failures = 0;
  bool is_ordered = pages->shape.has_key && !pages->by_offset;
  return rc == SQLITE_ERROR && wow_page_is_broken(pages->current) && err->http_status == 0 &&
         pages->current->bytes > 0 && is_ordered &&
         pages->failures < pages->shape.target->server->options.retries;
}

/* Asks again for what comes after the last row. */
static int ask_again(struct wow_pages *pages, struct wow_error *err) {
  wow_error_reset(err);
  wow_page_close(pages->current);
  drop_next(pages);
  if (pages->delivered > 0) return continue_after_last(pages, err);
  return open_from_start(pages, wow_page_size_next(&pages->size), false, err);
}

/* Was a request refused for saying what it comes after: because it is too long, or because the
** type of the key can be sorted, but not compared with a constant (42883, a domain over an enum)?
** Then the rest is asked for by offset, in the same order. */
static bool can_go_by_offset(const struct wow_pages *pages, const struct wow_error *err) {
  bool is_length = wow_page_is_too_long(err) && pages->current->url_bytes > WOW_MIN_URL_BYTES;
  bool is_operator = err->code && strcmp(err->code, "42883") == 0;
  return (is_length || is_operator) && pages->shape.has_key && !pages->by_offset &&
         pages->delivered > 0;
}

/* Did the server end the statement because it took too long (statement_timeout)? Fewer rows may be
** done in time, if there is an order in which the others can follow. */
static bool can_shrink(const struct wow_pages *pages, const struct wow_error *err) {
  bool has_timed_out = err->code && strcmp(err->code, "57014") == 0;
  return has_timed_out && pages->shape.has_key && !wow_shape_is_grouped(&pages->shape) &&
         pages->max_rows != 1 && pages->current->asked != 1;
}

/* The current page has failed: asks again, in another way if need be. */
static int recover(struct wow_pages *pages, int rc, struct wow_error *err) {
  if (can_resume(pages, rc, err)) {
    pages->failures++;
    pages->failed_at = pages->delivered;
  } else if (can_go_by_offset(pages, err)) {
    pages->by_offset = true;
  } else if (can_shrink(pages, err)) {
    wow_page_size_shrink(&pages->size, pages->current->asked);
  } else {
    return rc;
  }
  return ask_again(pages, err);
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
    if (rc == SQLITE_ROW) rc = check_tie(pages, err);
    if (rc == SQLITE_ROW) {
      if (skip_seen(pages)) {
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
      if (rc != SQLITE_OK) rc = recover(pages, rc, err);
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
                      wow_keyset_can_continue(&keyset->place, max_keyset_bytes(pages));
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
  const struct wow_place *place = pages->keyset.is_set ? &pages->keyset.place : NULL;
  struct wow_page_request request = request_after(pages, place, 0);
  return wow_count_rows(&request, remaining, err);
}
