/*
** Scans JSON bytes, for rows.c: strings, numbers, words and nested values, without copying.
**
** The functions read one thing at *p and move *p past it; on WOW_JSON_MALFORMED it is where the
** trouble is. `end` is the end of the buffer, after which there are WOW_JSON_SLACK zero bytes: a
** control character that ends every scan, so that the loops need not compare with the end at each
** byte.
*/
#ifndef WOW_JSON_SCAN_H
#define WOW_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Zero bytes kept after the last one: as many as the widest load may read past it. */
#define WOW_JSON_SLACK 16

/* The result of a step of decoding. */
enum wow_json_outcome {
  WOW_JSON_DECODED,
  WOW_JSON_NEED_MORE,
  WOW_JSON_MALFORMED,
  WOW_JSON_NO_MEMORY
};

/* At the opening quote. *text is the inside; *escaped: it still has its escapes. */
enum wow_json_outcome wow_json_scan_string(const char **p, const char *end, const char **text,
                                           size_t *bytes, bool *escaped);
/* A string, a number or a word. */
enum wow_json_outcome wow_json_scan_scalar(const char **p, const char *end,
                                           struct wow_json_value *value, bool *escaped);
/* An object or array, which is checked, and whose text is the value. */
enum wow_json_outcome wow_json_scan_nested(const char **p, const char *end,
                                           struct wow_json_value *value);

/* Takes the escapes out of a string that wow_json_scan_string has accepted. `to` may be `from`:
** every escape is longer than the character that it means. Half a surrogate pair becomes U+FFFD.
** The new length. */
size_t wow_json_scan_unescape(char *to, const char *from, size_t bytes);

static inline bool wow_json_scan_is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline const char *wow_json_scan_blanks(const char *p) {
  while (wow_json_scan_is_blank(*p))
    p++;
  return p;
}

/* The next quote, backslash or control character, as the zeros after the buffer are. */
static inline const char *wow_json_scan_special(const char *p) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1f);
  for (;; p += 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)p);
    __m128i special =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                     _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    int mask = _mm_movemask_epi8(special);
    if (mask) return p + __builtin_ctz((unsigned)mask);
  }
#else
  while (*p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
    p++;
  return p;
#endif
}

/* Any value. Strings without escapes, as most are, are read without a call. */
static inline enum wow_json_outcome
wow_json_scan_value(const char **p, const char *end, struct wow_json_value *value, bool *escaped) {
  if (**p == '"') {
    const char *from = *p + 1, *to = wow_json_scan_special(from);
    if (to >= end || *to != '"') return wow_json_scan_scalar(p, end, value, escaped);
    *escaped = false;
    value->kind = WOW_JSON_STRING;
    value->text = from;
    value->bytes = (size_t)(to - from);
    *p = to + 1;
    return WOW_JSON_DECODED;
  }
  if (**p != '{' && **p != '[') return wow_json_scan_scalar(p, end, value, escaped);
  *escaped = false;
  return wow_json_scan_nested(p, end, value);
}

#endif
