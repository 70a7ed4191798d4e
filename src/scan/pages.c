/*
** Pages, see pages.h.
**
** Assumes of the server (PostgREST): an order that ends with the key is total, so that "behind the
** last row" is a condition (keyset); Content-Range says how many rows an answer has; an answer may
** be cut at db-max-rows without a sign, so that a page shorter than asked is the end only if the
** server is known to send longer ones.
**
** A relation without a key is read in one streamed request. When the server turns out to cut it,
** which its exact count shows before the first row is handed out, it is read again in pages by
** offset, ordered by all columns that have an order.
**
** Groups have no key, but are unique by their columns. The exact count of a grouped answer is that
** of the rows in all its groups: so it shows whether groups are missing, where they say how many
** rows they have.
*/
#include "scan/pages.h"

#include <string.h>

#include "types/constant.h"
#include "types/value.h"

#include "wire/deparse.h"
#include "server/progress.h"
#include "base/limits.h"
#include "types/shippable.h"

/* One answer on its way or being read. */
struct page {
  struct wow_pages *owner;
  struct wow_transfer *transfer; /* NULL: no request is open */
  struct wow_rows *rows;
  sqlite3_int64 asked;   /* the limit that was sent; -1: none */
  sqlite3_int64 got;     /* rows stepped to */
  sqlite3_int64 bytes;   /* fed to the decoder */
  bool is_hungry;        /* the decoder needs more for its next row */
  bool is_complete;      /* the whole body has been fed */
  bool is_counted;       /* Prefer: count=exact was sent */
  sqlite3_int64 grouped; /* rows in the groups stepped to */
};

/* A text that is kept for the continuation. */
struct kept {
  enum wow_json_kind kind;
  char *text;
  size_t bytes;
  size_t room;
};

struct wow_pages {
  struct wow_pages_shape shape;
  struct page pages[2];
  struct page *current;
  struct page *next;       /* in flight; NULL: not asked for */
  struct wow_spent *spent; /* see spent_of */
  sqlite3_uint64 run;      /* the statements that were running at the start */
  char *filters;
  sqlite3_int64 first_rows;
  sqlite3_int64 most_rows;
  sqlite3_int64 delivered; /* rows stepped to since the start */
  sqlite3_int64 offset;    /* rows of the present answer and of those before it in the same order */
  sqlite3_int64 page_rows; /* the size of the page to come */
  double row_bytes;        /* seen on the last page; 0: none yet */
  sqlite3_int64 short_page; /* the rows of a page that was shorter than asked; -1: it was not */
  int failures;             /* broken answers since the last progress */
  sqlite3_int64 failed_at;  /* rows stepped to when the last answer broke */
  bool is_started;
  bool is_held; /* see wow_pages_hold */
  bool is_done;
  bool is_cut;    /* see wow_pages_is_cut */
  bool by_offset; /* pages are continued by offset: no key, or one that cannot be compared */
  bool has_last;
  struct kept last[WOW_PLAN_SORT]; /* the sort columns of the last row */
  /* Rows handed out of an unordered, limited answer of a relation without key, as hashes, sorted
  ** once the scan goes on behind it. */
  sqlite3_uint64 *seen;
  sqlite3_int64 n_seen;
  sqlite3_int64 n_skipped;
  bool is_skipping;
};

/* Where the use of the server is counted: for the statements that were running when the pages were
** started, whoever runs in between. */
static struct wow_spent *spent_of(struct wow_pages *pages) {
  if (pages->spent == NULL || pages->spent->run != pages->run) {
    pages->spent = wow_server_spent(pages->shape.conn, pages->shape.server);
    pages->run = pages->spent->run;
  }
  return pages->spent;
}

static int page_sink(void *ctx, const char *data, size_t bytes) {
  struct page *page = ctx;
  if (!page->is_hungry && wow_rows_pending(page->rows) > WOW_BUFFER_BYTES) return SQLITE_BUSY;
  page->is_hungry = false;
  page->bytes += (sqlite3_int64)bytes;
  spent_of(page->owner)->bytes += (sqlite3_int64)bytes;
  page->owner->shape.conn->progress.bytes += (sqlite3_int64)bytes;
  return wow_rows_feed(page->rows, data, bytes);
}

static void page_close(struct page *page) {
  if (page->transfer) {
    wow_http_count_rows(page->transfer, page->got);
    wow_http_close(page->transfer);
  }
  page->transfer = NULL;
}

