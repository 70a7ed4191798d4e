/*
** The sqlite3_module "wowsql": its methods, and glue between them and definition, plan and scan.
**
** Only xCreate and xFilter ask the server, and xBestIndex if it has a choice (see ask_rows): a
** database opens, lists its tables and drops them with the server down.
*/
#include "table/module.h"

#include <string.h>

#include "base/limits.h"
#include "plan/best_index.h"
#include "scan/count.h"
#include "scan/identity.h"
#include "scan/lookup.h"
#include "scan/scan.h"
#include "scan/second_look.h"
#include "server/run.h"
#include "table/definition.h"

struct wow_table {
  sqlite3_vtab base;
  struct wow_connection *conn;
  struct wow_definition def;
  double n_rows;       /* the server's estimate; -1: it was not asked, or did not say */
  bool has_asked_rows; /* it was asked, whatever it said */
  struct wow_lookups *lookups;
  struct wow_second_look *second_look;
  struct wow_witnesses *witnesses;
};

struct wow_cursor {
  sqlite3_vtab_cursor base;
  struct wow_scan *scan;
};

/* Hands an error to SQLite and keeps it for wowsql_last_error(). Returns its code. */
static int table_fail(struct wow_table *table, struct wow_error *err) {
  return wow_connection_report(table->conn, err, &table->base.zErrMsg);
}

/* ---------------------------------------------------------------- tables */

static void table_free(struct wow_table *table) {
  if (table == NULL) return;
  sqlite3_free(table->base.zErrMsg);
  wow_definition_reset(&table->def);
  wow_lookup_free_memory(table->lookups);
  wow_second_look_free(table->second_look);
  wow_identity_free_witnesses(table->witnesses);
  sqlite3_free(table);
}

static int table_init(struct wow_connection *conn, const struct wow_create *create,
                      sqlite3_vtab **out, char **message) {
  struct wow_error err = {0};
  struct wow_table *table = sqlite3_malloc64(sizeof(*table));
  if (table == NULL) return SQLITE_NOMEM;
  memset(table, 0, sizeof(*table));
  table->conn = conn;
  table->n_rows = -1;
  table->lookups = wow_lookup_new_memory();
  table->second_look = wow_second_look_new();
  table->witnesses = wow_identity_new_witnesses();
  int rc =
      table->lookups && table->second_look && table->witnesses ? SQLITE_OK : wow_error_nomem(&err);
  if (rc == SQLITE_OK) rc = wow_definition_init(&table->def, conn, create, &err);
  if (rc == SQLITE_OK) {
    *out = &table->base;
    return SQLITE_OK;
  }
  table_free(table);
  if (rc != SQLITE_SCHEMA) wow_connection_report(conn, &err, message);
  return rc;
}

static int table_create(sqlite3 *db, void *aux, int argc, const char *const *argv,
                        sqlite3_vtab **out, char **message) {
  struct wow_create create = {argc, argv, true};
  (void)db;
  return table_init(aux, &create, out, message);
}

static int table_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message) {
  struct wow_create create = {argc, argv, false};
  (void)db;
  return table_init(aux, &create, out, message);
}

static int table_disconnect(sqlite3_vtab *vtab) {
  table_free((struct wow_table *)vtab);
  return SQLITE_OK;
}

static int table_destroy(sqlite3_vtab *vtab) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_error err = {0};
  if (wow_definition_drop(&table->def, &err) != SQLITE_OK) return table_fail(table, &err);
  table_free(table);
  return SQLITE_OK;
}

static int table_rename(sqlite3_vtab *vtab, const char *new_name) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_error err = {0};
  int rc = wow_definition_rename(&table->def, new_name, &err);
  return rc == SQLITE_OK ? SQLITE_OK : table_fail(table, &err);
}

static int table_shadow_name(const char *name) {
  return sqlite3_stricmp(name, WOW_SHADOW_SUFFIX) == 0;
}

/* Can SQLite choose between looking the rows up one by one and scanning them? It asks for a scan by
** saying that an = term cannot be used. */
static bool has_choice(const sqlite3_index_info *info) {
  for (int i = 0; i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];
    if (c->op == SQLITE_INDEX_CONSTRAINT_EQ && !c->usable) return true;
  }
  return false;
}

/* What is scanned; the server is found when a scan starts. */
static struct wow_target target_of(const struct wow_table *table) {
  return (struct wow_target){
      .conn = table->conn,
      .server_name = table->def.server,
      .schema = table->def.schema,
      .relation = table->def.relation,
      .brackets = &table->def.brackets,
      .table = table->def.qualified,
      .columns = table->def.names,
      .page_size = table->def.page_size,
      .lookups = table->lookups,
      .second_look = table->second_look,
      .witnesses = table->witnesses,
      .n_rows = &table->n_rows,
  };
}

