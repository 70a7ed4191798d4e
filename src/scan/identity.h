/*
** Which row is which: the rowid that SQLite is given.
*/
#ifndef WOW_IDENTITY_H
#define WOW_IDENTITY_H

#include "base/json.h"
#include "base/sqlite.h"

/* The rowid of a composite key: a function of the values of its `n` columns. */
sqlite3_int64 wow_identity_rowid(const struct wow_json_value *const *values, int n);

#endif
