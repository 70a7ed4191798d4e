/*
** The sqlite3_module: CREATE VIRTUAL TABLE's arguments, the declared columns, the shadow table that
** keeps what the arguments do not say, and glue between SQLite's methods and plan, scan.
**
** xConnect, xBestIndex, xDestroy and xRename send nothing: a database opens, lists its tables and
** drops them with the server down. What they need is in the CREATE statement or in the shadow table
** <name>_wowsql(name, value), which holds the server and the columns as they were when the table
** was created.
*/
#include "table/module.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/relation.h"
#include "base/limits.h"
#include "scan/lookup.h"
#include "plan/plan.h"
#include "scan/scan.h"

struct wow_table {
  sqlite3_vtab base;
  struct wow_connection *conn;
  char *database; /* "main", "temp", ... */
  char *name;
  char *server; /* the server's name */
  char *schema; /* PostgREST profile; NULL: the server's */
  struct wow_relation *relation;
  int page_size; /* 0: the server's option */
  bool read_only;
  bool has_shadow;
  char **names;    /* of the declared columns, that of wowsql_filter last */
  char *qualified; /* "temp"."users" */
  struct wow_aggregates aggregates;
  double rows; /* what the server estimates; -1: it was not asked, or did not say */
  bool has_asked_rows;
  struct wow_lookups *lookups;
};

struct wow_cursor {
  sqlite3_vtab_cursor base;
  struct wow_scan *scan;
};

#define SHADOW_SUFFIX "wowsql"
#define FILTER_COLUMN "wowsql_filter"

/* Hands an error to SQLite and keeps it for wowsql_last_error(). Returns its code. */
static int table_fail(struct wow_table *table, struct wow_error *err) {
  int rc = err->rc;
  sqlite3_free(table->base.zErrMsg);
  table->base.zErrMsg = wow_error_text(err);
  wow_error_move(&table->conn->last_error, err);
  return rc;
}

/* ---------------------------------------------------------------- arguments */

struct table_args {
  char *table;
  char *server;
  char *schema;
  char *columns;
  char *select;
  char *aggregates;
  char *key;
  int page_size;
  bool read_only;
};

static void args_reset(struct table_args *args) {
  sqlite3_free(args->table);
  sqlite3_free(args->server);
  sqlite3_free(args->schema);
  sqlite3_free(args->columns);
  sqlite3_free(args->select);
  sqlite3_free(args->aggregates);
  sqlite3_free(args->key);
  memset(args, 0, sizeof(*args));
}

/* The text of a value: 'quoted', "quoted", [quoted] or bare. NULL: no memory. */
static char *unquote(const char *value) {
  char open = *value, close = open == '[' ? ']' : open;
  size_t n = strlen(value);
  if ((open != '\'' && open != '"' && open != '[') || n < 2 || value[n - 1] != close) {
    return sqlite3_mprintf("%s", value);
  }
  char *text = sqlite3_malloc64(n);
  if (text == NULL) return NULL;
  char *to = text;
  for (const char *p = value + 1; p < value + n - 1; p++) {
    *to++ = *p;
    if (*p == close && p[1] == close) p++;
  }
  *to = 0;
  return text;
}

static int wrong_argument(struct wow_error *err, const char *name, const char *takes) {
  return wow_error_set(err, SQLITE_ERROR, NULL, "%s= takes %s", name, takes);
}

static int set_argument(struct table_args *args, const char *name, char *value,
                        struct wow_error *err) {
  const struct {
    const char *name;
    char **text;
  } texts[] = {{"table", &args->table},   {"server", &args->server},
               {"schema", &args->schema}, {"columns", &args->columns},
               {"select", &args->select}, {"aggregates", &args->aggregates},
               {"key", &args->key}};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    if (sqlite3_stricmp(name, texts[i].name) != 0) continue;
    sqlite3_free(*texts[i].text);
    *texts[i].text = value;
    return SQLITE_OK;
  }
  int rc = SQLITE_OK;
  char *end = NULL;
  long number = strtol(value, &end, 10);
  bool is_number = *value && *end == 0;
  if (sqlite3_stricmp(name, "page_size") == 0) {
    if (!is_number || number < 1 || number > 100000000) {
      rc = wrong_argument(err, "page_size", "a whole number of rows, 1 or more");
    }
    args->page_size = (int)number;
  } else if (sqlite3_stricmp(name, "read_only") == 0) {
    if (!is_number || number < 0 || number > 1) rc = wrong_argument(err, "read_only", "0 or 1");
    args->read_only = number == 1;
  } else {
    rc = wow_error_hint(
        err, SQLITE_ERROR, NULL,
        "URL and key are given once, to wowsql_connect; a table names its server",
        "unknown option '%s'; there are: table, server, schema, columns, select, aggregates, key, "
        "page_size, read_only",
        name);
  }
  sqlite3_free(value);
  return rc;
}

