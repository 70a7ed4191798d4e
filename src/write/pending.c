/*
** The buffer of changes, see pending.h.
*/
#include "write/pending.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "base/number_map.h"
#include "base/spool.h"
#include "base/text.h"
#include "server/run.h"

/* A run of records of one segment, each after its length. */
struct extent {
  int segment;
  int set;            /* of an insert: the columns that its rows have */
  int previous, next; /* of the same segment; -1: none */
  sqlite3_int64 from;
  sqlite3_int64 bytes;
  sqlite3_int64 rows;
};

/* Columns that rows have. */
struct set {
  const struct wow_relation *relation;
  bool *columns;
};

/*
** The last segments, as far as a change may join any of them: rows to insert or replace that have
** different keys, or updates of different rows by one statement. What has one of the keys begins a
** new group.
*/
struct group {
  int first;          /* segment */
  sqlite3_uint64 run; /* whose updates they are */
  struct wow_number_map keys;
  struct wow_number_map bodies; /* of updates: segments, plus one, by hash */
};

struct wow_pending {
  struct wow_spool *spool;
  struct wow_segment *segments;
  int n_segments;
  int segments_room;
  struct extent *extents;
  int n_extents;
  int extents_room;
  struct set *sets;
  int n_sets;
  struct group group;
};

struct wow_pending *wow_pending_new(void) {
  struct wow_pending *pending = sqlite3_malloc64(sizeof(*pending));
  if (pending == NULL) return NULL;
  memset(pending, 0, sizeof(*pending));
  pending->spool = wow_spool_new(WOW_PENDING_BYTES);
  if (pending->spool) return pending;
  wow_pending_free(pending);
  return NULL;
}

void wow_pending_free(struct wow_pending *pending) {
  if (pending == NULL) return;
  for (int i = 0; i < pending->n_sets; i++)
    sqlite3_free(pending->sets[i].columns);
  sqlite3_free(pending->sets);
  sqlite3_free(pending->segments);
  sqlite3_free(pending->extents);
  wow_number_map_reset(&pending->group.keys);
  wow_number_map_reset(&pending->group.bodies);
  wow_spool_free(pending->spool);
  sqlite3_free(pending);
}

/* Makes room for one more element in an array. False: no memory. */
static bool make_room(void **array, int n, int *room, size_t size) {
  if (n < *room) return true;
  sqlite3_uint64 wanted = *room ? 2 * (sqlite3_uint64)*room : 16;
  if (wanted > INT_MAX) return false;
  void *larger = sqlite3_realloc64(*array, wanted * size);
  if (larger == NULL) return false;
  *array = larger;
  *room = (int)wanted;
  return true;
}

/* ---------------------------------------------------------------- groups */

static void begin_group(struct wow_pending *pending, sqlite3_uint64 run) {
  wow_number_map_reset(&pending->group.keys);
  wow_number_map_reset(&pending->group.bodies);
  pending->group.first = pending->n_segments;
  pending->group.run = run;
}

/* Is the last segment of the current group, of this kind and target, and has no row with the key?
** Otherwise a new group begins. */
static bool is_of_group(struct wow_pending *pending, const struct wow_change *change) {
  const struct wow_segment *last = &pending->segments[pending->n_segments - 1];
  return pending->n_segments > pending->group.first && last->target == change->target &&
         last->kind == change->kind && last->conflict == change->conflict && !change->changes_key &&
         (change->key == 0 || wow_number_map_find(&pending->group.keys, change->key) == NULL);
}

/* ---------------------------------------------------------------- joining */

static int read_spool(struct wow_pending *pending, sqlite3_int64 from, char *to, size_t bytes,
                      struct wow_error *err) {
  if (wow_spool_read(pending->spool, from, to, bytes) == SQLITE_OK) return SQLITE_OK;
  return wow_error_set(err, SQLITE_ERROR, NULL, "the temporary file of writes cannot be read");
}

int wow_pending_body(struct wow_pending *pending, const struct wow_segment *segment, char **body,
                     struct wow_error *err) {
  *body = sqlite3_malloc64((sqlite3_uint64)segment->body_bytes + 1);
  if (*body == NULL) return wow_error_nomem(err);
  (*body)[segment->body_bytes] = 0;
  return read_spool(pending, segment->body_from, *body, (size_t)segment->body_bytes, err);
}

static sqlite3_uint64 hash_of_body(const struct wow_change *change) {
  return wow_text_hash(WOW_TEXT_HASH_START, change->body, change->body_bytes);
}

