/*
** The table of options, and the door through which a user's values pass. See options.h.
*/
#include "server/options.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "base/document.h"
#include "base/limits.h"
#include "http/url.h"

enum option_kind { OPTION_TEXT, OPTION_BOOL, OPTION_INT, OPTION_INT64, OPTION_COLLATION };

/* `min` is the smallest number allowed. */
static const struct option {
  const char *name;
  enum option_kind kind;
  size_t offset;
  int min;
  const char *takes;
} option_table[] = {
#define FIELD(f) offsetof(struct wow_options, f)
    {"name", OPTION_TEXT, FIELD(name), 0, "a text"},
    {"base_domain", OPTION_TEXT, FIELD(base_domain), 0, "a text"},
    {"secure", OPTION_BOOL, FIELD(secure), 0, "true or false"},
    {"timeout", OPTION_INT, FIELD(timeout_s), 1, "a whole number of seconds, 1 or more"},
    {"connect_timeout", OPTION_INT, FIELD(connect_timeout_s), 1,
     "a whole number of seconds, 1 or more"},
    {"verify_ssl", OPTION_BOOL, FIELD(verify_ssl), 0, "true or false"},
    {"ca_file", OPTION_TEXT, FIELD(ca_file), 0, "the name of a file"},
    {"catalog_key", OPTION_TEXT, FIELD(catalog_key), 0, "a text"},
    {"rest_path", OPTION_TEXT, FIELD(paths[WOW_REST]), 0, "a text"},
    {"auth_path", OPTION_TEXT, FIELD(paths[WOW_AUTH]), 0, "a text"},
    {"storage_path", OPTION_TEXT, FIELD(paths[WOW_STORAGE]), 0, "a text"},
    {"schema_path", OPTION_TEXT, FIELD(paths[WOW_SCHEMA]), 0, "a text"},
    {"schema", OPTION_TEXT, FIELD(schema), 0, "a text"},
    {"page_size", OPTION_INT, FIELD(page_size), 1, "a whole number of rows, 1 or more"},
    {"max_rows", OPTION_INT, FIELD(max_rows), 0,
     "a whole number of rows, or 0 if the server has no limit"},
    {"statement_max_rows", OPTION_INT64, FIELD(statement_max_rows), 0, "a whole number"},
    {"statement_max_bytes", OPTION_INT64, FIELD(statement_max_bytes), 0, "a whole number"},
    {"statement_max_requests", OPTION_INT64, FIELD(statement_max_requests), 0, "a whole number"},
    {"statement_max_seconds", OPTION_INT64, FIELD(statement_max_seconds), 0, "a whole number"},
    {"retries", OPTION_INT, FIELD(retries), 0, "a whole number"},
    {"read_only", OPTION_BOOL, FIELD(read_only), 0, "true or false"},
    {"collation", OPTION_COLLATION, FIELD(collation), 0, "'server', 'C' or 'binary'"},
    {NULL, OPTION_TEXT, 0, 0, NULL},
#undef FIELD
};

static int set_text(char **field, const char *text) {
  char *copy = sqlite3_mprintf("%s", text);
  if (copy == NULL) return SQLITE_NOMEM;
  sqlite3_free(*field);
  *field = copy;
  return SQLITE_OK;
}