static int parse_argument(struct table_args *args, const char *text, struct wow_error *err) {
  const char *equals = strchr(text, '=');
  size_t n = equals ? (size_t)(equals - text) : 0;
  while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t' || text[n - 1] == '\n'))
    n--;
  if (n == 0) {
    return wow_error_hint(err, SQLITE_ERROR, NULL,
                          "CREATE VIRTUAL TABLE t USING wowsql(table='users', server='main')",
                          "an option is written name=value");
  }
  const char *value = equals + 1;
  while (*value == ' ' || *value == '\t' || *value == '\n')
    value++;
  char *name = sqlite3_mprintf("%.*s", (int)n, text);
  char *plain = unquote(value);
  int rc = name && plain ? SQLITE_OK : wow_error_nomem(err);
  if (rc == SQLITE_OK)
    rc = set_argument(args, name, plain, err);
  else
    sqlite3_free(plain);
  sqlite3_free(name);
  return rc;
}

/* ---------------------------------------------------------------- the shadow table */

/* Runs SQL of ours. Its message, if it fails, goes into `err`. */
static int run_sql(struct wow_table *table, struct wow_error *err, char *sql) {
  char *message = NULL;
  if (sql == NULL) return wow_error_nomem(err);
  int rc = sqlite3_exec(table->conn->db, sql, NULL, NULL, &message);
  if (rc != SQLITE_OK) {
    wow_error_set(err, rc, table->name, "%s", message ? message : sqlite3_errstr(rc));
  }
  sqlite3_free(message);
  sqlite3_free(sql);
  return rc;
}

static int shadow_write(struct wow_table *table, struct wow_error *err) {
  char *columns = wow_relation_columns(table->relation);
  if (columns == NULL) return wow_error_nomem(err);
  int rc = run_sql(table, err,
                   sqlite3_mprintf("CREATE TABLE \"%w\".\"%w_" SHADOW_SUFFIX
                                   "\"(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
                                   "INSERT INTO \"%w\".\"%w_" SHADOW_SUFFIX
                                   "\" VALUES('server',%Q),('columns',%Q)",
                                   table->database, table->name, table->database, table->name,
                                   table->server, columns));
  sqlite3_free(columns);
  return rc;
}

/* Reads server and columns as they were kept. SQLITE_SCHEMA goes through as it is: SQLite then
** reads the schema again and repeats the statement. */
static int shadow_read(struct wow_table *table, char **server, char **columns,
                       struct wow_error *err) {
  sqlite3_stmt *stmt = NULL;
  char *sql = sqlite3_mprintf("SELECT name, value FROM \"%w\".\"%w_" SHADOW_SUFFIX "\"",
                              table->database, table->name);
  if (sql == NULL) return wow_error_nomem(err);
  int rc = sqlite3_prepare_v2(table->conn->db, sql, -1, &stmt, NULL);
  sqlite3_free(sql);
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(stmt, 0);
    char **to = name && strcmp(name, "server") == 0 ? server : columns;
    sqlite3_free(*to);
    *to = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 1));
    rc = SQLITE_OK;
  }
  int final_rc = sqlite3_finalize(stmt);
  if (rc == SQLITE_DONE) rc = final_rc;
  if (rc == SQLITE_OK || rc == SQLITE_SCHEMA) return rc;
  return wow_error_hint(err, SQLITE_ERROR, table->name, "DROP the table and create it again",
                        "what was kept of it in %s_" SHADOW_SUFFIX " cannot be read: %s",
                        table->name, sqlite3_errmsg(table->conn->db));
}

