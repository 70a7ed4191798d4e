/*
** One response, see page.h.
*/
#include "scan/page.h"

#include <string.h>

#include "http/transfer.h"
#include "server/budget.h"
#include "server/connection.h"
#include "server/progress.h"
#include "server/request.h"
#include "types/value.h"

int wow_page_init(struct wow_page *page, const struct wow_shape *shape, struct wow_meter *meter) {
  const struct wow_relation *relation = shape->target->relation;
  int n = shape->n_select + shape->n_computed + shape->n_telling, from = n - shape->n_telling;
  const char **names = sqlite3_malloc64(sizeof(*names) * ((sqlite3_uint64)n + 1));
  if (names == NULL) return SQLITE_NOMEM;
  for (int i = 0; i < shape->n_select; i++)
    names[i] = relation->columns[shape->select[i]].name;
  for (int i = 0; i < shape->n_computed; i++)
    names[shape->n_select + i] = shape->computed[i].name;
  for (int i = 0; i < shape->n_telling; i++)
    names[from + i] = relation->columns[shape->telling[i]].name;
  page->shape = shape;
  page->meter = meter;
  page->rows = wow_rows_new(names, n, WOW_MAX_ROW_BYTES);
  sqlite3_free(names);
  return page->rows ? SQLITE_OK : SQLITE_NOMEM;
}

void wow_page_free(struct wow_page *page) {
  wow_page_close(page);
  wow_rows_free(page->rows);
  page->rows = NULL;
}

struct wow_spent *wow_page_spent(struct wow_meter *meter) {
  if (meter->spent == NULL || meter->spent->run != meter->run) {
    meter->spent = wow_budget_spent(meter->conn, meter->server);
    meter->run = meter->spent->run;
  }
  return meter->spent;
}

static int sink(void *ctx, const char *data, size_t bytes) {
  struct wow_page *page = ctx;
  if (page->is_ended) {
    /* What may come now is a few blanks, which nobody steps over any more. */
    page->bytes_after += bytes;
    return page->bytes_after > WOW_MAX_BLANK_BYTES ? SQLITE_TOOBIG : SQLITE_OK;
  }
  if (!page->is_hungry && wow_rows_pending(page->rows) > WOW_MAX_BUFFER_BYTES) return SQLITE_BUSY;
  page->is_hungry = false;
  page->bytes += (sqlite3_int64)bytes;
  wow_page_spent(page->meter)->bytes += (sqlite3_int64)bytes;
  page->meter->conn->progress.bytes += (sqlite3_int64)bytes;
  return wow_rows_feed(page->rows, data, bytes);
}

int wow_page_open(struct wow_page *page, const struct wow_page_request *request, bool count,
                  struct wow_error *err) {
  const struct wow_target *target = page->shape->target;
  char *path = wow_page_request_path(request);
  if (path == NULL) return wow_error_nomem(err);
  wow_rows_restart(page->rows);
  page->asked = request->limit;
  page->url_bytes = strlen(path);
  page->got = 0;
  page->bytes = 0;
  page->is_hungry = true;
  page->is_complete = false;
  page->is_ended = false;
  page->bytes_after = 0;
  page->part = request->place ? request->part : 0;
  page->is_counted = count;
  page->n_grouped = 0;
  struct wow_request get = {
      .method = "GET",
      .path = path,
      .session = target->session,
      .schema = target->schema,
      .prefer = count ? "count=exact" : NULL,
      .what = target->relation->name,
      .spent = wow_page_spent(page->meter),
      .sink = {sink, page},
  };
  int rc = wow_request_open(target->conn, target->server, &get, &page->transfer, err);
  sqlite3_free(path);
  return rc;
}

void wow_page_close(struct wow_page *page) {
  if (page->transfer) {
    wow_transfer_count_rows(page->transfer, page->got);
    wow_transfer_close(page->transfer);
  }
  page->transfer = NULL;
}

bool wow_page_has_arrived(struct wow_page *page) {
  if (!wow_transfer_is_complete(page->transfer)) return false;
  if (!page->is_complete) {
    page->is_complete = true;
    wow_rows_end(page->rows);
  }
  return true;
}

bool wow_page_is_broken(const struct wow_page *page) {
  return page->transfer && wow_transfer_is_done(page->transfer) &&
         !wow_transfer_is_complete(page->transfer);
}

bool wow_page_is_too_long(const struct wow_error *err) {
  int status = err->http_status;
  return status == 502 || status == 413 || status == 414 || status == 431 || status == 494 ||
         (status == 400 && err->code == NULL);
}

bool wow_page_lacks_operator(const struct wow_error *err) {
  return err->code && strcmp(err->code, "42883") == 0;
}

int wow_page_wait(struct wow_page *page, struct wow_error *err) {
  const struct wow_target *target = page->shape->target;
  page->is_hungry = true;
  wow_transfer_resume(page->transfer);
  int rc = wow_http_wait(page->transfer, err);
  if (rc != SQLITE_OK && page->url_bytes > WOW_MIN_URL_BYTES)
    target->server->learned.longest_refused = page->url_bytes;
  if (rc == SQLITE_OK) rc = wow_budget_check(target->server, wow_page_spent(page->meter), err);
  if (rc == SQLITE_OK) wow_progress_show(target->conn, target->relation->name);
  return rc;
}

void wow_page_range(const struct wow_page *page, sqlite3_int64 *rows, sqlite3_int64 *total) {
  wow_request_content_range(wow_transfer_response(page->transfer)->content_range, rows, total);
}

bool wow_page_count_group(struct wow_page *page) {
  int member = page->shape->n_select + page->shape->counting;
  sqlite3_int64 n = 0;
  if (!wow_value_int64(wow_rows_value(page->rows, member), &n) || n < 0) return false;
  page->n_grouped += n;
  return true;
}

int wow_page_finish(struct wow_page *page, sqlite3_int64 *total, struct wow_error *err) {
  sqlite3_int64 announced = -1;
  /* The array has ended; what is left of the transfer is its end, which must be a good one. */
  page->is_ended = true;
  wow_transfer_resume(page->transfer);
  int rc = wow_http_finish(page->transfer, err);
  if (rc != SQLITE_OK) return rc;
  wow_page_range(page, &announced, total);
  if (announced >= 0 && announced != page->got) {
    return wow_error_set(err, SQLITE_ERROR, page->shape->target->relation->name,
                         "the server announced %lld rows and sent %lld", announced, page->got);
  }
  return SQLITE_OK;
}

struct wow_rows *wow_page_fork(struct wow_page *page) {
  struct wow_error ignored = {0}; /* shows again when the page is read */
  bool is_coming = page->transfer && !page->is_complete;
  while (is_coming && !wow_transfer_is_done(page->transfer) &&
         wow_rows_pending(page->rows) < WOW_MAX_BUFFER_BYTES) {
    if (wow_page_wait(page, &ignored) != SQLITE_OK) break;
  }
  wow_error_reset(&ignored);
  return wow_rows_fork(page->rows);
}
