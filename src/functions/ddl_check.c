/*
** The check for SERIAL PRIMARY KEY, see ddl_check.h.
**
** A column is defined as `name type ...`, after "(", "," or ADD [COLUMN] [IF NOT EXISTS]; what
** follows up to the next comma or parenthesis of the same depth belongs to it. Or the key is said
** at the end, PRIMARY KEY (name). The lexical rules are PostgreSQL's (4.1 of its documentation).
*/
#include "functions/ddl_check.h"

#include <stdbool.h>
#include <string.h>

#include "base/sqlite.h"

struct token {
  const char *text;
  size_t bytes;
  enum { TOKEN_END, TOKEN_WORD, TOKEN_SIGN, TOKEN_OTHER } kind;
};

static bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || (unsigned char)c >= 0x80;
}

/* The end of a text in quotes, which are doubled in it; after E, a backslash quotes as well. */
static const char *skip_quoted(const char *p, char quote, bool has_escapes) {
  for (p++; *p; p++) {
    if (has_escapes && *p == '\\' && p[1])
      p++;
    else if (*p == quote && p[1] == quote)
      p++;
    else if (*p == quote)
      return p + 1;
  }
  return p;
}

/* The end of $tag$ ... $tag$; `p` itself if it does not begin there. */
static const char *skip_dollars(const char *p) {
  size_t bytes = 1;
  while (p[bytes] != '$' && is_word_char(p[bytes]))
    bytes++;
  if (p[bytes] != '$' || (p[1] >= '0' && p[1] <= '9')) return p;
  bytes++;
  for (const char *end = p + bytes; *end; end++) {
    if (strncmp(end, p, bytes) == 0) return end + bytes;
  }
  return p + strlen(p);
}

/* Comments nest. */
static const char *skip_comment(const char *p) {
  int depth = 0;
  for (; *p; p++) {
    if (p[0] == '/' && p[1] == '*') {
      depth++;
      p++;
    } else if (p[0] == '*' && p[1] == '/') {
      p++;
      if (--depth == 0) return p + 1;
    }
  }
  return p;
}

static const char *skip_blanks(const char *p) {
  for (;;) {
    if (*p && strchr(" \t\n\r\f\v", *p))
      p++;
    else if (p[0] == '-' && p[1] == '-')
      p += strcspn(p, "\n");
    else if (p[0] == '/' && p[1] == '*')
      p = skip_comment(p);
    else
      return p;
  }
}

/* The next token; moves *sql after it. A name in double quotes is a word without them. */
static struct token next_token(const char **sql) {
  const char *p = skip_blanks(*sql), *end = p + 1;
  struct token token = {p, 0, TOKEN_OTHER};
  if (*p == 0) {
    *sql = p;
    return (struct token){p, 0, TOKEN_END};
  }
  if (*p == '\'') {
    end = skip_quoted(p, '\'', false);
  } else if (*p == '"') {
    end = skip_quoted(p, '"', false);
    token = (struct token){p + 1, end - p >= 2 ? (size_t)(end - p) - 2 : 0, TOKEN_WORD};
  } else if (*p == '$' && (end = skip_dollars(p)) > p) {
    token.kind = TOKEN_OTHER;
  } else if (is_word_char(*p)) {
    for (end = p; is_word_char(*end); end++) {
    }
    token = (struct token){p, (size_t)(end - p), TOKEN_WORD};
    if (*end == '\'' && token.bytes == 1 && (*p == 'e' || *p == 'E')) {
      end = skip_quoted(end, '\'', true);
      token.kind = TOKEN_OTHER;
    }
  } else {
    end = p + 1;
    token = (struct token){p, 1, TOKEN_SIGN};
  }
  *sql = end;
  return token;
}

static bool is_word(const struct token *token, const char *word) {
  return token->kind == TOKEN_WORD && token->bytes == strlen(word) &&
         sqlite3_strnicmp(token->text, word, (int)token->bytes) == 0;
}

static bool is_sign(const struct token *token, char sign) {
  return token->kind == TOKEN_SIGN && *token->text == sign;
}

static bool is_serial(const struct token *token) {
  static const char *const words[] = {"serial",  "serial2",   "serial4",
                                      "serial8", "bigserial", "smallserial"};
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (is_word(token, words[i])) return true;
  }
  return false;
}

int wow_ddl_check_is_serial(const char *type) {
  struct token first = next_token(&type), second = next_token(&type);
  return is_serial(&first) && second.kind == TOKEN_END;
}

/* Does the definition of a column begin after this token? */
static bool begins_column(const struct token *token) {
  return is_sign(token, '(') || is_sign(token, ',') || is_word(token, "add") ||
         is_word(token, "column") || is_word(token, "exists");
}

/* Is `name` in the list in parentheses that `sql` begins with? */
static bool is_listed(const char *sql, const struct token *name) {
  struct token token = next_token(&sql);
  while (token.kind != TOKEN_END && !is_sign(&token, ')')) {
    if (token.kind == TOKEN_WORD && token.bytes == name->bytes &&
        sqlite3_strnicmp(token.text, name->text, (int)name->bytes) == 0) {
      return true;
    }
    token = next_token(&sql);
  }
  return false;
}

/* Is the column a primary key, by what follows its type? Of the rest of its own definition PRIMARY
** KEY is enough, after that the key must name it. */
static bool is_key(const char *sql, const struct token *name) {
  bool is_own = true;
  int depth = 0;
  struct token before = {0}, token = next_token(&sql);
  for (; token.kind != TOKEN_END && !is_sign(&token, ';') && depth >= 0; token = next_token(&sql)) {
    if (is_word(&before, "primary") && is_word(&token, "key")) {
      const char *list = sql;
      struct token next = next_token(&list);
      if (is_sign(&next, '(') ? is_listed(list, name) : is_own) return true;
    }
    depth += is_sign(&token, '(') - is_sign(&token, ')');
    if (depth == 0 && is_sign(&token, ',')) is_own = false;
    before = token;
  }
  return false;
}

char *wow_ddl_check_serial_key(const char *sql) {
  struct token first = {0}, second = {0}, token = next_token(&sql);
  for (; token.kind != TOKEN_END; token = next_token(&sql)) {
    if (is_serial(&token) && second.kind == TOKEN_WORD && begins_column(&first) &&
        is_key(sql, &second)) {
      return sqlite3_mprintf("%.*s", (int)second.bytes, second.text);
    }
    first = second;
    second = token;
  }
  return NULL;
}
