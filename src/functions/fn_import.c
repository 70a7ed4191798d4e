/*
** wowsql_import: a virtual table for each relation of a server.
*/
#include <cjson/cJSON.h>
#include <string.h>

#include "catalog/relation.h"
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

static int import_option(struct import_options *options, const cJSON *option,
                         struct wow_error *err) {
  const char *value = cJSON_GetStringValue(option);
  char **text = strcmp(option->string, "like") == 0     ? &options->like
                : strcmp(option->string, "into") == 0   ? &options->into
                : strcmp(option->string, "prefix") == 0 ? &options->prefix
                : strcmp(option->string, "schema") == 0 ? &options->schema
                                                        : NULL;
  if (text && value) {
    sqlite3_free(*text);
    *text = sqlite3_mprintf("%s", value);
    return *text ? SQLITE_OK : wow_error_nomem(err);
  }
  if (text) {
    return wow_error_set(err, SQLITE_ERROR, NULL, "option '%s' takes a text", option->string);
  }
  if (strcmp(option->string, "if_exists") != 0) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "unknown option '%s'; there are: like, into, prefix, schema, if_exists",
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
                        "the options are no JSON object");
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

/* Runs SQL. Whatever made it fail is an error of the import. */
static int exec(struct wow_connection *conn, char *sql, const char *what, struct wow_error *err) {
  int rc = wow_connection_exec(conn, sql, what, err);
  if (rc == SQLITE_OK || rc == SQLITE_NOMEM) return rc;
  return err->rc = SQLITE_ERROR;
}

enum existing { EXISTS_NOT, EXISTS_OURS, EXISTS_OTHER };

/* What stands in the schema under this name. */
static enum existing existing_table(sqlite3 *db, const char *into, const char *name) {
  enum existing found = EXISTS_NOT;
  sqlite3_stmt *stmt = NULL;
  char *sql = sqlite3_mprintf("SELECT sql FROM \"%w\".sqlite_schema WHERE name = %Q COLLATE NOCASE",
                              into, name);
  if (sql && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
      sqlite3_step(stmt) == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    bool ours = text && sqlite3_strnicmp(text, "CREATE VIRTUAL TABLE", 20) == 0 &&
                sqlite3_strlike("%USING wowsql%", text, 0) == 0;
    found = ours ? EXISTS_OURS : EXISTS_OTHER;
  }
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return found;
}

/* Creates one table. *created tells whether it did. */
static int import_relation(struct wow_connection *conn, const struct wow_server *server,
                           const struct import_options *options,
                           const struct wow_relation *relation, bool *created,
                           struct wow_error *err) {
  char *name = sqlite3_mprintf("%s%s", options->prefix, relation->name);
  char *columns = wow_relation_columns(relation);
  int rc = SQLITE_OK;
  *created = false;
  if (name == NULL || columns == NULL) {
    rc = wow_error_nomem(err);
    goto done;
  }
  enum existing existing = existing_table(conn->db, options->into, name);
  if (existing != EXISTS_NOT && options->if_exists == IF_EXISTS_SKIP) goto done;
  if (existing == EXISTS_OURS && options->if_exists == IF_EXISTS_REPLACE) {
    rc = exec(conn, sqlite3_mprintf("DROP TABLE \"%w\".\"%w\"", options->into, name), name, err);
  } else if (existing != EXISTS_NOT) {
    rc = wow_error_hint(err, SQLITE_ERROR, name,
                        "options if_exists 'skip' or 'replace', or a prefix: "
                        "wowsql_import(NULL, '{\"if_exists\":\"skip\"}')",
                        "a table of this name exists in %s", options->into);
  }
  if (rc == SQLITE_OK) {
    char *schema =
        options->schema ? sqlite3_mprintf(", schema=%Q", options->schema) : sqlite3_mprintf("");
    rc = exec(
        conn,
        sqlite3_mprintf("CREATE VIRTUAL TABLE \"%w\".\"%w\" USING wowsql(table=%Q, server=%Q%s, "
                        "columns=%Q%s)",
                        options->into, name, relation->name, server->options.name, schema, columns,
                        relation->writable ? "" : ", read_only=1"),
        name, err);
    sqlite3_free(schema);
  }
  *created = rc == SQLITE_OK;
done:
  sqlite3_free(name);
  sqlite3_free(columns);
  return rc;
}

static int run_import(struct wow_call *call, struct wow_error *err) {
  struct import_options options = {0};
  const struct wow_catalog *catalog = NULL;
  int n_created = 0;
  struct wow_server *server =
      wow_connection_server(call->conn, wow_functions_optional_text(call, 0), err);
  int rc = server ? import_options_parse(&options, wow_functions_arg_text(call, 1), err) : err->rc;
  if (rc == SQLITE_OK) {
    rc = wow_server_catalog(call->conn, server, options.schema, &catalog, err);
  }
  /* All or nothing: a table that cannot be made takes the others back. */
  if (rc == SQLITE_OK) rc = exec(call->conn, sqlite3_mprintf("SAVEPOINT wowsql_import"), NULL, err);
  bool has_savepoint = rc == SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < catalog->n_relations; i++) {
    const struct wow_relation *relation = catalog->relations[i];
    bool created = false;
    if (options.like && sqlite3_strlike(options.like, relation->name, 0) != 0) continue;
    if (relation->n_columns == 0) continue;
    rc = import_relation(call->conn, server, &options, relation, &created, err);
    n_created += created;
  }
  if (has_savepoint) {
    struct wow_error ignored = {0};
    if (rc != SQLITE_OK) {
      exec(call->conn, sqlite3_mprintf("ROLLBACK TO wowsql_import"), NULL, &ignored);
    }
    exec(call->conn, sqlite3_mprintf("RELEASE wowsql_import"), NULL, &ignored);
    wow_error_reset(&ignored);
  }
  import_options_reset(&options);
  if (rc == SQLITE_OK) sqlite3_result_int(call->ctx, n_created);
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
    {NULL, NULL, 0, NULL, 0, 0, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_import = {"server", functions, tables};
