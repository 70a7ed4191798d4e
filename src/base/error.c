/*
** Errors, see error.h. Understands the error bodies of PostgREST, of gateways and of the project's
** other services. Whatever comes from the network is limited in length here, and its control
** characters are replaced by blanks.
*/
#include "base/error.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/document.h"
#include "base/limits.h"
#include "base/secret.h"
#include "base/sqlite.h"
#include "base/text.h"

void wow_error_reset(struct wow_error *err) {
  sqlite3_free(err->what);
  sqlite3_free(err->code);
  sqlite3_free(err->message);
  sqlite3_free(err->details);
  sqlite3_free(err->hint);
  memset(err, 0, sizeof(*err));
}

static char *copy_text(const char *text) {
  return text ? sqlite3_mprintf("%s", text) : NULL;
}

void wow_error_copy(struct wow_error *to, const struct wow_error *from) {
  if (to->rc != SQLITE_OK) return;
  to->rc = from->rc;
  to->http_status = from->http_status;
  to->may_be_done = to->may_be_done || from->may_be_done;
  to->what = copy_text(from->what);
  to->code = copy_text(from->code);
  to->message = copy_text(from->message);
  to->details = copy_text(from->details);
  to->hint = copy_text(from->hint);
}

void wow_error_move(struct wow_error *to, struct wow_error *from) {
  wow_error_reset(to);
  *to = *from;
  memset(from, 0, sizeof(*from));
}

int wow_error_nomem(struct wow_error *err) {
  if (err->rc == SQLITE_OK) err->rc = SQLITE_NOMEM;
  return SQLITE_NOMEM;
}

/* A copy of at most WOW_MAX_ERROR_BYTES, cut between characters, without control characters. NULL
** for NULL, or no memory. */
static char *clean_copy(const char *text) {
  if (text == NULL) return NULL;
  size_t n = strlen(text);
  if (n > WOW_MAX_ERROR_BYTES) {
    n = WOW_MAX_ERROR_BYTES;
    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
      n--;
  }
  char *copy = sqlite3_mprintf("%.*s%s", (int)n, text, text[n] ? "..." : "");
  bool is_utf8 = copy == NULL || wow_text_is_utf8(copy, strlen(copy));
  for (char *p = copy; p && *p; p++) {
    unsigned char c = (unsigned char)*p;
    if (c < 0x20 || c == 0x7f) *p = ' ';
    if (c >= 0x80 && !is_utf8) *p = '?';
  }
  return copy;
}

static bool is_blank(const char *text) {
  return text[strspn(text, " \t\r\n")] == 0;
}

/* Records an error and frees `message`. */
static int record(struct wow_error *err, int rc, const char *what, const char *hint,
                  char *message) {
  if (err->rc == SQLITE_OK) {
    err->rc = rc;
    err->message = clean_copy(message);
    err->what = clean_copy(what);
    err->hint = clean_copy(hint);
    if (err->message == NULL) err->rc = SQLITE_NOMEM;
  }
  sqlite3_free(message);
  return err->rc;
}

int wow_error_set(struct wow_error *err, int rc, const char *what, const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *message = sqlite3_vmprintf(format, args);
  va_end(args);
  return record(err, rc, what, NULL, message);
}

int wow_error_hint(struct wow_error *err, int rc, const char *what, const char *hint,
                   const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *message = sqlite3_vmprintf(format, args);
  va_end(args);
  return record(err, rc, what, hint, message);
}

/* ---------------------------------------------------------------- responses */

/* SQLSTATEs, or the classes that they begin with, for which SQLite has a code of its own. */
static const struct {
  const char *sqlstate;
  int rc;
} sqlite_codes[] = {
    {"23505", SQLITE_CONSTRAINT_UNIQUE},
    {"23503", SQLITE_CONSTRAINT_FOREIGNKEY},
    {"23502", SQLITE_CONSTRAINT_NOTNULL},
    {"23514", SQLITE_CONSTRAINT_CHECK},
    {"23", SQLITE_CONSTRAINT},
    {"42501", SQLITE_AUTH}, /* a right is missing, or a policy forbids the row */
};

