/*
** The sqlite3_module "wowsql": its methods, and glue between them and definition, plan, scan and
** write.
**
** Only xCreate, xFilter and xSync ask the server, and xBestIndex if it has a choice (see ask_rows):
** a database opens, lists its tables and drops them with the server down.
*/
#include "table/module.h"

#include <string.h>

#include "base/limits.h"
#include "plan/best_index.h"
#include "scan/count.h"
#include "scan/identity.h"
#include "scan/lookup_set.h"
#include "scan/scan.h"
#include "scan/second_look.h"
#include "server/run.h"
#include "table/definition.h"
#include "write/transaction.h"

struct wow_table {
  sqlite3_vtab base;
  struct wow_connection *conn;
  struct wow_definition def;
  struct wow_scan *scans; /* open cursors */
  double n_rows;          /* the server's estimate; -1: it was not asked, or did not say */
  bool has_asked_rows;    /* it was asked, whatever it said */
  struct wow_lookups *lookups;
  struct wow_second_look *second_look;
  struct wow_witnesses *witnesses;
  struct wow_write_target target;
  struct wow_keys *keys;
  bool is_writing;          /* it takes part in SQLite's transaction */
  sqlite3_int64 row_number; /* of the row that a statement writes */
  int total_changes;        /* sqlite3_total_changes when it began */
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
  wow_transaction_forget(table->conn->transaction, &table->target);
  sqlite3_free(table->target.generated);
  wow_keys_free(table->keys);
  sqlite3_free(table->base.zErrMsg);
  wow_definition_reset(&table->def);
  wow_lookup_set_free_memory(table->lookups);
  wow_second_look_free(table->second_look);
  wow_identity_free_witnesses(table->witnesses);
  sqlite3_free(table);
}

/* What writing needs to know of the definition. SQLITE_OK or SQLITE_NOMEM. */
static int init_target(struct wow_table *table, bool is_create) {
  const struct wow_definition *def = &table->def;
  sqlite3_uint64 bytes = sizeof(bool) * (sqlite3_uint64)def->relation->n_columns;
  table->target = (struct wow_write_target){
      .conn = table->conn,
      .server_name = def->server,
      .schema = def->schema,
      .relation = def->relation,
      .brackets = &def->brackets,
      .database = def->database,
      .name = def->name,
      .columns = def->names,
      .generated = sqlite3_malloc64(bytes),
      .is_new = is_create,
      .is_through = def->is_through,
  };
  table->keys = wow_keys_new();
  if (table->target.generated == NULL || table->keys == NULL) return SQLITE_NOMEM;
  memset(table->target.generated, 0, bytes);
  table->is_writing = is_create; /* SQLite does not call xBegin then */
  if (is_create) wow_transaction_create(table->conn->transaction, &table->target);
  return SQLITE_OK;
}

static int table_init(struct wow_connection *conn, const struct wow_create *create,
                      sqlite3_vtab **out, char **message) {
  struct wow_error err = {0};
  struct wow_table *table = sqlite3_malloc64(sizeof(*table));
  if (table == NULL) return SQLITE_NOMEM;
  memset(table, 0, sizeof(*table));
  table->conn = conn;
  table->n_rows = -1;
  table->lookups = wow_lookup_set_new_memory();
  table->second_look = wow_second_look_new();
  table->witnesses = wow_identity_new_witnesses();
  int rc =
      table->lookups && table->second_look && table->witnesses ? SQLITE_OK : wow_error_nomem(&err);
  if (rc == SQLITE_OK) rc = wow_definition_init(&table->def, conn, create, &err);
  if (rc == SQLITE_OK && init_target(table, create->is_create)) rc = wow_error_nomem(&err);
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
  int rc = table_init(aux, &create, out, message);
  wow_stats_end(aux);
  return rc;
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

/* SQLite would not call xSync for a table that is gone, and would connect a renamed one again. */
static int check_unsent(const struct wow_table *table, const char *next, struct wow_error *err) {
  if (!wow_transaction_has_table(table->conn->transaction, &table->target)) return SQLITE_OK;
  return wow_error_set(err, SQLITE_ERROR, table->def.name,
                       "it has writes that have not been sent: COMMIT or ROLLBACK before %s", next);
}

static int table_destroy(sqlite3_vtab *vtab) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_error err = {0};
  int rc = check_unsent(table, "DROP", &err);
  if (rc == SQLITE_OK) rc = wow_definition_drop(&table->def, &err);
  if (rc != SQLITE_OK) return table_fail(table, &err);
  table_free(table);
  return SQLITE_OK;
}

