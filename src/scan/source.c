/*
** Stepping a scan, see source.h.
*/
#include "scan/source.h"

#include <string.h>

#include "scan/page.h"
#include "scan/strategy.h"
#include "types/shippable.h"
#include "wire/deparse.h"

/* The decoder that is on the current row. */
static const struct wow_rows *decoder(const struct wow_scan *scan) {
  return scan->received ? scan->received : wow_pages_rows(scan->pages);
}

const struct wow_json_value *wow_source_value(const struct wow_scan *scan, int member) {
  return scan->state == WOW_SCAN_REMEMBERED ? &scan->remembered.values[member]
                                            : wow_rows_value(decoder(scan), member);
}

/* ---------------------------------------------------------------- windows */

/* The conditions of the present windows, and the places from which the scan went on. */
static int make_where(struct wow_scan *scan) {
  const struct {
    const struct wow_keyset *keyset;
    unsigned part;
  } after[] = {{&scan->grouped_from, WOW_PART_AFTER}, /* no row is without a key */
               {&scan->ungrouped_from, scan->ungrouped_part}};
  scan->where.n = 0;
  int rc = wow_bind_add_conditions(&scan->binding, &scan->where);
  for (size_t i = 0; rc == SQLITE_OK && i < sizeof(after) / sizeof(after[0]); i++) {
    struct wow_condition condition = {
        .kind = WOW_CONDITION_AFTER, .place = &after[i].keyset->place, .part = after[i].part};
    if (after[i].keyset->is_set) rc = wow_condition_add(&scan->where, &condition);
  }
  return rc;
}

int wow_source_start_window(struct wow_scan *scan, struct wow_error *err) {
  sqlite3_int64 max_rows = wow_bind_max_rows(&scan->binding);
  sqlite3_int64 first_rows = scan->binding.first_rows;
  /* After a lookup's first page no page is asked for before it is needed: many stop there. */
  bool is_paged = scan->target.relation->n_key > 0 && max_rows < 0;
  if (scan->is_lookup && is_paged && first_rows < 0) first_rows = WOW_MAX_LOOKUP_ROWS;
  scan->grouped_from.is_set = scan->ungrouped_from.is_set = false;
  if (make_where(scan) != SQLITE_OK) return wow_error_nomem(err);
  int rc = wow_pages_start(scan->pages, &scan->where, first_rows, max_rows, err);
  if (scan->is_lookup) wow_pages_expect_few(scan->pages);
  return rc;
}

/* Was the value of a list's column, in the current row, in the response to another window? */
static int was_in_other_window(struct wow_scan *scan, int term, bool *repeated,
                               struct wow_error *err) {
  const struct wow_bound_term *bound = &scan->binding.terms[term];
  const struct wow_json_value *value =
      wow_rows_value(decoder(scan), scan->members[bound->term->column]);
  char window[16];
  sqlite3_snprintf(sizeof(window), window, "%d", bound->list.window_from);
  struct wow_json_value mark = {WOW_JSON_NUMBER, window, strlen(window)};
  if (scan->seen == NULL) scan->seen = wow_row_cache_new(1);
  char *key = sqlite3_mprintf("%d=%.*s", term, (int)value->bytes, value->text);
  if (key == NULL || scan->seen == NULL) {
    sqlite3_free(key);
    return wow_error_nomem(err);
  }
  int rc = SQLITE_OK, bytes = (int)strlen(key);
  const struct wow_row_cache_entry *entry = wow_row_cache_find(scan->seen, key, bytes);
  if (entry == NULL) {
    rc = wow_row_cache_add(scan->seen, key, bytes, &mark, err);
  } else {
    struct wow_row_cache_cursor cursor = {0};
    wow_row_cache_cursor_start(&cursor, scan->seen, entry);
    rc = wow_row_cache_cursor_next(&cursor, err);
    if (rc == SQLITE_ROW) {
      rc = SQLITE_OK;
      if (cursor.values[0].bytes != mark.bytes ||
          memcmp(cursor.values[0].text, window, mark.bytes) != 0) {
        *repeated = true;
      }
    }
    wow_row_cache_cursor_reset(&cursor);
  }
  sqlite3_free(key);
  return rc;
}

