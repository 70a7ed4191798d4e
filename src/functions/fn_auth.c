/*
** Users: signing up, in and out, codes and links that are mailed, OAuth. Most functions are one
** call of the auth service, whose arguments become the members of a JSON object: a table says how.
** What is certainly wrong is refused before it is sent.
**
** Passwords, tokens and codes are the arguments here: errors never quote an argument, whichever it
** is, since it may be in the wrong place; and texts that hold them are cleared.
*/
#include <cjson/cJSON.h>
#include <string.h>

#include "base/document.h"
#include "base/limits.h"
#include "base/secret.h"
#include "functions/functions.h"
#include "server/connection.h"
#include "server/request.h"
#include "server/server.h"
#include "server/session.h"
#include "wire/deparse.h"

#define MAX_PARAMETERS 4

enum parameter_kind {
  TEXT,
  SECRET,
  EMAIL,
  OBJECT, /* JSON */
  PURPOSE,
  PROVIDER, /* in the path */
  URL,      /* likewise */
  REDIRECT  /* a URL in the body */
};

struct parameter {
  const char *name; /* NULL: there are no more */
  enum parameter_kind kind;
  const char *const *allowed; /* PURPOSE: the words, the last is NULL */
};

enum call_flags {
  BY_USER = 1,     /* needs a session */
  SIGNS_IN = 2,    /* must yield a session */
  MAY_SIGN_IN = 4, /* may yield one */
  IS_USER = 8      /* yields the session's user */
};

/* One call of the auth service. */
struct auth_call {
  const char *function;
  const char *method;
  const char *path; /* a star stands for the next argument that goes there */
  int flags;
  struct parameter parameters[MAX_PARAMETERS + 1]; /* one for each argument */
  const char *refused; /* what to do after 401; NULL: get a new session */
};

static const char *const otp_purposes[] = {"login", "signup", "password_reset", NULL};
static const char *const link_purposes[] = {"login", "signup", "email_verification", NULL};

#define CHECK_KEY "check the API key that was given to wowsql_connect"
#define CHECK_CODE "codes and tokens work once and not for long: ask for another one"

static const struct auth_call auth_calls[] = {
    {"wowsql_sign_up",
     "POST",
     "/signup",
     MAY_SIGN_IN,
     {{"email", EMAIL, NULL},
      {"password", SECRET, NULL},
      {"full_name", TEXT, NULL},
      {"user_metadata", OBJECT, NULL}},
     CHECK_KEY},
    {"wowsql_sign_in",
     "POST",
     "/login",
     SIGNS_IN,
     {{"email", EMAIL, NULL}, {"password", SECRET, NULL}},
     "check the e-mail address, the password, and the API key"},
    {"wowsql_user", "GET", "/me", BY_USER | IS_USER, {{NULL, TEXT, NULL}}, NULL},
    {"wowsql_change_password",
     "POST",
     "/change-password",
     BY_USER,
     {{"current_password", SECRET, NULL}, {"new_password", SECRET, NULL}},
     "check the current password"},
    {"wowsql_forgot_password", "POST", "/forgot-password", 0, {{"email", EMAIL, NULL}}, CHECK_KEY},
    {"wowsql_reset_password",
     "POST",
     "/reset-password",
     0,
     {{"token", SECRET, NULL}, {"new_password", SECRET, NULL}},
     CHECK_CODE},
    {"wowsql_send_otp",
     "POST",
     "/otp/send",
     0,
     {{"email", EMAIL, NULL}, {"purpose", PURPOSE, otp_purposes}},
     CHECK_KEY},
    {"wowsql_verify_otp",
     "POST",
     "/otp/verify",
     SIGNS_IN, /* unless it resets the password */
     {{"email", EMAIL, NULL},
      {"otp", SECRET, NULL},
      {"purpose", PURPOSE, otp_purposes},
      {"new_password", SECRET, NULL}},
     CHECK_CODE},
    {"wowsql_send_magic_link",
     "POST",
     "/magic-link/send",
     0,
     {{"email", EMAIL, NULL}, {"purpose", PURPOSE, link_purposes}},
     CHECK_KEY},
    {"wowsql_verify_email",
     "POST",
     "/verify-email",
     MAY_SIGN_IN,
     {{"token", SECRET, NULL}},
     CHECK_CODE},
    {"wowsql_resend_verification",
     "POST",
     "/resend-verification",
     0,
     {{"email", EMAIL, NULL}},
     CHECK_KEY},
    {"wowsql_oauth_url",
     "GET",
     "/oauth/*?frontend_redirect_uri=*",
     0,
     {{"provider", PROVIDER, NULL}, {"frontend_redirect_uri", URL, NULL}},
     CHECK_KEY},
    {"wowsql_oauth_exchange",
     "POST",
     "/oauth/*/callback",
     SIGNS_IN,
     {{"provider", PROVIDER, NULL}, {"code", SECRET, NULL}, {"redirect_uri", REDIRECT, NULL}},
     CHECK_CODE},
};

