/*
** Requests for changes, see send.h.
*/
#include "write/send.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/spool.h"
#include "http/http.h"
#include "server/request.h"
#include "server/server.h"
#include "server/session.h"
#include "wire/body.h"
#include "wire/deparse.h"
#include "write/last_id.h"

/* A segment that is being sent. */
struct sending {
  struct wow_connection *conn;
  struct wow_server *server;
  const struct wow_write_target *target;
  const struct wow_segment *segment;
  struct wow_accepted *accepted;
  struct wow_pending_reader reader;
  struct wow_pending_place last; /* of the records that were read */
  bool *columns;                 /* of rows to insert: which of the relation's columns they have */
  bool is_uniform;
};

/* What a request has done. */
struct outcome {
  sqlite3_int64 count; /* of rows; -1: the server did not say */
  char *location;      /* sqlite3_free it; NULL: it did not say */
};

/* ---------------------------------------------------------------- one request */

/* Sends a request that is about so many rows, and waits for its end. */
static int send_request(struct sending *s, struct wow_request *request, sqlite3_int64 n_rows,
                        struct outcome *outcome, struct wow_error *err) {
  struct wow_http_options options = s->server->http;
  struct wow_transfer *transfer = NULL;
  sqlite3_int64 rows = -1;
  *outcome = (struct outcome){-1, NULL};
  options.silence_timeout_ms += (long)n_rows * WOW_WRITE_MS_PER_ROW;
  request->options = &options;
  request->what = s->target->relation->name;
  request->schema = s->target->schema;
  int rc = wow_request_open(s->conn, s->server, request, &transfer, err);
  if (rc == SQLITE_OK) rc = wow_http_finish(transfer, err);
  if (rc == SQLITE_OK) {
    const struct wow_http_response *response = wow_transfer_response(transfer);
    wow_request_content_range(response->content_range, &rows, &outcome->count);
    if (response->location) outcome->location = sqlite3_mprintf("%s", response->location);
    if (outcome->count >= 0) wow_transfer_count_rows(transfer, outcome->count);
  }
  wow_transfer_close(transfer);
  return rc;
}

static const char *word_of(enum wow_change_kind kind) {
  return kind == WOW_CHANGE_INSERT ? "inserted" : kind == WOW_CHANGE_UPDATE ? "changed" : "deleted";
}

/* Compares the rows that the server has counted with those that were sent. */
static int account(struct sending *s, sqlite3_int64 sent, const struct outcome *outcome,
                   struct wow_error *err) {
  const struct wow_segment *segment = s->segment;
  const char *name = s->target->relation->name, *word = word_of(segment->kind);
  bool is_ignoring = segment->conflict == WOW_CONFLICT_IGNORE;
  if (wow_accepted_add(s->accepted, name, segment->kind, outcome->count < 0 ? 0 : outcome->count))
    return wow_error_nomem(err);
  if (outcome->count == sent || (is_ignoring && outcome->count >= 0 && outcome->count < sent))
    return SQLITE_OK;
  if (outcome->count < 0) {
    return wow_error_set(err, SQLITE_ERROR, name,
                         "the server did not say how many of %lld rows were %s: they may all be",
                         sent, word);
  }
  return wow_error_hint(
      err, SQLITE_ERROR, name,
      outcome->count > sent ? "the key is not unique on the server, or a trigger wrote more rows"
      : segment->kind == WOW_CHANGE_INSERT
          ? "a trigger on the server may have left rows out"
          : "row-level security may hide them, another client may have deleted them, or a trigger "
            "may have left them out",
      "%lld of %lld rows were %s", outcome->count, sent, word);
}

/* ---------------------------------------------------------------- rows to insert */

static bool is_writable(const struct wow_column *column) {
  return column->embed == NULL && column->json_path == NULL;
}

/* Is the column one of those that the request writes? To replace a row is to set all of it, those
** that the row does not have to their defaults. */
static bool is_sent(const struct sending *s, int column) {
  if (s->columns[column]) return true;
  return s->segment->conflict == WOW_CONFLICT_REPLACE &&
         is_writable(&s->target->relation->columns[column]) && !s->target->generated[column];
}

