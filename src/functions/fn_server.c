/*
** Functions about servers, tables and diagnosis: connecting, importing, and seeing what is there
** and what was asked.
*/
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/relation.h"
#include "functions/functions.h"
#include "server/options.h"
#include "plan/plan.h"

#ifndef WOWSQL_VERSION
#define WOWSQL_VERSION "dev"
#endif

/* ---------------------------------------------------------------- options and connecting */

static int set_headers(struct wow_server *server, const cJSON *headers, struct wow_error *err) {
  const cJSON *header;
  int rc = SQLITE_OK;
  if (!cJSON_IsObject(headers)) {
    return wow_error_set(err, SQLITE_ERROR, NULL, "option 'headers' takes an object of texts");
  }
  cJSON_ArrayForEach(header, headers) {
    const char *value = cJSON_GetStringValue(header);
    if (value == NULL) {
      return wow_error_set(err, SQLITE_ERROR, NULL, "option 'headers' takes an object of texts");
    }
    rc = wow_server_add_header(server, header->string, value, err);
    if (rc != SQLITE_OK) return rc;
  }
  return rc;
}

static int set_options(struct wow_server *server, const char *json, struct wow_error *err) {
  int rc = SQLITE_OK;
  cJSON *options = cJSON_Parse(json);
  const cJSON *option;
  if (!cJSON_IsObject(options)) {
    rc = wow_error_hint(err, SQLITE_ERROR, NULL, "for example '{\"name\":\"prod\",\"timeout\":60}'",
                        "the options are no JSON object");
  }
  cJSON_ArrayForEach(option, options) {
    struct wow_option_value value = {.kind = WOW_VALUE_TEXT, .text = cJSON_GetStringValue(option)};
    if (rc != SQLITE_OK) break;
    if (strcmp(option->string, "headers") == 0) {
      rc = set_headers(server, option, err);
      continue;
    }
    if (cJSON_IsNumber(option)) {
      value.kind = WOW_VALUE_NUMBER;
      value.number = cJSON_GetNumberValue(option);
    } else if (cJSON_IsBool(option)) {
      value.kind = WOW_VALUE_BOOL;
      value.number = cJSON_IsTrue(option);
    } else if (value.text == NULL) {
      rc = wow_error_set(err, SQLITE_ERROR, NULL,
                         "option '%s' takes a text, a number, true or false", option->string);
      break;
    }
    rc = wow_server_set_option(server, option->string, &value, err);
  }
  cJSON_Delete(options);
  return rc;
}

/* A server as JSON, without its secrets. NULL: no memory. */
static char *server_summary(const struct wow_server *server, bool is_current) {
  cJSON *json = cJSON_CreateObject();
  cJSON_AddStringToObject(json, "name", server->name);
  cJSON_AddStringToObject(json, "project_url", server->project_url);
  cJSON_AddStringToObject(json, "rest_path", server->rest_path);
  cJSON_AddBoolToObject(json, "has_key", server->api_key != NULL);
  cJSON_AddBoolToObject(json, "current", is_current);
  char *printed = cJSON_PrintUnformatted(json);
  char *text = printed ? sqlite3_mprintf("%s", printed) : NULL;
  cJSON_free(printed);
  cJSON_Delete(json);
  return text;
}

static const char *current_name(const struct wow_connection *conn) {
  return conn->current ? conn->current : WOW_DEFAULT_SERVER;
}

/* An empty text stands for a missing argument, so that options can be given without a key. */
static const char *optional_text(const struct wow_call *call, int index) {
  const char *text = wow_call_text(call, index);
  return text && *text ? text : NULL;
}

static int run_connect(struct wow_call *call, struct wow_error *err) {
  const char *options = wow_call_text(call, 2);
  struct wow_server *server = wow_server_new();
  if (server == NULL) return wow_error_nomem(err);
  int rc = options ? set_options(server, options, err) : SQLITE_OK;
  char *name = rc == SQLITE_OK ? sqlite3_mprintf("%s", server->name) : NULL;
  if (rc == SQLITE_OK && name == NULL) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK) {
    rc = wow_server_register(call->conn, server, optional_text(call, 0), optional_text(call, 1),
                             err);
  } else {
    wow_server_release(server);
  }
  if (rc == SQLITE_OK) {
    const struct wow_server *found = wow_server_find(call->conn, name, err);
    bool is_current = strcmp(current_name(call->conn), name) == 0;
    rc = found ? wow_call_result(call, server_summary(found, is_current), err) : err->rc;
  }
  sqlite3_free(name);
  return rc;
}