/* ---------------------------------------------------------------- columns */

/* Is this the name of one of so many columns, up to case? */
static bool is_column(const struct wow_relation *relation, int n, const char *name) {
  for (int i = 0; i < n; i++) {
    if (sqlite3_stricmp(relation->columns[i].name, name) == 0) return true;
  }
  return false;
}

/* SQLite takes names that differ in case for the same: such a column gets a number behind it, one
** that makes it no other column's name. `names` are those of the columns before it. */
static char *declared_name(const struct wow_relation *relation, int column, char *const *names) {
  const char *name = relation->columns[column].name;
  if (!is_column(relation, column, name)) return sqlite3_mprintf("%s", name);
  for (int n = 2;; n++) {
    char *numbered = sqlite3_mprintf("%s_%d", name, n);
    bool taken = numbered && is_column(relation, relation->n_columns, numbered);
    for (int i = 0; numbered && i < column; i++)
      taken = taken || (names[i] && sqlite3_stricmp(names[i], numbered) == 0);
    if (!taken) return numbered;
    sqlite3_free(numbered);
  }
}

static int declare(struct wow_table *table, struct wow_error *err) {
  const struct wow_relation *relation = table->relation;
  enum wow_key_kind key_kind = wow_relation_key_kind(relation);
  sqlite3_uint64 bytes = sizeof(char *) * ((sqlite3_uint64)relation->n_columns + 1);
  table->names = sqlite3_malloc64(bytes);
  if (table->names == NULL) return wow_error_nomem(err);
  memset(table->names, 0, bytes);
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "CREATE TABLE x(");
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    table->names[i] = declared_name(relation, i, table->names);
    sqlite3_str_appendf(str, "\"%w\" %s", table->names[i], wow_type_declared(&column->type));
    /* Only of a key is it certain that it stays NOT NULL; SQLite plans by such a promise. */
    if (column->key_position) sqlite3_str_appendall(str, " NOT NULL");
    if (column->key_position && relation->n_key == 1) sqlite3_str_appendall(str, " PRIMARY KEY");
    sqlite3_str_appendall(str, ", ");
  }
  bool is_taken = is_column(relation, relation->n_columns, FILTER_COLUMN);
  table->names[relation->n_columns] = sqlite3_mprintf(FILTER_COLUMN "%s", is_taken ? "_" : "");
  sqlite3_str_appendf(str, "\"%w\" TEXT HIDDEN", table->names[relation->n_columns]);
  for (int i = 0; i < table->aggregates.n; i++) {
    const struct wow_aggregate *aggregate = &table->aggregates.list[i];
    sqlite3_str_appendf(str, ", \"%w\" %s HIDDEN", aggregate->name,
                        wow_type_declared(&aggregate->type));
  }
  sqlite3_str_appendchar(str, 1, ')');
  if (key_kind == WOW_KEY_SINGLE) sqlite3_str_appendall(str, " WITHOUT ROWID");
  char *sql = sqlite3_str_finish(str);
  if (sql == NULL) return wow_error_nomem(err);
  int rc = sqlite3_declare_vtab(table->conn->db, sql);
  sqlite3_free(sql);
  if (rc == SQLITE_OK) return SQLITE_OK;
  return wow_error_set(err, SQLITE_ERROR, relation->name, "%s", sqlite3_errmsg(table->conn->db));
}

/* Looks the relation up in the server's catalog. */
static int relation_from_server(struct wow_table *table, const char *name, const char *select,
                                struct wow_error *err) {
  const struct wow_catalog *catalog = NULL;
  struct wow_server *server = wow_server_find(table->conn, table->server, err);
  if (server == NULL) return err->rc;
  int rc = wow_server_catalog(table->conn, server, table->schema, &catalog, err);
  if (rc != SQLITE_OK) return rc;
  const struct wow_relation *relation = wow_catalog_find(catalog, name);
  if (relation == NULL) {
    return wow_error_hint(err, SQLITE_ERROR, name,
                          "SELECT name FROM wowsql_tables lists what the key may see; after a "
                          "change on the server SELECT wowsql_refresh()",
                          "the server '%s' has no such table", table->server);
  }
  if (select) return wow_catalog_select(catalog, relation, select, &table->relation, err);
  table->relation = wow_relation_copy(relation);
  return table->relation ? SQLITE_OK : wow_error_nomem(err);
}

