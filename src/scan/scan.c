/*
** Scans, see scan.h.
**
** Counting: SQLite does not say whether a column that stands in WHERE is also read, nor whether a
** scan without columns counts rows. So where the terms are exact, a statement that counts, and by
** its bytecode reads nothing (see reads.h), is given as many empty rows as the server counts. The
** first time that it asks such a row for a value after all, the rows themselves are fetched and as
** many of them passed over as were handed out empty: nothing was read of those, so it does not
** matter which they were.
**
** Groups: what a statement makes of rows depends on the values that it reads, and how often. Where
** it groups by just these columns, it is given the server's groups, each row as often as it counts;
** where it does not, the first rows show whether there are few different ones, and the rest comes
** in groups. If groups turn out to be small, what lies behind them comes as rows again.
*/
#include "scan/scan.h"

#include <string.h>

#include "types/constant.h"
#include "types/value.h"

#include "scan/bracket_scan.h"
#include "scan/tally.h"
#include "scan/lookup.h"
#include "scan/pages.h"
#include "plan/plan.h"
#include "plan/bind.h"
#include "scan/bytecode.h"
#include "server/run.h"
#include "scan/merge_check.h"
#include "types/shippable.h"
#include "base/limits.h"

enum scan_mode {
  SCAN_END,
  SCAN_ROWS,       /* standing on a row of `pages` */
  SCAN_REMEMBERED, /* standing on a row of `remembered` */
  SCAN_GROUPED,    /* standing on a row of `groups` */
  SCAN_AGGREGATE,  /* standing on a row of `aggregate` */
  SCAN_COUNTED     /* standing on an empty row; `counted` more follow, this one included */
};

/* What comes behind the rows remembered of a lookup. */
enum scan_rest {
  REST_NONE,    /* nothing: they are all */
  REST_FOLLOWS, /* `pages` stands right behind them */
  REST_AGAIN    /* `pages` is to be started, and as many passed over */
};

struct wow_scan {
  struct wow_scan_target target;
  struct wow_server *server; /* as long as the scan runs */
  char *plan_text;           /* what `plan` was read from, with its number */
  int plan_number;
  struct wow_plan plan;
  struct wow_query query;
  int *select; /* columns in the order of the request */
  int n_select;
  int *slots; /* for each column its place in `select`; -1: not fetched */
  struct wow_plan_order sort[WOW_PLAN_SORT];
  int n_sort;
  struct wow_pages *pages;
  struct wow_aggregate_scan *aggregate; /* NULL: the plan has no bracketed aggregates */
  struct wow_reads reads;               /* of this plan */
  bool has_reads;                       /* the statement was looked at */
  struct wow_groups *groups; /* NULL: not made yet, or the rows cannot be had in groups */
  bool has_groups;           /* it was tried */
  bool may_group;            /* they may, this time */
  struct wow_answers *seen; /* values of cut lists, and the window that had them: see is_repeated */
  struct wow_answer_cursor remembered;
  enum scan_rest rest;
  sqlite3_int64 n_remembered; /* rows stepped to in `remembered` */
  enum scan_mode mode;
  bool is_lookup;
  bool has_read;   /* a value or the identity of a row was asked for */
  bool must_fetch; /* a counted row of this plan was asked for a value before */
  bool can_count;  /* the server's count of the rows is the number that SQLite will see */
  sqlite3_int64 counted;
  sqlite3_int64 passed; /* empty rows handed out before the present one */
  int other_bytes;      /* length of a request without its filters, for cutting lists */
  struct wow_text_order text_order;
};

struct wow_scan *wow_scan_new(const struct wow_scan_target *target) {
  struct wow_scan *scan = sqlite3_malloc64(sizeof(*scan));
  if (scan == NULL) return NULL;
  memset(scan, 0, sizeof(*scan));
  scan->target = *target;
  return scan;
}

static void forget_plan(struct wow_scan *scan) {
  wow_aggregate_scan_free(scan->aggregate);
  scan->aggregate = NULL;
  wow_groups_free(scan->groups);
  scan->groups = NULL;
  scan->has_groups = false;
  wow_reads_reset(&scan->reads);
  scan->has_reads = false;
  wow_pages_free(scan->pages);
  scan->pages = NULL;
  wow_server_release(scan->server);
  scan->server = NULL;
  wow_plan_reset(&scan->plan);
  sqlite3_free(scan->plan_text);
  scan->plan_text = NULL;
  wow_answer_cursor_reset(&scan->remembered);
  sqlite3_free(scan->select);
  scan->select = NULL;
  sqlite3_free(scan->slots);
  scan->slots = NULL;
  scan->must_fetch = false;
  wow_text_order_reset(&scan->text_order);
}

