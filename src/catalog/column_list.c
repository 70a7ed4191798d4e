/*
** Lists of columns, see column_list.h.
*/
#include "catalog/column_list.h"

#include <string.h>

#include "base/limits.h"
#include "base/sqlite.h"

/* Reads a column list word by word. */
struct scanner {
  const char *start;
  const char *p;
  struct wow_error *err;
};

static void skip_blanks(struct scanner *s) {
  while (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r')
    s->p++;
}

static bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || (c & 0x80);
}

static int scan_error(struct scanner *s, const char *expected) {
  return wow_error_hint(s->err, SQLITE_ERROR, NULL,
                        "write columns='id bigint primary key, name text, tags text[]'",
                        "the column list is wrong at character %d, near '%.20s': expected %s",
                        (int)(s->p - s->start) + 1, s->p, expected);
}

/* Takes the text between quotes, which are doubled inside. NULL: no text in quotes begins here, or
** there is an error (then err is set). */
static char *take_quoted(struct scanner *s, char quote) {
  if (*s->p != quote) return NULL;
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (s->p++; *s->p; s->p++) {
    if (*s->p == quote && *++s->p != quote) {
      /* The text of an empty sqlite3_str is NULL. */
      bool is_empty = sqlite3_str_length(str) == 0 && sqlite3_str_errcode(str) == SQLITE_OK;
      char *text = sqlite3_str_finish(str);
      if (is_empty) text = sqlite3_mprintf("");
      if (text == NULL) wow_error_nomem(s->err);
      skip_blanks(s);
      return text;
    }
    sqlite3_str_appendchar(str, 1, *s->p);
  }
  sqlite3_free(sqlite3_str_finish(str));
  scan_error(s, "the closing quote");
  return NULL;
}

/* Takes a name, bare or in double quotes. NULL: an error. */
static char *take_name(struct scanner *s) {
  skip_blanks(s);
  if (*s->p == '"') return take_quoted(s, '"');
  const char *from = s->p;
  while (is_word_char(*s->p))
    s->p++;
  if (s->p == from) {
    scan_error(s, "a name");
    return NULL;
  }
  char *name = sqlite3_mprintf("%.*s", (int)(s->p - from), from);
  skip_blanks(s);
  if (name == NULL) wow_error_nomem(s->err);
  return name;
}

/* Takes a keyword if it is here as a whole word. */
static bool take_word(struct scanner *s, const char *word) {
  size_t n = strlen(word);
  if (sqlite3_strnicmp(s->p, word, (int)n) != 0 || is_word_char(s->p[n])) return false;
  s->p += n;
  skip_blanks(s);
  return true;
}

static bool take_symbol(struct scanner *s, char symbol) {
  if (*s->p != symbol) return false;
  s->p++;
  skip_blanks(s);
  return true;
}

static int take_labels(struct scanner *s, struct wow_type *type) {
  type->family = WOW_ENUM;
  if (!take_symbol(s, '(')) return scan_error(s, "( and the labels");
  while (!take_symbol(s, ')')) {
    char *label = take_quoted(s, '\'');
    if (label == NULL) return s->err->rc ? s->err->rc : scan_error(s, "a label in single quotes");
    int rc = wow_type_add_label(type, label, (int)strlen(label));
    sqlite3_free(label);
    if (rc != SQLITE_OK) return wow_error_nomem(s->err);
    if (*s->p != ')' && !take_symbol(s, ',')) return scan_error(s, ", or )");
  }
  return SQLITE_OK;
}

/* Takes a type: words up to a comma, a closing parenthesis or a constraint, with its modifier. */
static int take_type(struct scanner *s, struct wow_type *type) {
  if (take_word(s, "enum")) {
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
      bool at_word = s->p == from || !is_word_char(s->p[-1]);
      bool end = false;
      for (int i = 0; at_word && ends[i]; i++) {
        int n = (int)strlen(ends[i]);
        if (sqlite3_strnicmp(s->p, ends[i], n) == 0 && !is_word_char(s->p[n])) end = true;
      }
      if (end) break;
    }
    if (!quoted && *s->p == '(') depth++;
    if (!quoted && *s->p == ')') depth--;
    if (*s->p++ != ' ') to = s->p;
  }
  if (to == from) return scan_error(s, "a type");
  char *name = sqlite3_mprintf("%.*s", (int)(to - from), from);
  int rc = name ? wow_type_init(type, name) : SQLITE_NOMEM;
  sqlite3_free(name);
  return rc == SQLITE_OK ? SQLITE_OK : wow_error_nomem(s->err);
}

/* A relation that is embedded, "customers!customer_id!inner", of which the hints may be missing. */
struct embed {
  char *target;
  char *hint; /* NULL: not said */
  char *join; /* NULL: not said */
};

static void embed_reset(struct embed *embed) {
  sqlite3_free(embed->target);
  sqlite3_free(embed->hint);
  sqlite3_free(embed->join);
  memset(embed, 0, sizeof(*embed));
}

