/*
** Select lists, see select_list.h.
*/
#include "catalog/select_list.h"

#include <string.h>

#include "base/limits.h"
#include "base/sqlite.h"
#include "base/text.h"
#include "catalog/scanner.h"

/* The relation whose columns are taken, and how it is reached. */
struct place {
  const struct wow_relation *relation;
  const char *prefix;           /* of the columns' names, "customer.country"; NULL: the base */
  const struct wow_embed *step; /* the last step; NULL: the base */
  const struct place *before;   /* where it begins; NULL: the base */
  int depth;
};

/* What is read, from what, and into what. */
struct reader {
  struct wow_scanner scanner;
  const struct wow_select_source *source;
  struct wow_relation *to;
};

/* ---------------------------------------------------------------- columns */

/* Adds the steps to a place to a column. */
static int add_steps(struct wow_column *column, const struct place *place) {
  if (place->step == NULL) return SQLITE_OK;
  int rc = add_steps(column, place->before);
  return rc == SQLITE_OK ? wow_relation_add_embed(column, place->step) : rc;
}

/* Is the column's part of the key already taken, by another name? */
static bool has_key_position(const struct wow_relation *relation, int position) {
  for (int i = 0; i < relation->n_columns; i++) {
    if (relation->columns[i].key_position == position) return true;
  }
  return false;
}

static int set_type(struct wow_column *column, const struct wow_column *from, const char *path) {
  column->may_be_domain = path == NULL && from->may_be_domain;
  if (path == NULL) return wow_type_copy(&column->type, &from->type);
  /* What the last arrow gives. */
  const char *last = path;
  for (const char *p = path; (p = strstr(p, "->")) != NULL; p += 2)
    last = p;
  return wow_type_init(&column->type, last[2] == '>' ? "text" : from->type.name);
}

/* Adds a column, which takes `name` and `path`. */
static int add_column(struct reader *r, const struct place *place, const struct wow_column *from,
                      char *name, char *path) {
  struct wow_error *err = r->scanner.err;
  struct wow_column *column = NULL;
  char *full = place->prefix && name ? sqlite3_mprintf("%s.%s", place->prefix, name) : NULL;
  bool is_twice = false;
  if (place->prefix && name) {
    sqlite3_free(name);
    name = full;
  }
  is_twice = name && wow_relation_column(r->to, name) >= 0;
  if (name && !is_twice) column = wow_relation_add_column(r->to);
  if (column == NULL) {
    int rc = is_twice
                 ? wow_error_set(err, SQLITE_ERROR, r->to->name, "column '%s' is named twice", name)
                 : wow_error_nomem(err);
    sqlite3_free(name);
    sqlite3_free(path);
    return rc;
  }
  column->name = name;
  column->json_path = path;
  if (place->step || path || strcmp(name, from->name) != 0) {
    column->remote = sqlite3_mprintf("%s", from->name);
    if (column->remote == NULL) return wow_error_nomem(err);
  }
  if (set_type(column, from, path) != SQLITE_OK) return wow_error_nomem(err);
  if (add_steps(column, place) != SQLITE_OK) return wow_error_nomem(err);
  if (place->step || path) return SQLITE_OK;
  column->not_null = from->not_null;
  if (!has_key_position(r->to, from->key_position)) column->key_position = from->key_position;
  return SQLITE_OK;
}

static int take_all(struct reader *r, const struct place *place) {
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < place->relation->n_columns; i++) {
    const struct wow_column *from = &place->relation->columns[i];
    rc = add_column(r, place, from, sqlite3_mprintf("%s", from->name), NULL);
  }
  return rc;
}

/* A path without a name is called by the last name in it that is not a number, as by PostgREST. */
static char *path_name(const char *column, const char *path) {
  const char *name = column;
  int bytes = (int)strlen(column);
  for (const char *p = path; (p = strstr(p, "->")) != NULL;) {
    p += p[2] == '>' ? 3 : 2;
    int n = (int)strcspn(p, "-");
    if ((int)strspn(p, "0123456789") == n) continue;
    name = p;
    bytes = n;
  }
  return sqlite3_mprintf("%.*s", bytes, name);
}

