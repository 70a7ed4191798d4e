/*
** Statements that may be run ahead, see ahead_sql.h.
*/
#include "server/ahead_sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/sql_token.h"

/* ---------------------------------------------------------------- the query in a statement */

static bool begins_query(const struct wow_sql_token *token) {
  return wow_sql_token_is(token, "SELECT") || wow_sql_token_is(token, "WITH") ||
         wow_sql_token_is(token, "VALUES");
}

/* The first token outside of parentheses that begins a query, after `token`. False: none does. */
static bool find_query(struct wow_sql_token *token) {
  while (wow_sql_token_next(token)) {
    if (token->depth == 0 && begins_query(token)) return true;
  }
  return false;
}

/* Where the query ends that goes on after `token`: before ON CONFLICT or RETURNING. */
static const char *end_of_query(struct wow_sql_token token) {
  while (wow_sql_token_next(&token)) {
    if (token.depth != 0) continue;
    if (wow_sql_token_is(&token, "RETURNING")) return token.text;
    struct wow_sql_token on = token;
    if (wow_sql_token_is(&on, "ON") && wow_sql_token_next(&token) &&
        wow_sql_token_is(&token, "CONFLICT"))
      return on.text;
    if (wow_sql_token_is(&on, "ON")) token = on;
  }
  return token.text + token.bytes;
}

/* The query of INSERT ... SELECT, with what stood before INSERT, or of CREATE TABLE AS. NULL: there
** is none, or no memory. */
static char *query_of(const char *sql) {
  struct wow_sql_token token = {sql, 0, 0};
  if (!wow_sql_token_next(&token)) return NULL;
  const char *from = token.text;
  /* WITH ... INSERT INTO t SELECT */
  if (wow_sql_token_is(&token, "WITH")) {
    while (token.depth != 0 ||
           !(wow_sql_token_is(&token, "INSERT") || wow_sql_token_is(&token, "REPLACE"))) {
      if (!wow_sql_token_next(&token)) return NULL;
    }
  }
  bool is_insert = wow_sql_token_is(&token, "INSERT") || wow_sql_token_is(&token, "REPLACE");
  if (!is_insert && !wow_sql_token_is(&token, "CREATE")) return NULL;
  const char *with_end = token.text;
  if (!find_query(&token)) return NULL;
  return sqlite3_mprintf("%.*s %.*s", (int)(with_end - from), from,
                         (int)(end_of_query(token) - token.text), token.text);
}

char *wow_ahead_sql_query(sqlite3_stmt *stmt, const char **why) {
  if (why) *why = WOW_AHEAD_NO_QUERY;
  if (sqlite3_stmt_isexplain(stmt) || sqlite3_sql(stmt) == NULL) return NULL;
  char *sql = sqlite3_expanded_sql(stmt);
  if (sql == NULL || strlen(sql) > WOW_MAX_AHEAD_BYTES) {
    if (why) *why = WOW_AHEAD_TOO_LONG;
    sqlite3_free(sql);
    return NULL;
  }
  struct wow_sql_token first = {sql, 0, 0};
  bool is_query = sqlite3_stmt_readonly(stmt) && wow_sql_token_next(&first) && begins_query(&first);
  if (is_query) return sql;
  char *query = sqlite3_stmt_readonly(stmt) ? NULL : query_of(sql);
  sqlite3_free(sql);
  return query;
}

bool wow_ahead_sql_has_limit(const char *sql) {
  struct wow_sql_token token = {sql, 0, 0};
  while (wow_sql_token_next(&token)) {
    if (token.depth == 0 && wow_sql_token_is(&token, "LIMIT")) return true;
  }
  return false;
}

/* ---------------------------------------------------------------- what it does */

/* Functions of SQLite's own that have no effects, and are no more expensive the second time. */
static const char *const harmless[] = {
    "abs",
    "avg",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "date",
    "datetime",
    "dense_rank",
    "first_value",
    "format",
    "glob",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "like",
    "likelihood",
    "likely",
    "lower",
    "ltrim",
    "max",
    "min",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "printf",
    "quote",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "soundex",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "time",
    "timediff",
    "total",
    "trim",
    "typeof",
    "unhex",
    "unicode",
    "unixepoch",
    "unlikely",
    "upper",
    "zeroblob",
    "cume_dist",
    "json",
    "json_array",
    "json_array_length",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_object",
    "json_quote",
    "json_type",
    "json_valid",
    "->",
    "->>",
    "ceil",
    "ceiling",
    "floor",
    "exp",
    "ln",
    "log",
    "log10",
    "log2",
    "mod",
    "pi",
    "pow",
    "power",
    "radians",
    "degrees",
    "sqrt",
    "trunc",
};

static bool is_harmless(const char *name, int bytes) {
  for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
    if ((int)strlen(harmless[i]) == bytes && sqlite3_strnicmp(harmless[i], name, bytes) == 0)
      return true;
  }
  return false;
}

