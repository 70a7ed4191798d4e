/*
** Constants in the server's words, see constant.h. A constant of the wrong type never becomes a
** server error: it means what SQLite means by it, and is written so that it comes back as the same
** value.
*/
#include "types/constant.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "types/datetime.h"
#include "types/pattern.h"

/* The constant is above (+1) or below (-1) every value of the column. */
static enum wow_verdict outside(enum wow_op op, int side) {
  switch (op) {
  case WOW_EQ:
  case WOW_IS: return WOW_NEVER;
  case WOW_NE: return WOW_ANY;
  case WOW_IS_NOT: return WOW_ALWAYS;
  case WOW_LT:
  case WOW_LE: return side > 0 ? WOW_ANY : WOW_NEVER;
  default: return side > 0 ? WOW_NEVER : WOW_ANY;
  }
}

static int send_text(struct wow_constant *out, enum wow_op op, const char *text, int bytes) {
  out->verdict = WOW_SEND;
  out->op = op;
  out->text = sqlite3_malloc64((sqlite3_uint64)bytes + 1);
  if (out->text == NULL) return SQLITE_NOMEM;
  memcpy(out->text, text, (size_t)bytes);
  out->text[bytes] = 0;
  out->text_bytes = bytes;
  return SQLITE_OK;
}

/* The next double in a direction. Beyond the last one a number comes, not infinity. */
static void write_neighbour(char *text, double value, double direction) {
  double next = nextafter(value, direction);
  if (isinf(next))
    sqlite3_snprintf(WOW_TEXT_DOUBLE_BYTES, text, next > 0 ? "1.8e308" : "-1.8e308");
  else
    wow_text_write_digits(text, 17, next);
}

/* Where a constant of numeric is near many numbers that are the same to SQLite. */
static int send_bounds(struct wow_constant *out, enum wow_op op, double value) {
  char lower[WOW_TEXT_DOUBLE_BYTES], upper[WOW_TEXT_DOUBLE_BYTES];
  out->is_near = true;
  if (op == WOW_NE) {
    out->verdict = WOW_ANY;
    return SQLITE_OK;
  }
  if (op == WOW_IS_NOT) {
    out->verdict = WOW_ALWAYS;
    return SQLITE_OK;
  }
  write_neighbour(lower, value, -INFINITY);
  write_neighbour(upper, value, INFINITY);
  if (op == WOW_LT || op == WOW_LE) return send_text(out, WOW_LE, upper, (int)strlen(upper));
  if (op == WOW_GT || op == WOW_GE) return send_text(out, WOW_GE, lower, (int)strlen(lower));
  out->upper = sqlite3_mprintf("%s", upper);
  if (out->upper == NULL) return SQLITE_NOMEM;
  return send_text(out, WOW_EQ, lower, (int)strlen(lower));
}

static int send_int64(struct wow_constant *out, enum wow_op op, sqlite3_int64 value) {
  char text[32];
  sqlite3_snprintf(sizeof(text), text, "%lld", value);
  return send_text(out, op, text, (int)strlen(text));
}

static int send_double(struct wow_constant *out, enum wow_op op, double value) {
  char text[WOW_TEXT_DOUBLE_BYTES];
  if (value == 0) value = 0; /* minus zero equals zero: one text for both */
  if (isinf(value))
    return send_text(out, op, value > 0 ? "Infinity" : "-Infinity", value > 0 ? 8 : 9);
  wow_text_write_double(text, value);
  return send_text(out, op, text, (int)strlen(text));
}

/* The constant is strictly between two neighbouring values of the column. True: one of them is to
** be sent, the lower for < and <=, the upper for > and >=, and *op becomes the operator that
** includes it. False: the verdict is known. */
static bool between_neighbours(enum wow_op *op, struct wow_constant *out) {
  if (*op == WOW_LT || *op == WOW_LE) {
    *op = WOW_LE;
    return true;
  }
  if (*op == WOW_GT || *op == WOW_GE) {
    *op = WOW_GE;
    return true;
  }
  out->verdict = outside(*op, 1);
  return false;
}