/* Takes what follows a column's name. `alias` is taken over; NULL: none. */
static int take_column(struct reader *r, const struct place *place, const char *name, char *alias) {
  struct wow_scanner *s = &r->scanner;
  int column = wow_relation_column(place->relation, name);
  char *path = NULL;
  int rc = SQLITE_OK;
  if (column < 0 || strcmp(name, "*") == 0) {
    rc = wow_error_set(s->err, SQLITE_ERROR, place->relation->name,
                       "it has no column '%s' that the server describes", name);
  } else {
    rc = wow_scanner_take_json_path(s, &path);
  }
  if (rc == SQLITE_OK && s->p[0] == ':' && s->p[1] == ':') {
    rc = wow_error_hint(s->err, SQLITE_ERROR, place->relation->name,
                        "write CAST(... AS ...) in SQL, or make a view with it on the server",
                        "select= does not take casts: '%.60s'", s->p);
  }
  if (rc == SQLITE_OK && path && !wow_type_is_json(&place->relation->columns[column].type)) {
    rc = wow_error_set(s->err, SQLITE_ERROR, place->relation->name,
                       "column '%s' is not JSON, and has no part '%s'", name, path);
  }
  if (rc != SQLITE_OK) {
    sqlite3_free(path);
    sqlite3_free(alias);
    return rc;
  }
  if (alias == NULL) alias = path ? path_name(name, path) : sqlite3_mprintf("%s", name);
  return add_column(r, place, &place->relation->columns[column], alias, path);
}

/* ---------------------------------------------------------------- other relations */

/* Has an earlier column the same foreign table? */
static bool is_asked(const struct wow_relation *relation, int column) {
  for (int i = 0; i < column; i++) {
    const char *table = relation->columns[i].fk_table;
    if (table && strcmp(table, relation->columns[column].fk_table) == 0) return true;
  }
  return false;
}

/* Asks which of the relations that this one refers to is reached by a foreign key of that name. */
static int ask_server(struct reader *r, const struct wow_relation *from, const char *name,
                      const struct wow_relation **out) {
  const struct wow_select_source *source = r->source;
  int rc = SQLITE_OK;
  for (int i = 0; source->ask && rc == SQLITE_OK && *out == NULL && i < from->n_columns; i++) {
    const char *table = from->columns[i].fk_table;
    const struct wow_relation *to = table ? wow_openapi_find(source->catalog, table) : NULL;
    bool is_known = false;
    if (to == NULL || is_asked(from, i)) continue;
    char *way = sqlite3_mprintf("%s!%s", table, name);
    rc = way ? source->ask(source->ctx, from->name, way, &is_known, r->scanner.err)
             : wow_error_nomem(r->scanner.err);
    sqlite3_free(way);
    if (is_known) *out = to;
  }
  return rc;
}

/* The relation that a step leads to: named itself, or by a foreign key's column or name. */
static int find_target(struct reader *r, const struct wow_relation *from,
                       const struct wow_embed *step, const struct wow_relation **out) {
  const struct wow_catalog *catalog = r->source->catalog;
  int column = wow_relation_column(from, step->target);
  int rc = SQLITE_OK;
  *out = wow_openapi_find(catalog, step->target);
  if (*out == NULL && column >= 0 && from->columns[column].fk_table)
    *out = wow_openapi_find(catalog, from->columns[column].fk_table);
  if (*out == NULL) rc = ask_server(r, from, step->target, out);
  if (rc != SQLITE_OK || *out) return rc;
  return wow_error_set(r->scanner.err, SQLITE_ERROR, from->name,
                       "it cannot embed '%s': the server has no such table, and it has no such "
                       "foreign key",
                       step->target);
}

static int take_items(struct reader *r, const struct place *place);

/* Takes "!hint!join(items)" after a target's name, which it is taken from. */
static int take_embedded(struct reader *r, const struct place *place, struct wow_embed *step,
                         const char *alias) {
  struct wow_scanner *s = &r->scanner;
  struct place there = {.step = step, .before = place, .depth = place->depth + 1};
  if (there.depth > WOW_MAX_EMBED_DEPTH)
    return wow_error_set(s->err, SQLITE_ERROR, r->to->name, "select= goes too deep");
  int rc = find_target(r, place->relation, step, &there.relation);
  if (rc == SQLITE_OK && !wow_scanner_take_symbol(s, '('))
    rc = wow_scanner_fail(s, "( and the columns to embed");
  if (rc != SQLITE_OK) return rc;
  const char *name = alias ? alias : step->target;
  char *prefix =
      place->prefix ? sqlite3_mprintf("%s.%s", place->prefix, name) : sqlite3_mprintf("%s", name);
  there.prefix = prefix;
  rc = prefix ? take_items(r, &there) : wow_error_nomem(s->err);
  sqlite3_free(prefix);
  return rc == SQLITE_OK && !wow_scanner_take_symbol(s, ')') ? wow_scanner_fail(s, ", or )") : rc;
}