static int resolve_relation(struct wow_table *table, struct table_args *args, bool is_create,
                            struct wow_error *err) {
  int rc = SQLITE_OK;
  char *kept_columns = NULL;
  const char *name = args->table ? args->table : table->name;
  table->has_shadow = args->server == NULL || args->columns == NULL;
  if (!is_create && table->has_shadow) {
    rc = shadow_read(table, &table->server, &kept_columns, err);
  } else if (args->server == NULL) {
    const char *current = table->conn->current ? table->conn->current : WOW_DEFAULT_SERVER;
    table->server = sqlite3_mprintf("%s", current);
  }
  if (rc == SQLITE_OK && args->server) {
    sqlite3_free(table->server);
    table->server = sqlite3_mprintf("%s", args->server);
  }
  if (rc == SQLITE_OK && table->server == NULL) rc = wow_error_nomem(err);
  const char *columns = args->columns ? args->columns : kept_columns;
  if (rc == SQLITE_OK && args->columns && args->select) {
    rc = wow_error_set(err, SQLITE_ERROR, name, "give either columns= or select=, not both");
  }
  if (rc == SQLITE_OK && columns)
    rc = wow_relation_parse(name, columns, &table->relation, err);
  else if (rc == SQLITE_OK)
    rc = relation_from_server(table, name, args->select, err);
  if (rc == SQLITE_OK && args->key) rc = wow_relation_set_key(table->relation, args->key, err);
  sqlite3_free(kept_columns);
  return rc;
}

/* ---------------------------------------------------------------- module methods */

static void table_free(struct wow_table *table) {
  if (table == NULL) return;
  sqlite3_free(table->base.zErrMsg);
  sqlite3_free(table->database);
  sqlite3_free(table->name);
  sqlite3_free(table->server);
  sqlite3_free(table->schema);
  for (int i = 0; table->names && i <= table->relation->n_columns; i++)
    sqlite3_free(table->names[i]);
  sqlite3_free(table->names);
  sqlite3_free(table->qualified);
  wow_aggregates_reset(&table->aggregates);
  wow_relation_free(table->relation);
  wow_lookups_free(table->lookups);
  sqlite3_free(table);
}

static int table_init(struct wow_connection *conn, int argc, const char *const *argv,
                      bool is_create, sqlite3_vtab **out, char **message) {
  struct wow_error err = {0};
  struct table_args args = {0};
  int rc = SQLITE_OK;
  struct wow_table *table = sqlite3_malloc64(sizeof(*table));
  if (table == NULL) return SQLITE_NOMEM;
  memset(table, 0, sizeof(*table));
  table->conn = conn;
  table->rows = -1;
  table->lookups = wow_lookups_new();
  table->database = sqlite3_mprintf("%s", argv[1]);
  table->name = sqlite3_mprintf("%s", argv[2]);
  table->qualified = sqlite3_mprintf("\"%w\".\"%w\"", argv[1], argv[2]);
  if (!table->database || !table->name || !table->qualified || !table->lookups)
    rc = wow_error_nomem(&err);
  for (int i = 3; i < argc && rc == SQLITE_OK; i++)
    rc = parse_argument(&args, argv[i], &err);
  table->schema = args.schema;
  args.schema = NULL;
  table->page_size = args.page_size;
  table->read_only = args.read_only;
  if (rc == SQLITE_OK) rc = resolve_relation(table, &args, is_create, &err);
  if (rc == SQLITE_OK) {
    rc = wow_aggregates_init(&table->aggregates, table->relation, args.aggregates, &err);
  }
  if (rc == SQLITE_OK) rc = declare(table, &err);
  if (rc == SQLITE_OK && is_create && table->has_shadow) rc = shadow_write(table, &err);
  args_reset(&args);
  if (rc == SQLITE_OK) {
    *out = &table->base;
    return SQLITE_OK;
  }
  table_free(table);
  if (rc == SQLITE_SCHEMA) return rc;
  *message = wow_error_text(&err);
  wow_error_move(&conn->last_error, &err);
  return rc;
}