static int int_constant(const struct wow_type *type, enum wow_op op, sqlite3_value *value,
                        struct wow_constant *out) {
  sqlite3_int64 max = type->int_bits == 16 ? SHRT_MAX : type->int_bits == 32 ? INT_MAX : LLONG_MAX;
  sqlite3_int64 min = -max - 1;
  sqlite3_int64 i = 0;
  int kind = sqlite3_value_numeric_type(value);
  if (kind == SQLITE_INTEGER) {
    i = sqlite3_value_int64(value);
  } else if (kind == SQLITE_FLOAT) {
    double r = sqlite3_value_double(value);
    double whole = floor(r);
    /* 2^63 is a double, LLONG_MAX is not. */
    if (r >= 9223372036854775808.0 || r < -9223372036854775808.0) {
      out->verdict = outside(op, r > 0 ? 1 : -1);
      return SQLITE_OK;
    }
    i = (sqlite3_int64)whole;
    if (whole != r && i >= min && i < max) {
      if (!between_neighbours(&op, out)) return SQLITE_OK;
      return send_int64(out, op, op == WOW_LE ? i : i + 1);
    }
    if (whole != r) {
      out->verdict = outside(op, i >= max ? 1 : -1);
      return SQLITE_OK;
    }
  } else {
    out->verdict = outside(op, 1); /* text and blobs sort after all numbers */
    return SQLITE_OK;
  }
  if (i > max || i < min) {
    out->verdict = outside(op, i > max ? 1 : -1);
    return SQLITE_OK;
  }
  return send_int64(out, op, i);
}

/* A NaN of the server is the text 'NaN' here, and so sorts after all numbers on both sides;
** `order` is how 'NaN' compares with the constant. */
static int nan_constant(enum wow_op op, int order, struct wow_constant *out) {
  bool equal = order == 0;
  switch (op) {
  case WOW_EQ:
  case WOW_IS: out->verdict = WOW_NEVER; return equal ? send_text(out, op, "NaN", 3) : SQLITE_OK;
  case WOW_NE:
  case WOW_IS_NOT:
    out->verdict = op == WOW_NE ? WOW_ANY : WOW_ALWAYS;
    return equal ? send_text(out, op, "NaN", 3) : SQLITE_OK;
  case WOW_LT:
  case WOW_LE:
    out->verdict = WOW_ANY;
    return order < 0 || (equal && op == WOW_LE) ? SQLITE_OK : send_text(out, WOW_LT, "NaN", 3);
  default:
    out->verdict = WOW_NEVER;
    return order > 0 || (equal && op == WOW_GE) ? send_text(out, WOW_EQ, "NaN", 3) : SQLITE_OK;
  }
}

/* Has this number of a numeric column, written without an exponent, more digits than are compared
** exactly by the server? Then it was read from, or stands for, numbers that are the same to SQLite
** and different to the server. */
static bool is_rounded(enum wow_family family, double value) {
  bool is_long = fabs(value) > (double)WOW_MAX_SHORT_INTEGER || !wow_text_is_said_in(value, 15);
  return family == WOW_NUMERIC && isfinite(value) && is_long;
}

/* Is it a text with more digits than are compared exactly? It may read as a number that has few. */
static bool is_long_text(sqlite3_value *value) {
  int n = 0;
  if (sqlite3_value_type(value) != SQLITE_TEXT) return false;
  const char *text = (const char *)sqlite3_value_text(value);
  for (const char *p = text; p && *p && *p != 'e' && *p != 'E'; p++)
    n += *p >= '0' && *p <= '9' && (n > 0 || *p != '0');
  return n > 15;
}

/* numeric and double precision. SQLite compares an integer with a real exactly, without rounding
** either; numeric does so, too, but double precision would round the constant. */
static int real_constant(enum wow_family family, enum wow_op op, sqlite3_value *value,
                         struct wow_constant *out) {
  bool is_long = family == WOW_NUMERIC && is_long_text(value);
  int kind = sqlite3_value_numeric_type(value);
  if (kind == SQLITE_FLOAT) {
    double real = sqlite3_value_double(value);
    bool is_near = isfinite(real) && (is_long || is_rounded(family, real));
    return is_near ? send_bounds(out, op, real) : send_double(out, op, real);
  }
  if (kind == SQLITE_TEXT) {
    const char *text = (const char *)sqlite3_value_text(value);
    if (text == NULL) return SQLITE_NOMEM;
    return nan_constant(op, wow_text_compare("NaN", 3, text, (size_t)sqlite3_value_bytes(value)),
                        out);
  }
  if (kind != SQLITE_INTEGER) {
    out->verdict = outside(op, 1);
    return SQLITE_OK;
  }
  sqlite3_int64 i = sqlite3_value_int64(value);
  double r = (double)i;
  bool too_high = r >= 9223372036854775808.0 || (sqlite3_int64)r > i;
  if (is_long || is_rounded(family, r)) return send_bounds(out, op, r);
  if (family == WOW_NUMERIC || (!too_high && (sqlite3_int64)r == i)) return send_int64(out, op, i);
  if (!between_neighbours(&op, out)) return SQLITE_OK;
  if (op == WOW_LE && too_high) r = nextafter(r, -INFINITY);
  if (op == WOW_GE && !too_high) r = nextafter(r, INFINITY);
  return send_double(out, op, r);
}

