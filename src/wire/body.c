/*
** Values for the body of a request, see body.h. A value is converted as SQLite's affinity of the
** column would convert it; then what the server would refuse, or read back as something else, is an
** error here.
*/
#include "wire/body.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "types/datetime.h"
#include "wire/json_scan.h"

/* How a value is written. */
enum form {
  FORM_BARE,  /* as it is, in JSON as well: a number, true, false, a JSON document */
  FORM_STRING /* a text */
};

/* A value's text. It is the value's own, static, or in `owned`. */
struct said {
  enum form form;
  const char *text;
  size_t bytes;
  char *owned; /* sqlite3_free it */
  char number[WOW_TEXT_DOUBLE_BYTES];
};

static int refuse(const char **wrong, const char *reason) {
  *wrong = reason;
  return SQLITE_MISMATCH;
}

static int say(struct said *said, enum form form, const char *text, size_t bytes) {
  said->form = form;
  said->text = text;
  said->bytes = bytes;
  return SQLITE_OK;
}

static int say_word(struct said *said, enum form form, const char *word) {
  return say(said, form, word, strlen(word));
}

/* The text of a value, which the server could store. */
static int say_text(struct said *said, sqlite3_value *value, const char **wrong) {
  if (sqlite3_value_type(value) == SQLITE_BLOB)
    return refuse(wrong, "a blob is not text; CAST(x AS TEXT) makes it one");
  const char *text = (const char *)sqlite3_value_text(value);
  size_t bytes = (size_t)sqlite3_value_bytes(value);
  if (text == NULL) return SQLITE_NOMEM;
  if (memchr(text, 0, bytes)) return refuse(wrong, "the text contains a zero byte");
  if (!wow_text_is_utf8(text, bytes)) return refuse(wrong, "the text is not valid UTF-8");
  return say(said, FORM_STRING, text, bytes);
}

/* ---------------------------------------------------------------- numbers */

static int say_int64(struct said *said, sqlite3_int64 value) {
  sqlite3_snprintf((int)sizeof(said->number), said->number, "%lld", value);
  return say_word(said, FORM_BARE, said->number);
}

static int say_double(struct said *said, double value) {
  if (isinf(value)) return say_word(said, FORM_STRING, value > 0 ? "Infinity" : "-Infinity");
  wow_text_write_double(said->number, value);
  /* As a number it would lose its sign where the server reads a body as jsonb. */
  bool is_negative_zero = value == 0 && signbit(value);
  return say_word(said, is_negative_zero ? FORM_STRING : FORM_BARE, said->number);
}

static int say_integer(struct said *said, const struct wow_type *type, sqlite3_value *value,
                       const char **wrong) {
  int kind = sqlite3_value_numeric_type(value); /* '12' is 12, as in a column of SQLite's */
  if (kind == SQLITE_FLOAT) {
    double real = sqlite3_value_double(value);
    if (real != floor(real)) return refuse(wrong, "it is not a whole number");
    /* 2^63 is a double, LLONG_MAX is not. */
    if (real < -9223372036854775808.0 || real >= 9223372036854775808.0)
      return refuse(wrong, "the number is out of the type's range");
  } else if (kind != SQLITE_INTEGER) {
    return refuse(wrong, "it is not a number");
  }
  sqlite3_int64 number = sqlite3_value_int64(value);
  sqlite3_int64 max = type->int_bits == 16 ? SHRT_MAX : type->int_bits == 32 ? INT_MAX : LLONG_MAX;
  if (number > max || number < -max - 1)
    return refuse(wrong, "the number is out of the type's range");
  return say_int64(said, number);
}

static bool is_word(const char *text, int bytes, const char *word) {
  return bytes == (int)strlen(word) && sqlite3_strnicmp(text, word, bytes) == 0;
}

/* NaN and the infinities, as PostgreSQL reads them. */
static bool is_special_number(const char *text, int bytes) {
  static const char *const words[] = {"nan", "infinity", "inf"};
  bool is_signed = bytes > 0 && (*text == '-' || *text == '+');
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (is_word(text, bytes, words[i])) return true;
    if (is_signed && i > 0 && is_word(text + 1, bytes - 1, words[i])) return true;
  }
  return false;
}

