/*
** PostgreSQL types by name, see type.h.
*/
#include "types/type.h"

#include <string.h>

#include "base/sqlite.h"

struct type_name {
  const char *name;
  enum wow_family family;
  int int_bits;
};

static const struct type_name type_names[] = {
    {"smallint", WOW_INT, 16},
    {"int2", WOW_INT, 16},
    {"smallserial", WOW_INT, 16},
    {"integer", WOW_INT, 32},
    {"int", WOW_INT, 32},
    {"int4", WOW_INT, 32},
    {"serial", WOW_INT, 32},
    {"bigint", WOW_INT, 64},
    {"int8", WOW_INT, 64},
    {"bigserial", WOW_INT, 64},
    {"double precision", WOW_FLOAT8, 0},
    {"float8", WOW_FLOAT8, 0},
    {"real", WOW_FLOAT4, 0},
    {"float4", WOW_FLOAT4, 0},
    {"numeric", WOW_NUMERIC, 0},
    {"decimal", WOW_NUMERIC, 0},
    {"boolean", WOW_BOOL, 0},
    {"bool", WOW_BOOL, 0},
    {"text", WOW_TEXT, 0},
    {"character varying", WOW_TEXT, 0},
    {"varchar", WOW_TEXT, 0},
    {"name", WOW_TEXT, 0},
    {"character", WOW_CHAR, 0},
    {"char", WOW_CHAR, 0},
    {"bpchar", WOW_CHAR, 0},
    {"citext", WOW_CITEXT, 0},
    {"uuid", WOW_UUID, 0},
    {"date", WOW_DATE, 0},
    {"time without time zone", WOW_TIME, 0},
    {"time", WOW_TIME, 0},
    {"timestamp without time zone", WOW_TIMESTAMP, 0},
    {"timestamp", WOW_TIMESTAMP, 0},
    {"timestamp with time zone", WOW_TIMESTAMPTZ, 0},
    {"timestamptz", WOW_TIMESTAMPTZ, 0},
    {"bytea", WOW_BYTEA, 0},
    {"jsonb", WOW_JSONB, 0},
    {"json", WOW_JSON, 0},
    {"tsvector", WOW_TSVECTOR, 0},
    {"interval", WOW_OTHER, 0},
    {"time with time zone", WOW_OTHER, 0},
    {"timetz", WOW_OTHER, 0},
    {"inet", WOW_OTHER, 0},
    {"cidr", WOW_OTHER, 0},
    {"macaddr", WOW_OTHER, 0},
    {"macaddr8", WOW_OTHER, 0},
    {"bit", WOW_OTHER, 0},
    {"bit varying", WOW_OTHER, 0},
    {"varbit", WOW_OTHER, 0},
    {"money", WOW_OTHER, 0},
    {"xml", WOW_OTHER, 0},
    {"oid", WOW_OTHER, 0},
    {"tsquery", WOW_OTHER, 0},
    {"int4range", WOW_OTHER, 0},
    {"int8range", WOW_OTHER, 0},
    {"numrange", WOW_OTHER, 0},
    {"daterange", WOW_OTHER, 0},
    {"tsrange", WOW_OTHER, 0},
    {"tstzrange", WOW_OTHER, 0},
    {"point", WOW_OTHER, 0},
    {NULL, WOW_USER, 0},
};

/* Names that newer PostgREST (from 14.8) and OpenAPI have for PostgreSQL's types. "float" is the
** narrower of two that it may be, which is compared with more care. */
static const struct {
  const char *name;
  const char *postgresql;
} described_names[] = {{"int16", "smallint"},
                       {"int32", "integer"},
                       {"int64", "bigint"},
                       {"float", "real"},
                       {"double", "double precision"}};

const char *wow_type_described(const char *format, const char *json_type) {
  for (size_t i = 0; i < sizeof(described_names) / sizeof(described_names[0]); i++) {
    if (sqlite3_stricmp(format, described_names[i].name) == 0) return described_names[i].postgresql;
  }
  for (const struct type_name *t = type_names; t->name; t++) {
    if (sqlite3_stricmp(format, t->name) == 0) return format;
  }
  if (json_type == NULL || strchr(format, '(') || strstr(format, "[]")) return format;
  if (strcmp(json_type, "integer") == 0) return "bigint";
  if (strcmp(json_type, "number") == 0) return "numeric";
  if (strcmp(json_type, "boolean") == 0) return "boolean";
  return strcmp(json_type, "array") == 0 ? "text[]" : format;
}

bool wow_type_is_number(const struct wow_type *type) {
  switch (type->family) {
  case WOW_INT:
  case WOW_FLOAT8:
  case WOW_FLOAT4:
  case WOW_NUMERIC: return true;
  default: return false;
  }
}

bool wow_type_is_numeric_here(const struct wow_type *type) {
  return type->family == WOW_BOOL || wow_type_is_number(type);
}

bool wow_type_has_date(const struct wow_type *type) {
  return type->family == WOW_DATE || type->family == WOW_TIMESTAMP ||
         type->family == WOW_TIMESTAMPTZ;
}

bool wow_type_is_server_valued(const struct wow_type *type) {
  return type->family == WOW_UUID || type->family == WOW_TIME || wow_type_has_date(type);
}

