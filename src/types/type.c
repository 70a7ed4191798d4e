/*
** PostgreSQL types as SQLite sees them.
**
** Owns: the families of types, the table of shippability, constants in the server's words, and the
** SQLite value of a decoded member. Assumes of the server: PostgreSQL's comparison rules and the
** output forms of PostgREST's JSON (UTF-8 database). Assumes of SQLite: no affinity is applied to
** the constants that a virtual table is given, nor to the values that it returns; numbers sort
** before text, text before blobs. Building requests is left to deparse.c.
*/
#include "types/type.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types/datetime.h"

/* ---------------------------------------------------------------- types by name */

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

static const char *const family_names[WOW_N_FAMILIES] = {
    [WOW_INT] = "integer",         [WOW_FLOAT8] = "double precision",
    [WOW_FLOAT4] = "real",         [WOW_NUMERIC] = "numeric",
    [WOW_BOOL] = "boolean",        [WOW_TEXT] = "text",
    [WOW_CHAR] = "character(n)",   [WOW_CITEXT] = "citext",
    [WOW_ENUM] = "enum",           [WOW_UUID] = "uuid",
    [WOW_DATE] = "date",           [WOW_TIME] = "time",
    [WOW_TIMESTAMP] = "timestamp", [WOW_TIMESTAMPTZ] = "timestamp with time zone",
    [WOW_BYTEA] = "bytea",         [WOW_JSONB] = "jsonb",
    [WOW_JSON] = "json",           [WOW_ARRAY] = "array",
    [WOW_TSVECTOR] = "tsvector",   [WOW_OTHER] = "other",
    [WOW_USER] = "user-defined",
};

static const char *const op_names[WOW_N_OPS] = {
    [WOW_EQ] = "=",
    [WOW_NE] = "<>",
    [WOW_LT] = "<",
    [WOW_LE] = "<=",
    [WOW_GT] = ">",
    [WOW_GE] = ">=",
    [WOW_IS] = "IS",
    [WOW_IS_NOT] = "IS NOT",
    [WOW_IN] = "IN",
    [WOW_IS_NULL] = "IS NULL",
    [WOW_NOT_NULL] = "IS NOT NULL",
    [WOW_LIKE] = "LIKE",
    [WOW_GLOB] = "GLOB",
    [WOW_REGEXP] = "REGEXP",
    [WOW_MATCH] = "MATCH",
};

const char *wow_family_name(enum wow_family family) {
  return family_names[family];
}

const char *wow_op_name(enum wow_op op) {
  return op_names[op];
}

/* "numeric(12,2)" and "character varying(20)" are the types that stand before the parenthesis;
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

/* ---------------------------------------------------------------- the table of shippability */

/*
** What may be sent for each family and group of operators, when the constant is of the family's own
** storage class. wow_types_rule narrows it where the constant is not known or is of another class.
*/
struct family_rules {
  struct wow_rule equal;   /* =  IS  IN */
  struct wow_rule differ;  /* <>  IS NOT */
  struct wow_rule range;   /* <  <=  >  >= */
  struct wow_rule is_null; /* IS NULL */
  struct wow_rule not_null;
  struct wow_rule pattern; /* LIKE  GLOB */
  struct wow_rule regexp;
  struct wow_rule match;
  const char *order; /* why ORDER BY stays here; NULL: it is sent */
};

#define EXACT                                                                                      \
  { WOW_EXACT, NULL }
#define LOCAL(reason)                                                                              \
  { WOW_LOCAL, reason }
#define SUPERSET(reason)                                                                           \
  { WOW_SUPERSET, reason }

#define NO_PATTERN LOCAL("patterns are sent for text columns only")
#define NO_REGEXP LOCAL("regular expressions are sent for text columns only")
#define NO_MATCH LOCAL("full-text search is sent for text and tsvector columns only")
#define NO_TEXT NO_PATTERN, NO_REGEXP, NO_MATCH
#define LIKE_PATTERN                                                                               \
  SUPERSET("the server folds more than ASCII letters, and '*' is a wildcard there")

/* The comparisons of these types mean the same as those of the numbers or blobs that SQLite gets.
 */
