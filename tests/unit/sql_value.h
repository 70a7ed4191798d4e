/*
** SQLite values for unit tests: each is what an SQL expression gives, such as "x'6869'" or "-0.0".
*/
#ifndef WOW_SQL_VALUE_H
#define WOW_SQL_VALUE_H

#include <stdlib.h>

#include "base/sqlite.h"

/* The connection that the expressions are evaluated on; sql_value_close it at the end. */
static sqlite3 *sql_value_db;

static inline void sql_value_open(void) {
  if (sqlite3_open(":memory:", &sql_value_db) != SQLITE_OK) abort();
}

static inline void sql_value_close(void) {
  sqlite3_close(sql_value_db);
}

/* sqlite3_value_free the result. */
static inline sqlite3_value *sql_value(const char *expression) {
  sqlite3_stmt *stmt = NULL;
  sqlite3_value *value = NULL;
  char *sql = sqlite3_mprintf("SELECT %s", expression);
  if (sqlite3_prepare_v2(sql_value_db, sql, -1, &stmt, NULL) == SQLITE_OK &&
      sqlite3_step(stmt) == SQLITE_ROW) {
    value = sqlite3_value_dup(sqlite3_column_value(stmt, 0));
  }
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  if (value == NULL) abort(); /* the test itself is wrong */
  return value;
}

#endif