static int run_use(struct wow_call *call, struct wow_error *err) {
  const char *name = wow_call_text(call, 0);
  const struct wow_server *server = wow_server_find(call->conn, name, err);
  if (server == NULL) return err->rc;
  char *copy = sqlite3_mprintf("%s", server->name);
  if (copy == NULL) return wow_error_nomem(err);
  sqlite3_free(call->conn->current);
  call->conn->current = copy;
  sqlite3_result_text(call->ctx, copy, -1, SQLITE_TRANSIENT);
  return SQLITE_OK;
}

static int run_disconnect(struct wow_call *call, struct wow_error *err) {
  const char *name = wow_call_text(call, 0);
  char *text = sqlite3_mprintf("%s", name ? name : current_name(call->conn));
  if (text == NULL) return wow_error_nomem(err);
  int rc = wow_server_disconnect(call->conn, text, err);
  if (rc == SQLITE_OK) return wow_call_result(call, text, err);
  sqlite3_free(text);
  return rc;
}

static int run_refresh(struct wow_call *call, struct wow_error *err) {
  struct wow_server *server = wow_server_find(call->conn, wow_call_text(call, 0), err);
  if (server == NULL) return err->rc;
  wow_server_refresh(server);
  sqlite3_result_text(call->ctx, server->name, -1, SQLITE_TRANSIENT);
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- settings of the connection */

#define MAX_LOG_SIZE 1000000

static int run_config(struct wow_call *call, struct wow_error *err) {
  struct wow_connection *conn = call->conn;
  const char *name = wow_call_text(call, 0);
  const struct {
    const char *name;
    bool *is_on; /* NULL: log_size */
    sqlite3_int64 max;
  } settings[] = {{"log_size", NULL, MAX_LOG_SIZE},
                  {"progress", &conn->progress.is_on, 1},
                  {"ship", &conn->ship, 1}};
  bool is_set = call->argc > 1;
  sqlite3_int64 value = is_set ? sqlite3_value_int64(call->argv[1]) : 0;
  bool is_number = is_set && sqlite3_value_numeric_type(call->argv[1]) == SQLITE_INTEGER;
  for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
    if (name == NULL || strcmp(name, settings[i].name) != 0) continue;
    if (is_set && (!is_number || value < 0 || value > settings[i].max)) {
      return wow_error_set(err, SQLITE_ERROR, NULL,
                           "setting '%s' takes a whole number from 0 to %lld", name,
                           settings[i].max);
    }
    if (settings[i].is_on) {
      if (is_set) *settings[i].is_on = value != 0;
      sqlite3_result_int(call->ctx, *settings[i].is_on);
      return SQLITE_OK;
    }
    if (is_set && wow_http_log_resize(conn->http, (int)value) != SQLITE_OK) {
      return wow_error_nomem(err);
    }
    sqlite3_result_int(call->ctx, wow_http_log_size(conn->http));
    return SQLITE_OK;
  }
  return wow_error_set(err, SQLITE_ERROR, NULL,
                       "unknown setting '%s'; there are: log_size, progress, ship",
                       name ? name : "NULL");
}

/* ---------------------------------------------------------------- import */

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

/* Runs SQL; its message goes into `err`. */
static int exec(sqlite3 *db, char *sql, const char *what, struct wow_error *err) {
  char *message = NULL;
  if (sql == NULL) return wow_error_nomem(err);
  int rc = sqlite3_exec(db, sql, NULL, NULL, &message);
  if (rc != SQLITE_OK) {
    wow_error_set(err, SQLITE_ERROR, what, "%s", message ? message : sqlite3_errstr(rc));
  }
  sqlite3_free(message);
  sqlite3_free(sql);
  return rc == SQLITE_OK ? SQLITE_OK : SQLITE_ERROR;
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
    rc =
        exec(conn->db, sqlite3_mprintf("DROP TABLE \"%w\".\"%w\"", options->into, name), name, err);
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
        conn->db,
        sqlite3_mprintf("CREATE VIRTUAL TABLE \"%w\".\"%w\" USING wowsql(table=%Q, server=%Q%s, "
                        "columns=%Q%s)",
                        options->into, name, relation->name, server->name, schema, columns,
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
  struct wow_server *server = wow_server_find(call->conn, optional_text(call, 0), err);
  int rc = server ? import_options_parse(&options, wow_call_text(call, 1), err) : err->rc;
  if (rc == SQLITE_OK) {
    rc = wow_server_catalog(call->conn, server, options.schema, &catalog, err);
  }
  /* All or nothing: a table that cannot be made takes the others back. */
  if (rc == SQLITE_OK)
    rc = exec(call->conn->db, sqlite3_mprintf("SAVEPOINT wowsql_import"), NULL, err);
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
      exec(call->conn->db, sqlite3_mprintf("ROLLBACK TO wowsql_import"), NULL, &ignored);
    }
    exec(call->conn->db, sqlite3_mprintf("RELEASE wowsql_import"), NULL, &ignored);
    wow_error_reset(&ignored);
  }
  import_options_reset(&options);
  if (rc == SQLITE_OK) sqlite3_result_int(call->ctx, n_created);
  return rc;
}

