/*
** Relations: columns, types, keys, foreign keys. Where they come from is column_list.h's and
** openapi.h's to know.
*/
#ifndef WOW_RELATION_H
#define WOW_RELATION_H

#include <stdbool.h>

#include "base/error.h"
#include "types/type.h"

struct wow_column {
  char *name;
  struct wow_type type;
  bool not_null;       /* as it is described */
  bool is_never_null;  /* and that can be relied on, see wow_relation_finish */
  bool is_width_known; /* an integer column that the server was asked about, see scan/width.h */
  int key_position;    /* 1.. within the primary key; 0: not part of it */
  char *fk_table;      /* what a single-column foreign key refers to; NULL: none */
  char *fk_column;
  /* A column that is embedded from another relation. What follows that relation's name after
  ** exclamation marks is kept as said: as a rule the foreign key, then the kind of join. */
  char *embed;        /* the other relation; NULL: the column is this relation's own */
  char *embed_hint;   /* "customer_id" in customers!customer_id!inner; NULL: nothing is said */
  char *embed_join;   /* "inner" in it; NULL: nothing is said */
  char *embed_column; /* its name there */
};

/* How the rows of a relation are told apart. */
enum wow_key_kind {
  WOW_KEY_NONE,   /* no key: read-only; the rowid is made from the whole row, for one statement */
  WOW_KEY_ROWID,  /* one integer column: it is the rowid */
  WOW_KEY_SINGLE, /* one column of another type: WITHOUT ROWID */
  WOW_KEY_MADE    /* several columns, or one that SQLite might take for NULL or for another's: the
                  ** rowid is a function of them */
};

struct wow_relation {
  char *name;
  char *comment; /* NULL: none */
  bool writable; /* the server offers insert, update or delete at all */
  struct wow_column *columns;
  int n_columns;
  int *key; /* indexes of the key's columns, in key order */
  int n_key;
  bool key_is_named; /* the user named it (key=): nothing says that it is one */
};

/* An empty relation, without columns. NULL: no memory. Free it with wow_relation_free. */
struct wow_relation *wow_relation_new(const char *name);
/* A new column at the end; its name and type are still to be set. NULL: no memory. */
struct wow_column *wow_relation_add_column(struct wow_relation *relation);
/* Collects the key from the columns' key positions: none, if they are more than WOW_MAX_KEY. And
** says which columns are never NULL. SQLITE_OK or SQLITE_NOMEM. */
int wow_relation_finish(struct wow_relation *relation);
/* The relation has no key. wow_relation_finish is to follow. */
void wow_relation_drop_key(struct wow_relation *relation);
/* A copy of `relation`. NULL: no memory. */
struct wow_relation *wow_relation_copy(const struct wow_relation *relation);
void wow_relation_free(struct wow_relation *relation);

/* Are two columns embedded from the same relation in the same way? */
bool wow_relation_is_same_embed(const struct wow_column *a, const struct wow_column *b);

/* Index of the column of this name; -1: there is none. */
int wow_relation_column(const struct wow_relation *relation, const char *name);
enum wow_key_kind wow_relation_key_kind(const struct wow_relation *relation);
/* Can a request name the column? PostgREST takes one that is called * for the whole row, quoted or
** not: it comes with all the others, and nothing can be said of it. */
bool wow_relation_can_name(const struct wow_column *column);
/* Is the column known to have no NULLs, so that an order need not say where they are? */
bool wow_relation_is_not_null(const struct wow_column *column);

#endif
