/*
** wowsql_import: creates a virtual table for each relation of a server, all of them or none.
*/
#include <cjson/cJSON.h>
#include <string.h>

#include "catalog/column_list.h"
#include "catalog/openapi.h"
#include "functions/functions.h"
#include "server/connection.h"
#include "server/server.h"

/* ---------------------------------------------------------------- options */

struct import_options {
  char *like;
  char *into;
  char *prefix;
  char *schema;
  enum { IF_EXISTS_ERROR, IF_EXISTS_SKIP, IF_EXISTS_REPLACE } if_exists;
};

static void import_options_reset(struct import_options *options) {
  sqlite3_free(options->like);
  sqlite3_free(options->into);
  sqlite3_free(options->prefix);
  sqlite3_free(options->schema);
}

/* The field of an option that takes a text; NULL: it is not one. */
static char **text_option(struct import_options *options, const char *name) {
  if (strcmp(name, "like") == 0) return &options->like;
  if (strcmp(name, "into") == 0) return &options->into;
  if (strcmp(name, "prefix") == 0) return &options->prefix;
  if (strcmp(name, "schema") == 0) return &options->schema;
  return NULL;
}

static int import_option(struct import_options *options, const cJSON *option,
                         struct wow_error *err) {
  const char *value = cJSON_GetStringValue(option);
  char **text = text_option(options, option->string);
  if (text && value) {
    sqlite3_free(*text);
    *text = sqlite3_mprintf("%s", value);
    return *text ? SQLITE_OK : wow_error_nomem(err);
  }
  if (text) {
    return wow_error_set(err, SQLITE_ERROR, NULL, "option '%s' takes a text", option->string);
  }
  if (strcmp(option->string, "if_exists") != 0) {
    return wow_error_set(
        err, SQLITE_ERROR, NULL,
        "unknown option '%s'; valid options: like, into, prefix, schema, if_exists",
        option->string);
  }
  if (value && strcmp(value, "skip") == 0)
    options->if_exists = IF_EXISTS_SKIP;
  else if (value && strcmp(value, "replace") == 0)
    options->if_exists = IF_EXISTS_REPLACE;
  else if (value && strcmp(value, "error") == 0)
    options->if_exists = IF_EXISTS_ERROR;
  else {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "option 'if_exists' takes 'skip', 'replace' or 'error'");
  }
  return SQLITE_OK;
}

static int import_options_parse(struct import_options *options, const char *json,
                                struct wow_error *err) {
  int rc = SQLITE_OK;
  const cJSON *option;
  cJSON *object = json ? cJSON_Parse(json) : cJSON_CreateObject();
  if (!cJSON_IsObject(object)) {
    rc = wow_error_hint(err, SQLITE_ERROR, NULL, "for example '{\"like\":\"app_%%\"}'",
                        "the options are not a JSON object");
  }
  cJSON_ArrayForEach(option, object) {
    if (rc == SQLITE_OK) rc = import_option(options, option, err);
  }
  cJSON_Delete(object);
  if (rc == SQLITE_OK && options->into == NULL) options->into = sqlite3_mprintf("temp");
  if (rc == SQLITE_OK && options->prefix == NULL) options->prefix = sqlite3_mprintf("");
  if (rc == SQLITE_OK && (!options->into || !options->prefix)) rc = wow_error_nomem(err);
  return rc;
}

/* ---------------------------------------------------------------- tables */

/* Runs SQL. Whatever its code, a failure is SQLITE_ERROR: the import failed, not the statement that
** called it. */
static int exec(struct wow_connection *conn, char *sql, const char *what, struct wow_error *err) {
  int rc = wow_connection_exec(conn, sql, what, err);
  if (rc == SQLITE_OK || rc == SQLITE_NOMEM) return rc;
  return err->rc = SQLITE_ERROR;
}

enum existing { EXISTS_NOT, EXISTS_OURS, EXISTS_OTHER };

