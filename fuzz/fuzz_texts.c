/*
** Fuzzes what reads texts from outside, with libFuzzer. FUZZ_TARGET in the environment names the
** reader; `make fuzz-texts` runs them one after the other, from the inputs in fuzz/seeds/.
**
** Nothing may crash, read too far or leak. What else has to hold is checked by rules of this file:
** what is written back is read again as the same (columns), what the guard lets through has a
** filter by another reader (guard), what is deparsed is one parameter with the same value
** (deparse), no part of a secret stays (redact, error), the query in a statement writes nothing
** (sql).
*/
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/sqlite.h"
#include "catalog/column_list.h"
#include "catalog/openapi.h"
#include "catalog/select_list.h"
#include "functions/ddl_check.h"
#include "http/url.h"
#include "server/ahead_sql.h"
#include "server/options.h"
#include "wire/deparse.h"
#include "wire/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good, const char *rule, const char *text) {
  if (good) return;
  fprintf(stderr, "FAIL %s: %s\n", rule, text ? text : "");
  abort();
}

/* ---------------------------------------------------------------- descriptions and lists */

/* A relation is written as a list, which is read as the same; or, if the names of its types are in
** no list, as anything. */
static void check_list(const struct wow_relation *relation, bool is_of_list) {
  struct wow_relation *again = NULL;
  struct wow_error err = {0};
  if (relation->n_columns == 0) return;
  char *text = wow_column_list_text(relation);
  if (wow_column_list_parse("t", text, &again, &err) == SQLITE_OK) {
    char *second = wow_column_list_text(again);
    must(!is_of_list || strcmp(text, second) == 0, "a list is read as it is written", text);
    sqlite3_free(second);
  }
  wow_relation_free(again);
  wow_error_reset(&err);
  sqlite3_free(text);
}

static void try_catalog(const char *text, size_t bytes) {
  struct wow_catalog *catalog = NULL;
  struct wow_error err = {0};
  int rc = wow_openapi_parse(text, bytes, &catalog, &err);
  must((rc == SQLITE_OK) == (catalog != NULL) && rc == err.rc, "a catalog or an error", text);
  for (int i = 0; catalog && i < catalog->n_relations; i++)
    check_list(catalog->relations[i], false);
  wow_openapi_free(catalog);
  wow_error_reset(&err);
}

static void try_columns(const char *text, size_t bytes) {
  struct wow_relation *relation = NULL;
  struct wow_error err = {0};
  const char *key = text + strlen(text);
  if (key < text + bytes) key++; /* what comes after a zero byte is key= */
  int rc = wow_column_list_parse("t", text, &relation, &err);
  must((rc == SQLITE_OK) == (relation != NULL) && rc == err.rc, "a relation or an error", text);
  if (relation) {
    char *once = wow_column_list_text(relation);
    struct wow_relation *again = NULL;
    must(wow_column_list_parse("t", once, &again, &err) == SQLITE_OK, "it is read again", once);
    wow_relation_free(again);
    sqlite3_free(once);
    check_list(relation, true);
    wow_column_list_set_key(relation, key, &err);
  }
  wow_relation_free(relation);
  wow_error_reset(&err);
}

static void try_select(const char *text, size_t bytes) {
  static const char json[] =
      "{\"swagger\":\"2.0\",\"paths\":{\"/a\":{},\"/b\":{}},\"definitions\":{\"a\":{\"required\":"
      "[\"id\"],\"properties\":{\"id\":{\"format\":\"bigint\",\"type\":\"integer\",\"description\":"
      "\"<pk/>\"},\"b\":{\"format\":\"bigint\",\"type\":\"integer\",\"description\":\"<fk "
      "table='b' "
      "column='id'/>\"},\"j\":{\"format\":\"jsonb\"}}},\"b\":{\"properties\":{\"id\":{\"format\":"
      "\"bigint\",\"type\":\"integer\",\"description\":\"<pk/>\"},\"name\":{\"format\":\"text\","
      "\"type\":\"string\"}}}}}";
  struct wow_catalog *catalog = NULL;
  struct wow_relation *relation = NULL;
  struct wow_error err = {0};
  (void)bytes;
  wow_openapi_parse(json, sizeof(json) - 1, &catalog, &err);
  struct wow_select_source source = {.catalog = catalog};
  int rc = wow_select_list_parse(&source, wow_openapi_find(catalog, "a"), text, &relation, &err);
  must(rc == err.rc, "the error's code", text);
  if (rc == SQLITE_OK) must(relation->n_columns > 0, "columns", text);
  if (rc == SQLITE_OK) wow_relation_free(relation);
  wow_openapi_free(catalog);
  wow_error_reset(&err);
}