static int say_real(struct said *said, const struct wow_type *type, sqlite3_value *value,
                    const char **wrong) {
  if (sqlite3_value_type(value) == SQLITE_TEXT) {
    const char *text = (const char *)sqlite3_value_text(value);
    int bytes = sqlite3_value_bytes(value);
    if (text == NULL) return SQLITE_NOMEM;
    if (is_special_number(text, bytes)) return say(said, FORM_STRING, text, (size_t)bytes);
  }
  int kind = sqlite3_value_numeric_type(value);
  if (kind != SQLITE_INTEGER && kind != SQLITE_FLOAT) return refuse(wrong, "it is not a number");
  double real = sqlite3_value_double(value);
  if (type->family == WOW_FLOAT4 && isfinite(real) && isinf((float)real))
    return refuse(wrong, "the number is out of the type's range");
  if (kind == SQLITE_INTEGER) return say_int64(said, sqlite3_value_int64(value));
  return say_double(said, real);
}

/* Is it a decimal number, of any length? */
static bool is_decimal(const char *text, int bytes) {
  const char *p = text, *end = text + bytes;
  int n_digits = 0;
  while (p < end && wow_json_scan_is_blank(*p))
    p++;
  while (p < end && wow_json_scan_is_blank(end[-1]))
    end--;
  if (p < end && (*p == '-' || *p == '+')) p++;
  for (bool point = false; p < end && (*p == '.' || (*p >= '0' && *p <= '9')); p++) {
    if (*p == '.' && point) return false;
    point = point || *p == '.';
    n_digits += *p != '.';
  }
  if (n_digits == 0) return false;
  if (p == end) return true;
  if (*p++ != 'e' && p[-1] != 'E') return false;
  if (p < end && (*p == '-' || *p == '+')) p++;
  n_digits = 0;
  for (; p < end && *p >= '0' && *p <= '9'; p++)
    n_digits++;
  return p == end && n_digits > 0;
}

/* Text goes as it is: numeric has more digits than SQLite's numbers. */
static int say_numeric(struct said *said, sqlite3_value *value, const char **wrong) {
  if (sqlite3_value_type(value) == SQLITE_INTEGER)
    return say_int64(said, sqlite3_value_int64(value));
  if (sqlite3_value_type(value) == SQLITE_FLOAT)
    return say_double(said, sqlite3_value_double(value));
  int rc = say_text(said, value, wrong);
  bool is_number = rc == SQLITE_OK && (is_decimal(said->text, (int)said->bytes) ||
                                       is_special_number(said->text, (int)said->bytes));
  return rc == SQLITE_OK && !is_number ? refuse(wrong, "it is not a number") : rc;
}

static int say_bool(struct said *said, sqlite3_value *value, const char **wrong) {
  static const char *const words[] = {"false", "true", "f",   "t",  "no", "yes",
                                      "n",     "y",    "off", "on", NULL};
  if (sqlite3_value_type(value) == SQLITE_TEXT) {
    const char *text = (const char *)sqlite3_value_text(value);
    for (int i = 0; text && words[i]; i++) {
      if (is_word(text, sqlite3_value_bytes(value), words[i]))
        return say_word(said, FORM_BARE, words[i % 2]);
    }
  }
  int kind = sqlite3_value_numeric_type(value);
  double number = sqlite3_value_double(value);
  if ((kind != SQLITE_INTEGER && kind != SQLITE_FLOAT) || (number != 0 && number != 1))
    return refuse(wrong, "a boolean is 0 or 1");
  return say_word(said, FORM_BARE, words[(int)number]);
}

/* ---------------------------------------------------------------- blobs, documents, moments */