bool wow_type_is_json(const struct wow_type *type) {
  return type->family == WOW_JSON || type->family == WOW_JSONB;
}

/* "numeric(12,2)" and "character varying(20)" are the types before the parenthesis;
** "timestamp(3) with time zone" has it in the middle. */
static char *without_modifier(const char *name) {
  const char *open = strchr(name, '(');
  const char *close = open ? strchr(open, ')') : NULL;
  if (close == NULL) return sqlite3_mprintf("%s", name);
  int before = (int)(open - name);
  while (before > 0 && name[before - 1] == ' ')
    before--;
  return sqlite3_mprintf("%.*s%s", before, name, close + 1);
}

int wow_type_init(struct wow_type *type, const char *name) {
  memset(type, 0, sizeof(*type));
  type->family = WOW_USER;
  name = wow_type_described(name, NULL);
  type->name = sqlite3_mprintf("%s", name);
  char *plain = without_modifier(name);
  int rc = type->name && plain ? SQLITE_OK : SQLITE_NOMEM;
  if (rc != SQLITE_OK) goto done;
  size_t n = strlen(plain);
  if (n >= 2 && strcmp(plain + n - 2, "[]") == 0) {
    type->family = WOW_ARRAY;
    goto done;
  }
  /* An extension's type is written with its schema: ext.citext. */
  const char *dot = strrchr(plain, '.');
  const char *bare = dot && sqlite3_stricmp(dot + 1, "citext") == 0 ? dot + 1 : plain;
  for (const struct type_name *t = type_names; t->name; t++) {
    if (sqlite3_stricmp(t->name, bare) != 0) continue;
    type->family = t->family;
    type->int_bits = t->int_bits;
  }
done:
  sqlite3_free(plain);
  if (rc != SQLITE_OK) wow_type_reset(type);
  return rc;
}

int wow_type_add_label(struct wow_type *type, const char *label, int bytes) {
  char **labels =
      sqlite3_realloc64(type->labels, sizeof(*labels) * (sqlite3_uint64)(type->n_labels + 1));
  if (labels == NULL) return SQLITE_NOMEM;
  type->labels = labels;
  labels[type->n_labels] = sqlite3_mprintf("%.*s", bytes, label);
  if (labels[type->n_labels] == NULL) return SQLITE_NOMEM;
  type->n_labels++;
  type->family = WOW_ENUM;
  return SQLITE_OK;
}

bool wow_type_has_label(const struct wow_type *type, const char *text, int bytes) {
  for (int i = 0; i < type->n_labels; i++) {
    if ((int)strlen(type->labels[i]) == bytes && memcmp(type->labels[i], text, bytes) == 0) {
      return true;
    }
  }
  return false;
}

int wow_type_copy(struct wow_type *to, const struct wow_type *from) {
  memset(to, 0, sizeof(*to));
  to->family = from->family;
  to->int_bits = from->int_bits;
  to->name = sqlite3_mprintf("%s", from->name);
  int rc = to->name ? SQLITE_OK : SQLITE_NOMEM;
  for (int i = 0; rc == SQLITE_OK && i < from->n_labels; i++) {
    rc = wow_type_add_label(to, from->labels[i], (int)strlen(from->labels[i]));
  }
  if (rc != SQLITE_OK) wow_type_reset(to);
  return rc;
}

void wow_type_reset(struct wow_type *type) {
  for (int i = 0; i < type->n_labels; i++)
    sqlite3_free(type->labels[i]);
  sqlite3_free(type->labels);
  sqlite3_free(type->name);
  memset(type, 0, sizeof(*type));
}

/* SQLite's rule for the affinity of a declared type (datatype3.html, 3.1), as one letter. */
static char affinity_of(const char *declared) {
  char lower[64];
  size_t n = 0;
  for (; declared[n] && n < sizeof(lower) - 1; n++) {
    char c = declared[n];
    lower[n] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  lower[n] = 0;
  if (strstr(lower, "int")) return 'I';
  if (strstr(lower, "char") || strstr(lower, "clob") || strstr(lower, "text")) return 'T';
  if (strstr(lower, "blob") || n == 0) return 'B';
  if (strstr(lower, "real") || strstr(lower, "floa") || strstr(lower, "doub")) return 'R';
  return 'N';
}

static bool is_plain_name(const char *name) {
  for (const char *p = name; *p; p++) {
    bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_';
    bool inside = (*p >= '0' && *p <= '9') || *p == ' ';
    if (!letter && !(inside && p > name)) return false;
  }
  return strlen(name) < 60;
}

const char *wow_type_declared(const struct wow_type *type) {
  const char *fallback = "TEXT";
  switch (type->family) {
  case WOW_INT: fallback = "INTEGER"; break;
  case WOW_FLOAT4:
  case WOW_FLOAT8: fallback = "REAL"; break;
  case WOW_NUMERIC: fallback = "NUMERIC"; break;
  case WOW_BOOL: fallback = "BOOLEAN"; break;
  case WOW_BYTEA: fallback = "BLOB"; break;
  default: break;
  }
  bool same = is_plain_name(type->name) && affinity_of(type->name) == affinity_of(fallback);
  return same ? type->name : fallback;
}
