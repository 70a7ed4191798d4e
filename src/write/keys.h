/*
** How a row that is to be changed is named in a filter.
**
** SQLite names it by its rowid, or by its key where the table is WITHOUT ROWID. Where the rowid is
** made from the key (WOW_KEY_MADE), the keys of the rows that a writing statement has read are
** remembered by their rowids until the transaction ends.
*/
#ifndef WOW_WRITE_KEYS_H
#define WOW_WRITE_KEYS_H

#include "base/error.h"
#include "base/json.h"
#include "base/sqlite.h"
#include "catalog/relation.h"

struct wow_keys;

struct wow_keys *wow_keys_new(void); /* NULL: no memory */
void wow_keys_free(struct wow_keys *keys);
void wow_keys_forget(struct wow_keys *keys);

/* Remembers the key of a row: its values in key order. */
int wow_keys_remember(struct wow_keys *keys, const struct wow_relation *relation,
                      sqlite3_int64 rowid, const struct wow_json_value *const *values,
                      struct wow_error *err);

/* Appends what names the row: an element of in.(...) where one column is the key, or else a branch
** of or=(...). `id` is what SQLite names it by. */
int wow_keys_append(struct wow_keys *keys, const struct wow_relation *relation, sqlite3_value *id,
                    sqlite3_str *str, struct wow_error *err);

#endif