static int say_bytea(struct said *said, sqlite3_value *value, const char **wrong) {
  static const char digits[] = "0123456789abcdef";
  if (sqlite3_value_type(value) != SQLITE_BLOB)
    return refuse(wrong, "it is not a blob: write x'...', or CAST(x AS BLOB)");
  const unsigned char *blob = sqlite3_value_blob(value);
  size_t bytes = (size_t)sqlite3_value_bytes(value);
  said->owned = sqlite3_malloc64(2 * (sqlite3_uint64)bytes + 3);
  if (said->owned == NULL || (bytes && blob == NULL)) return SQLITE_NOMEM;
  char *to = said->owned;
  *to++ = '\\';
  *to++ = 'x';
  for (size_t i = 0; i < bytes; i++) {
    *to++ = digits[blob[i] >> 4];
    *to++ = digits[blob[i] & 15];
  }
  return say(said, FORM_STRING, said->owned, (size_t)(to - said->owned));
}

static int hex4(const char *p) {
  int unit = 0;
  for (int i = 0; i < 4; i++)
    unit = unit << 4 | wow_text_hex_digit(p[i]);
  return unit;
}

/* Does valid JSON have an escape for what PostgreSQL's texts cannot hold: a zero character, or half
** of a surrogate pair? */
static bool has_wrong_escape(const char *p, const char *end) {
  for (; p < end; p++) {
    if (*p != '\\') continue;
    if (*++p != 'u') continue;
    int unit = hex4(p + 1);
    p += 4;
    if (unit == 0 || (unit >= 0xdc00 && unit < 0xe000)) return true;
    if (unit < 0xd800 || unit >= 0xdc00) continue;
    if (end - p < 7 || p[1] != '\\' || p[2] != 'u') return true;
    unit = hex4(p + 3);
    if (unit < 0xdc00 || unit >= 0xe000) return true;
    p += 6;
  }
  return false;
}

/* Reads a JSON document. False: it is not one. */
static int read_document(const struct said *said, struct wow_json_value *json, bool *is_json) {
  char *copy = sqlite3_malloc64(said->bytes + 1 + WOW_JSON_SLACK);
  if (copy == NULL) return SQLITE_NOMEM;
  memcpy(copy, said->text, said->bytes);
  copy[said->bytes] = ' '; /* which ends a number */
  memset(copy + said->bytes + 1, 0, WOW_JSON_SLACK);
  const char *end = copy + said->bytes + 1, *p = wow_json_scan_blanks(copy);
  bool is_escaped = false;
  *is_json = wow_json_scan_value(&p, end, json, &is_escaped) == WOW_JSON_DECODED &&
             wow_json_scan_blanks(p) == end && !has_wrong_escape(copy, end);
  sqlite3_free(copy);
  return SQLITE_OK;
}

static int say_json(struct said *said, sqlite3_value *value, const char **wrong) {
  struct wow_json_value json = {0};
  bool is_json = false;
  int rc = say_text(said, value, wrong);
  if (rc == SQLITE_OK) rc = read_document(said, &json, &is_json);
  if (rc != SQLITE_OK) return rc;
  if (!is_json) return refuse(wrong, "this text is not JSON that PostgreSQL could hold");
  if (json.kind == WOW_JSON_NULL)
    return refuse(wrong, "the server takes a JSON null for NULL: write NULL");
  said->form = FORM_BARE;
  return SQLITE_OK;
}

/* An array is JSON here, and may also be in PostgreSQL's notation: {1,2}. */
static int say_array(struct said *said, sqlite3_value *value, const char **wrong) {
  struct wow_json_value json = {0};
  bool is_json = false;
  int rc = say_text(said, value, wrong);
  if (rc == SQLITE_OK) rc = read_document(said, &json, &is_json);
  if (rc != SQLITE_OK) return rc;
  const char *p = said->text, *end = p + said->bytes;
  while (p < end && wow_json_scan_is_blank(*p))
    p++;
  while (p < end && wow_json_scan_is_blank(end[-1]))
    end--;
  bool is_braced = end - p > 1 && *p == '{' && end[-1] == '}';
  if (is_json && *p == '[')
    said->form = FORM_BARE;
  else if (!is_braced || (is_json && end - p > 2))
    return refuse(wrong, "this text is not a JSON array");
  return SQLITE_OK;
}

