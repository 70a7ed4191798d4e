/*
** Values, see value.h. Assumes the forms of PostgREST's JSON.
*/
#include "types/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
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

/*
** Any JSON number as the nearest double, by strtod(). It is written as digits and an exponent: so
** it needs no decimal point, which is the locale's, and digits that are too many to matter can be
** left out. They still tell a number from one in the middle of two doubles: then a 1 follows.
*/
static double read_digits(const char *text, size_t bytes) {
  char digits[WOW_MAX_DOUBLE_DIGITS + 32]; /* sign, that 1, and exponent besides */
  const char *p = text, *end = text + bytes;
  int n = 0, exponent = 0;
  bool point = false, is_cut = false;
  if (p < end && *p == '-') digits[n++] = *p++;
  int first = n;
  for (; p < end && (*p == '.' || (*p >= '0' && *p <= '9')); p++) {
    bool is_leading = n == first && *p == '0';
    if (*p == '.') {
      point = true;
      continue;
    }
    exponent += is_leading ? -point : !point;
    if (n < first + WOW_MAX_DOUBLE_DIGITS && !is_leading)
      digits[n++] = *p;
    else
      is_cut = is_cut || *p != '0';
  }
  if (n == first) return 0;
  exponent -= n - first + is_cut;
  if (is_cut) digits[n++] = '1';
  if (p < end) { /* its own exponent: a double's, which is short */
    char own[16];
    size_t length = (size_t)(end - p - 1);
    if (length >= sizeof(own)) length = sizeof(own) - 1;
    memcpy(own, p + 1, length);
    own[length] = 0;
    exponent += atoi(own);
  }
  sqlite3_snprintf((int)sizeof(digits) - n, digits + n, "e%d", exponent);
  return strtod(digits, NULL);
}

/*
** Reads a JSON number as the nearest double. Up to 15 digits with a small exponent the value is
** exact arithmetic on two exact doubles (Clinger's fast path); strtod() does the others.
*/
static double read_double(const char *text, size_t bytes) {
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
    return negative ? -value : value;
  }
  return read_digits(text, bytes);
}

/* What a column of NUMERIC affinity would hold: an integer where the value is one and fits. */
static struct wow_number read_number(const char *text, size_t bytes) {
  struct wow_number number = {.is_integer = true};
  size_t whole = bytes;
  const char *dot = memchr(text, '.', bytes);
  if (dot) {
    size_t n = bytes;
    while (n > 0 && text[n - 1] == '0')
      n--;
    if (text + n == dot + 1) whole = (size_t)(dot - text);
  }
  if (read_int64(text, whole, &number.i)) return number;
  number.r = read_double(text, bytes);
  number.is_integer = number.r == floor(number.r) && fabs(number.r) < 9.2e18;
  if (number.is_integer) number.i = (sqlite3_int64)number.r;
  return number;
}

static bool is_text(const struct wow_json_value *json, const char *text) {
  return json->bytes == strlen(text) && memcmp(json->text, text, json->bytes) == 0;
}

/* 'NaN' stays text: SQLite has no NaN. */
bool wow_value_number(const struct wow_type *type, const struct wow_json_value *json,
                      struct wow_number *out) {
  *out = (struct wow_number){0};
  if (!wow_type_is_numeric_here(type)) return false;
  switch (json->kind) {
  case WOW_JSON_FALSE:
  case WOW_JSON_TRUE:
    out->is_integer = true;
    out->i = json->kind == WOW_JSON_TRUE;
    return true;
  case WOW_JSON_NUMBER:
    if (type->family == WOW_FLOAT8 || type->family == WOW_FLOAT4)
      out->r = read_double(json->text, json->bytes);
    else
      *out = read_number(json->text, json->bytes);
    return true;
  case WOW_JSON_STRING:
    out->r = is_text(json, "-Infinity") ? -INFINITY : INFINITY;
    return is_text(json, "Infinity") || is_text(json, "-Infinity");
  default: return false;
  }
}

static void result_text(sqlite3_context *ctx, const struct wow_json_value *json) {
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

static void result_number(sqlite3_context *ctx, const struct wow_number *number) {
  if (number->is_integer)
    sqlite3_result_int64(ctx, number->i);
  else
    sqlite3_result_double(ctx, number->r);
}

void wow_value_result(sqlite3_context *ctx, const struct wow_type *type,
                      const struct wow_json_value *json) {
  bool is_json = wow_type_is_json(type);
  struct wow_number number;
  if (json->kind == WOW_JSON_NULL) {
    sqlite3_result_null(ctx);
  } else if (wow_value_number(type, json, &number)) {
    result_number(ctx, &number);
  } else if (json->kind == WOW_JSON_FALSE || json->kind == WOW_JSON_TRUE) {
    bool is_true = json->kind == WOW_JSON_TRUE;
    if (is_json)
      sqlite3_result_text(ctx, is_true ? "true" : "false", -1, SQLITE_STATIC);
    else
      sqlite3_result_int(ctx, is_true);
  } else if (json->kind == WOW_JSON_STRING && is_json) {
    result_json_string(ctx, json);
  } else if (json->kind == WOW_JSON_STRING && type->family == WOW_BYTEA) {
    result_bytea(ctx, json);
  } else {
    result_text(ctx, json);
  }
  if ((is_json && json->kind != WOW_JSON_NULL) || json->kind == WOW_JSON_NESTED)
    sqlite3_result_subtype(ctx, WOW_JSON_SUBTYPE);
}

/* Compares without a copy, which there might be no memory for. */
int wow_value_compare_bytes(const struct wow_json_value *json, const unsigned char *blob,
                            int bytes) {
  sqlite3_int64 n = hex_length(json);
  if (n < 0) return 1;
  for (sqlite3_int64 i = 0; i < n && i < bytes; i++) {
    int order = hex_byte(json->text + 2 + 2 * i) - blob[i];
    if (order != 0) return order;
  }
  return (n > bytes) - (n < bytes);
}