/* Takes one item: *, a column, or a relation with its items. */
static int take_item(struct reader *r, const struct place *place) {
  struct wow_scanner *s = &r->scanner;
  struct wow_embed step = {0};
  char *alias = NULL;
  wow_scanner_skip_blanks(s);
  if (wow_scanner_take_symbol(s, '*')) return take_all(r, place);
  const char *from = s->p;
  char *name = wow_scanner_take_name(s);
  if (name && s->p[0] == ':' && s->p[1] != ':') {
    alias = name;
    wow_scanner_take_symbol(s, ':');
    wow_scanner_skip_blanks(s);
    from = s->p;
    name = wow_scanner_take_name(s);
  }
  int rc = s->err->rc;
  if (rc == SQLITE_OK && (*s->p == '!' || *s->p == '(')) {
    s->p = from;
    rc = wow_scanner_take_embed(s, &step);
    if (rc == SQLITE_OK) rc = take_embedded(r, place, &step, alias);
    wow_relation_reset_embed(&step);
  } else if (rc == SQLITE_OK) {
    rc = take_column(r, place, name, alias);
    alias = NULL;
  }
  sqlite3_free(alias);
  sqlite3_free(name);
  return rc;
}

static int take_items(struct reader *r, const struct place *place) {
  int rc = SQLITE_OK;
  do {
    rc = take_item(r, place);
  } while (rc == SQLITE_OK && wow_scanner_take_symbol(&r->scanner, ','));
  return rc;
}

/* ---------------------------------------------------------------- one relation twice */

/* Do two columns take the `n`-th step from the same relation to the same one, but differently? */
static bool is_conflict(const struct wow_column *a, const struct wow_column *b, int n) {
  return wow_relation_is_same_embed(a, b, n) && a->n_embed > n && b->n_embed > n &&
         strcmp(a->embed[n].target, b->embed[n].target) == 0 &&
         !wow_relation_is_same_embed(a, b, n + 1);
}

static bool has_conflict(const struct wow_relation *relation, int column, int n) {
  for (int i = 0; i < relation->n_columns; i++) {
    if (is_conflict(&relation->columns[column], &relation->columns[i], n)) return true;
  }
  return false;
}

/*
** Two spreads of one relation by two hints, ...cities!home(name) and ...cities!work(name), have the
** same name on the server, which refuses them (42712); named by their foreign keys, ...home(name)
** and ...work(name), they differ. For all columns at once, so that those of one step stay together.
*/
static int rename_conflicts(struct wow_relation *relation, int n, struct wow_error *err) {
  bool *rename = sqlite3_malloc64((sqlite3_uint64)relation->n_columns + 1);
  if (rename == NULL) return wow_error_nomem(err);
  for (int i = 0; i < relation->n_columns; i++)
    rename[i] = has_conflict(relation, i, n);
  for (int i = 0; i < relation->n_columns; i++) {
    struct wow_embed *step = rename[i] ? &relation->columns[i].embed[n] : NULL;
    if (step == NULL || step->hint == NULL) continue;
    sqlite3_free(step->target);
    step->target = step->hint;
    step->hint = NULL;
  }
  sqlite3_free(rename);
  for (int i = 0; i < relation->n_columns; i++) {
    if (!has_conflict(relation, i, n)) continue;
    return wow_error_set(err, SQLITE_ERROR, relation->name,
                         "it embeds '%s' twice, and the server cannot tell them apart: give each "
                         "its foreign key",
                         relation->columns[i].embed[n].target);
  }
  return SQLITE_OK;
}

/* Half a key is not a key. */
static void forget_half_key(struct wow_relation *relation, const struct wow_relation *base) {
  int n_key = 0;
  for (int i = 0; i < relation->n_columns; i++)
    n_key += relation->columns[i].key_position > 0;
  for (int i = 0; n_key < base->n_key && i < relation->n_columns; i++)
    relation->columns[i].key_position = 0;
}

int wow_select_list_parse(const struct wow_select_source *source, const struct wow_relation *base,
                          const char *list, struct wow_relation **out, struct wow_error *err) {
  struct reader r = {.scanner = {list, list, err}, .source = source};
  struct place place = {.relation = base};
  r.to = wow_relation_new(base->name);
  if (r.to == NULL) return wow_error_nomem(err);
  int rc = take_items(&r, &place);
  if (rc == SQLITE_OK && *r.scanner.p) rc = wow_scanner_fail(&r.scanner, "a comma or the end");
  for (int n = 0; rc == SQLITE_OK && n < WOW_MAX_EMBED_DEPTH; n++)
    rc = rename_conflicts(r.to, n, err);
  forget_half_key(r.to, base);
  if (rc == SQLITE_OK && wow_relation_finish(r.to) != SQLITE_OK) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK)
    *out = r.to;
  else
    wow_relation_free(r.to);
  return rc;
}
