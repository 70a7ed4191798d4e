/*
** The streaming decoder of PostgREST's JSON rows, see rows.h.
**
** One buffer holds what was fed and not stepped over. A row is decoded in one pass over its bytes,
** and its values are slices of the buffer; strings with escapes are unescaped in place once the
** whole row is known to be there. When a row is not complete yet, a scan that remembers how far it
** got looks for its end, so that even a huge row fed in small pieces is read twice, not once a
** piece.
**
** After the last byte there are zeros, see json_scan.h.
*/
#include "wire/rows.h"

#include <stdbool.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "wire/json_scan.h"

/* Bytes of the buffer at first; it doubles. */
#define FIRST_ROOM 16384

enum rows_state {
  ROWS_BEGIN, /* the array has not begun */
  ROWS_FIRST, /* after its bracket */
  ROWS_AFTER, /* after a row */
  ROWS_COMMA, /* after the comma that follows a row */
  ROWS_ENDED, /* after the array */
  ROWS_FAILED
};

/* An expected member: its name, and the bytes that it begins with in a row. */
struct member {
  char *name;
  size_t name_bytes;
  char *key; /* "name": with its quotes and colon, escaped as PostgreSQL does */
  size_t key_bytes;
};

struct wow_rows {
  struct member *members;
  struct wow_json_value *values;
  bool *escaped; /* for each value: its text still has its escapes */
  int n_members;
  int n_escaped;
  size_t max_row_bytes;

  char *buffer;
  size_t room;
  size_t start; /* of what was not stepped over */
  size_t end;
  uint64_t base;    /* bytes dropped in front of the buffer */
  bool is_complete; /* wow_rows_end */
  enum rows_state state;

  /* The search for the end of a row that is not complete yet. */
  bool is_searching;
  size_t search_at;
  int search_depth;
  bool search_in_string;

  size_t blank_bytes; /* after the last byte that is not one */
  char *peeked;       /* unescaped strings of wow_rows_peek_last */
  char *failure;      /* the error that is repeated */
};

/* ---------------------------------------------------------------- making and feeding */

/* The bytes that a member begins with, its quotes and colon included. */
static char *render_key(const char *name) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_text_append_json(str, name, strlen(name));
  sqlite3_str_appendall(str, ":");
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
  rows->blank_bytes = 0;
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
  /* Moving pays when it moves no more bytes than it frees. */
  if (rows->start > 0 && rows->end - rows->start <= rows->start) compact(rows);
  size_t needed = rows->end + bytes + WOW_JSON_SLACK;
  if (needed > rows->room) {
    size_t room = rows->room ? rows->room : FIRST_ROOM;
    while (room < needed)
      room *= 2;
    char *buffer = sqlite3_realloc64(rows->buffer, room);
    if (buffer == NULL) return SQLITE_NOMEM;
    rows->buffer = buffer;
    rows->room = room;
  }
  memcpy(rows->buffer + rows->end, data, bytes);
  rows->end += bytes;
  memset(rows->buffer + rows->end, 0, WOW_JSON_SLACK);
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

/* ---------------------------------------------------------------- rows */

#define NO_MEMBER (-1)
#define NO_MEMORY (-2)
/* Escaped names up to this length are compared without an allocation. */
#define NAME_BYTES 256

/* Which member has this key, as it is written in the row? NO_MEMBER: not one that is wanted. */
static int find_member(const struct wow_rows *rows, const char *text, size_t bytes, bool escaped) {
  char small[NAME_BYTES];
  char *plain = NULL;
  int found = NO_MEMBER;
  if (escaped) {
    plain = bytes <= sizeof(small) ? small : sqlite3_malloc64(bytes);
    if (plain == NULL) return NO_MEMORY;
    bytes = wow_json_scan_unescape(plain, text, bytes);
    text = plain;
  }
  for (int i = 0; i < rows->n_members && found < 0; i++) {
    const struct member *member = &rows->members[i];
    if (member->name_bytes == bytes && memcmp(member->name, text, bytes) == 0) found = i;
  }
  if (plain != small) sqlite3_free(plain);
  return found;
}

