/*
** Bytes and text, see text.h.
*/
#include "base/text.h"

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
