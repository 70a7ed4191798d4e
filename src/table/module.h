/* The virtual table module "wowsql". */
#ifndef WOW_MODULE_H
#define WOW_MODULE_H

struct wow_connection;

/* Registers the module, which takes ownership of `conn`, even on failure. A code of SQLite's. */
int wow_module_register(struct wow_connection *conn);

#endif
