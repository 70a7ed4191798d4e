/*
** The conditions of a request, as data: they become text when the request is made (deparse.c), and
** until then whoever needs to know what a condition is about looks at its fields.
**
** Conditions borrow what they point to. A binding (plan/bind.h) owns the texts of its terms and
** lists, a keyset (scan/keyset.h) those of its places; both outlive the requests made from them.
*/
#ifndef WOW_CONDITION_H
#define WOW_CONDITION_H

#include "base/limits.h"
#include "base/sqlite.h"
#include "base/json.h"
#include "catalog/relation.h"
#include "types/op.h"

/* The values of an IN term. A request asks for those in the window. */
struct wow_list {
  sqlite3_str *texts;  /* one after the other */
  sqlite3_int64 *ends; /* where each ends in `texts` */
  int n;
  int window_from;
  int window_to;
};

/* Where a sorted scan has come to: the values of a row's sort columns. */
struct wow_place {
  int n;
  struct wow_place_value {
    const struct wow_column *column;
    bool descending;
    struct wow_json_value value;
  } values[WOW_MAX_SORT];
};

/* Combinations of values of several columns: the lists have one value for each. */
struct wow_tuples {
  int n; /* columns */
  struct wow_tuple_member {
    const struct wow_column *column;
    const struct wow_list *list;
  } members[WOW_MAX_TERMS];
  int from; /* a request asks for those from here ... */
  int to;   /* ... up to here */
};

enum wow_condition_kind {
  WOW_CONDITION_TERM,      /* column op text */
  WOW_CONDITION_LIST,      /* column IN (the list's window) */
  WOW_CONDITION_TUPLES,    /* the columns have one of these combinations of values */
  WOW_CONDITION_PARAMETER, /* name=value, as a user wrote it */
  WOW_CONDITION_AFTER      /* rows by a place, in the order of its columns: `part` says which */
};

/* Which rows by a place are meant, as bits. */
enum wow_place_part {
  WOW_PART_AFTER = 1, /* those after it */
  WOW_PART_AT = 2,    /* those at it: several where the order is not total */
  WOW_PART_NULLS = 4  /* after it, those with NULL in columns that are said to have none */
};

struct wow_condition {
  enum wow_condition_kind kind;
  const struct wow_column *column; /* of a term or a list */
  enum wow_op op;                  /* of a term */
  const char *text;                /* a term's constant (NULL: it has none); a parameter's value */
  int bytes;                       /* of `text` */
  const char *upper;               /* of =, not NULL: the column is between `text` and this */
  const char *name;                /* of a parameter; not terminated */
  int name_bytes;
  const struct wow_list *list;
  const struct wow_tuples *tuples;
  const struct wow_place *place;
  unsigned part; /* bits of enum wow_place_part */
};

/* Conditions that all have to hold. */
struct wow_where {
  struct wow_condition *list;
  int n;
  int room;
};

/* Adds a condition. SQLITE_OK or SQLITE_NOMEM. */
int wow_condition_add(struct wow_where *where, const struct wow_condition *condition);
/* Makes `to`, which may have conditions already, hold those of `from`. SQLITE_OK or SQLITE_NOMEM.
 */
int wow_condition_copy(struct wow_where *to, const struct wow_where *from);
void wow_condition_reset(struct wow_where *where);

/* Is any of the conditions about a column of the relation that the first `n` steps of `column` lead
** to, or of one beyond it? */
bool wow_condition_mentions_embed(const struct wow_where *where, const struct wow_column *column,
                                  int n);

/* Adds a text to a list (all zero: an empty one). SQLITE_OK or SQLITE_NOMEM. */
int wow_condition_list_add(struct wow_list *list, const char *text, int bytes);
void wow_condition_list_reset(struct wow_list *list);

/* An element of a list: its text, not terminated. */
const char *wow_condition_list_text(const struct wow_list *list, int i, int *bytes);

#endif