static void try_options(const char *text, size_t bytes) {
  struct wow_options options;
  struct wow_error err = {0};
  (void)bytes;
  int rc = wow_options_init(&options);
  if (rc == SQLITE_OK) rc = wow_options_parse(&options, text, &err);
  if (rc == SQLITE_OK) rc = wow_options_finish(&options, &err);
  must(rc == err.rc, "the error's code", text);
  if (rc == SQLITE_OK) must(*options.name && options.page_size >= 0, "checked", text);
  for (int i = 0; rc == SQLITE_OK && i < options.headers.n; i++)
    must(!strpbrk(options.headers.lines[i], "\r\n"), "a header is one line", text);
  wow_options_reset(&options);
  wow_error_reset(&err);
}

/* ---------------------------------------------------------------- filters */

static int hex(char c) {
  const char *digits = "0123456789abcdef0123456789ABCDEF";
  const char *at = c ? strchr(digits, c) : NULL;
  return at ? (int)(at - digits) % 16 : -1;
}

/* Decodes in place. */
static void decode(char *text) {
  char *to = text;
  for (const char *p = text; *p; p++) {
    int high = *p == '%' ? hex(p[1]) : -1, low = high >= 0 ? hex(p[2]) : -1;
    *to++ = low >= 0 ? (char)(high * 16 + low) : *p == '+' ? ' ' : *p;
    if (low >= 0) p += 2;
  }
  *to = 0;
}

/* Does it begin with operator "." or operator "(...)."? */
static bool is_operation(const char *value) {
  if (strncmp(value, "not.", 4) == 0) value += 4;
  size_t n = strspn(value, "abcdefghijklmnopqrstuvwxyz_");
  if (n == 0) return false;
  if (value[n] == '(') n += strcspn(value + n, ")") + 1;
  return n < strlen(value) && value[n] == '.';
}

static bool is_filter(const char *name, const char *value) {
  static const char *const groups[] = {"and", "or", "not.and", "not.or"};
  static const char *const others[] = {"select", "columns", "order",
                                       "limit",  "offset",  "on_conflict"};
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
    if (strcmp(name, others[i]) == 0) return false;
  }
  for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
    if (strcmp(name, groups[i]) == 0)
      return value[strspn(value, " ")] == '(' && strlen(value) > 2 && strchr(value, ')');
  }
  return *name && is_operation(value);
}

/* Has the query a filter that PostgREST sees, by a reader that knows less than the guard? */
static bool has_filter(const char *path) {
  char *copy = strdup(path), *next = strchr(copy, '?');
  bool has = false;
  while (next) {
    char *name = next + 1;
    next = strchr(name, '&');
    if (next) *next = 0;
    char *value = strchr(name, '=');
    if (value == NULL) continue;
    *value++ = 0;
    decode(name);
    decode(value);
    has = has || is_filter(name, value);
  }
  free(copy);
  return has;
}

static void try_guard(const char *text, size_t bytes) {
  char *path = malloc(bytes + 5);
  snprintf(path, bytes + 5, "/t?%s", text);
  if (wow_url_is_path(path) && wow_filter_refusal(path) == NULL)
    must(has_filter(path), "what is let through has a filter", path);
  struct wow_where where = {0};
  const char *wrong = NULL;
  int rc = wow_filter_parse(&where, text, &wrong);
  must((rc == SQLITE_ERROR) == (wrong != NULL), "it says what is wrong", text);
  sqlite3_str *str = sqlite3_str_new(NULL);
  if (rc == SQLITE_OK) wow_deparse_where(str, &where);
  sqlite3_free(sqlite3_str_finish(str));
  wow_condition_reset(&where);
  free(path);
}

/* The name, a zero byte, the value. */
static void try_deparse(const char *text, size_t bytes) {
  const char *value = text + strlen(text);
  if (value < text + bytes) value++;
  struct wow_column column = {.name = (char *)text};
  struct wow_condition condition = {
      .kind = WOW_CONDITION_TERM, .column = &column, .op = WOW_EQ, .text = value};
  condition.bytes = (int)strlen(value);
  if (*text == 0 || !wow_relation_can_name(&column)) return;
  sqlite3_str *str = sqlite3_str_new(NULL);
  wow_deparse_condition(str, &condition);
  must(sqlite3_str_length(str) == wow_deparse_condition_length(&condition), "its length", text);
  char *query = sqlite3_str_finish(str);
  must(*query == '&' && strpbrk(query + 1, "&#;? ") == NULL, "one parameter", query);
  char *path = sqlite3_mprintf("/t?%s", query + 1);
  must(has_filter(path), "a filter", path);
  const char *at = strchr(query, '=');
  must(at && strncmp(at, "=eq.", 4) == 0, "its operator", query);
  char *decoded = strdup(at + 4);
  decode(decoded);
  must(strcmp(decoded, value) == 0, "its value", query);
  free(decoded);
  sqlite3_free(path);
  sqlite3_free(query);
}