static int table_rename(sqlite3_vtab *vtab, const char *new_name) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_error err = {0};
  int rc = check_unsent(table, "ALTER TABLE", &err);
  if (rc == SQLITE_OK) rc = wow_definition_rename(&table->def, new_name, &err);
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
static struct wow_target target_of(struct wow_table *table) {
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
      .scans = &table->scans,
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
  bool is_dry = table->conn->dry_run.is_on; /* then nothing can be asked */
  if (!table->has_asked_rows && !is_dry && has_choice(info)) {
    int rc = ask_rows(table);
    if (rc != SQLITE_OK) return rc;
  }
  struct wow_plan_context context = {
      .relation = table->def.relation,
      .brackets = &table->def.brackets,
      .collation = wow_connection_collation(table->conn, table->def.server),
      .refuses_aggregates = wow_connection_refuses_aggregates(table->conn, table->def.server),
      .ship = table->conn->ship,
      .n_rows = table->n_rows >= 0 ? table->n_rows : WOW_DEFAULT_ROWS,
      .notes = table->conn->notes,
      .change = table->conn->plan_change,
  };
  return wow_best_index_choose(&context, info);
}

static int table_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_target target = target_of(table);
  struct wow_cursor *cursor = sqlite3_malloc64(sizeof(*cursor));
  if (cursor == NULL) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof(*cursor));
  cursor->scan = wow_scan_new(&target);
  if (cursor->scan == NULL) {
    sqlite3_free(cursor);
    return SQLITE_NOMEM;
  }
  wow_stats_begin(table->conn);
  *out = &cursor->base;
  return SQLITE_OK;
}

static int table_close(sqlite3_vtab_cursor *cur) {
  struct wow_cursor *cursor = (struct wow_cursor *)cur;
  wow_scan_free(cursor->scan);
  wow_stats_end(((struct wow_table *)cur->pVtab)->conn);
  sqlite3_free(cursor);
  return SQLITE_OK;
}

static int cursor_result(sqlite3_vtab_cursor *cur, int rc, struct wow_error *err) {
  return rc == SQLITE_OK ? rc : table_fail((struct wow_table *)cur->pVtab, err);
}

static int table_filter(sqlite3_vtab_cursor *cur, int idx_num, const char *idx_str, int argc,
                        sqlite3_value **argv) {
  const struct wow_table *table = (struct wow_table *)cur->pVtab;
  struct wow_error err = {0};
  struct wow_scan_call call = {idx_str, idx_num, argc, argv};
  int rc = wow_transaction_check_read(table->conn->transaction, &table->target, &err);
  if (rc == SQLITE_OK) rc = wow_scan_start(((struct wow_cursor *)cur)->scan, &call, &err);
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

/* Is it a hidden column, which UPDATE ... FROM reads along with all others before SQLite 3.45? */
static bool is_read_by_update(const struct wow_cursor *cursor, int column) {
  const struct wow_table *table = (struct wow_table *)cursor->base.pVtab;
  sqlite3 *db = table->conn->db;
  return column >= WOW_FILTER_COLUMN(table->def.relation) && table->is_writing &&
         !wow_scan_is_grouped(cursor->scan) && sqlite3_libversion_number() < 3045000 &&
         wow_run_mentions(db, "update") && wow_run_mentions(db, "from");
}

static int table_column(sqlite3_vtab_cursor *cur, sqlite3_context *ctx, int column) {
  const struct wow_definition *def = &((struct wow_table *)cur->pVtab)->def;
  struct wow_error err = {0};
  if (sqlite3_vtab_nochange(ctx)) return SQLITE_OK; /* UPDATE does not set it */
  column = wow_brackets_own(&def->brackets, def->relation, column);
  if (is_read_by_update((struct wow_cursor *)cur, column)) return SQLITE_OK; /* NULL */
  int rc = wow_scan_column(((struct wow_cursor *)cur)->scan, ctx, column, &err);
  return cursor_result(cur, rc, &err);
}

/* Remembers the key of the current row by its rowid, from which it cannot be told. */
static int remember_key(struct wow_cursor *cursor, sqlite3_int64 rowid, struct wow_error *err) {
  const struct wow_table *table = (struct wow_table *)cursor->base.pVtab;
  const struct wow_relation *relation = table->def.relation;
  const struct wow_json_value *values[WOW_MAX_KEY];
  if (!table->is_writing || wow_relation_key_kind(relation) != WOW_KEY_MADE) return SQLITE_OK;
  for (int i = 0; i < relation->n_key; i++)
    values[i] = wow_scan_key_value(cursor->scan, i);
  return wow_keys_remember(table->keys, relation, rowid, values, err);
}

static int table_rowid(sqlite3_vtab_cursor *cur, sqlite3_int64 *rowid) {
  struct wow_error err = {0};
  int rc = wow_scan_rowid(((struct wow_cursor *)cur)->scan, rowid, &err);
  if (rc == SQLITE_OK) rc = remember_key((struct wow_cursor *)cur, *rowid, &err);
  return cursor_result(cur, rc, &err);
}

/* ---------------------------------------------------------------- writing */

/* Takes the table into the transaction, unless it cannot be written. */
static int begin(struct wow_table *table, struct wow_error *err) {
  struct wow_transaction *tx = wow_transaction_of(table->conn);
  int rc = wow_modify_check(&table->target, table->def.read_only, err);
  if (rc != SQLITE_OK) return rc;
  if (tx == NULL) return wow_error_nomem(err);
  wow_transaction_begin(tx);
  table->is_writing = true;
  return SQLITE_OK;
}

static int table_begin(sqlite3_vtab *vtab) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_error err = {0};
  return begin(table, &err) == SQLITE_OK ? SQLITE_OK : table_fail(table, &err);
}

