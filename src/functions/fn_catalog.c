/*
** Functions that show a server's tables, and make local ones of them.
**
** PostgREST's description does not say what is a view, and how many rows there are; WowSQL's schema
** service does, to the service key. It is asked only where somebody looks at that.
*/
#include <cjson/cJSON.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "catalog/openapi.h"
#include "functions/functions.h"
#include "functions/service.h"
#include "server/connection.h"
#include "server/request.h"
#include "server/domain.h"
#include "server/server.h"

/* ---------------------------------------------------------------- tables */

enum { TABLE_KIND = 5, TABLE_ROWS = 6 }; /* columns of wowsql_tables */

/* What the schema service says of tables: an array, of *response; NULL: it says nothing to this
** key. */
static const cJSON *ask_service(struct wow_tvf_call *call, cJSON **response,
                                struct wow_error *err) {
  sqlite3_uint64 wanted = (sqlite3_uint64)1 << TABLE_KIND | (sqlite3_uint64)1 << TABLE_ROWS;
  struct wow_server *server = wow_connection_server(call->conn, wow_tvf_arg_text(call, 0), err);
  bool is_service = server && server->api_key && server->options.schema == NULL &&
                    strncmp(server->api_key, "wowsql_service_", 15) == 0;
  struct wow_error ignored = {0};
  if (!(call->used & wanted) || !is_service) return NULL;
  struct wow_request request = {
      .service = WOW_SCHEMA, .method = "GET", .path = sqlite3_mprintf("/tables")};
  int rc = wow_service_json(call->conn, server->options.name, &request, response, &ignored);
  if (rc == SQLITE_INTERRUPT || rc == SQLITE_NOMEM) wow_error_move(err, &ignored);
  wow_error_reset(&ignored);
  const cJSON *tables =
      cJSON_IsArray(*response) ? *response : cJSON_GetObjectItemCaseSensitive(*response, "tables");
  return cJSON_IsArray(tables) ? tables : NULL;
}

/* The entry of that name. */
static const cJSON *find_table(const cJSON *tables, const char *name) {
  static const char *const names[] = {"name", "table_name", NULL};
  const cJSON *table;
  cJSON_ArrayForEach(table, tables) {
    const char *other = wow_service_text(table, names);
    if (other && strcmp(other, name) == 0) return table;
  }
  return NULL;
}

/* Whether it is a table, where the description alone says so: only tables have keys that are
** believed, and only views cannot be written to at all. */
static const char *described_kind(const struct wow_relation *relation) {
  if (relation->n_key > 0) return "table";
  return relation->writable ? NULL : "view";
}

/* Adds the names of the key's columns, separated by commas; NULL if there is no key. */
static int add_key(struct wow_tvf_rows *rows, const struct wow_relation *relation) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; i < relation->n_key; i++) {
    sqlite3_str_appendf(str, "%s%s", i ? "," : "", relation->columns[relation->key[i]].name);
  }
  char *names = sqlite3_str_finish(str);
  if (names == NULL && relation->n_key > 0) return SQLITE_NOMEM;
  wow_tvf_add_text(rows, names);
  sqlite3_free(names);
  return SQLITE_OK;
}

static int add_table(struct wow_tvf_rows *rows, const struct wow_relation *relation,
                     const cJSON *known) {
  static const char *const kinds[] = {"kind", "type", "table_type", NULL};
  static const char *const counts[] = {"estimated_rows", "row_count", NULL};
  const char *kind = wow_service_text(known, kinds);
  double n = wow_service_number(known, counts);
  wow_tvf_add_text(rows, relation->name);
  wow_tvf_add_integer(rows, relation->n_columns);
  if (add_key(rows, relation) != SQLITE_OK) return SQLITE_NOMEM;
  wow_tvf_add_integer(rows, relation->writable);
  wow_tvf_add_text(rows, relation->comment);
  wow_tvf_add_text(rows, kind ? kind : described_kind(relation));
  if (n >= 0 && n <= WOW_MAX_JSON_INTEGER)
    wow_tvf_add_integer(rows, (sqlite3_int64)n);
  else
    wow_tvf_add_null(rows);
  wow_tvf_end_row(rows);
  return SQLITE_OK;
}

