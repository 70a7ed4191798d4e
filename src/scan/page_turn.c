/*
** From page to page, see page_turn.h.
**
** Assumes of the server (PostgREST): an order that ends with the key is total, so that the rows
** from the last one on are a condition (keyset); Content-Range says how many rows a response has. A
** response may be cut at db-max-rows without a sign, which may change, and differ between replicas:
** so a page shorter than asked is the end only if it is empty, or if the server counted what there
** is, or if the user says that the server does not cut (max_rows 0). What was learned of the server
** only decides how much is asked for.
**
** A relation without a key is read in one streamed request. When the server turns out to cut it,
** which its exact count shows before the first row is handed out, it is read again in pages by
** offset, ordered by all columns that have an order. So it is if there is no count, because a proxy
** strips it: then it ends with an empty page.
**
** Groups have no key, but are unique by their columns. The exact count of a grouped response is
** that of the rows in all its groups: so it shows whether groups are missing, where they say how
** many rows they have.
*/
#include "scan/page_turn.h"

#include <string.h>

#include "scan/count.h"

/* ---------------------------------------------------------------- requests */

static void drop_next(struct wow_pages *pages) {
  if (pages->next) wow_page_close(pages->next);
  pages->next = NULL;
}

struct wow_twins_view wow_page_turn_twins(const struct wow_pages *pages) {
  return (struct wow_twins_view){&pages->shape, &pages->keyset, pages->current};
}

sqlite3_int64 wow_page_turn_place_bytes(const struct wow_pages *pages) {
  return wow_server_url_bytes(pages->shape.target->server) / 2;
}

/* A request for the part of the rows by a place (NULL: all, from the start). */
static struct wow_page_request request_by(const struct wow_pages *pages,
                                          const struct wow_place *place, unsigned part,
                                          sqlite3_int64 limit) {
  return (struct wow_page_request){
      .shape = &pages->shape,
      .where = &pages->where,
      .place = pages->by_offset ? NULL : place,
      .part = part,
      .limit = limit,
      .offset = pages->by_offset && place ? pages->offset : 0,
      .by_offset = pages->by_offset,
      .is_doubted = pages->twins.is_doubted,
      .is_single = pages->is_single && !place,
  };
}

bool wow_page_turn_has_key(const struct wow_pages *pages) {
  return pages->shape.has_key && !wow_shape_is_grouped(&pages->shape);
}

/* The request for the page that follows. It begins with the last rows `again`, beside which a twin
** of them shows; where that would leave little room for others, it is longer. */
static struct wow_page_request request_next(const struct wow_pages *pages,
                                            const struct wow_place *place, sqlite3_int64 limit,
                                            sqlite3_int64 again) {
  unsigned part =
      WOW_PART_AFTER | WOW_PART_NULLS; /* of groups, which are made anew for each page */
  if (wow_page_turn_has_key(pages)) part = wow_twins_part(&pages->twins, limit);
  bool comes_again = (part & WOW_PART_AT) && !pages->by_offset;
  if (comes_again && limit > 0 && limit < 2 * again) limit += again;
  return request_by(pages, place, part, limit);
}

/* ---------------------------------------------------------------- the first page */

