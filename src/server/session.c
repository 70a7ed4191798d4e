/*
** Sessions, see session.h.
*/
#include "server/session.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "base/document.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/secret.h"
#include "http/header.h"
#include "server/connection.h"
#include "server/request.h"

struct wow_session *wow_session_new(struct wow_connection *conn, struct wow_server *server) {
  struct wow_session *session = sqlite3_malloc64(sizeof(*session));
  if (session == NULL) return NULL;
  memset(session, 0, sizeof(*session));
  session->references = 1;
  session->id = ++conn->n_sessions;
  session->conn = conn;
  session->server = server;
  return session;
}

struct wow_session *wow_session_retain(struct wow_session *session) {
  session->references++;
  return session;
}

void wow_session_free_restricted(struct wow_restricted *restricted) {
  sqlite3_free(restricted->schema);
  wow_relation_free(restricted->relation);
  sqlite3_free(restricted);
}

void wow_session_forget_catalogs(struct wow_session *session) {
  while (session->catalogs) {
    struct wow_catalog *next = session->catalogs->next;
    wow_openapi_free(session->catalogs);
    session->catalogs = next;
  }
}

void wow_session_release(struct wow_session *session) {
  if (session == NULL || --session->references > 0) return;
  wow_session_forget_catalogs(session);
  while (session->restricted) {
    struct wow_restricted *next = session->restricted->next;
    wow_session_free_restricted(session->restricted);
    session->restricted = next;
  }
  wow_secret_free(session->access_token);
  wow_secret_free(session->refresh_token);
  wow_secret_free(session->user);
  sqlite3_free(session);
}

/* ---------------------------------------------------------------- tokens */

/* Replaces a secret text by a copy. NULL is fine. SQLITE_OK or SQLITE_NOMEM. */
static int set_secret(char **field, const char *text) {
  char *copy = text ? sqlite3_mprintf("%s", text) : NULL;
  if (text && copy == NULL) return SQLITE_NOMEM;
  wow_secret_free(*field);
  *field = copy;
  return SQLITE_OK;
}

/* Can it be sent as a bearer token (RFC 6750, 2.1)? */
static bool is_token(const char *text) {
  return *text && strlen(text) <= WOW_MAX_TOKEN_BYTES && wow_header_is_value(text) &&
         strchr(text, ' ') == NULL;
}

static void append(struct wow_secret_text *text, const char *name) {
  wow_secret_append(text, name, strlen(name));
}

static void append_member(struct wow_secret_text *text, const char *name, const char *value) {
  append(text, name);
  if (value)
    wow_secret_append_json(text, value);
  else
    append(text, "null");
}

/* Clears the texts of a document, which are not in SQLite's memory, and frees it. */
static void free_json(cJSON *json) {
  for (cJSON *item = json; item; item = item->next) {
    if (item->valuestring) wow_secret_clear(item->valuestring, strlen(item->valuestring));
    free_json(item->child);
    item->child = NULL;
  }
  cJSON_Delete(json);
}

static const char *text_of(const cJSON *object, const char *name) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* The claims of a JWT; NULL: it is not one, or there was no memory, which `err` then says. They are
** not verified, which is the server's to do. */
static cJSON *claims_of(const char *token, struct wow_error *err) {
  struct wow_secret_text text = {0};
  const char *payload = strchr(token, '.');
  if (payload) wow_secret_append_base64(&text, payload + 1);
  cJSON *claims = text.text ? wow_document_parse(text.text, text.bytes, err) : NULL;
  if (text.rc != SQLITE_OK) wow_error_nomem(err);
  wow_secret_reset_text(&text);
  return claims;
}

/* Fills in what only the token itself says: who its user is, and when it expires. */
static int read_claims(struct wow_session *session, struct wow_error *err) {
  cJSON *claims = claims_of(session->access_token, err);
  const char *id = text_of(claims, "sub"), *email = text_of(claims, "email");
  double exp = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(claims, "exp"));
  struct wow_secret_text user = {0};
  if (session->expires_at == 0 && exp > 0 && exp < WOW_MAX_JSON_INTEGER) session->expires_at = exp;
  if (session->user == NULL && id) {
    append_member(&user, "{\"id\":", id);
    append_member(&user, ",\"email\":", email);
    append(&user, "}");
    session->user = user.text;
  }
  free_json(claims);
  return user.rc == SQLITE_OK ? err->rc : wow_error_nomem(err);
}

