/*
** Comparisons made here, see compare.h. SQLite's rules: datatype3.html, 4.1 and 4.2.
*/
#include "types/compare.h"

#include "base/text.h"
#include "types/datetime.h"
#include "types/value.h"

static int order_of(double a, double b) {
  return a < b ? -1 : a > b;
}

/* An integer beside a real, without rounding either. */
static int compare_int_real(sqlite3_int64 i, double r) {
  if (r < -9223372036854775808.0) return 1;
  if (r >= 9223372036854775808.0) return -1;
  sqlite3_int64 whole = (sqlite3_int64)r;
  if (i != whole) return i < whole ? -1 : 1;
  return order_of((double)whole, r);
}

static int compare_numbers(const struct wow_number *a, const struct wow_number *b) {
  if (a->is_integer && b->is_integer) return a->i < b->i ? -1 : a->i > b->i;
  if (a->is_integer) return compare_int_real(a->i, b->r);
  if (b->is_integer) return -compare_int_real(b->i, a->r);
  return order_of(a->r, b->r);
}

static struct wow_number number_of(sqlite3_value *value) {
  if (sqlite3_value_type(value) == SQLITE_INTEGER)
    return (struct wow_number){.is_integer = true, .i = sqlite3_value_int64(value)};
  return (struct wow_number){.r = sqlite3_value_double(value)};
}

static bool is_number(sqlite3_value *value) {
  int kind = sqlite3_value_type(value);
  return kind == SQLITE_INTEGER || kind == SQLITE_FLOAT;
}

static int compare_texts(const struct wow_json_value *json, sqlite3_value *value) {
  const unsigned char *text = sqlite3_value_text(value);
  return wow_text_compare(json->text, json->bytes, text, (size_t)sqlite3_value_bytes(value));
}

static int compare_bytea(const struct wow_json_value *json, sqlite3_value *value) {
  if (sqlite3_value_type(value) != SQLITE_BLOB) return 1; /* blobs sort after everything else */
  return wow_value_compare_bytes(json, sqlite3_value_blob(value), sqlite3_value_bytes(value));
}

/* Columns of numbers: SQLite applies NUMERIC affinity to the constant. */
static int compare_numeric(const struct wow_type *type, const struct wow_json_value *json,
                           sqlite3_value *value) {
  struct wow_number own, other;
  bool has_number = wow_value_number(type, json, &own);
  sqlite3_value_numeric_type(value);
  if (!is_number(value)) return has_number ? -1 : compare_texts(json, value);
  if (!has_number) return 1; /* 'NaN' */
  other = number_of(value);
  return compare_numbers(&own, &other);
}

/* Two values of a type that the server compares: by what they say, not by how they are written. */
static bool compare_server_values(const struct wow_type *type, const struct wow_json_value *json,
                                  sqlite3_value *value, int *order) {
  sqlite3_int64 own, other;
  const char *text = (const char *)sqlite3_value_text(value);
  if (!wow_type_is_server_valued(type) || type->family == WOW_UUID || text == NULL) return false;
  if (!wow_datetime_read(type->family, json->text, (int)json->bytes, &own) ||
      !wow_datetime_read(type->family, text, sqlite3_value_bytes(value), &other)) {
    return false;
  }
  *order = own < other ? -1 : own > other;
  return true;
}

static int compare_uuid(const struct wow_json_value *json, sqlite3_value *value) {
  char normal[WOW_UUID_BYTES];
  const char *text = (const char *)sqlite3_value_text(value);
  int bytes = sqlite3_value_bytes(value);
  if (text == NULL || !wow_datetime_is_uuid(text, bytes)) return compare_texts(json, value);
  wow_datetime_normal_uuid(text, normal);
  return wow_text_compare(json->text, json->bytes, normal, sizeof(normal));
}

int wow_compare_order(const struct wow_type *type, const struct wow_json_value *json,
                      sqlite3_value *value) {
  int order = 0;
  if (type->family == WOW_BYTEA) return compare_bytea(json, value);
  if (sqlite3_value_type(value) == SQLITE_BLOB) return -1; /* numbers and texts sort before blobs */
  if (wow_type_is_numeric_here(type)) return compare_numeric(type, json, value);
  if (type->family == WOW_UUID) return compare_uuid(json, value);
  if (compare_server_values(type, json, value, &order)) return order;
  /* SQLite applies TEXT affinity to what a text column is compared with: a number is its text. */
  return compare_texts(json, value);
}

bool wow_compare_holds(const struct wow_type *type, enum wow_op op,
                       const struct wow_json_value *json, sqlite3_value *value) {
  bool value_is_null = sqlite3_value_type(value) == SQLITE_NULL;
  if (json->kind == WOW_JSON_NULL || value_is_null) {
    bool both = json->kind == WOW_JSON_NULL && value_is_null;
    return op == WOW_IS ? both : op == WOW_IS_NOT && !both;
  }
  return wow_op_holds(op, wow_compare_order(type, json, value));
}

/* ---------------------------------------------------------------- texts beside numbers */

static const char *skip_digits(const char *p, const char *end) {
  while (p < end && *p >= '0' && *p <= '9')
    p++;
  return p;
}

static const char *skip_blanks(const char *p, const char *end) {
  while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
    p++;
  return p;
}

static const char *skip_sign(const char *p, const char *end) {
  return p < end && (*p == '+' || *p == '-') ? p + 1 : p;
}

/* Is the whole text, but for blanks around it, a number as SQLite reads one? */
static bool read_text(const char *text, size_t bytes, struct wow_number *out) {
  static const struct wow_type numeric = {.family = WOW_NUMERIC}, real = {.family = WOW_FLOAT8};
  const char *end = text + bytes, *begin = skip_blanks(text, end);
  const char *digits = skip_sign(begin, end), *p = skip_digits(digits, end);
  bool is_integer = p > digits, has_digits = is_integer;
  if (p < end && *p == '.') {
    const char *fraction = ++p;
    p = skip_digits(p, end);
    has_digits = has_digits || p > fraction;
    is_integer = false;
  }
  if (has_digits && p < end && (*p == 'e' || *p == 'E')) {
    const char *exponent = skip_sign(p + 1, end);
    p = skip_digits(exponent, end);
    has_digits = p > exponent;
    is_integer = false;
  }
  if (!has_digits || skip_blanks(p, end) != end) return false;
  struct wow_json_value json = {WOW_JSON_NUMBER, begin + (*begin == '+'), 0};
  json.bytes = (size_t)(p - json.text);
  return wow_value_number(is_integer ? &numeric : &real, &json, out);
}

bool wow_compare_as_number(enum wow_op op, const struct wow_json_value *json,
                           sqlite3_value *number) {
  if (json->kind == WOW_JSON_NULL) return false;
  struct wow_number own = {0}, other = number_of(number);
  /* A text that is not a number is above all numbers. */
  bool is_read = read_text(json->text, json->bytes, &own);
  return wow_op_holds(op, is_read ? compare_numbers(&own, &other) : 1);
}

enum wow_agreement wow_compare_agreement(enum wow_op op, const struct wow_json_value *json,
                                         sqlite3_value *number) {
  if (json->kind == WOW_JSON_NULL) return WOW_FALSE;
  bool as_number = wow_compare_as_number(op, json, number);
  bool as_text = wow_op_holds(op, compare_texts(json, number));
  if (as_number != as_text || wow_op_holds(op, 1) != as_text) return WOW_AMBIGUOUS;
  return as_text ? WOW_TRUE : WOW_FALSE;
}