/* ---------------------------------------------------------------- errors and secrets */

/* The secret is up to the first zero byte, the text comes after it. */
static void try_redact(const char *text, size_t bytes) {
  size_t n = strlen(text);
  struct wow_secrets secrets = {0};
  if (n >= bytes || n < 6 || strchr(text, '*')) return;
  wow_secret_add(&secrets, text, n);
  char *copy = strdup(text + n + 1), *mark = calloc(1, strlen(copy) + 1);
  for (const char *at = copy; (at = strstr(at, text)) != NULL; at++)
    memset(mark + (at - copy), 1, n);
  char *left = calloc(1, strlen(copy) + 1);
  for (size_t i = 0, to = 0; copy[i]; i++) {
    if (!mark[i]) left[to++] = copy[i];
  }
  wow_secret_redact(&secrets, copy);
  must(strstr(copy, text) == NULL, "no secret", copy);
  /* What is outside of secrets is all that may be left, besides the marks. */
  size_t length = 0;
  for (const char *p = copy; *p; p++)
    length += *p != '*';
  must(length <= strlen(left), "no part of one", copy);
  free(left);
  free(mark);
  free(copy);
  wow_secret_reset(&secrets);
}

static void try_error(const char *text, size_t bytes) {
  struct wow_secrets secrets = {0};
  struct wow_error err = {0};
  wow_secret_add(&secrets, "secret-key", 10);
  struct wow_error_body body = {text, bytes, false, &secrets};
  must(wow_error_response(&err, "t", 400 + (int)(bytes % 130), &body) != SQLITE_OK, "an error",
       text);
  char *shown = wow_error_text(&err), *json = wow_error_json(&err);
  must(strstr(shown, "secret-key") == NULL && strstr(json, "secret-key") == NULL, "no secret",
       shown);
  for (const char *p = shown; *p; p++)
    must((unsigned char)*p >= 0x20 && *p != 0x7f, "no control characters", shown);
  sqlite3_free(shown);
  sqlite3_free(json);
  wow_error_reset(&err);
  wow_secret_reset(&secrets);
}

/* ---------------------------------------------------------------- SQL */

static void try_sql(const char *text, size_t bytes) {
  static sqlite3 *db;
  sqlite3_stmt *stmt = NULL, *query_stmt = NULL;
  (void)bytes;
  if (db == NULL) {
    sqlite3_open(":memory:", &db);
    sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 50);
    sqlite3_exec(db, "CREATE TABLE t(a, b); CREATE TABLE u(a PRIMARY KEY, b);", NULL, NULL, NULL);
  }
  sqlite3_free(wow_ddl_check_serial_key(text));
  wow_ahead_sql_has_limit(text);
  if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK && stmt) {
    char *query = wow_ahead_sql_query(stmt, NULL);
    if (query) {
      /* One that cannot be prepared is not run ahead: no harm, but one that writes would be. */
      if (sqlite3_prepare_v2(db, query, -1, &query_stmt, NULL) == SQLITE_OK && query_stmt)
        must(sqlite3_stmt_readonly(query_stmt), "a query writes nothing", query);
      wow_ahead_sql_may_run(db, query, "plan", NULL);
    }
    sqlite3_finalize(query_stmt);
    sqlite3_free(query);
  }
  sqlite3_finalize(stmt);
}

/* ---------------------------------------------------------------- */

static const struct target {
  const char *name;
  void (*run)(const char *text, size_t bytes); /* a zero byte follows the text */
} targets[] = {{"catalog", try_catalog}, {"columns", try_columns}, {"select", try_select},
               {"options", try_options}, {"guard", try_guard},     {"deparse", try_deparse},
               {"redact", try_redact},   {"error", try_error},     {"sql", try_sql}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct target *target;
  const char *name = getenv("FUZZ_TARGET");
  for (size_t i = 0; target == NULL && name && i < sizeof(targets) / sizeof(targets[0]); i++) {
    if (strcmp(targets[i].name, name) == 0) target = &targets[i];
  }
  must(target != NULL, "FUZZ_TARGET is catalog, columns, select, options, guard, ...", name);
  /* A copy of the exact size, so that a byte too far is seen. */
  char *text = malloc(size + 1);
  memcpy(text, data, size);
  text[size] = 0;
  target->run(text, size);
  free(text);
  return 0;
}