/* Takes the tokens over. A user or a refresh token that is not there stays as it was. */
static int take_grant(struct wow_session *session, const struct wow_grant *grant,
                      struct wow_error *err) {
  if (!is_token(grant->access_token) ||
      (grant->refresh_token && strlen(grant->refresh_token) > WOW_MAX_TOKEN_BYTES)) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "this is not a token: it is empty, too long, or has characters that "
                         "cannot be sent");
  }
  int rc = set_secret(&session->access_token, grant->access_token);
  if (rc == SQLITE_OK && grant->refresh_token)
    rc = set_secret(&session->refresh_token, grant->refresh_token);
  if (rc == SQLITE_OK && grant->user) rc = set_secret(&session->user, grant->user);
  bool is_told = grant->expires_in > 0 && grant->expires_in < WOW_MAX_JSON_INTEGER;
  session->expires_at = is_told ? wow_clock_unix_s() + grant->expires_in : 0;
  session->n_renewals++;
  if (rc == SQLITE_OK) rc = read_claims(session, err);
  return rc == SQLITE_OK ? rc : wow_error_nomem(err);
}

static void replace(struct wow_server *server, struct wow_session *session) {
  wow_session_release(server->session);
  server->session = session;
}

int wow_session_begin(struct wow_server *server, const struct wow_grant *grant,
                      struct wow_error *err) {
  struct wow_session *session = wow_session_new(server->session->conn, server);
  if (session == NULL) return wow_error_nomem(err);
  int rc = take_grant(session, grant, err);
  if (rc == SQLITE_OK)
    replace(server, session);
  else
    wow_session_release(session);
  return rc;
}

int wow_session_end(struct wow_server *server, struct wow_error *err) {
  struct wow_session *session = wow_session_new(server->session->conn, server);
  if (session == NULL) return wow_error_nomem(err);
  replace(server, session);
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- what the service says */

/* Hands the grant in a response to the session, or to a new one of its server's. *is_there: there
** is one. */
static int take_body(struct wow_session *session, bool is_new, const char *json, bool *is_there,
                     struct wow_error *err) {
  cJSON *body = wow_document_parse(json, strlen(json), err);
  cJSON *user = cJSON_GetObjectItemCaseSensitive(body, "user");
  struct wow_grant grant = {
      .access_token = text_of(body, "access_token"),
      .refresh_token = text_of(body, "refresh_token"),
      .expires_in = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(body, "expires_in")),
  };
  char *printed = cJSON_IsObject(user) ? cJSON_PrintUnformatted(user) : NULL;
  if (cJSON_IsObject(user) && printed == NULL) wow_error_nomem(err);
  int rc = err->rc;
  grant.user = printed;
  *is_there = grant.access_token != NULL;
  if (rc == SQLITE_OK && *is_there) {
    rc =
        is_new ? wow_session_begin(session->server, &grant, err) : take_grant(session, &grant, err);
  }
  if (printed) wow_secret_clear(printed, strlen(printed));
  cJSON_free(printed);
  free_json(body);
  return rc;
}

int wow_session_begin_from(struct wow_server *server, const char *json, struct wow_error *err) {
  bool is_there = false;
  return take_body(server->session, true, json, &is_there, err);
}

int wow_session_set_user(struct wow_session *session, const char *json, struct wow_error *err) {
  return set_secret(&session->user, json) == SQLITE_OK ? SQLITE_OK : wow_error_nomem(err);
}

/* ---------------------------------------------------------------- renewal */

int wow_session_refresh(struct wow_session *session, char **out, struct wow_error *err) {
  struct wow_secret_text body = {0};
  struct wow_secrets secrets = {0};
  struct wow_response response = {0};
  bool is_there = false;
  if (session->refresh_token == NULL) {
    return wow_error_hint(err, SQLITE_AUTH, NULL, WOW_SIGN_IN_HINT,
                          session->access_token ? "the session has ended" : "nobody is signed in");
  }
  wow_secret_append(&body, "{\"refresh_token\":", strlen("{\"refresh_token\":"));
  wow_secret_append_json(&body, session->refresh_token);
  wow_secret_append(&body, "}", 1);
  wow_secret_add(&secrets, session->refresh_token, strlen(session->refresh_token));
  struct wow_request request = {.service = WOW_AUTH,
                                .method = "POST",
                                .path = "/refresh-token",
                                .what = "session",
                                .body = {.data = body.text, .bytes = body.bytes},
                                .secrets = &secrets,
                                .max_bytes = WOW_MAX_AUTH_BYTES};
  int rc = body.rc || secrets.rc ? wow_error_nomem(err) : SQLITE_OK;
  if (rc == SQLITE_OK)
    rc = wow_request_fetch(session->conn, session->server, &request, &response, err);
  /* A token that is refused will be so again, but not one of which it was not decided. */
  if (rc == SQLITE_AUTH) set_secret(&session->refresh_token, NULL);
  if (rc == SQLITE_OK) rc = take_body(session, false, response.body, &is_there, err);
  if (rc == SQLITE_OK && !is_there)
    rc = wow_error_set(err, SQLITE_ERROR, "session", "the auth service has sent no token");
  if (rc == SQLITE_OK && out) {
    *out = response.body;
    response.body = NULL;
  }
  wow_secret_free(response.body);
  wow_secret_reset(&secrets);
  wow_secret_reset_text(&body);
  return rc;
}

