/*
** Prints names, values and conditions as PostgREST's query string reads them, percent-encoded.
** Appends to an sqlite3_str; running out of memory shows in its sqlite3_str_errcode.
*/
#ifndef WOW_DEPARSE_H
#define WOW_DEPARSE_H

#include <stdbool.h>

#include "base/sqlite.h"
#include "wire/condition.h"

/* `bytes` of text with everything but A-Za-z0-9-._~ percent-encoded. */
void wow_deparse_bytes(sqlite3_str *str, const char *text, int bytes);

/* How many bytes wow_deparse_bytes would append. */
sqlite3_int64 wow_deparse_bytes_length(const char *text, int bytes);

/* A relation's name as part of a path. */
void wow_deparse_path(sqlite3_str *str, const char *name);

/* A column's name: bare where that is safe, else in double quotes. */
void wow_deparse_name(sqlite3_str *str, const char *name);

/* A column as the server calls it in its relation: its name, and the part of it that is meant. */
void wow_deparse_column(sqlite3_str *str, const struct wow_column *column);

/* The same for people: not percent-encoded. */
void wow_deparse_plain_name(sqlite3_str *str, const char *name);

/* "&age=gte.18", "&id=in.(1,2)", "&or=(id.gt.5,...)": a condition as a parameter. */
void wow_deparse_condition(sqlite3_str *str, const struct wow_condition *condition);
/* How many bytes that would append. */
int wow_deparse_condition_length(const struct wow_condition *condition);
/* All of them. */
void wow_deparse_where(sqlite3_str *str, const struct wow_where *where);

/* "age.gte.18", as it is written inside or=(...) and and=(...). `text` NULL: the operator has none.
** Not for WOW_IS_NOT. */
void wow_deparse_inner(sqlite3_str *str, const struct wow_column *column, enum wow_op op,
                       const char *text, int bytes);

/* An element of in.(...), quoted where needed. */
void wow_deparse_element(sqlite3_str *str, const char *text, int bytes);
sqlite3_int64 wow_deparse_element_length(const char *text, int bytes);

/* ".desc.nullslast": what follows a column in order=, with SQLite's place for NULL. For a column
** without NULLs ".desc" says the same, and lets the server use an index. */
const char *wow_deparse_direction(bool descending, bool not_null);

/* "age.desc.nullslast": a term of order=. */
void wow_deparse_order(sqlite3_str *str, const struct wow_column *column, bool descending);

/* A path with its query as a user wrote it ("users?select=id,name&age=gte.18"), made safe for a URL
** and with a slash before it. */
void wow_deparse_user_path(sqlite3_str *str, const char *path);

/* Text of a user that is partly URL syntax: characters with a meaning and escapes stay, everything
** else is encoded. A plus sign is meant as one: in a URL it would be a blank. */
void wow_deparse_user_text(sqlite3_str *str, const char *text, int bytes);

#endif
