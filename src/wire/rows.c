/*
** The streaming decoder of PostgREST's JSON rows, see rows.h.
**
** One buffer holds what was fed and not stepped over. A row is decoded in one pass over its bytes,
** and its values are slices of the buffer; strings with escapes are unescaped in place once the
** whole row is known to be there. When a row is not whole yet, a scan that remembers how far it got
** looks for its end, so that even a huge row fed in small pieces is read twice, not once a piece.
**
** Behind the last byte stand zeros: a control character that ends every scan, so that the loops
** need not compare with the end at each byte.
*/
#include "wire/rows.h"

#include <stdbool.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/limits.h"

/* Zero bytes kept behind the last one: what the widest load may read too far. */
#define SLACK 16

enum rows_state {
  ROWS_BEGIN,  /* the array has not begun */
  ROWS_FIRST,  /* behind its bracket */
  ROWS_BEHIND, /* behind a row */
  ROWS_COMMA,  /* behind the comma that follows a row */
  ROWS_ENDED,  /* behind the array */
  ROWS_FAILED
};

/* A member that is expected: its name, and the bytes that it begins with in a row. */
struct member {
  char *name;
  size_t name_bytes;
  char *key; /* "name": with its quotes and colon, escaped as PostgreSQL does */
  size_t key_bytes;
};

struct wow_rows {
  struct member *members;
  struct wow_json_value *values;
  bool *escaped; /* the value's text still has its escapes */
  int n_members;
  int n_escaped;
  size_t max_row_bytes;

  char *buffer;
  size_t room;
  size_t start; /* of what was not stepped over */
  size_t end;
  uint64_t base;    /* how many bytes were dropped in front of the buffer */
  bool is_complete; /* wow_rows_end */
  enum rows_state state;

  /* The search for the end of a row that is not whole yet. */
  bool is_searching;
  size_t search_at;
  int search_depth;
  bool search_in_string;

  char *peeked;  /* unescaped strings of wow_rows_peek_last */
  char *failure; /* the error that is repeated */
};

/* What a step of decoding comes to. */
enum outcome { DECODED, NEED_MORE, MALFORMED, OUT_OF_MEMORY };

/* ---------------------------------------------------------------- making and feeding */

/* Renders a name as PostgreSQL's to_json does, quotes and colon included. */
static char *render_key(const char *name) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '"');
  for (const char *p = name; *p; p++) {
    static const char named[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    const char *found = memchr(named, *p, sizeof(named) - 1);
    if (found && (found - named) % 2 == 0)
      sqlite3_str_appendf(str, "\\%c", found[1]);
    else if ((unsigned char)*p < 0x20)
      sqlite3_str_appendf(str, "\\u%04x", *p);
    else
      sqlite3_str_appendchar(str, 1, *p);
  }
  sqlite3_str_appendall(str, "\":");
  return sqlite3_str_finish(str);
}

struct wow_rows *wow_rows_new(const char *const *names, int n_names, size_t max_row_bytes) {
  struct wow_rows *rows = sqlite3_malloc64(sizeof(*rows));
  sqlite3_uint64 n = (sqlite3_uint64)n_names + 1;
  if (rows == NULL) return NULL;
  memset(rows, 0, sizeof(*rows));
  rows->max_row_bytes = max_row_bytes;
  rows->members = sqlite3_malloc64(n * sizeof(*rows->members));
  rows->values = sqlite3_malloc64(n * sizeof(*rows->values));
  rows->escaped = sqlite3_malloc64(n * sizeof(*rows->escaped));
  if (!rows->members || !rows->values || !rows->escaped) goto nomem;
  memset(rows->values, 0, n * sizeof(*rows->values));
  memset(rows->escaped, 0, n * sizeof(*rows->escaped));
  for (int i = 0; i < n_names; i++) {
    struct member *member = &rows->members[i];
    member->name = sqlite3_mprintf("%s", names[i]);
    member->key = render_key(names[i]);
    rows->n_members++;
    if (!member->name || !member->key) goto nomem;
    member->name_bytes = strlen(member->name);
    member->key_bytes = strlen(member->key);
  }
  return rows;
nomem:
  wow_rows_free(rows);
  return NULL;
}