/* Takes one. False: an error. */
static bool take_embed(struct scanner *s, struct embed *embed) {
  embed->target = take_name(s);
  if (embed->target && take_symbol(s, '!')) embed->hint = take_name(s);
  if (embed->hint && take_symbol(s, '!')) embed->join = take_name(s);
  return s->err->rc == SQLITE_OK;
}

/* Takes "relation!hint!join(column)" after `of`. */
static int take_of(struct scanner *s, struct wow_column *column) {
  struct embed embed = {0};
  char *name = NULL;
  if (take_embed(s, &embed)) {
    if (take_symbol(s, '('))
      name = take_name(s);
    else
      scan_error(s, "( and the column's name");
    if (name && !take_symbol(s, ')')) scan_error(s, ")");
  }
  if (s->err->rc != SQLITE_OK) {
    embed_reset(&embed);
    sqlite3_free(name);
    return s->err->rc;
  }
  sqlite3_free(column->embed);
  sqlite3_free(column->embed_hint);
  sqlite3_free(column->embed_join);
  sqlite3_free(column->embed_column);
  column->embed = embed.target;
  column->embed_hint = embed.hint;
  column->embed_join = embed.join;
  column->embed_column = name;
  return SQLITE_OK;
}

/* Takes "relation (column)" after `references`, of which the column may be missing. */
static int take_references(struct scanner *s, struct wow_column *column) {
  sqlite3_free(column->fk_table);
  sqlite3_free(column->fk_column);
  column->fk_column = NULL;
  column->fk_table = take_name(s);
  if (column->fk_table && take_symbol(s, '(')) {
    column->fk_column = take_name(s);
    if (column->fk_column && !take_symbol(s, ')')) return scan_error(s, ")");
  }
  return s->err->rc;
}