static const struct auth_call *find_call(const char *function) {
  const struct auth_call *call = auth_calls;
  while (strcmp(call->function, function) != 0)
    call++;
  return call;
}

/* ---------------------------------------------------------------- arguments */

/* The local part may have nearly any character (RFC 5321); the server knows the rest. */
static bool is_email(const char *text) {
  const char *at = strchr(text, '@');
  for (const char *p = text; *p; p++) {
    if ((unsigned char)*p <= ' ' || *p == 0x7f) return false;
  }
  return at && at > text && at[1] && strchr(at + 1, '@') == NULL;
}

static bool is_url(const char *text) {
  const char *scheme_end = strstr(text, "://");
  for (const char *p = text; *p; p++) {
    if ((unsigned char)*p <= ' ' || *p == 0x7f) return false;
  }
  return scheme_end && scheme_end > text && scheme_end[3];
}

static bool is_provider(const char *text) {
  static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  return text[strspn(text, chars)] == 0;
}

static bool is_object(const char *text, struct wow_error *err) {
  cJSON *json = wow_document_parse(text, strlen(text), err);
  bool is = cJSON_IsObject(json);
  cJSON_Delete(json);
  return is;
}

static int fail_purpose(const struct parameter *parameter, struct wow_error *err) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  for (int i = 0; parameter->allowed[i]; i++)
    sqlite3_str_appendf(str, "%s'%s'",
                        i == 0                      ? ""
                        : parameter->allowed[i + 1] ? ", "
                                                    : " or ",
                        parameter->allowed[i]);
  char *words = sqlite3_str_finish(str);
  int rc = words ? wow_error_set(err, SQLITE_ERROR, NULL, "%s must be %s", parameter->name, words)
                 : wow_error_nomem(err);
  sqlite3_free(words);
  return rc;
}

/* Says what is wrong with an argument, not what it is. */
static int check_argument(const struct parameter *parameter, const char *text,
                          struct wow_error *err) {
  const char *wanted = NULL;
  switch (parameter->kind) {
  case EMAIL: wanted = is_email(text) ? NULL : "an e-mail address"; break;
  case OBJECT: wanted = is_object(text, err) ? NULL : "a JSON object"; break;
  case PROVIDER: wanted = is_provider(text) ? NULL : "a provider's name, such as 'google'"; break;
  case URL:
  case REDIRECT: wanted = is_url(text) ? NULL : "a URL, such as 'https://example.org/'"; break;
  case PURPOSE:
    for (int i = 0; parameter->allowed[i]; i++) {
      if (strcmp(parameter->allowed[i], text) == 0) return SQLITE_OK;
    }
    return fail_purpose(parameter, err);
  default: break;
  }
  if (wanted == NULL) return SQLITE_OK;
  return wow_error_set(err, SQLITE_ERROR, NULL, "%s must be %s", parameter->name, wanted);
}

/* What is sent. Begins as zeros. */
struct auth_body {
  struct wow_secret_text text;
  struct wow_secrets secrets; /* in it */
};

static void reset_body(struct auth_body *body) {
  wow_secret_reset_text(&body->text);
  wow_secret_reset(&body->secrets);
}