void wow_rows_free(struct wow_rows *rows) {
  if (rows == NULL) return;
  for (int i = 0; i < rows->n_members; i++) {
    sqlite3_free(rows->members[i].name);
    sqlite3_free(rows->members[i].key);
  }
  sqlite3_free(rows->members);
  sqlite3_free(rows->values);
  sqlite3_free(rows->escaped);
  sqlite3_free(rows->buffer);
  sqlite3_free(rows->peeked);
  sqlite3_free(rows->failure);
  sqlite3_free(rows);
}

void wow_rows_restart(struct wow_rows *rows) {
  rows->start = rows->end = 0;
  rows->base = 0;
  rows->is_complete = false;
  rows->state = ROWS_BEGIN;
  rows->is_searching = false;
  sqlite3_free(rows->failure);
  rows->failure = NULL;
}

/* Drops what was stepped over from the front of the buffer. */
static void compact(struct wow_rows *rows) {
  size_t dropped = rows->start;
  memmove(rows->buffer, rows->buffer + dropped, rows->end - dropped);
  rows->base += dropped;
  rows->end -= dropped;
  rows->start = 0;
  rows->search_at -= rows->is_searching ? dropped : 0;
}

int wow_rows_feed(struct wow_rows *rows, const char *data, size_t bytes) {
  if (bytes == 0) return SQLITE_OK;
  /* Moving pays when the rest is no longer than what it frees. */
  if (rows->start > 0 && rows->end - rows->start <= rows->start) compact(rows);
  size_t needed = rows->end + bytes + SLACK;
  if (needed > rows->room) {
    size_t room = rows->room ? rows->room : 16384;
    while (room < needed)
      room *= 2;
    char *buffer = sqlite3_realloc64(rows->buffer, room);
    if (buffer == NULL) return SQLITE_NOMEM;
    rows->buffer = buffer;
    rows->room = room;
  }
  memcpy(rows->buffer + rows->end, data, bytes);
  rows->end += bytes;
  memset(rows->buffer + rows->end, 0, SLACK);
  return SQLITE_OK;
}

void wow_rows_end(struct wow_rows *rows) {
  rows->is_complete = true;
}

size_t wow_rows_pending(const struct wow_rows *rows) {
  return rows->end - rows->start;
}

const struct wow_json_value *wow_rows_value(const struct wow_rows *rows, int index) {
  return &rows->values[index];
}

/* ---------------------------------------------------------------- bytes */

static bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static const char *skip_blanks(const char *p) {
  while (is_blank(*p))
    p++;
  return p;
}

