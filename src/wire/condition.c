/*
** Lists of conditions, see condition.h.
*/
#include "wire/condition.h"

#include <string.h>

#include "wire/deparse.h"

int wow_condition_add(struct wow_where *where, const struct wow_condition *condition) {
  if (where->n == where->room) {
    int room = where->room ? 2 * where->room : 8;
    struct wow_condition *list =
        sqlite3_realloc64(where->list, sizeof(*list) * (sqlite3_uint64)room);
    if (list == NULL) return SQLITE_NOMEM;
    where->list = list;
    where->room = room;
  }
  where->list[where->n++] = *condition;
  return SQLITE_OK;
}

int wow_condition_copy(struct wow_where *to, const struct wow_where *from) {
  int rc = SQLITE_OK;
  to->n = 0;
  for (int i = 0; rc == SQLITE_OK && i < from->n; i++)
    rc = wow_condition_add(to, &from->list[i]);
  return rc;
}

void wow_condition_reset(struct wow_where *where) {
  sqlite3_free(where->list);
  memset(where, 0, sizeof(*where));
}

/* Does a parameter name a column of this embedded relation, "customers.city"? Names are compared as
** they are sent, since one may be quoted and the other not. */
static bool names_embed(const struct wow_condition *parameter, const struct wow_column *column,
                        int n) {
  sqlite3_str *name = sqlite3_str_new(NULL), *key = sqlite3_str_new(NULL);
  wow_deparse_user_text(name, parameter->name, parameter->name_bytes);
  for (int i = 0; i < n; i++) {
    wow_deparse_name(key, column->embed[i].target);
    sqlite3_str_appendchar(key, 1, '.');
  }
  int bytes = sqlite3_str_length(key);
  bool is_same = sqlite3_str_length(name) >= bytes &&
                 memcmp(sqlite3_str_value(name), sqlite3_str_value(key), (size_t)bytes) == 0;
  sqlite3_free(sqlite3_str_finish(name));
  sqlite3_free(sqlite3_str_finish(key));
  return is_same;
}

bool wow_condition_mentions_embed(const struct wow_where *where, const struct wow_column *column,
                                  int n) {
  for (int i = 0; i < where->n; i++) {
    const struct wow_condition *c = &where->list[i];
    bool is_same = c->column && wow_relation_is_same_embed(c->column, column, n);
    if (is_same || (c->kind == WOW_CONDITION_PARAMETER && names_embed(c, column, n))) return true;
  }
  return false;
}

const char *wow_condition_list_text(const struct wow_list *list, int i, int *bytes) {
  sqlite3_int64 from = i ? list->ends[i - 1] : 0;
  *bytes = (int)(list->ends[i] - from);
  /* The text of an empty sqlite3_str is NULL. */
  const char *texts = sqlite3_str_value(list->texts);
  return texts ? texts + from : "";
}

int wow_condition_list_add(struct wow_list *list, const char *text, int bytes) {
  if (list->texts == NULL) list->texts = sqlite3_str_new(NULL);
  /* Grown by doubling, at each power of two. */
  if ((list->n & (list->n - 1)) == 0) {
    sqlite3_uint64 room = list->n ? 2 * (sqlite3_uint64)list->n : 1;
    sqlite3_int64 *ends = sqlite3_realloc64(list->ends, room * sizeof(*ends));
    if (ends == NULL) return SQLITE_NOMEM;
    list->ends = ends;
  }
  sqlite3_str_append(list->texts, text, bytes);
  list->ends[list->n++] = sqlite3_str_length(list->texts);
  return sqlite3_str_errcode(list->texts);
}

void wow_condition_list_reset(struct wow_list *list) {
  if (list->texts) sqlite3_free(sqlite3_str_finish(list->texts));
  sqlite3_free(list->ends);
  memset(list, 0, sizeof(*list));
}
