/*
** Relations, columns and keys, see relation.h. Knows nothing of queries.
*/
#include "catalog/relation.h"

#include <string.h>

#include "base/limits.h"
#include "base/sqlite.h"

static void column_reset(struct wow_column *column) {
  sqlite3_free(column->name);
  sqlite3_free(column->fk_table);
  sqlite3_free(column->fk_column);
  wow_type_reset(&column->type);
  for (int i = 0; i < column->n_embed; i++)
    wow_relation_reset_embed(&column->embed[i]);
  sqlite3_free(column->embed);
  sqlite3_free(column->default_text);
  sqlite3_free(column->comment);
  sqlite3_free(column->remote);
  sqlite3_free(column->json_path);
}

void wow_relation_free(struct wow_relation *relation) {
  if (relation == NULL) return;
  for (int i = 0; i < relation->n_columns; i++)
    column_reset(&relation->columns[i]);
  sqlite3_free(relation->columns);
  sqlite3_free(relation->key);
  sqlite3_free(relation->name);
  sqlite3_free(relation->comment);
  sqlite3_free(relation);
}

struct wow_relation *wow_relation_new(const char *name) {
  struct wow_relation *relation = sqlite3_malloc64(sizeof(*relation));
  if (relation == NULL) return NULL;
  memset(relation, 0, sizeof(*relation));
  relation->writable = true;
  relation->name = sqlite3_mprintf("%s", name);
  if (relation->name) return relation;
  wow_relation_free(relation);
  return NULL;
}

struct wow_column *wow_relation_add_column(struct wow_relation *relation) {
  sqlite3_uint64 n = (sqlite3_uint64)relation->n_columns + 1;
  struct wow_column *columns = sqlite3_realloc64(relation->columns, n * sizeof(*columns));
  if (columns == NULL) return NULL;
  relation->columns = columns;
  struct wow_column *column = &columns[relation->n_columns++];
  memset(column, 0, sizeof(*column));
  return column;
}

void wow_relation_drop_key(struct wow_relation *relation) {
  for (int i = 0; i < relation->n_columns; i++)
    relation->columns[i].key_position = 0;
  relation->key_is_named = false;
}

static int key_columns(const struct wow_relation *relation) {
  int n = 0;
  for (int i = 0; i < relation->n_columns; i++)
    n += relation->columns[i].key_position > 0;
  return n;
}

/* What a description says of NULLs holds for tables with a key. Of foreign tables, which have none,
** it is what somebody has declared about another server's rows. */
static void set_never_null(struct wow_relation *relation) {
  bool is_table = relation->n_key > 0 && !relation->key_is_named;
  for (int i = 0; i < relation->n_columns; i++) {
    struct wow_column *column = &relation->columns[i];
    column->is_never_null = is_table && (column->not_null || column->key_position > 0);
  }
}

/* Can requests tell rows apart by the key? */
static bool can_use_key(const struct wow_relation *relation) {
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    if (column->key_position && !wow_relation_can_name(column)) return false;
  }
  return key_columns(relation) <= WOW_MAX_KEY;
}

int wow_relation_finish(struct wow_relation *relation) {
  if (!can_use_key(relation)) wow_relation_drop_key(relation);
  sqlite3_free(relation->key);
  relation->key = sqlite3_malloc64(sizeof(int) * (sqlite3_uint64)(relation->n_columns + 1));
  if (relation->key == NULL) return SQLITE_NOMEM;
  relation->n_key = 0;
  for (int position = 1; position <= relation->n_columns; position++) {
    for (int i = 0; i < relation->n_columns; i++) {
      if (relation->columns[i].key_position == position) relation->key[relation->n_key++] = i;
    }
  }
  set_never_null(relation);
  return SQLITE_OK;
}

/* Copies a text that may be NULL. */
static int copy_text(char **to, const char *from) {
  if (from == NULL) return SQLITE_OK;
  *to = sqlite3_mprintf("%s", from);
  return *to ? SQLITE_OK : SQLITE_NOMEM;
}

static int copy_column(struct wow_column *to, const struct wow_column *from) {
  to->not_null = from->not_null;
  to->may_be_domain = from->may_be_domain;
  to->key_position = from->key_position;
  int rc = copy_text(&to->name, from->name);
  if (rc == SQLITE_OK) rc = copy_text(&to->fk_table, from->fk_table);
  if (rc == SQLITE_OK) rc = copy_text(&to->fk_column, from->fk_column);
  if (rc == SQLITE_OK) rc = copy_text(&to->default_text, from->default_text);
  if (rc == SQLITE_OK) rc = copy_text(&to->comment, from->comment);
  if (rc == SQLITE_OK) rc = copy_text(&to->remote, from->remote);
  if (rc == SQLITE_OK) rc = copy_text(&to->json_path, from->json_path);
  for (int i = 0; rc == SQLITE_OK && i < from->n_embed; i++)
    rc = wow_relation_add_embed(to, &from->embed[i]);
  return rc == SQLITE_OK ? wow_type_copy(&to->type, &from->type) : rc;
}