struct wow_pages *wow_pages_new(const struct wow_pages_shape *shape) {
  const char *names[2100];
  struct wow_pages *pages = sqlite3_malloc64(sizeof(*pages));
  if (pages == NULL) return NULL;
  memset(pages, 0, sizeof(*pages));
  pages->shape = *shape;
  for (int i = 0; i < shape->n_select; i++) {
    names[i] = shape->relation->columns[shape->select[i]].name;
  }
  for (int i = 0; i < shape->n_extras; i++)
    names[shape->n_select + i] = shape->extras[i].name;
  int n_names = shape->n_select + shape->n_extras;
  for (int i = 0; i < 2; i++) {
    pages->pages[i].owner = pages;
    pages->pages[i].rows = wow_rows_new(names, n_names, WOW_ROW_BYTES);
    if (pages->pages[i].rows == NULL) {
      wow_pages_free(pages);
      return NULL;
    }
  }
  pages->current = &pages->pages[0];
  return pages;
}

static void pages_stop(struct wow_pages *pages) {
  wow_progress_end(pages->shape.conn);
  for (int i = 0; i < 2; i++)
    page_close(&pages->pages[i]);
  pages->next = NULL;
  sqlite3_free(pages->filters);
  pages->filters = NULL;
  sqlite3_free(pages->seen);
  pages->seen = NULL;
  pages->n_seen = 0;
}

void wow_pages_free(struct wow_pages *pages) {
  if (pages == NULL) return;
  pages_stop(pages);
  for (int i = 0; i < 2; i++)
    wow_rows_free(pages->pages[i].rows);
  for (int i = 0; i < WOW_PLAN_SORT; i++)
    sqlite3_free(pages->last[i].text);
  sqlite3_free(pages);
}

sqlite3_int64 wow_pages_delivered(const struct wow_pages *pages) {
  return pages->delivered;
}

const struct wow_rows *wow_pages_rows(const struct wow_pages *pages) {
  return pages->current->rows;
}

/* ---------------------------------------------------------------- requests */

static const char *column_name(const struct wow_pages *pages, int column) {
  return pages->shape.relation->columns[column].name;
}

/* "Equal to the last row" in one column. */
static void append_equal(struct wow_pages *pages, sqlite3_str *str, int i,
                         const struct wow_json_value *last) {
  const char *name = column_name(pages, pages->shape.sort[i].column);
  if (last[i].kind == WOW_JSON_NULL)
    wow_deparse_inner_filter(str, name, WOW_IS_NULL, NULL, 0);
  else
    wow_deparse_inner_filter(str, name, WOW_EQ, last[i].text, (int)last[i].bytes);
}

/* One alternative of "behind the last row": equal in the columns before `i`, and `op` in it. */
static void append_alternative(struct wow_pages *pages, sqlite3_str *str, int i, enum wow_op op,
                               const struct wow_json_value *last, int *n) {
  const char *name = column_name(pages, pages->shape.sort[i].column);
  bool has_value = op == WOW_LT || op == WOW_GT;
  if ((*n)++) sqlite3_str_appendchar(str, 1, ',');
  if (i > 0) sqlite3_str_appendall(str, "and(");
  for (int j = 0; j < i; j++) {
    append_equal(pages, str, j, last);
    sqlite3_str_appendchar(str, 1, ',');
  }
  wow_deparse_inner_filter(str, name, op, has_value ? last[i].text : NULL, (int)last[i].bytes);
  if (i > 0) sqlite3_str_appendchar(str, 1, ')');
}

/* Appends "behind the row whose sort columns are `last`". NULL comes first upwards and last
** downwards, as everywhere in SQLite. */
static void append_behind(struct wow_pages *pages, sqlite3_str *str,
                          const struct wow_json_value *last) {
  int n = 0;
  if (pages->shape.n_sort == 1 && !pages->shape.sort[0].descending &&
      last[0].kind != WOW_JSON_NULL) {
    wow_deparse_filter(str, column_name(pages, pages->shape.sort[0].column), WOW_GT, last[0].text,
                       (int)last[0].bytes);
    return;
  }
  sqlite3_str_appendall(str, "&or=(");
  for (int i = 0; i < pages->shape.n_sort; i++) {
    const struct wow_column *column = &pages->shape.relation->columns[pages->shape.sort[i].column];
    bool is_null = last[i].kind == WOW_JSON_NULL;
    if (!pages->shape.sort[i].descending) {
      append_alternative(pages, str, i, is_null ? WOW_NOT_NULL : WOW_GT, last, &n);
    } else if (!is_null) {
      append_alternative(pages, str, i, WOW_LT, last, &n);
      if (!wow_relation_is_not_null(column))
        append_alternative(pages, str, i, WOW_IS_NULL, last, &n);
    }
  }
  sqlite3_str_appendchar(str, 1, ')');
}

/* Can these values stand in a condition? Arrays and composites have another text form there, and a
** long text does not fit into a request. */
static bool can_continue_behind(const struct wow_pages *pages, const struct wow_json_value *last) {
  sqlite3_int64 bytes = 0;
  for (int i = 0; i < pages->shape.n_sort; i++) {
    const struct wow_column *column = &pages->shape.relation->columns[pages->shape.sort[i].column];
    if (last[i].kind == WOW_JSON_NESTED || !wow_shippable_can_continue(&column->type)) return false;
    bytes += wow_deparse_element_length(last[i].text, (int)last[i].bytes);
    bytes *= i + 1; /* how often it may be repeated, roughly */
  }
  return bytes < WOW_CONSTANT_BYTES;
}

