/*
** PostgreSQL types as SQLite sees them: the value of a column, whether a comparison means the same
** on the server, and how a constant is written for it. The one table of shippability lives here.
** Knows nothing of URLs and cursors; does no I/O.
*/
#ifndef WOW_TYPES_H
#define WOW_TYPES_H

#include <stdbool.h>

#include "wire/rows.h"
#include "base/sqlite.h"

enum wow_family {
  WOW_INT, /* smallint, integer, bigint: see wow_type.int_bits */
  WOW_FLOAT8,
  WOW_FLOAT4,
  WOW_NUMERIC,
  WOW_BOOL,
  WOW_TEXT,   /* text, character varying, name */
  WOW_CHAR,   /* character(n): the server ignores trailing blanks */
  WOW_CITEXT, /* the server ignores case */
  WOW_ENUM,
  WOW_UUID,
  WOW_DATE,
  WOW_TIME,
  WOW_TIMESTAMP,
  WOW_TIMESTAMPTZ,
  WOW_BYTEA,
  WOW_JSONB,
  WOW_JSON,
  WOW_ARRAY,
  WOW_TSVECTOR,
  WOW_OTHER, /* text as the server writes it: interval, timetz, inet, ranges, ... */
  WOW_USER,  /* a type of the database's own, perhaps a composite */
  WOW_N_FAMILIES
};

struct wow_type {
  enum wow_family family;
  int int_bits;  /* WOW_INT: 16, 32 or 64 */
  char *name;    /* the PostgreSQL name, e.g. "character varying" */
  char **labels; /* WOW_ENUM: the labels known; may be none */
  int n_labels;
};

enum wow_op {
  WOW_EQ,
  WOW_NE,
  WOW_LT,
  WOW_LE,
  WOW_GT,
  WOW_GE,
  WOW_IS,     /* IS value: NULL equals NULL */
  WOW_IS_NOT, /* IS NOT value */
  WOW_IN,
  WOW_IS_NULL,
  WOW_NOT_NULL,
  WOW_LIKE,
  WOW_GLOB,
  WOW_REGEXP,
  WOW_MATCH,
  WOW_N_OPS
};

/* What order of text a server option says to expect (design: `collation`). */
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

/* A line of the table of shippability. */
struct wow_rule {
  enum wow_ship ship;
  const char *reason; /* why it is not exact, in words for a user; NULL where it is */
};

/* What is known of the right-hand side when a statement is planned. */
enum wow_rhs {
  WOW_RHS_UNKNOWN, /* a parameter, a column, a sub-query */
  WOW_RHS_NULL,
  WOW_RHS_NUMBER,
  WOW_RHS_TEXT,
  WOW_RHS_BLOB
};

/* Fills `type` from a PostgreSQL type name as format_type() writes it, or `enum('a','b')`.
** SQLITE_OK or SQLITE_NOMEM. Unknown names are WOW_OTHER. */
int wow_type_init(struct wow_type *type, const char *name);
/* Adds a label to an enum (and makes the type one). SQLITE_OK or SQLITE_NOMEM. */
int wow_type_add_label(struct wow_type *type, const char *label, int bytes);
int wow_type_copy(struct wow_type *to, const struct wow_type *from);
void wow_type_reset(struct wow_type *type);

/* The type to declare to SQLite for a column: the PostgreSQL name where SQLite derives the right
** affinity from it, otherwise SQLite's name. Static or owned by `type`. */
const char *wow_type_declared(const struct wow_type *type);

const char *wow_family_name(enum wow_family family);
const char *wow_op_name(enum wow_op op); /* as in SQL: "=", "<>", "IS NOT", ... */

/*
** May `column op rhs` be sent, for a column of `type` and a right-hand side of which `rhs` and, if
** it is a literal, `literal` (else NULL) is known? EXACT promises that whatever value comes, the
** server's rows together with wow_constant's verdict are exactly SQLite's rows.
*/
struct wow_rule wow_types_rule(const struct wow_type *type, enum wow_op op,
                               enum wow_collation collation, sqlite3_value *literal);

/* May ORDER BY a column of `type` be left to the server? NULL: yes; else the reason why not. */
const char *wow_types_order_reason(const struct wow_type *type, enum wow_collation collation);

/* What a comparison with a certain value comes to. */
enum wow_verdict {
  WOW_NEVER,   /* true for no row */
  WOW_ANY,     /* true for every row that is not NULL */
  WOW_ALWAYS,  /* true for every row */
  WOW_SEND,    /* `op` and `text` say it in the server's words */
  WOW_COMPARE, /* not in the server's words: compare each row here, wow_types_compare */
  WOW_UNSENT   /* leave it to SQLite, which looks again */
};

struct wow_constant {
  enum wow_verdict verdict;
  enum wow_op op; /* may differ from what was asked: age < 18.5 is age <= 18 */
  char *text;     /* WOW_SEND: the constant as the server reads it, unquoted; sqlite3_free it */
  int text_bytes;
};

/*
** What `column op value` comes to for this value. SQLITE_OK, or SQLITE_NOMEM. Only for pairs whose
** rule is not LOCAL, and not for WOW_IN (ask for WOW_EQ for each element).
*/
int wow_types_constant(const struct wow_type *type, enum wow_op op, enum wow_collation collation,
                       sqlite3_value *value, struct wow_constant *out);

/*
** Is a range over this type the server's to decide alone? Then a number is no value to compare with
** that could be sent: SQLite takes one that stands there as itself for its text, and one that comes
** from a column for a number, and it does not say which of them it is.
*/
bool wow_types_is_ordered_there(const struct wow_type *type, enum wow_op op,
                                enum wow_collation collation);

/* `json op number` for such a type, if it comes to the same whatever the number is taken for. */
enum wow_agreement { WOW_FALSE, WOW_TRUE, WOW_AMBIGUOUS };
enum wow_agreement wow_types_compare_number(enum wow_op op, const struct wow_json_value *json,
                                            sqlite3_value *number);

/* May rows be continued behind a value of the type, by sending it back in a condition? */
bool wow_types_can_continue(const struct wow_type *type);

/* Does LIKE with this pattern imply `>=` (is_lower) or `<` of this bound, taken bytewise? SQLite
** adds such a range to a pattern that begins with letters: the lower bound in capitals, the upper
** one in small letters, with the last byte one higher. */
bool wow_types_like_implies(const char *pattern, bool is_lower, const char *bound, int bytes);

/* May the server group rows by the type? Values that are one group there must look the same here.
 */
bool wow_types_can_group(const struct wow_type *type);

/* Do two values of the type equal each other on the server just if they have the same text? */
bool wow_types_has_one_text(const struct wow_type *type);

/* `json op value` as SQLite would say it for text and blobs (the cases of WOW_COMPARE). */
bool wow_types_compare(const struct wow_type *type, enum wow_op op,
                       const struct wow_json_value *json, sqlite3_value *value);

/* Gives SQLite the value of a column. Errors go into the context. */
void wow_types_result(sqlite3_context *ctx, const struct wow_type *type,
                      const struct wow_json_value *json);

/* The value as a 64-bit integer, if it is one that fits. */
bool wow_types_int64(const struct wow_json_value *json, sqlite3_int64 *out);

#endif
