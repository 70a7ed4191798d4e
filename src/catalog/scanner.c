/*
** Reading lists word by word, see scanner.h.
*/
#include "catalog/scanner.h"

#include <string.h>

#include "base/sqlite.h"

void wow_scanner_skip_blanks(struct wow_scanner *s) {
  while (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r')
    s->p++;
}

bool wow_scanner_is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || (c & 0x80);
}

int wow_scanner_fail(struct wow_scanner *s, const char *expected) {
  return wow_error_hint(s->err, SQLITE_ERROR, NULL,
                        "write columns='id bigint primary key, name text, tags text[]'",
                        "the column list is wrong at character %d, near '%.20s': expected %s",
                        (int)(s->p - s->start) + 1, s->p, expected);
}

/* Takes the text between quotes, which are doubled inside. NULL: no text in quotes begins here, or
** there is an error (then err is set). */
char *wow_scanner_take_quoted(struct wow_scanner *s, char quote) {
  if (*s->p != quote) return NULL;
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (s->p++; *s->p; s->p++) {
    if (*s->p == quote && *++s->p != quote) {
      /* The text of an empty sqlite3_str is NULL. */
      bool is_empty = sqlite3_str_length(str) == 0 && sqlite3_str_errcode(str) == SQLITE_OK;
      char *text = sqlite3_str_finish(str);
      if (is_empty) text = sqlite3_mprintf("");
      if (text == NULL) wow_error_nomem(s->err);
      wow_scanner_skip_blanks(s);
      return text;
    }
    sqlite3_str_appendchar(str, 1, *s->p);
  }
  sqlite3_free(sqlite3_str_finish(str));
  wow_scanner_fail(s, "the closing quote");
  return NULL;
}

/* Takes a name, bare or in double quotes. NULL: an error. */
char *wow_scanner_take_name(struct wow_scanner *s) {
  wow_scanner_skip_blanks(s);
  if (*s->p == '"') return wow_scanner_take_quoted(s, '"');
  const char *from = s->p;
  while (wow_scanner_is_word(*s->p))
    s->p++;
  if (s->p == from) {
    wow_scanner_fail(s, "a name");
    return NULL;
  }
  char *name = sqlite3_mprintf("%.*s", (int)(s->p - from), from);
  wow_scanner_skip_blanks(s);
  if (name == NULL) wow_error_nomem(s->err);
  return name;
}

/* Takes a keyword if it is here as a whole word. */
bool wow_scanner_take_word(struct wow_scanner *s, const char *word) {
  size_t n = strlen(word);
  if (sqlite3_strnicmp(s->p, word, (int)n) != 0 || wow_scanner_is_word(s->p[n])) return false;
  s->p += n;
  wow_scanner_skip_blanks(s);
  return true;
}

bool wow_scanner_take_symbol(struct wow_scanner *s, char symbol) {
  if (*s->p != symbol) return false;
  s->p++;
  wow_scanner_skip_blanks(s);
  return true;
}

/* The names in a path are letters, digits and '_': PostgREST's versions differ in what else they
** take. */
int wow_scanner_take_json_path(struct wow_scanner *s, char **path) {
  const char *from = s->p;
  while (s->p[0] == '-' && s->p[1] == '>') {
    s->p += s->p[2] == '>' ? 3 : 2;
    const char *name = s->p;
    while (wow_scanner_is_word(*s->p))
      s->p++;
    if (s->p == name) return wow_scanner_fail(s, "a name or a number after -> or ->>");
  }
  if (s->p == from) return SQLITE_OK;
  *path = sqlite3_mprintf("%.*s", (int)(s->p - from), from);
  wow_scanner_skip_blanks(s);
  return *path ? SQLITE_OK : wow_error_nomem(s->err);
}

static bool is_join(const char *word) {
  return strcmp(word, "inner") == 0 || strcmp(word, "left") == 0;
}

int wow_scanner_take_embed(struct wow_scanner *s, struct wow_embed *embed) {
  embed->target = wow_scanner_take_name(s);
  while (embed->target && wow_scanner_take_symbol(s, '!')) {
    char *word = wow_scanner_take_name(s);
    if (word == NULL) break;
    char **field = is_join(word) ? &embed->join : &embed->hint;
    if (*field) {
      sqlite3_free(word);
      return wow_scanner_fail(s, "one foreign key and one kind of join (inner, left)");
    }
    *field = word;
  }
  return s->err->rc;
}
