/*
** Functions that change tables, by the schema service. What WowSQL does not take is told before
** anything is sent, in the words of its rules: the service key, a primary key of type UUID, no
** SERIAL PRIMARY KEY.
*/
#include <cjson/cJSON.h>
#include <string.h>

#include "base/document.h"
#include "functions/ddl_check.h"
#include "functions/functions.h"
#include "functions/service.h"
#include "server/connection.h"
#include "server/request.h"
#include "server/server.h"
#include "wire/deparse.h"

#define KEY_EXAMPLE "{\"name\":\"id\",\"type\":\"UUID\",\"auto_increment\":true}"

/* ---------------------------------------------------------------- requests */

/* Only the service key may change tables. A key of another form may be one. */
static int check_key(const struct wow_server *server, struct wow_error *err) {
  static const char anon[] = "wowsql_anon_";
  if (server->api_key && strncmp(server->api_key, anon, sizeof(anon) - 1) != 0) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_AUTH, NULL,
                        "connect with it under another name: wowsql_connect(url, "
                        "'wowsql_service_...', '{\"name\":\"admin\"}'), wowsql_use('admin')",
                        "tables are changed with the service key, and server '%s' has %s",
                        server->options.name, server->api_key ? "an anon key" : "no key");
}

/* Sends a change, whose body it frees, and makes the response the result. */
static int send(struct wow_call *call, struct wow_request *request, cJSON *body,
                struct wow_error *err) {
  struct wow_server *server = wow_connection_server(call->conn, NULL, err);
  int rc = server ? check_key(server, err) : err->rc;
  request->service = WOW_SCHEMA;
  if (rc != SQLITE_OK) {
    sqlite3_free((char *)request->path);
    cJSON_Delete(body);
    return rc;
  }
  rc = body ? wow_service_send(call, request, body, err) : wow_service_pass_on(call, request, err);
  /* Also after a failure: the response may have been lost. */
  wow_server_schema_changed(server);
  return rc;
}

/* "/schema/tables/items", and what follows. NULL: no memory. */
static char *table_path(const char *table, const char *query) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "/schema/tables/");
  wow_deparse_path(str, table);
  sqlite3_str_appendall(str, query);
  return sqlite3_str_finish(str);
}

/* The text of an argument that must be one. NULL: it is none, and `err` says what it is. */
static const char *needed(const struct wow_call *call, int index, const char *what,
                          struct wow_error *err) {
  const char *text = wow_functions_optional_text(call, index);
  if (text == NULL) wow_error_set(err, SQLITE_ERROR, NULL, "%s is needed", what);
  return text;
}

/* ---------------------------------------------------------------- creating */

static const char *member(const cJSON *object, const char *name) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool is_uuid(const char *type) {
  type += strspn(type, " \t\r\n");
  size_t rest = strlen(type) < 4 ? 0 : strspn(type + 4, " \t\r\n");
  return sqlite3_strnicmp(type, "uuid", 4) == 0 && type[4 + rest] == 0;
}

/* The rules for columns and the primary key. */
static int check_columns(const cJSON *columns, const char *key, struct wow_error *err) {
  const cJSON *column;
  const char *key_type = NULL;
  if (!cJSON_IsArray(columns) || cJSON_GetArraySize(columns) == 0) {
    return wow_error_hint(err, SQLITE_ERROR, NULL,
                          "[" KEY_EXAMPLE ",{\"name\":\"title\",\"type\":\"TEXT\"}]",
                          "the columns are not a JSON array of columns");
  }
  cJSON_ArrayForEach(column, columns) {
    const char *name = member(column, "name"), *type = member(column, "type");
    if (name == NULL || *name == 0 || type == NULL || *type == 0) {
      return wow_error_hint(err, SQLITE_ERROR, NULL, KEY_EXAMPLE,
                            "each column is an object with a name and a type");
    }
    if (wow_ddl_check_is_serial(type)) {
      return wow_error_hint(err, SQLITE_ERROR, NULL, KEY_EXAMPLE,
                            "column '%s' has type %s, which is not available; a primary key is a "
                            "UUID",
                            name, type);
    }
    if (key && strcmp(key, name) == 0) key_type = type;
  }
  if (key == NULL || *key == 0) {
    return wow_error_hint(err, SQLITE_ERROR, NULL, KEY_EXAMPLE,
                          "a primary key is needed: the name of a column of type UUID");
  }
  if (key_type == NULL)
    return wow_error_set(err, SQLITE_ERROR, NULL, "the primary key '%s' is not a column", key);
  if (is_uuid(key_type)) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, NULL, KEY_EXAMPLE,
                        "the primary key '%s' has type %s, but must be a UUID", key, key_type);
}

