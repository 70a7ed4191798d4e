/*
** Reading CREATE VIRTUAL TABLE's arguments, declaring the columns, and the shadow table. See
** definition.h.
*/
#include "table/definition.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/column_list.h"
#include "catalog/select_list.h"
#include "base/limits.h"
#include "scan/select_check.h"
#include "server/domain.h"

/* The hidden column that takes raw parameters of PostgREST. */
#define FILTER_COLUMN "wowsql_filter"

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
  bool is_through;
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
    if (!is_number || number < 1 || number > WOW_MAX_PAGE_SIZE) {
      rc = wrong_argument(err, "page_size", "a whole number of rows, 1 or more");
    }
    args->page_size = (int)number;
  } else if (sqlite3_stricmp(name, "read_only") == 0) {
    if (!is_number || number < 0 || number > 1) rc = wrong_argument(err, "read_only", "0 or 1");
    args->read_only = number == 1;
  } else if (sqlite3_stricmp(name, "write") == 0) {
    args->is_through = sqlite3_stricmp(value, "through") == 0;
    if (!args->is_through && sqlite3_stricmp(value, "commit") != 0)
      rc = wrong_argument(err, "write", "'commit' or 'through'");
  } else {
    rc = wow_error_hint(
        err, SQLITE_ERROR, NULL,
        "URL and key are given once, to wowsql_connect; a table names its server",
        "unknown option '%s'; valid options: table, server, schema, columns, select, aggregates, "
        "key, page_size, read_only, write",
        name);
  }
  sqlite3_free(value);
  return rc;
}

/* Reads "name=value". */
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

/* Creates the shadow table and keeps the server and the columns in it. */
static int shadow_write(const struct wow_definition *def, struct wow_error *err) {
  char *columns = wow_column_list_text(def->relation);
  if (columns == NULL) return wow_error_nomem(err);
  char *sql = sqlite3_mprintf(
      "CREATE TABLE \"%w\".\"%w_" WOW_SHADOW_SUFFIX
      "\"(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
      "INSERT INTO \"%w\".\"%w_" WOW_SHADOW_SUFFIX "\" VALUES('server',%Q),('columns',%Q)",
      def->database, def->name, def->database, def->name, def->server, columns);
  int rc = wow_connection_exec(def->conn, sql, def->name, err);
  sqlite3_free(columns);
  return rc;
}

/* Keeps the remote table's name, which the virtual table's says no more. */
static int shadow_name(const struct wow_definition *def, struct wow_error *err) {
  char *sql = sqlite3_mprintf("INSERT OR IGNORE INTO \"%w\".\"%w_" WOW_SHADOW_SUFFIX
                              "\" VALUES('table',%Q)",
                              def->database, def->name, def->relation->name);
  return wow_connection_exec(def->conn, sql, def->name, err);
}

/* What the shadow table says; NULL: nothing of it. */
struct kept {
  char *server;
  char *table;
  char *columns;
};

static void kept_reset(struct kept *kept) {
  sqlite3_free(kept->server);
  sqlite3_free(kept->table);
  sqlite3_free(kept->columns);
}

/* Takes one row of the shadow table. */
static int shadow_take(sqlite3_stmt *stmt, struct kept *kept) {
  const char *name = (const char *)sqlite3_column_text(stmt, 0);
  const char *value = (const char *)sqlite3_column_text(stmt, 1);
  char **field = &kept->columns;
  if (name && strcmp(name, "server") == 0) field = &kept->server;
  if (name && strcmp(name, "table") == 0) field = &kept->table;
  char *copy = sqlite3_mprintf("%s", value);
  if (copy == NULL) return SQLITE_NOMEM;
  sqlite3_free(*field);
  *field = copy;
  return SQLITE_OK;
}

/* Is there a shadow table? */
static bool has_shadow(const struct wow_definition *def) {
  char *name = sqlite3_mprintf("%s_" WOW_SHADOW_SUFFIX, def->name);
  int rc = name ? sqlite3_table_column_metadata(def->conn->db, def->database, name, "value", NULL,
                                                NULL, NULL, NULL, NULL)
                : SQLITE_NOMEM;
  sqlite3_free(name);
  return rc == SQLITE_OK;
}

