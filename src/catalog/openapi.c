/*
** PostgREST's OpenAPI 2.0 document; facts about it are in the comments below. cJSON numbers are
** doubles; nothing here needs more.
*/
#include "catalog/openapi.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/limits.h"
#include "base/sqlite.h"

static const char *string_member(const cJSON *object, const char *name) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* Copies the text between two others, where it is there; quotes in it are not escaped. SQLITE_OK or
** SQLITE_NOMEM. */
static int copy_between(char **to, const char *text, const char *open, const char *close) {
  const char *from = strstr(text, open);
  if (from) from += strlen(open);
  const char *end = from ? strstr(from, close) : NULL;
  if (end == NULL) return SQLITE_OK;
  *to = sqlite3_mprintf("%.*s", (int)(end - from), from);
  return *to ? SQLITE_OK : SQLITE_NOMEM;
}

/* The comment that a description begins with; the server's own note on keys follows it. SQLITE_OK
** or SQLITE_NOMEM. */
static int copy_comment(char **to, const char *description) {
  const char *note = strstr(description, "Note:\nThis is a ");
  size_t bytes = note ? (size_t)(note - description) : strlen(description);
  while (note && bytes > 0 && description[bytes - 1] == '\n')
    bytes--;
  if (bytes == 0) return SQLITE_OK;
  *to = sqlite3_mprintf("%.*s", (int)bytes, description);
  return *to ? SQLITE_OK : SQLITE_NOMEM;
}

/* A text as it is, anything else as JSON. */
static int copy_default(char **to, const cJSON *value) {
  if (value == NULL) return SQLITE_OK;
  char *printed = cJSON_IsString(value) ? NULL : cJSON_PrintUnformatted(value);
  const char *text = cJSON_IsString(value) ? cJSON_GetStringValue(value) : printed;
  *to = text ? sqlite3_mprintf("%s", text) : NULL;
  cJSON_free(printed);
  return *to ? SQLITE_OK : SQLITE_NOMEM;
}

/*
** A property of a definition: `format` is the PostgreSQL type's name, except that from 14.8 on it
** is int32 for smallint and integer, and int64 for bigint. A user's own type has a schema before
** its name, and up to 13.0.2 so has a domain over a domain, whatever is at the bottom. The end of
** `description` marks keys: "Note:\nThis is a Primary Key.<pk/>" and "<fk table='clients'
** column='id'/>".
*/
static int openapi_column(struct wow_relation *relation, const cJSON *property) {
  struct wow_column *column = wow_relation_add_column(relation);
  if (column == NULL) return SQLITE_NOMEM;
  const char *format = string_member(property, "format");
  const char *description = string_member(property, "description");
  const char *type = wow_type_described(format ? format : "", string_member(property, "type"));
  column->name = sqlite3_mprintf("%s", property->string);
  if (column->name == NULL) return SQLITE_NOMEM;
  if (wow_type_init(&column->type, *type ? type : "text") != SQLITE_OK) return SQLITE_NOMEM;
  const cJSON *label;
  cJSON_ArrayForEach(label, cJSON_GetObjectItemCaseSensitive(property, "enum")) {
    const char *text = cJSON_GetStringValue(label);
    if (text && wow_type_add_label(&column->type, text, (int)strlen(text)) != SQLITE_OK)
      return SQLITE_NOMEM;
  }
  column->may_be_domain = column->type.family == WOW_USER && strchr(type, '.') != NULL;
  int rc =
      copy_default(&column->default_text, cJSON_GetObjectItemCaseSensitive(property, "default"));
  if (rc == SQLITE_OK && description) rc = copy_comment(&column->comment, description);
  if (rc != SQLITE_OK || description == NULL) return rc;
  if (strstr(description, "<pk/>")) column->key_position = ++relation->n_key;
  const char *mark = strstr(description, "<fk table='");
  if (mark == NULL) return SQLITE_OK;
  rc = copy_between(&column->fk_table, mark, "<fk table='", "' column='");
  return rc == SQLITE_OK ? copy_between(&column->fk_column, mark, "' column='", "'/>") : rc;
}

/*
** Columns of views are marked as keys because they come from a table's key, although joins repeat
** them and outer joins make them NULL. The columns of a table's key are NOT NULL, which makes them
** required; those of views, materialised or not, never are.
*/
static void check_key(struct wow_relation *relation) {
  bool is_key = true;
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    is_key = is_key && (column->not_null || column->key_position == 0);
  }
  if (!is_key) wow_relation_drop_key(relation);
}

/* The columns of a definition, and what it says of them. */
static int openapi_columns(struct wow_relation *relation, const cJSON *definition) {
  const cJSON *property, *name;
  int rc = SQLITE_OK;
  cJSON_ArrayForEach(property, cJSON_GetObjectItemCaseSensitive(definition, "properties")) {
    if (rc == SQLITE_OK) rc = openapi_column(relation, property);
  }
  /* The last column may have no name. */
  if (rc != SQLITE_OK) return rc;
  cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(definition, "required")) {
    const char *text = cJSON_GetStringValue(name);
    int column = text ? wow_relation_column(relation, text) : -1;
    if (column >= 0) relation->columns[column].not_null = true;
  }
  check_key(relation);
  const char *comment = string_member(definition, "description");
  if (comment) relation->comment = sqlite3_mprintf("%s", comment);
  if (comment && relation->comment == NULL) rc = SQLITE_NOMEM;
  return rc == SQLITE_OK ? wow_relation_finish(relation) : rc;
}

