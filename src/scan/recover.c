/*
** After failures, see recover.h.
*/
#include "scan/recover.h"

#include <string.h>

bool wow_recover_is_too_long(const struct wow_error *err) {
  int status = err->http_status;
  return status == 502 || status == 413 || status == 414 || status == 431 || status == 494 ||
         (status == 400 && err->code == NULL);
}

/* A response broke off. Reads are repeated from the last row on, a few times without progress. */
static bool can_resume(struct wow_pages *pages, int rc, const struct wow_error *err) {
  if (pages->delivered > pages->failed_at) pages->failures = 0;
  bool is_ordered = pages->shape.has_key && !pages->by_offset;
  return rc == SQLITE_ERROR && wow_page_is_broken(pages->current) && err->http_status == 0 &&
         pages->current->bytes > 0 && is_ordered &&
         pages->failures < pages->shape.target->server->options.retries;
}

static int resume(struct wow_pages *pages, struct wow_error *err) {
  pages->failures++;
  pages->failed_at = pages->delivered;
  return wow_pages_ask_again(pages, err);
}

/* Was a request refused for saying what it comes after: because it is too long, or because the type
** of the key can be sorted, but not compared with a constant (a domain over an enum)? Then the rest
** is asked for by offset, in the same order. */
static bool can_go_by_offset(const struct wow_pages *pages, const struct wow_error *err) {
  bool is_length = wow_recover_is_too_long(err) && pages->current->url_bytes > WOW_MIN_URL_BYTES;
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

static int shrink(struct wow_pages *pages, struct wow_error *err) {
  sqlite3_int64 asked = pages->current->asked;
  bool is_large = asked < 0 || asked > WOW_FIRST_PAGE_ROWS * WOW_PAGE_GROWTH;
  sqlite3_int64 rows = is_large ? WOW_FIRST_PAGE_ROWS : asked / WOW_TIMEOUT_SHRINK;
  pages->page_rows = rows > 0 ? rows : 1;
  pages->most_rows = is_large ? WOW_FIRST_PAGE_ROWS * WOW_PAGE_GROWTH / 2 : (asked + 1) / 2;
  pages->is_shrunk = true;
  return wow_pages_ask_again(pages, err);
}

int wow_recover_page(struct wow_pages *pages, int rc, struct wow_error *err) {
  if (can_resume(pages, rc, err)) return resume(pages, err);
  if (can_shrink(pages, err)) return shrink(pages, err);
  if (!can_go_by_offset(pages, err)) return rc;
  pages->by_offset = true;
  return wow_pages_ask_again(pages, err);
}
