/*
** Functions with effects and CHECK constraints, see guard.h.
**
** Constraints are evaluated by statements that write, and by PRAGMA integrity_check and
** quick_check. So while nothing but queries runs, a query calls the function. Else the texts of the
** tables decide: whatever calls a function has its name in it, quoted or not. A table that only
** mentions the name is taken for one that calls it; to tell them apart would take SQLite's parser.
*/
#include "functions/guard.h"

#include <string.h>

#include "server/run.h"

/* The first version that refuses a table whose CHECK constraint calls such a function. */
#define SAFE_SQLITE 3050000

static bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

const char *wow_guard_skip_blanks(const char *sql) {
  for (;;) {
    if (is_blank(*sql)) {
      sql++;
    } else if (sql[0] == '-' && sql[1] == '-') {
      sql += strcspn(sql, "\n");
    } else if (sql[0] == '/' && sql[1] == '*') {
      const char *end = strstr(sql + 2, "*/");
      sql = end ? end + 2 : sql + strlen(sql);
    } else {
      return sql;
    }
  }
}

/* Is it a query, which evaluates no constraints? */
static bool is_query(sqlite3_stmt *stmt) {
  static const char *const words[] = {"SELECT", "WITH", "VALUES"};
  const char *sql = sqlite3_sql(stmt);
  if (sql == NULL || !sqlite3_stmt_readonly(stmt)) return false;
  sql = wow_guard_skip_blanks(sql);
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (sqlite3_strnicmp(sql, words[i], (int)strlen(words[i])) == 0) return true;
  }
  return false;
}

static bool only_queries_run(sqlite3 *db) {
  sqlite3_stmt *stmt = wow_run_next_busy(db, NULL);
  while (stmt && is_query(stmt))
    stmt = wow_run_next_busy(db, stmt);
  return stmt == NULL;
}

/* Does the statement's first column, of one row, say "no"? */
static bool says_no(sqlite3 *db, const char *sql, const char *function) {
  sqlite3_stmt *stmt = NULL;
  int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(stmt, 1, function, -1, SQLITE_STATIC);
  bool no = rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0) == 0;
  sqlite3_finalize(stmt);
  return no;
}

/* Is it certain that no table of the schema calls the function? */
static bool schema_is_free_of(sqlite3 *db, const char *schema, const char *function) {
  char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\".sqlite_schema WHERE type = 'table' AND "
                              "instr(lower(sql), ?1) > 0",
                              schema);
  bool is_free = says_no(db, sql, function);
  sqlite3_free(sql);
  return is_free;
}

bool wow_guard_may_act(sqlite3 *db, const char *function) {
  sqlite3_stmt *stmt = NULL;
  if (sqlite3_libversion_number() >= SAFE_SQLITE || only_queries_run(db)) return true;
  int rc = sqlite3_prepare_v2(db, "SELECT name FROM pragma_database_list WHERE name <> 'temp'", -1,
                              &stmt, NULL);
  bool may = rc == SQLITE_OK;
  while (may && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *schema = (const char *)sqlite3_column_text(stmt, 0);
    may = schema && schema_is_free_of(db, schema, function);
  }
  sqlite3_finalize(stmt);
  return may && rc == SQLITE_DONE;
}