/* The order of the answer; for pages by offset it must be total, as far as types allow. */
static void append_order(struct wow_pages *pages, sqlite3_str *str) {
  const struct wow_relation *relation = pages->shape.relation;
  int n = 0;
  for (int i = 0; i < pages->shape.n_sort; i++) {
    const struct wow_column *column = &relation->columns[pages->shape.sort[i].column];
    sqlite3_str_appendall(str, n++ ? "," : "&order=");
    wow_deparse_order(str, column->name, pages->shape.sort[i].descending,
                      wow_relation_is_not_null(column));
  }
  for (int i = 0; pages->by_offset && !pages->shape.has_key && i < relation->n_columns; i++) {
    enum wow_family family = relation->columns[i].type.family;
    if (family == WOW_JSON || family == WOW_OTHER) continue;
    sqlite3_str_appendall(str, n++ ? "," : "&order=");
    wow_deparse_order(str, relation->columns[i].name, false,
                      wow_relation_is_not_null(&relation->columns[i]));
  }
}

/* Does a condition say something of this embedded relation? Then rows without one cannot be meant,
** and the server must not send them with its columns empty. */
static bool is_filtered(const struct wow_pages *pages, const struct wow_column *column) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '&');
  wow_deparse_column_key(str, column);
  char *key = sqlite3_str_finish(str);
  char *dot = key ? strrchr(key, '.') : NULL;
  if (dot) dot[1] = 0;
  bool found = key && strstr(pages->filters, key) != NULL;
  sqlite3_free(key);
  return found;
}

/* "...customers!inner(customer.name:name,customer.city:city)": all columns of the embedded relation
** that column `first` of the select list is of, unless an earlier one is, too. */
static void append_embedded(const struct wow_pages *pages, sqlite3_str *str, int first, int *n) {
  const struct wow_column *columns = pages->shape.relation->columns;
  const int *select = pages->shape.select;
  const char *embed = columns[select[first]].embed;
  bool filtered = false, begun = false;
  for (int i = 0; i < pages->shape.n_select; i++) {
    const struct wow_column *column = &columns[select[i]];
    if (column->embed == NULL || strcmp(column->embed, embed) != 0) continue;
    if (i < first) return;
    filtered = filtered || is_filtered(pages, column);
  }
  if ((*n)++) sqlite3_str_appendchar(str, 1, ',');
  sqlite3_str_appendall(str, "...");
  for (const char *part = embed; *part;) {
    size_t bytes = strcspn(part, "!");
    char *name = sqlite3_mprintf("%.*s", (int)bytes, part);
    if (part > embed) sqlite3_str_appendchar(str, 1, '!');
    wow_deparse_name(str, name ? name : "");
    sqlite3_free(name);
    part += bytes + (part[bytes] == '!');
  }
  if (columns[select[first]].embed_hint) {
    sqlite3_str_appendchar(str, 1, '!');
    wow_deparse_name(str, columns[select[first]].embed_hint);
  }
  if (filtered) sqlite3_str_appendall(str, "!inner");
  for (int i = first; i < pages->shape.n_select; i++) {
    const struct wow_column *column = &columns[select[i]];
    if (column->embed == NULL || strcmp(column->embed, embed) != 0) continue;
    sqlite3_str_appendchar(str, 1, begun ? ',' : '(');
    wow_deparse_name(str, column->name);
    sqlite3_str_appendchar(str, 1, ':');
    wow_deparse_name(str, column->embed_column);
    begun = true;
  }
  sqlite3_str_appendchar(str, 1, ')');
}

static void append_select(const struct wow_pages *pages, sqlite3_str *str) {
  int n = 0;
  for (int i = 0; i < pages->shape.n_select; i++) {
    const struct wow_column *column = &pages->shape.relation->columns[pages->shape.select[i]];
    if (column->embed) {
      append_embedded(pages, str, i, &n);
    } else {
      if (n++) sqlite3_str_appendchar(str, 1, ',');
      wow_deparse_name(str, column->name);
    }
  }
}

