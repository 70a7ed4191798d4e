/*
** The changes of a transaction that have not been sent: a sequence of segments in the order in
** which they were written, each of which becomes one request, or several of a kind.
**
** A segment is about one table and one kind of change. A change joins the last segment if it fits;
** an earlier one only if that cannot make a difference: an update one of the same statement, which
** changes each row once; an insert one that is followed only by inserts into tables that refer to
** its own.
**
** Rows and keys are records in one spool: in memory up to a bound, then in a temporary file. Of
** each run of records an extent is kept. Everything is appended, so that going back to a savepoint
** is cutting.
*/
#ifndef WOW_PENDING_H
#define WOW_PENDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/sqlite.h"
#include "write/target.h"

enum wow_change_kind { WOW_CHANGE_INSERT, WOW_CHANGE_UPDATE, WOW_CHANGE_DELETE };

/* What happens to a row to insert whose key is there already. */
enum wow_conflict { WOW_CONFLICT_FAIL, WOW_CONFLICT_IGNORE, WOW_CONFLICT_REPLACE };

/* One change of one row. */
struct wow_change {
  const struct wow_write_target *target;
  enum wow_change_kind kind;
  enum wow_conflict conflict; /* of an insert */
  const char *record;         /* the row as JSON; of an update or delete, the key in a filter */
  size_t record_bytes;
  const char *body; /* of an update: the changed columns as JSON */
  size_t body_bytes;
  const bool *columns;    /* of an insert: which of the relation's columns the row has */
  bool has_json;          /* of an insert: it has text that jsonb would write in another form */
  sqlite3_uint64 session; /* who wrote it, see session.h */
  sqlite3_uint64 key;     /* a hash of the row's key; 0: it has none yet */
  bool changes_key;       /* of an update */
};

struct wow_pending;

struct wow_pending *wow_pending_new(void); /* NULL: no memory */
void wow_pending_free(struct wow_pending *pending);

/* Adds a change, all of it or nothing. */
int wow_pending_add(struct wow_pending *pending, const struct wow_change *change,
                    struct wow_error *err);

/* Where the buffer's end is now; cutting it there forgets what was added since. */
struct wow_pending_mark {
  int n_segments;
  int n_extents;
  sqlite3_int64 last_rows; /* of the last extent */
  sqlite3_int64 last_bytes;
  sqlite3_int64 bytes;
};

struct wow_pending_mark wow_pending_mark(const struct wow_pending *pending);
void wow_pending_cut(struct wow_pending *pending, const struct wow_pending_mark *mark);

bool wow_pending_is_empty(const struct wow_pending *pending);
/* Are there changes of this target? */
bool wow_pending_has(const struct wow_pending *pending, const struct wow_write_target *target);
/* Are there changes of this virtual table, which SQLite may have connected more than once? */
bool wow_pending_has_table(const struct wow_pending *pending,
                           const struct wow_write_target *target);
/* Are there changes of this target, or of another virtual table for the same relation? */
bool wow_pending_concerns(const struct wow_pending *pending, const struct wow_write_target *target);

/*
** Going back to a savepoint may undo the creation of a table, of which SQLite then does not tell it
** unless it was written by more than single rows. Its changes are not sent: those of tables that
** were created in this transaction and do not exist any more; or, before a table is created, those
** of the one that had its name.
*/
void wow_pending_forget_undone(struct wow_pending *pending, sqlite3 *db);
void wow_pending_forget_table(struct wow_pending *pending, const struct wow_write_target *target);

/* ---- for send.c */

struct wow_segment {
  const struct wow_write_target *target;
  enum wow_change_kind kind;
  enum wow_conflict conflict;
  sqlite3_uint64 session;
  sqlite3_int64 body_from; /* of an update, in the spool */
  sqlite3_int64 body_bytes;
  sqlite3_uint64 body_hash;
  /* Of rows to insert, or of some that are gone since a savepoint was gone back to: */
  bool has_json;  /* one has it */
  bool is_mixed;  /* they have different columns */
  bool is_undone; /* it is not to be sent */
  int first;      /* its extents; -1: none */
  int last;
};

int wow_pending_n_segments(const struct wow_pending *pending);
const struct wow_segment *wow_pending_segment(const struct wow_pending *pending, int segment);

/* The rows of a segment; and, of inserts, sets columns[i] for each column of the relation that any
** of them has. *is_uniform: all of them have the same. */
sqlite3_int64 wow_pending_rows(const struct wow_pending *pending, int segment, bool *columns,
                               bool *is_uniform);

/* Reads an update's body. sqlite3_free *body. */
int wow_pending_body(struct wow_pending *pending, const struct wow_segment *segment, char **body,
                     struct wow_error *err);

/* A place among a segment's records. */
struct wow_pending_place {
  int extent; /* -1: at the end */
  sqlite3_int64 offset;
};

struct wow_pending_place wow_pending_begin(const struct wow_pending *pending, int segment);

/* Reads the records of one segment, one after the other; begin with the rest all zeros. */
struct wow_pending_reader {
  struct wow_pending *pending;
  struct wow_pending_place place; /* of the next record; to read again from a place, set it */
  char *buffer;
  struct wow_pending_place loaded; /* where the buffer's bytes come from */
  size_t n_loaded;
  size_t room;
};

/* The next record, valid until the next call; NULL: there are no more, or `err` is filled. */
const char *wow_pending_next(struct wow_pending_reader *reader, size_t *bytes,
                             struct wow_error *err);
void wow_pending_reader_reset(struct wow_pending_reader *reader);

#endif