/* A type of the database's own: a composite, or an array of something, is a document here. A text
** to which that happens to apply is stored as it is, too. */
static int say_user(struct said *said, sqlite3_value *value, const char **wrong) {
  struct wow_json_value json = {0};
  bool is_json = false;
  int rc = say_text(said, value, wrong);
  if (rc == SQLITE_OK) rc = read_document(said, &json, &is_json);
  if (rc == SQLITE_OK && is_json && json.kind == WOW_JSON_NESTED) said->form = FORM_BARE;
  return rc;
}

/* Texts without a zone mean UTC, as they do where they are compared and read. */
static int say_moment(struct said *said, const struct wow_type *type, sqlite3_value *value,
                      const char **wrong) {
  sqlite3_int64 us = 0;
  int kind = sqlite3_value_type(value);
  if (kind == SQLITE_INTEGER || kind == SQLITE_FLOAT)
    return refuse(wrong, "a number is not a date, a time or a uuid; datetime(x, 'unixepoch') and "
                         "the like make texts of numbers");
  int rc = say_text(said, value, wrong);
  if (rc == SQLITE_OK && type->family == WOW_TIMESTAMPTZ && said->bytes > 0 &&
      said->text[said->bytes - 1] != 'y' && /* infinity */
      wow_datetime_read(WOW_TIMESTAMP, said->text, (int)said->bytes, &us)) {
    said->owned = sqlite3_mprintf("%.*s UTC", (int)said->bytes, said->text);
    if (said->owned == NULL) return SQLITE_NOMEM;
    return say_word(said, FORM_STRING, said->owned);
  }
  return rc;
}

/* ---------------------------------------------------------------- output */

static int say_value(struct said *said, const struct wow_type *type, sqlite3_value *value,
                     const char **wrong) {
  switch (type->family) {
  case WOW_INT: return say_integer(said, type, value, wrong);
  case WOW_FLOAT8:
  case WOW_FLOAT4: return say_real(said, type, value, wrong);
  case WOW_NUMERIC: return say_numeric(said, value, wrong);
  case WOW_BOOL: return say_bool(said, value, wrong);
  case WOW_BYTEA: return say_bytea(said, value, wrong);
  case WOW_JSON:
  case WOW_JSONB: return say_json(said, value, wrong);
  case WOW_ARRAY: return say_array(said, value, wrong);
  case WOW_USER: return say_user(said, value, wrong);
  default: break;
  }
  if (wow_type_is_server_valued(type)) return say_moment(said, type, value, wrong);
  return say_text(said, value, wrong);
}

int wow_body_append_value(sqlite3_str *str, const struct wow_type *type, sqlite3_value *value,
                          const char **wrong) {
  struct said said = {0};
  if (sqlite3_value_type(value) == SQLITE_NULL) {
    sqlite3_str_append(str, "null", 4);
    return SQLITE_OK;
  }
  int rc = say_value(&said, type, value, wrong);
  if (rc == SQLITE_OK && said.bytes > WOW_MAX_ROW_BYTES) rc = refuse(wrong, "it is too large");
  if (rc == SQLITE_OK && said.form == FORM_BARE)
    sqlite3_str_append(str, said.text, (int)said.bytes);
  else if (rc == SQLITE_OK)
    wow_text_append_json(str, said.text, said.bytes);
  sqlite3_free(said.owned);
  return rc;
}

int wow_body_append_constant(sqlite3_str *str, const struct wow_type *type, sqlite3_value *value,
                             const char **wrong) {
  struct said said = {0};
  int rc = say_value(&said, type, value, wrong);
  if (rc == SQLITE_OK) sqlite3_str_append(str, said.text, (int)said.bytes);
  sqlite3_free(said.owned);
  return rc;
}

void wow_body_append_name(sqlite3_str *str, const char *name) {
  wow_text_append_json(str, name, strlen(name));
  sqlite3_str_append(str, ":", 1);
}