static void add_member(struct auth_body *body, const struct parameter *parameter,
                       const char *text) {
  wow_secret_append(&body->text, body->text.bytes ? "," : "{", 1);
  wow_secret_append_json(&body->text, parameter->name);
  wow_secret_append(&body->text, ":", 1);
  if (parameter->kind == OBJECT)
    wow_secret_append(&body->text, text, strlen(text));
  else
    wow_secret_append_json(&body->text, text);
  if (parameter->kind == SECRET) wow_secret_add(&body->secrets, text, strlen(text));
}

/* Makes the body and the path of a call. */
static int read_arguments(const struct wow_call *call, const struct auth_call *auth,
                          struct auth_body *body, char **path, struct wow_error *err) {
  sqlite3_str *str = sqlite3_str_new(NULL);
  const char *rest = auth->path;
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && auth->parameters[i].name; i++) {
    const struct parameter *parameter = &auth->parameters[i];
    const char *text = wow_functions_optional_text(call, i);
    if (text == NULL) {
      if (i >= call->function->min_args) continue;
      rc = wow_error_set(err, SQLITE_ERROR, NULL, "%s is missing: %s", parameter->name,
                         call->function->usage);
    } else if (check_argument(parameter, text, err) != SQLITE_OK) {
      rc = err->rc;
    } else if (parameter->kind == PROVIDER || parameter->kind == URL) {
      size_t before = strcspn(rest, "*");
      sqlite3_str_append(str, rest, (int)before);
      wow_deparse_bytes(str, text, (int)strlen(text));
      rest += before + 1;
    } else {
      add_member(body, parameter, text);
    }
  }
  sqlite3_str_appendall(str, rest);
  *path = sqlite3_str_finish(str);
  if (rc != SQLITE_OK) return rc;
  if (strcmp(auth->method, "GET") != 0)
    wow_secret_append(&body->text, body->text.bytes ? "}" : "{}", body->text.bytes ? 1 : 2);
  bool has_all = *path && body->text.rc == SQLITE_OK && body->secrets.rc == SQLITE_OK;
  return has_all ? SQLITE_OK : wow_error_nomem(err);
}

/* ---------------------------------------------------------------- calls */

static int current_server(const struct wow_call *call, bool needs_user, struct wow_server **server,
                          struct wow_error *err) {
  *server = wow_connection_server(call->conn, NULL, err);
  if (*server == NULL) return err->rc;
  if (!needs_user || (*server)->session->access_token) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_AUTH, NULL, "SELECT wowsql_sign_in(email, password)",
                        "nobody is signed in to the server '%s'", (*server)->options.name);
}

/* Makes a text the result, whose memory is cleared when SQLite is done with it. */
static int take_secret(struct wow_call *call, char *text, struct wow_error *err) {
  if (text == NULL) return wow_error_nomem(err);
  sqlite3_result_text(call->ctx, text, -1, wow_secret_free);
  return SQLITE_OK;
}

/* Asks the auth service. *out: its response, which is JSON, for wow_secret_free. */
static int ask(struct wow_server *server, const struct wow_call *call,
               const struct wow_request *request, char **out, struct wow_error *err) {
  struct wow_response response = {0};
  int rc = wow_request_fetch(call->conn, server, request, &response, err);
  if (rc != SQLITE_OK) return rc;
  if (*response.body == 0) { /* 204 */
    sqlite3_free(response.body);
    response.body = sqlite3_mprintf("{\"success\":true}");
    if (response.body == NULL) return wow_error_nomem(err);
  }
  if (is_object(response.body, err)) {
    *out = response.body;
    return SQLITE_OK;
  }
  wow_secret_free(response.body);
  return wow_error_hint(err, SQLITE_ERROR, request->what,
                        "option auth_path of wowsql_connect says where the auth service is",
                        "the response is not a JSON object");
}

static int sign_in(struct wow_server *server, const struct auth_call *auth, const char *response,
                   struct wow_error *err) {
  const struct wow_session *before = server->session;
  int rc = wow_session_begin_from(server, response, err);
  if (rc != SQLITE_OK || server->session != before || !(auth->flags & SIGNS_IN)) return rc;
  return wow_error_set(err, SQLITE_ERROR, auth->function, "the auth service has sent no token");
}