/*
** A list that is cut into several requests may name one value in two ways, as 10:00+00 and as
** 11:00+01, and each of the requests then has its rows.
*/
static int is_repeated(struct wow_scan *scan, bool *repeated, struct wow_error *err) {
  int rc = SQLITE_OK;
  *repeated = false;
  for (int i = 0; rc == SQLITE_OK && i < scan->binding.n_terms; i++) {
    const struct wow_bound_term *bound = &scan->binding.terms[i];
    const struct wow_list *list = &bound->list;
    const struct wow_column *column = &scan->target.relation->columns[bound->term->column];
    bool is_cut = bound->kind == WOW_BOUND_LIST && list->window_to - list->window_from < list->n;
    if (is_cut && !wow_shippable_has_one_text(&column->type))
      rc = was_in_other_window(scan, i, repeated, err);
  }
  return rc;
}

/* Does the current row of the pages belong to the scan? */
static int is_wanted(struct wow_scan *scan, bool *wanted, struct wow_error *err) {
  bool repeated = false;
  int rc = wow_bind_matches(&scan->binding, decoder(scan), scan->members, wanted, err);
  if (rc != SQLITE_OK || !*wanted) return rc;
  rc = is_repeated(scan, &repeated, err);
  *wanted = !repeated;
  return rc;
}

int wow_source_next_row(struct wow_scan *scan, struct wow_error *err) {
  for (;;) {
    int rc = wow_pages_next(scan->pages, err);
    if (rc == SQLITE_ROW) {
      bool wanted = false;
      rc = is_wanted(scan, &wanted, err);
      if (rc == SQLITE_OK && !wanted) continue;
      scan->state = rc == SQLITE_OK ? WOW_SCAN_ROWS : WOW_SCAN_END;
      return rc;
    }
    scan->state = WOW_SCAN_END;
    if (rc != SQLITE_DONE) return rc;
    if (!wow_bind_next_window(&scan->binding, scan->other_bytes)) return SQLITE_OK;
    rc = wow_source_start_window(scan, err);
    if (rc != SQLITE_OK) return rc;
  }
}

/* ---------------------------------------------------------------- received rows */

/* The conditions as text. NULL: no memory. */
static char *conditions_of(const struct wow_scan *scan) {
  struct wow_where where = {0};
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '?');
  int rc = wow_bind_add_conditions(&scan->binding, &where);
  wow_deparse_where(str, &where);
  wow_condition_reset(&where);
  char *text = sqlite3_str_finish(str);
  if (rc == SQLITE_OK) return text;
  sqlite3_free(text);
  return NULL;
}

static bool is_same_scan(const struct wow_scan *scan, const struct wow_scan *other) {
  if (other->is_dry || other->state != WOW_SCAN_ROWS || other->plan.text == NULL ||
      strcmp(scan->plan.text, other->plan.text) != 0) {
    return false;
  }
  char *own = conditions_of(scan), *others = conditions_of(other);
  bool is_same = own && others && strcmp(own, others) == 0;
  sqlite3_free(own);
  sqlite3_free(others);
  return is_same;
}

