/* The virtual table module "wowsql". */
#ifndef WOW_TABLE_H
#define WOW_TABLE_H

#include "server/server.h"
#include "base/sqlite.h"

/* Registers the module, which takes ownership of `conn`. */
int wow_table_register(struct wow_connection *conn);

#endif
