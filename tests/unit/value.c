/*
** Decoded members as SQLite values (src/types/value.h), and the comparisons that are made here
** instead of on the server.
*/
#include "sql_value.h"
#include "types/value.h"
#include "unit.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct wow_json_value json_of(const char *text) {
  struct wow_json_value json = {.kind = WOW_JSON_NUMBER, .text = text, .bytes = strlen(text)};
  switch (*text) {
  case 'n': json.kind = WOW_JSON_NULL; break;
  case 't': json.kind = WOW_JSON_TRUE; break;
  case 'f': json.kind = WOW_JSON_FALSE; break;
  case '{':
  case '[': json.kind = WOW_JSON_NESTED; break;
  case '\'': /* a string, without its quote */
    json.kind = WOW_JSON_STRING;
    json.text++;
    json.bytes--;
    break;
  default: break;
  }
  return json;
}

/* The SQL function value(type, member). */
static void value_function(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  struct wow_type type;
  (void)argc;
  wow_type_init(&type, (const char *)sqlite3_value_text(argv[0]));
  struct wow_json_value json = json_of((const char *)sqlite3_value_text(argv[1]));
  wow_value_result(ctx, &type, &json);
  wow_type_reset(&type);
}

/* What an expression with value(?1, ?2) gives; sqlite3_free it. */
static char *evaluate(const char *expression, const char *type, const char *member) {
  sqlite3_stmt *stmt = NULL;
  char *sql = sqlite3_mprintf("SELECT %s", expression), *text = NULL;
  sqlite3_prepare_v2(sql_value_db, sql, -1, &stmt, NULL);
  sqlite3_bind_text(stmt, 1, type, -1, SQLITE_STATIC);
  sqlite3_bind_text(stmt, 2, member, -1, SQLITE_STATIC);
  if (sqlite3_step(stmt) == SQLITE_ROW) {
    text = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
  } else {
    text = sqlite3_mprintf("error %d", sqlite3_errcode(sql_value_db));
  }
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return text;
}

/* A member, and the SQL literal of its value. */
static const struct {
  const char *type, *member, *value;
} values[] = {
    {"bigint", "null", "NULL"},
    {"bigint", "9007199254740993", "9007199254740993"},
    {"bigint", "-9223372036854775808", "-9223372036854775808"},
    {"numeric", "1.50", "1.5"},
    {"numeric", "2.00", "2"},
    {"numeric", "-0", "0"},
    {"numeric", "9223372036854775807.000", "9223372036854775807"},
    {"numeric", "123456789012345678901234567890", "1.23456789012345678e+29"},
    {"numeric", "1e3", "1000"},
    {"numeric", "'NaN", "'NaN'"},
    {"numeric", "'Infinity", "9e999"},
    {"numeric", "'-Infinity", "-9e999"},
    {"double precision", "2", "2.0"},
    {"double precision", "0.1", "0.1"},
    {"double precision", "123456789012345.6", "123456789012345.59"},
    {"double precision", "1e-400", "0.0"},
    {"double precision", "'NaN", "'NaN'"},
    {"real", "0.5", "0.5"},
    {"boolean", "true", "1"},
    {"boolean", "false", "0"},
    {"text", "'", "''"},
    {"text", "'a'b", "'a''b'"},
    {"text", "5", "'5'"},
    {"uuid", "'x", "'x'"},
    {"bytea", "'\\x00Ff", "X'00FF'"},
    {"bytea", "'\\x", "X''"},
    {"bytea", "'\\x0", "'\\x0'"},
    {"bytea", "'\\x0g", "'\\x0g'"},
    {"bytea", "'abcd", "'abcd'"},
    {"jsonb", "true", "'true'"},
    {"jsonb", "1.50", "'1.50'"},
    {"jsonb", "'a\"\n", "'\"a\\\"\\n\"'"},
    {"jsonb", "null", "NULL"},
    {"jsonb", "{\"a\":1}", "'{\"a\":1}'"},
    {"text[]", "[1,2]", "'[1,2]'"},
    {"public.pair", "{\"a\":1}", "'{\"a\":1}'"},
};