/* One of these functions in whose place the application has put its own. NULL: none, or no
** memory. */
static char *find_replaced(sqlite3 *db, const char *names, int *rc) {
  sqlite3_stmt *stmt = NULL;
  char *found = NULL;
  char *sql = sqlite3_mprintf("SELECT name FROM pragma_function_list WHERE NOT builtin AND name "
                              "COLLATE NOCASE IN (%s)",
                              names);
  *rc = sql ? sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;
  if (*rc == SQLITE_OK) *rc = sqlite3_step(stmt);
  if (*rc == SQLITE_ROW) found = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return found;
}

struct look {
  const char *plan_text;
  sqlite3_str *names; /* of functions, quoted, with commas */
  int filter_at;      /* the instruction that runs the plan; -1: not seen */
  bool is_looped;     /* and it is run more than once */
  char *harmful;      /* a function that may do something; NULL: none was seen */
  int rc;
};

static bool ends_with(const char *text, const char *with) {
  size_t n = strlen(text), m = strlen(with);
  return n >= m && strcmp(text + n - m, with) == 0;
}

/* A function's name, "substr(3)". */
static void look_at_function(struct look *look, const char *p4) {
  int bytes = (int)strcspn(p4, "(");
  char *name = sqlite3_mprintf("%.*s", bytes, p4);
  if (name == NULL) look->rc = SQLITE_NOMEM;
  sqlite3_str_appendf(look->names, "%s%Q", sqlite3_str_length(look->names) ? "," : "", name);
  if (look->harmful == NULL && !is_harmless(p4, bytes))
    look->harmful = name;
  else
    sqlite3_free(name);
}

static void look_at(struct look *look, sqlite3_stmt *listing) {
  int at = sqlite3_column_int(listing, 0), to = sqlite3_column_int(listing, 3);
  const char *opcode = (const char *)sqlite3_column_text(listing, 1);
  const char *p4 = (const char *)sqlite3_column_text(listing, 5);
  if (opcode == NULL) {
    look->rc = SQLITE_NOMEM;
    return;
  }
  if (p4 == NULL) p4 = "";
  if (strcmp(opcode, "VFilter") == 0 && strcmp(p4, look->plan_text) == 0) look->filter_at = at;
  bool goes_back = ends_with(opcode, "Next") || ends_with(opcode, "Prev");
  if (look->filter_at >= 0 && goes_back && to <= look->filter_at) look->is_looped = true;
  if (strcmp(opcode, "Yield") == 0 || strcmp(opcode, "Gosub") == 0) look->is_looped = true;
  bool calls = strncmp(opcode, "Function", 8) == 0 || strcmp(opcode, "PureFunc") == 0 ||
               strncmp(opcode, "Agg", 3) == 0;
  if (calls && *p4 == 0) look->rc = SQLITE_NOMEM; /* they all have a name */
  if (calls) look_at_function(look, p4);
}

/* Looks at all instructions, and sets look->rc: a listing that breaks off has not shown them. */
static void look_at_all(struct look *look, sqlite3 *db, const char *sql) {
  sqlite3_stmt *listing = NULL;
  char *explain = sqlite3_mprintf("EXPLAIN %s", sql);
  int rc = explain ? sqlite3_prepare_v2(db, explain, -1, &listing, NULL) : SQLITE_NOMEM;
  if (rc == SQLITE_OK && sqlite3_column_count(listing) < 6) rc = SQLITE_ERROR;
  while (rc == SQLITE_OK && (rc = sqlite3_step(listing)) == SQLITE_ROW) {
    look_at(look, listing);
    rc = SQLITE_OK;
  }
  if (rc == SQLITE_DONE) rc = sqlite3_str_errcode(look->names);
  if (rc != SQLITE_OK) look->rc = rc;
  sqlite3_finalize(listing);
  sqlite3_free(explain);
}

bool wow_ahead_sql_may_run(sqlite3 *db, const char *sql, const char *plan_text, char **why) {
  struct look look = {plan_text, sqlite3_str_new(NULL), -1, false, NULL, SQLITE_OK};
  int replaced_rc = SQLITE_DONE;
  look_at_all(&look, db, sql);
  char *names = sqlite3_str_finish(look.names), *replaced = NULL;
  const char *reason = NULL, *name = look.harmful;
  if (look.rc != SQLITE_OK)
    reason = WOW_AHEAD_UNPLANNED;
  else if (look.filter_at < 0)
    reason = WOW_AHEAD_OTHER_PLAN;
  else if (!look.is_looped)
    reason = WOW_AHEAD_ONCE;
  else if (look.harmful)
    reason = WOW_AHEAD_FUNCTION;
  if (reason == NULL && names) replaced = find_replaced(db, names, &replaced_rc);
  if (replaced_rc != SQLITE_DONE) {
    reason = WOW_AHEAD_REPLACED;
    name = replaced ? replaced : "a function";
  }
  if (why && reason) *why = sqlite3_mprintf(reason, name);
  sqlite3_free(names);
  sqlite3_free(replaced);
  sqlite3_free(look.harmful);
  return reason == NULL;
}
