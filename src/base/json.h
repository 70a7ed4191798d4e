/* A value of a JSON document, as the row decoder hands it to whoever knows its type. */
#ifndef WOW_JSON_H
#define WOW_JSON_H

#include <stddef.h>

/* The subtype of text by which SQLite's JSON functions recognise JSON (json1.html). */
#define WOW_JSON_SUBTYPE 'J'

enum wow_json_kind {
  WOW_JSON_NULL = 0, /* also: the member is absent */
  WOW_JSON_FALSE,
  WOW_JSON_TRUE,
  WOW_JSON_NUMBER, /* text: the number as written */
  WOW_JSON_STRING, /* text: unescaped, UTF-8 */
  WOW_JSON_NESTED  /* text: the object or array as written */
};

/* One value of the current row. `text` is not NUL-terminated. */
struct wow_json_value {
  enum wow_json_kind kind;
  const char *text;
  size_t bytes;
};

#endif
