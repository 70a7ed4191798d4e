/*
** What is known of a server's relations: columns, types, keys, foreign keys. It comes out of the
** OpenAPI document or out of a column list such as
**   id bigint primary key, name text not null, status enum('new','paid'), tags text[]
** and a relation can be written back as such a list, which is how a virtual table keeps it.
*/
#ifndef WOW_CATALOG_H
#define WOW_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "types/type.h"

struct wow_column {
  char *name;
  struct wow_type type;
  bool not_null;
  int key_position; /* 1.. within the primary key; 0: no part of it */
  char *fk_table;   /* what a single-column foreign key refers to; NULL: none */
  char *fk_column;
  char *embed;        /* the relation that the column is embedded from, "customers" or with a hint,
                      ** "customers!customer_id"; NULL: it is the relation's own */
  char *embed_column; /* its name there */
};

/* How a row of the relation is told from the others. */
enum wow_key_kind {
  WOW_KEY_NONE,     /* no key: read-only, no row identity */
  WOW_KEY_ROWID,    /* one integer column: it is the rowid */
  WOW_KEY_SINGLE,   /* one column of another type: WITHOUT ROWID */
  WOW_KEY_COMPOSITE /* several: the rowid is a function of them */
};

struct wow_relation {
  char *name;
  char *comment; /* NULL: none */
  bool writable; /* the server offers insert, update or delete at all */
  struct wow_column *columns;
  int n_columns;
  int *key; /* indexes of the key's columns, in key order */
  int n_key;
};

struct wow_catalog {
  char *schema;                    /* what it was asked for; NULL: the server's default */
  struct wow_relation **relations; /* sorted by name */
  int n_relations;
  struct wow_catalog *next;
};

/*
** Reads an OpenAPI 2.0 document of PostgREST. SQLITE_OK with *out to be freed with
** wow_catalog_free; SQLITE_ERROR for anything that is no such document; SQLITE_NOMEM.
*/
int wow_catalog_parse(const char *json, size_t bytes, struct wow_catalog **out,
                      struct wow_error *err);
void wow_catalog_free(struct wow_catalog *catalog);
const struct wow_relation *wow_catalog_find(const struct wow_catalog *catalog, const char *name);

/*
** Reads a column list into a new relation called `name`. The error points at what is wrong.
** Free with wow_relation_free.
*/
int wow_relation_parse(const char *name, const char *columns, struct wow_relation **out,
                       struct wow_error *err);

/* A copy of `relation`. NULL: no memory. */
struct wow_relation *wow_relation_copy(const struct wow_relation *relation);
void wow_relation_free(struct wow_relation *relation);

/* The relation's columns as such a list; sqlite3_free it; NULL: no memory. */
char *wow_relation_columns(const struct wow_relation *relation);

/*
** The relation with the columns of a select list, "id, total, customer:customers(name, city)":
** those of `base`, and those of relations that it refers to, which are called customer.name. The
** types come from the catalog. Read-only. Free *out with wow_relation_free.
*/
int wow_catalog_select(const struct wow_catalog *catalog, const struct wow_relation *base,
                       const char *list, struct wow_relation **out, struct wow_error *err);

/* Makes the columns named in `list` (comma-separated, quoted where needed) the key. */
int wow_relation_set_key(struct wow_relation *relation, const char *list, struct wow_error *err);

/* Is the column known to have no NULLs? A key has none; else it is a promise of the column list. */
bool wow_column_is_not_null(const struct wow_column *column);

enum wow_key_kind wow_relation_key_kind(const struct wow_relation *relation);

/* Index of the column of this name; -1: there is none. */
int wow_relation_column(const struct wow_relation *relation, const char *name);

#endif
