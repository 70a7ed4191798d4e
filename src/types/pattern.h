/*
** Patterns of LIKE and GLOB in the server's words.
*/
#ifndef WOW_PATTERN_H
#define WOW_PATTERN_H

#include <stdbool.h>

#include "base/sqlite.h"
#include "types/op.h"

struct wow_pattern {
  enum wow_op op; /* WOW_LIKE or WOW_GLOB */
  const char *text;
  int bytes;
  bool is_padded;   /* the server takes off the blanks at the end of the column's values first */
  bool is_bytewise; /* the server's collation knows the case of ASCII letters only */
};

/*
** Appends a pattern that matches on the server whatever SQLite's matches, and perhaps more. Returns
** the operator that it is for: WOW_GLOB (a pattern of the server's like), WOW_LIKE (ilike) or
** WOW_REGEXP.
*/
enum wow_op wow_pattern_translate(sqlite3_str *out, const struct wow_pattern *pattern);

#endif
