/*
** What the server may do: the one table of which comparison means the same there, with the reasons,
** and the other questions of that kind. Does no I/O.
*/
#ifndef WOW_SHIPPABLE_H
#define WOW_SHIPPABLE_H

#include <stdbool.h>

#include "base/sqlite.h"
#include "types/op.h"
#include "types/type.h"

/* The order of text to expect of a server (the option `collation`). */
enum wow_collation {
  WOW_COLLATION_SERVER, /* ship text ranges and order; the server's collation decides */
  WOW_COLLATION_C,      /* ship; the server is known to order bytewise */
  WOW_COLLATION_BINARY  /* do not ship */
};

enum wow_ship {
  WOW_LOCAL,    /* not sent */
  WOW_SUPERSET, /* the server narrows, SQLite looks again */
  WOW_EXACT     /* SQLite does not look again */
};

/* A line of the table. */
struct wow_rule {
  enum wow_ship ship;
  const char *reason; /* why it is not exact, in words for a user; NULL where it is */
};

/*
** May `column op value` be sent, for a column of `type`? `value` is NULL where it is not known yet,
** as when a statement with a parameter or a join is planned. EXACT promises that whatever value
** comes, the server's rows together with wow_constant_init's verdict are exactly SQLite's rows.
*/
struct wow_rule wow_shippable_rule(const struct wow_type *type, enum wow_op op,
                                   enum wow_collation collation, sqlite3_value *value);

/* For a type that the server compares (wow_type_is_server_valued): does the server read this text
** as a value, without losing a part of it? It does so with everything that it writes. */
bool wow_shippable_is_server_value(const struct wow_type *type, const char *text, int bytes);

/* May ORDER BY a column of `type` be left to the server? NULL: yes; else the reason why not. */
const char *wow_shippable_order_reason(const struct wow_type *type, enum wow_collation collation);

/*
** Does the server alone decide ranges over this type? Then a number cannot be sent as the value to
** compare with: SQLite takes a literal number for its text, and one that comes from a column for a
** number, and it does not say which of them it is.
*/
bool wow_shippable_is_ordered_there(const struct wow_type *type, enum wow_op op,
                                    enum wow_collation collation);

/* Does the type have an order on the server at all, so that order= may name it? */
bool wow_shippable_has_order(const struct wow_type *type);
/* May rows be continued after a value of the type, by sending it back in a condition? */
bool wow_shippable_can_continue(const struct wow_type *type);
/* May the server group rows by the type? Values of one group there must look the same here. */
bool wow_shippable_can_group(const struct wow_type *type);
/* Are two values of the type equal on the server if and only if they have the same text? */
bool wow_shippable_has_one_text(const struct wow_type *type);

/* Does LIKE with this pattern imply `>=` (is_lower) or `<` of this bound, taken bytewise? SQLite
** adds such a range to a pattern that begins with letters: the lower bound in capitals, the upper
** one in small letters, with the last byte one higher. */
bool wow_shippable_like_implies(const char *pattern, bool is_lower, const char *bound, int bytes);

#endif