static int has_same_body(struct wow_pending *pending, const struct wow_segment *segment,
                         const struct wow_change *change, bool *is_same, struct wow_error *err) {
  char *body = NULL;
  *is_same = false;
  if (segment->body_hash != hash_of_body(change) ||
      segment->body_bytes != (sqlite3_int64)change->body_bytes)
    return SQLITE_OK;
  int rc = wow_pending_body(pending, segment, &body, err);
  if (rc == SQLITE_OK) *is_same = memcmp(body, change->body, change->body_bytes) == 0;
  sqlite3_free(body);
  return rc;
}

/* The segment with the same change, which may have been made by any statement if it is the last,
** and else must have been by the one that is running. *segment: -1: none. */
static int find_update(struct wow_pending *pending, const struct wow_change *change, int *segment,
                       struct wow_error *err) {
  bool is_same = false, is_in_group = pending->n_segments > 0 && is_of_group(pending, change);
  int last = pending->n_segments - 1, rc = SQLITE_OK;
  *segment = -1;
  if (is_in_group) rc = has_same_body(pending, &pending->segments[last], change, &is_same, err);
  if (rc != SQLITE_OK || is_same) {
    *segment = last;
    return rc;
  }
  sqlite3_uint64 run = wow_run_current(change->target->conn->runs);
  if (!is_in_group || run == 0 || run != pending->group.run) {
    begin_group(pending, run);
    return SQLITE_OK;
  }
  const sqlite3_uint64 *found = wow_number_map_find(&pending->group.bodies, hash_of_body(change));
  if (found) rc = has_same_body(pending, &pending->segments[*found - 1], change, &is_same, err);
  if (is_same) *segment = (int)*found - 1;
  return rc;
}

/* Does a column of `relation` refer to `other`? */
static bool refers_to(const struct wow_relation *relation, const struct wow_relation *other) {
  for (int i = 0; i < relation->n_columns; i++) {
    const char *table = relation->columns[i].fk_table;
    if (table && strcmp(table, other->name) == 0) return true;
  }
  return false;
}

