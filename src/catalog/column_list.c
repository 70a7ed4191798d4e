/*
** Lists of columns, see column_list.h.
*/
#include "catalog/column_list.h"

#include <string.h>

#include "base/limits.h"
#include "base/sqlite.h"
#include "catalog/scanner.h"

static int take_labels(struct wow_scanner *s, struct wow_type *type) {
  type->family = WOW_ENUM;
  if (!wow_scanner_take_symbol(s, '(')) return wow_scanner_fail(s, "( and the labels");
  while (!wow_scanner_take_symbol(s, ')')) {
    char *label = wow_scanner_take_quoted(s, '\'');
    if (label == NULL)
      return s->err->rc ? s->err->rc : wow_scanner_fail(s, "a label in single quotes");
    int rc = wow_type_add_label(type, label, (int)strlen(label));
    sqlite3_free(label);
    if (rc != SQLITE_OK) return wow_error_nomem(s->err);
    if (*s->p != ')' && !wow_scanner_take_symbol(s, ',')) return wow_scanner_fail(s, ", or )");
  }
  return SQLITE_OK;
}

/* Takes a type: words up to a comma, a closing parenthesis or a constraint, with its modifier. */
static int take_type(struct wow_scanner *s, struct wow_type *type) {
  if (wow_scanner_take_word(s, "enum")) {
    int rc = wow_type_init(type, "enum");
    return rc == SQLITE_OK ? take_labels(s, type) : wow_error_nomem(s->err);
  }
  static const char *const ends[] = {"not", "primary", "references", "null", "of", NULL};
  const char *from = s->p, *to = s->p;
  int depth = 0;
  bool quoted = false;
  while (*s->p) {
    if (*s->p == '"') quoted = !quoted;
    if (!quoted && depth == 0) {
      if (*s->p == ',' || *s->p == ')') break;
      bool at_word = s->p == from || !wow_scanner_is_word(s->p[-1]);
      bool end = false;
      for (int i = 0; at_word && ends[i]; i++) {
        int n = (int)strlen(ends[i]);
        if (sqlite3_strnicmp(s->p, ends[i], n) == 0 && !wow_scanner_is_word(s->p[n])) end = true;
      }
      if (end) break;
    }
    if (!quoted && *s->p == '(') depth++;
    if (!quoted && *s->p == ')') depth--;
    if (*s->p++ != ' ') to = s->p;
  }
  if (to == from) return wow_scanner_fail(s, "a type");
  char *name = sqlite3_mprintf("%.*s", (int)(to - from), from);
  int rc = name ? wow_type_init(type, name) : SQLITE_NOMEM;
  sqlite3_free(name);
  return rc == SQLITE_OK ? SQLITE_OK : wow_error_nomem(s->err);
}

/* Takes "customers!hint!join.countries(column)" after `of`: the way to another relation, which may
** be missing, and the column's name there. */
static int take_of(struct wow_scanner *s, struct wow_column *column) {
  int rc = SQLITE_OK;
  if (column->remote) return wow_scanner_fail(s, "one of");
  while (rc == SQLITE_OK && *s->p != '(') {
    struct wow_embed embed = {0};
    rc = wow_scanner_take_embed(s, &embed);
    if (rc == SQLITE_OK && wow_relation_add_embed(column, &embed) != SQLITE_OK)
      rc = wow_error_nomem(s->err);
    wow_relation_reset_embed(&embed);
    if (rc == SQLITE_OK && !wow_scanner_take_symbol(s, '.') && *s->p != '(')
      rc = wow_scanner_fail(s, "( and the column's name");
  }
  if (rc != SQLITE_OK) return rc;
  wow_scanner_take_symbol(s, '(');
  column->remote = wow_scanner_take_name(s);
  rc = column->remote ? wow_scanner_take_json_path(s, &column->json_path) : s->err->rc;
  return rc == SQLITE_OK && !wow_scanner_take_symbol(s, ')') ? wow_scanner_fail(s, ")") : rc;
}

