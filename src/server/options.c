/*
** The options of a server, see options.h.
*/
#include "server/options.h"

#include <stddef.h>
#include <string.h>

#include "base/limits.h"

enum option_kind { OPTION_TEXT, OPTION_BOOL, OPTION_INT, OPTION_INT64, OPTION_COLLATION };

/* The options there are. `min` bounds numbers from below. */
static const struct option {
  const char *name;
  enum option_kind kind;
  size_t offset;
  int min;
  const char *takes;
} options[] = {
#define FIELD(f) offsetof(struct wow_server, f)
    {"name", OPTION_TEXT, FIELD(name), 0, "a text"},
    {"base_domain", OPTION_TEXT, FIELD(base_domain), 0, "a text"},
    {"secure", OPTION_BOOL, FIELD(secure), 0, "true or false"},
    {"timeout", OPTION_INT, FIELD(timeout_s), 1, "a whole number of seconds, 1 or more"},
    {"connect_timeout", OPTION_INT, FIELD(connect_timeout_s), 1,
     "a whole number of seconds, 1 or more"},
    {"verify_ssl", OPTION_BOOL, FIELD(verify_ssl), 0, "true or false"},
    {"ca_file", OPTION_TEXT, FIELD(ca_file), 0, "the name of a file"},
    {"rest_path", OPTION_TEXT, FIELD(rest_path), 0, "a text"},
    {"auth_path", OPTION_TEXT, FIELD(auth_path), 0, "a text"},
    {"storage_path", OPTION_TEXT, FIELD(storage_path), 0, "a text"},
    {"schema_path", OPTION_TEXT, FIELD(schema_path), 0, "a text"},
    {"schema", OPTION_TEXT, FIELD(schema), 0, "a text"},
    {"page_size", OPTION_INT, FIELD(page_size), 1, "a whole number of rows, 1 or more"},
    {"max_rows", OPTION_INT, FIELD(max_rows), 0,
     "a whole number of rows; 0 says that the server has no limit"},
    {"statement_max_rows", OPTION_INT64, FIELD(statement_max_rows), 0, "a whole number"},
    {"statement_max_bytes", OPTION_INT64, FIELD(statement_max_bytes), 0, "a whole number"},
    {"statement_max_requests", OPTION_INT64, FIELD(statement_max_requests), 0, "a whole number"},
    {"retries", OPTION_INT, FIELD(retries), 0, "a whole number"},
    {"read_only", OPTION_BOOL, FIELD(read_only), 0, "true or false"},
    {"collation", OPTION_COLLATION, FIELD(collation), 0, "'server', 'C' or 'binary'"},
    {NULL, OPTION_TEXT, 0, 0, NULL},
#undef FIELD
};

int set_text(char **field, const char *text) {
  char *copy = sqlite3_mprintf("%s", text);
  if (copy == NULL) return SQLITE_NOMEM;
  sqlite3_free(*field);
  *field = copy;
  return SQLITE_OK;
}

static int set_collation(enum wow_collation *field, const struct wow_option_value *value) {
  static const char *const names[] = {"server", "C", "binary", NULL};
  for (int i = 0; value->kind == WOW_VALUE_TEXT && names[i]; i++) {
    if (sqlite3_stricmp(names[i], value->text) != 0) continue;
    *field = (enum wow_collation)i;
    return SQLITE_OK;
  }
  return SQLITE_MISMATCH;
}

static int set_field(struct wow_server *server, const struct option *option,
                     const struct wow_option_value *value) {
  char *field = (char *)server + option->offset;
  bool is_whole = value->kind == WOW_VALUE_NUMBER && value->number >= option->min &&
                  value->number <= 9007199254740992.0 &&
                  value->number == (double)(sqlite3_int64)value->number;
  switch (option->kind) {
  case OPTION_TEXT:
    if (value->kind != WOW_VALUE_TEXT) return SQLITE_MISMATCH;
    return set_text((char **)field, value->text);
  case OPTION_BOOL:
    if (value->kind != WOW_VALUE_BOOL) return SQLITE_MISMATCH;
    *(bool *)field = value->number != 0;
    return SQLITE_OK;
  case OPTION_INT:
    if (!is_whole || value->number > 2147483647) return SQLITE_MISMATCH;
    *(int *)field = (int)value->number;
    return SQLITE_OK;
  case OPTION_INT64:
    if (!is_whole) return SQLITE_MISMATCH;
    *(sqlite3_int64 *)field = (sqlite3_int64)value->number;
    return SQLITE_OK;
  default: return set_collation((enum wow_collation *)field, value);
  }
}

int wow_server_set_option(struct wow_server *server, const char *name,
                          const struct wow_option_value *value, struct wow_error *err) {
  const struct option *option = options;
  while (option->name && strcmp(option->name, name) != 0)
    option++;
  if (option->name == NULL) {
    sqlite3_str *known = sqlite3_str_new(NULL);
    for (const struct option *o = options; o->name; o++)
      sqlite3_str_appendf(known, "%s, ", o->name);
    char *text = sqlite3_str_finish(known);
    int rc = wow_error_set(err, SQLITE_ERROR, NULL, "unknown option '%s'; there are: %sheaders",
                           name, text ? text : "");
    sqlite3_free(text);
    return rc;
  }
  int rc = set_field(server, option, value);
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  if (rc != SQLITE_OK) {
    return wow_error_set(err, SQLITE_ERROR, NULL, "option '%s' takes %s", name, option->takes);
  }
  return SQLITE_OK;
}

/* A header's name and value must not be able to begin another header. */
bool is_header_text(const char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text < 0x20 || *text == 0x7f) return false;
  }
  return true;
}

int wow_server_add_header(struct wow_server *server, const char *name, const char *value,
                          struct wow_error *err) {
  if (*name == 0 || strchr(name, ':') || !is_header_text(name) || !is_header_text(value)) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "option 'headers': '%s' cannot be sent as a header", name);
  }
  sqlite3_uint64 bytes = sizeof(char *) * (sqlite3_uint64)(server->n_headers + 1);
  char **headers = sqlite3_realloc64(server->headers, bytes);
  if (headers == NULL) return wow_error_nomem(err);
  server->headers = headers;
  headers[server->n_headers] = sqlite3_mprintf("%s: %s", name, value);
  if (headers[server->n_headers] == NULL) return wow_error_nomem(err);
  server->n_headers++;
  return SQLITE_OK;
}
