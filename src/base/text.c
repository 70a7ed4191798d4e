/*
** Bytes and text, see text.h.
*/
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sqlite3_uint64 wow_text_hash(sqlite3_uint64 hash, const void *bytes, size_t n) {
  const unsigned char *p = bytes;
  for (size_t i = 0; i < n; i++)
    hash = (hash ^ p[i]) * 1099511628211u;
  return hash;
}

int wow_text_compare(const void *a, size_t a_bytes, const void *b, size_t b_bytes) {
  size_t n = a_bytes < b_bytes ? a_bytes : b_bytes;
  int order = n ? memcmp(a, b, n) : 0;
  return order ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

char wow_text_json_escape(char c) {
  switch (c) {
  case '\b': return 'b';
  case '\f': return 'f';
  case '\n': return 'n';
  case '\r': return 'r';
  case '\t': return 't';
  case '"':
  case '\\': return c;
  default: return 0;
  }
}

bool wow_text_has_control(const char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text < 0x20 || *text == 0x7f) return true;
  }
  return false;
}

void wow_text_append_json(sqlite3_str *str, const char *text, size_t bytes) {
  size_t done = 0; /* bytes already appended */
  sqlite3_str_appendchar(str, 1, '"');
  for (size_t i = 0; i < bytes; i++) {
    char escape = wow_text_json_escape(text[i]);
    if (escape == 0 && (unsigned char)text[i] >= 0x20) continue;
    sqlite3_str_append(str, text + done, (int)(i - done));
    if (escape)
      sqlite3_str_appendf(str, "\\%c", escape);
    else
      sqlite3_str_appendf(str, "\\u%04x", (unsigned char)text[i]);
    done = i + 1;
  }
  sqlite3_str_append(str, text + done, (int)(bytes - done));
  sqlite3_str_appendchar(str, 1, '"');
}

int wow_text_append_within(sqlite3_str *str, const char *data, size_t bytes, size_t max) {
  size_t length = (size_t)sqlite3_str_length(str);
  if (length > max || bytes > max - length) return SQLITE_TOOBIG;
  sqlite3_str_append(str, data, (int)bytes);
  return sqlite3_str_errcode(str);
}

bool wow_text_has_zero(sqlite3_value *value) {
  if (sqlite3_value_type(value) != SQLITE_TEXT) return false;
  const unsigned char *text = sqlite3_value_text(value);
  return text && memchr(text, 0, (size_t)sqlite3_value_bytes(value)) != NULL;
}

bool wow_text_is_utf8(const char *text, size_t bytes) {
  const unsigned char *p = (const unsigned char *)text, *end = p + bytes;
  while (p < end) {
    if (*p == 0) return false;
    if (*p < 0x80) {
      p++;
      continue;
    }
    int follow = *p >= 0xc2 && *p < 0xe0   ? 1
                 : *p >= 0xe0 && *p < 0xf0 ? 2
                 : *p >= 0xf0 && *p < 0xf5 ? 3
                                           : -1;
    if (follow < 0 || end - p <= follow) return false;
    if (*p == 0xe0 && p[1] < 0xa0) return false; /* overlong */
    if (*p == 0xed && p[1] > 0x9f) return false; /* surrogates */
    if (*p == 0xf0 && p[1] < 0x90) return false;
    if (*p == 0xf4 && p[1] > 0x8f) return false;
    for (int i = 1; i <= follow; i++) {
      if ((p[i] & 0xc0) != 0x80) return false;
    }
    p += follow + 1;
  }
  return true;
}

/* ---------------------------------------------------------------- numbers */

void wow_text_write_digits(char *text, int digits, double value) {
  snprintf(text, WOW_TEXT_DOUBLE_BYTES, "%.*g", digits, value);
  /* Whatever the process's locale has for a decimal point. */
  for (char *p = text; *p; p++) {
    if (!strchr("0123456789+-e", *p)) *p = '.';
  }
}

bool wow_text_is_said_in(double value, int digits) {
  /* Both are written and read in the process's locale. */
  char text[WOW_TEXT_DOUBLE_BYTES];
  snprintf(text, sizeof(text), "%.*g", digits, value);
  return strtod(text, NULL) == value;
}

void wow_text_write_double(char *text, double value) {
  int digits = 15;
  while (digits < 17 && !wow_text_is_said_in(value, digits))
    digits++;
  wow_text_write_digits(text, digits, value);
}