/* The request for the rows behind `last` (NULL: from the start). */
static char *request_path(struct wow_pages *pages, const struct wow_json_value *last,
                          sqlite3_int64 limit) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '/');
  wow_deparse_path(str, pages->shape.relation->name);
  sqlite3_str_appendall(str, "?select=");
  append_select(pages, str);
  for (int i = 0; i < pages->shape.n_extras; i++) {
    const struct wow_pages_extra *extra = &pages->shape.extras[i];
    if (i > 0 || pages->shape.n_select) sqlite3_str_appendchar(str, 1, ',');
    sqlite3_str_appendf(str, "%s:%s", extra->name, extra->request);
  }
  sqlite3_str_appendall(str, pages->filters);
  if (last && !pages->by_offset) append_behind(pages, str, last);
  /* Where at most one row can come, there is nothing to order and to limit. */
  bool is_lookup = pages->most_rows == 1;
  if (limit != 0 && !is_lookup) append_order(pages, str);
  if (limit >= 0 && !is_lookup) sqlite3_str_appendf(str, "&limit=%lld", limit);
  if (pages->by_offset && last) sqlite3_str_appendf(str, "&offset=%lld", pages->offset);
  return sqlite3_str_finish(str);
}

/* How many rows the next page is to have. */
static sqlite3_int64 next_size(struct wow_pages *pages) {
  struct wow_server *server = pages->shape.server;
  sqlite3_int64 size = pages->page_rows;
  if (pages->row_bytes > 0 && size > WOW_PAGE_BYTES / pages->row_bytes) {
    size = (sqlite3_int64)(WOW_PAGE_BYTES / pages->row_bytes);
  }
  if (size > pages->shape.page_size) size = pages->shape.page_size;
  if (server->max_rows > 0 && size > server->max_rows) size = server->max_rows;
  return size > 0 ? size : 1;
}

static struct wow_server_request get_request(const struct wow_pages *pages, const char *path,
                                             bool count) {
  struct wow_server_request request = {
      .method = "GET",
      .path = path,
      .schema = pages->shape.schema,
      .prefer = count ? "count=exact" : NULL,
      .what = pages->shape.relation->name,
  };
  return request;
}

static int page_open(struct wow_pages *pages, struct page *page, const struct wow_json_value *last,
                     sqlite3_int64 limit, bool count, struct wow_error *err) {
  struct wow_http_sink sink = {page_sink, page};
  char *path = request_path(pages, last, limit);
  if (path == NULL) return wow_error_nomem(err);
  wow_rows_restart(page->rows);
  page->asked = limit;
  page->got = 0;
  page->bytes = 0;
  page->is_hungry = true;
  page->is_complete = false;
  page->is_counted = count;
  page->grouped = 0;
  struct wow_server_request request = get_request(pages, path, count);
  request.spent = spent_of(pages);
  int rc =
      wow_server_open(pages->shape.conn, pages->shape.server, &request, sink, &page->transfer, err);
  sqlite3_free(path);
  return rc;
}

int wow_pages_start(struct wow_pages *pages, const char *filters, sqlite3_int64 first_rows,
                    sqlite3_int64 most_rows, struct wow_error *err) {
  pages_stop(pages);
  pages->filters = sqlite3_mprintf("%s", filters);
  if (pages->filters == NULL) return wow_error_nomem(err);
  pages->first_rows = first_rows;
  pages->most_rows = most_rows;
  pages->spent = NULL;
  pages->delivered = 0;
  pages->offset = 0;
  pages->short_page = -1;
  pages->failures = 0;
  pages->failed_at = 0;
  pages->is_started = false;
  pages->is_held = false;
  pages->is_done = first_rows == 0;
  pages->has_last = false;
  pages->is_skipping = false;
  pages->is_cut = false;
  pages->by_offset = false;
  pages->current = &pages->pages[0];
  pages->page_rows = first_rows >= 0 ? first_rows : WOW_FIRST_PAGE_ROWS;
  if (most_rows >= 0 && first_rows < 0) pages->page_rows = most_rows;
  pages->row_bytes = 0;
  return SQLITE_OK;
}

void wow_pages_expect_all(struct wow_pages *pages) {
  pages->page_rows = WOW_PAGE_ROWS;
}

void wow_pages_hold(struct wow_pages *pages, bool hold) {
  pages->is_held = hold;
}

static int open_first_page(struct wow_pages *pages, struct wow_error *err) {
  const struct wow_server *server = pages->shape.server;
  pages->is_started = true;
  if (pages->shape.n_extras > 0) {
    /* A count costs the server a second look at the rows; an answer that is no longer than another
    ** that it gave needs none, and without order there is no other way to see the end. */
    bool count = server->max_rows < 0 && pages->most_rows < 0 && pages->shape.counting >= 0 &&
                 (!pages->shape.has_key || server->longest_answer < WOW_FIRST_PAGE_ROWS);
    bool is_limited = pages->first_rows >= 0 || (server->max_rows > 0 && pages->shape.has_key);
    return page_open(pages, pages->current, NULL, is_limited ? next_size(pages) : -1, count, err);
  }
  if (pages->shape.has_key || pages->first_rows >= 0) {
    return page_open(pages, pages->current, NULL, next_size(pages), false, err);
  }
  if (server->max_rows > 0) {
    pages->by_offset = true;
    return page_open(pages, pages->current, NULL, server->max_rows, false, err);
  }
  /* No key: the whole in one request, and its true length unless the server is known not to cut. */
  return page_open(pages, pages->current, NULL, -1, server->max_rows != 0, err);
}

