/*
** Relations, columns and keys: out of PostgREST's OpenAPI 2.0 document (facts about it are in the
** comments below), or out of a column list. Knows nothing of queries.
**
** cJSON numbers are doubles; nothing here needs more.
*/
#include "catalog/relation.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- relations */

static void column_reset(struct wow_column *column) {
  sqlite3_free(column->name);
  sqlite3_free(column->fk_table);
  sqlite3_free(column->fk_column);
  wow_type_reset(&column->type);
  sqlite3_free(column->embed);
  sqlite3_free(column->embed_column);
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

static struct wow_relation *relation_new(const char *name) {
  struct wow_relation *relation = sqlite3_malloc64(sizeof(*relation));
  if (relation == NULL) return NULL;
  memset(relation, 0, sizeof(*relation));
  relation->writable = true;
  relation->name = sqlite3_mprintf("%s", name);
  if (relation->name) return relation;
  wow_relation_free(relation);
  return NULL;
}

/* A new column at the end; its name and type are still to be set. NULL: no memory. */
static struct wow_column *relation_grow(struct wow_relation *relation) {
  sqlite3_uint64 n = (sqlite3_uint64)relation->n_columns + 1;
  struct wow_column *columns = sqlite3_realloc64(relation->columns, n * sizeof(*columns));
  if (columns == NULL) return NULL;
  relation->columns = columns;
  struct wow_column *column = &columns[relation->n_columns++];
  memset(column, 0, sizeof(*column));
  return column;
}

/* Collects the key's columns from their key positions. */
static int relation_finish(struct wow_relation *relation) {
  sqlite3_free(relation->key);
  relation->key = sqlite3_malloc64(sizeof(int) * (sqlite3_uint64)(relation->n_columns + 1));
  if (relation->key == NULL) return SQLITE_NOMEM;
  relation->n_key = 0;
  for (int position = 1; position <= relation->n_columns; position++) {
    for (int i = 0; i < relation->n_columns; i++) {
      if (relation->columns[i].key_position == position) relation->key[relation->n_key++] = i;
    }
  }
  return SQLITE_OK;
}

struct wow_relation *wow_relation_copy(const struct wow_relation *relation) {
  struct wow_relation *copy = relation_new(relation->name);
  if (copy == NULL) return NULL;
  copy->writable = relation->writable;
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *from = &relation->columns[i];
    struct wow_column *to = relation_grow(copy);
    if (to == NULL) goto nomem;
    to->not_null = from->not_null;
    to->key_position = from->key_position;
    to->name = sqlite3_mprintf("%s", from->name);
    if (from->fk_table) to->fk_table = sqlite3_mprintf("%s", from->fk_table);
    if (from->fk_column) to->fk_column = sqlite3_mprintf("%s", from->fk_column);
    if (from->embed) to->embed = sqlite3_mprintf("%s", from->embed);
    if (from->embed_column) to->embed_column = sqlite3_mprintf("%s", from->embed_column);
    if (from->embed && (!to->embed || !to->embed_column)) goto nomem;
    if (to->name == NULL || wow_type_copy(&to->type, &from->type) != SQLITE_OK) goto nomem;
  }
  if (relation_finish(copy) == SQLITE_OK) return copy;
nomem:
  wow_relation_free(copy);
  return NULL;
}

int wow_relation_column(const struct wow_relation *relation, const char *name) {
  for (int i = 0; i < relation->n_columns; i++) {
    if (strcmp(relation->columns[i].name, name) == 0) return i;
  }
  return -1;
}

bool wow_column_is_not_null(const struct wow_column *column) {
  return column->not_null || column->key_position > 0;
}

enum wow_key_kind wow_relation_key_kind(const struct wow_relation *relation) {
  if (relation->n_key == 0) return WOW_KEY_NONE;
  if (relation->n_key > 1) return WOW_KEY_COMPOSITE;
  enum wow_family family = relation->columns[relation->key[0]].type.family;
  return family == WOW_INT ? WOW_KEY_ROWID : WOW_KEY_SINGLE;
}

/* ---------------------------------------------------------------- column lists */

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

