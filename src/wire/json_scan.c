/*
** Scanning JSON, see json_scan.h.
*/
#include "wire/json_scan.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

/* The value of four hexadecimal digits, which they are. */
static int hex_value(const char *p) {
  int value = 0;
  for (int i = 0; i < 4; i++)
    value = value << 4 | wow_text_hex_digit(p[i]);
  return value;
}

/* ---------------------------------------------------------------- values */

enum wow_json_outcome wow_json_scan_string(const char **p, const char *end, const char **text,
                                           size_t *bytes, bool *escaped) {
  const char *from = *p + 1, *q = wow_json_scan_special(from);
  *escaped = false;
  while (*q == '\\' && q < end) {
    *escaped = true;
    if (end - q < 2) return WOW_JSON_NEED_MORE;
    if (q[1] == 'u') {
      for (int i = 2; i < 6; i++) {
        if (q + i >= end) return WOW_JSON_NEED_MORE;
        if (wow_text_hex_digit(q[i]) < 0) {
          *p = q;
          return WOW_JSON_MALFORMED;
        }
      }
      q += 6;
    } else if (q[1] && strchr("\"\\/bfnrt", q[1])) {
      q += 2;
    } else {
      *p = q;
      return WOW_JSON_MALFORMED;
    }
    q = wow_json_scan_special(q);
  }
  if (q >= end) return WOW_JSON_NEED_MORE;
  if (*q != '"') {
    *p = q; /* a control character must be escaped */
    return WOW_JSON_MALFORMED;
  }
  *text = from;
  *bytes = (size_t)(q - from);
  *p = q + 1;
  return WOW_JSON_DECODED;
}

static const char *skip_digits(const char *p) {
  while (*p >= '0' && *p <= '9')
    p++;
  return p;
}

static enum wow_json_outcome read_number(const char **p, const char *end) {
  const char *q = *p, *digits;
  if (*q == '-') q++;
  digits = q;
  if (*q == '0')
    q++;
  else
    q = skip_digits(q);
  bool good = q > digits;
  if (good && *q == '.') {
    digits = ++q;
    q = skip_digits(q);
    good = q > digits;
  }
  if (good && (*q == 'e' || *q == 'E')) {
    q++;
    if (*q == '+' || *q == '-') q++;
    digits = q;
    q = skip_digits(q);
    good = q > digits;
  }
  /* At the end of the buffer more digits may follow. */
  if (q >= end) return WOW_JSON_NEED_MORE;
  *p = q;
  return good ? WOW_JSON_DECODED : WOW_JSON_MALFORMED;
}

static enum wow_json_outcome read_word(const char **p, const char *end, const char *word,
                                       size_t bytes) {
  size_t there = (size_t)(end - *p);
  if (memcmp(*p, word, there < bytes ? there : bytes) != 0) return WOW_JSON_MALFORMED;
  if (there < bytes) return WOW_JSON_NEED_MORE;
  *p += bytes;
  return WOW_JSON_DECODED;
}

enum wow_json_outcome wow_json_scan_scalar(const char **p, const char *end,
                                           struct wow_json_value *value, bool *escaped) {
  enum wow_json_outcome outcome;
  *escaped = false;
  value->text = *p;
  value->bytes = 0;
  switch (**p) {
  case '"':
    value->kind = WOW_JSON_STRING;
    return wow_json_scan_string(p, end, &value->text, &value->bytes, escaped);
  case 'n': value->kind = WOW_JSON_NULL; return read_word(p, end, "null", 4);
  case 't': value->kind = WOW_JSON_TRUE; return read_word(p, end, "true", 4);
  case 'f': value->kind = WOW_JSON_FALSE; return read_word(p, end, "false", 5);
  default:
    value->kind = WOW_JSON_NUMBER;
    outcome = *p < end ? read_number(p, end) : WOW_JSON_NEED_MORE;
    value->bytes = (size_t)(*p - value->text);
    return outcome;
  }
}

/* What may come next inside an object or array. */
enum expectation { WANT_VALUE, WANT_VALUE_OR_CLOSE, WANT_KEY, WANT_KEY_OR_CLOSE, WANT_COMMA };

static bool is_object_at(const unsigned char *stack, int depth) {
  return stack[depth / 8] >> (depth % 8) & 1;
}

static void set_object_at(unsigned char *stack, int depth, bool is_object) {
  unsigned char bit = (unsigned char)(1 << (depth % 8));
  stack[depth / 8] = (unsigned char)((stack[depth / 8] & ~bit) | (is_object ? bit : 0));
}