/* The next quote, backslash or control character; the zeros behind the buffer are such, too. */
static const char *find_special(const char *p) {
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

static int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/* The value of four hexadecimal digits, which they are. */
static int hex_value(const char *p) {
  int value = 0;
  for (int i = 0; i < 4; i++)
    value = value << 4 | hex_digit(p[i]);
  return value;
}

/* ---------------------------------------------------------------- values
**
** The functions below read one thing at *p, which they move behind it; on MALFORMED it stands where
** the trouble is. `end` is the end of the buffer.
*/

/* At the opening quote. *text is the inside. */
static enum outcome read_string(const char **p, const char *end, const char **text, size_t *bytes,
                                bool *escaped) {
  const char *from = *p + 1, *q = find_special(from);
  *escaped = false;
  while (*q == '\\' && q < end) {
    *escaped = true;
    if (end - q < 2) return NEED_MORE;
    if (q[1] == 'u') {
      for (int i = 2; i < 6; i++) {
        if (q + i >= end) return NEED_MORE;
        if (hex_digit(q[i]) < 0) {
          *p = q;
          return MALFORMED;
        }
      }
      q += 6;
    } else if (q[1] && strchr("\"\\/bfnrt", q[1])) {
      q += 2;
    } else {
      *p = q;
      return MALFORMED;
    }
    q = find_special(q);
  }
  if (q >= end) return NEED_MORE;
  if (*q != '"') {
    *p = q; /* a control character must be escaped */
    return MALFORMED;
  }
  *text = from;
  *bytes = (size_t)(q - from);
  *p = q + 1;
  return DECODED;
}

static const char *skip_digits(const char *p) {
  while (*p >= '0' && *p <= '9')
    p++;
  return p;
}

static enum outcome read_number(const char **p, const char *end) {
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
  if (q >= end) return NEED_MORE;
  *p = q;
  return good ? DECODED : MALFORMED;
}

static enum outcome read_word(const char **p, const char *end, const char *word, size_t bytes) {
  size_t there = (size_t)(end - *p);
  if (memcmp(*p, word, there < bytes ? there : bytes) != 0) return MALFORMED;
  if (there < bytes) return NEED_MORE;
  *p += bytes;
  return DECODED;
}

/* A string, a number or a word. */
static enum outcome read_scalar(const char **p, const char *end, struct wow_json_value *value,
                                bool *escaped) {
  enum outcome outcome;
  *escaped = false;
  value->text = *p;
  value->bytes = 0;
  switch (**p) {
  case '"':
    value->kind = WOW_JSON_STRING;
    return read_string(p, end, &value->text, &value->bytes, escaped);
  case 'n': value->kind = WOW_JSON_NULL; return read_word(p, end, "null", 4);
  case 't': value->kind = WOW_JSON_TRUE; return read_word(p, end, "true", 4);
  case 'f': value->kind = WOW_JSON_FALSE; return read_word(p, end, "false", 5);
  default:
    value->kind = WOW_JSON_NUMBER;
    outcome = *p < end ? read_number(p, end) : NEED_MORE;
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
static enum outcome read_key(const char **p, const char *end) {
  const char *text;
  size_t bytes;
  bool escaped;
  if (*p >= end) return NEED_MORE;
  if (**p != '"') return MALFORMED;
  enum outcome outcome = read_string(p, end, &text, &bytes, &escaped);
  if (outcome != DECODED) return outcome;
  *p = skip_blanks(*p);
  if (*p >= end) return NEED_MORE;
  if (**p != ':') return MALFORMED;
  (*p)++;
  return DECODED;
}

/* A whole object or array, which is checked and given as it stands. Not by recursion: how deep it
** goes is up to whoever wrote the document. */
static enum outcome read_nested(const char **p, const char *end) {
  unsigned char stack[WOW_JSON_DEPTH / 8 + 1];
  enum expectation want = WANT_VALUE;
  int depth = 0;
  do {
    struct wow_json_value ignored;
    bool escaped;
    enum outcome outcome = DECODED;
    *p = skip_blanks(*p);
    if (*p >= end) return NEED_MORE;
    char c = **p;
    bool may_close = want == WANT_COMMA || want == WANT_VALUE_OR_CLOSE || want == WANT_KEY_OR_CLOSE;
    if (depth > 0 && may_close && c == (is_object_at(stack, depth) ? '}' : ']')) {
      depth--;
      (*p)++;
      want = WANT_COMMA;
    } else if (want == WANT_COMMA) {
      if (c != ',') return MALFORMED;
      (*p)++;
      want = is_object_at(stack, depth) ? WANT_KEY : WANT_VALUE;
    } else if (want == WANT_KEY || want == WANT_KEY_OR_CLOSE) {
      outcome = read_key(p, end);
      want = WANT_VALUE;
    } else if (c == '{' || c == '[') {
      if (++depth > WOW_JSON_DEPTH) return MALFORMED;
      set_object_at(stack, depth, c == '{');
      (*p)++;
      want = c == '{' ? WANT_KEY_OR_CLOSE : WANT_VALUE_OR_CLOSE;
    } else {
      outcome = read_scalar(p, end, &ignored, &escaped);
      want = WANT_COMMA;
    }
    if (outcome != DECODED) return outcome;
  } while (depth > 0);
  return DECODED;
}

static enum outcome read_value(const char **p, const char *end, struct wow_json_value *value,
                               bool *escaped) {
  if (**p != '{' && **p != '[') return read_scalar(p, end, value, escaped);
  *escaped = false;
  value->kind = WOW_JSON_NESTED;
  value->text = *p;
  enum outcome outcome = read_nested(p, end);
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

/* Takes the escapes out of a string that read_string has accepted. `to` may be `from`: every escape
** is longer than what it stands for. Half a surrogate pair becomes U+FFFD. The new length. */
static size_t unescape(char *to, const char *from, size_t bytes) {
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

/* ---------------------------------------------------------------- rows */

#define NO_MEMBER (-1)
#define NO_MEMORY (-2)

/* Which member has this key, as it stands in the row? NO_MEMBER: none that is wanted. */
static int find_member(const struct wow_rows *rows, const char *text, size_t bytes, bool escaped) {
  char small[256];
  char *plain = NULL;
  int found = NO_MEMBER;
  if (escaped) {
    plain = bytes <= sizeof(small) ? small : sqlite3_malloc64(bytes);
    if (plain == NULL) return NO_MEMORY;
    bytes = unescape(plain, text, bytes);
    text = plain;
  }
  for (int i = 0; i < rows->n_members && found < 0; i++) {
    const struct member *member = &rows->members[i];
    if (member->name_bytes == bytes && memcmp(member->name, text, bytes) == 0) found = i;
  }
  if (plain != small) sqlite3_free(plain);
  return found;
}

/* At a key. *index is the member's number: the expected one in nearly every case. */
static enum outcome read_member_key(const struct wow_rows *rows, const char **p, const char *end,
                                    int expected, int *index) {
  const struct member *member = &rows->members[expected];
  const char *text;
  size_t bytes;
  bool escaped;
  if (expected < rows->n_members && (size_t)(end - *p) > member->key_bytes &&
      memcmp(*p, member->key, member->key_bytes) == 0) {
    *p += member->key_bytes;
    *index = expected;
    return DECODED;
  }
  if (*p >= end) return NEED_MORE;
  if (**p != '"') return MALFORMED;
  enum outcome outcome = read_string(p, end, &text, &bytes, &escaped);
  if (outcome != DECODED) return outcome;
  *index = find_member(rows, text, bytes, escaped);
  if (*index == NO_MEMORY) return OUT_OF_MEMORY;
  *p = skip_blanks(*p);
  if (*p >= end) return NEED_MORE;
  if (**p != ':') return MALFORMED;
  (*p)++;
  return DECODED;
}

static enum outcome read_members(struct wow_rows *rows, const char **p, const char *end) {
  struct wow_json_value unwanted;
  bool unwanted_escaped;
  int expected = 0;
  for (;;) {
    int index = -1;
    enum outcome outcome = read_member_key(rows, p, end, expected, &index);
    if (outcome != DECODED) return outcome;
    if (is_blank(**p)) *p = skip_blanks(*p);
    bool wanted = index >= 0;
    outcome = read_value(p, end, wanted ? &rows->values[index] : &unwanted,
                         wanted ? &rows->escaped[index] : &unwanted_escaped);
    if (outcome != DECODED) return outcome;
    if (wanted && rows->escaped[index]) rows->n_escaped++;
    if (wanted) expected = index + 1;
    if (is_blank(**p)) *p = skip_blanks(*p);
    if (*p >= end) return NEED_MORE;
    char c = *(*p)++;
    if (c == '}') return DECODED;
    if (c != ',') {
      (*p)--;
      return MALFORMED;
    }
    if (is_blank(**p)) *p = skip_blanks(*p);
  }
}

/* At the opening brace of a row. */
static enum outcome read_row(struct wow_rows *rows, const char **p, const char *end) {
  for (int i = 0; i < rows->n_members; i++) {
    rows->values[i].kind = WOW_JSON_NULL;
    rows->values[i].bytes = 0;
  }
  if (rows->n_escaped) memset(rows->escaped, 0, sizeof(bool) * (size_t)rows->n_members);
  rows->n_escaped = 0;
  *p = skip_blanks(*p + 1);
  if (*p < end && **p == '}') {
    (*p)++;
    return DECODED;
  }
  enum outcome outcome = read_members(rows, p, end);
  if (outcome != DECODED || rows->n_escaped == 0) return outcome;
  for (int i = 0; i < rows->n_members; i++) {
    struct wow_json_value *value = &rows->values[i];
    if (!rows->escaped[i] || value->kind != WOW_JSON_STRING) continue;
    value->bytes = unescape((char *)value->text, value->text, value->bytes);
  }
  return DECODED;
}

/* Moves the search for the row's end on over what has come since. True: it is there. */
static bool row_is_whole(struct wow_rows *rows) {
  const char *p = rows->buffer + rows->search_at, *end = rows->buffer + rows->end;
  while (p < end) {
    if (rows->search_in_string) {
      p = find_special(p);
      if (p >= end) break;
      if (*p == '\\' && end - p < 2) break; /* the escape is not whole: here it goes on */
      if (*p == '"') rows->search_in_string = false;
      p += *p == '\\' ? 2 : 1;
      continue;
    }
    char c = *p++;
    if (c == '"')
      rows->search_in_string = true;
    else if (c == '{' || c == '[')
      rows->search_depth++;
    else if ((c == '}' || c == ']') && --rows->search_depth == 0)
      return true;
  }
  rows->search_at = (size_t)((p < end ? p : end) - rows->buffer);
  return false;
}

/* ---------------------------------------------------------------- stepping */

static int fail(struct wow_rows *rows, struct wow_error *err, char *message) {
  rows->state = ROWS_FAILED;
  if (message == NULL) return wow_error_nomem(err);
  if (message != rows->failure) sqlite3_free(rows->failure);
  rows->failure = message;
  return wow_error_set(err, SQLITE_ERROR, NULL, "%s", message);
}

static uint64_t position(const struct wow_rows *rows, const char *p) {
  return rows->base + (uint64_t)(p - rows->buffer);
}

static int malformed(struct wow_rows *rows, const char *p, const char *expected,
                     struct wow_error *err) {
  return fail(rows, err,
              sqlite3_mprintf("the answer is malformed at byte %llu: expected %s",
                              position(rows, p), expected));
}

/* The bytes do not suffice. That is an error once no more will come. */
static int need_more(struct wow_rows *rows, struct wow_error *err) {
  if (rows->end - rows->start > rows->max_row_bytes) {
    return fail(
        rows, err,
        sqlite3_mprintf("a row has more than %llu bytes", (sqlite3_uint64)rows->max_row_bytes));
  }
  if (!rows->is_complete) return SQLITE_OK;
  return fail(rows, err,
              sqlite3_mprintf("the answer ended after %llu bytes, before its end",
                              (sqlite3_uint64)rows->base + rows->end));
}

static int decode_row(struct wow_rows *rows, struct wow_error *err) {
  const char *p = rows->buffer + rows->start, *end = rows->buffer + rows->end;
  if (rows->is_searching && !row_is_whole(rows)) return need_more(rows, err);
  switch (read_row(rows, &p, end)) {
  case DECODED:
    if ((size_t)(p - rows->buffer) - rows->start > rows->max_row_bytes) {
      return fail(
          rows, err,
          sqlite3_mprintf("a row has more than %llu bytes", (sqlite3_uint64)rows->max_row_bytes));
    }
    rows->start = (size_t)(p - rows->buffer);
    rows->state = ROWS_BEHIND;
    rows->is_searching = false;
    return SQLITE_ROW;
  case MALFORMED: return malformed(rows, p, "JSON", err);
  case OUT_OF_MEMORY: return fail(rows, err, NULL);
  default: break;
  }
  if (!rows->is_searching) {
    rows->is_searching = true;
    rows->search_at = rows->start;
    rows->search_depth = 0;
    rows->search_in_string = false;
    row_is_whole(rows);
  }
  return need_more(rows, err);
}

/* Moves rows->start to the next byte that is no blank. Its value; 0: there is none yet. */
static char next_byte(struct wow_rows *rows) {
  if (rows->start == rows->end) return 0;
  const char *p = skip_blanks(rows->buffer + rows->start);
  rows->start = (size_t)(p - rows->buffer);
  return rows->start < rows->end ? *p : 0;
}

int wow_rows_next(struct wow_rows *rows, struct wow_error *err) {
  for (;;) {
    if (rows->state == ROWS_FAILED) return fail(rows, err, rows->failure);
    char c = next_byte(rows);
    if (rows->start == rows->end) {
      if (rows->state == ROWS_ENDED) return SQLITE_DONE;
      return need_more(rows, err);
    }
    const char *p = rows->buffer + rows->start;
    switch (rows->state) {
    case ROWS_BEGIN:
      if (c != '[') return malformed(rows, p, "an array of rows", err);
      rows->start++;
      rows->state = ROWS_FIRST;
      break;
    case ROWS_FIRST:
      if (c == '{') return decode_row(rows, err);
      if (c != ']') return malformed(rows, p, "a row or the end of the array", err);
      rows->start++;
      rows->state = ROWS_ENDED;
      break;
    case ROWS_BEHIND:
      if (c == ']') {
        rows->start++;
        rows->state = ROWS_ENDED;
        break;
      }
      if (c != ',') return malformed(rows, p, "a comma or the end of the array", err);
      rows->start++;
      rows->state = ROWS_COMMA;
      break;
    case ROWS_COMMA:
      if (c != '{') return malformed(rows, p, "a row", err);
      return decode_row(rows, err);
    default: return malformed(rows, p, "nothing behind the array", err);
    }
  }
}

/* ---------------------------------------------------------------- looking ahead */

/* The last place of "key" behind `,` or `{`. No string can contain it: inside a string a quote is
** always behind a backslash, and here it is behind a comma or a brace. A nested document can; then
** what follows is not the end of a row, which is checked. */
static const char *find_last_key(const char *from, const char *end, const struct member *member) {
  if ((size_t)(end - from) < member->key_bytes + 1) return NULL;
  for (const char *p = end - member->key_bytes; p > from; p--) {
    bool begins = *p == '"' && (p[-1] == ',' || p[-1] == '{');
    if (begins && memcmp(p, member->key, member->key_bytes) == 0) return p;
  }
  return NULL;
}

int wow_rows_peek_last(struct wow_rows *rows, int n, struct wow_json_value *values) {
  if (rows->start == rows->end) return 0;
  const char *from = rows->buffer + rows->start, *end = rows->buffer + rows->end;
  const struct member *members = rows->members + rows->n_members - n;
  if (n < 1 || n > rows->n_members || !rows->is_complete) return 0;
  if (rows->state == ROWS_BEGIN || rows->state >= ROWS_ENDED) return 0;
  const char *p = find_last_key(from, end, &members[0]);
  if (p == NULL) return 0;
  sqlite3_free(rows->peeked);
  char *to = rows->peeked = sqlite3_malloc64((sqlite3_uint64)(end - p));
  if (to == NULL) return 0;
  for (int i = 0; i < n; i++) {
    bool escaped;
    size_t bytes = members[i].key_bytes;
    if ((size_t)(end - p) < bytes || memcmp(p, members[i].key, bytes) != 0) return 0;
    p += bytes;
    if (*p == '{' || *p == '[') return 0;
    if (read_scalar(&p, end, &values[i], &escaped) != DECODED) return 0;
    if (escaped) {
      size_t plain = unescape(to, values[i].text, values[i].bytes);
      values[i].text = to;
      values[i].bytes = plain;
      to += plain;
    }
    if (*p++ != (i + 1 < n ? ',' : '}')) return 0;
  }
  p = skip_blanks(p);
  if (*p != ']') return 0;
  return skip_blanks(p + 1) == end;
}
