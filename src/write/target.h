/*
** What is written to: a virtual table makes one, and it outlives the table's transactions.
*/
#ifndef WOW_WRITE_TARGET_H
#define WOW_WRITE_TARGET_H

#include <stdbool.h>

#include "catalog/relation.h"
#include "plan/brackets.h"
#include "server/connection.h"

struct wow_write_target {
  struct wow_connection *conn;
  const char *server_name;
  const char *schema; /* PostgREST profile; NULL: the server's */
  const struct wow_relation *relation;
  const struct wow_brackets *brackets; /* the hidden columns */
  const char *database;                /* the virtual table's: "main", "temp", ... */
  const char *name;                    /* the virtual table's */
  char *const *columns;                /* the names of the columns in SQL */
  bool *generated; /* of the relation's columns: those that the server refused to have written */
  bool is_new;     /* it was created in the transaction that is open */
  bool is_through; /* write='through': send when the statement ends */
};

#endif
