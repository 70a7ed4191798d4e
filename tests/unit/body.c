/*
** Values for the bodies of requests (src/wire/body.h), and which columns UPDATE sets
** (src/write/set_clause.h).
*/
#include "sql_value.h"
#include "unit.h"
#include "wire/body.h"
#include "write/set_clause.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* A type, a value in SQL, and its JSON; "!": it is refused. */
static const struct {
  const char *type, *value, *json;
} values[] = {
    {"integer", "NULL", "null"},
    {"integer", "'12'", "12"},
    {"integer", "2.0", "2"},
    {"integer", "2.5", "!"},
    {"integer", "2147483648", "!"},
    {"smallint", "-32769", "!"},
    {"bigint", "'9007199254740993'", "9007199254740993"},
    {"bigint", "9e18", "9000000000000000000"},
    {"bigint", "1e19", "!"},
    {"bigint", "x'31'", "!"},
    {"double precision", "0.1", "0.1"},
    {"double precision", "1.0/3", "0.3333333333333333"},
    {"double precision", "-9e999", "\"-Infinity\""},
    {"double precision", "'NaN'", "\"NaN\""},
    {"double precision", "'x'", "!"},
    {"real", "1e39", "!"},
    {"numeric", "'123456789012345678901234567890.10'", "\"123456789012345678901234567890.10\""},
    {"numeric", "' +.5e-3 '", "\" +.5e-3 \""},
    {"numeric", "'1.2.3'", "!"},
    {"numeric", "'0x1'", "!"},
    {"numeric", "''", "!"},
    {"boolean", "1", "true"},
    {"boolean", "'No'", "false"},
    {"boolean", "2", "!"},
    {"bytea", "x'00ff'", "\"\\\\x00ff\""},
    {"bytea", "'abc'", "!"},
    {"text", "5", "\"5\""},
    {"text", "'a\"' || char(10) || '\\'", "\"a\\\"\\n\\\\\""},
    {"text", "CAST(x'6100' AS TEXT)", "!"},
    {"text", "CAST(x'eda080' AS TEXT)", "!"},
    {"text", "x'61'", "!"},
    {"jsonb", "'{\"a\": [1, null]}'", "{\"a\": [1, null]}"},
    {"jsonb", "1.5", "1.5"},
    {"jsonb", "'null'", "!"},
    {"jsonb", "'{\"a\":1'", "!"},
    {"jsonb", "'\"\\u0000\"'", "!"},
    {"jsonb", "'\"\\ud83d\"'", "!"},
    {"jsonb", "'\"\\ud83d\\ude00\"'", "\"\\ud83d\\ude00\""},
    {"integer[]", "'[1,null]'", "[1,null]"},
    {"integer[]", "'{1,2}'", "\"{1,2}\""},
    {"integer[]", "'{}'", "\"{}\""},
    {"integer[]", "'{\"a\":1}'", "!"},
    {"integer[]", "'1,2'", "!"},
    {"timestamp with time zone", "'2024-01-01 10:00:00'", "\"2024-01-01 10:00:00 UTC\""},
    {"timestamp with time zone", "'2024-01-01T10:00:00+02'", "\"2024-01-01T10:00:00+02\""},
    {"timestamp with time zone", "'infinity'", "\"infinity\""},
    {"timestamp without time zone", "'2024-01-01 10:00:00'", "\"2024-01-01 10:00:00\""},
    {"date", "2460310", "!"},
    {"public.pair", "'{\"a\":1}'", "{\"a\":1}"},
    {"public.label", "'{x'", "\"{x\""},
};

static void test_values(void) {
  for (size_t i = 0; i < N(values); i++) {
    struct wow_type type;
    const char *wrong = NULL;
    sqlite3_str *str = sqlite3_str_new(NULL);
    sqlite3_value *value = sql_value(values[i].value);
    wow_type_init(&type, values[i].type);
    int rc = wow_body_append_value(str, &type, value, &wrong);
    char *json = sqlite3_str_finish(str);
    unit_about("%s %s", values[i].type, values[i].value);
    CHECK_TEXT(rc == SQLITE_MISMATCH && wrong ? "!" : json, values[i].json);
    sqlite3_free(json);
    sqlite3_value_free(value);
    wow_type_reset(&type);
  }
}

/* A statement, and which of the columns a, "b c" and d it sets; "-": it is not an UPDATE of t. */
static const struct {
  const char *sql, *set;
} updates[] = {
    {"UPDATE t SET a = 1", "a"},
    {"update main.t as x set \"B c\" = a, d = (SELECT d FROM u) FROM u WHERE a = 1", "bd"},
    {"WITH u AS (SELECT 1) UPDATE OR FAIL [t] SET (a, d) = (1, 2) FROM u", "ad"},
    {"UPDATE t SET a = a IS DISTINCT FROM 1, d = 'FROM' /* , \"b c\" = 1 */ FROM u", "ad"},
    {"UPDATE t SET a = CASE WHEN d THEN 1 ELSE 2 END WHERE d = 1, \"b c\" = 2", "a"},
    {"UPDATE \"t\" SET -- d = 1\n a = max(1, d) RETURNING d", "a"},
    {"UPDATE u SET a = 1 FROM t", "-"},
    {"INSERT INTO t VALUES(1)", "-"},
};

static void test_set_clauses(void) {
  char a[] = "a", b[] = "b c", d[] = "d";
  char *const names[] = {a, b, d};
  for (size_t i = 0; i < N(updates); i++) {
    bool is_set[3] = {false, false, false};
    char got[8];
    bool is_update = wow_set_clause_read(updates[i].sql, "t", names, 3, is_set);
    sqlite3_snprintf(sizeof(got), got, "%s%s%s", is_set[0] ? "a" : "", is_set[1] ? "b" : "",
                     is_set[2] ? "d" : "");
    unit_about("%s", updates[i].sql);
    CHECK_TEXT(is_update ? got : "-", updates[i].set);
  }
}

int main(void) {
  sql_value_open();
  test_values();
  test_set_clauses();
  sql_value_close();
  return unit_end("body");
}