/* Reads what shadow_write has kept. SQLITE_SCHEMA is returned as it is, without an error: SQLite
** then reads the schema again and repeats the statement. */
static int shadow_read(const struct wow_definition *def, struct kept *kept, struct wow_error *err) {
  sqlite3_stmt *stmt = NULL;
  char *sql = sqlite3_mprintf("SELECT name, value FROM \"%w\".\"%w_" WOW_SHADOW_SUFFIX "\"",
                              def->database, def->name);
  if (sql == NULL) return wow_error_nomem(err);
  int rc = sqlite3_prepare_v2(def->conn->db, sql, -1, &stmt, NULL);
  sqlite3_free(sql);
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
    rc = shadow_take(stmt, kept);
  int final_rc = sqlite3_finalize(stmt);
  if (rc == SQLITE_DONE) rc = final_rc;
  if (rc == SQLITE_OK || rc == SQLITE_SCHEMA) return rc;
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  return wow_error_hint(err, SQLITE_ERROR, def->name, "DROP the table and create it again",
                        "its definition in %s_" WOW_SHADOW_SUFFIX " cannot be read: %s", def->name,
                        sqlite3_errmsg(def->conn->db));
}

/* ---------------------------------------------------------------- columns */

/* Fills def->names. SQLITE_OK or SQLITE_NOMEM. */
static int name_columns(struct wow_definition *def) {
  const struct wow_relation *relation = def->relation;
  int n = relation->n_columns;
  sqlite3_uint64 bytes = sizeof(char *) * ((sqlite3_uint64)n + 1);
  def->names = sqlite3_malloc64(bytes);
  if (def->names == NULL) return SQLITE_NOMEM;
  memset(def->names, 0, bytes);
  for (int i = 0; i < n; i++) {
    def->names[i] = wow_relation_sql_name(relation, i, def->names);
    if (def->names[i] == NULL) return SQLITE_NOMEM;
  }
  bool is_taken = wow_relation_is_column(relation, n, FILTER_COLUMN);
  def->names[n] = sqlite3_mprintf(FILTER_COLUMN "%s", is_taken ? "_" : "");
  return def->names[n] ? SQLITE_OK : SQLITE_NOMEM;
}

/*
** Declares a column. NOT NULL and UNIQUE would be promises, by which SQLite leaves out tests, joins
** and DISTINCT without a look at the rows, so they are not given; but for the key of a table
** WITHOUT ROWID, where they cannot be helped. An integer key is INTEGER, whatever its size: for
** other types SQLite makes an index, which PRAGMA integrity_check then misses. It is a key to those
** who look at the table's columns only: xBestIndex and xColumn get its own number.
*/
static void append_declared(sqlite3_str *str, const struct wow_relation *relation,
                            const struct wow_column *column, const char *name) {
  enum wow_key_kind kind = wow_relation_key_kind(relation);
  bool is_key = column->key_position && (kind == WOW_KEY_ROWID || kind == WOW_KEY_SINGLE);
  bool is_integer = is_key && kind == WOW_KEY_ROWID;
  sqlite3_str_appendf(str, "\"%w\" %s%s, ", name,
                      is_integer ? "INTEGER" : wow_type_declared(&column->type),
                      is_key ? " PRIMARY KEY" : "");
}

static void append_hidden(sqlite3_str *str, const struct wow_definition *def) {
  sqlite3_str_appendf(str, "\"%w\" TEXT HIDDEN, ", def->names[def->relation->n_columns]);
  for (int i = 0; i < def->brackets.n; i++) {
    const struct wow_bracket *bracket = &def->brackets.list[i];
    sqlite3_str_appendf(str, "\"%w\" %s HIDDEN, ", bracket->name,
                        wow_type_declared(&bracket->type));
  }
}

