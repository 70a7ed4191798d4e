/*
** What CREATE VIRTUAL TABLE ... USING wowsql(...) says, and the columns that the table has.
*/
#ifndef WOW_DEFINITION_H
#define WOW_DEFINITION_H

#include <stdbool.h>

#include "base/error.h"
#include "catalog/relation.h"
#include "plan/brackets.h"
#include "server/connection.h"

struct wow_definition {
  struct wow_connection *conn;
  char *database; /* "main", "temp", ... */
  char *name;
  char *server; /* the server's name */
  char *schema; /* PostgREST profile; NULL: the server's */
  struct wow_relation *relation;
  int page_size; /* 0: the server's option */
  bool read_only;
  bool has_shadow;
  char **names;    /* of the declared columns, that of wowsql_filter last */
  char *qualified; /* "temp"."users" */
  struct wow_aggregates aggregates;
};

int wow_definition_init(struct wow_definition *def, struct wow_connection *conn, int argc,
                        const char *const *argv, bool is_create, struct wow_error *err);
void wow_definition_reset(struct wow_definition *def);

int wow_definition_drop(struct wow_definition *def, struct wow_error *err);
int wow_definition_rename(struct wow_definition *def, const char *new_name, struct wow_error *err);

#define WOW_SHADOW_SUFFIX "wowsql"

#endif