#define AS_NUMBERS                                                                                 \
  { EXACT, EXACT, EXACT, EXACT, EXACT, NO_TEXT, NULL }

#define FORM_LOCAL LOCAL("the server compares values, SQLite their text form")
#define ONLY_NULLS(order_reason)                                                                   \
  { FORM_LOCAL, FORM_LOCAL, FORM_LOCAL, EXACT, EXACT, NO_TEXT, order_reason }

static const struct family_rules rules[WOW_N_FAMILIES] = {
    [WOW_INT] = AS_NUMBERS,
    [WOW_FLOAT8] = AS_NUMBERS,
    [WOW_NUMERIC] = AS_NUMBERS,
    [WOW_BOOL] = AS_NUMBERS,
    [WOW_BYTEA] = AS_NUMBERS,
    [WOW_FLOAT4] = {SUPERSET("the server rounds the constant to single precision"),
                    SUPERSET("the server rounds the constant to single precision"),
                    SUPERSET("the server rounds the constant to single precision"), EXACT, EXACT,
                    NO_TEXT, NULL},
    /* Compared by the server, as values: what is wanted (design: the declared exceptions). */
    [WOW_UUID] = AS_NUMBERS,
    [WOW_DATE] = AS_NUMBERS,
    [WOW_TIME] = AS_NUMBERS,
    [WOW_TIMESTAMP] = AS_NUMBERS,
    [WOW_TIMESTAMPTZ] = AS_NUMBERS,
    [WOW_TEXT] = {EXACT, EXACT, EXACT, EXACT, EXACT, LIKE_PATTERN, EXACT, EXACT, NULL},
    [WOW_CHAR] = {SUPERSET("the server ignores trailing blanks"),
                  LOCAL("the server ignores trailing blanks"),
                  LOCAL("the server ignores trailing blanks"), EXACT, EXACT, LIKE_PATTERN, EXACT,
                  NO_MATCH, "the server ignores trailing blanks"},
    [WOW_CITEXT] = {SUPERSET("the server ignores case"), LOCAL("the server ignores case"),
                    LOCAL("the server ignores case"), EXACT, EXACT, LIKE_PATTERN,
                    LOCAL("the server ignores case"), NO_MATCH, "the server ignores case"},
    [WOW_ENUM] = {SUPERSET("the server knows its labels, and refuses others"),
                  SUPERSET("the server knows its labels, and refuses others"),
                  LOCAL("the server orders labels as they were declared, SQLite as text"), EXACT,
                  EXACT, NO_TEXT, "the server orders labels as they were declared"},
    /* A JSON null inside jsonb and SQL's NULL look the same in the answer. */
    [WOW_JSONB] = {FORM_LOCAL, FORM_LOCAL, FORM_LOCAL,
                   LOCAL("a JSON null is NULL here, and no NULL on the server"),
                   SUPERSET("a JSON null is NULL here, and no NULL on the server"), NO_TEXT,
                   "the server orders JSON values, SQLite their text form"},
    [WOW_JSON] = {FORM_LOCAL, FORM_LOCAL, FORM_LOCAL,
                  LOCAL("a JSON null is NULL here, and no NULL on the server"),
                  SUPERSET("a JSON null is NULL here, and no NULL on the server"), NO_TEXT,
                  "the server has no order for json"},
    [WOW_ARRAY] = ONLY_NULLS("the server orders elements, SQLite the text form"),
    [WOW_TSVECTOR] = {FORM_LOCAL, FORM_LOCAL, FORM_LOCAL, EXACT, EXACT, NO_PATTERN, NO_REGEXP,
                      EXACT, "the server orders values, SQLite their text form"},
    [WOW_OTHER] = ONLY_NULLS("the server orders values, SQLite their text form"),
    [WOW_USER] = {FORM_LOCAL, FORM_LOCAL, FORM_LOCAL,
                  SUPERSET("the server takes a composite of NULLs for NULL"),
                  LOCAL("the server takes a composite with a NULL in it for one"), NO_TEXT,
                  "the server orders values, SQLite their text form"},
};

