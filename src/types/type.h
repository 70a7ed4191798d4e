/*
** PostgreSQL types by name, and what they are to SQLite.
*/
#ifndef WOW_TYPE_H
#define WOW_TYPE_H

#include <stdbool.h>

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

/* The PostgreSQL type that a server's description means: its `format`, which may be a name of
** OpenAPI's; where that is not known, what its JSON `type` (NULL: none) says. Static, or `format`. */
const char *wow_type_described(const char *format, const char *json_type);

/* Fills `type` from a PostgreSQL type name as format_type() writes it, or a name of OpenAPI's
** (int32). An unknown name is WOW_USER; what makes it an enum are its labels. SQLITE_OK or
** SQLITE_NOMEM. */
int wow_type_init(struct wow_type *type, const char *name);
/* Adds a label to an enum (and makes the type one). SQLITE_OK or SQLITE_NOMEM. */
int wow_type_add_label(struct wow_type *type, const char *label, int bytes);
/* Is this text one of the labels known for an enum? */
bool wow_type_has_label(const struct wow_type *type, const char *text, int bytes);
int wow_type_copy(struct wow_type *to, const struct wow_type *from);
void wow_type_reset(struct wow_type *type);

/* The type to declare to SQLite for a column: the PostgreSQL name where SQLite derives the right
** affinity from it, otherwise SQLite's name. Static or owned by `type`. */
const char *wow_type_declared(const struct wow_type *type);

/* A number on both sides: integers, reals, numeric. */
bool wow_type_is_number(const struct wow_type *type);
/* Does the decoder's JSON number or word become a number here? Numbers, and booleans as 0 and 1. */
bool wow_type_is_numeric_here(const struct wow_type *type);
/* Compared by the server, as a value, although SQLite sees its text: uuid, dates and times (a
** declared exception). */
bool wow_type_is_server_valued(const struct wow_type *type);
/* Does it contain a date? A time of day does not. */
bool wow_type_has_date(const struct wow_type *type);
/* json or jsonb. */
bool wow_type_is_json(const struct wow_type *type);

#endif
