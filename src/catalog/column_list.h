/*
** Lists of columns as users write them:
**   columns=  id bigint primary key, name text not null, status enum('new','paid'), tags text[]
**   key=      order_id, line_no
** A relation can be written back as a columns= list, which is how a virtual table keeps it.
*/
#ifndef WOW_COLUMN_LIST_H
#define WOW_COLUMN_LIST_H

#include "catalog/openapi.h"
#include "catalog/relation.h"

/*
** Reads a column list into a new relation called `name`. The error points at what is wrong.
** Free with wow_relation_free.
*/
int wow_column_list_parse(const char *name, const char *columns, struct wow_relation **out,
                          struct wow_error *err);

/* The relation's columns as such a list; sqlite3_free it; NULL: no memory. */
char *wow_column_list_text(const struct wow_relation *relation);

/* Makes the columns named in `list` (comma-separated, quoted where needed) the key; of an empty
** list: there is none. */
int wow_column_list_set_key(struct wow_relation *relation, const char *list, struct wow_error *err);

#endif