/* Asks how many rows there are, once for each table: the only request that planning may cost. */
static int ask_rows(struct wow_table *table) {
  static const struct wow_where everything = {0};
  struct wow_error err = {0}, interrupt = {0};
  struct wow_target target = target_of(table);
  target.server = wow_connection_server(table->conn, table->def.server, &err);
  table->has_asked_rows = true;
  if (target.server) target.session = target.server->session;
  if (target.server) table->n_rows = wow_count_estimate(&target, &everything, &interrupt);
  wow_error_reset(&err);
  return interrupt.rc == SQLITE_OK ? SQLITE_OK : table_fail(table, &interrupt);
}

static int table_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info) {
  struct wow_table *table = (struct wow_table *)vtab;
  wow_run_forget_ended(table->conn->runs);
  if (!table->has_asked_rows && has_choice(info)) {
    int rc = ask_rows(table);
    if (rc != SQLITE_OK) return rc;
  }
  struct wow_plan_context context = {
      .relation = table->def.relation,
      .brackets = &table->def.brackets,
      .collation = wow_connection_collation(table->conn, table->def.server),
      .ship = table->conn->ship,
      .n_rows = table->n_rows >= 0 ? table->n_rows : WOW_DEFAULT_ROWS,
      .notes = table->conn->notes,
      .change = table->conn->plan_change,
  };
  return wow_best_index_choose(&context, info);
}

static int table_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out) {
  struct wow_target target = target_of((struct wow_table *)vtab);
  struct wow_cursor *cursor = sqlite3_malloc64(sizeof(*cursor));
  if (cursor == NULL) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof(*cursor));
  cursor->scan = wow_scan_new(&target);
  if (cursor->scan == NULL) {
    sqlite3_free(cursor);
    return SQLITE_NOMEM;
  }
  *out = &cursor->base;
  return SQLITE_OK;
}

static int table_close(sqlite3_vtab_cursor *cur) {
  struct wow_cursor *cursor = (struct wow_cursor *)cur;
  wow_scan_free(cursor->scan);
  sqlite3_free(cursor);
  return SQLITE_OK;
}

static int cursor_result(sqlite3_vtab_cursor *cur, int rc, struct wow_error *err) {
  return rc == SQLITE_OK ? rc : table_fail((struct wow_table *)cur->pVtab, err);
}

static int table_filter(sqlite3_vtab_cursor *cur, int idx_num, const char *idx_str, int argc,
                        sqlite3_value **argv) {
  struct wow_error err = {0};
  struct wow_scan_call call = {idx_str, idx_num, argc, argv};
  int rc = wow_scan_start(((struct wow_cursor *)cur)->scan, &call, &err);
  return cursor_result(cur, rc, &err);
}

static int table_next(sqlite3_vtab_cursor *cur) {
  struct wow_error err = {0};
  int rc = wow_scan_next(((struct wow_cursor *)cur)->scan, &err);
  return cursor_result(cur, rc, &err);
}

static int table_eof(sqlite3_vtab_cursor *cur) {
  return wow_scan_eof(((struct wow_cursor *)cur)->scan);
}

static int table_column(sqlite3_vtab_cursor *cur, sqlite3_context *ctx, int column) {
  const struct wow_definition *def = &((struct wow_table *)cur->pVtab)->def;
  struct wow_error err = {0};
  column = wow_brackets_own(&def->brackets, def->relation, column);
  int rc = wow_scan_column(((struct wow_cursor *)cur)->scan, ctx, column, &err);
  return cursor_result(cur, rc, &err);
}

static int table_rowid(sqlite3_vtab_cursor *cur, sqlite3_int64 *rowid) {
  struct wow_error err = {0};
  int rc = wow_scan_rowid(((struct wow_cursor *)cur)->scan, rowid, &err);
  return cursor_result(cur, rc, &err);
}

static const sqlite3_module table_module = {
    .iVersion = 3,
    .xCreate = table_create,
    .xConnect = table_connect,
    .xBestIndex = table_best_index,
    .xDisconnect = table_disconnect,
    .xDestroy = table_destroy,
    .xOpen = table_open,
    .xClose = table_close,
    .xFilter = table_filter,
    .xNext = table_next,
    .xEof = table_eof,
    .xColumn = table_column,
    .xRowid = table_rowid,
    .xRename = table_rename,
    .xShadowName = table_shadow_name,
};

static void release_connection(void *conn) {
  wow_connection_release(conn);
}

int wow_module_register(struct wow_connection *conn) {
  /* A placeholder for regexp() where the application has none: SQLite offers REGEXP terms to a
  ** table only if it knows the function, and the server evaluates them. It takes any number of
  ** arguments, so that one that the application registers later has precedence. */
  int rc = sqlite3_overload_function(conn->db, "regexp", -1);
  if (rc != SQLITE_OK) return rc;
  /* SQLite calls release_connection if this fails, too. */
  return sqlite3_create_module_v2(conn->db, "wowsql", &table_module, wow_connection_retain(conn),
                                  release_connection);
}
