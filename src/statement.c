/*
** Running statements, see statement.h. SQLite does not tell a virtual table on whose behalf it is
** called, and before 3.51 it opens a new cursor each time that a sub-query runs. So the statements
** that are running stand for the one that asks: each by its address and by how often it was run.
*/
#include "statement.h"

#include <stddef.h>
#include <stdint.h>

sqlite3_uint64 wow_statement_running(sqlite3 *db, sqlite3_uint64 n_plannings) {
  sqlite3_uint64 hash = 14695981039346656037u ^ n_plannings; /* FNV-1a */
  for (sqlite3_stmt *stmt = sqlite3_next_stmt(db, NULL); stmt; stmt = sqlite3_next_stmt(db, stmt)) {
    if (!sqlite3_stmt_busy(stmt)) continue;
    sqlite3_uint64 runs = (sqlite3_uint64)sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_RUN, 0);
    hash = (hash ^ (sqlite3_uint64)(uintptr_t)stmt) * 1099511628211u;
    hash = (hash ^ runs) * 1099511628211u;
  }
  return hash;
}

bool wow_statement_has_parameters(sqlite3 *db) {
  for (sqlite3_stmt *stmt = sqlite3_next_stmt(db, NULL); stmt; stmt = sqlite3_next_stmt(db, stmt)) {
    if (sqlite3_stmt_busy(stmt) && sqlite3_bind_parameter_count(stmt) > 0) return true;
  }
  return false;
}