/* real: the constant is rounded to single precision on its way, so strict bounds are widened. */
static int float4_constant(enum wow_op op, sqlite3_value *value, struct wow_constant *out) {
  if (op == WOW_NE || op == WOW_IS_NOT) {
    out->verdict = WOW_UNSENT;
    return SQLITE_OK;
  }
  if (op == WOW_LT) op = WOW_LE;
  if (op == WOW_GT) op = WOW_GE;
  int kind = sqlite3_value_numeric_type(value);
  if (kind == SQLITE_TEXT || kind == SQLITE_BLOB) return real_constant(WOW_FLOAT8, op, value, out);
  double r = sqlite3_value_double(value);
  /* The server refuses what single precision cannot hold. */
  if (isfinite(r) && (fabs(r) > 3.4e38 || (r != 0 && fabs(r) < 1.2e-38))) {
    out->verdict = WOW_UNSENT;
    return SQLITE_OK;
  }
  return send_double(out, op, r);
}

static int bool_constant(enum wow_op op, sqlite3_value *value, struct wow_constant *out) {
  int kind = sqlite3_value_numeric_type(value);
  bool is_number = kind == SQLITE_INTEGER || kind == SQLITE_FLOAT;
  double r = is_number ? sqlite3_value_double(value) : 2; /* text and blobs: above both */
  bool for_false = wow_op_holds(op, r > 0 ? -1 : r < 0);
  bool for_true = wow_op_holds(op, r > 1 ? -1 : r < 1);
  if (op == WOW_IS_NOT) {
    if (for_false && for_true)
      out->verdict = WOW_ALWAYS;
    else
      return send_text(out, WOW_IS_NOT, for_true ? "false" : "true", for_true ? 5 : 4);
    return SQLITE_OK;
  }
  if (for_false && for_true)
    out->verdict = WOW_ANY;
  else if (!for_false && !for_true)
    out->verdict = WOW_NEVER;
  else
    return send_text(out, WOW_EQ, for_true ? "true" : "false", for_true ? 4 : 5);
  return SQLITE_OK;
}

static int bytea_constant(enum wow_op op, sqlite3_value *value, struct wow_constant *out) {
  if (sqlite3_value_type(value) != SQLITE_BLOB) {
    out->verdict = outside(op, -1); /* blobs sort after everything else */
    return SQLITE_OK;
  }
  static const char digits[] = "0123456789abcdef";
  const unsigned char *blob = sqlite3_value_blob(value);
  int n = sqlite3_value_bytes(value);
  out->text_bytes = 2 + 2 * n;
  out->text = sqlite3_malloc64((sqlite3_uint64)n * 2 + 3);
  if (out->text == NULL) return SQLITE_NOMEM;
  char *p = out->text;
  *p++ = '\\';
  *p++ = 'x';
  for (int i = 0; i < n; i++) {
    *p++ = digits[blob[i] >> 4];
    *p++ = digits[blob[i] & 15];
  }
  *p = 0;
  out->verdict = WOW_SEND;
  out->op = op;
  return SQLITE_OK;
}

static int text_constant(const struct wow_type *type, enum wow_op op, enum wow_collation collation,
                         sqlite3_value *value, struct wow_constant *out) {
  bool is_text = sqlite3_value_type(value) == SQLITE_TEXT;
  const char *text = is_text ? (const char *)sqlite3_value_text(value) : NULL;
  int bytes = is_text ? sqlite3_value_bytes(value) : 0;
  bool range_by_server = wow_op_is_range(op) && collation == WOW_COLLATION_SERVER;
  if (is_text && text == NULL) return SQLITE_NOMEM;
  if (is_text && wow_text_is_utf8(text, bytes)) {
    bool known = type->family != WOW_ENUM || wow_type_has_label(type, text, bytes);
    if (known) return send_text(out, op, text, bytes);
    out->verdict = WOW_UNSENT;
  } else if (range_by_server) {
    out->verdict = WOW_COMPARE;
  } else {
    out->verdict = is_text && !wow_op_is_range(op) ? outside(op, 1) : WOW_UNSENT;
  }
  return SQLITE_OK;
}

/* Written as the server does, a uuid has one text: see wow_shippable_has_one_text. */
static int normal_uuid(struct wow_constant *out) {
  char uuid[WOW_UUID_BYTES], *text = out->text;
  wow_datetime_normal_uuid(text, uuid);
  int rc = send_text(out, out->op, uuid, sizeof(uuid));
  sqlite3_free(text);
  return rc;
}