static bool is_same_text(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_schema(const struct wow_write_target *a, const struct wow_write_target *b) {
  return strcmp(a->server_name, b->server_name) == 0 && is_same_text(a->schema, b->schema);
}

/* May a row that is to be inserted go before the segment? If that has rows that refer to the row's
** table, it need not be there first; other tables might have foreign keys that nobody describes. */
static bool may_pass(const struct wow_segment *segment, const struct wow_change *change) {
  const struct wow_relation *own = change->target->relation, *other = segment->target->relation;
  return segment->kind == WOW_CHANGE_INSERT && is_same_schema(segment->target, change->target) &&
         refers_to(other, own) && !refers_to(own, other);
}

/* Can the server be asked to put defaults where a row has no value? In some versions it then does
** not quote the name of an identity column. */
static bool can_have_defaults(const struct wow_relation *relation) {
  for (int i = 0; i < relation->n_columns; i++) {
    const struct wow_column *column = &relation->columns[i];
    const char *name = column->key_position ? wow_relation_remote_name(column) : "";
    for (const char *p = name; *p; p++) {
      bool is_letter = (*p >= 'a' && *p <= 'z') || *p == '_';
      if (!is_letter && !(p > name && *p >= '0' && *p <= '9')) return false;
    }
  }
  return true;
}

/* Can a row go in one request with those of the segment? If they have different columns, PostgREST
** reads all of it as jsonb (missing=default), which would change the text of json. */
static bool can_join(const struct wow_pending *pending, const struct wow_segment *segment,
                     const struct wow_change *change) {
  const struct wow_relation *relation = change->target->relation;
  const bool *columns = pending->sets[pending->extents[segment->last].set].columns;
  size_t bytes = sizeof(bool) * (size_t)relation->n_columns;
  if (memcmp(columns, change->columns, bytes) == 0) return !(change->has_json && segment->is_mixed);
  return !change->has_json && !segment->has_json && can_have_defaults(relation);
}

/* The segment that a row to insert joins; -1: none. */
static int find_insert(struct wow_pending *pending, const struct wow_change *change) {
  int i = pending->n_segments - 1;
  if (change->conflict == WOW_CONFLICT_REPLACE) {
    if (i < 0 || !is_of_group(pending, change)) {
      begin_group(pending, 0);
      return -1;
    }
  }
  for (int n = 0; i >= 0 && n < WOW_MAX_PASSED_SEGMENTS; i--, n++) {
    const struct wow_segment *segment = &pending->segments[i];
    if (segment->target == change->target) {
      bool fits = segment->kind == change->kind && segment->conflict == change->conflict &&
                  can_join(pending, segment, change);
      return fits ? i : -1;
    }
    if (change->conflict == WOW_CONFLICT_REPLACE || !may_pass(segment, change)) return -1;
  }
  return -1;
}

static int find_segment(struct wow_pending *pending, const struct wow_change *change, int *segment,
                        struct wow_error *err) {
  int last = pending->n_segments - 1;
  *segment = -1;
  switch (change->kind) {
  case WOW_CHANGE_UPDATE: return find_update(pending, change, segment, err);
  case WOW_CHANGE_INSERT: *segment = find_insert(pending, change); break;
  case WOW_CHANGE_DELETE:
    if (last >= 0 && pending->segments[last].target == change->target &&
        pending->segments[last].kind == WOW_CHANGE_DELETE)
      *segment = last;
    break;
  }
  return SQLITE_OK;
}

/* ---------------------------------------------------------------- adding */

/* Finds or adds the change's set of columns. -1: no memory. */
static int find_set(struct wow_pending *pending, const struct wow_change *change) {
  const struct wow_relation *relation = change->target->relation;
  size_t bytes = sizeof(bool) * (size_t)relation->n_columns;
  int oldest = pending->n_sets - WOW_MAX_COMPARED_SETS;
  if (change->columns == NULL) return 0;
  for (int i = pending->n_sets - 1; i >= 0 && i >= oldest; i--) {
    const struct set *set = &pending->sets[i];
    if (set->relation == relation && memcmp(set->columns, change->columns, bytes) == 0) return i;
  }
  struct set *sets =
      sqlite3_realloc64(pending->sets, sizeof(*sets) * ((sqlite3_uint64)pending->n_sets + 1));
  if (sets == NULL) return -1;
  pending->sets = sets;
  bool *columns = sqlite3_malloc64(bytes + 1);
  if (columns == NULL) return -1;
  memcpy(columns, change->columns, bytes);
  sets[pending->n_sets] = (struct set){relation, columns};
  return pending->n_sets++;
}

static int append(struct wow_pending *pending, const void *data, size_t bytes) {
  return wow_spool_append(pending->spool, data, bytes);
}

static int add_segment(struct wow_pending *pending, const struct wow_change *change) {
  if (!make_room((void **)&pending->segments, pending->n_segments, &pending->segments_room,
                 sizeof(*pending->segments)))
    return SQLITE_NOMEM;
  struct wow_segment segment = {
      .target = change->target,
      .kind = change->kind,
      .conflict = change->conflict,
      .session = change->session,
      .body_from = wow_spool_bytes(pending->spool),
      .body_bytes = (sqlite3_int64)change->body_bytes,
      .body_hash = hash_of_body(change),
      .first = -1,
      .last = -1,
  };
  int rc = append(pending, change->body, change->body_bytes);
  pending->segments[pending->n_segments++] = segment;
  if (rc != SQLITE_OK || change->kind != WOW_CHANGE_UPDATE) return rc;
  sqlite3_uint64 *found = wow_number_map_at(&pending->group.bodies, segment.body_hash);
  if (found == NULL) return SQLITE_NOMEM;
  *found = (sqlite3_uint64)pending->n_segments;
  return SQLITE_OK;
}

/* Adds a record to the last extent, if that is the segment's and has the same columns, or else to a
** new one. */
static int add_record(struct wow_pending *pending, int segment, const struct wow_change *change) {
  struct extent *last = pending->n_extents ? &pending->extents[pending->n_extents - 1] : NULL;
  uint32_t length = (uint32_t)change->record_bytes;
  sqlite3_int64 from = wow_spool_bytes(pending->spool);
  int set = find_set(pending, change), rc = set < 0 ? SQLITE_NOMEM : SQLITE_OK;
  if (rc == SQLITE_OK) rc = append(pending, &length, sizeof(length));
  if (rc == SQLITE_OK) rc = append(pending, change->record, change->record_bytes);
  if (rc != SQLITE_OK) return rc;
  bool goes_on =
      last && last->segment == segment && last->set == set && last->from + last->bytes == from;
  if (!goes_on) {
    if (!make_room((void **)&pending->extents, pending->n_extents, &pending->extents_room,
                   sizeof(*pending->extents)))
      return SQLITE_NOMEM;
    struct wow_segment *s = &pending->segments[segment];
    last = &pending->extents[pending->n_extents];
    *last = (struct extent){
        .segment = segment, .set = set, .previous = s->last, .next = -1, .from = from};
    if (s->last >= 0) {
      s->is_mixed = s->is_mixed || pending->extents[s->last].set != set;
      pending->extents[s->last].next = pending->n_extents;
    } else {
      s->first = pending->n_extents;
    }
    s->last = pending->n_extents++;
  }
  last->bytes += (sqlite3_int64)(sizeof(length) + change->record_bytes);
  last->rows++;
  return SQLITE_OK;
}

/* Remembers the key of a row that must not come twice in a group. */
static int add_key(struct wow_pending *pending, const struct wow_change *change) {
  bool is_grouped = change->kind == WOW_CHANGE_UPDATE || change->conflict == WOW_CONFLICT_REPLACE;
  if (!is_grouped || change->key == 0) return SQLITE_OK;
  sqlite3_uint64 *at = wow_number_map_at(&pending->group.keys, change->key);
  if (at) *at = 1;
  return at ? SQLITE_OK : SQLITE_NOMEM;
}

int wow_pending_add(struct wow_pending *pending, const struct wow_change *change,
                    struct wow_error *err) {
  struct wow_pending_mark mark = wow_pending_mark(pending);
  int segment = -1;
  int rc = find_segment(pending, change, &segment, err);
  if (rc != SQLITE_OK) return rc;
  if (segment >= 0 && pending->segments[segment].session != change->session) segment = -1;
  if (segment < 0) rc = add_segment(pending, change);
  if (segment < 0) segment = pending->n_segments - 1;
  if (rc == SQLITE_OK) rc = add_record(pending, segment, change);
  if (rc == SQLITE_OK) rc = add_key(pending, change);
  if (rc == SQLITE_OK && change->has_json) pending->segments[segment].has_json = true;
  /* What follows a new key must not join the group. */
  if (rc == SQLITE_OK && change->changes_key) begin_group(pending, 0);
  if (rc == SQLITE_OK) return SQLITE_OK;
  wow_pending_cut(pending, &mark);
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  return wow_error_set(err, SQLITE_ERROR, change->target->relation->name,
                       "the temporary file of writes cannot be written");
}

/* ---------------------------------------------------------------- cutting */

struct wow_pending_mark wow_pending_mark(const struct wow_pending *pending) {
  struct wow_pending_mark mark = {
      .n_segments = pending->n_segments,
      .n_extents = pending->n_extents,
      .bytes = wow_spool_bytes(pending->spool),
  };
  if (mark.n_extents > 0) {
    const struct extent *last = &pending->extents[mark.n_extents - 1];
    mark.last_rows = last->rows;
    mark.last_bytes = last->bytes;
  }
  return mark;
}

void wow_pending_cut(struct wow_pending *pending, const struct wow_pending_mark *mark) {
  if (wow_spool_bytes(pending->spool) == mark->bytes && pending->n_segments == mark->n_segments)
    return;
  while (pending->n_extents > mark->n_extents) {
    const struct extent *extent = &pending->extents[--pending->n_extents];
    struct wow_segment *segment = &pending->segments[extent->segment];
    segment->last = extent->previous;
    if (segment->last >= 0)
      pending->extents[segment->last].next = -1;
    else
      segment->first = -1;
  }
  pending->n_segments = mark->n_segments;
  if (mark->n_extents > 0) {
    struct extent *last = &pending->extents[mark->n_extents - 1];
    last->rows = mark->last_rows;
    last->bytes = mark->last_bytes;
  }
  wow_spool_truncate(pending->spool, mark->bytes);
  begin_group(pending, 0);
}

bool wow_pending_is_empty(const struct wow_pending *pending) {
  return pending->n_segments == 0;
}

bool wow_pending_has(const struct wow_pending *pending, const struct wow_write_target *target) {
  for (int i = 0; i < pending->n_segments; i++) {
    if (pending->segments[i].target == target) return true;
  }
  return false;
}

static bool is_same_table(const struct wow_write_target *a, const struct wow_write_target *b) {
  return sqlite3_stricmp(a->database, b->database) == 0 && sqlite3_stricmp(a->name, b->name) == 0;
}

bool wow_pending_has_table(const struct wow_pending *pending,
                           const struct wow_write_target *target) {
  for (int i = 0; i < pending->n_segments; i++) {
    const struct wow_segment *segment = &pending->segments[i];
    if (!segment->is_undone && is_same_table(segment->target, target)) return true;
  }
  return false;
}

void wow_pending_forget_undone(struct wow_pending *pending, sqlite3 *db) {
  for (int i = 0; i < pending->n_segments; i++) {
    struct wow_segment *segment = &pending->segments[i];
    const struct wow_write_target *target = segment->target;
    if (!target->is_new || segment->is_undone) continue;
    int rc = sqlite3_table_column_metadata(db, target->database, target->name, NULL, NULL, NULL,
                                           NULL, NULL, NULL);
    segment->is_undone = rc == SQLITE_ERROR;
  }
}

void wow_pending_forget_table(struct wow_pending *pending, const struct wow_write_target *target) {
  for (int i = 0; i < pending->n_segments; i++) {
    struct wow_segment *segment = &pending->segments[i];
    segment->is_undone = segment->is_undone || is_same_table(segment->target, target);
  }
}

bool wow_pending_concerns(const struct wow_pending *pending,
                          const struct wow_write_target *target) {
  for (int i = 0; i < pending->n_segments; i++) {
    const struct wow_write_target *other = pending->segments[i].target;
    if (pending->segments[i].is_undone) continue;
    if (is_same_schema(other, target) && strcmp(other->relation->name, target->relation->name) == 0)
      return true;
  }
  return false;
}

/* ---------------------------------------------------------------- reading */

int wow_pending_n_segments(const struct wow_pending *pending) {
  return pending->n_segments;
}

const struct wow_segment *wow_pending_segment(const struct wow_pending *pending, int segment) {
  return &pending->segments[segment];
}

sqlite3_int64 wow_pending_rows(const struct wow_pending *pending, int segment, bool *columns,
                               bool *is_uniform) {
  const struct wow_segment *s = &pending->segments[segment];
  sqlite3_int64 rows = 0;
  *is_uniform = true;
  for (int i = s->first; i >= 0; i = pending->extents[i].next) {
    const struct extent *extent = &pending->extents[i];
    rows += extent->rows;
    if (s->kind != WOW_CHANGE_INSERT) continue;
    *is_uniform = *is_uniform && extent->set == pending->extents[s->first].set;
    for (int c = 0; c < s->target->relation->n_columns; c++)
      columns[c] = columns[c] || pending->sets[extent->set].columns[c];
  }
  return rows;
}

struct wow_pending_place wow_pending_begin(const struct wow_pending *pending, int segment) {
  return (struct wow_pending_place){pending->segments[segment].first, 0};
}

void wow_pending_reader_reset(struct wow_pending_reader *reader) {
  sqlite3_free(reader->buffer);
  reader->buffer = NULL;
}

/* The next `bytes` bytes of the extent at the reader's place; NULL: `err` is filled. */
static const char *load(struct wow_pending_reader *reader, size_t bytes, struct wow_error *err) {
  const struct extent *extent = &reader->pending->extents[reader->place.extent];
  sqlite3_int64 skipped = reader->place.offset - reader->loaded.offset;
  bool is_loaded = reader->buffer && reader->loaded.extent == reader->place.extent &&
                   skipped >= 0 &&
                   skipped + (sqlite3_int64)bytes <= (sqlite3_int64)reader->n_loaded;
  if (is_loaded) return reader->buffer + skipped;
  if (bytes > reader->room || reader->buffer == NULL) {
    size_t room = bytes > WOW_READ_BACK_BYTES ? bytes : WOW_READ_BACK_BYTES;
    char *buffer = sqlite3_realloc64(reader->buffer, room);
    if (buffer == NULL) {
      wow_error_nomem(err);
      return NULL;
    }
    reader->buffer = buffer;
    reader->room = room;
  }
  sqlite3_int64 remaining = extent->bytes - reader->place.offset;
  reader->n_loaded = remaining < (sqlite3_int64)reader->room ? (size_t)remaining : reader->room;
  reader->loaded = reader->place;
  int rc = read_spool(reader->pending, extent->from + reader->place.offset, reader->buffer,
                      reader->n_loaded, err);
  return rc == SQLITE_OK ? reader->buffer : NULL;
}

const char *wow_pending_next(struct wow_pending_reader *reader, size_t *bytes,
                             struct wow_error *err) {
  uint32_t length = 0;
  if (reader->place.extent < 0) return NULL;
  const char *data = load(reader, sizeof(length), err);
  if (data == NULL) return NULL;
  memcpy(&length, data, sizeof(length));
  data = load(reader, sizeof(length) + length, err);
  if (data == NULL) return NULL;
  *bytes = length;
  reader->place.offset += (sqlite3_int64)(sizeof(length) + length);
  const struct extent *extent = &reader->pending->extents[reader->place.extent];
  if (reader->place.offset >= extent->bytes)
    reader->place = (struct wow_pending_place){extent->next, 0};
  return data + sizeof(length);
}