static const struct wow_rule *family_rule(enum wow_family family, enum wow_op op) {
  const struct family_rules *r = &rules[family];
  switch (op) {
  case WOW_EQ:
  case WOW_IS:
  case WOW_IN: return &r->equal;
  case WOW_NE:
  case WOW_IS_NOT: return &r->differ;
  case WOW_LT:
  case WOW_LE:
  case WOW_GT:
  case WOW_GE: return &r->range;
  case WOW_IS_NULL: return &r->is_null;
  case WOW_NOT_NULL: return &r->not_null;
  case WOW_LIKE:
  case WOW_GLOB: return &r->pattern;
  case WOW_REGEXP: return &r->regexp;
  default: return &r->match;
  }
}

static bool is_range(enum wow_op op) {
  return op == WOW_LT || op == WOW_LE || op == WOW_GT || op == WOW_GE;
}

static bool is_comparison(enum wow_op op) {
  return op <= WOW_IN;
}

static bool is_server_valued(enum wow_family family) {
  return family >= WOW_UUID && family <= WOW_TIMESTAMPTZ;
}

/* Is this text, for a column of such a type, a value that the server would read, whole? Everything
** that the server itself writes is. */
static bool is_server_value(enum wow_family family, const char *text, int bytes) {
  switch (family) {
  case WOW_UUID: return wow_time_is_uuid(text, bytes);
  case WOW_DATE: return wow_time_is_date(text, bytes);
  case WOW_TIME: return wow_time_is_time(text, bytes);
  case WOW_TIMESTAMP: return wow_time_is_timestamp(text, bytes, false);
  default: return wow_time_is_timestamp(text, bytes, true);
  }
}

static bool has_label(const struct wow_type *type, const char *text, int bytes) {
  for (int i = 0; i < type->n_labels; i++) {
    if ((int)strlen(type->labels[i]) == bytes && memcmp(type->labels[i], text, bytes) == 0) {
      return true;
    }
  }
  return false;
}

static struct wow_rule local_rule(const char *reason) {
  struct wow_rule rule = {WOW_LOCAL, reason};
  return rule;
}

/* The rule for text columns once it is known what the right-hand side is. SQLite does not say
** whether a number stands there as itself (then it is compared as text) or comes from a column of
** numeric affinity (then the column is compared as a number): such a value is never sent. */
static struct wow_rule text_rule(enum wow_op op, enum wow_collation collation,
                                 sqlite3_value *literal) {
  struct wow_rule exact = EXACT;
  struct wow_rule again = SUPERSET("a value that is no text is compared by SQLite's rules");
  if (is_range(op) && collation == WOW_COLLATION_BINARY) {
    return local_rule("the server's collation is not used (option collation=binary)");
  }
  if (literal) {
    if (sqlite3_value_type(literal) == SQLITE_TEXT) return exact;
    return local_rule("the constant is no text");
  }
  /* A range over text means what the server's collation says (design: the declared exceptions), so
  ** SQLite must not look again with its own; but for a server that sorts bytewise it may. */
  if (is_range(op) && collation == WOW_COLLATION_SERVER) return exact;
  return again;
}

struct wow_rule wow_types_rule(const struct wow_type *type, enum wow_op op,
                               enum wow_collation collation, sqlite3_value *literal) {
  struct wow_rule rule = *family_rule(type->family, op);
  if (rule.ship == WOW_LOCAL || !is_comparison(op)) return rule;
  if (literal && sqlite3_value_type(literal) == SQLITE_NULL) return rule;
  bool is_text = literal && sqlite3_value_type(literal) == SQLITE_TEXT;
  const char *text = is_text ? (const char *)sqlite3_value_text(literal) : NULL;
  int bytes = is_text ? sqlite3_value_bytes(literal) : 0;
  if (type->family == WOW_TEXT) return text_rule(op, collation, literal);
  if (is_server_valued(type->family) && literal &&
      !(text && is_server_value(type->family, text, bytes))) {
    return local_rule("the constant is no value of the column's type");
  }
  if (type->family == WOW_ENUM && literal) {
    if (!text || !has_label(type, text, bytes)) {
      return local_rule("the constant is none of the labels known for this enum");
    }
    rule.ship = WOW_EXACT;
    rule.reason = NULL;
  }
  if ((type->family == WOW_CHAR || type->family == WOW_CITEXT) && literal && !text) {
    return local_rule("the constant is no text");
  }
  return rule;
}