int wow_session_begin_by_refresh(struct wow_server *server, const char *refresh_token, char **out,
                                 struct wow_error *err) {
  struct wow_session *session = wow_session_new(server->session->conn, server);
  int rc = session ? set_secret(&session->refresh_token, refresh_token) : SQLITE_NOMEM;
  rc = rc == SQLITE_OK ? wow_session_refresh(session, out, err) : wow_error_nomem(err);
  if (rc == SQLITE_OK)
    replace(server, session);
  else
    wow_session_release(session);
  return rc;
}

/* Is it refused because of its token? PostgREST says PGRST301 up to 12, and PGRST303 from 13 on for
** a token that has expired. Gateways have no code, and say it in words: other reasons for 401, as a
** wrong password, are not the token's. */
static bool is_about_token(const struct wow_error *refusal) {
  static const char *const words[] = {"%expired%", "%token%", "%jwt%", "%session%"};
  if (refusal->code) {
    return strcmp(refusal->code, "PGRST301") == 0 || strcmp(refusal->code, "PGRST303") == 0;
  }
  for (size_t i = 0; refusal->message && i < sizeof(words) / sizeof(words[0]); i++) {
    if (sqlite3_strlike(words[i], refusal->message, 0) == 0) return true;
  }
  return false;
}

/* Adds to a refusal why there is no new token. */
static void explain(struct wow_error *refusal, struct wow_error *reason) {
  char *why = wow_error_text(reason);
  sqlite3_free(refusal->details);
  sqlite3_free(refusal->hint);
  refusal->details = sqlite3_mprintf("the session could not be renewed: %s", why ? why : "");
  refusal->hint = reason->rc == SQLITE_AUTH ? sqlite3_mprintf("%s", WOW_SIGN_IN_HINT) : NULL;
  sqlite3_free(why);
}

static int renew(void *ctx, int generation, struct wow_error *refusal, char **authorization,
                 struct wow_error *err) {
  struct wow_session *session = ctx;
  struct wow_error reason = {0};
  if (!is_about_token(refusal)) return SQLITE_OK;
  /* Another request may have renewed it meanwhile. */
  int rc =
      generation == session->n_renewals ? wow_session_refresh(session, NULL, &reason) : SQLITE_OK;
  if (rc == SQLITE_OK) {
    *authorization = sqlite3_mprintf("Bearer %s", session->access_token);
    return *authorization ? SQLITE_OK : wow_error_nomem(err);
  }
  if (rc == SQLITE_INTERRUPT || rc == SQLITE_NOMEM) {
    wow_error_move(err, &reason);
    return rc;
  }
  explain(refusal, &reason);
  wow_error_reset(&reason);
  return SQLITE_OK;
}

struct wow_http_renewal wow_session_renewal(struct wow_session *session) {
  struct wow_http_renewal none = {0};
  if (session->access_token == NULL) return none;
  return (struct wow_http_renewal){renew, session, session->n_renewals};
}

/* ---------------------------------------------------------------- output */

char *wow_session_json(const struct wow_session *session, bool with_tokens) {
  struct wow_secret_text text = {0};
  char expires_at[32] = "null";
  if (session->expires_at > 0)
    sqlite3_snprintf((int)sizeof(expires_at), expires_at, "%lld",
                     (sqlite3_int64)session->expires_at);
  append_member(&text, "{\"server\":", session->server->options.name);
  append(&text, ",\"user\":");
  append(&text, session->user ? session->user : "null");
  append(&text, ",\"expires_at\":");
  append(&text, expires_at);
  append(&text, session->refresh_token ? ",\"can_refresh\":true" : ",\"can_refresh\":false");
  if (with_tokens) {
    append_member(&text, ",\"access_token\":", session->access_token);
    append_member(&text, ",\"refresh_token\":", session->refresh_token);
  }
  append(&text, "}");
  if (text.rc == SQLITE_OK) return text.text;
  wow_secret_reset_text(&text);
  return NULL;
}