static int run_create_table(struct wow_call *call, struct wow_error *err) {
  const char *table = needed(call, 0, "the name of a table", err);
  const char *json = wow_functions_arg_text(call, 1), *key = wow_functions_arg_text(call, 2);
  const char *index_json = wow_functions_optional_text(call, 3);
  if (table == NULL) return err->rc;
  cJSON *columns = json ? wow_document_parse(json, strlen(json), err) : NULL;
  cJSON *indexes = index_json ? wow_document_parse(index_json, strlen(index_json), err) : NULL;
  int rc = check_columns(columns, key, err);
  if (rc == SQLITE_OK && index_json && !cJSON_IsArray(indexes)) {
    rc = wow_error_hint(err, SQLITE_ERROR, NULL,
                        "[\"title\",{\"columns\":[\"a\",\"b\"],\"unique\":true}]",
                        "the indexes are not a JSON array of columns' names or objects");
  }
  if (rc != SQLITE_OK) {
    cJSON_Delete(columns);
    cJSON_Delete(indexes);
    return rc;
  }
  cJSON *body = cJSON_CreateObject();
  wow_document_add_text(body, "table_name", table);
  wow_document_add(body, "columns", columns);
  wow_document_add_text(body, "primary_key", key);
  if (indexes) wow_document_add(body, "indexes", indexes);
  struct wow_request request = {
      .method = "POST", .path = sqlite3_mprintf("/schema/tables"), .what = table};
  return send(call, &request, body, err);
}

/* ---------------------------------------------------------------- statements */

static int execute(struct wow_call *call, const char *sql, const char *what,
                   struct wow_error *err) {
  char *column = wow_ddl_check_serial_key(sql);
  if (column) {
    wow_error_hint(err, SQLITE_ERROR, what, "UUID PRIMARY KEY DEFAULT gen_random_uuid()",
                   "SERIAL PRIMARY KEY is not available (column '%s')", column);
    sqlite3_free(column);
    return err->rc;
  }
  cJSON *body = cJSON_CreateObject();
  wow_document_add_text(body, "sql", sql);
  struct wow_request request = {
      .method = "POST", .path = sqlite3_mprintf("/schema/execute"), .what = what};
  return send(call, &request, body, err);
}

static int run_execute(struct wow_call *call, struct wow_error *err) {
  const char *sql = needed(call, 0, "a statement", err);
  return sql ? execute(call, sql, NULL, err) : err->rc;
}

/* Appends the names in a JSON array, or the one name that `text` is. False: it is an array of
** something else. */
static bool append_names(sqlite3_str *str, const char *text, struct wow_error *err) {
  cJSON *list = *text == '[' ? wow_document_parse(text, strlen(text), err) : NULL;
  const cJSON *name;
  bool all = list ? cJSON_GetArraySize(list) > 0 : *text != '[';
  int n = 0;
  if (list == NULL && all) sqlite3_str_appendf(str, "\"%w\"", text);
  cJSON_ArrayForEach(name, list) {
    const char *value = cJSON_GetStringValue(name);
    all = all && value;
    if (value) sqlite3_str_appendf(str, "%s\"%w\"", n++ ? ", " : "", value);
  }
  cJSON_Delete(list);
  return all;
}