/* Takes "relation (column)" after `references`, of which the column may be missing. */
static int take_references(struct wow_scanner *s, struct wow_column *column) {
  sqlite3_free(column->fk_table);
  sqlite3_free(column->fk_column);
  column->fk_column = NULL;
  column->fk_table = wow_scanner_take_name(s);
  if (column->fk_table && wow_scanner_take_symbol(s, '(')) {
    column->fk_column = wow_scanner_take_name(s);
    if (column->fk_column && !wow_scanner_take_symbol(s, ')')) return wow_scanner_fail(s, ")");
  }
  return s->err->rc;
}

static int take_constraints(struct wow_scanner *s, struct wow_relation *relation,
                            struct wow_column *column) {
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK) {
    if (wow_scanner_take_word(s, "not")) {
      if (!wow_scanner_take_word(s, "null")) return wow_scanner_fail(s, "NULL after NOT");
      column->not_null = true;
    } else if (wow_scanner_take_word(s, "primary")) {
      if (!wow_scanner_take_word(s, "key")) return wow_scanner_fail(s, "KEY after PRIMARY");
      column->key_position = ++relation->n_key;
    } else if (wow_scanner_take_word(s, "references")) {
      rc = take_references(s, column);
    } else if (wow_scanner_take_word(s, "of")) {
      rc = take_of(s, column);
    } else {
      break;
    }
  }
  return rc;
}

/* More columns than a key may have would be no key at all, and nobody would know. */
static int check_key(const struct wow_relation *relation, struct wow_error *err) {
  if (relation->n_key <= WOW_MAX_KEY) return SQLITE_OK;
  return wow_error_set(err, SQLITE_ERROR, relation->name,
                       "a key has %d columns at most, and this one has %d", WOW_MAX_KEY,
                       relation->n_key);
}

static int take_key_list(struct wow_scanner *s, struct wow_relation *relation, char end) {
  for (int i = 0; i < relation->n_columns; i++)
    relation->columns[i].key_position = 0;
  relation->n_key = 0;
  do {
    char *name = wow_scanner_take_name(s);
    if (name == NULL) return s->err->rc;
    int column = wow_relation_column(relation, name);
    if (column < 0) {
      wow_error_set(s->err, SQLITE_ERROR, relation->name, "key column '%s' does not exist", name);
    } else if (relation->columns[column].key_position) {
      wow_error_set(s->err, SQLITE_ERROR, relation->name, "the key names '%s' twice", name);
    } else {
      relation->columns[column].key_position = ++relation->n_key;
    }
    sqlite3_free(name);
    if (s->err->rc) return s->err->rc;
  } while (wow_scanner_take_symbol(s, ','));
  if (*s->p != end) return wow_scanner_fail(s, end ? ")" : "a comma");
  if (end) wow_scanner_take_symbol(s, end);
  return SQLITE_OK;
}

static int take_column(struct wow_scanner *s, struct wow_relation *relation) {
  char *name = wow_scanner_take_name(s);
  if (name == NULL) return s->err->rc;
  if (wow_relation_column(relation, name) >= 0) {
    int rc =
        wow_error_set(s->err, SQLITE_ERROR, relation->name, "column '%s' is named twice", name);
    sqlite3_free(name);
    return rc;
  }
  struct wow_column *column = wow_relation_add_column(relation);
  if (column == NULL) {
    sqlite3_free(name);
    return wow_error_nomem(s->err);
  }
  column->name = name;
  int rc = take_type(s, &column->type);
  return rc == SQLITE_OK ? take_constraints(s, relation, column) : rc;
}

int wow_column_list_parse(const char *name, const char *columns, struct wow_relation **out,
                          struct wow_error *err) {
  struct wow_scanner s = {columns, columns, err};
  int rc = SQLITE_OK;
  struct wow_relation *relation = wow_relation_new(name);
  if (relation == NULL) return wow_error_nomem(err);
  wow_scanner_skip_blanks(&s);
  do {
    if (wow_scanner_take_word(&s, "primary")) {
      bool begun = wow_scanner_take_word(&s, "key") && wow_scanner_take_symbol(&s, '(');
      rc = begun ? take_key_list(&s, relation, ')') : wow_scanner_fail(&s, "KEY (columns)");
    } else {
      rc = take_column(&s, relation);
    }
  } while (rc == SQLITE_OK && wow_scanner_take_symbol(&s, ','));
  if (rc == SQLITE_OK && *s.p) rc = wow_scanner_fail(&s, "a comma or the end");
  if (rc == SQLITE_OK) rc = check_key(relation, err);
  if (rc == SQLITE_OK && wow_relation_finish(relation) != SQLITE_OK) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK)
    *out = relation;
  else
    wow_relation_free(relation);
  return rc;
}

