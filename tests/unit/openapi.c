/*
** Tests of src/catalog/openapi.h: what is read off a server's description, and what is not one.
*/
#include <string.h>

#include "base/limits.h"
#include "base/sqlite.h"
#include "catalog/openapi.h"
#include "unit.h"

static const char shop[] =
    "{\"swagger\":\"2.0\",\"paths\":{\"/orders\":{\"get\":{},\"post\":{}},\"/"
    "totals\":{\"get\":{}}},"
    "\"definitions\":{"
    "\"totals\":{\"properties\":{\"sum\":{\"format\":\"numeric\",\"type\":\"number\"}}},"
    "\"orders\":{\"description\":\"what was ordered\",\"required\":[\"id\",\"status\"],"
    "\"properties\":{"
    "\"id\":{\"format\":\"bigint\",\"description\":\"Note:\\nThis is a Primary Key.<pk/>\"},"
    "\"status\":{\"format\":\"public.status\",\"enum\":[\"new\",\"paid\"]},"
    "\"customer_id\":{\"format\":\"bigint\",\"description\":\"Note:\\nThis is a Foreign Key to "
    "`customers.id`.<fk table='customers' column='id'/>\"},"
    "\"note\":{}}}}}";

static void test_shop(void) {
  struct wow_error err = {0};
  struct wow_catalog *catalog = NULL;
  unit_about("the shop");
  CHECK_INT(wow_openapi_parse(shop, strlen(shop), &catalog, &err), SQLITE_OK);
  CHECK_INT(catalog->n_relations, 2);
  CHECK(wow_openapi_find(catalog, "nothing") == NULL);
  const struct wow_relation *totals = wow_openapi_find(catalog, "totals");
  const struct wow_relation *orders = wow_openapi_find(catalog, "orders");
  CHECK(totals && !totals->writable && totals->n_key == 0 && totals->n_columns == 1);
  CHECK(orders && orders->writable && orders->n_key == 1 && orders->n_columns == 4);
  CHECK_TEXT(orders->comment, "what was ordered");
  const struct wow_column *id = &orders->columns[wow_relation_column(orders, "id")];
  CHECK(id->not_null && id->key_position == 1 && id->type.family == WOW_INT);
  CHECK_INT(id->type.int_bits, 64);
  const struct wow_column *status = &orders->columns[wow_relation_column(orders, "status")];
  CHECK(status->not_null && status->type.family == WOW_ENUM && status->type.n_labels == 2);
  CHECK_TEXT(status->type.labels[1], "paid");
  const struct wow_column *customer = &orders->columns[wow_relation_column(orders, "customer_id")];
  CHECK(!customer->not_null && customer->key_position == 0);
  CHECK_TEXT(customer->fk_table, "customers");
  CHECK_TEXT(customer->fk_column, "id");
  const struct wow_column *note = &orders->columns[wow_relation_column(orders, "note")];
  CHECK_INT(note->type.family, WOW_TEXT);
  wow_openapi_free(catalog);
}

/* Types of which the name says nothing, and keys that a request cannot name. */
static void test_odd(void) {
  static const char json[] =
      "{\"swagger\":\"2.0\",\"paths\":{},\"definitions\":{\"v\":{\"required\":[\"*\"],"
      "\"properties\":{\"*\":{\"format\":\"integer\",\"description\":\"<pk/>\"},"
      "\"d\":{\"format\":\"public.positive2\",\"type\":\"string\"},"
      "\"e\":{\"format\":\"public.mood\",\"type\":\"string\",\"enum\":[\"ok\"]},"
      "\"c\":{\"format\":\"ext.citext\",\"type\":\"string\"},"
      "\"n\":{\"format\":\"other.numbers\",\"type\":\"integer\"},"
      "\"a\":{\"format\":\"public.mood[]\",\"type\":\"array\"},"
      "\"i\":{\"format\":\"interval\",\"type\":\"string\"}}}}}";
  struct wow_error err = {0};
  struct wow_catalog *catalog = NULL;
  unit_about("odd");
  CHECK_INT(wow_openapi_parse(json, strlen(json), &catalog, &err), SQLITE_OK);
  const struct wow_relation *v = wow_openapi_find(catalog, "v");
  CHECK_INT(v->n_key, 0);
  for (int i = 0; i < v->n_columns; i++)
    CHECK(v->columns[i].may_be_domain == (v->columns[i].name[0] == 'd'));
  wow_openapi_free(catalog);
}