static int next_received(struct wow_scan *scan, struct wow_error *err) {
  bool wanted = false;
  int rc = SQLITE_ROW;
  scan->state = WOW_SCAN_END;
  while (!wanted && (rc = wow_rows_next(scan->received, err)) == SQLITE_ROW) {
    rc = is_wanted(scan, &wanted, err);
    if (rc != SQLITE_OK) return rc;
  }
  if (wanted) scan->state = WOW_SCAN_RECEIVED;
  return wanted || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Notes how far the outermost scan of the dry run is. */
static void note_progress(const struct wow_scan *other, struct wow_dry_run *dry_run) {
  bool is_all = false;
  double n = (double)wow_pages_received(other->pages, &is_all);
  if (!is_all) dry_run->is_cut = true;
  if (dry_run->n_received > 0) return;
  dry_run->n_received = n;
  dry_run->n_receivable = is_all ? n : other->where.n == 0 ? *other->target.n_rows : -1;
}

int wow_source_start_received(struct wow_scan *scan, bool *is_started, struct wow_error *err) {
  struct wow_scan *other = *scan->target.scans;
  while (other && !is_same_scan(scan, other))
    other = other->next_open;
  *is_started = other != NULL;
  if (other == NULL) return SQLITE_OK;
  wow_rows_free(scan->received);
  scan->received = wow_pages_fork(other->pages);
  note_progress(other, &scan->target.conn->dry_run);
  return scan->received ? next_received(scan, err) : wow_error_nomem(err);
}

/* ---------------------------------------------------------------- groups */

/* The remaining rows are asked for as rows: those of the groups after the current one, or of that,
** too. *done: they are; not if the group cannot be said in a condition, or the server has no such
** operator (for a domain over an enum). */
static int rows_from_group(struct wow_scan *scan, unsigned part, bool *done,
                           struct wow_error *err) {
  const struct wow_keyset *place = wow_tally_place(scan->tally);
  *done = false;
  if (place == NULL) return SQLITE_OK;
  scan->ungrouped_part = part;
  if (wow_keyset_copy(&scan->ungrouped_from, place) != SQLITE_OK || make_where(scan) != SQLITE_OK)
    return wow_error_nomem(err);
  int rc = wow_pages_start(scan->pages, &scan->where, -1, -1, err);
  wow_pages_expect_all(scan->pages);
  if (rc == SQLITE_OK) rc = wow_source_next_row(scan, err);
  *done = !wow_page_lacks_operator(err);
  if (*done) {
    scan->may_group = false;
    return rc;
  }
  wow_error_reset(err);
  scan->ungrouped_from.is_set = false;
  return SQLITE_OK;
}

/* The current group is one whose rows have to be read. */
static int read_group(struct wow_scan *scan, struct wow_error *err) {
  bool done = false;
  if (wow_tally_at_first(scan->tally)) return wow_source_ungroup(scan, err);
  int rc = rows_from_group(scan, WOW_PART_AT | WOW_PART_AFTER | WOW_PART_NULLS, &done, err);
  if (rc != SQLITE_OK || done) return rc;
  return wow_error_hint(err, SQLITE_ERROR, scan->target.relation->name,
                        "run it after SELECT wowsql_config('aggregates', 0)",
                        "a group's sums cannot be taken over from the server");
}

static int next_group(struct wow_scan *scan, struct wow_error *err) {
  bool done = false, must_read = false;
  int rc = SQLITE_OK;
  if (wow_tally_at_page_end(scan->tally) && !wow_tally_has_large_groups(scan->tally))
    rc = rows_from_group(scan, WOW_PART_AFTER | WOW_PART_NULLS, &done, err);
  if (rc != SQLITE_OK || done) return rc;
  rc = wow_tally_next(scan->tally, &must_read, err);
  scan->state = rc == SQLITE_ROW ? WOW_SCAN_GROUPED : WOW_SCAN_END;
  if (must_read) return read_group(scan, err);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Is the request for groups short enough? Lists were cut for that of rows, whose select= may be
** shorter. */
static int fits_groups(const struct wow_scan *scan, bool *fits) {
  char *conditions = conditions_of(scan);
  if (conditions == NULL) return SQLITE_NOMEM;
  *fits = (int)strlen(conditions) + wow_tally_request_bytes(scan->tally) <=
          wow_server_url_bytes(scan->target.server);
  sqlite3_free(conditions);
  return SQLITE_OK;
}

int wow_source_start_groups(struct wow_scan *scan, bool *refused, struct wow_error *err) {
  bool fits = true;
  if (make_where(scan) != SQLITE_OK || fits_groups(scan, &fits) != SQLITE_OK)
    return wow_error_nomem(err);
  *refused = !fits;
  scan->may_group = fits;
  if (!fits) return SQLITE_OK;
  int rc = wow_tally_start(scan->tally, &scan->where, err);
  if (rc == SQLITE_OK) rc = next_group(scan, err);
  *refused =
      rc != SQLITE_OK && wow_tally_is_refused(scan->target.server, scan->plan.has_filter, err);
  if (!*refused) return rc;
  scan->may_group = false;
  return SQLITE_OK;
}

/* The first page has been stepped through, and had few different values: the rest comes in groups.
** *done: it does. */
static int group_remaining(struct wow_scan *scan, bool *done, struct wow_error *err) {
  bool refused = false, is_one = false;
  *done = false;
  if (!scan->may_group || scan->tally == NULL || !wow_tally_is_worthwhile(scan->tally) ||
      scan->target.relation->n_key == 0 || !wow_pages_at_page_end(scan->pages)) {
    return SQLITE_OK;
  }
  const struct wow_keyset *place = wow_pages_place(scan->pages);
  if (place == NULL) return SQLITE_OK; /* the last row cannot be said in a condition */
  if (wow_pages_check_place(scan->pages, &is_one, err) != SQLITE_OK) return err->rc;
  if (!is_one) {
    wow_source_forgo_groups(scan); /* they would not begin where the rows end */
    return SQLITE_OK;
  }
  if (wow_keyset_copy(&scan->grouped_from, place) != SQLITE_OK) return wow_error_nomem(err);
  int rc = wow_source_start_groups(scan, &refused, err);
  if (refused) scan->grouped_from.is_set = false;
  *done = !refused;
  return rc;
}

/* That can only be helped before any row has been read. */
int wow_source_ungroup(struct wow_scan *scan, struct wow_error *err) {
  if (!wow_tally_at_first(scan->tally) || wow_pages_delivered(scan->pages) > 0 || scan->has_read) {
    return wow_error_hint(
        err, SQLITE_ERROR, scan->target.relation->name,
        "name the key's columns instead of rowid; or run it after SELECT wowsql_config('ship', 0)",
        "this statement reads more of its rows than was asked for, which was groups");
  }
  scan->may_group = false;
  int rc = wow_source_start_window(scan, err);
  return rc == SQLITE_OK ? wow_source_next_row(scan, err) : rc;
}

void wow_source_forgo_groups(struct wow_scan *scan) {
  scan->may_group = false;
  wow_pages_hold(scan->pages, false);
}

/* ---------------------------------------------------------------- lookups */

static struct wow_lookup lookup_of(struct wow_scan *scan) {
  return (struct wow_lookup){
      .target = &scan->target,
      .binding = &scan->binding,
      .pages = scan->pages,
      .members = scan->members,
      .n_members = scan->columns.n_select,
      .other_bytes = scan->other_bytes,
  };
}

/* SQLite asks for more than was remembered. */
static int go_on(struct wow_scan *scan, struct wow_error *err) {
  struct wow_lookup lookup = lookup_of(scan);
  struct wow_lookup_result result = {.cursor = &scan->remembered};
  scan->grouped_from.is_set = scan->ungrouped_from.is_set = false;
  if (make_where(scan) != SQLITE_OK) return wow_error_nomem(err);
  int rc = wow_pages_start(scan->pages, &scan->where, -1, -1, err);
  wow_pages_expect_all(scan->pages);
  if (rc == SQLITE_OK) rc = wow_lookup_go_on(&lookup, scan->n_remembered, &result, err);
  scan->remaining = result.is_complete ? WOW_REMAINING_NONE : WOW_REMAINING_FOLLOWS;
  return rc;
}

static int next_remembered(struct wow_scan *scan, struct wow_error *err) {
  int rc = wow_row_cache_cursor_next(&scan->remembered, err);
  if (rc == SQLITE_ROW) {
    scan->n_remembered++;
    scan->state = WOW_SCAN_REMEMBERED;
    return SQLITE_OK;
  }
  scan->state = WOW_SCAN_END;
  if (rc != SQLITE_DONE) return rc;
  if (scan->remaining == WOW_REMAINING_NONE) return SQLITE_OK;
  if (scan->remaining == WOW_REMAINING_FOLLOWS) {
    bool done = false;
    rc = group_remaining(scan, &done, err);
    if (rc != SQLITE_OK || done) return rc;
  } else {
    rc = go_on(scan, err);
    return rc == SQLITE_OK ? next_remembered(scan, err) : rc;
  }
  return wow_source_next_row(scan, err);
}

/* Answers a lookup; but not the first of its kind, if that is better counted or grouped. */
int wow_source_start_lookup(struct wow_scan *scan, bool *is_started, struct wow_error *err) {
  struct wow_lookup_result result = {.cursor = &scan->remembered};
  struct wow_lookup lookup = lookup_of(scan);
  enum wow_strategy strategy = WOW_STRATEGY_ROWS;
  *is_started = false;
  scan->n_remembered = 0;
  int rc = wow_lookup_find(&lookup, &result, err);
  if (rc != SQLITE_OK) return rc;
  scan->remaining = result.is_complete ? WOW_REMAINING_NONE : WOW_REMAINING_AGAIN;
  if (result.way == WOW_LOOKUP_PASS) return SQLITE_OK;
  *is_started = result.way == WOW_LOOKUP_NOTHING;
  if (*is_started) return SQLITE_OK;
  if (result.way == WOW_LOOKUP_FIRST && wow_strategy_choose(scan, &strategy) != SQLITE_OK)
    return wow_error_nomem(err);
  if (strategy != WOW_STRATEGY_ROWS) return SQLITE_OK;
  *is_started = true;
  if (result.way != WOW_LOOKUP_REMEMBERED) {
    rc = wow_source_start_window(scan, err);
    if (rc == SQLITE_OK) rc = wow_lookup_ask(&lookup, &result, err);
    scan->remaining = result.is_complete ? WOW_REMAINING_NONE : WOW_REMAINING_FOLLOWS;
  }
  return rc == SQLITE_OK ? next_remembered(scan, err) : rc;
}

/* ---------------------------------------------------------------- counting */

int wow_source_start_count(struct wow_scan *scan, struct wow_error *err) {
  int rc = wow_pages_count_remaining(scan->pages, &scan->counted, err);
  scan->passed = 0;
  if (rc == SQLITE_OK && scan->counted < 0) {
    scan->can_count = false;
    return wow_source_next_row(scan, err);
  }
  scan->state = rc == SQLITE_OK && scan->counted > 0 ? WOW_SCAN_COUNTED : WOW_SCAN_END;
  return rc;
}

int wow_source_fetch_counted(struct wow_scan *scan, struct wow_error *err) {
  scan->has_read = true;
  scan->must_fetch = true;
  for (sqlite3_int64 i = 0; i <= scan->passed; i++) {
    int rc = wow_source_next_row(scan, err);
    if (rc != SQLITE_OK) return rc;
    if (scan->state == WOW_SCAN_END) {
      return wow_error_set(err, SQLITE_ERROR, scan->target.relation->name,
                           "rows were deleted while they were being counted; run it again");
    }
  }
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- stepping */

static int next_aggregate(struct wow_scan *scan, struct wow_error *err) {
  int rc = wow_bracket_scan_next(scan->brackets, err);
  scan->state = rc == SQLITE_ROW ? WOW_SCAN_AGGREGATE : WOW_SCAN_END;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int next_counted(struct wow_scan *scan) {
  scan->passed++;
  if (--scan->counted == 0) scan->state = WOW_SCAN_END;
  return SQLITE_OK;
}

static int next_of_rows(struct wow_scan *scan, struct wow_error *err) {
  bool done = false;
  if (wow_strategy_sample(scan) != SQLITE_OK) return wow_error_nomem(err);
  /* A whole page was stepped through and nothing of it was read: the rest need not travel. */
  if (scan->can_count && !scan->has_read && scan->target.relation->n_key > 0 &&
      wow_pages_at_page_end(scan->pages) && wow_pages_place(scan->pages)) {
    return wow_source_start_count(scan, err);
  }
  int rc = group_remaining(scan, &done, err);
  return rc != SQLITE_OK || done ? rc : wow_source_next_row(scan, err);
}

int wow_source_next(struct wow_scan *scan, struct wow_error *err) {
  switch (scan->state) {
  case WOW_SCAN_AGGREGATE: return next_aggregate(scan, err);
  case WOW_SCAN_GROUPED: return next_group(scan, err);
  case WOW_SCAN_COUNTED: return next_counted(scan);
  case WOW_SCAN_ROWS: return next_of_rows(scan, err);
  case WOW_SCAN_RECEIVED: return next_received(scan, err);
  case WOW_SCAN_REMEMBERED:
    if (wow_strategy_sample(scan) != SQLITE_OK) return wow_error_nomem(err);
    return next_remembered(scan, err);
  default: return SQLITE_OK;
  }
}