struct wow_relation *wow_relation_copy(const struct wow_relation *relation) {
  struct wow_relation *copy = wow_relation_new(relation->name);
  int rc = copy ? copy_text(&copy->comment, relation->comment) : SQLITE_NOMEM;
  if (copy) {
    copy->writable = relation->writable;
    copy->key_is_named = relation->key_is_named;
  }
  for (int i = 0; rc == SQLITE_OK && i < relation->n_columns; i++) {
    struct wow_column *column = wow_relation_add_column(copy);
    rc = column ? copy_column(column, &relation->columns[i]) : SQLITE_NOMEM;
  }
  if (rc == SQLITE_OK) rc = wow_relation_finish(copy);
  if (rc == SQLITE_OK) return copy;
  wow_relation_free(copy);
  return NULL;
}

int wow_relation_column(const struct wow_relation *relation, const char *name) {
  for (int i = 0; i < relation->n_columns; i++) {
    if (strcmp(relation->columns[i].name, name) == 0) return i;
  }
  return -1;
}

bool wow_relation_is_not_null(const struct wow_column *column) {
  return column->is_never_null;
}

static bool is_same_text(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

bool wow_relation_is_same_embed(const struct wow_column *a, const struct wow_column *b, int n) {
  if (a->n_embed < n || b->n_embed < n) return false;
  for (int i = 0; i < n; i++) {
    const struct wow_embed *x = &a->embed[i], *y = &b->embed[i];
    if (!is_same_text(x->target, y->target) || !is_same_text(x->hint, y->hint) ||
        !is_same_text(x->join, y->join))
      return false;
  }
  return true;
}

bool wow_relation_is_inner(const struct wow_column *column) {
  for (int i = 0; i < column->n_embed; i++) {
    if (column->embed[i].join && strcmp(column->embed[i].join, "inner") == 0) return true;
  }
  return false;
}

bool wow_relation_has_inner(const struct wow_relation *relation) {
  for (int i = 0; i < relation->n_columns; i++) {
    if (wow_relation_is_inner(&relation->columns[i])) return true;
  }
  return false;
}

void wow_relation_reset_embed(struct wow_embed *embed) {
  sqlite3_free(embed->target);
  sqlite3_free(embed->hint);
  sqlite3_free(embed->join);
  memset(embed, 0, sizeof(*embed));
}

int wow_relation_add_embed(struct wow_column *column, const struct wow_embed *embed) {
  sqlite3_uint64 bytes = sizeof(*embed) * ((sqlite3_uint64)column->n_embed + 1);
  struct wow_embed *list = sqlite3_realloc64(column->embed, bytes);
  if (list == NULL) return SQLITE_NOMEM;
  struct wow_embed *step = &list[column->n_embed++];
  column->embed = list;
  memset(step, 0, sizeof(*step));
  int rc = copy_text(&step->target, embed->target);
  if (rc == SQLITE_OK) rc = copy_text(&step->hint, embed->hint);
  return rc == SQLITE_OK ? copy_text(&step->join, embed->join) : rc;
}

bool wow_relation_is_plain(const struct wow_column *column) {
  return column->embed == NULL && column->remote == NULL && strcmp(column->name, "*") != 0;
}

const char *wow_relation_remote_name(const struct wow_column *column) {
  return column->remote ? column->remote : column->name;
}

enum wow_key_kind wow_relation_key_kind(const struct wow_relation *relation) {
  if (relation->n_key == 0) return WOW_KEY_NONE;
  const struct wow_type *type = &relation->columns[relation->key[0]].type;
  if (relation->n_key > 1) return WOW_KEY_MADE;
  if (type->family == WOW_INT) return WOW_KEY_ROWID;
  /* To SQLite, the key of a table WITHOUT ROWID is unique and not NULL. It rounds numerics to 15
  ** digits, a JSON null is NULL to it, and a key that a user names may be wrong. */
  bool is_exact = type->family != WOW_NUMERIC && !wow_type_is_json(type);
  return is_exact && !relation->key_is_named ? WOW_KEY_SINGLE : WOW_KEY_MADE;
}

bool wow_relation_can_name(const struct wow_column *column) {
  return column->embed || column->remote || strcmp(column->name, "*") != 0;
}

bool wow_relation_is_column(const struct wow_relation *relation, int n, const char *name) {
  for (int i = 0; i < n; i++) {
    if (sqlite3_stricmp(relation->columns[i].name, name) == 0) return true;
  }
  return false;
}

/* To SQLite, names that differ only in case are the same: such a column gets a number at the end,
** one that does not make it another column's name. */
char *wow_relation_sql_name(const struct wow_relation *relation, int column, char *const *names) {
  const char *name = relation->columns[column].name;
  if (!wow_relation_is_column(relation, column, name)) return sqlite3_mprintf("%s", name);
  for (int n = 2;; n++) {
    char *numbered = sqlite3_mprintf("%s_%d", name, n);
    bool taken = numbered && wow_relation_is_column(relation, relation->n_columns, numbered);
    for (int i = 0; numbered && i < column; i++)
      taken = taken || (names[i] && sqlite3_stricmp(names[i], numbered) == 0);
    if (!taken) return numbered;
    sqlite3_free(numbered);
  }
}