/* Takes the text between quotes, which are doubled inside. NULL: no quoted text here, or an error
** (then err is set). */
static char *take_quoted(struct scanner *s, char quote) {
  if (*s->p != quote) return NULL;
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (s->p++; *s->p; s->p++) {
    if (*s->p == quote && *++s->p != quote) {
      skip_blanks(s);
      char *text = sqlite3_str_finish(str);
      return text ? text : sqlite3_mprintf("");
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

/* Takes a keyword if it stands here as a whole word. */
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

/* Takes a relation that is embedded, with the hints that say by which foreign key: names with
** exclamation marks between them. NULL: an error. */
static char *take_embed(struct scanner *s) {
  char *embed = take_name(s);
  while (embed && take_symbol(s, '!')) {
    char *hint = take_name(s);
    if (hint == NULL) {
      sqlite3_free(embed);
      return NULL;
    }
    embed = sqlite3_mprintf("%z!%z", embed, hint);
  }
  return embed;
}

static int take_constraints(struct scanner *s, struct wow_relation *relation,
                            struct wow_column *column) {
  for (;;) {
    if (take_word(s, "not")) {
      if (!take_word(s, "null")) return scan_error(s, "NULL after NOT");
      column->not_null = true;
    } else if (take_word(s, "primary")) {
      if (!take_word(s, "key")) return scan_error(s, "KEY after PRIMARY");
      column->key_position = ++relation->n_key;
    } else if (take_word(s, "references")) {
      sqlite3_free(column->fk_table);
      sqlite3_free(column->fk_column);
      column->fk_column = NULL;
      column->fk_table = take_name(s);
      if (column->fk_table && take_symbol(s, '(')) {
        column->fk_column = take_name(s);
        if (column->fk_column && !take_symbol(s, ')')) return scan_error(s, ")");
      }
      if (s->err->rc) return s->err->rc;
    } else if (take_word(s, "of")) {
      column->embed = take_embed(s);
      if (column->embed && !take_symbol(s, '(')) return scan_error(s, "( and the column's name");
      if (column->embed) column->embed_column = take_name(s);
      if (column->embed_column && !take_symbol(s, ')')) return scan_error(s, ")");
      if (s->err->rc) return s->err->rc;
    } else {
      return SQLITE_OK;
    }
  }
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
      wow_error_set(s->err, SQLITE_ERROR, relation->name,
                    "the key names '%s', which is no column of it", name);
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
    int rc = wow_error_set(s->err, SQLITE_ERROR, relation->name, "column '%s' stands twice", name);
    sqlite3_free(name);
    return rc;
  }
  struct wow_column *column = relation_grow(relation);
  if (column == NULL) {
    sqlite3_free(name);
    return wow_error_nomem(s->err);
  }
  column->name = name;
  int rc = take_type(s, &column->type);
  return rc == SQLITE_OK ? take_constraints(s, relation, column) : rc;
}

int wow_relation_parse(const char *name, const char *columns, struct wow_relation **out,
                       struct wow_error *err) {
  struct scanner s = {columns, columns, err};
  int rc = SQLITE_OK;
  struct wow_relation *relation = relation_new(name);
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
  if (rc == SQLITE_OK && relation_finish(relation) != SQLITE_OK) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK)
    *out = relation;
  else
    wow_relation_free(relation);
  return rc;
}

int wow_relation_set_key(struct wow_relation *relation, const char *list, struct wow_error *err) {
  struct scanner s = {list, list, err};
  int rc = take_key_list(&s, relation, 0);
  if (rc == SQLITE_OK && relation_finish(relation) != SQLITE_OK) rc = wow_error_nomem(err);
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

char *wow_relation_columns(const struct wow_relation *relation) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    if (i) sqlite3_str_appendall(str, ", ");
    append_name(str, column->name);
    if (column->type.family == WOW_ENUM) {
      sqlite3_str_appendall(str, " enum(");
      for (int j = 0; j < column->type.n_labels; j++) {
        sqlite3_str_appendf(str, "%s'%q'", j ? "," : "", column->type.labels[j]);
      }
      sqlite3_str_appendall(str, ")");
    } else {
      sqlite3_str_appendf(str, " %s", column->type.name);
    }
    if (column->key_position && relation->n_key == 1)
      sqlite3_str_appendall(str, " primary key");
    else if (column->not_null)
      sqlite3_str_appendall(str, " not null");
    if (column->embed) {
      const char *hint = strchr(column->embed, '!');
      char *target = sqlite3_mprintf(
          "%.*s", (int)(hint ? hint - column->embed : (int)strlen(column->embed)), column->embed);
      sqlite3_str_appendall(str, " of ");
      append_name(str, target ? target : "");
      sqlite3_str_appendf(str, "%s(", hint ? hint : "");
      append_name(str, column->embed_column);
      sqlite3_str_appendall(str, ")");
      sqlite3_free(target);
    }
    if (column->fk_table) {
      sqlite3_str_appendall(str, " references ");
      append_name(str, column->fk_table);
      if (column->fk_column) {
        sqlite3_str_appendall(str, "(");
        append_name(str, column->fk_column);
        sqlite3_str_appendall(str, ")");
      }
    }
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

/* Copies a column. `embed` and `alias` are NULL for one of the relation's own. */
static int select_column(struct scanner *s, struct wow_relation *to, const struct wow_column *from,
                         const char *embed, const char *alias) {
  char *name =
      alias ? sqlite3_mprintf("%s.%s", alias, from->name) : sqlite3_mprintf("%s", from->name);
  if (name && wow_relation_column(to, name) >= 0) {
    int rc = wow_error_set(s->err, SQLITE_ERROR, to->name, "column '%s' stands twice", name);
    sqlite3_free(name);
    return rc;
  }
  struct wow_column *column = name ? relation_grow(to) : NULL;
  if (column == NULL) {
    sqlite3_free(name);
    return wow_error_nomem(s->err);
  }
  column->name = name;
  if (wow_type_copy(&column->type, &from->type) != SQLITE_OK) return wow_error_nomem(s->err);
  if (embed == NULL) {
    column->not_null = from->not_null;
    column->key_position = from->key_position;
    return SQLITE_OK;
  }
  column->embed = sqlite3_mprintf("%s", embed);
  column->embed_column = sqlite3_mprintf("%s", from->name);
  return column->embed && column->embed_column ? SQLITE_OK : wow_error_nomem(s->err);
}

/* Takes a column's name, or * for all. */
static int take_selected(struct scanner *s, struct wow_relation *to,
                         const struct wow_relation *from, const char *embed, const char *alias) {
  int rc = SQLITE_OK;
  skip_blanks(s);
  if (take_symbol(s, '*')) {
    for (int i = 0; rc == SQLITE_OK && i < from->n_columns; i++)
      rc = select_column(s, to, &from->columns[i], embed, alias);
    return rc;
  }
  char *name = take_name(s);
  if (name == NULL) return s->err->rc;
  int column = wow_relation_column(from, name);
  rc = column >= 0 ? select_column(s, to, &from->columns[column], embed, alias)
                   : wow_error_set(s->err, SQLITE_ERROR, from->name, "it has no column '%s'", name);
  sqlite3_free(name);
  return rc;
}

/* Takes "alias:relation!hint(columns)", of which alias and hint may be missing. */
static int take_embedded(struct scanner *s, const struct wow_catalog *catalog,
                         struct wow_relation *to) {
  char *alias = NULL, *target = NULL;
  int rc = SQLITE_OK;
  char *embed = take_embed(s);
  if (embed && take_symbol(s, ':')) {
    alias = embed;
    embed = take_embed(s);
  }
  if (embed) target = sqlite3_mprintf("%.*s", (int)strcspn(embed, "!"), embed);
  const struct wow_relation *from = target ? wow_catalog_find(catalog, target) : NULL;
  if (embed == NULL) {
    rc = s->err->rc;
  } else if (!take_symbol(s, '(')) {
    rc = scan_error(s, "( and the columns to embed");
  } else if (from == NULL) {
    rc = wow_error_set(s->err, SQLITE_ERROR, target, "the server has no such table to embed");
  }
  while (rc == SQLITE_OK) {
    rc = take_selected(s, to, from, embed, alias ? alias : target);
    if (rc != SQLITE_OK || take_symbol(s, ')')) break;
    if (!take_symbol(s, ',')) rc = scan_error(s, ", or )");
  }
  sqlite3_free(alias);
  sqlite3_free(embed);
  sqlite3_free(target);
  return rc;
}

/* Does what stands here, up to the next comma, embed a relation? */
static bool is_embedded(const struct scanner *s) {
  size_t n = strcspn(s->p, ",(:");
  return s->p[n] == '(' || s->p[n] == ':';
}

int wow_catalog_select(const struct wow_catalog *catalog, const struct wow_relation *base,
                       const char *list, struct wow_relation **out, struct wow_error *err) {
  struct scanner s = {list, list, err};
  struct wow_relation *relation = relation_new(base->name);
  int rc = relation ? SQLITE_OK : wow_error_nomem(err), n_key = 0;
  if (rc != SQLITE_OK) return rc;
  do {
    skip_blanks(&s);
    rc = is_embedded(&s) ? take_embedded(&s, catalog, relation)
                         : take_selected(&s, relation, base, NULL, NULL);
  } while (rc == SQLITE_OK && take_symbol(&s, ','));
  if (rc == SQLITE_OK && *s.p) rc = scan_error(&s, "a comma or the end");
  /* Half a key is none. */
  for (int i = 0; i < relation->n_columns; i++)
    n_key += relation->columns[i].key_position > 0;
  for (int i = 0; n_key < base->n_key && i < relation->n_columns; i++)
    relation->columns[i].key_position = 0;
  if (rc == SQLITE_OK && relation_finish(relation) != SQLITE_OK) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK)
    *out = relation;
  else
    wow_relation_free(relation);
  return rc;
}

/* ---------------------------------------------------------------- OpenAPI */

static const char *string_member(const cJSON *object, const char *name) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* The text between two others; the quotes in it are not escaped. NULL: it is not there. */
static char *text_between(const char *text, const char *open, const char *close) {
  const char *from = strstr(text, open);
  if (from) from += strlen(open);
  const char *to = from ? strstr(from, close) : NULL;
  return to ? sqlite3_mprintf("%.*s", (int)(to - from), from) : NULL;
}

/*
** A property of a definition: `format` is the PostgreSQL type's name, and the end of `description`
** marks keys: "Note:\nThis is a Primary Key.<pk/>" and "<fk table='clients' column='id'/>".
*/
static int openapi_column(struct wow_relation *relation, const cJSON *property) {
  struct wow_column *column = relation_grow(relation);
  if (column == NULL) return SQLITE_NOMEM;
  const char *format = string_member(property, "format");
  const char *description = string_member(property, "description");
  column->name = sqlite3_mprintf("%s", property->string);
  if (column->name == NULL) return SQLITE_NOMEM;
  if (wow_type_init(&column->type, format ? format : "text") != SQLITE_OK) return SQLITE_NOMEM;
  const cJSON *label;
  cJSON_ArrayForEach(label, cJSON_GetObjectItemCaseSensitive(property, "enum")) {
    const char *text = cJSON_GetStringValue(label);
    int rc = text ? wow_type_add_label(&column->type, text, (int)strlen(text)) : SQLITE_OK;
    if (rc != SQLITE_OK) return rc;
  }
  if (description == NULL) return SQLITE_OK;
  if (strstr(description, "<pk/>")) column->key_position = ++relation->n_key;
  const char *mark = strstr(description, "<fk table='");
  if (mark) {
    column->fk_table = text_between(mark, "<fk table='", "' column='");
    column->fk_column = text_between(mark, "' column='", "'/>");
  }
  return SQLITE_OK;
}

static int openapi_relation(const cJSON *document, const cJSON *definition,
                            struct wow_relation **out) {
  struct wow_relation *relation = relation_new(definition->string);
  int rc = relation ? SQLITE_OK : SQLITE_NOMEM;
  const cJSON *property, *name;
  if (rc != SQLITE_OK) return rc;
  cJSON_ArrayForEach(property, cJSON_GetObjectItemCaseSensitive(definition, "properties")) {
    if (rc == SQLITE_OK) rc = openapi_column(relation, property);
  }
  cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(definition, "required")) {
    const char *text = cJSON_GetStringValue(name);
    int column = text ? wow_relation_column(relation, text) : -1;
    if (column >= 0) relation->columns[column].not_null = true;
  }
  const char *comment = string_member(definition, "description");
  if (comment) relation->comment = sqlite3_mprintf("%s", comment);
  /* The methods of the path tell whether the relation can be written to at all. */
  char *path = sqlite3_mprintf("/%s", relation->name);
  const cJSON *paths = cJSON_GetObjectItemCaseSensitive(document, "paths");
  const cJSON *methods = path ? cJSON_GetObjectItemCaseSensitive(paths, path) : NULL;
  relation->writable = cJSON_HasObjectItem(methods, "post") ||
                       cJSON_HasObjectItem(methods, "patch") ||
                       cJSON_HasObjectItem(methods, "delete");
  sqlite3_free(path);
  if (rc == SQLITE_OK) rc = relation_finish(relation);
  if (rc == SQLITE_OK)
    *out = relation;
  else
    wow_relation_free(relation);
  return rc;
}