/* ---------------------------------------------------------------- diagnosis */

static int run_version(struct wow_call *call, struct wow_error *err) {
  (void)err;
  sqlite3_result_text(call->ctx, WOWSQL_VERSION, -1, SQLITE_STATIC);
  return SQLITE_OK;
}

static int run_last_error(struct wow_call *call, struct wow_error *err) {
  if (call->conn->last_error.rc == SQLITE_OK) return SQLITE_OK; /* NULL */
  return wow_call_result(call, wow_error_json(&call->conn->last_error), err);
}

static int table_servers(struct wow_table_call *call, struct wow_error *err) {
  /* The environment may name the default server, which the first use connects. */
  struct wow_error none = {0};
  wow_server_find(call->conn, WOW_DEFAULT_SERVER, &none);
  wow_error_reset(&none);
  (void)err;
  for (const struct wow_server *s = call->conn->servers; s; s = s->next) {
    wow_result_text(call->result, s->name);
    wow_result_text(call->result, s->project_url);
    wow_result_integer(call->result, strcmp(current_name(call->conn), s->name) == 0);
    wow_result_integer(call->result, s->api_key != NULL);
    wow_result_text(call->result, s->schema);
    wow_result_integer(call->result, s->read_only);
    wow_result_row(call->result);
  }
  return SQLITE_OK;
}

static int table_log(struct wow_table_call *call, struct wow_error *err) {
  const struct wow_http *http = call->conn->http;
  struct wow_result *result = call->result;
  (void)err;
  for (int i = 0; i < wow_http_log_count(http); i++) {
    const struct wow_http_log_entry *entry = wow_http_log_at(http, i);
    wow_result_integer(result, entry->seq);
    wow_result_real(result, entry->at);
    wow_result_text(result, entry->server);
    wow_result_text(result, entry->method);
    wow_result_text(result, entry->url);
    wow_result_integer(result, entry->status);
    wow_result_real(result, entry->ms);
    wow_result_real(result, entry->ttfb_ms);
    wow_result_integer(result, entry->bytes_sent);
    wow_result_integer(result, entry->bytes_received);
    if (entry->rows >= 0)
      wow_result_integer(result, entry->rows);
    else
      wow_result_null(result);
    wow_result_integer(result, entry->retries);
    wow_result_text(result, entry->error);
    wow_result_row(result);
  }
  return SQLITE_OK;
}

static const char *arg_text(const struct wow_table_call *call, int index) {
  return call->args[index] ? (const char *)sqlite3_value_text(call->args[index]) : NULL;
}

static int call_catalog(struct wow_table_call *call, int server_arg,
                        const struct wow_catalog **catalog, struct wow_error *err) {
  struct wow_server *server = wow_server_find(call->conn, arg_text(call, server_arg), err);
  if (server == NULL) return err->rc;
  return wow_server_catalog(call->conn, server, NULL, catalog, err);
}

/* The names of the key's columns with commas between them; NULL: no key. */
static char *key_names(const struct wow_relation *relation) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; i < relation->n_key; i++) {
    sqlite3_str_appendf(str, "%s%s", i ? "," : "", relation->columns[relation->key[i]].name);
  }
  return sqlite3_str_finish(str);
}