/* ---------------------------------------------------------------- the last row */

static int keep(struct kept *kept, const struct wow_json_value *value) {
  kept->kind = value->kind;
  kept->bytes = value->bytes;
  /* An empty text is a text, too: room for a byte more, so that it is never NULL. */
  if (value->bytes + 1 > kept->room) {
    char *text = sqlite3_realloc64(kept->text, value->bytes + 1);
    if (text == NULL) return SQLITE_NOMEM;
    kept->text = text;
    kept->room = value->bytes + 1;
  }
  if (value->bytes) memcpy(kept->text, value->text, value->bytes);
  return SQLITE_OK;
}

/* Booleans have no text in the decoder's value, and need one in a condition. */
static struct wow_json_value with_text(struct wow_json_value value) {
  if (value.kind == WOW_JSON_TRUE) value.text = "true", value.bytes = 4;
  if (value.kind == WOW_JSON_FALSE) value.text = "false", value.bytes = 5;
  return value;
}

static int keep_last(struct wow_pages *pages) {
  const struct wow_rows *rows = pages->current->rows;
  int first = pages->shape.n_select - pages->shape.n_sort;
  for (int i = 0; i < pages->shape.n_sort; i++) {
    struct wow_json_value value = with_text(*wow_rows_value(rows, first + i));
    if (keep(&pages->last[i], &value) != SQLITE_OK) return SQLITE_NOMEM;
  }
  pages->has_last = true;
  return SQLITE_OK;
}

static void last_values(const struct wow_pages *pages, struct wow_json_value *values) {
  for (int i = 0; i < pages->shape.n_sort; i++) {
    values[i].kind = pages->last[i].kind;
    values[i].text = pages->last[i].text;
    values[i].bytes = pages->last[i].bytes;
  }
}

/* ---------------------------------------------------------------- rows seen already */

static sqlite3_uint64 row_hash(const struct wow_pages *pages) {
  sqlite3_uint64 hash = 14695981039346656037u; /* FNV-1a */
  for (int i = 0; i < pages->shape.n_select; i++) {
    const struct wow_json_value *value = wow_rows_value(pages->current->rows, i);
    hash = (hash ^ (sqlite3_uint64)(value->kind + 1)) * 1099511628211u;
    for (size_t j = 0; j < value->bytes; j++) {
      hash = (hash ^ (unsigned char)value->text[j]) * 1099511628211u;
    }
  }
  return hash;
}

static int remember_row(struct wow_pages *pages) {
  if (pages->seen == NULL) {
    sqlite3_uint64 bytes = sizeof(*pages->seen) * (sqlite3_uint64)pages->first_rows;
    pages->seen = sqlite3_malloc64(bytes);
    if (pages->seen == NULL) return SQLITE_NOMEM;
  }
  pages->seen[pages->n_seen++] = row_hash(pages);
  return SQLITE_OK;
}

/* Was a row like this handed out before? Each counts once; rows alike are the same to the query. */
static bool skip_seen(struct wow_pages *pages) {
  if (!pages->is_skipping || pages->n_skipped == pages->n_seen) return false;
  sqlite3_uint64 hash = row_hash(pages);
  for (sqlite3_int64 i = pages->n_skipped; i < pages->n_seen; i++) {
    if (pages->seen[i] != hash) continue;
    pages->seen[i] = pages->seen[pages->n_skipped];
    pages->n_skipped++;
    return true;
  }
  return false;
}

/* ---------------------------------------------------------------- stepping */

/* A page of this relation without a key came back cut: read it in pages, in a total order. */
static int restart_by_offset(struct wow_pages *pages, sqlite3_int64 cap, struct wow_error *err) {
  page_close(pages->current);
  pages->shape.server->max_rows = (int)cap;
  pages->by_offset = true;
  pages->offset = 0;
  return page_open(pages, pages->current, NULL, cap, false, err);
}

/* Compares the number of rows of an answer with those that there are, before the first is handed
 * out. */
static int check_count(struct wow_pages *pages, struct wow_error *err) {
  struct page *page = pages->current;
  sqlite3_int64 rows = 0, total = 0;
  if (pages->shape.n_extras > 0) return SQLITE_OK; /* it shows behind the last group */
  if (!page->is_counted || !wow_http_has_answer(page->transfer)) return SQLITE_OK;
  page->is_counted = false;
  wow_server_content_range(wow_http_answer(page->transfer)->content_range, &rows, &total);
  return total > rows && rows > 0 ? restart_by_offset(pages, rows, err) : SQLITE_OK;
}

