/*
** What is scanned. A table makes one; a scan has a copy with the server in it, which everything
** below the scan points to.
*/
#ifndef WOW_TARGET_H
#define WOW_TARGET_H

#include "catalog/relation.h"
#include "plan/brackets.h"
#include "server/connection.h"
#include "server/server.h"

struct wow_lookups;
struct wow_second_look;
struct wow_witnesses;

/* All of it stays the table's, and outlives the scan; but for `server` and `session`, which the
** scan retains. */
struct wow_target {
  struct wow_connection *conn;
  const char *server_name;
  struct wow_server *server;     /* NULL in a table: it need not be there yet */
  struct wow_session *session;   /* who asks; NULL: whoever is signed in now */
  const char *schema;            /* PostgREST profile; NULL: the server's */
  struct wow_relation *relation; /* its integer columns may turn out to be narrower, see width.h */
  struct wow_relation *planned; /* the same with its key, which a role may not read, see rights.h */
  const struct wow_brackets *brackets;
  const char *table;    /* the virtual table in SQL, quoted, with its database: "temp"."users" */
  char *const *columns; /* the names of its columns, that of wowsql_filter last */
  int page_size;        /* a page's top size in rows; 0: the server's option */
  struct wow_lookups *lookups;
  struct wow_second_look *second_look;
  struct wow_witnesses *witnesses;
  const double *n_rows; /* how many rows the relation is thought to have; -1: not known */
};

#endif