int wow_column_list_set_key(struct wow_relation *relation, const char *list,
                            struct wow_error *err) {
  struct wow_scanner s = {list, list, err};
  int rc = SQLITE_OK;
  wow_relation_drop_key(relation);
  wow_scanner_skip_blanks(&s);
  relation->key_is_named = *s.p != 0;
  if (*s.p) rc = take_key_list(&s, relation, 0);
  if (rc == SQLITE_OK) rc = check_key(relation, err);
  if (rc == SQLITE_OK && wow_relation_finish(relation) != SQLITE_OK) rc = wow_error_nomem(err);
  return rc;
}

static void append_name(sqlite3_str *str, const char *name) {
  bool bare = *name && !(*name >= '0' && *name <= '9');
  for (const char *p = name; *p; p++)
    bare = bare && wow_scanner_is_word(*p);
  /* A column called "primary" would read as the table's key. */
  bare = bare && sqlite3_stricmp(name, "primary") != 0;
  sqlite3_str_appendf(str, bare ? "%s" : "\"%w\"", name);
}

static void append_type(sqlite3_str *str, const struct wow_type *type) {
  if (type->family != WOW_ENUM) {
    sqlite3_str_appendf(str, " %s", type->name);
    return;
  }
  sqlite3_str_appendall(str, " enum(");
  for (int i = 0; i < type->n_labels; i++)
    sqlite3_str_appendf(str, "%s'%q'", i ? "," : "", type->labels[i]);
  sqlite3_str_appendall(str, ")");
}

static void append_hint(sqlite3_str *str, const char *name) {
  if (name == NULL) return;
  sqlite3_str_appendchar(str, 1, '!');
  append_name(str, name);
}

/* Where the column comes from, as take_of reads it. */
static void append_of(sqlite3_str *str, const struct wow_column *column) {
  if (column->remote == NULL) return;
  sqlite3_str_appendall(str, " of ");
  for (int i = 0; i < column->n_embed; i++) {
    if (i) sqlite3_str_appendchar(str, 1, '.');
    append_name(str, column->embed[i].target);
    append_hint(str, column->embed[i].hint);
    append_hint(str, column->embed[i].join);
  }
  sqlite3_str_appendchar(str, 1, '(');
  append_name(str, column->remote);
  if (column->json_path) sqlite3_str_appendall(str, column->json_path);
  sqlite3_str_appendchar(str, 1, ')');
}

static void append_column(sqlite3_str *str, const struct wow_column *column, bool is_key) {
  append_name(str, column->name);
  append_type(str, &column->type);
  if (is_key)
    sqlite3_str_appendall(str, " primary key");
  else if (column->not_null)
    sqlite3_str_appendall(str, " not null");
  append_of(str, column);
  if (column->fk_table) {
    sqlite3_str_appendall(str, " references ");
    append_name(str, column->fk_table);
  }
  if (column->fk_table && column->fk_column) {
    sqlite3_str_appendall(str, "(");
    append_name(str, column->fk_column);
    sqlite3_str_appendall(str, ")");
  }
}

char *wow_column_list_text(const struct wow_relation *relation) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    if (i) sqlite3_str_appendall(str, ", ");
    append_column(str, column, column->key_position && relation->n_key == 1);
  }
  if (relation->n_key > 1) {
    for (int i = 0; i < relation->n_key; i++) {
      sqlite3_str_appendall(str, i ? ", " : ", primary key (");
      append_name(str, relation->columns[relation->key[i]].name);
    }
    sqlite3_str_appendall(str, ")");
  }
  return sqlite3_str_finish(str);
}