void wow_scan_free(struct wow_scan *scan) {
  if (scan == NULL) return;
  wow_query_reset(&scan->query);
  wow_answers_release(scan->seen);
  wow_answer_cursor_reset(&scan->remembered);
  forget_plan(scan);
  sqlite3_free(scan);
}

/* ---------------------------------------------------------------- the plan */

static int prepare_columns(struct wow_scan *scan) {
  sqlite3_uint64 bytes = sizeof(int) * (sqlite3_uint64)(scan->target.relation->n_columns + 1);
  scan->select = sqlite3_malloc64(bytes);
  scan->slots = sqlite3_malloc64(bytes);
  if (scan->select == NULL || scan->slots == NULL) return SQLITE_NOMEM;
  wow_plan_columns(&scan->plan, scan->target.relation, scan->select, &scan->n_select, scan->sort,
                   &scan->n_sort);
  scan->other_bytes = 60 + 3 * (int)strlen(scan->target.relation->name);
  for (int i = 0; i < scan->target.relation->n_columns; i++)
    scan->slots[i] = -1;
  for (int i = 0; i < scan->n_select; i++) {
    scan->slots[scan->select[i]] = i;
    scan->other_bytes += (int)strlen(scan->target.relation->columns[scan->select[i]].name) + 1;
  }
  return SQLITE_OK;
}

/* Reads the plan and finds the server, unless both are the same as last time: a join starts the
** same plan once for each outer row. */
static struct wow_pages_shape rows_shape(const struct wow_scan *scan) {
  return (struct wow_pages_shape){
      .conn = scan->target.conn,
      .server = scan->server,
      .schema = scan->target.schema,
      .relation = scan->target.relation,
      .select = scan->select,
      .n_select = scan->n_select,
      .sort = scan->sort,
      .n_sort = scan->n_sort,
      .n_order = scan->plan.n_order,
      .has_key = scan->target.relation->n_key > 0,
      .counting = -1,
      .page_size = scan->target.page_size > 0 ? scan->target.page_size : scan->server->page_size,
  };
}

static int adopt_plan(struct wow_scan *scan, const char *text, int number, struct wow_error *err) {
  struct wow_server *server = wow_server_find(scan->target.conn, scan->target.server, err);
  if (server == NULL) return err->rc;
  if (scan->plan_text && server == scan->server && number == scan->plan_number &&
      strcmp(scan->plan_text, text) == 0) {
    return SQLITE_OK;
  }
  forget_plan(scan);
  scan->server = wow_server_retain(server);
  scan->plan_text = sqlite3_mprintf("%s", text);
  scan->plan_number = number;
  int rc = scan->plan_text ? SQLITE_OK : SQLITE_NOMEM;
  if (rc == SQLITE_OK)
    rc = wow_plan_parse(text, scan->target.relation, scan->target.aggregates, &scan->plan);
  if (rc == SQLITE_OK) rc = prepare_columns(scan);
  wow_text_order_init(&scan->text_order, &scan->plan, scan->target.relation);
  if (rc == SQLITE_OK) {
    struct wow_pages_shape shape = rows_shape(scan);
    struct wow_aggregate_target aggregates = {
        .shape = shape,
        .aggregates = scan->target.aggregates,
        .plan = &scan->plan,
        .plan_text = scan->plan_text,
        .plan_number = number,
        .table = scan->target.table,
        .columns = scan->target.columns,
        .lookups = scan->target.lookups,
        .rows = scan->target.rows,
    };
    if (scan->plan.is_aggregate) {
      scan->aggregate = wow_aggregate_scan_new(&aggregates);
      return scan->aggregate ? SQLITE_OK : wow_error_nomem(err);
    }
    scan->pages = wow_pages_new(&shape);
    if (scan->pages == NULL) rc = SQLITE_NOMEM;
  }
  if (rc == SQLITE_OK) return SQLITE_OK;
  forget_plan(scan);
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  return wow_error_set(err, SQLITE_ERROR, scan->target.relation->name, "unreadable plan '%s'",
                       text);
}

/* ---------------------------------------------------------------- windows and rows */

/* The present windows' condition. NULL: no memory. */
static char *window_filters(const struct wow_scan *scan) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_query_append(&scan->query, str);
  if (sqlite3_str_length(str) == 0) sqlite3_str_appendchar(str, 1, 0); /* "", not NULL */
  return sqlite3_str_finish(str);
}

static int start_window(struct wow_scan *scan, struct wow_error *err) {
  char *filters = window_filters(scan);
  sqlite3_int64 most_rows = wow_query_most_rows(&scan->query, &scan->plan);
  sqlite3_int64 first_rows = scan->query.first_rows;
  /* Behind a lookup's first page nothing is asked for beforehand: many stop there. */
  bool is_paged = scan->target.relation->n_key > 0 && most_rows < 0;
  if (scan->is_lookup && is_paged && first_rows < 0) first_rows = WOW_LOOKUP_ROWS;
  int rc = filters ? wow_pages_start(scan->pages, filters, first_rows, most_rows, err)
                   : wow_error_nomem(err);
  sqlite3_free(filters);
  return rc;
}

