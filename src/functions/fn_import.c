/*
** wowsql_import: creates a virtual table for each relation of a server, all of them or none.
**
** It never hides what the user has: a table or view of the same name, in whatever schema of the
** connection, ends it (or is left, as if_exists says), for a DELETE that was meant for it would go
** to the server. It makes its own tables anew. What cannot be imported is left out, and the result
** says so: relations without columns, names that SQLite keeps for itself, names that differ only in
** case from one that is there, and names of table-valued functions (json_each, wowsql_log), which a
** table would hide.
*/
#include <cjson/cJSON.h>
#include <string.h>

#include "base/document.h"
#include "base/limits.h"
#include "catalog/column_list.h"
#include "catalog/openapi.h"
#include "server/domain.h"
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
  cJSON *object = json ? wow_document_parse(json, strlen(json), err) : cJSON_CreateObject();
  if (json == NULL && object == NULL) wow_error_nomem(err);
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

struct import {
  struct wow_connection *conn;
  struct wow_server *server;
  struct import_options options;
  int n_created;
  int n_left_out;
  sqlite3_str *left_out; /* which, and why */
};

/* One relation, and the table that it becomes. */
struct candidate {
  const struct wow_relation *relation;
  char *name;
  char *definition;   /* what follows CREATE VIRTUAL TABLE, up to the columns */
  size_t to_relation; /* bytes of `definition` that end with the relation's name */
};

static void candidate_reset(struct candidate *candidate) {
  sqlite3_free(candidate->name);
  sqlite3_free(candidate->definition);
}

static int candidate_init(struct candidate *candidate, const struct import *import,
                          const struct wow_relation *relation, struct wow_error *err) {
  const struct import_options *options = &import->options;
  sqlite3_str *str = sqlite3_str_new(NULL);
  candidate->relation = relation;
  candidate->name = sqlite3_mprintf("%s%s", options->prefix, relation->name);
  sqlite3_str_appendf(str, "USING wowsql(table=%Q", relation->name);
  candidate->to_relation = (size_t)sqlite3_str_length(str);
  sqlite3_str_appendf(str, ", server=%Q", import->server->options.name);
  if (options->schema) sqlite3_str_appendf(str, ", schema=%Q", options->schema);
  sqlite3_str_appendall(str, ", columns=");
  candidate->definition = sqlite3_str_finish(str);
  return candidate->name && candidate->definition ? SQLITE_OK : wow_error_nomem(err);
}

/* ---------------------------------------------------------------- what there is */

enum existing {
  EXISTS_NOT,
  EXISTS_OURS,    /* the same relation of the same server, imported before */
  EXISTS_ANOTHER, /* a relation of the same name, of another server or not made by an import */
  EXISTS_TWIN,    /* a relation whose name differs in case */
  EXISTS_OTHER    /* anything else, or in another schema */
};

/* What is the table that `sql` (NULL: none) created, in the schema that is imported into? Only the
** forms are understood that an import writes, and the shortest: "USING wowsql". */
static enum existing classify(const struct candidate *candidate, const char *name,
                              const char *sql) {
  const char *relation = candidate->relation->name, *ours = candidate->definition;
  const char *definition = sql ? strstr(sql, "USING wowsql") : NULL;
  if (definition == NULL || sqlite3_strnicmp(sql, "CREATE VIRTUAL TABLE", 20) != 0) {
    return EXISTS_OTHER;
  }
  if (strcmp(definition, "USING wowsql") == 0) {
    if (strcmp(name, relation) == 0) return EXISTS_ANOTHER;
    return sqlite3_stricmp(name, relation) == 0 ? EXISTS_TWIN : EXISTS_OTHER;
  }
  if (strncmp(definition, ours, strlen(ours)) == 0) return EXISTS_OURS;
  if (sqlite3_strnicmp(definition, ours, (int)candidate->to_relation) != 0) return EXISTS_OTHER;
  bool is_same = strncmp(definition, ours, candidate->to_relation) == 0;
  return is_same ? EXISTS_ANOTHER : EXISTS_TWIN;
}