static int code_of(int http_status, const char *code) {
  for (size_t i = 0; code && i < sizeof(sqlite_codes) / sizeof(sqlite_codes[0]); i++) {
    const char *start = sqlite_codes[i].sqlstate;
    if (strncmp(code, start, strlen(start)) == 0) return sqlite_codes[i].rc;
  }
  return http_status == 401 || http_status == 403 ? SQLITE_AUTH : SQLITE_ERROR;
}

static bool is_code(const char *code, const char *other) {
  return code && strcmp(code, other) == 0;
}

static bool is_gateway_status(int status) {
  return (status >= 502 && status <= 504) || (status >= 520 && status <= 524) || status == 544;
}

/* A path that leads nowhere: PostgREST before 13 gives neither a code nor a message. */
static bool is_wrong_path(const struct wow_error *err) {
  return is_code(err->code, "PGRST125") ||
         (err->http_status == 404 && err->code == NULL && err->message == NULL);
}

/* What to do, if the server does not say so. NULL: no advice. */
static const char *hint_for(const struct wow_error *err, bool has_key) {
  const char *code = err->code;
  int http_status = err->http_status;
  if (is_code(code, "PGRST303")) return "the token has expired, or is not valid yet: get a new one";
  if (is_wrong_path(err))
    return "a path begins with the table's name; a PostgREST of your own needs the option "
           "rest_path of wowsql_connect: '{\"rest_path\":\"/\"}'";
  if (is_code(code, "PGRST100") || is_code(code, "PGRST104"))
    return "a filter is column=operator.value, for example age=gte.18 or name=like.A*";
  if (is_code(code, "PGRST202"))
    return "arguments are given by name, as in wowsql_rpc('add', '{\"a\":1,\"b\":2}')";
  if (http_status == 402) return "the project is restricted: see its plan and its usage";
  if (http_status == 540) return "the project is paused: start it again where it is managed";
  if (is_gateway_status(http_status) && code == NULL)
    return "the server is not ready, or a gateway got no answer from it in time: try again later";
  if (http_status == 401 && !has_key)
    return "no key was given: wowsql_connect(project_url, api_key), or WOWSQL_API_KEY in the "
           "environment";
  if (http_status == 401) return "check the API key that was given to wowsql_connect";
  if (http_status == 403) return "the key, or the signed-in user, may not do this";
  if (http_status == 413) return "it is larger than the server accepts";
  if (http_status == 414 || http_status == 431)
    return "the request is longer than the server accepts";
  if (http_status == 429) return "the server limits the rate of requests; try again later";
  if (http_status == 404 && (is_code(code, "42P01") || is_code(code, "PGRST205"))) {
    return "SELECT name FROM wowsql_tables lists the tables; if this one was dropped or renamed "
           "there, DROP it here and create it again";
  }
  /* An unknown column; a constant or an operator that does not fit the column's type. */
  if (is_code(code, "42703") || is_code(code, "22P02") || is_code(code, "22007") ||
      is_code(code, "42883")) {
    return "if the table has changed on the server: SELECT wowsql_refresh(), then DROP it and "
           "create it again";
  }
  return NULL;
}

/* Which right is missing, by PostgreSQL's message: "permission denied for table users". NULL: it
** does not say, or no memory. */
static char *right_hint(const char *message, bool is_write) {
  static const char start[] = "permission denied for ";
  if (message && strstr(message, "row-level security policy")) {
    return sqlite3_mprintf("the right is there, but no policy of the table lets the key, or the "
                           "signed-in user, do this to this row: see CREATE POLICY");
  }
  if (message == NULL || strncmp(message, start, sizeof(start) - 1) != 0) return NULL;
  const char *kind = message + sizeof(start) - 1;
  const char *name = strrchr(kind, ' ');
  if (name == NULL) return NULL;
  const char *right = strncmp(kind, "function ", 9) == 0 || strncmp(kind, "procedure ", 10) == 0
                          ? "EXECUTE"
                      : strncmp(kind, "schema ", 7) == 0 ? "USAGE"
                      : is_write                         ? "SELECT, INSERT, UPDATE or DELETE"
                                                         : "SELECT";
  return sqlite3_mprintf("the role may need the right %s on%s: see GRANT", right, name);
}

