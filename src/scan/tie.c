/*
** Ties, see tie.h.
*/
#include "scan/tie.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scan/count.h"

void wow_tie_reset(struct wow_tie *tie) {
  wow_seen_reset(&tie->seen);
  memset(tie, 0, sizeof(*tie));
}

/* ---------------------------------------------------------------- what may be one in order */

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Without the zeros that end the fraction at `from`, which begins with its point. */
static size_t fraction_bytes(const char *from, const char *end) {
  size_t n = 1;
  while (from + n < end && is_digit(from[n]))
    n++;
  while (n > 1 && from[n - 1] == '0')
    n--;
  return n == 1 ? 0 : n;
}

/* Small letters, no blanks, no zeros at the end of fractions, and nothing beyond ASCII, where the
** server may know of more pairs of letters. */
static sqlite3_uint64 fold(sqlite3_uint64 hash, const char *text, size_t bytes) {
  const char *end = text + bytes;
  for (const char *p = text; p < end; p++) {
    if (*p == ' ' || (unsigned char)*p >= 0x80) continue;
    if (*p == '.' && p > text && is_digit(p[-1])) {
      hash = wow_text_hash(hash, p, fraction_bytes(p, end));
      while (p + 1 < end && is_digit(p[1]))
        p++;
      continue;
    }
    char c = *p >= 'A' && *p <= 'Z' ? (char)(*p + ('a' - 'A')) : *p;
    hash = wow_text_hash(hash, &c, 1);
  }
  return hash;
}

/* An interval's length in seconds, with months of 30 days, as PostgreSQL compares them: "1 year 2
** mons 3 days -04:05:06.7". */
static double interval_seconds(const char *text, size_t bytes) {
  char *copy = sqlite3_mprintf("%.*s", (int)bytes, text), *p = copy;
  double sum = 0;
  while (p && *p) {
    char *after = NULL;
    double number = strtod(p, &after);
    if (after == p) {
      p++;
      continue;
    }
    if (*after == ':') {
      double sign = *p == '-' ? -1 : 1, minutes = strtod(after + 1, &after);
      double seconds = *after == ':' ? strtod(after + 1, &after) : 0;
      sum += number * 3600 + sign * (minutes * 60 + seconds);
    } else {
      const char *unit = after + strspn(after, " ");
      sum += number * (*unit == 'y' ? 360 * 86400.0 : *unit == 'm' ? 30 * 86400.0 : 86400.0);
    }
    p = after;
  }
  sqlite3_free(copy);
  return sum;
}

/* Is what the server takes for one of a column's values always the same to SQLite? */
static bool looks_same(const struct wow_column *column) {
  if (!wow_page_request_can_sort(column)) return false;
  switch (column->type.family) {
  case WOW_TEXT: return column->collating == WOW_COLLATES_STRICTLY;
  case WOW_CHAR:
  case WOW_CITEXT:
  case WOW_JSONB:
  case WOW_ARRAY:
  case WOW_OTHER:
  case WOW_USER: return false;
  default: return true;
  }
}

static bool has_letter(const char *text, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    char c = text[i] & ~0x20;
    if ((unsigned char)text[i] >= 0x80 || (c >= 'A' && c <= 'Z')) return true;
  }
  return false;
}

static bool has_digit(const char *text, size_t bytes) {
  size_t i = 0;
  while (i < bytes && !is_digit(text[i]))
    i++;
  return i < bytes;
}

/* Is what the server takes for this value always the same to SQLite? */
static bool is_plain_value(const struct wow_column *column, const struct wow_json_value *value) {
  if (looks_same(column)) return true;
  if (!wow_page_request_can_sort(column)) return false;
  if (value->kind == WOW_JSON_NULL) return true;
  switch (column->type.family) {
  case WOW_CITEXT: return !has_letter(value->text, value->bytes);
  case WOW_JSONB: return !has_digit(value->text, value->bytes);
  case WOW_ARRAY: {
    const char *name = column->type.name;
    bool is_texts = strcmp(name, "text[]") == 0 || strcmp(name, "character varying[]") == 0;
    bool is_numbers = strcmp(name, "integer[]") == 0 || strcmp(name, "bigint[]") == 0;
    bool is_short = value->bytes <= 2; /* "[]" */
    return is_texts || is_numbers || is_short;
  }
  default: return false;
  }
}