/*
** A list that is cut into several requests may name one value in two ways, as 10:00+00 and as
** 11:00+01, and each of the requests then has its rows. Was this row's value in the answer to
** another window?
*/
static int is_repeated(struct wow_scan *scan, bool *repeated) {
  int rc = SQLITE_OK;
  *repeated = false;
  for (int i = 0; rc == SQLITE_OK && i < scan->query.n_lists; i++) {
    const struct wow_query_list *list = &scan->query.lists[i];
    const struct wow_column *column = &scan->target.relation->columns[list->column];
    bool is_cut = list->window_to - list->window_from < list->n;
    if (!is_cut || wow_shippable_has_one_text(&column->type)) continue;
    const struct wow_json_value *value =
        wow_rows_value(wow_pages_rows(scan->pages), scan->slots[list->column]);
    char window[16];
    sqlite3_snprintf(sizeof(window), window, "%d", list->window_from);
    struct wow_json_value mark = {WOW_JSON_NUMBER, window, strlen(window)};
    char *text = sqlite3_mprintf("%d=%.*s", i, (int)value->bytes, value->text);
    if (text == NULL) return SQLITE_NOMEM;
    if (scan->seen == NULL) scan->seen = wow_answers_new(1);
    if (scan->seen == NULL) rc = SQLITE_NOMEM;
    int bytes = (int)strlen(text);
    const struct wow_answer *answer =
        rc == SQLITE_OK ? wow_answers_find(scan->seen, text, bytes) : NULL;
    if (answer) {
      struct wow_answer_cursor cursor = {0};
      wow_answer_cursor_start(&cursor, scan->seen, answer);
      rc = wow_answer_cursor_next(&cursor);
      if (rc == SQLITE_ROW) {
        rc = SQLITE_OK;
        *repeated = *repeated || cursor.values[0].bytes != mark.bytes ||
                    memcmp(cursor.values[0].text, window, mark.bytes) != 0;
      }
      wow_answer_cursor_reset(&cursor);
    } else if (rc == SQLITE_OK) {
      rc = wow_answers_add(scan->seen, text, bytes, &mark);
    }
    sqlite3_free(text);
  }
  return rc;
}

/* Steps to the next row of the pages that satisfies what is compared here. */
static int next_row(struct wow_scan *scan, struct wow_error *err) {
  for (;;) {
    int rc = wow_pages_next(scan->pages, err);
    if (rc == SQLITE_ROW) {
      bool repeated = false;
      bool matches = false;
      rc = wow_query_matches(&scan->query, wow_pages_rows(scan->pages), scan->slots, &matches, err);
      if (rc != SQLITE_OK) return rc;
      if (!matches) continue;
      if (is_repeated(scan, &repeated) != SQLITE_OK) return wow_error_nomem(err);
      if (repeated) continue;
      scan->mode = SCAN_ROWS;
      return SQLITE_OK;
    }
    if (rc != SQLITE_DONE) {
      scan->mode = SCAN_END;
      return rc;
    }
    if (!wow_query_next_window(&scan->query, scan->other_bytes)) {
      scan->mode = SCAN_END;
      return SQLITE_OK;
    }
    rc = start_window(scan, err);
    if (rc != SQLITE_OK) return rc;
  }
}

/* ---------------------------------------------------------------- what the statement reads */

/* Looks at the statement's bytecode, once for a plan. SQLite prepares it anew for that: cheap
** beside a request, but not beside a lookup that is answered from memory. */
static int look_at_reads(struct wow_scan *scan) {
  if (scan->has_reads) return SQLITE_OK;
  scan->has_reads = true;
  return wow_reads_init(&scan->reads, scan->target.conn->db, scan->plan_text,
                        scan->target.relation->n_columns);
}

/* ---------------------------------------------------------------- groups */

/* Makes the groups of this plan; scan->groups stays NULL where there are none. */
static int make_groups(struct wow_scan *scan, bool look) {
  int rc = SQLITE_OK;
  if (scan->has_groups) return SQLITE_OK;
  if (look) rc = look_at_reads(scan);
  if (rc != SQLITE_OK) return rc;
  struct wow_pages_shape shape = rows_shape(scan);
  scan->has_groups = true;
  return wow_groups_new(&shape, &scan->plan, scan->plan_number, &scan->reads, &scan->groups);
}