static int open_from_start(struct wow_pages *pages, sqlite3_int64 limit, bool count,
                           struct wow_error *err) {
  struct wow_page_request request = request_by(pages, NULL, 0, limit);
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

/* Does a count of the first page pay? One of few rows costs less than a request that shows that
** they were all. Of a list of keys it shows whether there is a twin that did not fit into a
** response which the server cuts; of a single key, where it is known to send but one row. */
static bool wants_count(const struct wow_pages *pages) {
  bool is_cut_to_one = pages->shape.target->server->learned.max_rows == 1;
  if (!pages->shape.has_key || !may_cut(pages)) return false;
  return pages->max_rows < 0 ? pages->is_few : pages->max_rows > 1 || is_cut_to_one;
}

/* A relation without a key, in a total order, so that what comes after this response can be asked
** for; `limit` -1: all of it. */
static int open_by_offset(struct wow_pages *pages, sqlite3_int64 limit, bool count,
                          struct wow_error *err) {
  pages->by_offset = true;
  pages->offset = 0;
  int rc = wow_tie_begin(&pages->tie, &pages->shape, err);
  return rc == SQLITE_OK ? open_from_start(pages, limit, count, err) : rc;
}

int wow_page_turn_first(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_server *server = pages->shape.target->server;
  pages->is_started = true;
  if (wow_shape_is_grouped(&pages->shape)) return open_first_groups(pages, err);
  if (pages->shape.has_key || pages->first_rows >= 0) {
    return open_from_start(pages, wow_page_size_next(&pages->size), wants_count(pages), err);
  }
  if (server->learned.max_rows > 0)
    return open_by_offset(pages, server->learned.max_rows, true, err);
  if (server->learned.hides_counts && may_cut(pages)) return open_by_offset(pages, -1, false, err);
  /* No key: the whole in one request, and its true length unless the server is said not to cut. */
  return open_from_start(pages, -1, may_cut(pages), err);
}

/* ---------------------------------------------------------------- the end of a page */

int wow_page_turn_check_count(struct wow_pages *pages, struct wow_error *err) {
  struct wow_page *page = pages->current;
  sqlite3_int64 rows = 0, total = 0;
  if (wow_shape_is_grouped(&pages->shape)) return SQLITE_OK;
  if (!page->is_counted || !wow_transfer_has_response(page->transfer)) return SQLITE_OK;
  page->is_counted = false;
  wow_page_range(page, &rows, &total);
  pages->shape.target->server->learned.hides_counts = total < 0;
  if (page->part == 0) pages->total = total;
  if (pages->shape.has_key || pages->by_offset) return SQLITE_OK;
  bool is_cut = total > rows && rows > 0;
  if (total >= 0 && !is_cut) return SQLITE_OK;
  wow_page_close(page);
  return open_by_offset(pages, is_cut ? rows : -1, false, err);
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
    *more = page->got > 0 && page->got < total;
  pages->twins.is_near_end = page->asked < 0 || page->got < page->asked;
  bool has_all = pages->max_rows >= 0 && pages->delivered >= pages->max_rows;
  if (has_all && *more) pages->max_rows = -1; /* there are more than there should be */
  if (wow_page_turn_has_key(pages) && !pages->by_offset && !has_all)
    *more = *more || wow_twins_may_miss(&pages->keyset, page->part);
  wow_page_size_learn(&pages->size, page->got, page->asked);
  if (wow_shape_is_grouped(&pages->shape)) check_groups(pages, total, more);
  wow_page_size_saw(&pages->size, page->got, page->bytes, wow_transfer_ttfb_ms(page->transfer));
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
  if (!pages->shape.has_key) pages->offset -= wow_tie_turn(&pages->tie);
  if (!pages->by_offset && !wow_keyset_can_continue(place, wow_page_turn_place_bytes(pages)))
    pages->by_offset = true;
  struct wow_twins_view view = wow_page_turn_twins(pages);
  int rc = wow_twins_check_place(&pages->twins, &view, pages->by_offset, err);
  if (rc != SQLITE_OK) return rc;
  sqlite3_int64 size = continuation_size(pages);
  struct wow_page_request request = request_next(pages, place, size, pages->twins.n_at_place);
  /* A page that has nothing but the rows which come again could be cut as well as be the end. */
  bool is_from_place = request.place && (request.part & WOW_PART_AT);
  bool may_have_none = pages->twins.is_near_end || pages->twins.n_at_place > 1;
  bool count = is_from_place && may_have_none && may_cut(pages);
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

int wow_page_turn_prefetch(struct wow_pages *pages, struct wow_error *err) {
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
  if (!wow_keyset_can_continue(&place, wow_page_turn_place_bytes(pages))) return SQLITE_OK;
  wow_page_size_saw(&pages->size, page->asked, page->bytes, wow_transfer_ttfb_ms(page->transfer));
  struct wow_page *next = page == &pages->pages[0] ? &pages->pages[1] : &pages->pages[0];
  sqlite3_int64 size = continuation_size(pages);
  struct wow_page_request request = request_next(pages, &place, size, 1);
  int rc = wow_page_open(next, &request, false, err);
  if (rc == SQLITE_OK) pages->next = next;
  return rc;
}

struct wow_page_request wow_page_turn_request(const struct wow_pages *pages, unsigned part) {
  const struct wow_place *place = pages->keyset.is_set ? &pages->keyset.place : NULL;
  return request_by(pages, place, part, 0);
}

/* A page had nothing but rows that came again, and was cut there: what comes after their place is
** asked for next, if they were all at it. */
static int check_passed(struct wow_pages *pages, struct wow_error *err) {
  struct wow_twins_view view = wow_page_turn_twins(pages);
  bool has_more = false;
  if (!wow_twins_has_passed_all(&pages->twins, pages->current)) return SQLITE_OK;
  drop_next(pages);
  pages->twins.goes_past = true;
  if (!may_cut(pages)) return SQLITE_OK;
  struct wow_page_request request = wow_page_turn_request(pages, WOW_PART_AT);
  int rc = wow_count_has_more(&request, pages->twins.n_at_place, &has_more, err);
  return rc == SQLITE_OK && has_more ? wow_twins_fail(&view, err) : rc;
}

int wow_page_turn_next(struct wow_pages *pages, struct wow_error *err) {
  bool more = false;
  int rc = finish(pages, &more, err);
  if (rc == SQLITE_OK && more) rc = check_passed(pages, err);
  if (rc != SQLITE_OK) return rc;
  if (!more) {
    drop_next(pages);
    pages->is_done = true;
    return SQLITE_OK;
  }
  if (pages->next == NULL) return continue_after_last(pages, err);
  struct wow_twins_view view = wow_page_turn_twins(pages);
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
  return (is_length || wow_page_lacks_operator(err)) && pages->shape.has_key && !pages->by_offset &&
         pages->delivered > 0;
}

/* Did the server end the statement because it took too long (statement_timeout)? Fewer rows may be
** done in time, if there is an order in which the others can follow. */
static bool can_shrink(const struct wow_pages *pages, const struct wow_error *err) {
  bool has_timed_out = err->code && strcmp(err->code, "57014") == 0;
  return has_timed_out && pages->shape.has_key && !wow_shape_is_grouped(&pages->shape) &&
         pages->max_rows != 1 && pages->current->asked != 1;
}

int wow_page_turn_recover(struct wow_pages *pages, int rc, struct wow_error *err) {
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