/* CREATE INDEX with the options of a call. *sql NULL: no memory. */
static int index_sql(const char *table, const char *columns, const cJSON *options, char **sql,
                     struct wow_error *err) {
  const char *name = member(options, "name"), *method = member(options, "method");
  sqlite3_str *str = sqlite3_str_new(NULL);
  bool is_unique = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(options, "unique"));
  sqlite3_str_appendf(str, "CREATE %sINDEX ", is_unique ? "UNIQUE " : "");
  if (name) sqlite3_str_appendf(str, "\"%w\" ", name);
  sqlite3_str_appendf(str, "ON \"%w\" ", table);
  if (method) sqlite3_str_appendf(str, "USING \"%w\" ", method);
  sqlite3_str_appendchar(str, 1, '(');
  bool is_list = append_names(str, columns, err);
  sqlite3_str_appendchar(str, 1, ')');
  *sql = sqlite3_str_finish(str);
  if (!is_list) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "the columns are neither a column's name nor a JSON array of names");
  }
  return *sql ? SQLITE_OK : wow_error_nomem(err);
}

static int run_create_index(struct wow_call *call, struct wow_error *err) {
  static const char *const names[] = {"name", "unique", "method", NULL};
  const char *table = needed(call, 0, "the name of a table", err);
  const char *columns = table ? needed(call, 1, "a column", err) : NULL;
  cJSON *options = NULL;
  char *sql = NULL;
  if (columns == NULL) return err->rc;
  int rc = wow_service_options(wow_functions_optional_text(call, 2), names, &options, err);
  if (rc == SQLITE_OK) rc = index_sql(table, columns, options, &sql, err);
  if (rc == SQLITE_OK) rc = execute(call, sql, table, err);
  sqlite3_free(sql);
  cJSON_Delete(options);
  return rc;
}

/* ---------------------------------------------------------------- changing */

/* Sends a change of a table, whose body gets the operation and the column. */
static int alter(struct wow_call *call, const char *operation, cJSON *body, struct wow_error *err) {
  const char *table = needed(call, 0, "the name of a table", err);
  const char *column = table ? needed(call, 1, "the name of a column", err) : NULL;
  if (column == NULL) {
    cJSON_Delete(body);
    return err->rc;
  }
  wow_document_add_text(body, "operation", operation);
  wow_document_add_text(body, "column_name", column);
  struct wow_request request = {.method = "PATCH", .path = table_path(table, ""), .what = table};
  return send(call, &request, body, err);
}

static int run_alter_table(struct wow_call *call, struct wow_error *err) {
  static const char *const names[] = {"column_name", "column_type", "new_column_name", "nullable",
                                      "default",     "unique",      "cascade",         NULL};
  const char *table = needed(call, 0, "the name of a table", err);
  const char *operation = table ? needed(call, 1, "an operation", err) : NULL;
  cJSON *body = NULL;
  if (operation == NULL) return err->rc;
  int rc = wow_service_options(wow_functions_arg_text(call, 2), names, &body, err);
  if (rc != SQLITE_OK) {
    cJSON_Delete(body);
    return rc;
  }
  wow_document_add_text(body, "operation", operation);
  struct wow_request request = {.method = "PATCH", .path = table_path(table, ""), .what = table};
  return send(call, &request, body, err);
}

static int run_add_column(struct wow_call *call, struct wow_error *err) {
  static const char *const names[] = {"nullable", "default", "unique", NULL};
  const char *type = needed(call, 2, "the type of a column", err);
  cJSON *body = NULL;
  if (type == NULL) return err->rc;
  int rc = wow_service_options(wow_functions_optional_text(call, 3), names, &body, err);
  if (rc == SQLITE_OK) {
    wow_document_add_text(body, "column_type", type);
    return alter(call, "add_column", body, err);
  }
  cJSON_Delete(body);
  return rc;
}

static int run_drop_column(struct wow_call *call, struct wow_error *err) {
  return alter(call, "drop_column", cJSON_CreateObject(), err);
}