/* "/users?columns=id,name&on_conflict=id". *has_all: every row has all of the columns. */
static char *insert_path(const struct sending *s, bool *has_all) {
  const struct wow_relation *relation = s->target->relation;
  sqlite3_str *str = sqlite3_str_new(NULL);
  int n = 0;
  *has_all = s->is_uniform;
  sqlite3_str_appendchar(str, 1, '/');
  wow_deparse_path(str, relation->name);
  for (int i = 0; i < relation->n_columns; i++) {
    if (!is_sent(s, i)) continue;
    *has_all = *has_all && s->columns[i];
    sqlite3_str_appendall(str, n++ ? "," : "?columns=");
    wow_deparse_name(str, wow_relation_remote_name(&relation->columns[i]));
  }
  if (s->segment->conflict != WOW_CONFLICT_FAIL) {
    sqlite3_str_appendall(str, n ? "&on_conflict=" : "?on_conflict=");
    for (int i = 0; i < relation->n_key; i++) {
      if (i) sqlite3_str_appendchar(str, 1, ',');
      wow_deparse_name(str, wow_relation_remote_name(&relation->columns[relation->key[i]]));
    }
  }
  return sqlite3_str_finish(str);
}

static char *insert_prefer(const struct sending *s, bool has_all, bool wants_location) {
  const char *resolution =
      s->segment->conflict == WOW_CONFLICT_REPLACE  ? ", resolution=merge-duplicates"
      : s->segment->conflict == WOW_CONFLICT_IGNORE ? ", resolution=ignore-duplicates"
                                                    : "";
  return sqlite3_mprintf("return=%s, count=exact%s%s", wants_location ? "headers-only" : "minimal",
                         has_all ? "" : ", missing=default", resolution);
}

/* A generated column, or one with an identity that is always generated, was sent among those that
** no row has: it is left out from now on. False: the error is another. */
static bool learn_generated(const struct sending *s, const struct wow_error *err) {
  const struct wow_relation *relation = s->target->relation;
  bool has_learned = false;
  if (err->code == NULL || strcmp(err->code, "428C9") != 0) return false;
  for (int i = 0; i < relation->n_columns; i++) {
    if (s->columns[i] || !is_sent(s, i)) continue;
    char *quoted = sqlite3_mprintf("\"%s\"", wow_relation_remote_name(&relation->columns[i]));
    bool is_named = quoted && err->message && strstr(err->message, quoted);
    if (is_named) s->target->generated[i] = has_learned = true;
    sqlite3_free(quoted);
  }
  return has_learned;
}

/* Sends rows in one request. Only a single one whose key the server makes has its place asked for;
** and a role that may not read the key gets none. */
static int post_rows(struct sending *s, struct wow_spool *body, sqlite3_int64 n_rows,
                     struct outcome *outcome, struct wow_error *err) {
  bool wants_location = n_rows == 1 && wow_last_id_is_made(s->target->relation, s->columns);
  int rc = SQLITE_OK;
  for (bool again = true; again;) {
    bool has_all = false;
    char *path = insert_path(s, &has_all), *prefer = NULL;
    prefer = insert_prefer(s, has_all, wants_location);
    struct wow_request request = {
        .method = "POST",
        .path = path,
        .prefer = prefer,
        .body = {.spool = body},
    };
    rc = path && prefer ? send_request(s, &request, n_rows, outcome, err) : wow_error_nomem(err);
    again = rc != SQLITE_OK && learn_generated(s, err);
    if (rc == SQLITE_AUTH && wants_location && err->http_status) {
      wants_location = false;
      again = true;
    }
    if (again) wow_error_reset(err);
    sqlite3_free(path);
    sqlite3_free(prefer);
  }
  return rc;
}

