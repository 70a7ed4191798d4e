/* The virtual table module "wowsql". */
#ifndef WOW_MODULE_H
#define WOW_MODULE_H

#include "server/server.h"
#include "base/sqlite.h"

/* Registers the module, which takes ownership of `conn`. */
int wow_module_register(struct wow_connection *conn);

#endif
