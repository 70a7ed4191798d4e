/*
** The entry point. SQLite loads this library with
**
**   .load wowsql            or   SELECT load_extension('wowsql')
**
** and calls sqlite3_wowsql_init. libcurl must not be unloaded while a program runs, so the library
** asks to stay (SQLITE_OK_LOAD_PERMANENTLY).
*/
#define WOW_ENTRY_POINT
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

#include "functions/functions.h"
#include "server/connection.h"
#include "table/module.h"

/* sqlite3_vtab_in and sqlite3_vtab_rhs_value came with 3.38. */
#define OLDEST_SQLITE 3038000

static const struct wow_function_group *const function_groups[] = {&wow_fn_server,
                                                                   &wow_fn_import,
                                                                   &wow_fn_diagnosis,
                                                                   &wow_fn_check,
                                                                   &wow_fn_help,
                                                                   &wow_fn_rest,
                                                                   &wow_fn_rows,
                                                                   &wow_fn_auth,
                                                                   &wow_fn_storage,
                                                                   &wow_fn_buckets,
                                                                   &wow_fn_schema,
                                                                   &wow_fn_catalog,
                                                                   NULL};

/* Has this connection loaded the extension before? Then it stays as it is: functions cannot be
** replaced while a statement runs, and load_extension() runs in one. */
static bool is_loaded(sqlite3 *db) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db, "SELECT wowsql_version()", -1, &stmt, NULL);
  sqlite3_finalize(stmt);
  return rc == SQLITE_OK;
}

__attribute__((visibility("default"))) int sqlite3_wowsql_init(sqlite3 *db, char **message,
                                                               const sqlite3_api_routines *api);

int sqlite3_wowsql_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
  struct wow_connection *conn = NULL;
  struct wow_error err = {0};
  SQLITE_EXTENSION_INIT2(api);
  if (sqlite3_libversion_number() < OLDEST_SQLITE) {
    *message =
        sqlite3_mprintf("wowsql needs SQLite 3.38 or newer, this is %s", sqlite3_libversion());
    return SQLITE_ERROR;
  }
  if (is_loaded(db)) return SQLITE_OK_LOAD_PERMANENTLY;
  int rc = wow_connection_new(db, &conn, &err);
  if (rc != SQLITE_OK) {
    *message = wow_error_text(&err);
    wow_error_reset(&err);
    return rc;
  }
  rc = wow_module_register(conn);
  if (rc == SQLITE_OK) rc = wow_functions_register(conn, function_groups);
  wow_connection_release(conn);
  return rc == SQLITE_OK ? SQLITE_OK_LOAD_PERMANENTLY : rc;
}