/* Waits for more of the current page. */
static int page_wait(struct wow_pages *pages, struct wow_error *err) {
  struct page *page = pages->current;
  page->is_hungry = true;
  wow_http_resume(page->transfer);
  int rc = wow_http_wait(page->transfer, err);
  if (rc == SQLITE_OK) rc = wow_server_check_budget(pages->shape.server, spent_of(pages), err);
  if (rc != SQLITE_OK) return rc;
  wow_progress_show(pages->shape.conn, pages->shape.relation->name);
  rc = check_count(pages, err);
  if (rc != SQLITE_OK) return rc;
  if (wow_http_is_whole(page->transfer) && !page->is_complete) {
    page->is_complete = true;
    wow_rows_end(page->rows);
  }
  return SQLITE_OK;
}

/* Can the query have rows behind a page of `got` rows, of `asked`? */
static bool may_have_more(const struct wow_pages *pages, sqlite3_int64 got, sqlite3_int64 asked) {
  const struct wow_server *server = pages->shape.server;
  if (pages->most_rows >= 0 && pages->delivered >= pages->most_rows) return false;
  if (got == 0) return false;
  if (asked >= 0 && got >= asked) return true;
  /* Its count was compared. */
  bool is_groups = pages->shape.n_extras > 0;
  if (asked < 0 && !pages->shape.has_key && !pages->by_offset && !is_groups) return false;
  if (server->max_rows >= 0) return server->max_rows > 0 && got >= server->max_rows;
  return got >= server->longest_answer;
}

/* Two pages in a row that are equally shorter than asked: there the server cuts. */
static void learn(struct wow_pages *pages, sqlite3_int64 got, sqlite3_int64 asked) {
  struct wow_server *server = pages->shape.server;
  bool is_short = asked >= 0 && got < asked;
  if (server->max_rows < 0 && is_short && got > 0 && got == pages->short_page) {
    server->max_rows = (int)got;
  }
  pages->short_page = is_short ? got : -1;
  if (got > server->longest_answer) server->longest_answer = got;
}

/* Are all groups here? Their rows are counted where the server was asked for a count; and without
** order they cannot be continued. */
static void check_groups(struct wow_pages *pages, sqlite3_int64 total, bool *more) {
  const struct page *page = pages->current;
  struct wow_server *server = pages->shape.server;
  bool is_full = page->asked >= 0 && page->got >= page->asked;
  if (page->is_counted && total >= 0 && !is_full) {
    *more = page->got > 0 && page->grouped < total;
    if (*more && server->max_rows < 0) server->max_rows = (int)page->got;
  }
  if (pages->shape.has_key) return;
  pages->is_cut = *more;
  *more = false;
}

/* Checks a page that was read to its end, and says whether to go on. */
static int page_finish(struct wow_pages *pages, bool *more, struct wow_error *err) {
  struct page *page = pages->current;
  sqlite3_int64 announced = -1, total = -1;
  /* The array has ended; what is left of the transfer is its end, which must be a good one. */
  int rc = wow_http_finish(page->transfer, err);
  if (rc != SQLITE_OK) return rc;
  wow_server_content_range(wow_http_answer(page->transfer)->content_range, &announced, &total);
  if (announced >= 0 && announced != page->got) {
    return wow_error_set(err, SQLITE_ERROR, pages->shape.relation->name,
                         "the server announced %lld rows and sent %lld", announced, page->got);
  }
  *more = may_have_more(pages, page->got, page->asked);
  learn(pages, page->got, page->asked);
  if (pages->shape.n_extras > 0) check_groups(pages, total, more);
  if (page->got > 0) pages->row_bytes = (double)page->bytes / (double)page->got;
  pages->failures = 0;
  page_close(page);
  return SQLITE_OK;
}

static void grow(struct wow_pages *pages) {
  if (pages->page_rows < WOW_FIRST_PAGE_ROWS)
    pages->page_rows = WOW_FIRST_PAGE_ROWS;
  else if (pages->page_rows < WOW_PAGE_ROWS)
    pages->page_rows *= WOW_PAGE_GROWTH;
}

/* A sorted answer that does not follow the key costs the server a sort for each page, and groups
** are made anew for each, so behind the first page all the rest is asked for at once (it streams;
** see WOW_BUFFER_BYTES). */
static sqlite3_int64 continuation_size(struct wow_pages *pages) {
  grow(pages);
  /* By the key alone an index gives it. */
  bool by_key = pages->shape.n_sort <= pages->shape.relation->n_key;
  bool is_groups = pages->shape.n_extras > 0;
  bool sorted = ((pages->shape.n_order > 0 && !by_key) || is_groups) && !pages->by_offset &&
                pages->shape.server->max_rows <= 0;
  return sorted ? -1 : next_size(pages);
}

