/*
** Reading SET, see set_clause.h. The statement has been prepared, so that its syntax is right; what
** is between the names is skipped token by token.
*/
#include "write/set_clause.h"

#include <string.h>

#include "base/sqlite.h"

/* One token; of a quoted name, what is between the quotes. */
struct token {
  const char *text; /* not terminated */
  int bytes;        /* 0: the end */
  char quote;       /* its opening quote; 0: none */
};

static bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || (unsigned char)c >= 0x80;
}

static const char *skip_blanks(const char *p) {
  for (;;) {
    if (*p == ' ' || (*p >= '\t' && *p <= '\r')) {
      p++;
    } else if (p[0] == '-' && p[1] == '-') {
      p += strcspn(p, "\n");
    } else if (p[0] == '/' && p[1] == '*') {
      const char *end = strstr(p + 2, "*/");
      p = end ? end + 2 : p + strlen(p);
    } else {
      return p;
    }
  }
}

static struct token next(const char **p) {
  struct token token = {skip_blanks(*p), 0, 0};
  const char *q = token.text;
  if (*q && strchr("'\"`[", *q)) {
    char close = *q == '[' ? ']' : *q;
    token.quote = *q;
    token.text = ++q;
    while (*q && (*q != close || (q[1] == close && close != ']')))
      q += *q == close ? 2 : 1;
    token.bytes = (int)(q - token.text);
    *p = *q ? q + 1 : q;
    return token;
  }
  while (is_name_char(*q))
    q++;
  if (q == token.text && *q) q++;
  token.bytes = (int)(q - token.text);
  *p = q;
  return token;
}

static bool is_end(const struct token *token) {
  return token->bytes == 0 && token->quote == 0;
}

static bool is_word(const struct token *token, const char *word) {
  return token->quote == 0 && token->bytes == (int)strlen(word) &&
         sqlite3_strnicmp(token->text, word, token->bytes) == 0;
}

/* Is it this name, quoted or not? */
static bool is_name(const struct token *token, const char *name) {
  const char *p = token->text, *end = p + token->bytes;
  if (token->quote == '\'') return false;
  for (; p < end && *name; p++, name++) {
    if (sqlite3_strnicmp(p, name, 1) != 0) return false;
    if (*p == token->quote && p + 1 < end) p++; /* doubled */
  }
  return p == end && *name == 0;
}

/* Moves past parentheses whose first one has been read. */
static void skip_parentheses(const char **p) {
  for (int depth = 1; depth > 0;) {
    struct token token = next(p);
    if (is_end(&token)) return;
    depth += is_word(&token, "(") ? 1 : is_word(&token, ")") ? -1 : 0;
  }
}

/* Moves past the next of the words, outside parentheses. The token; the end: there is none. */
static struct token skip_to(const char **p, const char *const *words) {
  struct token before = {0};
  for (;;) {
    struct token token = next(p);
    bool is_operator = is_word(&before, "distinct"); /* IS DISTINCT FROM */
    if (is_end(&token)) return token;
    for (int i = 0; words[i]; i++) {
      if (is_word(&token, words[i]) && !is_operator) return token;
    }
    if (is_word(&token, "(")) skip_parentheses(p);
    before = token;
  }
}

static void mark(const struct token *token, char *const *names, int n, bool *is_set) {
  for (int i = 0; i < n; i++)
    is_set[i] = is_set[i] || is_name(token, names[i]);
}

/* Reads the names before an equals sign: one, or several in parentheses. */
static void read_names(const char **p, char *const *names, int n, bool *is_set) {
  struct token token = next(p);
  if (!is_word(&token, "(")) {
    mark(&token, names, n, is_set);
    return;
  }
  do {
    token = next(p);
    mark(&token, names, n, is_set);
    token = next(p);
  } while (is_word(&token, ","));
}

bool wow_set_clause_read(const char *sql, const char *table, char *const *names, int n,
                         bool *is_set) {
  static const char *const update[] = {"update", NULL};
  static const char *const after[] = {",",     "from",  "where", "returning",
                                      "order", "limit", ";",     NULL};
  const char *p = sql;
  memset(is_set, 0, sizeof(bool) * (size_t)n);
  struct token token = skip_to(&p, update);
  if (is_end(&token)) return false;
  bool is_this = false;
  for (token = next(&p); !is_end(&token) && !is_word(&token, "set"); token = next(&p))
    is_this = is_this || is_name(&token, table);
  if (!is_this || is_end(&token)) return false;
  do {
    read_names(&p, names, n, is_set);
    token = skip_to(&p, after);
  } while (is_word(&token, ","));
  return true;
}
