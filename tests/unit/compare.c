/*
** Comparisons that are made here instead of on the server (src/types/compare.h).
*/
#include "sql_value.h"
#include "types/compare.h"
#include "unit.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* Whatever is compared, the result must be that of the same comparison in SQLite. */
static void test_comparisons(void) {
  static const struct {
    const char *type, *member, *column; /* the member, and what it is here */
  } members[] = {
      {"text", "'b", "'b'"},
      {"text", "'", "''"},
      {"text", "'ba", "'ba'"},
      {"text", "null", "NULL"},
      {"text", "'10", "'10'"},
      {"bytea", "'\\x6263", "x'6263'"},
      {"bytea", "'\\x", "x''"},
      {"bytea", "'\\x62", "x'62'"},
      {"bytea", "'\\xff", "x'ff'"},
      {"uuid", "'0123", "'0123'"},
      {"date", "'2024-01-01", "'2024-01-01'"},
  };
  static const char *const texts[] = {"'b'", "''", "'ba'", "'c'", "'B'", "x'62'", "NULL", "10"};
  static const char *const blobs[] = {"x'62'", "x''", "x'6263'", "x'ff'", "x'6264'", "'z'", "NULL"};
  static const enum wow_op ops[] = {WOW_EQ, WOW_NE, WOW_LT, WOW_LE,
                                    WOW_GT, WOW_GE, WOW_IS, WOW_IS_NOT};
  for (size_t m = 0; m < N(members); m++) {
    bool is_blob = strcmp(members[m].type, "bytea") == 0;
    struct wow_json_value json = json_of(members[m].member);
    struct wow_type type;
    wow_type_init(&type, members[m].type);
    for (size_t v = 0; v < (is_blob ? N(blobs) : N(texts)); v++) {
      sqlite3_value *value = sql_value(is_blob ? blobs[v] : texts[v]);
      for (size_t o = 0; o < N(ops); o++) {
        /* A text column has TEXT affinity, so a number beside it counts as text. */
        char *sql = sqlite3_mprintf("(SELECT c %s %s FROM (SELECT CAST(%s AS %s) AS c))",
                                    wow_op_sql(ops[o]), is_blob ? blobs[v] : texts[v],
                                    members[m].column, is_blob ? "BLOB" : "TEXT");
        sqlite3_value *expected = sql_value(sql);
        unit_about("%s", sql);
        CHECK_INT(wow_compare_holds(&type, ops[o], &json, value), sqlite3_value_int(expected));
        sqlite3_value_free(expected);
        sqlite3_free(sql);
      }
      sqlite3_value_free(value);
    }
    wow_type_reset(&type);
  }
}

/* Neither as a text nor as a number may the result differ. */
static void test_numbers(void) {
  static const struct {
    const char *member;
    enum wow_op op;
    const char *number;
    enum wow_agreement agreement;
  } numbers[] = {
      {"'abc", WOW_GT, "5", WOW_TRUE},      {"'abc", WOW_LT, "5", WOW_FALSE},
      {"'abc", WOW_GE, "5", WOW_TRUE},      {"'abc", WOW_LE, "5", WOW_FALSE},
      {"'!", WOW_GT, "5", WOW_AMBIGUOUS},   {"'!", WOW_LT, "5", WOW_AMBIGUOUS},
      {"'10", WOW_GT, "5", WOW_AMBIGUOUS},  {"'10 ", WOW_GT, "5", WOW_AMBIGUOUS},
      {"'10x", WOW_LT, "5", WOW_AMBIGUOUS}, {"'60x", WOW_GT, "5", WOW_TRUE},
      {"null", WOW_GT, "5", WOW_FALSE},
  };
  for (size_t i = 0; i < N(numbers); i++) {
    struct wow_json_value json = json_of(numbers[i].member);
    sqlite3_value *number = sql_value(numbers[i].number);
    unit_about("%s %s %s", numbers[i].member, wow_op_sql(numbers[i].op), numbers[i].number);
    CHECK_INT(wow_compare_agreement(numbers[i].op, &json, number), numbers[i].agreement);
    sqlite3_value_free(number);
  }
}

int main(void) {
  sql_value_open();
  test_comparisons();
  test_numbers();
  sql_value_close();
  unit_about("memory that was not freed");
  CHECK_INT(sqlite3_memory_used(), 0);
  return unit_end("unit_compare");
}
