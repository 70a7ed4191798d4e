/*
** The table of shippability, see shippable.h.
**
** Assumes of the server: PostgreSQL's comparison rules (UTF-8 database). Assumes of SQLite: no
** affinity is applied to the constants that a virtual table is given, nor to the values that it
** returns; numbers sort before text, text before blobs.
*/
#include "types/shippable.h"

#include <string.h>

#include "types/datetime.h"

/*
** What may be sent for each family and group of operators, when the constant is of the family's own
** storage class. wow_shippable_rule narrows it where the constant is not known or is of another
** class.
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
#define LIKE_PATTERN SUPERSET("the pattern is said in the server's words, and may match more there")

/* Comparing these values on the server means the same as comparing what SQLite gets of them. */
#define AS_VALUES                                                                                  \
  { EXACT, EXACT, EXACT, EXACT, EXACT, NO_TEXT, NULL }

#define FORM_LOCAL LOCAL("the server compares values, SQLite their text form")
#define ONLY_NULLS(order_reason)                                                                   \
  { FORM_LOCAL, FORM_LOCAL, FORM_LOCAL, EXACT, EXACT, NO_TEXT, order_reason }

static const struct family_rules rules[WOW_N_FAMILIES] = {
    [WOW_INT] = AS_VALUES,
    [WOW_FLOAT8] = AS_VALUES,
    [WOW_NUMERIC] = AS_VALUES,
    [WOW_BOOL] = AS_VALUES,
    [WOW_BYTEA] = AS_VALUES,
    [WOW_FLOAT4] = {SUPERSET("the server rounds the constant to single precision"),
                    SUPERSET("the server rounds the constant to single precision"),
                    SUPERSET("the server rounds the constant to single precision"), EXACT, EXACT,
                    NO_TEXT, NULL},
    /* Compared by the server, as values: what is wanted (design: the declared exceptions). */
    [WOW_UUID] = AS_VALUES,
    [WOW_DATE] = AS_VALUES,
    [WOW_TIME] = AS_VALUES,
    [WOW_TIMESTAMP] = AS_VALUES,
    [WOW_TIMESTAMPTZ] = AS_VALUES,
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
    /* A JSON null inside jsonb and SQL's NULL look the same in the response. */
    [WOW_JSONB] = {FORM_LOCAL, FORM_LOCAL, FORM_LOCAL,
                   LOCAL("a JSON null is NULL here, but not on the server"),
                   SUPERSET("a JSON null is NULL here, but not on the server"), NO_TEXT,
                   "the server orders JSON values, SQLite their text form"},
    [WOW_JSON] = {FORM_LOCAL, FORM_LOCAL, FORM_LOCAL,
                  LOCAL("a JSON null is NULL here, but not on the server"),
                  SUPERSET("a JSON null is NULL here, but not on the server"), NO_TEXT,
                  "the server has no order for json"},
    [WOW_ARRAY] = ONLY_NULLS("the server orders elements, SQLite the text form"),
    [WOW_TSVECTOR] = {FORM_LOCAL, FORM_LOCAL, FORM_LOCAL, EXACT, EXACT, NO_PATTERN, NO_REGEXP,
                      EXACT, "the server orders values, SQLite their text form"},
    [WOW_OTHER] = ONLY_NULLS("the server orders values, SQLite their text form"),
    [WOW_USER] = {FORM_LOCAL, FORM_LOCAL, FORM_LOCAL,
                  SUPERSET("the server treats a composite of NULLs as NULL"),
                  LOCAL("the server does not treat a composite with a NULL in it as NOT NULL"),
                  NO_TEXT, "the server orders values, SQLite their text form"},
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

bool wow_shippable_is_server_value(const struct wow_type *type, const char *text, int bytes) {
  sqlite3_int64 value = 0;
  if (type->family == WOW_UUID) return wow_datetime_is_uuid(text, bytes);
  return wow_datetime_read(type->family, text, bytes, &value);
}

static struct wow_rule local_rule(const char *reason) {
  struct wow_rule rule = {WOW_LOCAL, reason};
  return rule;
}

/* The rule for text columns once the value is known. SQLite does not say whether a number is a
** literal (then it is compared as text) or comes from a column of numeric affinity (then the column
** is compared as a number): such a value is never sent. */
static struct wow_rule text_rule(enum wow_op op, enum wow_collation collation,
                                 sqlite3_value *value) {
  struct wow_rule exact = EXACT;
  struct wow_rule again = SUPERSET("a value that is not text is compared by SQLite's rules");
  if (wow_op_is_range(op) && collation == WOW_COLLATION_BINARY) {
    return local_rule("the server's collation is not used (option collation=binary)");
  }
  if (value) {
    if (sqlite3_value_type(value) == SQLITE_TEXT) return exact;
    return local_rule("the constant is not text");
  }
  /* A range over text means what the server's collation says (design: the declared exceptions), so
  ** SQLite must not look again with its own; but for a server that sorts bytewise it may. */
  if (wow_op_is_range(op) && collation == WOW_COLLATION_SERVER) return exact;
  return again;
}

struct wow_rule wow_shippable_rule(const struct wow_type *type, enum wow_op op,
                                   enum wow_collation collation, sqlite3_value *value) {
  struct wow_rule rule = *family_rule(type->family, op);
  if (rule.ship == WOW_LOCAL || !wow_op_is_comparison(op)) return rule;
  if (value && sqlite3_value_type(value) == SQLITE_NULL) return rule;
  bool is_text = value && sqlite3_value_type(value) == SQLITE_TEXT;
  const char *text = is_text ? (const char *)sqlite3_value_text(value) : NULL;
  int bytes = is_text ? sqlite3_value_bytes(value) : 0;
  if (type->family == WOW_TEXT) return text_rule(op, collation, value);
  if (wow_type_is_server_valued(type) && value &&
      !(text && wow_shippable_is_server_value(type, text, bytes))) {
    return local_rule("the constant is not a value of the column's type");
  }
  if (type->family == WOW_ENUM && value) {
    if (!text || !wow_type_has_label(type, text, bytes)) {
      return local_rule("the constant is not one of the labels known for this enum");
    }
    rule.ship = WOW_EXACT;
    rule.reason = NULL;
  }
  if ((type->family == WOW_CHAR || type->family == WOW_CITEXT) && value && !text) {
    return local_rule("the constant is not text");
  }
  return rule;
}

const char *wow_shippable_order_reason(const struct wow_type *type, enum wow_collation collation) {
  if (type->family == WOW_TEXT && collation == WOW_COLLATION_BINARY) {
    return "the server's collation is not used (option collation=binary)";
  }
  return rules[type->family].order;
}

bool wow_shippable_is_ordered_there(const struct wow_type *type, enum wow_op op,
                                    enum wow_collation collation) {
  bool is_text = type->family == WOW_TEXT && collation == WOW_COLLATION_SERVER;
  return wow_op_is_range(op) && (is_text || wow_type_is_server_valued(type));
}

bool wow_shippable_has_order(const struct wow_type *type) {
  /* The types of PostgreSQL without a B-tree operator class; nor have arrays of them one. */
  static const char *const unordered[] = {
      "json",   "xml", "point", "line",    "lseg",      "box",      "path",        "polygon",
      "circle", "xid", "cid",   "aclitem", "refcursor", "jsonpath", "pg_snapshot", "txid_snapshot"};
  size_t bytes = strcspn(type->name, "[");
  for (size_t i = 0; i < sizeof(unordered) / sizeof(unordered[0]); i++) {
    if (strlen(unordered[i]) == bytes &&
        sqlite3_strnicmp(type->name, unordered[i], (int)bytes) == 0) {
      return false;
    }
  }
  return true;
}

bool wow_shippable_can_continue(const struct wow_type *type) {
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

bool wow_shippable_can_group(const struct wow_type *type) {
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

bool wow_shippable_has_one_text(const struct wow_type *type) {
  return type->family == WOW_INT || type->family == WOW_TEXT || type->family == WOW_UUID;
}

bool wow_shippable_like_implies(const char *pattern, bool is_lower, const char *bound, int bytes) {
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