/* Asks for what lies behind the last row that was handed out. */
static int continue_behind_last(struct wow_pages *pages, struct wow_error *err) {
  struct wow_json_value last[WOW_PLAN_SORT];
  last_values(pages, last);
  if (!pages->shape.has_key && !pages->by_offset) {
    /* An unordered answer that was limited: read the whole, without the rows handed out. */
    pages->is_skipping = true;
    pages->offset = 0;
    pages->n_skipped = 0;
    pages->first_rows = -1;
    return page_open(pages, pages->current, NULL, -1, true, err);
  }
  if (!pages->by_offset && !can_continue_behind(pages, last)) pages->by_offset = true;
  return page_open(pages, pages->current, last, continuation_size(pages), false, err);
}

/* While this page is read, the next one comes: as soon as this one has arrived whole and its last
** row can be seen. Not behind a page whose length the statement's LIMIT gave, nor before half of a
** first page has been read: many queries stop there. */
static int prefetch(struct wow_pages *pages, struct wow_error *err) {
  struct page *page = pages->current;
  sqlite3_int64 most_requests = pages->shape.server->statement_max_requests;
  struct wow_json_value last[WOW_PLAN_SORT];
  sqlite3_int64 rows = -1, total = -1;
  bool is_first = pages->delivered == page->got;
  if (pages->next || pages->is_held || !pages->shape.has_key || pages->by_offset ||
      pages->shape.n_extras > 0 || page->asked < 0) {
    return SQLITE_OK;
  }
  /* The statement may end before it needs the request that its budget has no more. */
  if (most_requests > 0 && spent_of(pages)->requests >= most_requests) return SQLITE_OK;
  if (!wow_http_is_whole(page->transfer) || (is_first && pages->first_rows >= 0)) return SQLITE_OK;
  if (is_first && page->got < page->asked / 2) return SQLITE_OK;
  wow_server_content_range(wow_http_answer(page->transfer)->content_range, &rows, &total);
  /* Only behind a full page: whether a short one is the last shows when it has been read. */
  if (rows < page->asked || (pages->most_rows >= 0 && page->asked >= pages->most_rows)) {
    return SQLITE_OK;
  }
  if (!page->is_complete) {
    page->is_complete = true;
    wow_rows_end(page->rows);
  }
  if (!wow_rows_peek_last(page->rows, pages->shape.n_sort, last)) return SQLITE_OK;
  for (int i = 0; i < pages->shape.n_sort; i++)
    last[i] = with_text(last[i]);
  if (!can_continue_behind(pages, last)) return SQLITE_OK;
  if (page->asked > 0) pages->row_bytes = (double)page->bytes / (double)page->asked;
  struct page *next = page == &pages->pages[0] ? &pages->pages[1] : &pages->pages[0];
  int rc = page_open(pages, next, last, continuation_size(pages), false, err);
  if (rc == SQLITE_OK) pages->next = next;
  return rc;
}

/* An answer broke off. Reads are repeated from the last row on, a few times without progress. */
static bool can_resume(struct wow_pages *pages, int rc, const struct wow_error *err) {
  if (pages->delivered > pages->failed_at) pages->failures = 0;
  bool ordered = pages->shape.has_key && !pages->by_offset;
  bool is_broken = pages->current->transfer && wow_http_is_done(pages->current->transfer) &&
                   !wow_http_is_whole(pages->current->transfer);
  return rc == SQLITE_ERROR && is_broken && err->http_status == 0 && pages->current->bytes > 0 &&
         ordered && pages->failures < pages->shape.server->retries;
}

static int resume(struct wow_pages *pages, struct wow_error *err) {
  pages->failures++;
  pages->failed_at = pages->delivered;
  wow_error_reset(err);
  page_close(pages->current);
  if (pages->next) page_close(pages->next);
  pages->next = NULL;
  if (pages->has_last) return continue_behind_last(pages, err);
  return page_open(pages, pages->current, NULL, next_size(pages), false, err);
}

/* Adds the rows of the present group. False: it does not say how many they are. */
static bool count_group(struct wow_pages *pages) {
  struct page *page = pages->current;
  int member = pages->shape.n_select + pages->shape.counting;
  sqlite3_int64 n = 0;
  if (!wow_value_int64(wow_rows_value(page->rows, member), &n) || n < 0) return false;
  page->grouped += n;
  return true;
}

/* How many rows are stepped over between two looks at the network. */
#define ROWS_PER_PUMP 128

