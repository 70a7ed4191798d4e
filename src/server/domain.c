/*
** Domains over domains, see domain.h. PostgreSQL compares a domain with a constant as the type at
** the bottom, and reads the constant before any row: eq.\ is refused with "invalid input syntax for
** type integer". Hardly anything but texts can be a backslash.
*/
#include "server/domain.h"

#include <string.h>

#include "catalog/openapi.h"
#include "server/request.h"
#include "server/server.h"
#include "wire/deparse.h"

/* One question. */
struct question {
  struct wow_connection *conn;
  struct wow_server *server;
  const char *schema;
  char type[64]; /* the answer; "": the type is not one that is known */
};

/* Takes the type from a refusal. */
static void take_type(struct question *question, const struct wow_error *refusal) {
  static const char begin[] = "invalid input syntax for type ";
  size_t n = strlen(begin);
  if (refusal->message == NULL || strncmp(refusal->message, begin, n) != 0) return;
  int bytes = (int)strcspn(refusal->message + n, ":");
  if (bytes >= (int)sizeof(question->type)) return;
  sqlite3_snprintf(bytes + 1, question->type, "%s", refusal->message + n);
}

static char *path_of(const struct wow_relation *relation, const struct wow_column *column) {
  struct wow_condition condition = {
      .kind = WOW_CONDITION_TERM, .column = column, .op = WOW_EQ, .text = "\\", .bytes = 1};
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '/');
  wow_deparse_path(str, relation->name);
  sqlite3_str_appendall(str, "?select=");
  wow_deparse_name(str, column->name);
  wow_deparse_condition(str, &condition);
  sqlite3_str_appendall(str, "&limit=0");
  return sqlite3_str_finish(str);
}

/* Asks about one column. *is_answered: the role may read it. */
static int ask(struct question *question, const struct wow_relation *relation,
               const struct wow_column *column, bool *is_answered, struct wow_error *err) {
  struct wow_error refusal = {0};
  struct wow_response response = {0};
  char *path = path_of(relation, column);
  if (path == NULL) return wow_error_nomem(err);
  struct wow_request get = {
      .method = "GET", .path = path, .schema = question->schema, .what = relation->name};
  int rc = wow_request_fetch(question->conn, question->server, &get, &response, &refusal);
  bool is_refused = refusal.http_status >= 400 && refusal.http_status < 500;
  *is_answered = rc == SQLITE_OK || (is_refused && rc != SQLITE_AUTH);
  if (is_refused) take_type(question, &refusal);
  if (rc != SQLITE_OK && !is_refused) wow_error_copy(err, &refusal);
  wow_error_reset(&refusal);
  sqlite3_free(response.body);
  sqlite3_free(path);
  return is_refused ? SQLITE_OK : rc;
}

/* May the column be of that type? */
static bool is_about(const struct wow_column *column, const char *format) {
  return column->may_be_domain && strcmp(column->type.name, format) == 0;
}

/* Settles the relation's columns of a type. SQLITE_OK or SQLITE_NOMEM. */
static int settle(struct wow_relation *relation, const char *format, const char *type) {
  for (int i = 0; i < relation->n_columns; i++) {
    struct wow_column *column = &relation->columns[i];
    struct wow_type settled;
    if (!is_about(column, format)) continue;
    if (*type && wow_type_init(&settled, type) != SQLITE_OK) return SQLITE_NOMEM;
    if (*type && settled.family != WOW_USER) {
      wow_type_reset(&column->type);
      column->type = settled;
    } else if (*type) {
      wow_type_reset(&settled);
    }
    column->may_be_domain = false;
  }
  return wow_relation_finish(relation);
}

/* Asks about a type, by one column after the other until this role may read one. */
static int ask_about(struct question *question, const struct wow_catalog *catalog,
                     const char *format, struct wow_error *err) {
  bool is_answered = false;
  int rc = SQLITE_OK;
  question->type[0] = 0;
  for (int i = 0; rc == SQLITE_OK && !is_answered && i < catalog->n_relations; i++) {
    const struct wow_relation *relation = catalog->relations[i];
    for (int j = 0; rc == SQLITE_OK && !is_answered && j < relation->n_columns; j++) {
      if (is_about(&relation->columns[j], format))
        rc = ask(question, relation, &relation->columns[j], &is_answered, err);
    }
  }
  return rc;
}

/* The server's description of this schema; NULL: there is none. */
static struct wow_catalog *catalog_of(const struct wow_server *server, const char *schema) {
  for (struct wow_catalog *c = server->session->catalogs; c; c = c->next) {
    if (c->schema && schema ? strcmp(c->schema, schema) == 0 : c->schema == schema) return c;
  }
  return NULL;
}

int wow_domain_settle(struct wow_connection *conn, struct wow_server *server, const char *schema,
                      struct wow_relation *relation, struct wow_error *err) {
  struct question question = {.conn = conn, .server = server, .schema = schema};
  struct wow_catalog *catalog = catalog_of(server, schema);
  int rc = SQLITE_OK;
  for (int i = 0; catalog && rc == SQLITE_OK && i < relation->n_columns; i++) {
    if (!relation->columns[i].may_be_domain) continue;
    char *format = sqlite3_mprintf("%s", relation->columns[i].type.name);
    if (format == NULL) return wow_error_nomem(err);
    rc = ask_about(&question, catalog, format, err);
    bool is_asked = rc == SQLITE_OK;
    if (is_asked) rc = settle(relation, format, question.type);
    for (int j = 0; rc == SQLITE_OK && j < catalog->n_relations; j++)
      rc = settle(catalog->relations[j], format, question.type);
    if (is_asked && rc != SQLITE_OK) wow_error_nomem(err);
    sqlite3_free(format);
  }
  return rc;
}