/* At a key. *index becomes the member index: the expected one in nearly every case. */
static enum wow_json_outcome read_member_key(const struct wow_rows *rows, const char **p,
                                             const char *end, int expected, int *index) {
  const struct member *member = &rows->members[expected];
  const char *text;
  size_t bytes;
  bool escaped;
  if (expected < rows->n_members && (size_t)(end - *p) > member->key_bytes &&
      memcmp(*p, member->key, member->key_bytes) == 0) {
    *p += member->key_bytes;
    *index = expected;
    return WOW_JSON_DECODED;
  }
  if (*p >= end) return WOW_JSON_NEED_MORE;
  if (**p != '"') return WOW_JSON_MALFORMED;
  enum wow_json_outcome outcome = wow_json_scan_string(p, end, &text, &bytes, &escaped);
  if (outcome != WOW_JSON_DECODED) return outcome;
  *index = find_member(rows, text, bytes, escaped);
  if (*index == NO_MEMORY) return WOW_JSON_NO_MEMORY;
  *p = wow_json_scan_blanks(*p);
  if (*p >= end) return WOW_JSON_NEED_MORE;
  if (**p != ':') return WOW_JSON_MALFORMED;
  (*p)++;
  return WOW_JSON_DECODED;
}

static enum wow_json_outcome read_members(struct wow_rows *rows, const char **p, const char *end) {
  struct wow_json_value unwanted;
  bool unwanted_escaped;
  int expected = 0;
  for (;;) {
    int index = -1;
    enum wow_json_outcome outcome = read_member_key(rows, p, end, expected, &index);
    if (outcome != WOW_JSON_DECODED) return outcome;
    if (wow_json_scan_is_blank(**p)) *p = wow_json_scan_blanks(*p);
    bool wanted = index >= 0;
    outcome = wow_json_scan_value(p, end, wanted ? &rows->values[index] : &unwanted,
                                  wanted ? &rows->escaped[index] : &unwanted_escaped);
    if (outcome != WOW_JSON_DECODED) return outcome;
    if (wanted && rows->escaped[index]) rows->n_escaped++;
    if (wanted) expected = index + 1;
    if (wow_json_scan_is_blank(**p)) *p = wow_json_scan_blanks(*p);
    if (*p >= end) return WOW_JSON_NEED_MORE;
    char c = *(*p)++;
    if (c == '}') return WOW_JSON_DECODED;
    if (c != ',') {
      (*p)--;
      return WOW_JSON_MALFORMED;
    }
    if (wow_json_scan_is_blank(**p)) *p = wow_json_scan_blanks(*p);
  }
}

/* At the opening brace of a row. */
static enum wow_json_outcome read_row(struct wow_rows *rows, const char **p, const char *end) {
  for (int i = 0; i < rows->n_members; i++) {
    rows->values[i].kind = WOW_JSON_NULL;
    rows->values[i].bytes = 0;
  }
  if (rows->n_escaped) memset(rows->escaped, 0, sizeof(bool) * (size_t)rows->n_members);
  rows->n_escaped = 0;
  *p = wow_json_scan_blanks(*p + 1);
  if (*p < end && **p == '}') {
    (*p)++;
    return WOW_JSON_DECODED;
  }
  enum wow_json_outcome outcome = read_members(rows, p, end);
  if (outcome != WOW_JSON_DECODED || rows->n_escaped == 0) return outcome;
  for (int i = 0; i < rows->n_members; i++) {
    struct wow_json_value *value = &rows->values[i];
    if (!rows->escaped[i] || value->kind != WOW_JSON_STRING) continue;
    value->bytes = wow_json_scan_unescape((char *)value->text, value->text, value->bytes);
  }
  return WOW_JSON_DECODED;
}