/* INSERT ... RETURNING would return what the statement says, not what the server has stored. */
static int check_returning(const struct wow_table *table, struct wow_error *err) {
  sqlite3_stmt *stmt = wow_run_next_busy(table->conn->db, NULL);
  for (; stmt; stmt = wow_run_next_busy(table->conn->db, stmt)) {
    if (sqlite3_stmt_readonly(stmt) || sqlite3_column_count(stmt) == 0) continue;
    if (!wow_run_says(stmt, "returning") || !wow_run_says(stmt, table->def.name)) continue;
    return wow_error_hint(err, SQLITE_ERROR, table->def.name,
                          "SELECT wowsql_insert(table, json) returns the rows as stored, and "
                          "wowsql_last_insert_id() the last key",
                          "RETURNING does not know the rows as the server stores them");
  }
  return SQLITE_OK;
}

/* Counts the rows that a statement writes. */
static sqlite3_int64 next_row_number(struct wow_table *table) {
  int total_changes = sqlite3_total_changes(table->conn->db);
  if (total_changes != table->total_changes) table->row_number = 0;
  table->total_changes = total_changes;
  return ++table->row_number;
}

static int table_update(sqlite3_vtab *vtab, int argc, sqlite3_value **argv, sqlite3_int64 *rowid) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_error err = {0};
  struct wow_modification modification = {
      .target = &table->target,
      .keys = table->keys,
      .row_number = next_row_number(table),
      .on_conflict = sqlite3_vtab_on_conflict(table->conn->db),
      .argc = argc,
      .argv = argv,
  };
  int rc = begin(table, &err); /* it may have been created in this transaction */
  if (rc == SQLITE_OK && argc > 1) rc = check_returning(table, &err);
  /* Where the row does not name its key, last_insert_rowid() stays as it was. */
  if (rc == SQLITE_OK) *rowid = sqlite3_last_insert_rowid(table->conn->db);
  if (rc == SQLITE_OK)
    rc = wow_transaction_change(table->conn->transaction, &modification, rowid, &err);
  wow_stats_end(table->conn); /* where it was sent at once */
  return rc == SQLITE_OK ? rc : table_fail(table, &err);
}

static int table_sync(sqlite3_vtab *vtab) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_error err = {0};
  int rc = wow_transaction_sync(table->conn->transaction, &err);
  return rc == SQLITE_OK ? rc : table_fail(table, &err);
}

static void leave(struct wow_table *table) {
  wow_keys_forget(table->keys);
  table->is_writing = table->target.is_new = false;
  table->row_number = 0;
}

static int table_commit(sqlite3_vtab *vtab) {
  struct wow_table *table = (struct wow_table *)vtab;
  wow_transaction_commit(table->conn->transaction);
  wow_stats_end(table->conn);
  leave(table);
  return SQLITE_OK;
}

static int table_rollback(sqlite3_vtab *vtab) {
  struct wow_table *table = (struct wow_table *)vtab;
  wow_transaction_rollback(table->conn->transaction);
  wow_stats_end(table->conn);
  leave(table);
  return SQLITE_OK;
}

static int table_savepoint(sqlite3_vtab *vtab, int level) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_error err = {0};
  int rc = wow_transaction_savepoint(table->conn->transaction, level, &err);
  return rc == SQLITE_OK ? rc : table_fail(table, &err);
}

static int table_release(sqlite3_vtab *vtab, int level) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_error err = {0};
  int rc = wow_transaction_release(table->conn->transaction, level, &err);
  wow_stats_end(table->conn);
  return rc == SQLITE_OK ? rc : table_fail(table, &err);
}

static int table_rollback_to(sqlite3_vtab *vtab, int level) {
  struct wow_table *table = (struct wow_table *)vtab;
  table->row_number = 0;
  wow_transaction_rollback_to(table->conn->transaction, level);
  return SQLITE_OK;
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
    .xUpdate = table_update,
    .xBegin = table_begin,
    .xSync = table_sync,
    .xCommit = table_commit,
    .xRollback = table_rollback,
    .xRename = table_rename,
    .xSavepoint = table_savepoint,
    .xRelease = table_release,
    .xRollbackTo = table_rollback_to,
    .xShadowName = table_shadow_name,
};

static void release_connection(void *conn) {
  wow_transaction_free(conn);
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
