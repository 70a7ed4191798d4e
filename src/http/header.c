/*
** Request headers, see header.h.
*/
#include "http/header.h"

#include <string.h>

#include "base/limits.h"
#include "base/sqlite.h"
#include "base/text.h"

/* ---------------------------------------------------------------- the door */

static bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c && strchr("!#$%&'*+-.^_`|~", c));
}

bool wow_header_is_name(const char *name) {
  for (const char *p = name; *p; p++) {
    if (!is_token_char(*p)) return false;
  }
  return *name != 0;
}

bool wow_header_is_value(const char *value) {
  return !wow_text_has_control(value);
}

/* Takes ownership of `line`; NULL counts as out of memory. */
static int add_line(struct wow_header_list *list, char *line, struct wow_error *err) {
  sqlite3_uint64 bytes = sizeof(*list->lines) * ((sqlite3_uint64)list->n + 1);
  char **lines = line ? sqlite3_realloc64(list->lines, bytes) : NULL;
  if (lines == NULL) {
    wow_secret_free(line);
    return wow_error_nomem(err);
  }
  list->lines = lines;
  lines[list->n++] = line;
  return SQLITE_OK;
}

int wow_header_add(struct wow_header_list *list, const char *name, const char *value,
                   struct wow_error *err) {
  if (!wow_header_is_name(name)) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "'%s', which has characters that names do not have, cannot be sent as a "
                         "header",
                         name);
  }
  if (!wow_header_is_value(value)) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "'%s', whose value has a line break or another control character, cannot "
                         "be sent as a header",
                         name);
  }
  /* curl takes a value of blanks for an empty one. */
  return add_line(list, sqlite3_mprintf(value[strspn(value, " ")] ? "%s: %s" : "%s;", name, value),
                  err);
}

int wow_header_add_line(struct wow_header_list *list, const char *line, struct wow_error *err) {
  return add_line(list, sqlite3_mprintf("%s", line), err);
}

void wow_header_reset(struct wow_header_list *list) {
  for (int i = 0; i < list->n; i++)
    wow_secret_free(list->lines[i]);
  sqlite3_free(list->lines);
  memset(list, 0, sizeof(*list));
}

/* ---------------------------------------------------------------- secrets */

/* Adds "user:password", which is encoded in base64, and the password. */
static void add_basic(struct wow_secrets *secrets, const char *encoded) {
  struct wow_secret_text pair = {0};
  wow_secret_append_base64(&pair, encoded);
  const char *colon = pair.text ? strchr(pair.text, ':') : NULL;
  if (pair.text) wow_secret_add(secrets, pair.text, strlen(pair.text));
  if (colon) wow_secret_add(secrets, colon + 1, strlen(colon + 1));
  wow_secret_reset_text(&pair);
}

/* Adds the values of `a=value; b="value", ...`: cookies, parameters of a scheme. */
static void add_parameters(struct wow_secrets *secrets, const char *text) {
  while (*text) {
    size_t bytes = strcspn(text, ";,");
    const char *value = memchr(text, '=', bytes), *end = text + bytes;
    if (value) {
      value++;
      while (value < end && (*value == '"' || *value == ' '))
        value++;
      while (end > value && (end[-1] == '"' || end[-1] == ' '))
        end--;
      wow_secret_add(secrets, value, (size_t)(end - value));
    }
    text += bytes + (text[bytes] != 0);
  }
}

/* Adds the signature of a JWT, which has three parts with dots between them. */
static void add_signature(struct wow_secrets *secrets, const char *text) {
  const char *first = strchr(text, '.'), *second = first ? strchr(first + 1, '.') : NULL;
  if (second && strchr(second + 1, '.') == NULL) {
    wow_secret_add(secrets, second + 1, strlen(second + 1));
  }
}

static bool is_open(const char *line, size_t name) {
  static const char *const names[] = {"Accept",          "Accept-Encoding", "Accept-Profile",
                                      "Content-Profile", "Content-Type",    "Expect",
                                      "Prefer"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (strlen(names[i]) == name && sqlite3_strnicmp(names[i], line, (int)name) == 0) return true;
  }
  return false;
}

static void add_value(struct wow_secrets *secrets, const char *value) {
  wow_secret_add(secrets, value, strlen(value));
  /* A scheme is a word before a blank: Bearer, Basic, Token (RFC 9110, 11.4). */
  size_t scheme = 0;
  while (is_token_char(value[scheme]))
    scheme++;
  const char *rest = value + scheme;
  if (*rest == ' ') {
    rest += strspn(rest, " ");
    wow_secret_add(secrets, rest, strlen(rest));
    if (scheme == 5 && sqlite3_strnicmp(value, "Basic", 5) == 0) add_basic(secrets, rest);
  } else {
    rest = value;
  }
  add_parameters(secrets, rest);
  add_signature(secrets, rest);
}

void wow_header_secrets(const struct wow_header_list *list, struct wow_secrets *secrets) {
  for (int i = 0; i < list->n; i++) {
    const char *line = list->lines[i];
    size_t name = strcspn(line, ":;");
    if (line[name] != ':' || is_open(line, name)) continue;
    const char *value = line + name + 1;
    add_value(secrets, value + strspn(value, " "));
  }
}
