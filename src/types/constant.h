/*
** What a comparison with a certain value amounts to, and how its constant is written for the
** server.
*/
#ifndef WOW_CONSTANT_H
#define WOW_CONSTANT_H

#include "base/sqlite.h"
#include "types/shippable.h"

enum wow_verdict {
  WOW_NEVER,   /* true for no row */
  WOW_ANY,     /* true for every row that is not NULL */
  WOW_ALWAYS,  /* true for every row */
  WOW_SEND,    /* `op` and `text` say it in the server's words */
  WOW_COMPARE, /* not in the server's words: compare each row here, wow_compare_holds */
  WOW_UNSENT   /* leave it to SQLite, which looks again */
};

struct wow_constant {
  enum wow_verdict verdict;
  enum wow_op op; /* may differ from what was asked: age < 18.5 is age <= 18 */
  char *text;     /* WOW_SEND: the constant as the server reads it, unquoted; sqlite3_free it */
  int text_bytes;
  char *upper;   /* of =, not NULL: the column is between `text` and this; sqlite3_free it */
  bool is_near;  /* what is sent, or WOW_ANY, narrows: each row is compared here besides */
  bool is_exact; /* for this very value the server's meaning is SQLite's: no second look needed */
};

/*
** What `column op value` amounts to for this value. SQLITE_OK, or SQLITE_NOMEM. Only for pairs
** whose rule is not LOCAL, and not for WOW_IN (ask for WOW_EQ for each element).
*/
int wow_constant_init(struct wow_constant *out, const struct wow_type *type, enum wow_op op,
                      enum wow_collation collation, sqlite3_value *value);

#endif