static int compare_relations(const void *a, const void *b) {
  const struct wow_relation *left = *(struct wow_relation *const *)a;
  const struct wow_relation *right = *(struct wow_relation *const *)b;
  return strcmp(left->name, right->name);
}

void wow_catalog_free(struct wow_catalog *catalog) {
  if (catalog == NULL) return;
  for (int i = 0; i < catalog->n_relations; i++)
    wow_relation_free(catalog->relations[i]);
  sqlite3_free(catalog->relations);
  sqlite3_free(catalog->schema);
  sqlite3_free(catalog);
}

int wow_catalog_parse(const char *json, size_t bytes, struct wow_catalog **out,
                      struct wow_error *err) {
  cJSON *document = cJSON_ParseWithLength(json, bytes);
  const cJSON *definitions = cJSON_GetObjectItemCaseSensitive(document, "definitions");
  const char *swagger = string_member(document, "swagger");
  struct wow_catalog *catalog = NULL;
  const cJSON *definition;
  int rc = SQLITE_OK;
  /* A schema without relations has no definitions, but is a schema. */
  if (swagger == NULL || !cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(document, "paths"))) {
    rc = wow_error_hint(err, SQLITE_ERROR, NULL,
                        "is this the URL of a WowSQL project or of a PostgREST server? "
                        "For a bare PostgREST give the option rest_path",
                        "the server's answer is no OpenAPI description of PostgREST");
    goto done;
  }
  catalog = sqlite3_malloc64(sizeof(*catalog));
  if (catalog == NULL) goto nomem;
  memset(catalog, 0, sizeof(*catalog));
  sqlite3_uint64 n = (sqlite3_uint64)cJSON_GetArraySize(definitions) + 1;
  catalog->relations = sqlite3_malloc64(n * sizeof(*catalog->relations));
  if (catalog->relations == NULL) goto nomem;
  cJSON_ArrayForEach(definition, definitions) {
    rc = openapi_relation(document, definition, &catalog->relations[catalog->n_relations]);
    if (rc != SQLITE_OK) goto nomem;
    catalog->n_relations++;
  }
  qsort(catalog->relations, (size_t)catalog->n_relations, sizeof(*catalog->relations),
        compare_relations);
  *out = catalog;
  catalog = NULL;
  goto done;
nomem:
  rc = wow_error_nomem(err);
done:
  wow_catalog_free(catalog);
  cJSON_Delete(document);
  return rc;
}

const struct wow_relation *wow_catalog_find(const struct wow_catalog *catalog, const char *name) {
  for (int i = 0; i < catalog->n_relations; i++) {
    if (strcmp(catalog->relations[i]->name, name) == 0) return catalog->relations[i];
  }
  return NULL;
}
