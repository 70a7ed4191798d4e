/*
** Calls of the project's services, see service.h.
*/
#include "functions/service.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "base/document.h"
#include "functions/functions.h"
#include "server/connection.h"
#include "server/request.h"
#include "server/server.h"

int wow_service_fetch(struct wow_connection *conn, const char *server_name,
                      struct wow_request *request, struct wow_response *response,
                      struct wow_error *err) {
  struct wow_server *server = wow_connection_server(conn, server_name, err);
  int rc = server ? SQLITE_OK : err->rc;
  if (server && request->path == NULL) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK) {
    struct wow_http_options options = server->http;
    options.silence_timeout_ms *= 2;
    request->options = &options;
    rc = wow_request_fetch(conn, server, request, response, err);
  }
  sqlite3_free((char *)request->path);
  request->path = NULL;
  return rc;
}

static int fail_json(const struct wow_request *request, struct wow_error *err) {
  wow_error_set(err, SQLITE_ERROR, request->what, "the service's response is not JSON");
  if (strcmp(request->method, "GET") != 0 && !request->reads) wow_error_unsure(err, true);
  return err->rc;
}

int wow_service_json(struct wow_connection *conn, const char *server, struct wow_request *request,
                     cJSON **json, struct wow_error *err) {
  struct wow_response response = {0};
  *json = NULL;
  int rc = wow_service_fetch(conn, server, request, &response, err);
  if (rc != SQLITE_OK) return rc;
  if (response.body_bytes > 0) *json = wow_document_parse(response.body, response.body_bytes, err);
  if (response.body_bytes > 0 && *json == NULL) rc = fail_json(request, err);
  sqlite3_free(response.body);
  return rc;
}

int wow_service_result(struct wow_call *call, cJSON *json, struct wow_error *err) {
  if (json == NULL) return SQLITE_OK;
  char *text = cJSON_PrintUnformatted(json);
  cJSON_Delete(json);
  if (text == NULL) return wow_error_nomem(err);
  sqlite3_result_text(call->ctx, text, -1, SQLITE_TRANSIENT);
  cJSON_free(text);
  return SQLITE_OK;
}

int wow_service_made(struct wow_call *call, cJSON *json, struct wow_error *err) {
  return json ? wow_service_result(call, json, err) : wow_error_nomem(err);
}

int wow_service_pass_on(struct wow_call *call, struct wow_request *request, struct wow_error *err) {
  cJSON *json = NULL;
  int rc = wow_service_json(call->conn, NULL, request, &json, err);
  return rc == SQLITE_OK ? wow_service_result(call, json, err) : rc;
}

int wow_service_send(struct wow_call *call, struct wow_request *request, cJSON *body,
                     struct wow_error *err) {
  char *text = cJSON_PrintUnformatted(body);
  cJSON_Delete(body);
  if (text) {
    request->body.data = text;
    request->body.bytes = strlen(text);
  } else {
    wow_error_nomem(err);
    sqlite3_free((char *)request->path);
  }
  int rc = text ? wow_service_pass_on(call, request, err) : SQLITE_NOMEM;
  cJSON_free(text);
  return rc;
}

/* Says that there is no such option, and which there are. */
static int fail_option(const char *option, const char *const *names, struct wow_error *err) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; names[i]; i++)
    sqlite3_str_appendf(str, "%s%s", i ? ", " : "", names[i]);
  char *list = sqlite3_str_finish(str);
  int rc = list ? wow_error_set(err, SQLITE_ERROR, NULL, "unknown option '%s'; valid options: %s",
                                option, list)
                : wow_error_nomem(err);
  sqlite3_free(list);
  return rc;
}

int wow_service_options(const char *json, const char *const *names, cJSON **out,
                        struct wow_error *err) {
  const cJSON *member;
  *out = json ? wow_document_parse(json, strlen(json), err) : cJSON_CreateObject();
  if (json == NULL && *out == NULL) wow_error_nomem(err);
  if (!cJSON_IsObject(*out))
    return wow_error_set(err, SQLITE_ERROR, NULL, "the options are not a JSON object");
  cJSON_ArrayForEach(member, *out) {
    int i = 0;
    while (names[i] && strcmp(names[i], member->string) != 0)
      i++;
    if (names[i] == NULL) return fail_option(member->string, names, err);
  }
  return SQLITE_OK;
}

const char *wow_service_text(const cJSON *object, const char *const *names) {
  for (int i = 0; names[i]; i++) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, names[i]));
    if (text && *text) return text;
  }
  return NULL;
}

double wow_service_number(const cJSON *object, const char *const *names) {
  for (int i = 0; object && names[i]; i++) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, names[i]);
    if (cJSON_IsNumber(member)) return cJSON_GetNumberValue(member);
  }
  return -1;
}