/* Declares the columns: the relation's, wowsql_filter, the bracketed aggregates. */
static int declare(struct wow_definition *def, struct wow_error *err) {
  const struct wow_relation *relation = def->relation;
  if (name_columns(def) != SQLITE_OK) return wow_error_nomem(err);
  sqlite3_str *str = sqlite3_str_new(NULL), *columns = sqlite3_str_new(NULL);
  if (def->brackets.come_first) append_hidden(columns, def);
  for (int i = 0; i < relation->n_columns; i++)
    append_declared(columns, relation, &relation->columns[i], def->names[i]);
  if (!def->brackets.come_first) append_hidden(columns, def);
  int n = sqlite3_str_length(columns);
  if (n > 0) sqlite3_str_appendf(str, "CREATE TABLE x(%.*s)", n - 2, sqlite3_str_value(columns));
  int rc = sqlite3_str_errcode(columns);
  sqlite3_free(sqlite3_str_finish(columns));
  if (wow_relation_key_kind(relation) == WOW_KEY_SINGLE) {
    sqlite3_str_appendall(str, " WITHOUT ROWID");
  }
  char *sql = sqlite3_str_finish(str);
  if (rc == SQLITE_OK && sql) rc = sqlite3_declare_vtab(def->conn->db, sql);
  bool is_nomem = sql == NULL || rc == SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc == SQLITE_OK && !is_nomem) return SQLITE_OK;
  if (is_nomem) return wow_error_nomem(err);
  return wow_error_set(err, SQLITE_ERROR, relation->name, "%s", sqlite3_errmsg(def->conn->db));
}

static int ask_way(void *ctx, const char *relation, const char *way, bool *is_known,
                   struct wow_error *err) {
  return wow_select_check_way(ctx, relation, way, is_known, err);
}

/* Makes the relation of a select list, and lets the server look at it. */
static int relation_of_select(struct wow_definition *def, struct wow_target *target,
                              const struct wow_catalog *catalog, const char *select,
                              struct wow_error *err) {
  struct wow_select_source source = {.catalog = catalog, .ask = ask_way, .ctx = target};
  int rc = wow_select_list_parse(&source, target->relation, select, &def->relation, err);
  if (rc == SQLITE_OK)
    rc = wow_domain_settle(target->conn, target->server, target->schema, def->relation, err);
  if (rc != SQLITE_OK) return rc;
  target->relation = def->relation;
  return wow_select_check(target, err);
}

/* Copies the relation from the server's catalog. */
static int relation_from_server(struct wow_definition *def, const char *name, const char *select,
                                struct wow_error *err) {
  const struct wow_catalog *catalog = NULL;
  const struct wow_relation *relation = NULL;
  struct wow_server *server = wow_connection_server(def->conn, def->server, err);
  if (server == NULL) return err->rc;
  int rc = wow_server_relation(server, def->schema, name, &relation, err);
  if (rc == SQLITE_OK) rc = wow_server_catalog(def->conn, server, def->schema, &catalog, err);
  if (rc != SQLITE_OK) return rc;
  if (relation == NULL) return wow_server_no_table(server, def->schema, name, err);
  struct wow_relation *copy = wow_relation_copy(relation);
  if (copy == NULL) return wow_error_nomem(err);
  if (select == NULL) {
    def->relation = copy;
    return wow_domain_settle(def->conn, server, def->schema, copy, err);
  }
  struct wow_target target = {.conn = def->conn,
                              .server_name = def->server,
                              .server = server,
                              .session = server->session,
                              .schema = def->schema,
                              .relation = copy};
  rc = relation_of_select(def, &target, catalog, select, err);
  wow_relation_free(copy);
  return rc;
}

/* Finds out def->server, and what the shadow table says. A table that says all in its statement has
** one only once it was renamed: it goes by its first name on the server (wow_definition_rename). */
static int resolve_server(struct wow_definition *def, const struct table_args *args, bool is_create,
                          struct kept *kept, struct wow_error *err) {
  def->has_shadow = args->server == NULL || args->columns == NULL;
  def->is_named_after = args->table == NULL;
  if (!is_create && !def->has_shadow && def->is_named_after) def->has_shadow = has_shadow(def);
  if (!is_create && def->has_shadow) {
    int rc = shadow_read(def, kept, err);
    if (rc != SQLITE_OK) return rc;
  }
  const char *server = args->server ? args->server : kept->server;
  if (server == NULL && !is_create) return wow_error_nomem(err);
  if (server == NULL) server = wow_connection_current(def->conn);
  def->server = sqlite3_mprintf("%s", server);
  return def->server ? SQLITE_OK : wow_error_nomem(err);
}

