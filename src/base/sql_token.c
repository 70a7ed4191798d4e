/*
** SQL's tokens, see sql_token.h.
*/
#include "base/sql_token.h"

#include <string.h>

#include "base/sqlite.h"

static bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (unsigned char)c >= 0x80;
}

/* The bytes of blanks or a comment that begin here; 0: neither does. */
static size_t blank_bytes(const char *sql) {
  if (strchr(" \t\r\n\f", *sql) && *sql) return 1;
  if (sql[0] == '-' && sql[1] == '-') return strcspn(sql, "\n");
  if (sql[0] != '/' || sql[1] != '*') return 0;
  const char *end = strstr(sql + 2, "*/");
  return end ? (size_t)(end - sql) + 2 : strlen(sql);
}

/* The bytes of the token that begins here: a word, something in quotes, or one character. */
static size_t token_bytes(const char *sql) {
  size_t n = 0;
  if (is_word_byte(*sql)) {
    while (is_word_byte(sql[n]))
      n++;
    return n;
  }
  if (strchr("'\"`[", *sql) == NULL) return 1;
  char end = *sql == '[' ? ']' : *sql;
  for (n = 1; sql[n]; n++) {
    if (sql[n] != end) continue;
    if (end == ']' || sql[n + 1] != end) return n + 1;
    n++; /* a doubled quote */
  }
  return n;
}

bool wow_sql_token_next(struct wow_sql_token *token) {
  const char *at = token->text + token->bytes;
  if (token->bytes == 1 && *token->text == '(') token->depth++;
  for (size_t n; *at && (n = blank_bytes(at)) > 0;)
    at += n;
  if (*at == 0) return false;
  if (*at == ')') token->depth--;
  token->text = at;
  token->bytes = token_bytes(at);
  return true;
}

bool wow_sql_token_is(const struct wow_sql_token *token, const char *word) {
  return token->bytes == strlen(word) &&
         sqlite3_strnicmp(token->text, word, (int)token->bytes) == 0;
}

/* ---------------------------------------------------------------- outlines */

/* What is shown of a token. A text in double quotes may be a literal: it is one where there is no
** such name. */
static void append_shown(sqlite3_str *str, const struct wow_sql_token *token) {
  bool is_number = *token->text >= '0' && *token->text <= '9';
  if (is_number || *token->text == '\'' || *token->text == '"')
    sqlite3_str_appendchar(str, 1, '?');
  else
    sqlite3_str_append(str, token->text, (int)token->bytes);
}

char *wow_sql_token_outline(const char *sql, int max_bytes) {
  struct wow_sql_token token = {sql, 0, 0};
  sqlite3_str *str = sqlite3_str_new(NULL);
  const char *end = sql;
  while (wow_sql_token_next(&token)) {
    bool is_literal = strchr("'\"", *token.text) != NULL;
    int bytes = is_literal ? 1 : (int)token.bytes;
    if (sqlite3_str_length(str) + 1 + bytes > max_bytes) {
      sqlite3_str_appendall(str, " ...");
      break;
    }
    if (token.text > end && sqlite3_str_length(str) > 0) sqlite3_str_appendchar(str, 1, ' ');
    append_shown(str, &token);
    end = token.text + token.bytes;
  }
  return sqlite3_str_finish(str);
}