static int table_tables(struct wow_table_call *call, struct wow_error *err) {
  const struct wow_catalog *catalog = NULL;
  int rc = call_catalog(call, 0, &catalog, err);
  for (int i = 0; rc == SQLITE_OK && i < catalog->n_relations; i++) {
    const struct wow_relation *relation = catalog->relations[i];
    char *key = key_names(relation);
    wow_result_text(call->result, relation->name);
    wow_result_integer(call->result, relation->n_columns);
    wow_result_text(call->result, key);
    wow_result_integer(call->result, relation->writable);
    wow_result_text(call->result, relation->comment);
    wow_result_row(call->result);
    sqlite3_free(key);
  }
  return rc;
}

static int table_columns(struct wow_table_call *call, struct wow_error *err) {
  const struct wow_catalog *catalog = NULL;
  const char *name = arg_text(call, 0);
  int rc = call_catalog(call, 1, &catalog, err);
  if (rc != SQLITE_OK) return rc;
  const struct wow_relation *relation = name ? wow_catalog_find(catalog, name) : NULL;
  if (relation == NULL) {
    return wow_error_hint(err, SQLITE_ERROR, name, "SELECT name FROM wowsql_tables",
                          "the server has no such table");
  }
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    wow_result_text(call->result, column->name);
    wow_result_text(call->result, column->type.name);
    wow_result_text(call->result, wow_type_declared(&column->type));
    wow_result_integer(call->result, column->not_null);
    if (column->key_position)
      wow_result_integer(call->result, column->key_position);
    else
      wow_result_null(call->result);
    wow_result_text(call->result, column->fk_table);
    wow_result_text(call->result, column->fk_column);
    wow_result_row(call->result);
  }
  return SQLITE_OK;
}

/* One row of wowsql_explain for each term that was left local; one without a term if none was. */
static void explain_rows(struct wow_result *result, const char *table, const char *plan,
                         const struct wow_plan_note *notes) {
  int n = 0;
  for (const struct wow_plan_note *note = notes; note; note = note->next) {
    bool repeated = false;
    if (strcmp(note->plan, plan) != 0) continue;
    /* SQLite asks for the same plan several times. */
    for (const struct wow_plan_note *other = notes; other != note; other = other->next) {
      repeated =
          repeated || (strcmp(other->plan, plan) == 0 && strcmp(other->term, note->term) == 0);
    }
    if (repeated) continue;
    wow_result_text(result, table);
    wow_result_text(result, plan);
    wow_result_text(result, note->term);
    wow_result_text(result, note->reason);
    wow_result_row(result);
    n++;
  }
  if (n > 0) return;
  wow_result_text(result, table);
  wow_result_text(result, plan);
  wow_result_row(result);
}

/* Reads "SCAN users VIRTUAL TABLE INDEX 1:GET users?..." of EXPLAIN QUERY PLAN. */
static int explain_line(struct wow_result *result, const char *detail,
                        const struct wow_plan_note *notes) {
  static const char mark[] = " VIRTUAL TABLE INDEX ";
  const char *at = strstr(detail, mark);
  const char *plan = at ? strchr(at + strlen(mark), ':') : NULL;
  const char *name = strchr(detail, ' ');
  if (plan == NULL || name == NULL || name >= at || strncmp(plan + 1, "GET ", 4) != 0) {
    return SQLITE_OK;
  }
  char *table = sqlite3_mprintf("%.*s", (int)(at - name - 1), name + 1);
  if (table == NULL) return SQLITE_NOMEM;
  explain_rows(result, table, plan + 1, notes);
  sqlite3_free(table);
  return SQLITE_OK;
}

static int table_explain(struct wow_table_call *call, struct wow_error *err) {
  struct wow_connection *conn = call->conn;
  struct wow_plan_note *notes = NULL, **outer = conn->notes;
  sqlite3_stmt *stmt = NULL;
  char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", arg_text(call, 0));
  if (sql == NULL) return wow_error_nomem(err);
  conn->notes = &notes;
  int rc = sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL);
  conn->notes = outer;
  sqlite3_free(sql);
  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    rc = explain_line(call->result, (const char *)sqlite3_column_text(stmt, 3), notes);
  }
  if (rc != SQLITE_OK && rc != SQLITE_DONE) {
    wow_error_set(err, rc == SQLITE_NOMEM ? rc : SQLITE_ERROR, NULL, "%s",
                  sqlite3_errmsg(conn->db));
  }
  sqlite3_finalize(stmt);
  wow_plan_notes_free(notes);
  return err->rc;
}