static void test_values(void) {
  for (size_t i = 0; i < N(values); i++) {
    char *same = sqlite3_mprintf("value(?1, ?2) IS %s AND typeof(value(?1, ?2)) = typeof(%s)",
                                 values[i].value, values[i].value);
    char *verdict = evaluate(same, values[i].type, values[i].member);
    char *text = evaluate("quote(value(?1, ?2))", values[i].type, values[i].member);
    unit_about("%s %s is %s", values[i].type, values[i].member, text);
    CHECK_TEXT(verdict, "1");
    sqlite3_free(verdict);
    sqlite3_free(same);
    sqlite3_free(text);
  }
}

/* JSON has its subtype, so that json_array() does not quote it. */
static void test_subtypes(void) {
  static const struct {
    const char *type, *member, *array;
  } arrays[] = {
      {"jsonb", "{\"a\":1}", "[{\"a\":1}]"},
      {"jsonb", "'a", "[\"a\"]"},
      {"json", "true", "[true]"},
      {"json", "5", "[5]"},
      {"text[]", "[1,2]", "[[1,2]]"},
      {"text", "'[1]", "[\"[1]\"]"},
      {"public.pair", "{}", "[{}]"},
      {"boolean", "true", "[1]"},
  };
  for (size_t i = 0; i < N(arrays); i++) {
    char *text = evaluate("json_array(value(?1, ?2))", arrays[i].type, arrays[i].member);
    unit_about("json_array of %s %s", arrays[i].type, arrays[i].member);
    CHECK_TEXT(text, arrays[i].array);
    sqlite3_free(text);
  }
}

static void test_int64(void) {
  static const struct {
    const char *member;
    bool good;
    sqlite3_int64 value;
  } integers[] = {
      {"0", true, 0},
      {"-0", true, 0},
      {"9223372036854775807", true, 9223372036854775807},
      {"9223372036854775808", false, 0},
      {"-9223372036854775808", true, -9223372036854775807 - 1},
      {"-9223372036854775809", false, 0},
      {"99999999999999999999", false, 0},
      {"1.0", false, 0},
      {"1e2", false, 0},
      {"'5", false, 0},
      {"null", false, 0},
  };
  for (size_t i = 0; i < N(integers); i++) {
    struct wow_json_value json = json_of(integers[i].member);
    sqlite3_int64 value = 0;
    unit_about("%s", integers[i].member);
    CHECK_INT(wow_value_int64(&json, &value), integers[i].good);
    CHECK_INT(value, integers[i].value);
  }
}

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
        CHECK_INT(wow_value_compare(&type, ops[o], &json, value), sqlite3_value_int(expected));
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
    CHECK_INT(wow_value_compare_number(numbers[i].op, &json, number), numbers[i].agreement);
    sqlite3_value_free(number);
  }
}

/* A long number needs memory; without it there is an error, never another number. */
static void test_out_of_memory(void) {
  char digits[8001];
  memset(digits, '1', sizeof(digits) - 1);
  digits[sizeof(digits) - 1] = 0;
  static const char *const types[] = {"double precision", "numeric"};
  for (size_t t = 0; t < N(types); t++) {
    unit_about("memory runs out: %s", types[t]);
    bool is_done = false;
    for (sqlite3_int64 room = 0; room < 100000 && !is_done; room += 1000) {
      sqlite3_hard_heap_limit64(sqlite3_memory_used() + room);
      char *text = evaluate("value(?1, ?2) > 1e307", types[t], digits);
      sqlite3_hard_heap_limit64(0);
      is_done = text && strcmp(text, "1") == 0;
      if (text && !is_done) CHECK_TEXT(text, "error 7");
      sqlite3_free(text);
    }
    CHECK(is_done);
  }
}

int main(void) {
  sql_value_open();
  sqlite3_create_function(sql_value_db, "value", 2, SQLITE_UTF8, NULL, value_function, NULL, NULL);
  test_values();
  test_subtypes();
  test_int64();
  test_comparisons();
  test_numbers();
  test_out_of_memory();
  sql_value_close();
  unit_about("memory that was not freed");
  CHECK_INT(sqlite3_memory_used(), 0);
  return unit_end("unit_value");
}
