/*
** Relations: columns, types, keys, foreign keys. Where they come from is column_list.h's and
** openapi.h's to know.
*/
#ifndef WOW_RELATION_H
#define WOW_RELATION_H

#include <stdbool.h>

#include "base/error.h"
#include "types/type.h"

/* One step to another relation, customers!customer_id!inner. What follows the name after
** exclamation marks is kept as said: the foreign key, and the kind of join. */
struct wow_embed {
  char *target; /* the relation, or a foreign key's name or column that leads to it */
  char *hint;   /* NULL: nothing is said */
  char *join;   /* "inner" or "left"; NULL: nothing is said */
};

/* Are texts that differ different to the server? */
enum wow_collating {
  WOW_COLLATES_UNKNOWN,
  WOW_COLLATES_STRICTLY,
  WOW_COLLATES_LOOSELY /* the collation is nondeterministic */
};

struct wow_column {
  char *name;
  struct wow_type type;
  bool not_null;       /* as it is described */
  bool is_never_null;  /* and that can be relied on, see wow_relation_finish */
  bool is_width_known; /* an integer column that the server was asked about, see scan/width.h */
  enum wow_collating collating; /* of a text, once the server was asked, see scan/tie.h */
  bool may_be_domain;           /* its type's name says nothing: the server is to be asked, see
                       ** server/domain.h */
  int key_position;             /* 1.. within the primary key; 0: not part of it */
  char *fk_table;               /* what a single-column foreign key refers to; NULL: none */
  char *fk_column;
  char *default_text; /* as the server describes it; NULL: none, or it does not say */
  char *comment;      /* NULL: none */
  char *remote;       /* its name on the server; NULL: `name` */
  char *json_path;    /* "->>city": the part of a JSON column that it is; NULL: all of it */
  /* A column of another relation: the way there, from one relation to the next. */
  struct wow_embed *embed; /* NULL: the column is this relation's own */
  int n_embed;
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
/* Collects the key from the columns' key positions: none, if they are more than WOW_MAX_KEY or a
** request cannot name one of them. And says which columns are never NULL. SQLITE_OK or
** SQLITE_NOMEM. */
int wow_relation_finish(struct wow_relation *relation);
/* The relation has no key. wow_relation_finish is to follow. */
void wow_relation_drop_key(struct wow_relation *relation);
/* A copy of `relation`. NULL: no memory. */
struct wow_relation *wow_relation_copy(const struct wow_relation *relation);
void wow_relation_free(struct wow_relation *relation);

/* Do the first `n` steps of two columns lead to the same relation in the same way? */
bool wow_relation_is_same_embed(const struct wow_column *a, const struct wow_column *b, int n);
/* Are rows left out for which there is no row of another relation, on the way to the column? */
bool wow_relation_is_inner(const struct wow_column *column);
/* Is a column of the relation on such a way? */
bool wow_relation_has_inner(const struct wow_relation *relation);
/* Adds a step to a column's way; copies the texts. SQLITE_OK or SQLITE_NOMEM. */
int wow_relation_add_embed(struct wow_column *column, const struct wow_embed *embed);
void wow_relation_reset_embed(struct wow_embed *embed);
/* Is the column the relation's own, by its own name? */
bool wow_relation_is_plain(const struct wow_column *column);
/* The column's name on the server, in its relation. */
const char *wow_relation_remote_name(const struct wow_column *column);

/* The name that a column has in SQL: `names` are those of the columns before it. sqlite3_free it;
** NULL: no memory. */
char *wow_relation_sql_name(const struct wow_relation *relation, int column, char *const *names);
/* Is this the name of one of the first `n` columns, in any case? */
bool wow_relation_is_column(const struct wow_relation *relation, int n, const char *name);

/* Index of the column of this name; -1: there is none. */
int wow_relation_column(const struct wow_relation *relation, const char *name);
enum wow_key_kind wow_relation_key_kind(const struct wow_relation *relation);
/* Can a request name the column? PostgREST takes one that is called * for the whole row, quoted or
** not: it comes with all the others, and nothing can be said of it. */
bool wow_relation_can_name(const struct wow_column *column);
/* Is the column known to have no NULLs, so that an order need not say where they are? */
bool wow_relation_is_not_null(const struct wow_column *column);

#endif