static int table_create(sqlite3 *db, void *aux, int argc, const char *const *argv,
                        sqlite3_vtab **out, char **message) {
  (void)db;
  return table_init(aux, argc, argv, true, out, message);
}

static int table_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message) {
  (void)db;
  return table_init(aux, argc, argv, false, out, message);
}

static int table_disconnect(sqlite3_vtab *vtab) {
  table_free((struct wow_table *)vtab);
  return SQLITE_OK;
}

static int table_destroy(sqlite3_vtab *vtab) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_error err = {0};
  int rc = SQLITE_OK;
  if (table->has_shadow) {
    rc = run_sql(table, &err,
                 sqlite3_mprintf("DROP TABLE IF EXISTS \"%w\".\"%w_" SHADOW_SUFFIX "\"",
                                 table->database, table->name));
  }
  if (rc != SQLITE_OK) return table_fail(table, &err);
  table_free(table);
  return SQLITE_OK;
}

static int table_rename(sqlite3_vtab *vtab, const char *new_name) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_error err = {0};
  int rc = SQLITE_OK;
  if (table->has_shadow) {
    rc = run_sql(table, &err,
                 sqlite3_mprintf("ALTER TABLE \"%w\".\"%w_" SHADOW_SUFFIX
                                 "\" RENAME TO \"%w_" SHADOW_SUFFIX "\"",
                                 table->database, table->name, new_name));
  }
  return rc == SQLITE_OK ? SQLITE_OK : table_fail(table, &err);
}

static int table_shadow_name(const char *name) {
  return sqlite3_stricmp(name, SHADOW_SUFFIX) == 0;
}

/* Is this a plan with a choice: shall the rows be looked up one by one, or scanned? SQLite asks for
** the latter by saying that an = term cannot be used. */
static bool has_choice(const sqlite3_index_info *info) {
  for (int i = 0; i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];
    if (c->op == SQLITE_INDEX_CONSTRAINT_EQ && !c->usable) return true;
  }
  return false;
}

/* The one request that planning may cost: how many rows there are, once for each table. */
static void ask_rows(struct wow_table *table) {
  struct wow_error err = {0};
  struct wow_server *server = wow_server_find(table->conn, table->server, &err);
  table->has_asked_rows = true;
  if (server) {
    table->rows = wow_pages_estimate(table->conn, server, table->schema, table->relation->name, "");
  }
  wow_error_reset(&err);
}

static int table_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info) {
  struct wow_table *table = (struct wow_table *)vtab;
  wow_statements_planned(table->conn->statements);
  if (!table->has_asked_rows && has_choice(info)) ask_rows(table);
  struct wow_plan_context context = {
      .relation = table->relation,
      .aggregates = &table->aggregates,
      .collation = wow_server_collation(table->conn, table->server),
      .ship = table->conn->ship,
      .rows = table->rows >= 0 ? table->rows : WOW_DEFAULT_ROWS,
      .notes = table->conn->notes,
  };
  return wow_plan_best_index(&context, info);
}

static int table_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out) {
  struct wow_table *table = (struct wow_table *)vtab;
  struct wow_scan_target target = {
      .conn = table->conn,
      .server = table->server,
      .schema = table->schema,
      .relation = table->relation,
      .page_size = table->page_size,
      .aggregates = &table->aggregates,
      .table = table->qualified,
      .columns = table->names,
      .lookups = table->lookups,
      .rows = &table->rows,
  };
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
  int rc = wow_scan_start(((struct wow_cursor *)cur)->scan, idx_str, idx_num, argc, argv, &err);
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
  struct wow_error err = {0};
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
  wow_connection_free(conn);
}

int wow_table_register(struct wow_connection *conn) {
  /* A stand-in for regexp(), where the application has none: the operator must be known for a
  ** REGEXP term to be offered to the table, and it is the server that evaluates it. For any number
  ** of arguments, so that one that the application registers later comes before it. */
  int rc = sqlite3_overload_function(conn->db, "regexp", -1);
  if (rc == SQLITE_OK) {
    rc = sqlite3_create_module_v2(conn->db, "wowsql", &table_module, conn, release_connection);
  } else {
    wow_connection_free(conn);
  }
  return rc;
}