const char *wow_types_order_reason(const struct wow_type *type, enum wow_collation collation) {
  if (type->family == WOW_TEXT && collation == WOW_COLLATION_BINARY) {
    return "the server's collation is not used (option collation=binary)";
  }
  return rules[type->family].order;
}

bool wow_types_is_ordered_there(const struct wow_type *type, enum wow_op op,
                                enum wow_collation collation) {
  bool is_text = type->family == WOW_TEXT && collation == WOW_COLLATION_SERVER;
  return is_range(op) && (is_text || is_server_valued(type->family));
}

bool wow_types_can_continue(const struct wow_type *type) {
  switch (type->family) {
  case WOW_CITEXT: /* in PostgREST's search path or not: then it is compared as text there */
  case WOW_JSONB:
  case WOW_JSON:
  case WOW_ARRAY:
  case WOW_TSVECTOR:
  case WOW_OTHER:
  case WOW_USER: return false;
  default: return true;
  }
}

bool wow_types_can_group(const struct wow_type *type) {
  switch (type->family) {
  case WOW_INT:
  case WOW_NUMERIC: /* 1.0 and 1.00 are one group, and one number here */
  case WOW_BOOL:
  case WOW_TEXT:
  case WOW_ENUM:
  case WOW_UUID:
  case WOW_DATE:
  case WOW_TIME:
  case WOW_TIMESTAMP:
  case WOW_TIMESTAMPTZ:
  case WOW_BYTEA: return true;
  default: return false; /* 0 and -0 are one group, 'a' and 'A' of citext; json has none */
  }
}

bool wow_types_has_one_text(const struct wow_type *type) {
  return type->family == WOW_INT || type->family == WOW_TEXT || type->family == WOW_UUID;
}

bool wow_types_like_implies(const char *pattern, bool is_lower, const char *bound, int bytes) {
  int n = (int)strcspn(pattern, "%_");
  if (n == 0 || n != bytes) return false;
  for (int i = 0; i < n; i++) {
    char from = is_lower ? 'a' : 'A', to = is_lower ? 'z' : 'Z', c = pattern[i];
    if (c >= from && c <= to) c = (char)(c ^ 0x20); /* the other case of an ASCII letter */
    if (i == n - 1 && !is_lower) c = (char)(c + 1);
    if (c != bound[i]) return false;
  }
  return true;
}

/* ---------------------------------------------------------------- constants */

/* A constant that lies above (+1) or below (-1) every value of the column. */
static enum wow_verdict outside(enum wow_op op, int side) {
  switch (op) {
  case WOW_EQ:
  case WOW_IS: return WOW_NEVER;
  case WOW_NE: return WOW_ANY;
  case WOW_IS_NOT: return WOW_ALWAYS;
  case WOW_LT:
  case WOW_LE: return side > 0 ? WOW_ANY : WOW_NEVER;
  default: return side > 0 ? WOW_NEVER : WOW_ANY;
  }
}

static int send_text(struct wow_constant *out, enum wow_op op, const char *text, int bytes) {
  out->verdict = WOW_SEND;
  out->op = op;
  out->text = sqlite3_malloc64((sqlite3_uint64)bytes + 1);
  if (out->text == NULL) return SQLITE_NOMEM;
  memcpy(out->text, text, (size_t)bytes);
  out->text[bytes] = 0;
  out->text_bytes = bytes;
  return SQLITE_OK;
}

static int send_int64(struct wow_constant *out, enum wow_op op, sqlite3_int64 value) {
  char text[32];
  sqlite3_snprintf(sizeof(text), text, "%lld", value);
  return send_text(out, op, text, (int)strlen(text));
}