static int openapi_relation(const cJSON *document, const cJSON *definition,
                            struct wow_relation **out) {
  struct wow_relation *relation = wow_relation_new(definition->string);
  char *path = sqlite3_mprintf("/%s", definition->string);
  int rc = relation && path ? openapi_columns(relation, definition) : SQLITE_NOMEM;
  if (rc == SQLITE_OK) {
    /* The methods of the path tell whether the relation can be written to at all. */
    const cJSON *paths = cJSON_GetObjectItemCaseSensitive(document, "paths");
    const cJSON *methods = cJSON_GetObjectItemCaseSensitive(paths, path);
    relation->writable = cJSON_HasObjectItem(methods, "post") ||
                         cJSON_HasObjectItem(methods, "patch") ||
                         cJSON_HasObjectItem(methods, "delete");
    *out = relation;
  } else {
    wow_relation_free(relation);
  }
  sqlite3_free(path);
  return rc;
}

static int compare_relations(const void *a, const void *b) {
  const struct wow_relation *left = *(struct wow_relation *const *)a;
  const struct wow_relation *right = *(struct wow_relation *const *)b;
  return strcmp(left->name, right->name);
}

void wow_openapi_free(struct wow_catalog *catalog) {
  if (catalog == NULL) return;
  for (int i = 0; i < catalog->n_relations; i++)
    wow_relation_free(catalog->relations[i]);
  sqlite3_free(catalog->relations);
  sqlite3_free(catalog->schema);
  sqlite3_free(catalog->version);
  sqlite3_free(catalog);
}

int wow_openapi_parse(const char *json, size_t bytes, struct wow_catalog **out,
                      struct wow_error *err) {
  cJSON *document = wow_document_parse(json, bytes, err);
  const cJSON *definitions = cJSON_GetObjectItemCaseSensitive(document, "definitions");
  const char *version =
      string_member(cJSON_GetObjectItemCaseSensitive(document, "info"), "version");
  const char *swagger = string_member(document, "swagger");
  struct wow_catalog *catalog = NULL;
  const cJSON *definition;
  int rc = SQLITE_OK;
  /* A schema without relations has no definitions, but is a schema. */
  if (swagger == NULL || !cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(document, "paths"))) {
    rc = wow_error_hint(err, SQLITE_ERROR, NULL,
                        "is this the URL of a WowSQL project or of a PostgREST server? "
                        "For a bare PostgREST give the option rest_path",
                        "the server's response is not an OpenAPI description of PostgREST");
    goto done;
  }
  catalog = sqlite3_malloc64(sizeof(*catalog));
  if (catalog == NULL) goto nomem;
  memset(catalog, 0, sizeof(*catalog));
  if (version) catalog->version = sqlite3_mprintf("%s", version);
  if (version && catalog->version == NULL) goto nomem;
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
  wow_openapi_free(catalog);
  cJSON_Delete(document);
  return rc;
}

struct wow_relation *wow_openapi_find(const struct wow_catalog *catalog, const char *name) {
  for (int i = 0; i < catalog->n_relations; i++) {
    if (strcmp(catalog->relations[i]->name, name) == 0) return catalog->relations[i];
  }
  return NULL;
}

/* How many bytes have to be inserted, deleted or changed to make b of a (Levenshtein); swapping two
** neighbours counts as one change. At least `limit` if either is too long. */
static size_t distance(const char *a, const char *b, size_t limit) {
  size_t n = strlen(a), m = strlen(b);
  size_t rows[3][WOW_MAX_NEAR_BYTES + 1]; /* of the table of distances: this one, and two before */
  if (n > WOW_MAX_NEAR_BYTES || m > WOW_MAX_NEAR_BYTES) return limit;
  for (size_t j = 0; j <= m; j++)
    rows[0][j] = j;
  for (size_t i = 1; i <= n; i++) {
    size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= m; j++) {
      size_t best =
          above[j - 1] + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
      if (above[j] + 1 < best) best = above[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      bool is_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swapped && second[j - 2] + 1 < best) best = second[j - 2] + 1;
      row[j] = best;
    }
  }
  return rows[n % 3][m];
}

const char *wow_openapi_nearest(const struct wow_catalog *catalog, const char *name) {
  const char *nearest = NULL;
  size_t limit = strlen(name) / 3 + 1; /* as far as it may be */
  for (int i = 0; i < catalog->n_relations; i++) {
    const char *other = catalog->relations[i]->name;
    size_t far = distance(name, other, limit + 1);
    if (far > limit || (nearest && far == limit)) continue;
    nearest = other;
    limit = far;
  }
  return nearest;
}