static int take_constraints(struct scanner *s, struct wow_relation *relation,
                            struct wow_column *column) {
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK) {
    if (take_word(s, "not")) {
      if (!take_word(s, "null")) return scan_error(s, "NULL after NOT");
      column->not_null = true;
    } else if (take_word(s, "primary")) {
      if (!take_word(s, "key")) return scan_error(s, "KEY after PRIMARY");
      column->key_position = ++relation->n_key;
    } else if (take_word(s, "references")) {
      rc = take_references(s, column);
    } else if (take_word(s, "of")) {
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

static int take_key_list(struct scanner *s, struct wow_relation *relation, char end) {
  for (int i = 0; i < relation->n_columns; i++)
    relation->columns[i].key_position = 0;
  relation->n_key = 0;
  do {
    char *name = take_name(s);
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
  } while (take_symbol(s, ','));
  if (*s->p != end) return scan_error(s, end ? ")" : "a comma");
  if (end) take_symbol(s, end);
  return SQLITE_OK;
}

static int take_column(struct scanner *s, struct wow_relation *relation) {
  char *name = take_name(s);
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
  struct scanner s = {columns, columns, err};
  int rc = SQLITE_OK;
  struct wow_relation *relation = wow_relation_new(name);
  if (relation == NULL) return wow_error_nomem(err);
  skip_blanks(&s);
  do {
    if (take_word(&s, "primary")) {
      bool begun = take_word(&s, "key") && take_symbol(&s, '(');
      rc = begun ? take_key_list(&s, relation, ')') : scan_error(&s, "KEY (columns)");
    } else {
      rc = take_column(&s, relation);
    }
  } while (rc == SQLITE_OK && take_symbol(&s, ','));
  if (rc == SQLITE_OK && *s.p) rc = scan_error(&s, "a comma or the end");
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
  struct scanner s = {list, list, err};
  int rc = SQLITE_OK;
  wow_relation_drop_key(relation);
  skip_blanks(&s);
  relation->key_is_named = *s.p != 0;
  if (*s.p) rc = take_key_list(&s, relation, 0);
  if (rc == SQLITE_OK) rc = check_key(relation, err);
  if (rc == SQLITE_OK && wow_relation_finish(relation) != SQLITE_OK) rc = wow_error_nomem(err);
  return rc;
}

static void append_name(sqlite3_str *str, const char *name) {
  bool bare = *name && !(*name >= '0' && *name <= '9');
  for (const char *p = name; *p; p++)
    bare = bare && is_word_char(*p);
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

static void append_column(sqlite3_str *str, const struct wow_column *column, bool is_key) {
  append_name(str, column->name);
  append_type(str, &column->type);
  if (is_key)
    sqlite3_str_appendall(str, " primary key");
  else if (column->not_null)
    sqlite3_str_appendall(str, " not null");
  if (column->embed) {
    sqlite3_str_appendall(str, " of ");
    append_name(str, column->embed);
    append_hint(str, column->embed_hint);
    append_hint(str, column->embed_join);
    sqlite3_str_appendall(str, "(");
    append_name(str, column->embed_column);
    sqlite3_str_appendall(str, ")");
  }
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

/* ---------------------------------------------------------------- select lists */

/* Where the columns that are taken come from. */
struct origin {
  const struct wow_relation *relation;
  const struct embed *embed; /* NULL: the base relation itself */
  const char *alias;         /* what an embedded relation is called */
};

/* Copies a column. */
static int select_column(struct scanner *s, struct wow_relation *to, const struct origin *origin,
                         const struct wow_column *from) {
  char *name = origin->embed ? sqlite3_mprintf("%s.%s", origin->alias, from->name)
                             : sqlite3_mprintf("%s", from->name);
  if (name && wow_relation_column(to, name) >= 0) {
    wow_error_set(s->err, SQLITE_ERROR, to->name, "column '%s' is named twice", name);
    sqlite3_free(name);
    return s->err->rc;
  }
  struct wow_column *column = name ? wow_relation_add_column(to) : NULL;
  if (column == NULL) {
    sqlite3_free(name);
    return wow_error_nomem(s->err);
  }
  column->name = name;
  if (wow_type_copy(&column->type, &from->type) != SQLITE_OK) return wow_error_nomem(s->err);
  if (origin->embed == NULL) {
    column->not_null = from->not_null;
    column->key_position = from->key_position;
    return SQLITE_OK;
  }
  const struct embed *embed = origin->embed;
  column->embed = sqlite3_mprintf("%s", embed->target);
  if (embed->hint) column->embed_hint = sqlite3_mprintf("%s", embed->hint);
  if (embed->join) column->embed_join = sqlite3_mprintf("%s", embed->join);
  column->embed_column = sqlite3_mprintf("%s", from->name);
  bool is_complete = column->embed && column->embed_column &&
                     (!embed->hint || column->embed_hint) && (!embed->join || column->embed_join);
  return is_complete ? SQLITE_OK : wow_error_nomem(s->err);
}

/* Takes a column's name, or * for all. */
static int take_selected(struct scanner *s, struct wow_relation *to, const struct origin *origin) {
  const struct wow_relation *from = origin->relation;
  int rc = SQLITE_OK;
  skip_blanks(s);
  if (take_symbol(s, '*')) {
    for (int i = 0; rc == SQLITE_OK && i < from->n_columns; i++)
      rc = select_column(s, to, origin, &from->columns[i]);
    return rc;
  }
  char *name = take_name(s);
  if (name == NULL) return s->err->rc;
  int column = wow_relation_column(from, name);
  rc = column >= 0 ? select_column(s, to, origin, &from->columns[column])
                   : wow_error_set(s->err, SQLITE_ERROR, from->name, "it has no column '%s'", name);
  sqlite3_free(name);
  return rc;
}

/* Takes "(columns)". */
static int take_embedded_columns(struct scanner *s, struct wow_relation *to,
                                 const struct origin *origin) {
  if (!take_symbol(s, '(')) return scan_error(s, "( and the columns to embed");
  if (origin->relation == NULL) {
    return wow_error_set(s->err, SQLITE_ERROR, origin->embed->target,
                         "the server has no such table to embed");
  }
  for (;;) {
    int rc = take_selected(s, to, origin);
    if (rc != SQLITE_OK || take_symbol(s, ')')) return rc;
    if (!take_symbol(s, ',')) return scan_error(s, ", or )");
  }
}

/* Takes "alias:relation!hint!join(columns)", of which alias, hint and join may be missing. */
static int take_embedded(struct scanner *s, const struct wow_catalog *catalog,
                         struct wow_relation *to) {
  struct embed alias = {0}, embed = {0};
  bool good = take_embed(s, &embed);
  if (good && take_symbol(s, ':')) {
    alias = embed;
    memset(&embed, 0, sizeof(embed));
    good = take_embed(s, &embed);
  }
  struct origin origin = {.embed = &embed};
  origin.alias = alias.target ? alias.target : embed.target;
  if (good) origin.relation = wow_openapi_find(catalog, embed.target);
  int rc = good ? take_embedded_columns(s, to, &origin) : s->err->rc;
  embed_reset(&alias);
  embed_reset(&embed);
  return rc;
}

/* Does what comes here, up to the next comma, embed a relation? */
static bool is_embedded(const struct scanner *s) {
  size_t n = strcspn(s->p, ",(:");
  return s->p[n] == '(' || s->p[n] == ':';
}

int wow_column_list_select(const struct wow_catalog *catalog, const struct wow_relation *base,
                           const char *list, struct wow_relation **out, struct wow_error *err) {
  struct scanner s = {list, list, err};
  struct origin origin = {.relation = base};
  struct wow_relation *relation = wow_relation_new(base->name);
  int rc = relation ? SQLITE_OK : wow_error_nomem(err), n_key = 0;
  if (rc != SQLITE_OK) return rc;
  do {
    skip_blanks(&s);
    rc = is_embedded(&s) ? take_embedded(&s, catalog, relation)
                         : take_selected(&s, relation, &origin);
  } while (rc == SQLITE_OK && take_symbol(&s, ','));
  if (rc == SQLITE_OK && *s.p) rc = scan_error(&s, "a comma or the end");
  /* Half a key is not a key. */
  for (int i = 0; i < relation->n_columns; i++)
    n_key += relation->columns[i].key_position > 0;
  for (int i = 0; n_key < base->n_key && i < relation->n_columns; i++)
    relation->columns[i].key_position = 0;
  if (rc == SQLITE_OK && wow_relation_finish(relation) != SQLITE_OK) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK)
    *out = relation;
  else
    wow_relation_free(relation);
  return rc;
}