/* Are groups what the statement asks for? */
static int wants_groups(struct wow_scan *scan, bool *wants) {
  bool has_order = false;
  *wants = false;
  for (int i = 0; i < WOW_PLAN_ORDER_BITS; i++)
    has_order = has_order || WOW_PLAN_ORDERS_BY(scan->plan_number, i);
  if (!scan->may_group || !has_order) return SQLITE_OK;
  int rc = make_groups(scan, true);
  *wants = rc == SQLITE_OK && scan->groups && wow_groups_are_its_own(scan->groups);
  return rc;
}

static const struct wow_json_value *value_at(const struct wow_scan *scan, int slot) {
  return scan->mode == SCAN_REMEMBERED ? &scan->remembered.values[slot]
                                       : wow_rows_value(wow_pages_rows(scan->pages), slot);
}

/* Looks at the present row, one of the first. */
static int sample_row(struct wow_scan *scan) {
  const struct wow_json_value *values[WOW_PLAN_SORT];
  int n = 0;
  int rc = make_groups(scan, !scan->is_lookup);
  if (rc != SQLITE_OK || scan->groups == NULL) {
    scan->may_group = false;
    return rc;
  }
  if (!wow_groups_is_sampling(scan->groups)) return SQLITE_OK;
  const int *columns = wow_groups_columns(scan->groups, &n);
  for (int i = 0; i < n; i++)
    values[i] = value_at(scan, scan->slots[columns[i]]);
  wow_groups_sample(scan->groups, values);
  /* While it may still turn out that the rest is better had in groups, it is not asked for. */
  scan->may_group = wow_groups_is_sampling(scan->groups) || wow_groups_are_few(scan->groups);
  wow_pages_hold(scan->pages, scan->may_group);
  return SQLITE_OK;
}

/* What lies behind the groups, if they are small. *done: there is such a way, and it was taken. */
static int rows_behind_groups(struct wow_scan *scan, bool *done, struct wow_error *err) {
  *done = false;
  if (!wow_groups_at_page_end(scan->groups) || wow_groups_are_large(scan->groups)) return SQLITE_OK;
  char *filters = wow_groups_rest_filters(scan->groups);
  if (filters == NULL) return SQLITE_OK; /* the last group cannot be said in a condition */
  int rc = wow_pages_start(scan->pages, filters, -1, -1, err);
  sqlite3_free(filters);
  wow_pages_expect_all(scan->pages);
  scan->may_group = false;
  *done = true;
  return rc == SQLITE_OK ? next_row(scan, err) : rc;
}