int wow_options_init(struct wow_options *options) {
  const struct {
    char **field;
    const char *text;
  } texts[] = {
      {&options->name, WOW_DEFAULT_SERVER},          {&options->base_domain, WOW_DEFAULT_DOMAIN},
      {&options->paths[WOW_REST], "/rest/v1"},       {&options->paths[WOW_AUTH], "/auth/v1"},
      {&options->paths[WOW_STORAGE], "/storage/v1"}, {&options->paths[WOW_SCHEMA], "/api/v2"}};
  int rc = SQLITE_OK;
  memset(options, 0, sizeof(*options));
  options->secure = true;
  options->verify_ssl = true;
  options->timeout_s = WOW_TIMEOUT_S;
  options->connect_timeout_s = WOW_CONNECT_TIMEOUT_S;
  options->page_size = WOW_MAX_PAGE_ROWS;
  options->max_rows = -1;
  options->retries = WOW_RETRIES;
  for (size_t i = 0; rc == SQLITE_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
    rc = set_text(texts[i].field, texts[i].text);
  return rc;
}

void wow_options_reset(struct wow_options *options) {
  for (const struct option *option = option_table; option->name; option++) {
    if (option->kind == OPTION_TEXT) sqlite3_free(*(char **)((char *)options + option->offset));
  }
  wow_header_reset(&options->headers);
  memset(options, 0, sizeof(*options));
}

/* ---------------------------------------------------------------- one option */

static int set_collation(enum wow_collation *field, const cJSON *value) {
  static const struct {
    const char *name;
    enum wow_collation collation;
  } collations[] = {
      {"server", WOW_COLLATION_SERVER}, {"C", WOW_COLLATION_C}, {"binary", WOW_COLLATION_BINARY}};
  const char *text = cJSON_GetStringValue(value);
  for (size_t i = 0; text && i < sizeof(collations) / sizeof(collations[0]); i++) {
    if (sqlite3_stricmp(collations[i].name, text) != 0) continue;
    *field = collations[i].collation;
    return SQLITE_OK;
  }
  return SQLITE_MISMATCH;
}

/* Is it a whole number from `min` to `max`? */
static bool is_whole_number(const cJSON *value, double min, double max) {
  if (!cJSON_IsNumber(value)) return false;
  double number = cJSON_GetNumberValue(value);
  return number >= min && number <= max && number == (double)(sqlite3_int64)number;
}

/* SQLITE_MISMATCH: the option does not take such a value. */
static int set_field(struct wow_options *options, const struct option *option, const cJSON *value) {
  char *field = (char *)options + option->offset;
  switch (option->kind) {
  case OPTION_TEXT:
    if (!cJSON_IsString(value)) return SQLITE_MISMATCH;
    return set_text((char **)field, cJSON_GetStringValue(value));
  case OPTION_BOOL:
    if (!cJSON_IsBool(value)) return SQLITE_MISMATCH;
    *(bool *)field = cJSON_IsTrue(value);
    return SQLITE_OK;
  case OPTION_INT:
    if (!is_whole_number(value, option->min, INT_MAX)) return SQLITE_MISMATCH;
    *(int *)field = (int)cJSON_GetNumberValue(value);
    return SQLITE_OK;
  case OPTION_INT64:
    if (!is_whole_number(value, option->min, WOW_MAX_JSON_INTEGER)) return SQLITE_MISMATCH;
    *(sqlite3_int64 *)field = (sqlite3_int64)cJSON_GetNumberValue(value);
    return SQLITE_OK;
  default: return set_collation((enum wow_collation *)field, value);
  }
}

static int fail_unknown(const char *name, struct wow_error *err) {
  sqlite3_str *known = sqlite3_str_new(NULL);
  for (const struct option *option = option_table; option->name; option++)
    sqlite3_str_appendf(known, "%s, ", option->name);
  char *text = sqlite3_str_finish(known);
  int rc = wow_error_set(err, SQLITE_ERROR, NULL, "unknown option '%s'; valid options: %sheaders",
                         name, text ? text : "");
  sqlite3_free(text);
  return rc;
}

static int set_option(struct wow_options *options, const cJSON *value, struct wow_error *err) {
  const struct option *option = option_table;
  bool is_simple = cJSON_IsString(value) || cJSON_IsNumber(value) || cJSON_IsBool(value);
  if (!is_simple) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "option '%s' takes a text, a number, true or false", value->string);
  }
  while (option->name && strcmp(option->name, value->string) != 0)
    option++;
  if (option->name == NULL) return fail_unknown(value->string, err);
  int rc = set_field(options, option, value);
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  if (rc == SQLITE_OK) return rc;
  return wow_error_set(err, SQLITE_ERROR, NULL, "option '%s' takes %s", option->name,
                       option->takes);
}

/* ---------------------------------------------------------------- headers */

static int set_headers(struct wow_options *options, const cJSON *headers, struct wow_error *err) {
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
    rc = wow_header_add(&options->headers, header->string, value, err);
    if (rc != SQLITE_OK) return rc;
  }
  return rc;
}

/* ---------------------------------------------------------------- all of them */

int wow_options_parse(struct wow_options *options, const char *json, struct wow_error *err) {
  int rc = SQLITE_OK;
  cJSON *object = wow_document_parse(json, strlen(json), err);
  const cJSON *option;
  if (!cJSON_IsObject(object)) {
    rc = wow_error_hint(err, SQLITE_ERROR, NULL, "for example '{\"name\":\"prod\",\"timeout\":60}'",
                        "the options are not a JSON object");
  }
  cJSON_ArrayForEach(option, object) {
    if (rc != SQLITE_OK) break;
    if (strcmp(option->string, "headers") == 0)
      rc = set_headers(options, option, err);
    else
      rc = set_option(options, option, err);
  }
  cJSON_Delete(object);
  return rc;
}

/* Gives a path a slash at the start and none at the end: "rest/v1/" becomes "/rest/v1", "/" is
** "". */
static int normalise_path(char **path, struct wow_error *err) {
  const char *p = *path;
  while (*p == '/')
    p++;
  size_t n = strlen(p);
  while (n > 0 && p[n - 1] == '/')
    n--;
  char *normal = n ? sqlite3_mprintf("/%.*s", (int)n, p) : sqlite3_mprintf("");
  if (normal == NULL) return wow_error_nomem(err);
  sqlite3_free(*path);
  *path = normal;
  if (*normal == 0 || (wow_url_is_path(normal) && strchr(normal, '?') == NULL)) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, NULL, "for example '/rest/v1'",
                        "the options rest_path, auth_path, storage_path and schema_path take paths "
                        "without '..', blanks, '?' and '#'");
}

int wow_options_finish(struct wow_options *options, struct wow_error *err) {
  if (*options->name == 0) {
    return wow_error_set(err, SQLITE_ERROR, NULL, "option 'name' must not be empty");
  }
  if (!wow_url_is_authority(options->base_domain)) {
    return wow_error_hint(err, SQLITE_ERROR, NULL, "for example 'example.org'",
                          "option 'base_domain' takes a domain");
  }
  if (options->catalog_key && !wow_header_is_value(options->catalog_key)) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "option 'catalog_key' contains a line break or another control character");
  }
  if (options->schema && !wow_header_is_value(options->schema)) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "option 'schema' contains a line break or another control character");
  }
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && i < WOW_N_SERVICES; i++)
    rc = normalise_path(&options->paths[i], err);
  return rc;
}
