/*
** PostgREST's query string (facts about its grammar are beside the rules they lead to). Knows
** nothing of HTTP and cursors.
*/
#include "wire/deparse.h"

#include <stdlib.h>
#include <string.h>

static bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_unreserved(char c) {
  return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void append_encoded(sqlite3_str *str, char c) {
  if (is_unreserved(c))
    sqlite3_str_appendchar(str, 1, c);
  else
    sqlite3_str_appendf(str, "%%%02X", (unsigned char)c);
}

void wow_deparse_bytes(sqlite3_str *str, const char *text, int bytes) {
  int from = 0;
  for (int i = 0; i < bytes; i++) {
    if (is_unreserved(text[i])) continue;
    sqlite3_str_append(str, text + from, i - from);
    append_encoded(str, text[i]);
    from = i + 1;
  }
  sqlite3_str_append(str, text + from, bytes - from);
}

sqlite3_int64 wow_deparse_bytes_length(const char *text, int bytes) {
  sqlite3_int64 n = 0;
  for (int i = 0; i < bytes; i++)
    n += is_unreserved(text[i]) ? 1 : 3;
  return n;
}

void wow_deparse_path(sqlite3_str *str, const char *name) {
  wow_deparse_bytes(str, name, (int)strlen(name));
}

/* Quoting is always legal; a bare name keeps the request readable. As a bare parameter these words
** would mean something else, and so would a name that ends in a dot and one of them. */
static bool is_bare_name(const char *name) {
  static const char *const reserved[] = {"select", "order", "limit",       "offset", "columns",
                                         "and",    "or",    "on_conflict", "not",    NULL};
  if (*name == 0 || (*name >= '0' && *name <= '9')) return false;
  for (const char *p = name; *p; p++) {
    if (!is_alnum(*p) && *p != '_') return false;
  }
  for (int i = 0; reserved[i]; i++) {
    if (strcmp(name, reserved[i]) == 0) return false;
  }
  return true;
}

void wow_deparse_plain_name(sqlite3_str *str, const char *name) {
  if (is_bare_name(name)) {
    sqlite3_str_appendall(str, name);
    return;
  }
  sqlite3_str_appendchar(str, 1, '"');
  for (const char *p = name; *p; p++) {
    if (*p == '"' || *p == '\\') sqlite3_str_appendchar(str, 1, '\\');
    sqlite3_str_appendchar(str, 1, *p);
  }
  sqlite3_str_appendchar(str, 1, '"');
}

/* Text in PostgREST's double quotes, encoded. */
static void append_quoted(sqlite3_str *str, const char *text, int bytes) {
  sqlite3_str_appendall(str, "%22");
  for (int i = 0; i < bytes; i++) {
    if (text[i] == '"' || text[i] == '\\') sqlite3_str_appendall(str, "%5C");
    append_encoded(str, text[i]);
  }
  sqlite3_str_appendall(str, "%22");
}

void wow_deparse_name(sqlite3_str *str, const char *name) {
  if (is_bare_name(name))
    sqlite3_str_appendall(str, name);
  else
    append_quoted(str, name, (int)strlen(name));
}

static const char *op_word(enum wow_op op) {
  switch (op) {
  case WOW_EQ:
  case WOW_IS: return "eq";
  case WOW_NE: return "neq";
  case WOW_LT: return "lt";
  case WOW_LE: return "lte";
  case WOW_GT: return "gt";
  case WOW_GE: return "gte";
  case WOW_IS_NULL: return "is.null";
  case WOW_NOT_NULL: return "not.is.null";
  case WOW_LIKE: return "ilike"; /* SQLite's LIKE ignores the case of ASCII letters */
  case WOW_GLOB: return "like";
  case WOW_REGEXP: return "match";
  case WOW_MATCH: return "wfts";
  default: return "in";
  }
}

/* A value inside parentheses. Letters, digits and a few signs need no quotes, all else gets them;
** empty text must have them in a list. */
static bool is_bare_element(const char *text, int bytes) {
  for (int i = 0; i < bytes; i++) {
    if (!is_unreserved(text[i])) return false;
  }
  return bytes > 0;
}

void wow_deparse_element(sqlite3_str *str, const char *text, int bytes) {
  if (is_bare_element(text, bytes))
    sqlite3_str_append(str, text, bytes);
  else
    append_quoted(str, text, bytes);
}

sqlite3_int64 wow_deparse_element_length(const char *text, int bytes) {
  if (is_bare_element(text, bytes)) return bytes;
  sqlite3_int64 n = 6;
  for (int i = 0; i < bytes; i++) {
    n += is_unreserved(text[i]) ? 1 : text[i] == '"' || text[i] == '\\' ? 6 : 3;
  }
  return n;
}

void wow_deparse_inner_filter(sqlite3_str *str, const char *column, enum wow_op op,
                              const char *text, int bytes) {
  wow_deparse_name(str, column);
  sqlite3_str_appendf(str, ".%s", op_word(op));
  if (text == NULL) return;
  sqlite3_str_appendchar(str, 1, '.');
  wow_deparse_element(str, text, bytes);
}

/* "=gte.18" */
static void append_condition(sqlite3_str *str, enum wow_op op, const char *text, int bytes) {
  sqlite3_str_appendf(str, "=%s", op_word(op));
  if (text == NULL) return;
  /* At the top level everything behind the dot is the value, quotes included. */
  sqlite3_str_appendchar(str, 1, '.');
  wow_deparse_bytes(str, text, bytes);
}

void wow_deparse_filter(sqlite3_str *str, const char *column, enum wow_op op, const char *text,
                        int bytes) {
  if (op == WOW_IS_NOT) {
    /* "isdistinct" would say it in one word, but older servers lack it. */
    sqlite3_str_appendall(str, "&or=(");
    wow_deparse_inner_filter(str, column, WOW_NE, text, bytes);
    sqlite3_str_appendall(str, ",");
    wow_deparse_inner_filter(str, column, WOW_IS_NULL, NULL, 0);
    sqlite3_str_appendall(str, ")");
    return;
  }
  sqlite3_str_appendchar(str, 1, '&');
  wow_deparse_name(str, column);
  append_condition(str, op, text, bytes);
}

void wow_deparse_column_key(sqlite3_str *str, const struct wow_column *column) {
  if (column->embed) {
    char *target = sqlite3_mprintf("%.*s", (int)strcspn(column->embed, "!"), column->embed);
    wow_deparse_name(str, target ? target : column->embed);
    sqlite3_str_appendchar(str, 1, '.');
    sqlite3_free(target);
  }
  wow_deparse_name(str, column->embed ? column->embed_column : column->name);
}

void wow_deparse_column_filter(sqlite3_str *str, const struct wow_column *column, enum wow_op op,
                               const char *text, int bytes) {
  if (column->embed == NULL) {
    wow_deparse_filter(str, column->name, op, text, bytes);
    return;
  }
  sqlite3_str_appendchar(str, 1, '&');
  wow_deparse_column_key(str, column);
  append_condition(str, op, text, bytes);
}

const char *wow_deparse_direction(bool descending, bool not_null) {
  if (not_null) return descending ? ".desc" : ".asc";
  return descending ? ".desc.nullslast" : ".asc.nullsfirst";
}

void wow_deparse_order(sqlite3_str *str, const char *column, bool descending, bool not_null) {
  wow_deparse_name(str, column);
  sqlite3_str_appendall(str, wow_deparse_direction(descending, not_null));
}

static bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Is it the name of a parameter that belongs to the scan, also with letters percent-encoded? The
** server decodes names, too. */
static bool is_scan_parameter(const char *name, size_t bytes) {
  static const char *const names[] = {"select",  "order",       "limit", "offset",
                                      "columns", "on_conflict", NULL};
  char plain[16];
  size_t n = 0;
  for (size_t i = 0; i < bytes && n < sizeof(plain) - 1; n++) {
    bool escaped = name[i] == '%' && i + 2 < bytes && is_hex(name[i + 1]) && is_hex(name[i + 2]);
    char digits[3] = {escaped ? name[i + 1] : 0, escaped ? name[i + 2] : 0, 0};
    plain[n] = escaped ? (char)strtol(digits, NULL, 16) : name[i];
    i += escaped ? 3 : 1;
  }
  plain[n] = 0;
  for (int i = 0; names[i]; i++) {
    if (strcmp(names[i], plain) == 0) return true;
  }
  return false;
}

/* Text of a user that is partly URL syntax: signs with a meaning and escapes stay, all else is
** encoded. A plus sign is meant as one: in a URL it would be a blank. */
static void append_user_text(sqlite3_str *str, const char *text, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    bool escaped = text[i] == '%' && i + 2 < bytes && is_hex(text[i + 1]) && is_hex(text[i + 2]);
    if (escaped || strchr("=(),.:*!&?/", text[i]))
      sqlite3_str_append(str, text + i, 1);
    else
      append_encoded(str, text[i]);
  }
}

void wow_deparse_user_path(sqlite3_str *str, const char *path) {
  if (*path != '/') sqlite3_str_appendchar(str, 1, '/');
  append_user_text(str, path, strlen(path));
}

const char *wow_deparse_parameters(sqlite3_str *str, const char *text) {
  if (*text == '?' || *text == '&') text++;
  while (*text) {
    size_t bytes = strcspn(text, "&");
    const char *equals = memchr(text, '=', bytes);
    if (equals == NULL || equals == text) {
      return "each parameter has the form column=operator.value";
    }
    if (is_scan_parameter(text, (size_t)(equals - text))) {
      return "select, order, limit, offset, columns and on_conflict are made from the SQL "
             "statement; to say them yourself use wowsql_rows('users?select=...')";
    }
    if (equals == text + bytes - 1) return "each parameter has the form column=operator.value";
    sqlite3_str_appendchar(str, 1, '&');
    append_user_text(str, text, bytes);
    text += bytes;
    if (*text == '&') text++;
  }
  return NULL;
}
