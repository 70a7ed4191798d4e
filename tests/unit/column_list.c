/*
** Tests of src/catalog/column_list.h: every list is read back as it was written, and what is wrong
** with one is said where it is.
*/
#include <string.h>

#include "base/sqlite.h"
#include "catalog/column_list.h"
#include "unit.h"

/* Reads a list and writes it again; NULL: it was refused. sqlite3_free the result. */
static char *round_trip(const char *columns, struct wow_error *err) {
  struct wow_relation *relation = NULL;
  if (wow_column_list_parse("t", columns, &relation, err) != SQLITE_OK) return NULL;
  char *text = wow_column_list_text(relation);
  wow_relation_free(relation);
  return text;
}

static const struct {
  const char *columns;
  const char *written; /* NULL: the same */
} good[] = {
    {"id bigint primary key, name text not null, tags text[]", NULL},
    {"a integer, b uuid, primary key (b, a)", NULL},
    {"  id  BIGINT   PRIMARY  KEY ", "id BIGINT primary key"},
    {"\"a b\" text, \"primary\" text, \"q\"\"q\" text", NULL},
    {"s enum('a','it''s',''), n numeric(12, 2)", NULL},
    {"t timestamp(3) with time zone not null", NULL},
    {"c bigint references customers(id), d bigint references \"odd table\"", NULL},
    {"\"customer.city\" text of customers(city)", NULL},
    {"\"customer.city\" text of customers!customer_id(city)", NULL},
    {"\"customer.city\" text of customers!customer_id!inner(\"the city\")", NULL},
    /* what is said twice counts once, the last time */
    {"c text references a(b) references d", "c text references d"},
};

static void test_round_trips(void) {
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    struct wow_error err = {0};
    char *text = round_trip(good[i].columns, &err);
    unit_about("%s", good[i].columns);
    CHECK_TEXT(text, good[i].written ? good[i].written : good[i].columns);
    wow_error_reset(&err);
    sqlite3_free(text);
  }
}

static const struct {
  const char *columns;
  const char *message; /* part of it */
} bad[] = {
    {"", "character 1"},
    {"id", "expected a type"},
    {"id bigint,", "character 11"},
    {"id bigint not", "NULL after NOT"},
    {"id bigint primary", "KEY after PRIMARY"},
    {"id bigint, id text", "'id'"},
    {"id bigint, primary key (x)", "key column 'x' does not exist"},
    {"id bigint, primary key (id, id)", "'id'"},
    {"\"id bigint", "the closing quote"},
    {"s enum(a)", "a label in single quotes"},
    {"s enum('a' 'b')", ", or )"},
    {"c text of", "expected a name"},
    {"c text of a(b) of customers!fk(city)", "expected one of"},
    {"c text of a", "( and the column's name"},
    {"c text of a(b", "expected )"},
    {"c text of a!(b)", "expected a name"},
    {"c text references a(b", "expected )"},
};

static void test_errors(void) {
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct wow_error err = {0};
    char *text = round_trip(bad[i].columns, &err);
    unit_about("%s gives %s", bad[i].columns, err.message ? err.message : "no error");
    CHECK(text == NULL);
    CHECK_INT(err.rc, SQLITE_ERROR);
    CHECK(err.message && strstr(err.message, bad[i].message));
    wow_error_reset(&err);
    sqlite3_free(text);
  }
}

static void test_keys(void) {
  struct wow_error err = {0};
  struct wow_relation *relation = NULL;
  wow_column_list_parse("t", "a bigint primary key, b text, c text", &relation, &err);
  unit_about("key=");
  CHECK_INT(wow_relation_key_kind(relation), WOW_KEY_ROWID);
  CHECK_INT(wow_column_list_set_key(relation, "c, b", &err), SQLITE_OK);
  CHECK_INT(relation->n_key, 2);
  CHECK(relation->key[0] == 2 && relation->key[1] == 1);
  CHECK_INT(wow_relation_key_kind(relation), WOW_KEY_MADE);
  CHECK(relation->key_is_named && !wow_relation_is_not_null(&relation->columns[1]));
  CHECK_INT(wow_column_list_set_key(relation, " ", &err), SQLITE_OK);
  CHECK_INT(wow_relation_key_kind(relation), WOW_KEY_NONE);
  CHECK(!relation->key_is_named);
  CHECK_INT(wow_column_list_set_key(relation, "b", &err), SQLITE_OK);
  CHECK_INT(wow_relation_key_kind(relation), WOW_KEY_MADE);
  struct wow_relation *copy = wow_relation_copy(relation);
  char *text = wow_column_list_text(copy);
  CHECK_TEXT(text, "a bigint, b text primary key, c text");
  sqlite3_free(text);
  wow_relation_free(copy);
  CHECK_INT(wow_column_list_set_key(relation, "d", &err), SQLITE_ERROR);
  wow_error_reset(&err);
  wow_relation_free(relation);
}

/* The fewest bytes with which reading succeeds are tried from below: never a leak, never a half. */
static void test_out_of_memory(void) {
  static const char columns[] =
      "id bigint primary key, s enum('a','b'), \"c.d\" text of c!e(d) references f(g)";
  bool is_done = false;
  unit_about("memory runs out");
  for (sqlite3_int64 room = 0; !is_done && room < 20000; room += 16) {
    struct wow_error err = {0};
    sqlite3_int64 used = sqlite3_memory_used();
    sqlite3_hard_heap_limit64(used + room + 1);
    char *text = round_trip(columns, &err);
    sqlite3_hard_heap_limit64(0);
    if (text) CHECK_TEXT(text, columns);
    is_done = text != NULL;
    sqlite3_free(text);
    wow_error_reset(&err);
    CHECK_INT(sqlite3_memory_used() - used, 0);
  }
  CHECK(is_done);
}

int main(void) {
  sqlite3_initialize();
  sqlite3_int64 used = sqlite3_memory_used();
  test_round_trips();
  test_errors();
  test_keys();
  test_out_of_memory();
  unit_about("memory that was not freed");
  CHECK_INT(sqlite3_memory_used() - used, 0);
  return unit_end("unit_column_list");
}