/* Makes a body of the next rows: as many as the server takes at once. */
static int collect_rows(struct sending *s, struct wow_spool **body, sqlite3_int64 *n_rows,
                        struct wow_error *err) {
  sqlite3_int64 max_bytes = s->server->learned.max_body_bytes;
  int rc = SQLITE_OK;
  *n_rows = 0;
  *body = wow_spool_new(WOW_SEND_BYTES);
  if (*body == NULL) return wow_error_nomem(err);
  for (;;) {
    struct wow_pending_place place = s->reader.place;
    size_t bytes = 0;
    const char *record = wow_pending_next(&s->reader, &bytes, err);
    if (record == NULL) break;
    if (max_bytes && *n_rows && wow_spool_bytes(*body) + (sqlite3_int64)bytes + 2 > max_bytes) {
      s->reader.place = place;
      break;
    }
    rc = wow_spool_append(*body, *n_rows ? "," : "[", 1);
    if (rc == SQLITE_OK) rc = wow_spool_append(*body, record, bytes);
    if (rc != SQLITE_OK) break;
    ++*n_rows;
    s->last = place;
  }
  if (err->rc != SQLITE_OK) return err->rc;
  if (rc == SQLITE_OK && *n_rows) rc = wow_spool_append(*body, "]", 1);
  if (rc == SQLITE_OK) return SQLITE_OK;
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  return wow_error_set(err, SQLITE_ERROR, s->target->relation->name,
                       "the temporary file of a request cannot be written");
}

/* Was the body too large for the server, and can it be made smaller? Then nothing of it has been
** written. */
static bool learn_body_bytes(struct sending *s, const struct wow_spool *body, sqlite3_int64 n_rows,
                             const struct wow_error *err) {
  if (err->http_status != 413 || n_rows < 2) return false;
  s->server->learned.max_body_bytes = wow_spool_bytes(body) / 2;
  return true;
}

/* Keeps the key of the last row. */
static int take_id(struct sending *s, const struct outcome *outcome, struct wow_error *err) {
  const struct wow_relation *relation = s->target->relation;
  if (outcome->location) {
    int rc = wow_last_id_take_location(s->conn, relation, outcome->location);
    return rc == SQLITE_OK ? rc : wow_error_nomem(err);
  }
  struct wow_pending_place next = s->reader.place;
  size_t bytes = 0;
  s->reader.place = s->last;
  const char *row = wow_pending_next(&s->reader, &bytes, err);
  s->reader.place = next;
  if (row == NULL) return err->rc;
  int rc = wow_last_id_take_row(s->conn, relation, row, bytes);
  return rc == SQLITE_OK ? rc : wow_error_nomem(err);
}

/* Sends the next rows. *n_rows: 0: there were no more. */
static int insert_batch(struct sending *s, sqlite3_int64 *n_rows, struct wow_error *err) {
  struct wow_pending_place start = s->reader.place;
  struct wow_spool *body = NULL;
  struct outcome outcome = {-1, NULL};
  int rc = collect_rows(s, &body, n_rows, err);
  if (rc == SQLITE_OK && *n_rows) {
    rc = post_rows(s, body, *n_rows, &outcome, err);
    if (rc != SQLITE_OK && learn_body_bytes(s, body, *n_rows, err)) {
      wow_error_reset(err);
      wow_spool_free(body);
      s->reader.place = start;
      return insert_batch(s, n_rows, err);
    }
    if (rc == SQLITE_OK) rc = account(s, *n_rows, &outcome, err);
    if (rc == SQLITE_OK) rc = take_id(s, &outcome, err);
  }
  sqlite3_free(outcome.location);
  wow_spool_free(body);
  return rc;
}

static int send_inserts(struct sending *s, struct wow_error *err) {
  sqlite3_int64 n_rows = 0;
  int rc = SQLITE_OK;
  do {
    rc = insert_batch(s, &n_rows, err);
  } while (rc == SQLITE_OK && n_rows > 0);
  return rc;
}

/* ---------------------------------------------------------------- rows to change */