static int next_group(struct wow_scan *scan, struct wow_error *err) {
  bool done = false;
  int rc = rows_behind_groups(scan, &done, err);
  if (rc != SQLITE_OK || done) return rc;
  rc = wow_groups_next(scan->groups, err);
  scan->mode = rc == SQLITE_ROW ? SCAN_GROUPED : SCAN_END;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Asks for the rows that `filters` leaves in groups. *refused: the server does not compute
** aggregates; the rows themselves have to be asked for. */
static int begin_groups(struct wow_scan *scan, const char *filters, bool *refused,
                        struct wow_error *err) {
  int rc = wow_groups_start(scan->groups, filters, err);
  if (rc == SQLITE_OK) rc = next_group(scan, err);
  *refused = rc != SQLITE_OK && wow_groups_is_refusal(err);
  if (!*refused) return rc;
  bool lasting = wow_groups_is_lasting(err, scan->plan.has_filter);
  scan->server->has_no_aggregates = scan->server->has_no_aggregates || lasting;
  scan->may_group = false;
  wow_error_reset(err);
  return SQLITE_OK;
}

/* The first page has been stepped through, and had few different values: the rest comes in groups.
** *done: it does. */
static int group_rest(struct wow_scan *scan, bool *done, struct wow_error *err) {
  bool refused = false;
  *done = false;
  if (!scan->may_group || scan->groups == NULL || !wow_groups_are_few(scan->groups) ||
      scan->target.relation->n_key == 0 || !wow_pages_at_page_end(scan->pages)) {
    return SQLITE_OK;
  }
  char *filters = wow_pages_rest_filters(scan->pages);
  if (filters == NULL) return SQLITE_OK; /* the last row cannot be said in a condition */
  int rc = begin_groups(scan, filters, &refused, err);
  sqlite3_free(filters);
  *done = !refused;
  return rc;
}

/* SQLite asks a row of a group for what it did not seem to read, or which one it is. That can only
** be helped before any has been read. */
static int ungroup(struct wow_scan *scan, struct wow_error *err) {
  if (!wow_groups_at_first(scan->groups) || wow_pages_delivered(scan->pages) > 0 ||
      scan->has_read) {
    return wow_error_hint(
        err, SQLITE_ERROR, scan->target.relation->name,
        "name the key's columns instead of rowid; or run it after SELECT wowsql_config('ship', 0)",
        "this statement reads more of its rows than was asked for, which was groups");
  }
  scan->may_group = false;
  int rc = start_window(scan, err);
  return rc == SQLITE_OK ? next_row(scan, err) : rc;
}

/* ---------------------------------------------------------------- without rows */

static bool contains_count(const char *sql) {
  for (; *sql; sql++) {
    if (sqlite3_strnicmp(sql, "count", 5) == 0) return true;
  }
  return false;
}

/* Does a running statement's text count something? Only a guess at what is asked first: the answer
** is right either way. */
static bool is_counting(sqlite3 *db) {
  for (sqlite3_stmt *stmt = sqlite3_next_stmt(db, NULL); stmt; stmt = sqlite3_next_stmt(db, stmt)) {
    const char *sql = sqlite3_sql(stmt);
    if (sqlite3_stmt_busy(stmt) && sql && contains_count(sql)) return true;
  }
  return false;
}

/* Are all columns that the statement uses, the key aside, among those of the plan's terms? Then
** they may be there for the terms only. */
static bool uses_terms_only(const struct wow_scan *scan) {
  if (WOW_PLAN_USES_NOTHING(scan->plan_number)) return true;
  for (int i = 0; i < scan->target.relation->n_columns; i++) {
    bool known = !scan->plan.columns[i] || scan->target.relation->columns[i].key_position > 0;
    for (int j = 0; j < scan->plan.n_terms && !known; j++)
      known = scan->plan.terms[j].column == i;
    if (!known) return false;
  }
  return true;
}

/* Is a number of rows all that the statement wants? */
static int wants_count(struct wow_scan *scan, bool *wants) {
  int rc = SQLITE_OK;
  *wants = scan->can_count && !scan->must_fetch && is_counting(scan->target.conn->db);
  if (!*wants || WOW_PLAN_USES_NOTHING(scan->plan_number)) return SQLITE_OK;
  rc = look_at_reads(scan);
  *wants = rc == SQLITE_OK && !(scan->reads.is_known && wow_reads_any(&scan->reads));
  return rc;
}

/* Is there a better way than rows? Groups are better than a number where both would do. */
static int wants_better(struct wow_scan *scan, bool *count, bool *group) {
  int rc = wants_groups(scan, group);
  if (rc == SQLITE_OK && !*group) rc = wants_count(scan, count);
  return rc;
}

/* ---------------------------------------------------------------- lookups */

static int next_remembered(struct wow_scan *scan, struct wow_error *err) {
  int rc = wow_answer_cursor_next(&scan->remembered);
  if (rc == SQLITE_ROW) {
    scan->n_remembered++;
    scan->mode = SCAN_REMEMBERED;
    return SQLITE_OK;
  }
  scan->mode = SCAN_END;
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  if (rc != SQLITE_DONE) {
    return wow_error_set(err, SQLITE_ERROR, scan->target.relation->name,
                         "the temporary file for rows cannot be read");
  }
  if (scan->rest == REST_NONE) return SQLITE_OK;
  if (scan->rest == REST_FOLLOWS) {
    bool done = false;
    rc = group_rest(scan, &done, err);
    if (rc != SQLITE_OK || done) return rc;
  }
  rc = SQLITE_OK;
  if (scan->rest == REST_AGAIN) {
    rc = start_window(scan, err);
    for (sqlite3_int64 i = 0; rc == SQLITE_OK && i < scan->n_remembered; i++) {
      rc = wow_pages_next(scan->pages, err);
      if (rc == SQLITE_DONE) return SQLITE_OK;
      if (rc == SQLITE_ROW) rc = SQLITE_OK;
    }
  }
  return rc == SQLITE_OK ? next_row(scan, err) : rc;
}

/* Answers a lookup; but for the first of its kind, if that is better counted or grouped. */
static int start_lookup(struct wow_scan *scan, enum wow_collation collation, bool *is_started,
                        struct wow_error *err) {
  enum wow_lookup_way way;
  bool is_whole = true;
  char *filters = window_filters(scan);
  if (filters == NULL) return wow_error_nomem(err);
  struct wow_lookup lookup = {
      .lookups = scan->target.lookups,
      .conn = scan->target.conn,
      .server = scan->server,
      .schema = scan->target.schema,
      .plan_text = scan->plan_text,
      .plan = &scan->plan,
      .query = &scan->query,
      .collation = collation,
      .pages = scan->pages,
      .slots = scan->slots,
      .n_select = scan->n_select,
      .other_bytes = scan->other_bytes,
      .filters = filters,
      .rows = *scan->target.rows,
  };
  scan->n_remembered = 0;
  int rc = wow_lookup_find(&lookup, &way, &scan->remembered, &is_whole, err);
  scan->rest = is_whole ? REST_NONE : REST_AGAIN;
  bool count = false, group = false;
  if (rc == SQLITE_OK && way == WOW_LOOKUP_FIRST && wants_better(scan, &count, &group) != SQLITE_OK)
    rc = wow_error_nomem(err);
  bool pass = way == WOW_LOOKUP_PASS || count || group;
  *is_started = rc != SQLITE_OK || !pass;
  if (rc == SQLITE_OK && *is_started && way != WOW_LOOKUP_REMEMBERED) {
    rc = start_window(scan, err);
    if (rc == SQLITE_OK) rc = wow_lookup_ask(&lookup, &scan->remembered, &is_whole, err);
    scan->rest = is_whole ? REST_NONE : REST_FOLLOWS;
  }
  sqlite3_free(filters);
  return rc == SQLITE_OK && *is_started ? next_remembered(scan, err) : rc;
}

/* ---------------------------------------------------------------- counting */

static int begin_counted(struct wow_scan *scan, struct wow_error *err) {
  int rc = wow_pages_count_rest(scan->pages, &scan->counted, err);
  scan->passed = 0;
  scan->mode = rc == SQLITE_OK && scan->counted > 0 ? SCAN_COUNTED : SCAN_END;
  return rc;
}

/* A counted row is asked for a value: fetch the rows, and pass over as many as were empty. */
static int fetch_after_all(struct wow_scan *scan, struct wow_error *err) {
  scan->has_read = true;
  scan->must_fetch = true;
  for (sqlite3_int64 i = 0; i <= scan->passed; i++) {
    int rc = next_row(scan, err);
    if (rc != SQLITE_OK) return rc;
    if (scan->mode == SCAN_END) {
      return wow_error_set(err, SQLITE_ERROR, scan->target.relation->name,
                           "rows were deleted while they were being counted; run it again");
    }
  }
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- the cursor */

static int next_aggregate(struct wow_scan *scan, struct wow_error *err) {
  int rc = wow_aggregate_scan_next(scan->aggregate, err);
  scan->mode = rc == SQLITE_ROW ? SCAN_AGGREGATE : SCAN_END;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int start(struct wow_scan *scan, const char *plan, int plan_number, int argc,
                 sqlite3_value **argv, struct wow_error *err) {
  enum wow_collation collation = WOW_PLAN_COLLATION(plan_number);
  wow_query_reset(&scan->query);
  wow_answers_release(scan->seen);
  scan->seen = NULL;
  scan->mode = SCAN_END;
  int rc = adopt_plan(scan, plan, plan_number, err);
  if (rc != SQLITE_OK) return rc;
  if (scan->aggregate) {
    rc = wow_aggregate_scan_start(scan->aggregate, collation, argc, argv, err);
    return rc == SQLITE_OK ? next_aggregate(scan, err) : rc;
  }
  rc = wow_query_bind(&scan->query, &scan->plan, scan->target.relation, collation,
                      wow_statement_has_parameters(scan->target.conn->db), argc, argv, err);
  if (rc != SQLITE_OK) return rc == SQLITE_NOMEM ? wow_error_nomem(err) : rc;
  if (scan->query.is_never) return SQLITE_OK;
  wow_query_first_window(&scan->query, scan->other_bytes);
  const struct wow_query *query = &scan->query;
  scan->has_read = false;
  bool is_open = query->first_rows < 0 && wow_query_is_one_window(query) &&
                 wow_query_most_rows(query, &scan->plan) < 0;
  scan->can_count = is_open && query->is_exact && scan->plan.n_order == 0 && uses_terms_only(scan);
  scan->may_group = is_open && query->n_compares == 0 && scan->target.conn->ship &&
                    !scan->server->has_no_aggregates;
  wow_text_order_watch(&scan->text_order, query->first_rows < 0);
  if (scan->groups) wow_groups_forget_sample(scan->groups);
  scan->is_lookup = wow_lookup_is_one(&scan->plan, query);
  if (scan->is_lookup) {
    bool is_started = false;
    rc = start_lookup(scan, collation, &is_started, err);
    if (rc != SQLITE_OK || is_started) return rc;
  }
  bool count = false, group = false;
  if (wants_better(scan, &count, &group) != SQLITE_OK) return wow_error_nomem(err);
  rc = start_window(scan, err);
  if (rc != SQLITE_OK) return rc;
  if (count) return begin_counted(scan, err);
  if (group) {
    bool refused = false;
    char *filters = window_filters(scan);
    if (filters == NULL) return wow_error_nomem(err);
    rc = begin_groups(scan, filters, &refused, err);
    sqlite3_free(filters);
    if (rc != SQLITE_OK || !refused) return rc;
  }
  return next_row(scan, err);
}

static int step(struct wow_scan *scan, struct wow_error *err) {
  bool done = false;
  if (scan->mode == SCAN_AGGREGATE) return next_aggregate(scan, err);
  if (scan->mode == SCAN_GROUPED) return next_group(scan, err);
  bool has_row = scan->mode == SCAN_ROWS || scan->mode == SCAN_REMEMBERED;
  if (has_row && scan->may_group && sample_row(scan) != SQLITE_OK) return wow_error_nomem(err);
  if (scan->mode == SCAN_REMEMBERED) return next_remembered(scan, err);
  if (scan->mode == SCAN_COUNTED) {
    scan->passed++;
    if (--scan->counted == 0) scan->mode = SCAN_END;
    return SQLITE_OK;
  }
  /* A whole page was stepped through and nothing of it was read: the rest need not travel. */
  if (scan->can_count && !scan->has_read && scan->target.relation->n_key > 0 &&
      wow_pages_at_page_end(scan->pages)) {
    return begin_counted(scan, err);
  }
  if (scan->mode == SCAN_ROWS) {
    int rc = group_rest(scan, &done, err);
    if (rc != SQLITE_OK || done) return rc;
  }
  return next_row(scan, err);
}

/* ---------------------------------------------------------------- merged rows */

/* Sorted by a date or a time, rows come in the order of values, which is nearly always that of
** their texts (see text_order.h). Where SQLite merges sorted rows, as for UNION with ORDER BY, it
** compares texts, and would lose or double those that are not in their order. */
static int check_merge(struct wow_scan *scan, struct wow_error *err) {
  const struct wow_json_value *values[WOW_PLAN_ORDER];
  bool is_kept = true;
  if (!scan->text_order.is_watched) return SQLITE_OK;
  if (scan->mode == SCAN_END || scan->mode == SCAN_COUNTED) return SQLITE_OK;
  for (int i = 0; i < scan->plan.n_order; i++) {
    int column = scan->plan.order[i].column;
    values[i] = scan->mode == SCAN_GROUPED ? wow_groups_value(scan->groups, column)
                                           : value_at(scan, scan->slots[column]);
  }
  int rc = wow_text_order_next(&scan->text_order, values, &is_kept);
  if (rc == SQLITE_OK && !is_kept) rc = look_at_reads(scan);
  if (rc != SQLITE_OK) return wow_error_nomem(err);
  if (is_kept || !scan->reads.is_known || !scan->reads.merges) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, scan->target.relation->name,
                        "combine texts, as in SELECT c || '' ..., or UNION ALL",
                        "SQLite would merge its rows by the text of dates or times, and these are "
                        "ordered otherwise as values");
}

int wow_scan_start(struct wow_scan *scan, const char *plan, int plan_number, int argc,
                   sqlite3_value **argv, struct wow_error *err) {
  int rc = start(scan, plan, plan_number, argc, argv, err);
  return rc == SQLITE_OK ? check_merge(scan, err) : rc;
}

int wow_scan_next(struct wow_scan *scan, struct wow_error *err) {
  int rc = step(scan, err);
  return rc == SQLITE_OK ? check_merge(scan, err) : rc;
}

bool wow_scan_eof(const struct wow_scan *scan) {
  return scan->mode == SCAN_END;
}

static void forgo_groups(struct wow_scan *scan) {
  scan->may_group = false;
  wow_pages_hold(scan->pages, false);
}

/* Would a group have this column, too? */
static bool is_foreseen(const struct wow_scan *scan, int column) {
  int n = 0;
  if (scan->groups == NULL) {
    return wow_plan_uses(&scan->plan, scan->plan_number, scan->target.relation, column);
  }
  const int *columns = wow_groups_columns(scan->groups, &n);
  for (int i = 0; i < n; i++) {
    if (columns[i] == column) return true;
  }
  return false;
}

int wow_scan_column(struct wow_scan *scan, sqlite3_context *ctx, int column,
                    struct wow_error *err) {
  if (scan->mode == SCAN_AGGREGATE)
    return wow_aggregate_scan_column(scan->aggregate, ctx, column, err);
  if (column > scan->target.relation->n_columns) {
    return wow_error_hint(
        err, SQLITE_ERROR, scan->target.relation->name,
        "group by [date(c)], or write date(c) for the date of each row; and name the "
        "columns that the statement is to have, instead of *",
        "'%s' is read of rows that are not grouped",
        scan->target.aggregates->list[column - WOW_AGGREGATE_COLUMN(scan->target.relation, 0)]
            .name);
  }
  if (column == scan->target.relation->n_columns) return SQLITE_OK; /* wowsql_filter says nothing */
  if (scan->mode == SCAN_COUNTED) {
    sqlite3_value *constant = wow_query_constant_of(&scan->query, column);
    if (constant) {
      sqlite3_result_value(ctx, constant);
      return SQLITE_OK;
    }
    int rc = fetch_after_all(scan, err);
    if (rc != SQLITE_OK) return rc;
  }
  if (scan->mode == SCAN_GROUPED) {
    const struct wow_json_value *value = wow_groups_value(scan->groups, column);
    if (value) {
      scan->has_read = true;
      wow_value_result(ctx, &scan->target.relation->columns[column].type, value);
      return SQLITE_OK;
    }
    int rc = ungroup(scan, err);
    if (rc != SQLITE_OK) return rc;
  }
  scan->has_read = true;
  /* As RIGHT JOIN does with the key, though SQLite has not said so. */
  if (scan->may_group && !is_foreseen(scan, column)) forgo_groups(scan);
  if (scan->slots[column] < 0) {
    return wow_error_set(err, SQLITE_ERROR, scan->target.relation->name,
                         "SQLite reads column '%s', which it did not ask for",
                         scan->target.relation->columns[column].name);
  }
  wow_value_result(ctx, &scan->target.relation->columns[column].type,
                   value_at(scan, scan->slots[column]));
  return SQLITE_OK;
}

/* Mixes text into a hash: FNV-1a, with the length so that ('a','bc') is not ('ab','c'). */
static sqlite3_uint64 mix(sqlite3_uint64 hash, const struct wow_json_value *value) {
  for (size_t i = 0; i < value->bytes; i++) {
    hash = (hash ^ (unsigned char)value->text[i]) * 1099511628211u;
  }
  return (hash ^ value->bytes ^ ((sqlite3_uint64)value->kind << 56)) * 1099511628211u;
}

/*
** The rowid of a composite key. Two integers of 31 and 32 bits are told apart exactly, and have the
** numbers from 0 on; every other key is a 63-bit hash with the sign set. A collision would make
** SQLite take two rows that both satisfy "a OR b" for one: among a million such rows the odds are
** one in ten million.
*/
static sqlite3_int64 composite_rowid(const struct wow_json_value *const *values, int n) {
  sqlite3_int64 first = 0, second = 0;
  if (n == 2 && wow_value_int64(values[0], &first) && wow_value_int64(values[1], &second) &&
      first >= 0 && first <= 0x7fffffff && second >= 0 && second <= 0xffffffff) {
    return first << 32 | second;
  }
  sqlite3_uint64 hash = 14695981039346656037u;
  for (int i = 0; i < n; i++)
    hash = mix(hash, values[i]);
  /* The finaliser of MurmurHash3: every bit of the sum reaches every bit of the result. */
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
  hash ^= hash >> 33;
  return (sqlite3_int64)(hash | 0x8000000000000000u);
}

int wow_scan_rowid(struct wow_scan *scan, sqlite3_int64 *rowid, struct wow_error *err) {
  const struct wow_relation *relation = scan->target.relation;
  const struct wow_json_value *values[WOW_PLAN_SORT];
  if (scan->mode == SCAN_AGGREGATE) {
    return wow_error_hint(
        err, SQLITE_ERROR, relation->name, "put them into a sub-query with GROUP BY, and join that",
        "groups of bracketed aggregates have no rowid, which this statement needs");
  }
  if (relation->n_key == 0) {
    return wow_error_hint(err, SQLITE_ERROR, relation->name,
                          "name the columns that identify a row: CREATE VIRTUAL TABLE ... USING "
                          "wowsql(..., key='a,b')",
                          "this statement needs to tell rows apart, and the relation has no key");
  }
  if (scan->mode == SCAN_COUNTED) {
    int rc = fetch_after_all(scan, err);
    if (rc != SQLITE_OK) return rc;
  }
  if (scan->mode == SCAN_GROUPED) {
    int rc = ungroup(scan, err);
    if (rc != SQLITE_OK) return rc;
  }
  scan->has_read = true;
  forgo_groups(scan); /* the rows are told apart */
  for (int i = 0; i < relation->n_key; i++) {
    values[i] = value_at(scan, scan->slots[relation->key[i]]);
    if (values[i]->kind == WOW_JSON_NULL) {
      return wow_error_set(err, SQLITE_ERROR, relation->name,
                           "a row has no value in its key column '%s'",
                           relation->columns[relation->key[i]].name);
    }
  }
  if (wow_relation_key_kind(relation) != WOW_KEY_ROWID) {
    *rowid = composite_rowid(values, relation->n_key);
    return SQLITE_OK;
  }
  if (wow_value_int64(values[0], rowid)) return SQLITE_OK;
  return wow_error_set(err, SQLITE_ERROR, relation->name, "the key '%.*s' is no integer",
                       (int)values[0]->bytes, values[0]->text);
}
