/*
** What is at the bottom of a domain over a domain. Up to 13.0.2 PostgREST describes one by its own
** name, as a string; newer ones resolve it. So the server is asked, when a virtual table is made:
** it refuses a constant that is a value of hardly any type, and the refusal names the type.
*/
#ifndef WOW_DOMAIN_H
#define WOW_DOMAIN_H

#include "catalog/relation.h"
#include "server/connection.h"

/*
** Settles the types of a relation's columns that may be such domains, and says the same of all
** other columns with such a type in the server's description of this schema, so that each type is
** asked about once. `relation` is a copy, or one of the description. A type that the server does
** not name stays as it is. SQLITE_OK or the error of a request that failed.
*/
int wow_domain_settle(struct wow_connection *conn, struct wow_server *server, const char *schema,
                      struct wow_relation *relation, struct wow_error *err);

#endif
