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

/* ---------------------------------------------------------------- memory */

void wow_secret_clear(void *memory, size_t bytes) {
  volatile char *p = memory;
  while (bytes > 0)
    p[--bytes] = 0;
}

void wow_secret_free(void *text) {
  if (text) wow_secret_clear(text, strlen(text));
  sqlite3_free(text);
}

static bool make_room(struct wow_secret_text *secret, size_t bytes) {
  if (secret->rc != SQLITE_OK) return false;
  if (secret->room - secret->bytes > bytes) return true;
  size_t room = 2 * (secret->bytes + bytes) + 1;
  char *text = sqlite3_malloc64(room);
  if (text == NULL) {
    secret->rc = SQLITE_NOMEM;
    return false;
  }
  if (secret->bytes > 0) memcpy(text, secret->text, secret->bytes);
  if (secret->text) wow_secret_clear(secret->text, secret->bytes);
  sqlite3_free(secret->text);
  secret->text = text;
  secret->room = room;
  return true;
}

void wow_secret_append(struct wow_secret_text *secret, const char *text, size_t bytes) {
  if (!make_room(secret, bytes)) return;
  memcpy(secret->text + secret->bytes, text, bytes);
  secret->bytes += bytes;
  secret->text[secret->bytes] = 0;
}

/* Appends a character as it is inside a JSON string. */
static void append_in_json(struct wow_secret_text *secret, char c) {
  static const char hex[] = "0123456789abcdef";
  char code[] = {'\\', 'u', '0', '0', hex[(unsigned char)c >> 4], hex[c & 15]};
  char escape[] = {'\\', wow_text_json_escape(c)};
  if (escape[1])
    wow_secret_append(secret, escape, sizeof(escape));
  else if ((unsigned char)c < 0x20)
    wow_secret_append(secret, code, sizeof(code));
  else
    wow_secret_append(secret, &c, 1);
}

void wow_secret_append_json(struct wow_secret_text *secret, const char *text) {
  wow_secret_append(secret, "\"", 1);
  for (; *text; text++)
    append_in_json(secret, *text);
  wow_secret_append(secret, "\"", 1);
}

static int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

void wow_secret_append_base64(struct wow_secret_text *secret, const char *encoded) {
  unsigned bits = 0;
  int n_bits = 0, digit;
  for (; (digit = base64_digit(*encoded)) >= 0; encoded++) {
    bits = (bits << 6 | (unsigned)digit) & 0xffff;
    n_bits += 6;
    if (n_bits < 8) continue;
    n_bits -= 8;
    char c = (char)(bits >> n_bits & 0xff);
    wow_secret_append(secret, &c, 1);
  }
}

void wow_secret_reset_text(struct wow_secret_text *secret) {
  if (secret->text) wow_secret_clear(secret->text, secret->bytes);
  sqlite3_free(secret->text);
  memset(secret, 0, sizeof(*secret));
}

/* ---------------------------------------------------------------- redaction */

/* Takes ownership of the text. */
static void add_form(struct wow_secrets *secrets, struct wow_secret_text *form) {
  bool is_new = form->text != NULL;
  for (int i = 0; is_new && i < secrets->n; i++)
    is_new = strcmp(secrets->texts[i], form->text) != 0;
  char **texts = NULL;
  if (is_new) {
    sqlite3_uint64 n = (sqlite3_uint64)secrets->n + 1;
    texts = sqlite3_realloc64(secrets->texts, sizeof(*texts) * n);
  }
  if (form->rc != SQLITE_OK || (is_new && texts == NULL)) secrets->rc = SQLITE_NOMEM;
  if (texts) {
    secrets->texts = texts;
    texts[secrets->n++] = form->text;
    form->text = NULL;
  }
  wow_secret_reset_text(form);
}

/* As it is inside a JSON string. Some printers escape the slash, too. */
static void add_in_json(struct wow_secrets *secrets, const char *text, size_t bytes,
                        bool with_slash) {
  struct wow_secret_text form = {0};
  for (size_t i = 0; i < bytes; i++) {
    if (text[i] == '/' && with_slash) wow_secret_append(&form, "\\", 1);
    append_in_json(&form, text[i]);
  }
  add_form(secrets, &form);
}