/* A member as text: a string as it is, anything else as JSON. NULL: absent, null, blank, or no
** memory. */
static char *member_text(const cJSON *object, const char *name) {
  const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
  if (member == NULL || cJSON_IsNull(member)) return NULL;
  const char *string = cJSON_GetStringValue(member);
  if (string) return is_blank(string) ? NULL : clean_copy(string);
  char *printed = cJSON_PrintUnformatted(member);
  char *text = clean_copy(printed);
  cJSON_free(printed);
  return text;
}

/* FastAPI's validation errors: [{"loc":["body","email"],"msg":"field required"}, ...]. */
static char *validation_text(const cJSON *detail) {
  const cJSON *entry, *part;
  sqlite3_str *str = sqlite3_str_new(NULL);
  cJSON_ArrayForEach(entry, detail) {
    const char *msg = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "msg"));
    const char *place = NULL;
    cJSON_ArrayForEach(part, cJSON_GetObjectItemCaseSensitive(entry, "loc")) {
      if (cJSON_IsString(part)) place = cJSON_GetStringValue(part);
    }
    if (msg == NULL) continue;
    if (sqlite3_str_length(str)) sqlite3_str_appendall(str, "; ");
    sqlite3_str_appendf(str, place ? "%s: %s" : "%s%s", place ? place : "", msg);
  }
  char *text = sqlite3_str_finish(str);
  char *clean = clean_copy(text);
  sqlite3_free(text);
  return clean;
}

/* The message of a service that is not PostgREST. */
static char *service_message(const cJSON *object) {
  static const char *const names[] = {"message", "detail", "error_description", "error", "msg"};
  char *text = NULL;
  for (size_t i = 0; text == NULL && i < sizeof(names) / sizeof(names[0]); i++) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, names[i]);
    if (cJSON_IsArray(member))
      text = validation_text(member);
    else if (cJSON_IsObject(member))
      text = service_message(member);
    else
      text = member_text(object, names[i]);
  }
  return text;
}

bool wow_error_is_html(const char *body) {
  while (*body == ' ' || *body == '\n' || *body == '\r' || *body == '\t')
    body++;
  return sqlite3_strnicmp(body, "<!doctype", 9) == 0 || sqlite3_strnicmp(body, "<html", 5) == 0 ||
         sqlite3_strnicmp(body, "<head", 5) == 0;
}

/* The message of a body that is not JSON: the text itself, or what kind of page it is. NULL: it is
** empty, or no memory. */
static char *plain_message(const char *body) {
  if (wow_error_is_html(body)) return clean_copy("the server answered with an HTML page");
  return is_blank(body) ? NULL : clean_copy(body);
}

/* Takes secrets out of every text of a document. It is decoded by now, so that escapes hide
** nothing, and not yet cut, so that nothing of a secret remains. cJSON has limited the depth. */
static void redact_json(cJSON *json, const struct wow_secrets *secrets) {
  for (; json; json = json->next) {
    wow_secret_redact(secrets, json->string);
    wow_secret_redact(secrets, json->valuestring);
    redact_json(json->child, secrets);
  }
}

int wow_error_response(struct wow_error *err, const char *what, int http_status,
                       const struct wow_error_body *body) {
  if (err->rc != SQLITE_OK) return err->rc;
  char *text = sqlite3_mprintf("%.*s", (int)body->bytes, body->text ? body->text : "");
  if (text == NULL) return wow_error_nomem(err);
  cJSON *json = wow_document_parse(text, strlen(text), err);
  if (err->rc != SQLITE_OK) {
    wow_secret_free(text);
    return err->rc;
  }
  redact_json(json, body->secrets);
  wow_secret_redact(body->secrets, text);
  if (cJSON_IsObject(json)) {
    err->code = member_text(json, "code");
    err->message = service_message(json);
    err->details = member_text(json, "details");
    err->hint = member_text(json, "hint");
  } else {
    err->message = plain_message(text);
  }
  err->http_status = http_status;
  err->what = clean_copy(what);
  if (err->hint == NULL && is_code(err->code, "42501"))
    err->hint = right_hint(err->message, body->is_write);
  if (err->hint == NULL) err->hint = clean_copy(hint_for(err, body->has_key));
  if (err->message == NULL) err->message = clean_copy("the server gave no reason");
  err->rc = err->message ? code_of(http_status, err->code) : SQLITE_NOMEM;
  if (err->hint == NULL && wow_error_is_html(text)) {
    err->hint = clean_copy("is this the URL of a WowSQL project or of a PostgREST server?");
  }
  cJSON_Delete(json);
  wow_secret_free(text);
  return err->rc;
}