static int resolve_relation(struct wow_definition *def, const struct table_args *args,
                            bool is_create, struct wow_error *err) {
  struct kept kept = {0};
  int rc = resolve_server(def, args, is_create, &kept, err);
  const char *columns = args->columns ? args->columns : kept.columns;
  const char *name = args->table ? args->table : kept.table ? kept.table : def->name;
  if (rc == SQLITE_OK && args->columns && args->select) {
    rc = wow_error_set(err, SQLITE_ERROR, name, "give either columns= or select=, not both");
  }
  if (rc == SQLITE_OK && columns)
    rc = wow_column_list_parse(name, columns, &def->relation, err);
  else if (rc == SQLITE_OK)
    rc = relation_from_server(def, name, args->select, err);
  if (rc == SQLITE_OK && args->key) rc = wow_column_list_set_key(def->relation, args->key, err);
  if (rc == SQLITE_OK && def->relation->n_columns == 0) {
    rc = wow_error_set(err, SQLITE_ERROR, name, "it has no columns that could be read");
  }
  kept_reset(&kept);
  return rc;
}

/* ---------------------------------------------------------------- the definition */

int wow_definition_init(struct wow_definition *def, struct wow_connection *conn,
                        const struct wow_create *create, struct wow_error *err) {
  const char *database = create->argv[1], *name = create->argv[2];
  struct table_args args = {0};
  int rc = SQLITE_OK;
  memset(def, 0, sizeof(*def));
  def->conn = conn;
  def->database = sqlite3_mprintf("%s", database);
  def->name = sqlite3_mprintf("%s", name);
  def->qualified = sqlite3_mprintf("\"%w\".\"%w\"", database, name);
  if (!def->database || !def->name || !def->qualified) rc = wow_error_nomem(err);
  for (int i = 3; i < create->argc && rc == SQLITE_OK; i++)
    rc = parse_argument(&args, create->argv[i], err);
  def->schema = args.schema;
  args.schema = NULL;
  def->page_size = args.page_size;
  def->read_only = args.read_only;
  def->is_through = args.is_through;
  if (rc == SQLITE_OK) rc = resolve_relation(def, &args, create->is_create, err);
  if (rc == SQLITE_OK) {
    rc = wow_brackets_init(&def->brackets, def->relation, args.aggregates, err);
  }
  if (rc == SQLITE_OK) rc = declare(def, err);
  if (rc == SQLITE_OK && create->is_create && def->has_shadow) rc = shadow_write(def, err);
  args_reset(&args);
  return rc;
}

void wow_definition_reset(struct wow_definition *def) {
  for (int i = 0; def->names && i <= def->relation->n_columns; i++)
    sqlite3_free(def->names[i]);
  sqlite3_free(def->names);
  sqlite3_free(def->database);
  sqlite3_free(def->name);
  sqlite3_free(def->qualified);
  sqlite3_free(def->server);
  sqlite3_free(def->schema);
  wow_brackets_reset(&def->brackets);
  wow_relation_free(def->relation);
  memset(def, 0, sizeof(*def));
}

int wow_definition_drop(struct wow_definition *def, struct wow_error *err) {
  if (!def->has_shadow) return SQLITE_OK;
  char *sql = sqlite3_mprintf("DROP TABLE IF EXISTS \"%w\".\"%w_" WOW_SHADOW_SUFFIX "\"",
                              def->database, def->name);
  return wow_connection_exec(def->conn, sql, def->name, err);
}

int wow_definition_rename(struct wow_definition *def, const char *new_name, struct wow_error *err) {
  int rc = SQLITE_OK;
  if (def->is_named_after && !def->has_shadow) rc = shadow_write(def, err);
  if (def->is_named_after && rc == SQLITE_OK) rc = shadow_name(def, err);
  if (rc != SQLITE_OK || (!def->has_shadow && !def->is_named_after)) return rc;
  char *sql = sqlite3_mprintf("ALTER TABLE \"%w\".\"%w_" WOW_SHADOW_SUFFIX
                              "\" RENAME TO \"%w_" WOW_SHADOW_SUFFIX "\"",
                              def->database, def->name, new_name);
  return wow_connection_exec(def->conn, sql, def->name, err);
}