/* Looks for the candidate's name in one schema; an index has it in vain, unless the table is to be
** made beside it. SQLITE_OK or SQLite's code. */
static int find_in_schema(const struct import *import, const struct candidate *candidate,
                          const char *schema, enum existing *found) {
  sqlite3_stmt *stmt = NULL;
  bool is_here = sqlite3_stricmp(schema, import->options.into) == 0;
  char *sql =
      sqlite3_mprintf("SELECT sql, name FROM \"%w\".sqlite_schema WHERE name = %Q COLLATE NOCASE "
                      "AND type IN ('table', 'view'%s)",
                      schema, candidate->name, is_here ? ", 'index'" : "");
  *found = EXISTS_NOT;
  int rc = sql ? sqlite3_prepare_v2(import->conn->db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;
  if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
  if (rc == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    const char *name = (const char *)sqlite3_column_text(stmt, 1);
    *found = is_here && name ? classify(candidate, name, text) : EXISTS_OTHER;
  }
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Looks for the candidate's name in all schemas. *where is that of what was found; free it. What
** was not imported counts more than what was. */
static int find_existing(const struct import *import, const struct candidate *candidate,
                         enum existing *found, char **where, struct wow_error *err) {
  sqlite3 *db = import->conn->db;
  sqlite3_stmt *stmt = NULL;
  const char *sql = "SELECT name FROM pragma_database_list UNION SELECT 'temp'";
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  *found = EXISTS_NOT;
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *schema = (const char *)sqlite3_column_text(stmt, 0);
    enum existing here = EXISTS_NOT;
    rc = schema ? find_in_schema(import, candidate, schema, &here) : SQLITE_NOMEM;
    if (rc != SQLITE_OK || here <= *found) continue;
    *found = here;
    sqlite3_free(*where);
    *where = sqlite3_mprintf("%s", schema);
    if (*where == NULL) rc = SQLITE_NOMEM;
  }
  if (rc == SQLITE_NOMEM) wow_error_nomem(err);
  if (rc != SQLITE_DONE) {
    wow_error_set(err, SQLITE_ERROR, candidate->name, "the tables that exist cannot be read: %s",
                  sqlite3_errmsg(db));
  }
  sqlite3_finalize(stmt);
  return err->rc;
}

/* Is it the name of a table-valued function? There is no table of this name: if SQLite knows it all
** the same, it is. */
static bool is_function(sqlite3 *db, const char *name) {
  sqlite3_stmt *stmt = NULL;
  char *sql = sqlite3_mprintf("SELECT 1 FROM \"%w\"", name);
  int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;
  bool is_unknown =
      rc != SQLITE_OK && sqlite3_strnicmp(sqlite3_errmsg(db), "no such table", 13) == 0;
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return !is_unknown;
}

/* Why a relation cannot be imported, whatever the options say. NULL: it can. */
static const char *why_not(const struct import *import, const struct candidate *candidate,
                           enum existing existing) {
  if (candidate->relation->n_columns == 0) return "it has no columns";
  if (sqlite3_strnicmp(candidate->name, "sqlite_", 7) == 0) return "SQLite keeps this name";
  if (existing == EXISTS_TWIN) return "the name differs only in case from another";
  if (existing == EXISTS_NOT && is_function(import->conn->db, candidate->name)) {
    return "a function has this name";
  }
  return NULL;
}

static void leave_out(struct import *import, const char *name, const char *why) {
  if (import->n_left_out++ >= WOW_MAX_LEFT_OUT) return;
  sqlite3_str_appendf(import->left_out, "%s%s (%s)", import->n_left_out > 1 ? ", " : "", name, why);
}

/* ---------------------------------------------------------------- creating */

static int create_table(const struct import *import, const struct candidate *candidate,
                        struct wow_error *err) {
  const struct wow_relation *relation = candidate->relation;
  char *columns = wow_column_list_text(relation);
  if (columns == NULL) return wow_error_nomem(err);
  char *sql = sqlite3_mprintf("CREATE VIRTUAL TABLE \"%w\".\"%w\" %s%Q%s)", import->options.into,
                              candidate->name, candidate->definition, columns,
                              relation->writable ? "" : ", read_only=1");
  sqlite3_free(columns);
  return exec(import->conn, sql, candidate->name, err);
}

static int drop_table(const struct import *import, const char *name, struct wow_error *err) {
  char *sql = sqlite3_mprintf("DROP TABLE \"%w\".\"%w\"", import->options.into, name);
  return exec(import->conn, sql, name, err);
}

/* Imports one relation, or leaves what exists already as the options say. */
static int import_relation(struct import *import, const struct candidate *candidate,
                           struct wow_error *err) {
  const struct import_options *options = &import->options;
  enum existing existing = EXISTS_NOT;
  char *where = NULL;
  int rc = find_existing(import, candidate, &existing, &where, err);
  const char *why = rc == SQLITE_OK ? why_not(import, candidate, existing) : NULL;
  bool is_left = why || (existing != EXISTS_NOT && options->if_exists == IF_EXISTS_SKIP);
  bool is_replaced = existing == EXISTS_OURS ||
                     (existing == EXISTS_ANOTHER && options->if_exists == IF_EXISTS_REPLACE);
  if (rc == SQLITE_OK && why) leave_out(import, candidate->name, why);
  if (rc == SQLITE_OK && !is_left) {
    if (is_replaced)
      rc = drop_table(import, candidate->name, err);
    else if (existing != EXISTS_NOT) {
      rc = wow_error_hint(err, SQLITE_ERROR, candidate->name,
                          "give a prefix, or if_exists 'skip' (or 'replace', if it is a table of "
                          "wowsql): "
                          "wowsql_import(NULL, '{\"if_exists\":\"skip\"}')",
                          "a table of this name exists in %s", where);
    }
    if (rc == SQLITE_OK) rc = create_table(import, candidate, err);
    if (rc == SQLITE_OK) import->n_created++;
  }
  sqlite3_free(where);
  return rc;
}

/* Imports what the options select, all of it or nothing. */
static int import_catalog(struct import *import, const struct wow_catalog *catalog,
                          struct wow_error *err) {
  struct wow_error ignored = {0};
  int rc = exec(import->conn, sqlite3_mprintf("SAVEPOINT wowsql_import"), NULL, err);
  if (rc != SQLITE_OK) return rc;
  for (int i = 0; rc == SQLITE_OK && i < catalog->n_relations; i++) {
    struct wow_relation *relation = catalog->relations[i];
    const char *like = import->options.like;
    if (like && sqlite3_strlike(like, relation->name, 0) != 0) continue;
    struct candidate candidate = {0};
    rc = wow_domain_settle(import->conn, import->server, import->options.schema, relation, err);
    if (rc == SQLITE_OK) rc = candidate_init(&candidate, import, relation, err);
    if (rc == SQLITE_OK) rc = import_relation(import, &candidate, err);
    candidate_reset(&candidate);
  }
  if (rc != SQLITE_OK) {
    exec(import->conn, sqlite3_mprintf("ROLLBACK TO wowsql_import"), NULL, &ignored);
  }
  exec(import->conn, sqlite3_mprintf("RELEASE wowsql_import"), NULL, &ignored);
  wow_error_reset(&ignored);
  return rc;
}

/* The number of tables, or if something was left out a text that begins with it. */
static int import_result(struct wow_call *call, const struct import *import,
                         struct wow_error *err) {
  if (import->n_left_out == 0) {
    sqlite3_result_int(call->ctx, import->n_created);
    return SQLITE_OK;
  }
  const char *names = sqlite3_str_value(import->left_out);
  int n_more = import->n_left_out - WOW_MAX_LEFT_OUT;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendf(str, "%d table%s; left out: %s", import->n_created,
                      import->n_created == 1 ? "" : "s", names);
  if (n_more > 0) sqlite3_str_appendf(str, ", and %d more", n_more);
  char *text = names ? sqlite3_str_finish(str) : NULL;
  if (names == NULL) sqlite3_free(sqlite3_str_finish(str));
  return wow_functions_take_result(call, text, err);
}

static int run_import(struct wow_call *call, struct wow_error *err) {
  const struct wow_catalog *catalog = NULL;
  struct wow_server *server =
      wow_connection_server(call->conn, wow_functions_optional_text(call, 0), err);
  if (server == NULL) return err->rc;
  struct import import = {.conn = call->conn, .server = server, .left_out = sqlite3_str_new(NULL)};
  int rc = import_options_parse(&import.options, wow_functions_arg_text(call, 1), err);
  if (rc == SQLITE_OK) {
    rc = wow_server_catalog(call->conn, server, import.options.schema, &catalog, err);
  }
  if (rc == SQLITE_OK) rc = import_catalog(&import, catalog, err);
  import_options_reset(&import.options);
  if (rc == SQLITE_OK) rc = import_result(call, &import, err);
  sqlite3_free(sqlite3_str_finish(import.left_out));
  return rc;
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_import", 0, 2, WOW_EFFECTS, "wowsql_import([server [, options]])",
     "Creates a virtual table for each table of a server; options: like, into, prefix, schema, "
     "if_exists. The number of tables, and what was left out and why.",
     "SELECT wowsql_import(NULL, '{\"like\":\"app_%\",\"prefix\":\"r_\"}')", run_import},
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_import = {"server", functions, tables};