static void help_row(struct wow_result *result, const char *name, const char *usage,
                     const char *summary, const char *group, const char *topic) {
  bool wanted =
      topic == NULL || sqlite3_stricmp(topic, group) == 0 || sqlite3_stricmp(topic, name) == 0;
  if (!wanted) return;
  wow_result_text(result, name);
  wow_result_text(result, usage);
  wow_result_text(result, summary);
  wow_result_text(result, group);
  wow_result_row(result);
}

static int table_help(struct wow_table_call *call, struct wow_error *err) {
  const char *topic = arg_text(call, 0);
  (void)err;
  for (int i = 0; wow_function_groups[i]; i++) {
    const struct wow_function_group *group = wow_function_groups[i];
    for (const struct wow_function *f = group->functions; f->name; f++) {
      help_row(call->result, f->name, f->usage, f->summary, group->name, topic);
    }
    for (const struct wow_table_function *f = group->tables; f->name; f++) {
      help_row(call->result, f->name, f->usage, f->summary, group->name, topic);
    }
  }
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- the group */

static const struct wow_function functions[] = {
    {"wowsql_connect", 0, 3, WOW_EFFECTS | WOW_RETURNS_JSON,
     "wowsql_connect(project_url [, api_key [, options]])",
     "Registers a server (a project's name, domain or URL) and sends nothing.", run_connect},
    {"wowsql_use", 1, 1, WOW_EFFECTS, "wowsql_use(server)",
     "Makes a server the current one, which functions and new tables act on.", run_use},
    {"wowsql_disconnect", 0, 1, WOW_EFFECTS, "wowsql_disconnect([server])",
     "Forgets a server and its key.", run_disconnect},
    {"wowsql_refresh", 0, 1, 0, "wowsql_refresh([server])",
     "Forgets what is cached of a server's tables and columns.", run_refresh},
    {"wowsql_config", 1, 2, WOW_EFFECTS, "wowsql_config(name [, value])",
     "Reads or changes a setting of this connection: log_size, progress, ship.", run_config},
    {"wowsql_import", 0, 2, WOW_EFFECTS, "wowsql_import([server [, options]])",
     "Creates a virtual table for each table of a server; options: like, into, prefix, schema, "
     "if_exists.",
     run_import},
    {"wowsql_version", 0, 0, 0, "wowsql_version()", "The version of this extension.", run_version},
    {"wowsql_last_error", 0, 0, WOW_RETURNS_JSON, "wowsql_last_error()",
     "The parts of the last error as JSON, or NULL.", run_last_error},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static const struct wow_table_function tables[] = {
    {"wowsql_servers",
     "name TEXT, project_url TEXT, current INTEGER, has_key INTEGER, schema TEXT, read_only "
     "INTEGER",
     6, "", 0, 0, "wowsql_servers", "The servers of this connection.", table_servers},
    {"wowsql_tables", "name TEXT, columns INTEGER, key TEXT, writable INTEGER, comment TEXT", 5,
     "server HIDDEN", 1, 0, "wowsql_tables [WHERE server = name]", "The tables of a server.",
     table_tables},
    {"wowsql_columns",
     "name TEXT, type TEXT, declared TEXT, not_null INTEGER, key INTEGER, fk_table TEXT, "
     "fk_column TEXT",
     7, "relation HIDDEN, server HIDDEN", 2, 1, "wowsql_columns(table) [WHERE server = name]",
     "The columns of a table, as the server describes it.", table_columns},
    {"wowsql_log",
     "seq INTEGER, at REAL, server TEXT, method TEXT, url TEXT, status INTEGER, ms REAL, "
     "ttfb_ms REAL, bytes_sent INTEGER, bytes_received INTEGER, rows INTEGER, retries INTEGER, "
     "error TEXT",
     13, "", 0, 0, "wowsql_log", "The requests that this connection has made, the newest last.",
     table_log},
    {"wowsql_explain", "\"table\" TEXT, request TEXT, term TEXT, reason TEXT", 4, "sql HIDDEN", 1,
     1, "wowsql_explain(sql)",
     "For each remote table of a statement the request, and the terms that SQLite keeps to itself.",
     table_explain},
    {"wowsql_help", "name TEXT, usage TEXT, summary TEXT, \"group\" TEXT", 4, "topic HIDDEN", 1, 0,
     "wowsql_help([name or group])", "The functions there are.", table_help},
    {NULL, NULL, 0, NULL, 0, 0, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_server = {"server", functions, tables};