static int send_call(struct wow_call *call, const struct auth_call *auth,
                     const struct auth_body *body, const char *path, struct wow_error *err) {
  struct wow_server *server = NULL;
  char *response = NULL;
  struct wow_request request = {.service = WOW_AUTH,
                                .method = auth->method,
                                .path = path,
                                .what = auth->function,
                                .is_by_user = auth->flags & BY_USER,
                                .body = {.data = body->text.text, .bytes = body->text.bytes},
                                .secrets = &body->secrets,
                                .max_bytes = WOW_MAX_AUTH_BYTES};
  int rc = current_server(call, auth->flags & BY_USER, &server, err);
  if (rc == SQLITE_OK) rc = ask(server, call, &request, &response, err);
  /* Details say why a session could not be renewed, which has a hint of its own. */
  if (rc != SQLITE_OK && err->http_status == 401 && auth->refused && err->details == NULL) {
    sqlite3_free(err->hint);
    err->hint = sqlite3_mprintf("%s", auth->refused);
  }
  if (rc == SQLITE_OK && (auth->flags & (SIGNS_IN | MAY_SIGN_IN)))
    rc = sign_in(server, auth, response, err);
  if (rc == SQLITE_OK && (auth->flags & IS_USER))
    rc = wow_session_set_user(server->session, response, err);
  if (rc == SQLITE_OK) return take_secret(call, response, err);
  wow_secret_free(response);
  return rc;
}

static int run_as(struct wow_call *call, const struct auth_call *auth, struct wow_error *err) {
  struct auth_body body = {0};
  char *path = NULL;
  int rc = read_arguments(call, auth, &body, &path, err);
  if (rc == SQLITE_OK) rc = send_call(call, auth, &body, path, err);
  sqlite3_free(path);
  reset_body(&body);
  return rc;
}

static int run_call(struct wow_call *call, struct wow_error *err) {
  return run_as(call, find_call(call->function->name), err);
}

static int run_verify_otp(struct wow_call *call, struct wow_error *err) {
  const char *purpose = wow_functions_arg_text(call, 2);
  bool is_reset = purpose && strcmp(purpose, "password_reset") == 0;
  bool has_password = wow_functions_optional_text(call, 3) != NULL;
  if (is_reset && !has_password) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "new_password is missing, which purpose 'password_reset' needs");
  }
  if (!is_reset && has_password && purpose) {
    return wow_error_set(err, SQLITE_ERROR, NULL,
                         "new_password goes with the purpose 'password_reset' only");
  }
  struct auth_call auth = *find_call(call->function->name);
  if (is_reset) auth.flags = 0;
  return run_as(call, &auth, err);
}

/* ---------------------------------------------------------------- the user */

static int fail_update(struct wow_error *err) {
  return wow_error_hint(err, SQLITE_ERROR, NULL, "for example '{\"full_name\":\"Ada Lovelace\"}'",
                        "a JSON object is needed, with full_name, avatar_url, username or "
                        "user_metadata");
}

static int run_update_user(struct wow_call *call, struct wow_error *err) {
  static const char *const allowed[] = {"full_name", "avatar_url", "username", "user_metadata"};
  static const struct auth_call auth = {"wowsql_update_user", "PATCH", "/me", BY_USER | IS_USER,
                                        {{NULL, TEXT, NULL}}, NULL};
  const char *text = wow_functions_arg_text(call, 0);
  cJSON *json = text ? wow_document_parse(text, strlen(text), err) : NULL;
  const cJSON *member;
  bool is_valid = cJSON_IsObject(json) && json->child;
  cJSON_ArrayForEach(member, json) {
    bool is_allowed = false;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
      is_allowed = is_allowed || (member->string && strcmp(member->string, allowed[i]) == 0);
    is_valid = is_valid && is_allowed;
  }
  cJSON_Delete(json);
  if (!is_valid) return fail_update(err);
  struct auth_body body = {0};
  wow_secret_append(&body.text, text, strlen(text));
  int rc = body.text.rc ? wow_error_nomem(err) : send_call(call, &auth, &body, auth.path, err);
  reset_body(&body);
  return rc;
}

