/*
** Prints names, values and conditions as PostgREST's query string reads them, percent-encoded.
** Appends to an sqlite3_str; running out of memory shows in its sqlite3_str_errcode.
*/
#ifndef WOW_DEPARSE_H
#define WOW_DEPARSE_H

#include <stdbool.h>

#include "catalog/relation.h"
#include "base/sqlite.h"
#include "types/shippable.h"

/* `bytes` of text with everything but A-Za-z0-9-._~ percent-encoded. */
void wow_deparse_bytes(sqlite3_str *str, const char *text, int bytes);

/* How many bytes wow_deparse_bytes would append. */
sqlite3_int64 wow_deparse_bytes_length(const char *text, int bytes);

/* A relation's name as part of a path. */
void wow_deparse_path(sqlite3_str *str, const char *name);

/* A column's name: bare where that is safe, else in double quotes. */
void wow_deparse_name(sqlite3_str *str, const char *name);

/* The same for people: not percent-encoded. */
void wow_deparse_plain_name(sqlite3_str *str, const char *name);

/* "&age=gte.18": `column op constant` at the top level; `text` is NULL for the NULL tests. */
void wow_deparse_filter(sqlite3_str *str, const char *column, enum wow_op op, const char *text,
                        int bytes);

/* What stands before "=" in a condition on a column, and the condition: a column that is embedded
** from another relation is `relation.column` there. */
void wow_deparse_column_key(sqlite3_str *str, const struct wow_column *column);
void wow_deparse_column_filter(sqlite3_str *str, const struct wow_column *column, enum wow_op op,
                               const char *text, int bytes);

/* "age.gte.18": the same inside or=(...), and=(...). Not for WOW_IS_NOT. */
void wow_deparse_inner_filter(sqlite3_str *str, const char *column, enum wow_op op,
                              const char *text, int bytes);

/* An element of in.(...), quoted where needed. */
void wow_deparse_element(sqlite3_str *str, const char *text, int bytes);
sqlite3_int64 wow_deparse_element_length(const char *text, int bytes);

/* ".desc.nullslast": what stands behind a column in order=, with SQLite's place for NULL. For a
** column without NULLs ".desc" says the same, and lets the server use an index. */
const char *wow_deparse_direction(bool descending, bool not_null);

/* "age.desc.nullslast": a term of order=. */
void wow_deparse_order(sqlite3_str *str, const char *column, bool descending, bool not_null);

/* A path with its query as a user wrote it ("users?select=id,name&age=gte.18"), made safe for a URL
** and with a slash in front. */
void wow_deparse_user_path(sqlite3_str *str, const char *path);

/*
** Raw parameters as a user wrote them ("tags=cs.{vip}&age=gte.18"), each made safe for a URL and
** appended as "&name=value". Returns NULL, or what is wrong with them (static text): a parameter
** without a value, or one of those that belong to the scan (select, order, limit, offset, columns,
** on_conflict).
*/
const char *wow_deparse_parameters(sqlite3_str *str, const char *text);

#endif
