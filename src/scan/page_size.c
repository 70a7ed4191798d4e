/* How many rows a page asks for, see page_size.h. */
#include "scan/page_size.h"

#include "base/limits.h"
#include "server/server.h"

void wow_page_size_start(struct wow_page_size *size, const struct wow_target *target,
                         sqlite3_int64 first_rows) {
  *size = (struct wow_page_size){
      .target = target,
      .rows = first_rows >= 0 ? first_rows : WOW_FIRST_PAGE_ROWS,
      .most_rows = size->most_rows,
      .short_page = -1,
  };
}

sqlite3_int64 wow_page_size_next(const struct wow_page_size *size) {
  const struct wow_server *server = size->target->server;
  sqlite3_int64 rows = size->rows;
  if (size->row_bytes > 0 && rows > WOW_MAX_PAGE_BYTES / size->row_bytes)
    rows = (sqlite3_int64)(WOW_MAX_PAGE_BYTES / size->row_bytes);
  sqlite3_int64 top = size->target->page_size;
  if (top <= 0) top = server->options.page_size;
  if (rows > top) rows = top;
  if (size->most_rows > 0 && rows > size->most_rows) rows = size->most_rows;
  int cap = server->learned.max_rows;
  if (cap > 0 && rows > cap) rows = cap;
  return rows > 0 ? rows : 1;
}

/* At a distance, a page that takes less than the round trip for it does not pay. */
static sqlite3_int64 larger(const struct wow_pace *pace, sqlite3_int64 rows) {
  double least = wow_pace_is_far(pace) ? wow_pace_rows_per_request(pace) : 0;
  rows *= WOW_PAGE_GROWTH;
  return (double)rows < least ? (sqlite3_int64)least : rows;
}

void wow_page_size_grow(struct wow_page_size *size) {
  if (size->is_shrunk)
    size->is_shrunk = false;
  else if (size->rows < WOW_FIRST_PAGE_ROWS)
    size->rows = WOW_FIRST_PAGE_ROWS;
  else if (size->rows < WOW_MAX_PAGE_ROWS && size->page_ms < WOW_SLOW_PAGE_MS)
    size->rows = larger(&size->target->server->learned.pace, size->rows);
}

void wow_page_size_saw(struct wow_page_size *size, sqlite3_int64 rows, sqlite3_int64 bytes,
                       double ms) {
  if (rows > 0) size->row_bytes = (double)bytes / (double)rows;
  size->page_ms = ms;
}

void wow_page_size_learn(struct wow_page_size *size, sqlite3_int64 got, sqlite3_int64 asked) {
  struct wow_server *server = size->target->server;
  bool is_short = asked >= 0 && got < asked;
  if (got > server->learned.max_rows) {
    server->learned.max_rows = server->options.max_rows; /* what was learned is no longer true */
  }
  if (server->learned.max_rows < 0 && is_short && got > 0 && got == size->short_page)
    server->learned.max_rows = (int)got;
  size->short_page = is_short ? got : -1;
}

void wow_page_size_shrink(struct wow_page_size *size, sqlite3_int64 asked) {
  bool is_large = asked < 0 || asked > WOW_FIRST_PAGE_ROWS * WOW_PAGE_GROWTH;
  sqlite3_int64 rows = is_large ? WOW_FIRST_PAGE_ROWS : asked / WOW_TIMEOUT_SHRINK;
  size->rows = rows > 0 ? rows : 1;
  size->most_rows = is_large ? WOW_FIRST_PAGE_ROWS * WOW_PAGE_GROWTH / 2 : (asked + 1) / 2;
  size->is_shrunk = true;
}