/* ---------------------------------------------------------------- the session */

static int run_session(struct wow_call *call, struct wow_error *err) {
  struct wow_server *server = NULL;
  bool with_tokens = call->argc > 0 && sqlite3_value_int(call->argv[0]) != 0;
  int rc = current_server(call, false, &server, err);
  if (rc != SQLITE_OK || server->session->access_token == NULL) return rc; /* NULL */
  return take_secret(call, wow_session_json(server->session, with_tokens), err);
}

static int run_set_session(struct wow_call *call, struct wow_error *err) {
  struct wow_server *server = NULL;
  struct wow_grant grant = {.access_token = wow_functions_optional_text(call, 0),
                            .refresh_token = wow_functions_optional_text(call, 1)};
  int rc = current_server(call, false, &server, err);
  if (rc == SQLITE_OK && grant.access_token == NULL) {
    rc = wow_error_set(err, SQLITE_ERROR, NULL, "access_token is missing: %s",
                       call->function->usage);
  }
  if (rc == SQLITE_OK) rc = wow_session_begin(server, &grant, err);
  return rc == SQLITE_OK ? take_secret(call, wow_session_json(server->session, false), err) : rc;
}

/* With a token, it begins the session that the token is of. */
static int run_refresh_session(struct wow_call *call, struct wow_error *err) {
  struct wow_server *server = NULL;
  const char *token = wow_functions_optional_text(call, 0);
  char *response = NULL;
  int rc = current_server(call, false, &server, err);
  if (rc == SQLITE_OK && token) {
    rc = wow_session_begin_by_refresh(server, token, &response, err);
  } else if (rc == SQLITE_OK) {
    rc = wow_session_refresh(server->session, &response, err);
  }
  return rc == SQLITE_OK ? take_secret(call, response, err) : rc;
}

/* Whatever the server says, nobody is signed in here afterwards. */
static int run_sign_out(struct wow_call *call, struct wow_error *err) {
  struct wow_server *server = NULL;
  struct wow_error refusal = {0};
  char *response = NULL;
  struct wow_request request = {.service = WOW_AUTH,
                                .method = "POST",
                                .path = "/logout",
                                .what = call->function->name,
                                .is_by_user = true,
                                .body = {.data = "{}", .bytes = 2},
                                .max_bytes = WOW_MAX_AUTH_BYTES};
  int rc = current_server(call, true, &server, err);
  if (rc != SQLITE_OK) return rc;
  int asked = ask(server, call, &request, &response, &refusal);
  rc = wow_session_end(server, err);
  if (rc == SQLITE_OK && asked == SQLITE_AUTH) {
    /* The server has ended it before. */
    response = sqlite3_mprintf("{\"success\":true,\"message\":\"the session had ended\"}");
  } else if (rc == SQLITE_OK && asked != SQLITE_OK) {
    sqlite3_free(refusal.hint);
    refusal.hint = sqlite3_mprintf("nobody is signed in here any more, but the server has not been "
                                   "told: there the session ends when its tokens expire");
    wow_error_move(err, &refusal);
    rc = asked;
  }
  wow_error_reset(&refusal);
  if (rc == SQLITE_OK) return take_secret(call, response, err);
  wow_secret_free(response);
  return rc;
}

/* ---------------------------------------------------------------- the group */

#define FLAGS (WOW_EFFECTS | WOW_RETURNS_JSON)