static int table_tables(struct wow_tvf_call *call, struct wow_error *err) {
  const struct wow_catalog *catalog = NULL;
  cJSON *response = NULL;
  struct wow_server *server = wow_connection_server(call->conn, wow_tvf_arg_text(call, 0), err);
  if (server == NULL) return err->rc;
  int rc = wow_server_catalog(call->conn, server, NULL, &catalog, err);
  if (rc != SQLITE_OK) return rc;
  const cJSON *tables = ask_service(call, &response, err);
  for (int i = 0; err->rc == SQLITE_OK && i < catalog->n_relations; i++) {
    const struct wow_relation *relation = catalog->relations[i];
    if (add_table(call->rows, relation, find_table(tables, relation->name)) != SQLITE_OK)
      wow_error_nomem(err);
  }
  cJSON_Delete(response);
  return err->rc;
}

/* ---------------------------------------------------------------- columns */

/* Finds the types of its domains, in the catalog itself. */
static int settle_domains(struct wow_connection *conn, struct wow_server *server, const char *name,
                          struct wow_error *err) {
  const struct wow_catalog *catalog = NULL;
  int rc = wow_server_catalog(conn, server, NULL, &catalog, err);
  return rc == SQLITE_OK
             ? wow_domain_settle(conn, server, NULL, wow_openapi_find(catalog, name), err)
             : rc;
}

/* The relation of this name; `err` says that there is none. */
static int find_relation(struct wow_connection *conn, const char *server_name, const char *name,
                         const struct wow_relation **out, struct wow_error *err) {
  struct wow_server *server = wow_connection_server(conn, server_name, err);
  *out = NULL;
  int rc = server ? SQLITE_OK : err->rc;
  if (rc == SQLITE_OK && name) rc = wow_server_relation(server, NULL, name, out, err);
  if (rc == SQLITE_OK && *out) return settle_domains(conn, server, name, err);
  if (rc != SQLITE_OK) return rc;
  return wow_server_no_table(server, NULL, name, err);
}

/* Adds the labels of an enum as a JSON array. */
static void add_labels(struct wow_tvf_rows *rows, const struct wow_type *type) {
  if (type->n_labels == 0) {
    wow_tvf_add_null(rows);
    return;
  }
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; i < type->n_labels; i++) {
    sqlite3_str_appendchar(str, 1, i ? ',' : '[');
    wow_text_append_json(str, type->labels[i], strlen(type->labels[i]));
  }
  sqlite3_str_appendchar(str, 1, ']');
  char *text = sqlite3_str_finish(str);
  wow_tvf_add_json(rows, text);
  sqlite3_free(text);
}

static int table_columns(struct wow_tvf_call *call, struct wow_error *err) {
  const struct wow_relation *relation = NULL;
  int rc = find_relation(call->conn, wow_tvf_arg_text(call, 1), wow_tvf_arg_text(call, 0),
                         &relation, err);
  for (int i = 0; rc == SQLITE_OK && i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    wow_tvf_add_text(call->rows, column->name);
    wow_tvf_add_text(call->rows, column->type.name);
    wow_tvf_add_text(call->rows, wow_type_declared(&column->type));
    wow_tvf_add_integer(call->rows, column->not_null);
    if (column->key_position)
      wow_tvf_add_integer(call->rows, column->key_position);
    else
      wow_tvf_add_null(call->rows);
    wow_tvf_add_text(call->rows, column->fk_table);
    wow_tvf_add_text(call->rows, column->fk_column);
    wow_tvf_add_text(call->rows, column->default_text);
    add_labels(call->rows, &column->type);
    wow_tvf_add_text(call->rows, column->comment);
    wow_tvf_end_row(call->rows);
  }
  return rc;
}