/* What is marked as a key is one where all of it is required. */
static void test_keys(void) {
  static const struct {
    const char *required;
    int n_key;
  } cases[] = {{"\"a\",\"b\"", 2}, {"\"a\",\"b\",\"c\"", 2}, {"\"a\"", 0}, {"\"c\"", 0}, {"", 0}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct wow_error err = {0};
    struct wow_catalog *catalog = NULL;
    char *json = sqlite3_mprintf(
        "{\"swagger\":\"2.0\",\"paths\":{},\"definitions\":{\"v\":{\"required\":[%s],"
        "\"properties\":{\"a\":{\"description\":\"<pk/>\"},\"c\":{},"
        "\"b\":{\"description\":\"<pk/>\"}}}}}",
        cases[i].required);
    unit_about(cases[i].required);
    CHECK_INT(wow_openapi_parse(json, strlen(json), &catalog, &err), SQLITE_OK);
    const struct wow_relation *v = wow_openapi_find(catalog, "v");
    CHECK_INT(v->n_key, cases[i].n_key);
    CHECK(wow_relation_is_not_null(&v->columns[0]) == (cases[i].n_key > 0));
    CHECK(v->columns[2].key_position == cases[i].n_key);
    wow_openapi_free(catalog);
    sqlite3_free(json);
  }
}

static void test_many_keys(void) {
  struct wow_error err = {0};
  struct wow_catalog *catalog = NULL;
  for (int n = WOW_MAX_KEY; n <= WOW_MAX_KEY + 1; n++) {
    sqlite3_str *names = sqlite3_str_new(NULL), *columns = sqlite3_str_new(NULL);
    for (int i = 0; i < n; i++) {
      sqlite3_str_appendf(names, "%s\"c%d\"", i ? "," : "", i);
      sqlite3_str_appendf(columns, "%s\"c%d\":{\"description\":\"<pk/>\"}", i ? "," : "", i);
    }
    char *required = sqlite3_str_finish(names), *properties = sqlite3_str_finish(columns);
    char *json = sqlite3_mprintf(
        "{\"swagger\":\"2.0\",\"paths\":{},\"definitions\":{\"t\":{\"required\":[%s],"
        "\"properties\":{%s}}}}",
        required, properties);
    unit_about("keys of many columns");
    CHECK_INT(wow_openapi_parse(json, strlen(json), &catalog, &err), SQLITE_OK);
    CHECK_INT(wow_openapi_find(catalog, "t")->n_key, n <= WOW_MAX_KEY ? n : 0);
    wow_openapi_free(catalog);
    sqlite3_free(required);
    sqlite3_free(properties);
    sqlite3_free(json);
  }
}

static const char *const others[] = {
    "",
    "null",
    "[]",
    "{}",
    "<html></html>",
    "{\"swagger\":\"2.0\"}",
    "{\"swagger\":\"2.0\",\"paths\":[]}",
    "{\"paths\":{},\"definitions\":{}}",
    "{\"openapi\":\"3.0.0\",\"paths\":{}}",
};

static void test_others(void) {
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
    struct wow_error err = {0};
    struct wow_catalog *catalog = NULL;
    unit_about("%s", others[i]);
    CHECK_INT(wow_openapi_parse(others[i], strlen(others[i]), &catalog, &err), SQLITE_ERROR);
    CHECK(catalog == NULL && err.message && err.hint);
    wow_error_reset(&err);
  }
}

/* Members of the wrong shape are passed over; a description that breaks off is refused. */
static void test_odd_members(void) {
  static const char odd[] =
      "{\"swagger\":\"2.0\",\"paths\":{},\"definitions\":{\"a\":5,\"b\":{\"properties\":[]},"
      "\"c\":{\"properties\":{\"x\":null,\"y\":{\"format\":7,\"enum\":[1,null],"
      "\"description\":\"<fk table='t\"}},\"required\":[3,\"z\",\"y\"]}}}";
  struct wow_error err = {0};
  struct wow_catalog *catalog = NULL;
  unit_about("odd members");
  CHECK_INT(wow_openapi_parse(odd, strlen(odd), &catalog, &err), SQLITE_OK);
  const struct wow_relation *c = wow_openapi_find(catalog, "c");
  CHECK(c && c->n_columns == 2 && c->columns[1].not_null && c->columns[1].fk_table == NULL);
  wow_openapi_free(catalog);
  for (size_t bytes = 1; bytes + 1 < strlen(shop); bytes += 7) {
    unit_about("cut at %d", (int)bytes);
    catalog = NULL;
    CHECK_INT(wow_openapi_parse(shop, bytes, &catalog, &err), SQLITE_ERROR);
    wow_error_reset(&err);
  }
}

int main(void) {
  sqlite3_initialize();
  sqlite3_int64 used = sqlite3_memory_used();
  test_shop();
  test_odd();
  test_keys();
  test_many_keys();
  test_others();
  test_odd_members();
  unit_about("memory that was not freed");
  CHECK_INT(sqlite3_memory_used() - used, 0);
  return unit_end("unit_openapi");
}
