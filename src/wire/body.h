/*
** What SQLite hands over to be written, as JSON for a request's body, and as text for a filter.
**
** PostgREST hands a body to json_to_recordset: numbers keep every digit, texts are read as the
** column's type reads them, and JSON null is always NULL. What the column cannot hold, as far as it
** can be told here, is refused before anything is sent.
*/
#ifndef WOW_BODY_H
#define WOW_BODY_H

#include <stdbool.h>

#include "base/sqlite.h"
#include "types/type.h"

/*
** Appends a value of a column of this type. SQLITE_OK; SQLITE_NOMEM; or SQLITE_MISMATCH with *wrong
** (static text) saying why it cannot be written: "this text is not JSON".
*/
int wow_body_append_value(sqlite3_str *str, const struct wow_type *type, sqlite3_value *value,
                          const char **wrong);

/* Appends the same value, which is not NULL, as the constant of a filter: unquoted, not encoded. */
int wow_body_append_constant(sqlite3_str *str, const struct wow_type *type, sqlite3_value *value,
                             const char **wrong);

/* Appends a name as the name of a member: "name":. Running out of memory shows in `str`. */
void wow_body_append_name(sqlite3_str *str, const char *name);

#endif