/* ---------------------------------------------------------------- local copies */

/* "(id INTEGER PRIMARY KEY, ...)": the columns of a local copy, by the names and types that they
** have in a virtual table. An integer key is the rowid. NULL: no memory. */
static char *copy_columns(const struct wow_relation *relation, char *const *names) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  bool is_rowid = wow_relation_key_kind(relation) == WOW_KEY_ROWID;
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    bool is_key = column->key_position > 0;
    const char *type = is_key && is_rowid ? "INTEGER" : wow_type_declared(&column->type);
    sqlite3_str_appendf(str, "%s  \"%w\" %s%s", i ? ",\n" : "(\n", names[i], type,
                        column->not_null ? " NOT NULL" : "");
    if (is_key && relation->n_key == 1) sqlite3_str_appendall(str, " PRIMARY KEY");
  }
  for (int i = 0; relation->n_key > 1 && i < relation->n_key; i++)
    sqlite3_str_appendf(str, "%s\"%w\"", i ? ", " : ",\n  PRIMARY KEY (", names[relation->key[i]]);
  sqlite3_str_appendall(str, relation->n_key > 1 ? ")\n)" : "\n)");
  return sqlite3_str_finish(str);
}

/* The definition of the columns, and their names with commas between (sqlite3_free both). */
static int describe_copy(const struct wow_relation *relation, char **columns, char **list,
                         struct wow_error *err) {
  sqlite3_uint64 n = (sqlite3_uint64)relation->n_columns;
  char **names = sqlite3_malloc64(sizeof(char *) * (n + 1));
  sqlite3_str *str = sqlite3_str_new(NULL);
  bool ok = names != NULL;
  if (names) memset(names, 0, sizeof(char *) * (n + 1));
  for (int i = 0; ok && i < relation->n_columns; i++) {
    names[i] = wow_relation_sql_name(relation, i, names);
    ok = names[i] != NULL;
    if (ok) sqlite3_str_appendf(str, "%s\"%w\"", i ? ", " : "", names[i]);
  }
  *columns = ok ? copy_columns(relation, names) : NULL;
  *list = sqlite3_str_finish(str);
  for (int i = 0; names && i < relation->n_columns; i++)
    sqlite3_free(names[i]);
  sqlite3_free(names);
  if (*columns && *list) return SQLITE_OK;
  sqlite3_free(*columns);
  sqlite3_free(*list);
  *columns = *list = NULL;
  return relation->n_columns == 0
             ? wow_error_set(err, SQLITE_ERROR, relation->name, "it has no columns")
             : wow_error_nomem(err);
}

static int run_ddl(struct wow_call *call, struct wow_error *err) {
  const struct wow_relation *relation = NULL;
  char *columns = NULL, *list = NULL;
  int rc = find_relation(call->conn, NULL, wow_functions_arg_text(call, 0), &relation, err);
  if (rc == SQLITE_OK) rc = describe_copy(relation, &columns, &list, err);
  if (rc == SQLITE_OK) {
    char *sql = sqlite3_mprintf("CREATE TABLE \"%w\" %s", relation->name, columns);
    rc = wow_functions_take_result(call, sql, err);
  }
  sqlite3_free(columns);
  sqlite3_free(list);
  return rc;
}

/* Runs SQL of ours. Whatever its code, a failure is not the calling statement's own. */
static int exec(struct wow_connection *conn, char *sql, const char *what, struct wow_error *err) {
  int rc = wow_connection_exec(conn, sql, what, err);
  if (rc == SQLITE_OK || rc == SQLITE_NOMEM || rc == SQLITE_INTERRUPT) return rc;
  return err->rc = SQLITE_ERROR;
}

