/*
** Ties, see tie.h.
*/
#include "scan/tie.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scan/count.h"
#include "types/shippable.h"

static void forget_texts(struct wow_tie *tie) {
  for (int i = 0; i < tie->n_texts; i++)
    sqlite3_free(tie->texts[i]);
  sqlite3_free(tie->texts);
  tie->texts = NULL;
  tie->n_texts = 0;
}

void wow_tie_reset(struct wow_tie *tie) {
  forget_texts(tie);
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

/* Small letters, no blanks, and no zeros at the end of fractions. */
static sqlite3_uint64 fold(sqlite3_uint64 hash, const char *text, size_t bytes) {
  const char *end = text + bytes;
  for (const char *p = text; p < end; p++) {
    if (*p == ' ') continue;
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

static sqlite3_uint64 hash_value(sqlite3_uint64 hash, const struct wow_type *type,
                                 const struct wow_json_value *value) {
  unsigned char kind = (unsigned char)(value->kind + 1);
  if (!wow_shippable_has_order(type)) return hash;
  hash = wow_text_hash(hash, &kind, 1);
  if (strcmp(type->name, "interval") == 0 && value->kind == WOW_JSON_STRING) {
    double seconds = interval_seconds(value->text, value->bytes);
    return wow_text_hash(hash, &seconds, sizeof(seconds));
  }
  switch (type->family) {
  case WOW_TEXT:
  case WOW_CHAR:
  case WOW_CITEXT:
  case WOW_JSONB:
  case WOW_ARRAY:
  case WOW_OTHER:
  case WOW_USER: return fold(hash, value->text, value->bytes);
  default: return wow_text_hash(hash, value->text, value->bytes);
  }
}

/* ---------------------------------------------------------------- different texts */

static int keep_texts(struct wow_tie *tie, const struct wow_shape *shape,
                      const struct wow_rows *rows) {
  forget_texts(tie);
  sqlite3_uint64 bytes = sizeof(*tie->texts) * ((sqlite3_uint64)shape->n_select + 1);
  tie->texts = sqlite3_malloc64(bytes);
  if (tie->texts == NULL) return SQLITE_NOMEM;
  memset(tie->texts, 0, bytes);
  tie->n_texts = shape->n_select;
  for (int i = 0; i < shape->n_select; i++) {
    const struct wow_json_value *value = wow_rows_value(rows, i);
    if (value->kind != WOW_JSON_STRING) continue;
    tie->texts[i] = sqlite3_mprintf("%.*s", (int)value->bytes, value->text);
    if (tie->texts[i] == NULL) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

static bool is_same_text(const struct wow_tie *tie, int i, const struct wow_json_value *value) {
  if (tie->texts[i] == NULL) return value->kind != WOW_JSON_STRING;
  return value->kind == WOW_JSON_STRING && strlen(tie->texts[i]) == value->bytes &&
         memcmp(tie->texts[i], value->text, value->bytes) == 0;
}

/* Which column of text looks different, if all others look the same? -1: there is no one. */
static int differing_text(const struct wow_tie *tie, const struct wow_shape *shape,
                          const struct wow_rows *rows) {
  int found = -1;
  for (int i = 0; i < shape->n_select; i++) {
    const struct wow_column *column = &shape->target->relation->columns[shape->select[i]];
    const struct wow_json_value *value = wow_rows_value(rows, i);
    if (is_same_text(tie, i, value)) continue;
    if (column->type.family != WOW_TEXT || column->embed || found >= 0) return -1;
    if (tie->texts[i] == NULL || value->kind != WOW_JSON_STRING) return -1;
    found = i;
  }
  return found;
}

/* Are the two texts different to the server, too? It is asked for rows that equal both. */
static int ask_strict(struct wow_tie *tie, int i, const struct wow_shape *shape,
                      const struct wow_rows *rows, struct wow_error *err) {
  const struct wow_column *column = &shape->target->relation->columns[shape->select[i]];
  const struct wow_json_value *value = wow_rows_value(rows, i);
  struct wow_condition terms[] = {
      {.kind = WOW_CONDITION_TERM,
       .column = column,
       .op = WOW_EQ,
       .text = tie->texts[i],
       .bytes = (int)strlen(tie->texts[i])},
      {.kind = WOW_CONDITION_TERM,
       .column = column,
       .op = WOW_EQ,
       .text = value->text,
       .bytes = (int)value->bytes},
  };
  struct wow_where where = {.list = terms, .n = 2};
  struct wow_page_request request = {.shape = shape, .where = &where};
  bool has = false;
  int rc = wow_count_has_more(&request, 0, &has, err);
  if (rc == SQLITE_OK && !has) tie->has_strict_text = true;
  return rc;
}

/* ---------------------------------------------------------------- rows */

static int fail(const struct wow_shape *shape, struct wow_error *err) {
  return wow_error_hint(err, SQLITE_ERROR, shape->target->relation->name,
                        "name its key with key='a,b', or have db-max-rows of the server raised",
                        "the server cuts its answers, and has no order for rows that look "
                        "different, so that they cannot be read in pages");
}

static int begin(struct wow_tie *tie, const struct wow_shape *shape, const struct wow_rows *rows,
                 sqlite3_uint64 row) {
  tie->is_begun = true;
  tie->is_mixed = tie->spans_pages = false;
  tie->row = row;
  return keep_texts(tie, shape, rows);
}

int wow_tie_next(struct wow_tie *tie, const struct wow_shape *shape, const struct wow_rows *rows,
                 bool begins_page, struct wow_error *err) {
  sqlite3_uint64 hash = WOW_TEXT_HASH_START, row = WOW_TEXT_HASH_START;
  for (int i = 0; i < shape->n_select; i++) {
    const struct wow_json_value *value = wow_rows_value(rows, i);
    unsigned char kind = (unsigned char)(value->kind + 1);
    hash = hash_value(hash, &shape->target->relation->columns[shape->select[i]].type, value);
    row = wow_text_hash(wow_text_hash(row, &kind, 1), value->text, value->bytes);
  }
  bool is_next = tie->is_begun && hash == tie->hash;
  tie->hash = hash;
  if (!is_next) return begin(tie, shape, rows, row) == SQLITE_OK ? SQLITE_OK : wow_error_nomem(err);
  tie->is_mixed = tie->is_mixed || row != tie->row;
  tie->spans_pages = tie->spans_pages || begins_page;
  if (!tie->is_mixed || !tie->spans_pages) return SQLITE_OK;
  int text = differing_text(tie, shape, rows), rc = SQLITE_OK;
  if (text < 0 && row == tie->row && tie->has_strict_text) return SQLITE_OK;
  if (text < 0) return fail(shape, err);
  if (!tie->has_strict_text) rc = ask_strict(tie, text, shape, rows, err);
  if (rc != SQLITE_OK) return rc;
  if (!tie->has_strict_text) return fail(shape, err);
  return begin(tie, shape, rows, row) == SQLITE_OK ? SQLITE_OK : wow_error_nomem(err);
}