/* The shortest text that reads back as the same double, whatever the process's locale is. */
static int send_double(struct wow_constant *out, enum wow_op op, double value) {
  char text[40];
  if (value == 0) value = 0; /* minus zero equals zero: one text for both */
  if (isinf(value))
    return send_text(out, op, value > 0 ? "Infinity" : "-Infinity", value > 0 ? 8 : 9);
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof(text), "%.*g", digits, value);
    if (strtod(text, NULL) == value) break;
  }
  for (char *p = text; *p; p++) {
    if (!strchr("0123456789+-e", *p)) *p = '.';
  }
  return send_text(out, op, text, (int)strlen(text));
}

/* The constant lies strictly between two neighbours of the column's values: `below` is sent for
** the operators that look down, `above` for those that look up. */
static bool between_neighbours(enum wow_op *op, struct wow_constant *out) {
  if (*op == WOW_LT || *op == WOW_LE) {
    *op = WOW_LE;
    return true;
  }
  if (*op == WOW_GT || *op == WOW_GE) {
    *op = WOW_GE;
    return true;
  }
  out->verdict = outside(*op, 1);
  return false;
}

static int int_constant(const struct wow_type *type, enum wow_op op, sqlite3_value *value,
                        struct wow_constant *out) {
  sqlite3_int64 max = type->int_bits == 16 ? SHRT_MAX : type->int_bits == 32 ? INT_MAX : LLONG_MAX;
  sqlite3_int64 min = -max - 1;
  sqlite3_int64 i = 0;
  int kind = sqlite3_value_numeric_type(value);
  if (kind == SQLITE_INTEGER) {
    i = sqlite3_value_int64(value);
  } else if (kind == SQLITE_FLOAT) {
    double r = sqlite3_value_double(value);
    double whole = floor(r);
    /* 2^63 is a double, LLONG_MAX is none. */
    if (r >= 9223372036854775808.0 || r < -9223372036854775808.0) {
      out->verdict = outside(op, r > 0 ? 1 : -1);
      return SQLITE_OK;
    }
    i = (sqlite3_int64)whole;
    if (whole != r && i >= min && i < max) {
      if (!between_neighbours(&op, out)) return SQLITE_OK;
      return send_int64(out, op, op == WOW_LE ? i : i + 1);
    }
    if (whole != r) {
      out->verdict = outside(op, i >= max ? 1 : -1);
      return SQLITE_OK;
    }
  } else {
    out->verdict = outside(op, 1); /* text and blobs sort behind all numbers */
    return SQLITE_OK;
  }
  if (i > max || i < min) {
    out->verdict = outside(op, i > max ? 1 : -1);
    return SQLITE_OK;
  }
  return send_int64(out, op, i);
}

/* A NaN of the server is the text 'NaN' here, and so sorts behind all numbers on both sides;
** `order` is how 'NaN' compares with the constant. */
static int nan_constant(enum wow_op op, int order, struct wow_constant *out) {
  bool equal = order == 0;
  switch (op) {
  case WOW_EQ:
  case WOW_IS: out->verdict = WOW_NEVER; return equal ? send_text(out, op, "NaN", 3) : SQLITE_OK;
  case WOW_NE:
  case WOW_IS_NOT:
    out->verdict = op == WOW_NE ? WOW_ANY : WOW_ALWAYS;
    return equal ? send_text(out, op, "NaN", 3) : SQLITE_OK;
  case WOW_LT:
  case WOW_LE:
    out->verdict = WOW_ANY;
    return order < 0 || (equal && op == WOW_LE) ? SQLITE_OK : send_text(out, WOW_LT, "NaN", 3);
  default:
    out->verdict = WOW_NEVER;
    return order > 0 || (equal && op == WOW_GE) ? send_text(out, WOW_EQ, "NaN", 3) : SQLITE_OK;
  }
}

static int compare_bytes(const char *a, size_t a_bytes, const char *b, size_t b_bytes) {
  size_t n = a_bytes < b_bytes ? a_bytes : b_bytes;
  int order = n ? memcmp(a, b, n) : 0;
  if (order != 0) return order;
  return a_bytes < b_bytes ? -1 : a_bytes > b_bytes;
}