/* Makes the table, and fills it by way of a virtual table. */
static int fill_copy(struct wow_connection *conn, const struct wow_relation *relation,
                     const char *server, const char *into, struct wow_error *err) {
  char *columns = NULL, *list = NULL;
  int rc = describe_copy(relation, &columns, &list, err);
  char *name = rc == SQLITE_OK ? sqlite3_mprintf("%s", relation->name) : NULL;
  if (rc == SQLITE_OK && name == NULL) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK)
    rc = exec(conn, sqlite3_mprintf("CREATE TABLE main.\"%w\" %s", into, columns), into, err);
  if (rc == SQLITE_OK) {
    rc = exec(conn,
              sqlite3_mprintf("CREATE VIRTUAL TABLE temp.wowsql_copy_source USING "
                              "wowsql(table=%Q, server=%Q)",
                              name, server),
              name, err);
  }
  if (rc == SQLITE_OK) {
    rc = exec(conn,
              sqlite3_mprintf("INSERT INTO main.\"%w\" (%s) SELECT %s FROM temp.wowsql_copy_source",
                              into, list, list),
              into, err);
  }
  sqlite3_free(name);
  sqlite3_free(columns);
  sqlite3_free(list);
  return rc;
}

static int run_copy(struct wow_call *call, struct wow_error *err) {
  struct wow_connection *conn = call->conn;
  const struct wow_relation *relation = NULL;
  const char *name = wow_functions_arg_text(call, 0);
  const char *into = wow_functions_optional_text(call, 1);
  struct wow_error ignored = {0};
  int rc = find_relation(conn, NULL, name, &relation, err);
  if (rc == SQLITE_OK) rc = exec(conn, sqlite3_mprintf("SAVEPOINT wowsql_copy"), NULL, err);
  if (rc != SQLITE_OK) return rc;
  rc = fill_copy(conn, relation, wow_connection_current(conn), into ? into : name, err);
  sqlite3_int64 n = sqlite3_changes(conn->db);
  if (rc == SQLITE_OK)
    rc = exec(conn, sqlite3_mprintf("DROP TABLE temp.wowsql_copy_source"), NULL, err);
  if (rc != SQLITE_OK) exec(conn, sqlite3_mprintf("ROLLBACK TO wowsql_copy"), NULL, &ignored);
  exec(conn, sqlite3_mprintf("RELEASE wowsql_copy"), NULL, rc == SQLITE_OK ? err : &ignored);
  wow_error_reset(&ignored);
  if (err->rc == SQLITE_OK) sqlite3_result_int64(call->ctx, n);
  return err->rc;
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_ddl", 1, 1, WOW_EFFECTS, "wowsql_ddl(table)",
     "The CREATE TABLE of a local copy of a table.", "SELECT wowsql_ddl('users')", run_ddl},
    {"wowsql_copy", 1, 2, WOW_EFFECTS, "wowsql_copy(table [, into])",
     "Creates a local table like it (named `into`) and fills it: the number of rows.",
     "SELECT wowsql_copy('users', 'local_users')", run_copy},
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {"wowsql_tables",
     "name TEXT, columns INTEGER, key TEXT, writable INTEGER, comment TEXT, kind TEXT, "
     "estimated_rows INTEGER",
     7, "server HIDDEN", 1, 0, WOW_EFFECTS, "wowsql_tables [WHERE server = name]",
     "The tables and views of a server; estimated_rows by the service key only.",
     "SELECT name, kind, key FROM wowsql_tables WHERE server = 'main'", table_tables},
    {"wowsql_columns",
     "name TEXT, type TEXT, declared TEXT, not_null INTEGER, key INTEGER, fk_table TEXT, "
     "fk_column TEXT, default_value TEXT, labels TEXT, comment TEXT",
     10, "relation HIDDEN, server HIDDEN", 2, 1, WOW_EFFECTS,
     "wowsql_columns(table) [WHERE server = name]",
     "The columns of a table, as the server describes it; labels are those of an enum.",
     "SELECT name, type, labels FROM wowsql_columns('users')", table_columns},
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_catalog = {"schema", functions, tables};