/* Does the server know max-affected? From PostgREST 12.2 on; before, it is refused or ignored. */
static bool knows_max_affected(const struct sending *s) {
  char *version = wow_server_version(s->server);
  char *end = NULL;
  long major = version ? strtol(version, &end, 10) : 0;
  long minor = end && *end == '.' ? strtol(end + 1, NULL, 10) : 0;
  sqlite3_free(version);
  return major > 12 || (major == 12 && minor >= 2);
}

/* The names of the next rows, separated by commas: as many as fit into a URL. */
static int collect_keys(struct sending *s, sqlite3_str *list, sqlite3_int64 *n_rows,
                        struct wow_error *err) {
  int max_bytes = wow_server_url_bytes(s->server);
  *n_rows = 0;
  for (;;) {
    struct wow_pending_place place = s->reader.place;
    size_t bytes = 0;
    const char *record = wow_pending_next(&s->reader, &bytes, err);
    if (record == NULL) break;
    if (*n_rows && sqlite3_str_length(list) + (int)bytes > max_bytes) {
      s->reader.place = place;
      break;
    }
    if (*n_rows) sqlite3_str_appendchar(list, 1, ',');
    sqlite3_str_append(list, record, (int)bytes);
    ++*n_rows;
  }
  if (err->rc != SQLITE_OK) return err->rc;
  return sqlite3_str_errcode(list) ? wow_error_nomem(err) : SQLITE_OK;
}

/* "/users?id=in.(1,2)", of the next rows; sqlite3_free *path. */
static int change_path(struct sending *s, char **path, sqlite3_int64 *n_rows,
                       struct wow_error *err) {
  const struct wow_relation *relation = s->target->relation;
  sqlite3_str *list = sqlite3_str_new(NULL), *str = sqlite3_str_new(NULL);
  int rc = collect_keys(s, list, n_rows, err);
  const char *keys = sqlite3_str_length(list) ? sqlite3_str_value(list) : "";
  sqlite3_str_appendchar(str, 1, '/');
  wow_deparse_path(str, relation->name);
  sqlite3_str_appendchar(str, 1, '?');
  if (relation->n_key == 1) wow_deparse_column(str, &relation->columns[relation->key[0]]);
  if (relation->n_key == 1 && strcmp(keys, "%22%22") == 0)
    sqlite3_str_appendall(str, "=eq."); /* in.("") is the empty list to PostgREST */
  else
    sqlite3_str_appendf(str, "%s(%s)", relation->n_key == 1 ? "=in." : "or=", keys);
  if (sqlite3_str_errcode(str)) rc = wow_error_nomem(err);
  sqlite3_free(sqlite3_str_finish(list));
  *path = sqlite3_str_finish(str);
  return rc;
}

/* Changes or deletes the next rows. *n_rows: 0: there were no more. */
static int change_batch(struct sending *s, const char *body, sqlite3_int64 *n_rows,
                        struct wow_error *err) {
  bool is_update = s->segment->kind == WOW_CHANGE_UPDATE;
  struct outcome outcome = {-1, NULL};
  char *path = NULL, *prefer = NULL;
  int rc = change_path(s, &path, n_rows, err);
  if (rc == SQLITE_OK && *n_rows) {
    prefer = knows_max_affected(s)
                 ? sqlite3_mprintf(
                       "return=minimal, count=exact, handling=strict, max-affected=%lld", *n_rows)
                 : sqlite3_mprintf("return=minimal, count=exact");
    struct wow_request request = {
        .method = is_update ? "PATCH" : "DELETE",
        .path = path,
        .prefer = prefer,
        .body = {.data = body, .bytes = body ? strlen(body) : 0},
    };
    rc = prefer ? send_request(s, &request, *n_rows, &outcome, err) : wow_error_nomem(err);
    if (rc == SQLITE_OK) rc = account(s, *n_rows, &outcome, err);
  }
  sqlite3_free(outcome.location);
  sqlite3_free(prefer);
  sqlite3_free(path);
  return rc;
}

