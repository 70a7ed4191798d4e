/*
** What CREATE VIRTUAL TABLE ... USING wowsql(...) says, and the columns that the table has.
**
** What the arguments do not say is asked of the server once, when the table is created, and kept in
** a shadow table <name>_wowsql(name, value): the server's name and the columns; and once the table
** is renamed, the remote table's name. So connecting, dropping and renaming a table send nothing,
** and work with the server down.
*/
#ifndef WOW_DEFINITION_H
#define WOW_DEFINITION_H

#include <stdbool.h>

#include "base/error.h"
#include "catalog/relation.h"
#include "plan/brackets.h"
#include "server/connection.h"

/* The shadow table of t is t_wowsql. */
#define WOW_SHADOW_SUFFIX "wowsql"

struct wow_definition {
  struct wow_connection *conn;
  char *database;  /* "main", "temp", ... */
  char *name;      /* the virtual table's */
  char *qualified; /* "temp"."users" */
  char *server;    /* the server's name; it need not be connected */
  char *schema;    /* PostgREST profile; NULL: the server's */
  struct wow_relation *relation;
  int page_size; /* 0: the server's option */
  bool read_only;
  bool is_through; /* write='through': writes are sent when their statement ends */
  bool has_shadow;
  bool is_named_after; /* no table= was given: the remote table has the virtual one's first name */
  char **names;        /* of the declared columns, that of wowsql_filter last */
  struct wow_brackets brackets;
};

/* The arguments of xCreate and xConnect. */
struct wow_create {
  int argc;
  const char *const *argv; /* module, database, table, then what is in the parentheses */
  bool is_create;          /* xCreate */
};

/*
** Reads the arguments, declares the columns and, for xCreate, writes the shadow table. On failure
** as well, reset `def` in the end. SQLITE_SCHEMA comes without an error: SQLite repeats the
** statement.
*/
int wow_definition_init(struct wow_definition *def, struct wow_connection *conn,
                        const struct wow_create *create, struct wow_error *err);
void wow_definition_reset(struct wow_definition *def);

/* Drop and rename the shadow table, if there is one. */
int wow_definition_drop(struct wow_definition *def, struct wow_error *err);
int wow_definition_rename(struct wow_definition *def, const char *new_name, struct wow_error *err);

#endif
