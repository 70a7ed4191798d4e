/*
** The key of the last row that was stored, for wowsql_last_insert_id(): the row may name it, or the
** server has made it. Of a key of several columns there is none.
*/
#ifndef WOW_LAST_ID_H
#define WOW_LAST_ID_H

#include <stdbool.h>
#include <stddef.h>

#include "catalog/relation.h"
#include "server/connection.h"

/* Does the server make the key of rows that have these of the relation's columns? */
bool wow_last_id_is_made(const struct wow_relation *relation, const bool *columns);

/* Keeps the key that a Location header names: "/users?id=eq.5". Where it is the rowid,
** last_insert_rowid() says it, too. SQLITE_OK or SQLITE_NOMEM. */
int wow_last_id_take_location(struct wow_connection *conn, const struct wow_relation *relation,
                              const char *location);

/* Keeps the key that a row, as JSON, has; if it has none, there is none any more. SQLITE_OK or
** SQLITE_NOMEM. */
int wow_last_id_take_row(struct wow_connection *conn, const struct wow_relation *relation,
                         const char *row, size_t bytes);

#endif
