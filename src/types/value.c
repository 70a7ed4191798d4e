/*
** Values, see value.h. Assumes the forms of PostgREST's JSON.
*/
#include "types/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Reads an integer that fits into 64 bits, nothing else. */
static bool read_int64(const char *text, size_t bytes, sqlite3_int64 *out) {
  const char *p = text, *end = text + bytes;
  bool negative = p < end && *p == '-';
  if (negative) p++;
  if (p == end || end - p > 19) return false;
  sqlite3_uint64 v = 0;
  for (; p < end; p++) {
    if (*p < '0' || *p > '9') return false;
    v = v * 10 + (sqlite3_uint64)(*p - '0');
  }
  if (v > (sqlite3_uint64)9223372036854775807 + (negative ? 1 : 0)) return false;
  *out = negative ? (sqlite3_int64)(0 - v) : (sqlite3_int64)v;
  return true;
}

bool wow_value_int64(const struct wow_json_value *json, sqlite3_int64 *out) {
  return json->kind == WOW_JSON_NUMBER && read_int64(json->text, json->bytes, out);
}

/* strtod() expects the decimal point of the process's locale; this finds out which that is. */
static char decimal_point(void) {
  static const char half[] = "1.5";
  return strtod(half, NULL) == 1.5 ? '.' : ',';
}

/*
** Reads a JSON number as the nearest double. Up to 15 digits with a small exponent the value is
** exact arithmetic on two exact doubles (Clinger's fast path); strtod() does the others. False: no
** memory.
*/
static bool read_double(const char *text, size_t bytes, double *out) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char *p = text, *end = text + bytes;
  bool negative = p < end && *p == '-';
  sqlite3_int64 digits = 0;
  int n_digits = 0, scale = 0;
  bool point = false;
  if (negative) p++;
  for (; p < end && n_digits <= 15; p++) {
    if (*p == '.' && !point) {
      point = true;
    } else if (*p >= '0' && *p <= '9') {
      digits = digits * 10 + (*p - '0');
      if (digits) n_digits++;
      scale += point;
    } else {
      break;
    }
  }
  if (p == end && n_digits <= 15 && scale <= 22) {
    double value = (double)digits / powers[scale];
    *out = negative ? -value : value;
    return true;
  }
  char small[64];
  char *copy = bytes < sizeof(small) ? small : sqlite3_malloc64(bytes + 1);
  if (copy == NULL) return false;
  memcpy(copy, text, bytes);
  copy[bytes] = 0;
  char *dot = strchr(copy, '.');
  if (dot) *dot = decimal_point();
  *out = strtod(copy, NULL);
  if (copy != small) sqlite3_free(copy);
  return true;
}

static void result_double(sqlite3_context *ctx, const char *text, size_t bytes) {
  double r = 0;
  if (read_double(text, bytes, &r))
    sqlite3_result_double(ctx, r);
  else
    sqlite3_result_error_nomem(ctx);
}

/* What a column of NUMERIC affinity would hold: an integer where the value is one and fits. */
static void result_number(sqlite3_context *ctx, const char *text, size_t bytes) {
  sqlite3_int64 i;
  size_t whole = bytes;
  const char *dot = memchr(text, '.', bytes);
  if (dot) {
    size_t n = bytes;
    while (n > 0 && text[n - 1] == '0')
      n--;
    if (text + n == dot + 1) whole = (size_t)(dot - text);
  }
  if (read_int64(text, whole, &i)) {
    sqlite3_result_int64(ctx, i);
    return;
  }
  double r = 0;
  if (!read_double(text, bytes, &r)) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  bool is_whole = r == floor(r) && fabs(r) < 9.2e18;
  if (is_whole)
    sqlite3_result_int64(ctx, (sqlite3_int64)r);
  else
    sqlite3_result_double(ctx, r);
}

static bool is_text(const struct wow_json_value *json, const char *text) {
  return json->bytes == strlen(text) && memcmp(json->text, text, json->bytes) == 0;
}