/* numeric and double precision. SQLite compares an integer with a real exactly, without rounding
** either; numeric does so, too, but double precision would round the constant. */
static int real_constant(enum wow_family family, enum wow_op op, sqlite3_value *value,
                         struct wow_constant *out) {
  int kind = sqlite3_value_numeric_type(value);
  if (kind == SQLITE_FLOAT) return send_double(out, op, sqlite3_value_double(value));
  if (kind == SQLITE_TEXT) {
    const char *text = (const char *)sqlite3_value_text(value);
    if (text == NULL) return SQLITE_NOMEM;
    return nan_constant(op, compare_bytes("NaN", 3, text, (size_t)sqlite3_value_bytes(value)), out);
  }
  if (kind != SQLITE_INTEGER) {
    out->verdict = outside(op, 1);
    return SQLITE_OK;
  }
  sqlite3_int64 i = sqlite3_value_int64(value);
  double r = (double)i;
  bool too_high = r >= 9223372036854775808.0 || (sqlite3_int64)r > i;
  if (family == WOW_NUMERIC || (!too_high && (sqlite3_int64)r == i)) return send_int64(out, op, i);
  if (!between_neighbours(&op, out)) return SQLITE_OK;
  if (op == WOW_LE && too_high) r = nextafter(r, -INFINITY);
  if (op == WOW_GE && !too_high) r = nextafter(r, INFINITY);
  return send_double(out, op, r);
}

/* real: the constant is rounded to single precision on its way, so strict bounds are widened. */
static int float4_constant(enum wow_op op, sqlite3_value *value, struct wow_constant *out) {
  if (op == WOW_NE || op == WOW_IS_NOT) {
    out->verdict = WOW_UNSENT;
    return SQLITE_OK;
  }
  if (op == WOW_LT) op = WOW_LE;
  if (op == WOW_GT) op = WOW_GE;
  int kind = sqlite3_value_numeric_type(value);
  if (kind == SQLITE_TEXT || kind == SQLITE_BLOB) return real_constant(WOW_FLOAT8, op, value, out);
  double r = sqlite3_value_double(value);
  /* The server refuses what single precision cannot hold. */
  if (isfinite(r) && (fabs(r) > 3.4e38 || (r != 0 && fabs(r) < 1.2e-38))) {
    out->verdict = WOW_UNSENT;
    return SQLITE_OK;
  }
  return send_double(out, op, r);
}

static bool truth_of(enum wow_op op, int order) {
  switch (op) {
  case WOW_EQ:
  case WOW_IS: return order == 0;
  case WOW_NE:
  case WOW_IS_NOT: return order != 0;
  case WOW_LT: return order < 0;
  case WOW_LE: return order <= 0;
  case WOW_GT: return order > 0;
  default: return order >= 0;
  }
}

static int bool_constant(enum wow_op op, sqlite3_value *value, struct wow_constant *out) {
  int kind = sqlite3_value_numeric_type(value);
  bool is_number = kind == SQLITE_INTEGER || kind == SQLITE_FLOAT;
  double r = is_number ? sqlite3_value_double(value) : 2; /* text and blobs: above both */
  bool for_false = truth_of(op, r > 0 ? -1 : r < 0);
  bool for_true = truth_of(op, r > 1 ? -1 : r < 1);
  if (op == WOW_IS_NOT) {
    if (for_false && for_true)
      out->verdict = WOW_ALWAYS;
    else
      return send_text(out, WOW_IS_NOT, for_true ? "false" : "true", for_true ? 5 : 4);
    return SQLITE_OK;
  }
  if (for_false && for_true)
    out->verdict = WOW_ANY;
  else if (!for_false && !for_true)
    out->verdict = WOW_NEVER;
  else
    return send_text(out, WOW_EQ, for_true ? "true" : "false", for_true ? 4 : 5);
  return SQLITE_OK;
}