static bool is_text(const struct wow_column *column) {
  return column->type.family == WOW_TEXT || column->type.family == WOW_CHAR;
}

static sqlite3_uint64 hash_value(sqlite3_uint64 hash, const struct wow_column *column,
                                 const struct wow_json_value *value) {
  unsigned char kind = (unsigned char)(value->kind + 1);
  if (!wow_page_request_can_sort(column)) return hash;
  hash = wow_text_hash(hash, &kind, 1);
  if (looks_same(column)) return wow_text_hash(hash, value->text, value->bytes);
  if (is_text(column) && column->collating == WOW_COLLATES_LOOSELY) return hash;
  if (strcmp(column->type.name, "interval") == 0 && value->kind == WOW_JSON_STRING) {
    double seconds = interval_seconds(value->text, value->bytes);
    return wow_text_hash(hash, &seconds, sizeof(seconds));
  }
  return fold(hash, value->text, value->bytes);
}

/* ---------------------------------------------------------------- collations */

static bool is_unknown(const struct wow_column *column) {
  return is_text(column) && wow_page_request_can_sort(column) &&
         column->collating == WOW_COLLATES_UNKNOWN;
}

/*
** Does the server take texts that differ for different? Not under a nondeterministic collation, for
** which it has no regular expressions, and says so before it looks at a row. Asks about one column,
** or all of the selected texts (-1). *strict: it does for all.
*/
static int ask_strict(const struct wow_shape *shape, int only, bool *strict,
                      struct wow_error *err) {
  struct wow_column *columns = shape->target->relation->columns;
  struct wow_where where = {0};
  bool heeds = false;
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < shape->n_select; i++) {
    struct wow_condition term = {.kind = WOW_CONDITION_TERM,
                                 .column = &columns[shape->select[i]],
                                 .op = WOW_REGEXP,
                                 .text = "x",
                                 .bytes = 1};
    bool is_meant = only < 0 ? is_unknown(term.column) : only == i;
    if (is_meant) rc = wow_condition_add(&where, &term);
  }
  *strict = true;
  if (rc != SQLITE_OK) rc = wow_error_nomem(err);
  struct wow_page_request request = {.shape = shape, .where = &where};
  if (rc == SQLITE_OK && where.n > 0) rc = wow_count_heeds_limit(&request, &heeds, err);
  wow_condition_reset(&where);
  if (rc != SQLITE_OK && err->code && err->http_status >= 400 && err->http_status < 500) {
    wow_error_reset(err);
    *strict = false;
    rc = SQLITE_OK;
  }
  return rc;
}

/* Finds out what is not known of the selected columns' collations; of all at once, if they are
** strict. */
static int learn_collations(const struct wow_shape *shape, struct wow_error *err) {
  struct wow_column *columns = shape->target->relation->columns;
  bool strict = false;
  int rc = ask_strict(shape, -1, &strict, err);
  bool all = strict;
  for (int i = 0; rc == SQLITE_OK && i < shape->n_select; i++) {
    struct wow_column *column = &columns[shape->select[i]];
    if (!is_unknown(column)) continue;
    if (!all) rc = ask_strict(shape, i, &strict, err);
    if (rc == SQLITE_OK) column->collating = strict ? WOW_COLLATES_STRICTLY : WOW_COLLATES_LOOSELY;
  }
  return rc;
}

/* ---------------------------------------------------------------- rows */

static int fail(const struct wow_shape *shape, struct wow_error *err) {
  return wow_error_hint(err, SQLITE_ERROR, shape->target->relation->name,
                        "name its key with key='a,b', or have db-max-rows of the server raised",
                        "the server cuts its answers, and has no order for rows that look "
                        "different, and are more than it sends at once, so that they cannot be "
                        "read in pages");
}

/* Is what is one in order always the same to SQLite, as far as is known of the collations? */
static bool is_exact(const struct wow_shape *shape) {
  for (int i = 0; i < shape->n_select; i++) {
    if (!looks_same(&shape->target->relation->columns[shape->select[i]])) return false;
  }
  return true;
}