/* 'NaN' stays text: SQLite has no NaN. */
static void result_special_number(sqlite3_context *ctx, const struct wow_json_value *json) {
  if (is_text(json, "Infinity"))
    sqlite3_result_double(ctx, INFINITY);
  else if (is_text(json, "-Infinity"))
    sqlite3_result_double(ctx, -INFINITY);
  else
    sqlite3_result_text64(ctx, json->text, json->bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* The byte that two hexadecimal digits mean; -1: they are not digits. */
static int hex_byte(const char *p) {
  int high = wow_text_hex_digit(p[0]), low = wow_text_hex_digit(p[1]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* How many bytes "\x6869" means; -1: it is not such a text. */
static sqlite3_int64 hex_length(const struct wow_json_value *json) {
  if (json->bytes % 2 != 0 || json->bytes < 2 || json->text[0] != '\\' || json->text[1] != 'x') {
    return -1;
  }
  for (size_t i = 2; i < json->bytes; i += 2) {
    if (hex_byte(json->text + i) < 0) return -1;
  }
  return (sqlite3_int64)(json->bytes / 2) - 1;
}

static void result_bytea(sqlite3_context *ctx, const struct wow_json_value *json) {
  sqlite3_int64 n = hex_length(json);
  if (n < 0) {
    sqlite3_result_text64(ctx, json->text, json->bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
    return;
  }
  unsigned char *blob = sqlite3_malloc64((sqlite3_uint64)n + 1);
  if (blob == NULL) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  for (sqlite3_int64 i = 0; i < n; i++)
    blob[i] = (unsigned char)hex_byte(json->text + 2 + 2 * i);
  sqlite3_result_blob64(ctx, blob, (sqlite3_uint64)n, sqlite3_free);
}

/* A JSON string inside a json column: JSON text again. */
static void result_json_string(sqlite3_context *ctx, const struct wow_json_value *json) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_text_append_json(str, json->text, json->bytes);
  int rc = sqlite3_str_errcode(str);
  sqlite3_uint64 bytes = (sqlite3_uint64)sqlite3_str_length(str);
  char *text = sqlite3_str_finish(str);
  if (rc != SQLITE_OK || text == NULL) {
    sqlite3_free(text);
    sqlite3_result_error_code(ctx, rc == SQLITE_OK ? SQLITE_NOMEM : rc);
    return;
  }
  sqlite3_result_text64(ctx, text, bytes, sqlite3_free, SQLITE_UTF8);
}

void wow_value_result(sqlite3_context *ctx, const struct wow_type *type,
                      const struct wow_json_value *json) {
  enum wow_family family = type->family;
  bool is_json = wow_type_is_json(type);
  switch (json->kind) {
  case WOW_JSON_NULL: sqlite3_result_null(ctx); return;
  case WOW_JSON_FALSE:
  case WOW_JSON_TRUE:
    if (!is_json) {
      sqlite3_result_int(ctx, json->kind == WOW_JSON_TRUE);
      return;
    }
    sqlite3_result_text(ctx, json->kind == WOW_JSON_TRUE ? "true" : "false", -1, SQLITE_STATIC);
    break;
  case WOW_JSON_NUMBER:
    if (family == WOW_FLOAT8 || family == WOW_FLOAT4) {
      result_double(ctx, json->text, json->bytes);
      return;
    }
    if (wow_type_is_numeric_here(type)) {
      result_number(ctx, json->text, json->bytes);
      return;
    }
    sqlite3_result_text64(ctx, json->text, json->bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
    break;
  case WOW_JSON_STRING:
    if (is_json) {
      result_json_string(ctx, json);
      break;
    }
    if (family == WOW_BYTEA)
      result_bytea(ctx, json);
    else if (wow_type_is_numeric_here(type))
      result_special_number(ctx, json);
    else
      sqlite3_result_text64(ctx, json->text, json->bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
    return;
  case WOW_JSON_NESTED:
    sqlite3_result_text64(ctx, json->text, json->bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
    is_json = true;
    break;
  }
  if (is_json) sqlite3_result_subtype(ctx, WOW_JSON_SUBTYPE);
}

/* Compares without a copy, which there might be no memory for. A text that is not bytea, which the
** server never writes, sorts last. */
static int compare_bytea(const struct wow_json_value *json, const unsigned char *blob, int bytes) {
  sqlite3_int64 n = hex_length(json);
  if (n < 0) return 1;
  for (sqlite3_int64 i = 0; i < n && i < bytes; i++) {
    int order = hex_byte(json->text + 2 + 2 * i) - blob[i];
    if (order != 0) return order;
  }
  return (n > bytes) - (n < bytes);
}

static int compare_value(const struct wow_type *type, const struct wow_json_value *json,
                         sqlite3_value *value) {
  int kind = sqlite3_value_type(value);
  if (type->family == WOW_BYTEA) {
    if (kind != SQLITE_BLOB) return 1;
    return compare_bytea(json, sqlite3_value_blob(value), sqlite3_value_bytes(value));
  }
  if (kind == SQLITE_BLOB) return -1; /* text sorts before blobs */
  /* A number counts as its text: SQLite applies TEXT affinity to what a text column is compared
  ** with. */
  const unsigned char *text = sqlite3_value_text(value);
  return wow_text_compare(json->text, json->bytes, text, (size_t)sqlite3_value_bytes(value));
}

bool wow_value_compare(const struct wow_type *type, enum wow_op op,
                       const struct wow_json_value *json, sqlite3_value *value) {
  bool value_is_null = sqlite3_value_type(value) == SQLITE_NULL;
  if (json->kind == WOW_JSON_NULL || value_is_null) {
    bool both = json->kind == WOW_JSON_NULL && value_is_null;
    return op == WOW_IS ? both : op == WOW_IS_NOT && !both;
  }
  return wow_op_holds(op, compare_value(type, json, value));
}

enum wow_agreement wow_value_compare_number(enum wow_op op, const struct wow_json_value *json,
                                            sqlite3_value *number) {
  if (json->kind == WOW_JSON_NULL) return WOW_FALSE;
  char text[64];
  size_t n = json->bytes < sizeof(text) - 1 ? json->bytes : sizeof(text) - 1;
  memcpy(text, json->text, n);
  text[n] = 0;
  /* A text that a number may be made of compares as one. */
  char *end = text;
  strtod(text, &end);
  if (end != text && end[strspn(end, " ")] == 0) return WOW_AMBIGUOUS;
  /* As texts; and as a text with a number, which is below every text. */
  const char *digits = (const char *)sqlite3_value_text(number);
  int order = digits ? strncmp(text, digits, sizeof(text)) : 0;
  bool up = op == WOW_GT || op == WOW_GE;
  bool as_texts = order == 0 ? op == WOW_LE || op == WOW_GE : (order > 0) == up;
  return as_texts != up ? WOW_AMBIGUOUS : up ? WOW_TRUE : WOW_FALSE;
}