/* Moves the search for the row's end on over what has come since. True: it is there. */
static bool row_is_complete(struct wow_rows *rows) {
  const char *p = rows->buffer + rows->search_at, *end = rows->buffer + rows->end;
  while (p < end) {
    if (rows->search_in_string) {
      p = wow_json_scan_special(p);
      if (p >= end) break;
      if (*p == '\\' && end - p < 2) break; /* half an escape: the search goes on here */
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
              sqlite3_mprintf("the response is malformed at byte %llu: expected %s",
                              position(rows, p), expected));
}

/* More bytes are needed, which is an error once no more will come. */
static int need_more(struct wow_rows *rows, struct wow_error *err) {
  if (rows->end - rows->start > rows->max_row_bytes) {
    return fail(
        rows, err,
        sqlite3_mprintf("a row has more than %llu bytes", (sqlite3_uint64)rows->max_row_bytes));
  }
  if (rows->blank_bytes > WOW_MAX_BLANK_BYTES)
    return malformed(rows, rows->buffer + rows->start, "an end of the blanks", err);
  if (!rows->is_complete) return SQLITE_OK;
  return fail(rows, err,
              sqlite3_mprintf("the response ended after %llu bytes, before its end",
                              (sqlite3_uint64)rows->base + rows->end));
}

static int decode_row(struct wow_rows *rows, struct wow_error *err) {
  const char *p = rows->buffer + rows->start, *end = rows->buffer + rows->end;
  if (rows->is_searching && !row_is_complete(rows)) return need_more(rows, err);
  switch (read_row(rows, &p, end)) {
  case WOW_JSON_DECODED:
    if ((size_t)(p - rows->buffer) - rows->start > rows->max_row_bytes) {
      return fail(
          rows, err,
          sqlite3_mprintf("a row has more than %llu bytes", (sqlite3_uint64)rows->max_row_bytes));
    }
    rows->start = (size_t)(p - rows->buffer);
    rows->state = ROWS_AFTER;
    rows->is_searching = false;
    return SQLITE_ROW;
  case WOW_JSON_MALFORMED: return malformed(rows, p, "JSON", err);
  case WOW_JSON_NO_MEMORY: return fail(rows, err, NULL);
  default: break;
  }
  if (!rows->is_searching) {
    rows->is_searching = true;
    rows->search_at = rows->start;
    rows->search_depth = 0;
    rows->search_in_string = false;
    row_is_complete(rows);
  }
  return need_more(rows, err);
}

/* Moves rows->start to the next byte that is not blank. Its value; 0: there is none yet. */
static char next_byte(struct wow_rows *rows) {
  if (rows->start == rows->end) return 0;
  size_t before = rows->start;
  const char *p = wow_json_scan_blanks(rows->buffer + rows->start);
  rows->start = (size_t)(p - rows->buffer);
  rows->blank_bytes = rows->start < rows->end ? 0 : rows->blank_bytes + rows->start - before;
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
    case ROWS_AFTER:
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
    default: return malformed(rows, p, "nothing after the array", err);
    }
  }
}

/* ---------------------------------------------------------------- looking ahead */

struct wow_rows *wow_rows_fork(const struct wow_rows *rows) {
  sqlite3_uint64 bytes = sizeof(char *) * ((sqlite3_uint64)rows->n_members + 1);
  const char **names = sqlite3_malloc64(bytes);
  if (names == NULL) return NULL;
  for (int i = 0; i < rows->n_members; i++)
    names[i] = rows->members[i].name;
  struct wow_rows *fork = wow_rows_new(names, rows->n_members, rows->max_row_bytes);
  sqlite3_free(names);
  if (fork == NULL) return NULL;
  fork->state = rows->state == ROWS_FAILED ? ROWS_ENDED : rows->state;
  if (wow_rows_feed(fork, rows->buffer + rows->start, rows->end - rows->start) == SQLITE_OK)
    return fork;
  wow_rows_free(fork);
  return NULL;
}

/* The last place of "key" after `,` or `{`. No string can contain it: inside a string a quote is
** always after a backslash, and here it is after a comma or a brace. A nested document can; then
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
  if (n < 1 || n > rows->n_members || !rows->is_complete) return 0;
  const char *from = rows->buffer + rows->start, *end = rows->buffer + rows->end;
  const struct member *members = rows->members + rows->n_members - n;
  bool is_inside =
      rows->state == ROWS_FIRST || rows->state == ROWS_AFTER || rows->state == ROWS_COMMA;
  if (!is_inside) return 0;
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
    if (wow_json_scan_scalar(&p, end, &values[i], &escaped) != WOW_JSON_DECODED) return 0;
    if (escaped) {
      size_t plain = wow_json_scan_unescape(to, values[i].text, values[i].bytes);
      values[i].text = to;
      values[i].bytes = plain;
      to += plain;
    }
    if (*p++ != (i + 1 < n ? ',' : '}')) return 0;
  }
  p = wow_json_scan_blanks(p);
  if (*p != ']') return 0;
  return wow_json_scan_blanks(p + 1) == end;
}
