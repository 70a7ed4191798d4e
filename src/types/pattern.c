/*
** Patterns, see pattern.h.
**
** SQLite's LIKE ignores the case of ASCII letters and of no others. The server's ilike asks the
** column's collation, of which the description says nothing: in Turkish, I is the capital of a
** dotless i, and under ICU a letter may become two, so that ilike would lose rows. Its like
** compares characters as they are under every collation, and so does a regular expression in which
** both cases of each ASCII letter are named: 'Ab%' is ^[aA][bB]. (Under a nondeterministic
** collation the server refuses them all, see scan/second_look.h.) If like() is overridden here by
** one that ignores the case of other letters, what it would match in addition is not found.
*/
#include "types/pattern.h"

#include <string.h>

#include "base/limits.h"

/* What is appended, and where its last part that blanks cannot match ends. */
struct writer {
  sqlite3_str *str;
  int solid_end;
};

static void write_solid(struct writer *w, char c) {
  sqlite3_str_appendchar(w->str, 1, c);
  if (c != ' ') w->solid_end = sqlite3_str_length(w->str);
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Is it a byte in the middle of a character? */
static bool is_inside(char c) {
  return ((unsigned char)c & 0xc0) == 0x80;
}

/* The last byte of GLOB's character class that begins at `i`. */
static int class_end(const char *pattern, int bytes, int i) {
  i++;
  if (i < bytes && pattern[i] == '^') i++;
  if (i < bytes && pattern[i] == ']') i++;
  while (i < bytes && pattern[i] != ']')
    i++;
  return i;
}

/* As a pattern of like. PostgREST turns each '*' into '%', which only widens it. */
static void write_like(struct writer *w, enum wow_op op, const char *pattern, int bytes) {
  for (int i = 0; i < bytes; i++) {
    char c = pattern[i];
    if (op == WOW_GLOB && c == '[') {
      i = class_end(pattern, bytes, i);
      sqlite3_str_appendchar(w->str, 1, '_');
    } else if (op == WOW_GLOB && (c == '*' || c == '?')) {
      sqlite3_str_appendchar(w->str, 1, c == '*' ? '%' : '_');
    } else if (op == WOW_LIKE && (c == '%' || c == '_')) {
      sqlite3_str_appendchar(w->str, 1, c);
    } else {
      if (c == '\\' || c == '%' || c == '_') sqlite3_str_appendchar(w->str, 1, '\\');
      write_solid(w, c);
    }
  }
}

static void write_regexp_char(struct writer *w, char c) {
  if (is_letter(c)) {
    sqlite3_str_appendf(w->str, "[%c%c", c | 0x20, c & ~0x20);
    write_solid(w, ']');
  } else {
    if (strchr("\\.^$*+?()[]{}|", c)) sqlite3_str_appendchar(w->str, 1, '\\');
    write_solid(w, c);
  }
}

/* LIKE's as a regular expression. */
static void write_regexp(struct writer *w, const char *pattern, int bytes, bool is_padded) {
  int i = 0, n = 0;
  if (bytes == 0 || *pattern != '%') sqlite3_str_appendchar(w->str, 1, '^');
  w->solid_end = sqlite3_str_length(w->str);
  while (i < bytes && pattern[i] == '%')
    i++;
  while (bytes > i && pattern[bytes - 1] == '%')
    bytes--;
  bool is_open = pattern[bytes] == '%' || (i == bytes && i > 0);
  for (; i < bytes; i++) {
    n += !is_inside(pattern[i]);
    if (n > WOW_MAX_PATTERN_CHARS) break;
    if (pattern[i] == '%')
      sqlite3_str_appendall(w->str, ".*");
    else if (pattern[i] == '_')
      sqlite3_str_appendchar(w->str, 1, '.');
    else
      write_regexp_char(w, pattern[i]);
  }
  if (!is_open && !is_padded && i == bytes) sqlite3_str_appendchar(w->str, 1, '$');
}

/* Leaves out of the end what the blanks that the server takes off might match. */
static void cut_end(struct writer *w) {
  if (sqlite3_str_errcode(w->str) != SQLITE_OK) return;
  char *text = sqlite3_mprintf("%.*s", w->solid_end, w->solid_end ? sqlite3_str_value(w->str) : "");
  sqlite3_str_reset(w->str);
  if (text) sqlite3_str_appendall(w->str, text);
  sqlite3_free(text);
}

enum wow_op wow_pattern_translate(sqlite3_str *out, const struct wow_pattern *pattern) {
  struct writer w = {out, 0};
  bool has_letters = false;
  for (int i = 0; i < pattern->bytes; i++)
    has_letters = has_letters || is_letter(pattern->text[i]);
  bool is_like = pattern->op == WOW_GLOB || !has_letters || pattern->is_bytewise;
  if (is_like)
    write_like(&w, pattern->op, pattern->text, pattern->bytes);
  else
    write_regexp(&w, pattern->text, pattern->bytes, pattern->is_padded);
  if (pattern->is_padded) cut_end(&w);
  if (pattern->is_padded && is_like) sqlite3_str_appendchar(out, 1, '%');
  if (!is_like) return WOW_REGEXP;
  return has_letters ? pattern->op : WOW_GLOB;
}