static int send_changes(struct sending *s, struct wow_error *err) {
  sqlite3_int64 n_rows = 0;
  char *body = NULL;
  int rc = SQLITE_OK;
  if (s->segment->kind == WOW_CHANGE_UPDATE)
    rc = wow_pending_body(s->reader.pending, s->segment, &body, err);
  while (rc == SQLITE_OK) {
    rc = change_batch(s, body, &n_rows, err);
    if (n_rows == 0) break;
  }
  sqlite3_free(body);
  return rc;
}

/* ---------------------------------------------------------------- all of it */

/* "Key (id)=(1) already exists." is about the primary key if these are its columns. */
static void name_primary_key(const struct wow_relation *relation, struct wow_error *err) {
  if (err->rc != SQLITE_CONSTRAINT_UNIQUE || err->details == NULL) return;
  sqlite3_str *str = sqlite3_str_new(NULL);
  sqlite3_str_appendall(str, "Key (");
  for (int i = 0; i < relation->n_key; i++) {
    const struct wow_column *column = &relation->columns[relation->key[i]];
    sqlite3_str_appendf(str, "%s%s", i ? ", " : "", wow_relation_remote_name(column));
  }
  sqlite3_str_appendall(str, ")=");
  char *key = sqlite3_str_finish(str);
  if (key && strncmp(err->details, key, strlen(key)) == 0) err->rc = SQLITE_CONSTRAINT_PRIMARYKEY;
  sqlite3_free(key);
}

static int send_segment(struct wow_connection *conn, struct wow_pending *pending, int i,
                        struct wow_accepted *accepted, struct wow_error *err) {
  const struct wow_segment *segment = wow_pending_segment(pending, i);
  const struct wow_relation *relation = segment->target->relation;
  size_t bytes = sizeof(bool) * (size_t)relation->n_columns;
  struct sending s = {
      .conn = conn,
      .target = segment->target,
      .segment = segment,
      .accepted = accepted,
      .reader = {.pending = pending, .place = wow_pending_begin(pending, i)},
      .server = wow_connection_server(conn, segment->target->server_name, err),
      .columns = sqlite3_malloc64(bytes + 1),
  };
  int rc = s.server ? SQLITE_OK : err->rc;
  if (rc == SQLITE_OK && s.columns == NULL) rc = wow_error_nomem(err);
  if (rc == SQLITE_OK) {
    wow_server_retain(s.server);
    memset(s.columns, 0, bytes);
    wow_pending_rows(pending, i, s.columns, &s.is_uniform);
    rc = segment->kind == WOW_CHANGE_INSERT ? send_inserts(&s, err) : send_changes(&s, err);
    name_primary_key(relation, err);
    wow_server_release(s.server);
  }
  wow_pending_reader_reset(&s.reader);
  sqlite3_free(s.columns);
  return rc == SQLITE_OK ? rc : err->rc;
}

/* Whoever wrote the changes sends them: no other user, nor another server of the same name. */
static int check_session(struct wow_connection *conn, const struct wow_segment *segment,
                         struct wow_error *err) {
  const char *name = segment->target->server_name;
  if (segment->is_undone) return SQLITE_OK;
  struct wow_server *server = wow_connection_server(conn, name, err);
  if (server == NULL) return err->rc;
  if (server->session->id == segment->session) return SQLITE_OK;
  return wow_error_hint(err, SQLITE_ERROR, segment->target->relation->name,
                        "sign in and out, and connect, before BEGIN or after COMMIT",
                        "it was written as another user of server '%s' than is signed in now, or "
                        "to another server of that name, and was not sent",
                        name);
}

int wow_send_pending(struct wow_connection *conn, struct wow_pending *pending, int first,
                     struct wow_accepted *accepted, struct wow_error *err) {
  int rc = SQLITE_OK, n = wow_pending_n_segments(pending);
  for (int i = first; rc == SQLITE_OK && i < n; i++)
    rc = check_session(conn, wow_pending_segment(pending, i), err);
  for (int i = first; rc == SQLITE_OK && i < n; i++) {
    if (!wow_pending_segment(pending, i)->is_undone)
      rc = send_segment(conn, pending, i, accepted, err);
  }
  return rc;
}