static int run_rename_column(struct wow_call *call, struct wow_error *err) {
  const char *name = needed(call, 2, "a new name", err);
  if (name == NULL) return err->rc;
  cJSON *body = cJSON_CreateObject();
  wow_document_add_text(body, "new_column_name", name);
  return alter(call, "rename_column", body, err);
}

static int run_modify_column(struct wow_call *call, struct wow_error *err) {
  static const char *const names[] = {"type", "nullable", "default", NULL};
  cJSON *body = NULL;
  int rc = wow_service_options(wow_functions_arg_text(call, 2), names, &body, err);
  if (rc == SQLITE_OK) {
    cJSON *type = cJSON_DetachItemFromObjectCaseSensitive(body, "type");
    if (type) wow_document_add(body, "column_type", type);
    return alter(call, "modify_column", body, err);
  }
  cJSON_Delete(body);
  return rc;
}

static int run_drop_table(struct wow_call *call, struct wow_error *err) {
  const char *table = needed(call, 0, "the name of a table", err);
  if (table == NULL) return err->rc;
  bool cascade = call->argc > 1 && sqlite3_value_int(call->argv[1]) != 0;
  struct wow_request request = {
      .method = "DELETE", .path = table_path(table, cascade ? "?cascade=true" : ""), .what = table};
  return send(call, &request, NULL, err);
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_create_table", 3, 4, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_create_table(name, columns, primary_key [, indexes])",
     "Creates a table on the server; columns: a list of {name, type, auto_increment, nullable, "
     "unique, default}; the primary key is a UUID.",
     "SELECT wowsql_create_table('items', "
     "'[{\"name\":\"id\",\"type\":\"UUID\",\"auto_increment\":true},{\"name\":\"title\",\"type\":"
     "\"TEXT\"}]', 'id')",
     run_create_table},
    {"wowsql_execute", 1, 1, WOW_EFFECTS | WOW_RETURNS_JSON, "wowsql_execute(sql)",
     "Runs DDL on the server; several statements are one transaction.",
     "SELECT wowsql_execute('ALTER TABLE items ADD COLUMN price numeric; CREATE INDEX ON items "
     "(price)')",
     run_execute},
    {"wowsql_alter_table", 3, 3, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_alter_table(name, operation, json)",
     "Changes a column: add_column, drop_column, rename_column, modify_column, with column_name, "
     "column_type, new_column_name, nullable, default.",
     "SELECT wowsql_alter_table('items', 'drop_column', '{\"column_name\":\"price\"}')",
     run_alter_table},
    {"wowsql_add_column", 3, 4, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_add_column(table, column, type [, options])",
     "Adds a column; options: nullable, default (an expression), unique.",
     "SELECT wowsql_add_column('items', 'price', 'NUMERIC', '{\"default\":\"0\"}')",
     run_add_column},
    {"wowsql_drop_column", 2, 2, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_drop_column(table, column)", "Drops a column.",
     "SELECT wowsql_drop_column('items', 'price')", run_drop_column},
    {"wowsql_rename_column", 3, 3, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_rename_column(table, column, new_name)", "Renames a column.",
     "SELECT wowsql_rename_column('items', 'title', 'name')", run_rename_column},
    {"wowsql_modify_column", 3, 3, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_modify_column(table, column, options)",
     "Changes a column; options: type, nullable, default (null: none).",
     "SELECT wowsql_modify_column('items', 'title', '{\"nullable\":false}')", run_modify_column},
    {"wowsql_create_index", 2, 3, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_create_index(table, columns [, options])",
     "Creates an index on a column, or a list of them; options: name, unique, method.",
     "SELECT wowsql_create_index('items', '[\"title\",\"price\"]', '{\"unique\":true}')",
     run_create_index},
    {"wowsql_drop_table", 1, 2, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_drop_table(name [, cascade])", "Drops a table on the server.",
     "SELECT wowsql_drop_table('items')", run_drop_table},
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_schema = {"schema", functions, tables};
