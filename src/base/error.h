/*
** One error object for everything that can fail, with its text for SQLite and its JSON for
** wowsql_last_error(). Who fails fills it and returns its SQLite code; the first error wins; only
** the outermost layer hands it to SQLite (wow_connection_report).
*/
#ifndef WOW_ERROR_H
#define WOW_ERROR_H

#include <stdbool.h>
#include <stddef.h>

struct wow_secrets;

struct wow_error {
  int rc;           /* SQLite result code; SQLITE_OK: nothing has failed */
  int http_status;  /* 0: the failure was not an HTTP response */
  bool may_be_done; /* a request with effects may have had them: it failed all the same, or what
                    ** came after it did; may be set while rc is still SQLITE_OK */
  char *what;       /* what was acted on, e.g. a relation's name; may be NULL */
  char *code;       /* SQLSTATE or PGRSTnnn; may be NULL */
  char *message;    /* never NULL once rc is set, except for SQLITE_NOMEM */
  char *details;    /* may be NULL */
  char *hint;       /* may be NULL */
};

/* Frees what `err` owns; afterwards nothing has failed. */
void wow_error_reset(struct wow_error *err);

/* Copies an error; `to` keeps the one that it has, if any. */
void wow_error_copy(struct wow_error *to, const struct wow_error *from);

/* Moves the error from `from` to `to` (reset first); `from` is empty afterwards. */
void wow_error_move(struct wow_error *to, struct wow_error *from);

/*
** Records a failure that is not an HTTP response: `rc` is an SQLite result code, `what` may be
** NULL, the message is formatted as by sqlite3_mprintf. Keeps an earlier error. Returns err->rc.
*/
int wow_error_set(struct wow_error *err, int rc, const char *what, const char *format, ...);

/* As wow_error_set, with a hint (plain text) that says what to do. */
int wow_error_hint(struct wow_error *err, int rc, const char *what, const char *hint,
                   const char *format, ...);

/* Records that memory ran out. Returns SQLITE_NOMEM. */
int wow_error_nomem(struct wow_error *err);

/*
** Records a failed HTTP response from its status and body, whatever form the body has: PostgREST's
** {code, message, details, hint}, a gateway's {detail}, {message}, {error} or {msg}, text, HTML, or
** nothing. The SQLite code follows the SQLSTATE and the status (constraint violations; SQLITE_AUTH
** for 42501, 401 and 403; else SQLITE_ERROR). Keeps an earlier error. Returns err->rc.
*/
struct wow_error_body {
  const char *text; /* NULL: empty */
  size_t bytes;
  bool is_write;                     /* the request was to have effects */
  bool has_key;                      /* it said who asks */
  const struct wow_secrets *secrets; /* what it may quote and must not be shown */
};

int wow_error_response(struct wow_error *err, const char *what, int http_status,
                       const struct wow_error_body *body);

/* Is this a page for browsers, such as a gateway's? */
bool wow_error_is_html(const char *body);

/* Adds "prefix text" to an error's details. */
void wow_error_add_details(struct wow_error *err, const char *prefix, const char *text);

/* Says in its hint that the request may have been carried out although it failed, or that it has
** been (`is_done`). */
void wow_error_unsure(struct wow_error *err, bool is_done);

/* Says what an error is about, unless it already does. */
void wow_error_about(struct wow_error *err, const char *what);

/* Replaces secrets by "***" wherever the error quotes them, see wow_secret_redact. */
void wow_error_redact(struct wow_error *err, const struct wow_secrets *secrets);

/* "wowsql: what: status code: message (details) [hint: ...]"; sqlite3_free it; NULL: no memory. */
char *wow_error_text(const struct wow_error *err);

/* The parts as a JSON object; sqlite3_free it; NULL: no memory. */
char *wow_error_json(const struct wow_error *err);

#endif
