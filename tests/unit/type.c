/*
** Types by name (src/types/type.h): the family of each PostgreSQL name, what is declared to SQLite
** for it, and the questions that families are asked.
*/
#include <stdlib.h>

#include "base/sqlite.h"
#include "types/type.h"
#include "unit.h"

static const struct {
  const char *name;
  enum wow_family family;
  int int_bits;
  const char *declared;
} names[] = {
    {"smallint", WOW_INT, 16, "smallint"},
    {"integer", WOW_INT, 32, "integer"},
    {"bigint", WOW_INT, 64, "bigint"},
    {"BIGSERIAL", WOW_INT, 64, "INTEGER"},
    {"int8", WOW_INT, 64, "int8"},
    {"double precision", WOW_FLOAT8, 0, "double precision"},
    {"real", WOW_FLOAT4, 0, "real"},
    {"float4", WOW_FLOAT4, 0, "float4"},
    {"numeric", WOW_NUMERIC, 0, "numeric"},
    {"numeric(12,2)", WOW_NUMERIC, 0, "NUMERIC"},
    {"boolean", WOW_BOOL, 0, "boolean"},
    {"text", WOW_TEXT, 0, "text"},
    {"character varying", WOW_TEXT, 0, "character varying"},
    {"character varying(20)", WOW_TEXT, 0, "TEXT"},
    {"name", WOW_TEXT, 0, "TEXT"},
    {"character(3)", WOW_CHAR, 0, "TEXT"},
    {"bpchar", WOW_CHAR, 0, "bpchar"},
    {"citext", WOW_CITEXT, 0, "citext"},
    {"ext.citext", WOW_CITEXT, 0, "TEXT"},
    {"uuid", WOW_UUID, 0, "TEXT"},
    {"date", WOW_DATE, 0, "TEXT"},
    {"time without time zone", WOW_TIME, 0, "TEXT"},
    {"time(3) without time zone", WOW_TIME, 0, "TEXT"},
    {"timestamp", WOW_TIMESTAMP, 0, "TEXT"},
    {"timestamp (3) without time zone", WOW_TIMESTAMP, 0, "TEXT"},
    {"timestamp(3) with time zone", WOW_TIMESTAMPTZ, 0, "TEXT"},
    {"bytea", WOW_BYTEA, 0, "BLOB"},
    {"jsonb", WOW_JSONB, 0, "TEXT"},
    {"json", WOW_JSON, 0, "TEXT"},
    {"text[]", WOW_ARRAY, 0, "TEXT"},
    {"integer[]", WOW_ARRAY, 0, "TEXT"},
    {"numeric(12,2)[]", WOW_ARRAY, 0, "TEXT"},
    {"tsvector", WOW_TSVECTOR, 0, "TEXT"},
    {"interval", WOW_OTHER, 0, "TEXT"},
    {"int4range", WOW_OTHER, 0, "TEXT"},
    {"time with time zone", WOW_OTHER, 0, "TEXT"},
    {"public.text", WOW_USER, 0, "TEXT"},
    {"public.status", WOW_USER, 0, "TEXT"},
    {"pointer", WOW_USER, 0, "TEXT"},
    {"", WOW_USER, 0, "TEXT"},
    {"numeric(", WOW_USER, 0, "TEXT"},
};

static void test_names(void) {
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    struct wow_type type, copy;
    unit_about("%s", names[i].name);
    CHECK_INT(wow_type_init(&type, names[i].name), SQLITE_OK);
    CHECK_INT(type.family, names[i].family);
    CHECK_INT(type.int_bits, names[i].int_bits);
    CHECK_TEXT(type.name, names[i].name);
    CHECK_TEXT(wow_type_declared(&type), names[i].declared);
    CHECK_INT(wow_type_copy(&copy, &type), SQLITE_OK);
    wow_type_reset(&type);
    CHECK_INT(copy.family, names[i].family);
    CHECK_INT(copy.int_bits, names[i].int_bits);
    CHECK_TEXT(copy.name, names[i].name);
    wow_type_reset(&copy);
  }
}

static void test_labels(void) {
  struct wow_type type, copy;
  unit_about("labels");
  wow_type_init(&type, "public.status");
  CHECK(!wow_type_has_label(&type, "new", 3));
  CHECK_INT(wow_type_add_label(&type, "new...", 3), SQLITE_OK);
  CHECK_INT(type.family, WOW_ENUM);
  CHECK_INT(wow_type_add_label(&type, "", 0), SQLITE_OK);
  wow_type_copy(&copy, &type);
  wow_type_reset(&type);
  CHECK_INT(copy.family, WOW_ENUM);
  CHECK_INT(copy.n_labels, 2);
  CHECK(wow_type_has_label(&copy, "newer", 3));
  CHECK(wow_type_has_label(&copy, "", 0));
  CHECK(!wow_type_has_label(&copy, "new", 2));
  CHECK(!wow_type_has_label(&copy, "NEW", 3));
  CHECK(!wow_type_has_label(&copy, "new\0", 4));
  wow_type_reset(&copy);
}

/* Is the family in the list, which WOW_N_FAMILIES ends? */
static bool is_one_of(enum wow_family family, const enum wow_family *list) {
  while (*list != WOW_N_FAMILIES && *list != family)
    list++;
  return *list == family;
}

static void test_predicates(void) {
  static const enum wow_family numbers[] = {WOW_INT, WOW_FLOAT8, WOW_FLOAT4, WOW_NUMERIC,
                                            WOW_N_FAMILIES};
  static const enum wow_family numeric_here[] = {WOW_INT,     WOW_FLOAT8, WOW_FLOAT4,
                                                 WOW_NUMERIC, WOW_BOOL,   WOW_N_FAMILIES};
  static const enum wow_family server_valued[] = {WOW_UUID,      WOW_DATE,        WOW_TIME,
                                                  WOW_TIMESTAMP, WOW_TIMESTAMPTZ, WOW_N_FAMILIES};
  static const enum wow_family dates[] = {WOW_DATE, WOW_TIMESTAMP, WOW_TIMESTAMPTZ, WOW_N_FAMILIES};
  static const enum wow_family json[] = {WOW_JSON, WOW_JSONB, WOW_N_FAMILIES};
  for (int family = 0; family < WOW_N_FAMILIES; family++) {
    struct wow_type type = {.family = (enum wow_family)family};
    unit_about("family %d", family);
    CHECK_INT(wow_type_is_number(&type), is_one_of(type.family, numbers));
    CHECK_INT(wow_type_is_numeric_here(&type), is_one_of(type.family, numeric_here));
    CHECK_INT(wow_type_is_server_valued(&type), is_one_of(type.family, server_valued));
    CHECK_INT(wow_type_has_date(&type), is_one_of(type.family, dates));
    CHECK_INT(wow_type_is_json(&type), is_one_of(type.family, json));
  }
}

int main(void) {
  sqlite3_initialize();
  sqlite3_int64 used = sqlite3_memory_used();
  test_names();
  test_labels();
  test_predicates();
  unit_about("memory that was not freed");
  CHECK_INT(sqlite3_memory_used() - used, 0);
  return unit_end("unit_type");
}