/* As it is in a URL. */
static void add_in_url(struct wow_secrets *secrets, const char *text, size_t bytes) {
  static const char hex[] = "0123456789ABCDEF";
  struct wow_secret_text form = {0};
  for (size_t i = 0; i < bytes; i++) {
    char c = text[i];
    char code[] = {'%', hex[(unsigned char)c >> 4], hex[c & 15]};
    bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    strchr("-._~", c);
    if (is_plain)
      wow_secret_append(&form, &c, 1);
    else
      wow_secret_append(&form, code, sizeof(code));
  }
  add_form(secrets, &form);
}

void wow_secret_add(struct wow_secrets *secrets, const char *text, size_t bytes) {
  struct wow_secret_text form = {0};
  if (bytes < WOW_MIN_SECRET_BYTES) return;
  wow_secret_append(&form, text, bytes);
  add_form(secrets, &form);
  add_in_json(secrets, text, bytes, false);
  add_in_json(secrets, text, bytes, true);
  add_in_url(secrets, text, bytes);
}

void wow_secret_add_all(struct wow_secrets *secrets, const struct wow_secrets *others) {
  for (int i = 0; i < others->n; i++)
    wow_secret_add(secrets, others->texts[i], strlen(others->texts[i]));
  if (others->rc != SQLITE_OK) secrets->rc = others->rc;
}

void wow_secret_reset(struct wow_secrets *secrets) {
  for (int i = 0; i < secrets->n; i++)
    wow_secret_free(secrets->texts[i]);
  sqlite3_free(secrets->texts);
  memset(secrets, 0, sizeof(*secrets));
}

static bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The characters of base64url (RFC 4648) that a text begins with. */
static size_t base64url_length(const char *text) {
  size_t n = 0;
  while (is_word(text[n]) || text[n] == '-' || text[n] == '_')
    n++;
  return n;
}

/* How long a key or a token is that a text begins with, going by its form; 0: it is not one. */
static size_t key_length(const char *text) {
  static const char *const prefixes[] = {"wowsql_anon_", "wowsql_service_", "sb_secret_",
                                         "sb_publishable_"};
  for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
    size_t from = strlen(prefixes[i]), n = from;
    if (strncmp(text, prefixes[i], from) != 0) continue;
    while (is_word(text[n]))
      n++;
    if (n - from >= WOW_MIN_KEY_BYTES) return n;
  }
  /* A JWT: three parts (RFC 7519), the first of which is a JSON object. */
  if (strncmp(text, "eyJ", 3) != 0) return 0;
  size_t n = 0;
  for (int part = 0; part < 3; part++) {
    size_t bytes = base64url_length(text + n);
    if (bytes < WOW_MIN_KEY_BYTES || (part < 2 && text[n + bytes] != '.')) return 0;
    n += bytes + (part < 2);
  }
  return n;
}

/* The bytes of the longest secret or key that begins at a place of a text; 0: none does. A key is
** not a part of a longer word, unless that was taken for a secret, up to `after`. */
static size_t secret_bytes(const struct wow_secrets *secrets, const char *text, const char *at,
                           const char *after) {
  bool is_in_word = at > text && at != after && is_word(at[-1]);
  size_t longest = is_in_word ? 0 : key_length(at);
  for (int i = 0; i < secrets->n; i++) {
    if (*at != secrets->texts[i][0]) continue;
    size_t bytes = strlen(secrets->texts[i]);
    if (bytes > longest && strncmp(at, secrets->texts[i], bytes) == 0) longest = bytes;
  }
  return longest;
}

/* Where the secrets end that begin here or within each other. */
static const char *end_of_secrets(const struct wow_secrets *secrets, const char *text,
                                  const char *from, const char *after) {
  const char *end = from;
  for (const char *at = from; at == from || at < end; at++) {
    size_t bytes = secret_bytes(secrets, text, at, after);
    if (at + bytes > end) end = at + bytes;
  }
  return end;
}

/* Secrets that overlap, or contain each other, become one mark: of none of them a part stays. */
void wow_secret_redact(const struct wow_secrets *secrets, char *text) {
  if (text == NULL) return;
  char *to = text;
  const char *from = text, *after = text;
  while (*from) {
    const char *end = end_of_secrets(secrets, text, from, after);
    if (end == from) {
      *to++ = *from++;
      continue;
    }
    memcpy(to, MARK, strlen(MARK));
    to += strlen(MARK);
    from = after = end;
  }
  wow_secret_clear(to, (size_t)(from - to));
  *to = 0;
}