static int server_value_constant(const struct wow_type *type, enum wow_op op, sqlite3_value *value,
                                 struct wow_constant *out) {
  if (sqlite3_value_type(value) == SQLITE_TEXT) {
    const char *text = (const char *)sqlite3_value_text(value);
    int bytes = sqlite3_value_bytes(value);
    if (text == NULL) return SQLITE_NOMEM;
    if (wow_shippable_is_server_value(type, text, bytes)) {
      int rc = send_text(out, op, text, bytes);
      return rc == SQLITE_OK && type->family == WOW_UUID ? normal_uuid(out) : rc;
    }
  }
  out->verdict = WOW_COMPARE;
  return SQLITE_OK;
}

static int pattern_constant(const struct wow_type *type, enum wow_op op,
                            enum wow_collation collation, sqlite3_value *value,
                            struct wow_constant *out) {
  out->verdict = WOW_UNSENT;
  out->op = op;
  if (sqlite3_value_type(value) == SQLITE_BLOB) return SQLITE_OK;
  const char *pattern = (const char *)sqlite3_value_text(value);
  int n = sqlite3_value_bytes(value);
  if (pattern == NULL) return SQLITE_NOMEM;
  if (!wow_text_is_utf8(pattern, n)) return SQLITE_OK;
  struct wow_pattern translated = {.op = op,
                                   .text = pattern,
                                   .bytes = n,
                                   .is_padded = type->family == WOW_CHAR,
                                   .is_bytewise = collation == WOW_COLLATION_C};
  sqlite3_str *str = sqlite3_str_new(NULL);
  out->op = wow_pattern_translate(str, &translated);
  int rc = sqlite3_str_errcode(str);
  out->text_bytes = sqlite3_str_length(str);
  out->text = sqlite3_str_finish(str);
  if (out->text == NULL && rc == SQLITE_OK) return send_text(out, out->op, "", 0);
  out->verdict = WOW_SEND;
  return rc;
}

/* REGEXP and MATCH have the server's meaning, so the text goes as it is. A blob is not asked for
** its text: SQLite would make it one, and the value is the caller's. */
static int search_constant(enum wow_op op, sqlite3_value *value, struct wow_constant *out) {
  bool is_blob = sqlite3_value_type(value) == SQLITE_BLOB;
  const char *text = is_blob ? sqlite3_value_blob(value) : (const char *)sqlite3_value_text(value);
  int bytes = sqlite3_value_bytes(value);
  if (is_blob && bytes == 0) text = "";
  if (text == NULL) return SQLITE_NOMEM;
  out->verdict = WOW_NEVER;
  return wow_text_is_utf8(text, bytes) ? send_text(out, op, text, bytes) : SQLITE_OK;
}

/* A comparison with NULL: true for no row, but for IS and IS NOT, which become the NULL tests. */
static int null_constant(const struct wow_type *type, enum wow_op op, enum wow_collation collation,
                         struct wow_constant *out) {
  if (op != WOW_IS && op != WOW_IS_NOT) {
    out->verdict = WOW_NEVER;
  } else if (wow_shippable_rule(type, WOW_IS_NULL, collation, NULL).ship == WOW_LOCAL) {
    out->verdict = WOW_UNSENT;
  } else {
    out->op = op == WOW_IS ? WOW_IS_NULL : WOW_NOT_NULL;
  }
  return SQLITE_OK;
}

int wow_constant_init(struct wow_constant *out, const struct wow_type *type, enum wow_op op,
                      enum wow_collation collation, sqlite3_value *value) {
  memset(out, 0, sizeof(*out));
  out->op = op;
  out->verdict = WOW_SEND;
  out->is_exact = wow_shippable_rule(type, op, collation, value).ship == WOW_EXACT;
  if (!wow_op_has_value(op)) return SQLITE_OK;
  if (sqlite3_value_type(value) == SQLITE_NULL) return null_constant(type, op, collation, out);
  if (op == WOW_LIKE || op == WOW_GLOB) return pattern_constant(type, op, collation, value, out);
  if (wow_op_is_servers_own(op)) return search_constant(op, value, out);
  switch (type->family) {
  case WOW_INT: return int_constant(type, op, value, out);
  case WOW_FLOAT8:
  case WOW_NUMERIC: return real_constant(type->family, op, value, out);
  case WOW_FLOAT4: return float4_constant(op, value, out);
  case WOW_BOOL: return bool_constant(op, value, out);
  case WOW_BYTEA: return bytea_constant(op, value, out);
  case WOW_TEXT:
  case WOW_CHAR:
  case WOW_CITEXT:
  case WOW_ENUM: return text_constant(type, op, collation, value, out);
  case WOW_UUID:
  case WOW_DATE:
  case WOW_TIME:
  case WOW_TIMESTAMP:
  case WOW_TIMESTAMPTZ: return server_value_constant(type, op, value, out);
  default: out->verdict = WOW_UNSENT; return SQLITE_OK;
  }
}