static const struct wow_function functions[] = {
    {"wowsql_sign_up", 2, 4, FLAGS,
     "wowsql_sign_up(email, password [, full_name [, user_metadata]])",
     "Makes a user, and signs them in.",
     "SELECT wowsql_sign_up('ada@example.org', :password, 'Ada Lovelace') ->> '$.user.id'",
     run_call},
    {"wowsql_sign_in", 2, 2, FLAGS, "wowsql_sign_in(email, password)",
     "Signs a user in to the current server, whose rows and files are then reached as them.",
     "SELECT wowsql_sign_in('ada@example.org', :password) ->> '$.user.id'", run_call},
    {"wowsql_sign_out", 0, 0, FLAGS, "wowsql_sign_out()",
     "Ends the session, on the server and here.", "SELECT wowsql_sign_out()", run_sign_out},
    {"wowsql_user", 0, 0, FLAGS, "wowsql_user()", "The signed-in user, as the server knows them.",
     "SELECT wowsql_user() ->> 'email'", run_call},
    {"wowsql_update_user", 1, 1, FLAGS, "wowsql_update_user(json)",
     "Changes full_name, avatar_url, username or user_metadata of the signed-in user.",
     "SELECT wowsql_update_user('{\"full_name\":\"Ada King\"}')", run_update_user},
    {"wowsql_change_password", 2, 2, FLAGS, "wowsql_change_password(old, new)",
     "Changes the signed-in user's password.",
     "SELECT wowsql_change_password(:password, :new_password)", run_call},
    {"wowsql_session", 0, 1, FLAGS, "wowsql_session([with_tokens])",
     "The session: server, user, when it expires; and its tokens if asked for. NULL without one.",
     "SELECT wowsql_session() ->> 'expires_at'", run_session},
    {"wowsql_set_session", 1, 2, FLAGS, "wowsql_set_session(access_token [, refresh_token])",
     "Goes on with a session that was begun elsewhere; sends nothing.",
     "SELECT wowsql_set_session(:access_token, :refresh_token)", run_set_session},
    {"wowsql_refresh_session", 0, 1, FLAGS, "wowsql_refresh_session([refresh_token])",
     "Gets new tokens, which otherwise happens when they have expired.",
     "SELECT wowsql_refresh_session()", run_refresh_session},
    {"wowsql_forgot_password", 1, 1, FLAGS, "wowsql_forgot_password(email)",
     "Has a token mailed, for wowsql_reset_password.",
     "SELECT wowsql_forgot_password('ada@example.org')", run_call},
    {"wowsql_reset_password", 2, 2, FLAGS, "wowsql_reset_password(token, new_password)",
     "Sets a new password, with a token from a mail.",
     "SELECT wowsql_reset_password(:token, :new_password)", run_call},
    {"wowsql_send_otp", 2, 2, FLAGS, "wowsql_send_otp(email, purpose)",
     "Has a one-time code mailed, for 'login', 'signup' or 'password_reset'.",
     "SELECT wowsql_send_otp('ada@example.org', 'login')", run_call},
    {"wowsql_verify_otp", 3, 4, FLAGS, "wowsql_verify_otp(email, otp, purpose [, new_password])",
     "Signs in with a one-time code, or resets the password.",
     "SELECT wowsql_verify_otp('ada@example.org', '123456', 'login')", run_verify_otp},
    {"wowsql_send_magic_link", 2, 2, FLAGS, "wowsql_send_magic_link(email, purpose)",
     "Has a link mailed, for 'login', 'signup' or 'email_verification'.",
     "SELECT wowsql_send_magic_link('ada@example.org', 'login')", run_call},
    {"wowsql_verify_email", 1, 1, FLAGS, "wowsql_verify_email(token)",
     "Verifies an e-mail address, with a token from a mail.", "SELECT wowsql_verify_email(:token)",
     run_call},
    {"wowsql_resend_verification", 1, 1, FLAGS, "wowsql_resend_verification(email)",
     "Has the mail for wowsql_verify_email sent again.",
     "SELECT wowsql_resend_verification('ada@example.org')", run_call},
    {"wowsql_oauth_url", 2, 2, FLAGS, "wowsql_oauth_url(provider, frontend_redirect_uri)",
     "Where to send a browser that is to sign in with a provider.",
     "SELECT wowsql_oauth_url('github', 'https://app.example.org/callback')", run_call},
    {"wowsql_oauth_exchange", 2, 3, FLAGS, "wowsql_oauth_exchange(provider, code [, redirect_uri])",
     "Signs in with a code that a provider has given.",
     "SELECT wowsql_oauth_exchange('github', :code)", run_call},
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct wow_tvf tables[] = {
    {NULL, NULL, 0, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct wow_function_group wow_fn_auth = {"auth", functions, tables};