/* ---------------------------------------------------------------- output */

#define MAY_BE_DONE                                                                                \
  "the server may have carried the request out all the same: look at what is there before you "    \
  "repeat it"

/* There may have been no memory for the hint that matters most. */
static const char *hint_of(const struct wow_error *err) {
  return err->rc == SQLITE_NOMEM && err->may_be_done ? MAY_BE_DONE : err->hint;
}

char *wow_error_text(const struct wow_error *err) {
  const char *hint = hint_of(err);
  if (err->rc == SQLITE_NOMEM) {
    return sqlite3_mprintf("wowsql: out of memory%s%s%s", hint ? " [hint: " : "", hint ? hint : "",
                           hint ? "]" : "");
  }
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "wowsql: ");
  if (err->what) sqlite3_str_appendf(str, "%s: ", err->what);
  if (err->http_status) sqlite3_str_appendf(str, "%d", err->http_status);
  if (err->code) sqlite3_str_appendf(str, "%s%s", err->http_status ? " " : "", err->code);
  if (err->http_status || err->code) sqlite3_str_appendall(str, ": ");
  sqlite3_str_appendall(str, err->message ? err->message : sqlite3_errstr(err->rc));
  if (err->details) sqlite3_str_appendf(str, " (%s)", err->details);
  if (hint) sqlite3_str_appendf(str, " [hint: %s]", hint);
  return sqlite3_str_finish(str);
}

static void append_member(sqlite3_str *str, const char *name, const char *text) {
  sqlite3_str_appendf(str, "\"%s\":", name);
  if (text)
    wow_text_append_json(str, text, strlen(text));
  else
    sqlite3_str_appendall(str, "null");
  sqlite3_str_appendchar(str, 1, ',');
}

char *wow_error_json(const struct wow_error *err) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(str, 1, '{');
  append_member(str, "what", err->what);
  if (err->http_status)
    sqlite3_str_appendf(str, "\"status\":%d,", err->http_status);
  else
    sqlite3_str_appendall(str, "\"status\":null,");
  append_member(str, "code", err->code);
  append_member(str, "message", err->message);
  append_member(str, "details", err->details);
  append_member(str, "hint", hint_of(err));
  sqlite3_str_appendf(str, "\"sqlite_code\":%d}", err->rc);
  return sqlite3_str_finish(str);
}

void wow_error_redact(struct wow_error *err, const struct wow_secrets *secrets) {
  char *const texts[] = {err->what, err->code, err->message, err->details, err->hint};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
    wow_secret_redact(secrets, texts[i]);
}

void wow_error_unsure(struct wow_error *err, bool is_done) {
  sqlite3_free(err->hint);
  err->may_be_done = true;
  err->hint =
      clean_copy(is_done ? "the server has carried the request out all the same" : MAY_BE_DONE);
}

void wow_error_about(struct wow_error *err, const char *what) {
  if (err->rc != SQLITE_OK && err->what == NULL) err->what = sqlite3_mprintf("%s", what);
}

void wow_error_add_details(struct wow_error *err, const char *prefix, const char *text) {
  char *details = err->details;
  if (err->rc == SQLITE_OK || err->rc == SQLITE_NOMEM) return;
  err->details =
      sqlite3_mprintf("%s%s%s%s", details ? details : "", details ? "; " : "", prefix, text);
  sqlite3_free(details);
}
