/*
** Small operations on bytes and text that several folders need: hashing, comparing, hexadecimal
** digits, JSON strings, and text that grows up to a ceiling. Knows nothing of what the text means.
*/
#ifndef WOW_TEXT_H
#define WOW_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sqlite.h"

/* Continues a 64-bit FNV-1a hash with `n` bytes; begin with WOW_TEXT_HASH_START. */
#define WOW_TEXT_HASH_START 14695981039346656037u
sqlite3_uint64 wow_text_hash(sqlite3_uint64 hash, const void *bytes, size_t n);

/* Compares as memcmp does, and where one is the beginning of the other the shorter comes first:
** SQLite's BINARY collation, and its order of blobs. Negative, 0 or positive. */
int wow_text_compare(const void *a, size_t a_bytes, const void *b, size_t b_bytes);

/* Has it line breaks or other control characters? */
bool wow_text_has_control(const char *text);

/* The value of a hexadecimal digit of either case; -1: it is not one. */
static inline int wow_text_hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* What follows the backslash where JSON has a short escape for this character; 0: it has none. */
char wow_text_json_escape(char c);

/* Appends a JSON string with its quotes, escaped as PostgreSQL's to_json does. */
void wow_text_append_json(sqlite3_str *str, const char *text, size_t bytes);

/* Appends bytes, which may include zeros, unless the text would then have more than `max` bytes.
** SQLITE_OK, SQLITE_TOOBIG (nothing was appended) or SQLITE_NOMEM. */
int wow_text_append_within(sqlite3_str *str, const char *data, size_t bytes, size_t max);

/* Is it UTF-8 without zero bytes, as PostgreSQL's texts are? */
bool wow_text_is_utf8(const char *text, size_t bytes);

/* Is it a text with a zero byte, where a reader of terminated text would take it to end? A filter
** that ends early means more rows. */
bool wow_text_has_zero(sqlite3_value *value);

/* The bytes of a double's text: sign, 17 digits, point and exponent. */
#define WOW_TEXT_DOUBLE_BYTES 40

/* Do so few digits say the double? */
bool wow_text_is_said_in(double value, int digits);

/* Writes a double that is neither infinite nor NaN, with so many digits, and the shortest text that
** reads back as the same double: JSON numbers, in every locale. */
void wow_text_write_digits(char *text, int digits, double value);
void wow_text_write_double(char *text, double value);

#endif