/* "key" and its colon. */
static enum wow_json_outcome read_key(const char **p, const char *end) {
  const char *text;
  size_t bytes;
  bool escaped;
  if (*p >= end) return WOW_JSON_NEED_MORE;
  if (**p != '"') return WOW_JSON_MALFORMED;
  enum wow_json_outcome outcome = wow_json_scan_string(p, end, &text, &bytes, &escaped);
  if (outcome != WOW_JSON_DECODED) return outcome;
  *p = wow_json_scan_blanks(*p);
  if (*p >= end) return WOW_JSON_NEED_MORE;
  if (**p != ':') return WOW_JSON_MALFORMED;
  (*p)++;
  return WOW_JSON_DECODED;
}

/* An object or array. Not by recursion: how deep it goes is up to whoever wrote the document. */
static enum wow_json_outcome read_nested(const char **p, const char *end) {
  unsigned char stack[WOW_MAX_JSON_DEPTH / 8 + 1];
  enum expectation want = WANT_VALUE;
  int depth = 0;
  do {
    struct wow_json_value ignored;
    bool escaped;
    enum wow_json_outcome outcome = WOW_JSON_DECODED;
    *p = wow_json_scan_blanks(*p);
    if (*p >= end) return WOW_JSON_NEED_MORE;
    char c = **p;
    bool may_close = want == WANT_COMMA || want == WANT_VALUE_OR_CLOSE || want == WANT_KEY_OR_CLOSE;
    if (depth > 0 && may_close && c == (is_object_at(stack, depth) ? '}' : ']')) {
      depth--;
      (*p)++;
      want = WANT_COMMA;
    } else if (want == WANT_COMMA) {
      if (c != ',') return WOW_JSON_MALFORMED;
      (*p)++;
      want = is_object_at(stack, depth) ? WANT_KEY : WANT_VALUE;
    } else if (want == WANT_KEY || want == WANT_KEY_OR_CLOSE) {
      outcome = read_key(p, end);
      want = WANT_VALUE;
    } else if (c == '{' || c == '[') {
      if (++depth > WOW_MAX_JSON_DEPTH) return WOW_JSON_MALFORMED;
      set_object_at(stack, depth, c == '{');
      (*p)++;
      want = c == '{' ? WANT_KEY_OR_CLOSE : WANT_VALUE_OR_CLOSE;
    } else {
      outcome = wow_json_scan_scalar(p, end, &ignored, &escaped);
      want = WANT_COMMA;
    }
    if (outcome != WOW_JSON_DECODED) return outcome;
  } while (depth > 0);
  return WOW_JSON_DECODED;
}

enum wow_json_outcome wow_json_scan_nested(const char **p, const char *end,
                                           struct wow_json_value *value) {
  value->kind = WOW_JSON_NESTED;
  value->text = *p;
  enum wow_json_outcome outcome = read_nested(p, end);
  value->bytes = (size_t)(*p - value->text);
  return outcome;
}

/* ---------------------------------------------------------------- unescaping */

static char *put_utf8(char *to, unsigned code) {
  if (code < 0x80) {
    *to++ = (char)code;
  } else if (code < 0x800) {
    *to++ = (char)(0xc0 | code >> 6);
    *to++ = (char)(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *to++ = (char)(0xe0 | code >> 12);
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    *to++ = (char)(0x80 | (code & 0x3f));
  } else {
    *to++ = (char)(0xf0 | code >> 18);
    *to++ = (char)(0x80 | (code >> 12 & 0x3f));
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    *to++ = (char)(0x80 | (code & 0x3f));
  }
  return to;
}

size_t wow_json_scan_unescape(char *to, const char *from, size_t bytes) {
  const char *end = from + bytes;
  char *begin = to;
  while (from < end) {
    if (*from != '\\') {
      *to++ = *from++;
      continue;
    }
    static const char plain[] = "b\bf\fn\nr\rt\t";
    const char *code = strchr(plain, from[1]);
    if (from[1] != 'u') {
      *to++ = code ? code[1] : from[1];
      from += 2;
      continue;
    }
    unsigned unit = (unsigned)hex_value(from + 2);
    from += 6;
    bool has_low =
        unit >= 0xd800 && unit < 0xdc00 && end - from >= 6 && from[0] == '\\' && from[1] == 'u';
    unsigned low = has_low ? (unsigned)hex_value(from + 2) : 0;
    if (low >= 0xdc00 && low < 0xe000) {
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
      from += 6;
    } else if (unit >= 0xd800 && unit < 0xe000) {
      unit = 0xfffd;
    }
    to = put_utf8(to, unit);
  }
  return (size_t)(to - begin);
}