/* What has this name in the schema. SQLITE_OK or SQLITE_NOMEM; a schema that cannot be read has
** nothing, and creating the table will say why. */
static int find_existing(sqlite3 *db, const char *into, const char *name, enum existing *found) {
  sqlite3_stmt *stmt = NULL;
  char *sql = sqlite3_mprintf("SELECT sql FROM \"%w\".sqlite_schema WHERE name = %Q COLLATE NOCASE",
                              into, name);
  *found = EXISTS_NOT;
  if (sql == NULL) return SQLITE_NOMEM;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
  if (rc == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    bool is_ours = text && sqlite3_strnicmp(text, "CREATE VIRTUAL TABLE", 20) == 0 &&
                   sqlite3_strlike("%USING wowsql%", text, 0) == 0;
    *found = is_ours ? EXISTS_OURS : EXISTS_OTHER;
  }
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

struct import {
  struct wow_connection *conn;
  const struct wow_server *server;
  struct import_options options;
  int n_created;
};

static int create_table(const struct import *import, const struct wow_relation *relation,
                        const char *name, struct wow_error *err) {
  const struct import_options *options = &import->options;
  const char *server = import->server->options.name;
  char *columns = wow_column_list_text(relation), *sql = NULL;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendf(str, "CREATE VIRTUAL TABLE \"%w\".\"%w\" USING wowsql(table=%Q, server=%Q",
                      options->into, name, relation->name, server);
  if (options->schema) sqlite3_str_appendf(str, ", schema=%Q", options->schema);
  sqlite3_str_appendf(str, ", columns=%Q%s)", columns, relation->writable ? "" : ", read_only=1");
  sql = sqlite3_str_finish(str);
  if (columns == NULL) {
    sqlite3_free(sql);
    return wow_error_nomem(err);
  }
  sqlite3_free(columns);
  return exec(import->conn, sql, name, err);
}

/* Imports one relation, or leaves a table that exists already as the options say. */
static int import_relation(struct import *import, const struct wow_relation *relation,
                           struct wow_error *err) {
  const struct import_options *options = &import->options;
  enum existing existing = EXISTS_NOT;
  char *name = sqlite3_mprintf("%s%s", options->prefix, relation->name);
  int rc = name ? find_existing(import->conn->db, options->into, name, &existing) : SQLITE_NOMEM;
  if (rc != SQLITE_OK) {
    rc = wow_error_nomem(err);
    goto done;
  }
  if (existing != EXISTS_NOT && options->if_exists == IF_EXISTS_SKIP) goto done;
  if (existing == EXISTS_OURS && options->if_exists == IF_EXISTS_REPLACE) {
    char *sql = sqlite3_mprintf("DROP TABLE \"%w\".\"%w\"", options->into, name);
    rc = exec(import->conn, sql, name, err);
  } else if (existing != EXISTS_NOT) {
    rc = wow_error_hint(err, SQLITE_ERROR, name,
                        "options if_exists 'skip' or 'replace', or a prefix: "
                        "wowsql_import(NULL, '{\"if_exists\":\"skip\"}')",
                        "a table of this name exists in %s", options->into);
  }
  if (rc == SQLITE_OK) rc = create_table(import, relation, name, err);
  if (rc == SQLITE_OK) import->n_created++;
done:
  sqlite3_free(name);
  return rc;
}

/* Imports what the options select, all of it or nothing. */
static int import_catalog(struct import *import, const struct wow_catalog *catalog,
                          struct wow_error *err) {
  struct wow_error ignored = {0};
  int rc = exec(import->conn, sqlite3_mprintf("SAVEPOINT wowsql_import"), NULL, err);
  if (rc != SQLITE_OK) return rc;
  for (int i = 0; rc == SQLITE_OK && i < catalog->n_relations; i++) {
    const struct wow_relation *relation = catalog->relations[i];
    const char *like = import->options.like;
    if (like && sqlite3_strlike(like, relation->name, 0) != 0) continue;
    if (relation->n_columns > 0) rc = import_relation(import, relation, err);
  }
  if (rc != SQLITE_OK) {
    exec(import->conn, sqlite3_mprintf("ROLLBACK TO wowsql_import"), NULL, &ignored);
  }
  exec(import->conn, sqlite3_mprintf("RELEASE wowsql_import"), NULL, &ignored);
  wow_error_reset(&ignored);
  return rc;
}

static int run_import(struct wow_call *call, struct wow_error *err) {
  const struct wow_catalog *catalog = NULL;
  struct wow_server *server =
      wow_connection_server(call->conn, wow_functions_optional_text(call, 0), err);
  if (server == NULL) return err->rc;
  struct import import = {.conn = call->conn, .server = server};
  int rc = import_options_parse(&import.options, wow_functions_arg_text(call, 1), err);
  if (rc == SQLITE_OK) {
    rc = wow_server_catalog(call->conn, server, import.options.schema, &catalog, err);
  }
  if (rc == SQLITE_OK) rc = import_catalog(&import, catalog, err);
  import_options_reset(&import.options);
  if (rc == SQLITE_OK) sqlite3_result_int(call->ctx, import.n_created);
  return rc;
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_import", 0, 2, WOW_EFFECTS, "wowsql_import([server [, options]])",
     "Creates a virtual table for each table of a server; options: like, into, prefix, schema, "
     "if_exists.",
     run_import},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_import = {"server", functions, tables};