static int bytea_constant(enum wow_op op, sqlite3_value *value, struct wow_constant *out) {
  if (sqlite3_value_type(value) != SQLITE_BLOB) {
    out->verdict = outside(op, -1); /* blobs sort behind everything else */
    return SQLITE_OK;
  }
  static const char digits[] = "0123456789abcdef";
  const unsigned char *blob = sqlite3_value_blob(value);
  int n = sqlite3_value_bytes(value);
  out->text_bytes = 2 + 2 * n;
  out->text = sqlite3_malloc64((sqlite3_uint64)n * 2 + 3);
  if (out->text == NULL) return SQLITE_NOMEM;
  char *p = out->text;
  *p++ = '\\';
  *p++ = 'x';
  for (int i = 0; i < n; i++) {
    *p++ = digits[blob[i] >> 4];
    *p++ = digits[blob[i] & 15];
  }
  *p = 0;
  out->verdict = WOW_SEND;
  out->op = op;
  return SQLITE_OK;
}

/* Can the server hold this text at all? PostgreSQL has no NUL in text, and no invalid UTF-8. */
static bool is_server_text(const char *text, int bytes) {
  const unsigned char *p = (const unsigned char *)text, *end = p + bytes;
  while (p < end) {
    if (*p == 0) return false;
    int follow = *p < 0x80                 ? 0
                 : *p >= 0xc2 && *p < 0xe0 ? 1
                 : *p >= 0xe0 && *p < 0xf0 ? 2
                 : *p >= 0xf0 && *p < 0xf5 ? 3
                                           : -1;
    if (follow < 0 || end - p <= follow) return false;
    if (*p == 0xe0 && p[1] < 0xa0) return false; /* overlong */
    if (*p == 0xed && p[1] > 0x9f) return false; /* surrogates */
    if (*p == 0xf0 && p[1] < 0x90) return false;
    if (*p == 0xf4 && p[1] > 0x8f) return false;
    for (int i = 1; i <= follow; i++) {
      if ((p[i] & 0xc0) != 0x80) return false;
    }
    p += follow + 1;
  }
  return true;
}

static int text_constant(const struct wow_type *type, enum wow_op op, enum wow_collation collation,
                         sqlite3_value *value, struct wow_constant *out) {
  bool is_text = sqlite3_value_type(value) == SQLITE_TEXT;
  const char *text = is_text ? (const char *)sqlite3_value_text(value) : NULL;
  int bytes = is_text ? sqlite3_value_bytes(value) : 0;
  bool range_by_server = is_range(op) && collation == WOW_COLLATION_SERVER;
  if (is_text && text == NULL) return SQLITE_NOMEM;
  if (is_text && is_server_text(text, bytes)) {
    bool known = type->family != WOW_ENUM || has_label(type, text, bytes);
    if (known) return send_text(out, op, text, bytes);
    out->verdict = WOW_UNSENT;
  } else if (range_by_server) {
    out->verdict = WOW_COMPARE;
  } else {
    out->verdict = is_text && !is_range(op) ? outside(op, 1) : WOW_UNSENT;
  }
  return SQLITE_OK;
}

/* Written as the server does, a uuid has one text: see wow_types_has_one_text. */
static int normal_uuid(struct wow_constant *out) {
  char text[37];
  int n = 0;
  for (const char *p = out->text; *p; p++) {
    if (*p == '-') continue;
    if (n == 8 || n == 13 || n == 18 || n == 23) text[n++] = '-';
    text[n++] = *p >= 'A' && *p <= 'F' ? (char)(*p + 'a' - 'A') : *p;
  }
  sqlite3_free(out->text);
  return send_text(out, out->op, text, n);
}

static int server_value_constant(const struct wow_type *type, enum wow_op op, sqlite3_value *value,
                                 struct wow_constant *out) {
  if (sqlite3_value_type(value) == SQLITE_TEXT) {
    const char *text = (const char *)sqlite3_value_text(value);
    int bytes = sqlite3_value_bytes(value);
    if (text == NULL) return SQLITE_NOMEM;
    if (is_server_value(type->family, text, bytes)) {
      int rc = send_text(out, op, text, bytes);
      if (rc == SQLITE_OK && type->family == WOW_UUID) return normal_uuid(out);
      return rc;
    }
  }
  out->verdict = WOW_COMPARE;
  return SQLITE_OK;
}