static int row_ready(struct wow_pages *pages, struct wow_error *err) {
  struct page *page = pages->current;
  page->got++;
  pages->delivered++;
  pages->offset++;
  spent_of(pages)->rows++;
  pages->shape.conn->progress.rows++;
  if (pages->shape.has_key && keep_last(pages) != SQLITE_OK) return wow_error_nomem(err);
  if (pages->shape.counting >= 0 && !count_group(pages)) {
    return wow_error_set(err, SQLITE_ERROR, pages->shape.relation->name,
                         "the server did not say how many rows a group has");
  }
  if (!pages->shape.has_key && pages->first_rows >= 0 && remember_row(pages) != SQLITE_OK) {
    return wow_error_nomem(err);
  }
  int rc = wow_server_check_budget(pages->shape.server, spent_of(pages), err);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

/* Lets what has arrived in the meantime into the decoder. Between two rows only: it ends the
** validity of a row's values. */
static int look_at_network(struct wow_pages *pages, struct wow_error *err) {
  if (pages->current->got == 0 || pages->current->got % ROWS_PER_PUMP != 0) return SQLITE_OK;
  wow_http_pump(pages->shape.conn->http);
  wow_progress_show(pages->shape.conn, pages->shape.relation->name);
  return prefetch(pages, err);
}

static int page_turn(struct wow_pages *pages, struct wow_error *err) {
  bool more = false;
  int rc = page_finish(pages, &more, err);
  if (rc != SQLITE_OK) return rc;
  if (!more) {
    if (pages->next) page_close(pages->next);
    pages->next = NULL;
    pages->is_done = true;
    return SQLITE_OK;
  }
  if (pages->next == NULL) return continue_behind_last(pages, err);
  pages->current = pages->next;
  pages->next = NULL;
  return SQLITE_OK;
}

int wow_pages_next(struct wow_pages *pages, struct wow_error *err) {
  int rc = SQLITE_OK;
  if (!pages->is_started && !pages->is_done) rc = open_first_page(pages, err);
  if (rc == SQLITE_OK && !pages->is_done) rc = look_at_network(pages, err);
  while (rc == SQLITE_OK && !pages->is_done) {
    /* The whole answer may be here before anyone has waited for it. */
    rc = check_count(pages, err);
    if (rc != SQLITE_OK) break;
    rc = wow_rows_next(pages->current->rows, err);
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
      rc = rc == SQLITE_OK ? page_wait(pages, err) : page_turn(pages, err);
      if (rc != SQLITE_OK && can_resume(pages, rc, err)) rc = resume(pages, err);
    }
  }
  if (rc != SQLITE_OK) wow_error_about(err, pages->shape.relation->name);
  wow_progress_end(pages->shape.conn);
  return rc == SQLITE_OK ? SQLITE_DONE : rc;
}

char *wow_pages_rest_filters(struct wow_pages *pages) {
  struct wow_json_value last[WOW_PLAN_SORT];
  last_values(pages, last);
  if (!pages->has_last || pages->by_offset || !can_continue_behind(pages, last)) return NULL;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, pages->filters);
  append_behind(pages, str, last);
  return sqlite3_str_finish(str);
}

bool wow_pages_is_cut(const struct wow_pages *pages) {
  return pages->is_cut;
}

bool wow_pages_at_page_end(const struct wow_pages *pages) {
  const struct page *page = pages->current;
  return pages->next == NULL && page->got > 0 && page->got == page->asked;
}

int wow_pages_count_rest(struct wow_pages *pages, sqlite3_int64 *rest, struct wow_error *err) {
  struct wow_json_value last[WOW_PLAN_SORT];
  struct wow_server_answer answer;
  last_values(pages, last);
  char *path = request_path(pages, pages->has_last ? last : NULL, 0);
  if (path == NULL) return wow_error_nomem(err);
  struct wow_server_request request = get_request(pages, path, true);
  int rc = wow_server_fetch(pages->shape.conn, pages->shape.server, &request, &answer, err);
  *rest = answer.total;
  if (rc == SQLITE_OK && *rest < 0) {
    rc = wow_error_set(err, SQLITE_ERROR, pages->shape.relation->name,
                       "the server did not say how many rows there are");
  }
  sqlite3_free(answer.body);
  sqlite3_free(path);
  return rc;
}

double wow_pages_estimate(struct wow_connection *conn, struct wow_server *server,
                          const char *schema, const char *relation, const char *filters) {
  struct wow_error err = {0};
  struct wow_server_answer answer = {.total = -1};
  struct wow_http_options options = server->http;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '/');
  wow_deparse_path(str, relation);
  sqlite3_str_appendf(str, "?limit=0%s", filters);
  char *path = sqlite3_str_finish(str);
  if (path == NULL) return -1;
  options.retries = 0;
  if (options.connect_timeout_ms > WOW_ESTIMATE_TIMEOUT_MS)
    options.connect_timeout_ms = WOW_ESTIMATE_TIMEOUT_MS;
  if (options.silence_timeout_ms > WOW_ESTIMATE_TIMEOUT_MS)
    options.silence_timeout_ms = WOW_ESTIMATE_TIMEOUT_MS;
  struct wow_server_request request = {
      .method = "GET",
      .path = path,
      .schema = schema,
      .prefer = "count=planned",
      .what = relation,
      .options = &options,
  };
  if (wow_server_fetch(conn, server, &request, &answer, &err) != SQLITE_OK) answer.total = -1;
  sqlite3_free(answer.body);
  sqlite3_free(path);
  wow_error_reset(&err);
  return (double)answer.total;
}