int wow_tie_choose(const struct wow_shape *shape, int **columns, int *n) {
  const struct wow_relation *relation = shape->target->relation;
  bool may_read_all = relation == shape->target->planned;
  *n = 0;
  if (!may_read_all || is_exact(shape)) return SQLITE_OK;
  *columns = sqlite3_malloc64(sizeof(**columns) * ((sqlite3_uint64)relation->n_columns + 1));
  if (*columns == NULL) return SQLITE_NOMEM;
  for (int i = 0; i < relation->n_columns; i++) {
    bool is_selected = false;
    for (int j = 0; j < shape->n_select; j++)
      is_selected = is_selected || shape->select[j] == i;
    if (!is_selected && wow_page_request_can_sort(&relation->columns[i])) (*columns)[(*n)++] = i;
  }
  return SQLITE_OK;
}

int wow_tie_begin(struct wow_tie *tie, struct wow_shape *shape, struct wow_error *err) {
  int rc = learn_collations(shape, err);
  tie->shape = shape;
  tie->is_exact = is_exact(shape);
  if (tie->is_exact) shape->n_telling = 0;
  return rc;
}

/* One of the columns that rows are told apart by: a selected one, or one of the others. */
static const struct wow_column *column_of(const struct wow_shape *shape, int i, int *member) {
  bool is_other = i >= shape->n_select;
  *member = is_other ? i + shape->n_computed : i;
  int index = is_other ? shape->telling[i - shape->n_select] : shape->select[i];
  return &shape->target->relation->columns[index];
}

static bool is_plain_row(const struct wow_shape *shape, const struct wow_rows *rows) {
  int member = 0;
  for (int i = 0; i < shape->n_select; i++) {
    const struct wow_column *column = column_of(shape, i, &member);
    if (!is_plain_value(column, wow_rows_value(rows, member))) return false;
  }
  return true;
}

/* The row is not one with those before it. */
static int begin_group(struct wow_tie *tie, const struct wow_shape *shape, sqlite3_uint64 hash,
                       struct wow_error *err) {
  bool are_all_here = tie->is_past || tie->seen.n_met == tie->seen.n;
  tie->hash = hash;
  tie->n_here = 0;
  tie->is_past = false;
  wow_seen_clear(&tie->seen);
  return are_all_here ? SQLITE_OK : fail(shape, err);
}

int wow_tie_next(struct wow_tie *tie, const struct wow_rows *rows, bool begins_page, bool *is_again,
                 struct wow_error *err) {
  const struct wow_shape *shape = tie->shape;
  sqlite3_uint64 hash = WOW_TEXT_HASH_START;
  bool is_first = !tie->is_begun;
  *is_again = false;
  if (tie->is_exact) return SQLITE_OK;
  tie->is_begun = true;
  for (int i = 0; i < shape->n_select + shape->n_telling; i++) {
    int member = 0;
    const struct wow_column *column = column_of(shape, i, &member);
    hash = hash_value(hash, column, wow_rows_value(rows, member));
  }
  if (begins_page && !tie->is_past) wow_seen_restart(&tie->seen);
  if (begins_page) tie->n_here = 0;
  bool is_next = !is_first && hash == tie->hash;
  if (is_next && tie->is_plain) return SQLITE_OK;
  int rc = is_next ? SQLITE_OK : begin_group(tie, shape, hash, err);
  if (is_next && tie->is_past) rc = fail(shape, err);
  if (!is_next) tie->is_plain = is_plain_row(shape, rows);
  if (rc != SQLITE_OK || tie->is_plain) return rc;
  sqlite3_uint64 row = wow_seen_hash(rows, shape->n_select);
  tie->n_here++;
  *is_again = wow_seen_meet(&tie->seen, row);
  if (*is_again) return SQLITE_OK;
  tie->has_new = true;
  return wow_seen_add(&tie->seen, row) == SQLITE_OK ? SQLITE_OK : wow_error_nomem(err);
}

sqlite3_int64 wow_tie_turn(struct wow_tie *tie) {
  if (!tie->is_begun || tie->is_exact || tie->is_plain) return 0;
  tie->is_past = !tie->has_new;
  tie->has_new = false;
  return tie->is_past ? tie->n_here - tie->seen.n : tie->n_here;
}