/* SQLite's LIKE or GLOB pattern as a LIKE pattern of PostgreSQL that matches at least as much.
** PostgREST turns each '*' into '%', which only widens it. */
static int pattern_constant(enum wow_op op, sqlite3_value *value, struct wow_constant *out) {
  out->verdict = WOW_UNSENT;
  out->op = op;
  if (sqlite3_value_type(value) == SQLITE_BLOB) return SQLITE_OK;
  const char *pattern = (const char *)sqlite3_value_text(value);
  int n = sqlite3_value_bytes(value);
  if (pattern == NULL) return SQLITE_NOMEM;
  if (!is_server_text(pattern, n)) return SQLITE_OK;
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; i < n; i++) {
    char c = pattern[i];
    if (op == WOW_GLOB && c == '[') {
      int close = i + 1;
      if (close < n && pattern[close] == '^') close++;
      if (close < n && pattern[close] == ']') close++;
      while (close < n && pattern[close] != ']')
        close++;
      i = close;
      sqlite3_str_appendchar(str, 1, '_');
    } else if (op == WOW_GLOB && (c == '*' || c == '?')) {
      sqlite3_str_appendchar(str, 1, c == '*' ? '%' : '_');
    } else {
      if (c == '\\' || (op == WOW_GLOB && (c == '%' || c == '_'))) {
        sqlite3_str_appendchar(str, 1, '\\');
      }
      sqlite3_str_appendchar(str, 1, c);
    }
  }
  out->text_bytes = sqlite3_str_length(str);
  int rc = sqlite3_str_errcode(str);
  out->text = sqlite3_str_finish(str);
  if (out->text == NULL && rc == SQLITE_OK) return send_text(out, op, "", 0);
  out->verdict = WOW_SEND;
  return rc;
}

/* REGEXP and MATCH have the server's meaning, so the text goes as it is. */
static int search_constant(enum wow_op op, sqlite3_value *value, struct wow_constant *out) {
  const char *text = (const char *)sqlite3_value_text(value);
  if (text == NULL) return SQLITE_NOMEM;
  int bytes = sqlite3_value_bytes(value);
  out->verdict = WOW_NEVER;
  return is_server_text(text, bytes) ? send_text(out, op, text, bytes) : SQLITE_OK;
}

int wow_types_constant(const struct wow_type *type, enum wow_op op, enum wow_collation collation,
                       sqlite3_value *value, struct wow_constant *out) {
  memset(out, 0, sizeof(*out));
  out->op = op;
  out->verdict = WOW_SEND;
  if (op == WOW_IS_NULL || op == WOW_NOT_NULL) return SQLITE_OK;
  if (sqlite3_value_type(value) == SQLITE_NULL) {
    enum wow_op null_op = op == WOW_IS ? WOW_IS_NULL : WOW_NOT_NULL;
    if (op != WOW_IS && op != WOW_IS_NOT) {
      out->verdict = WOW_NEVER;
    } else if (rules[type->family].is_null.ship == WOW_LOCAL) {
      out->verdict = WOW_UNSENT;
    } else {
      out->op = null_op;
    }
    return SQLITE_OK;
  }
  if (op == WOW_LIKE || op == WOW_GLOB) return pattern_constant(op, value, out);
  if (op == WOW_REGEXP || op == WOW_MATCH) return search_constant(op, value, out);
  switch (type->family) {
  case WOW_INT: return int_constant(type, op, value, out);
  case WOW_FLOAT8:
  case WOW_NUMERIC: return real_constant(type->family, op, value, out);
  case WOW_FLOAT4: return float4_constant(op, value, out);
  case WOW_BOOL: return bool_constant(op, value, out);
  case WOW_BYTEA: return bytea_constant(op, value, out);
  case WOW_TEXT:
  case WOW_CHAR:
  case WOW_CITEXT:
  case WOW_ENUM: return text_constant(type, op, collation, value, out);
  case WOW_UUID:
  case WOW_DATE:
  case WOW_TIME:
  case WOW_TIMESTAMP:
  case WOW_TIMESTAMPTZ: return server_value_constant(type, op, value, out);
  default: out->verdict = WOW_UNSENT; return SQLITE_OK;
  }
}
