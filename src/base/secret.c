/*
** Secrets in texts, see secret.h.
*/
#include "base/secret.h"

#include <stdbool.h>
#include <string.h>

#include "base/limits.h"
#include "base/sqlite.h"
#include "base/text.h"

#define MARK "***"

/* Takes ownership of `text`; NULL counts as out of memory. */
static void add_form(struct wow_secrets *secrets, char *text) {
  char **texts = NULL;
  for (int i = 0; text && i < secrets->n; i++) {
    if (strcmp(secrets->texts[i], text) != 0) continue;
    sqlite3_free(text);
    return;
  }
  if (text) {
    sqlite3_uint64 n = (sqlite3_uint64)secrets->n + 1;
    texts = sqlite3_realloc64(secrets->texts, sizeof(*texts) * n);
  }
  if (texts == NULL) {
    sqlite3_free(text);
    secrets->rc = SQLITE_NOMEM;
    return;
  }
  secrets->texts = texts;
  texts[secrets->n++] = text;
}

/* As it is inside a JSON string. Some printers escape the slash, too. */
static char *in_json(const char *text, bool with_slash) {
  sqlite3_str *quoted = sqlite3_str_new(NULL), *str = sqlite3_str_new(NULL);
  wow_text_append_json(quoted, text, strlen(text));
  const char *from = sqlite3_str_value(quoted);
  int bytes = sqlite3_str_length(quoted);
  for (int i = 1; i < bytes - 1; i++) {
    if (from[i] == '/' && with_slash) sqlite3_str_appendchar(str, 1, '\\');
    sqlite3_str_appendchar(str, 1, from[i]);
  }
  sqlite3_free(sqlite3_str_finish(quoted));
  return sqlite3_str_finish(str);
}

/* As it is in a URL. */
static char *in_url(const char *text) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (; *text; text++) {
    bool is_plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                    (*text >= '0' && *text <= '9') || strchr("-._~", *text);
    if (is_plain)
      sqlite3_str_appendchar(str, 1, *text);
    else
      sqlite3_str_appendf(str, "%%%02X", (unsigned char)*text);
  }
  return sqlite3_str_finish(str);
}

void wow_secret_add(struct wow_secrets *secrets, const char *text, size_t bytes) {
  if (bytes < WOW_MIN_SECRET_BYTES) return;
  char *copy = sqlite3_mprintf("%.*s", (int)bytes, text);
  char *json = copy ? in_json(copy, false) : NULL;
  char *slashes = copy ? in_json(copy, true) : NULL;
  char *url = copy ? in_url(copy) : NULL;
  add_form(secrets, copy);
  add_form(secrets, json);
  add_form(secrets, slashes);
  add_form(secrets, url);
}

void wow_secret_reset(struct wow_secrets *secrets) {
  for (int i = 0; i < secrets->n; i++)
    sqlite3_free(secrets->texts[i]);
  sqlite3_free(secrets->texts);
  memset(secrets, 0, sizeof(*secrets));
}

void wow_secret_redact(const struct wow_secrets *secrets, char *text) {
  for (int i = 0; text && i < secrets->n; i++) {
    const char *secret = secrets->texts[i];
    size_t bytes = strlen(secret);
    for (char *at = strstr(text, secret); at; at = strstr(at, secret)) {
      memcpy(at, MARK, strlen(MARK));
      at += strlen(MARK);
      const char *rest = at + bytes - strlen(MARK);
      memmove(at, rest, strlen(rest) + 1);
    }
  }
}
