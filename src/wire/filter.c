/*
** Raw parameters, see filter.h. What belongs to the scan is refused here; a parameter whose name is
** a column's is the server's to understand.
*/
#include "wire/filter.h"

#include <string.h>

#include "base/text.h"

/* Is this the name of a parameter that belongs to the scan? Letters may be percent-encoded: the
** server decodes names, too. */
static bool is_scan_parameter(const char *name, size_t bytes) {
  static const char *const names[] = {"select",  "order",       "limit", "offset",
                                      "columns", "on_conflict", NULL};
  char plain[16];
  size_t n = 0;
  for (size_t i = 0; i < bytes && n < sizeof(plain) - 1; n++) {
    int high = name[i] == '%' && i + 2 < bytes ? wow_text_hex_digit(name[i + 1]) : -1;
    int low = high >= 0 ? wow_text_hex_digit(name[i + 2]) : -1;
    plain[n] = low >= 0 ? (char)(high << 4 | low) : name[i];
    i += low >= 0 ? 3 : 1;
  }
  plain[n] = 0;
  for (int i = 0; names[i]; i++) {
    if (strcmp(names[i], plain) == 0) return true;
  }
  return false;
}

/* What is wrong with the parameter of `bytes` bytes at `text`; NULL: nothing. */
static const char *check(const char *text, const char *equals, size_t bytes) {
  static const char form[] = "each parameter has the form column=operator.value";
  if (equals == NULL || equals == text) return form;
  if (is_scan_parameter(text, (size_t)(equals - text))) {
    return "select, order, limit, offset, columns and on_conflict are made from the SQL "
           "statement; to write them yourself use wowsql_rows('users?select=...')";
  }
  return equals == text + bytes - 1 ? form : NULL;
}

int wow_filter_parse(struct wow_where *where, const char *text, const char **wrong) {
  if (*text == '?' || *text == '&') text++;
  while (*text) {
    size_t bytes = strcspn(text, "&");
    const char *equals = memchr(text, '=', bytes);
    *wrong = check(text, equals, bytes);
    if (*wrong) return SQLITE_ERROR;
    struct wow_condition parameter = {.kind = WOW_CONDITION_PARAMETER,
                                      .name = text,
                                      .name_bytes = (int)(equals - text),
                                      .text = equals + 1,
                                      .bytes = (int)(text + bytes - equals - 1)};
    if (wow_condition_add(where, &parameter) != SQLITE_OK) return SQLITE_NOMEM;
    text += bytes;
    if (*text == '&') text++;
  }
  return SQLITE_OK;
}
