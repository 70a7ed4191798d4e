/*
** Remembered rows, see row_cache.h: a hash table of keys, whose texts and rows are in a spool.
**
** A row is written as  next, bytes | kind, length, text | kind, length, text ...  where `next` is
** the position of the entry's following row: right after it, as it turns out where an entry's rows
** are added one after the other. For one that is added later its predecessor is written over.
*/
#include "scan/row_cache.h"

#include <string.h>

#include "base/limits.h"
#include "base/spool.h"
#include "base/text.h"

struct bucket {
  sqlite3_uint64 hash;
  sqlite3_int64 text; /* position of its text */
  int text_bytes;
  bool used;
  sqlite3_int64 last; /* position of its last row, and of what comes after that */
  sqlite3_int64 end;
  struct wow_row_cache_entry entry;
};

struct wow_row_cache {
  struct wow_spool *spool;
  int n_values;
  struct bucket *buckets; /* open addressing; the size is a power of two */
  size_t n_buckets;
  size_t n_keys;
  char *buffer; /* the row that is being written */
  size_t room;
  int references;
};

struct row_header {
  sqlite3_int64 next; /* first: it is written over alone */
  sqlite3_int64 bytes;
};

struct value_header {
  unsigned int kind;
  unsigned int bytes;
};

struct wow_row_cache *wow_row_cache_new(int n_values) {
  struct wow_row_cache *cache = sqlite3_malloc64(sizeof(*cache));
  if (cache == NULL) return NULL;
  memset(cache, 0, sizeof(*cache));
  cache->n_values = n_values;
  cache->references = 1;
  cache->spool = wow_spool_new(WOW_SPOOL_BYTES);
  if (cache->spool) return cache;
  sqlite3_free(cache);
  return NULL;
}

void wow_row_cache_release(struct wow_row_cache *cache) {
  if (cache == NULL || --cache->references > 0) return;
  wow_spool_free(cache->spool);
  sqlite3_free(cache->buckets);
  sqlite3_free(cache->buffer);
  sqlite3_free(cache);
}

sqlite3_int64 wow_row_cache_bytes(const struct wow_row_cache *cache) {
  return wow_spool_bytes(cache->spool) +
         (sqlite3_int64)(cache->n_buckets * sizeof(*cache->buckets));
}

static sqlite3_uint64 hash_of(const char *text, int bytes) {
  sqlite3_uint64 hash = wow_text_hash(WOW_TEXT_HASH_START, text, (size_t)bytes);
  return hash ^ (hash >> 29);
}

/* Keys are compared in pieces of this many bytes: a key may be in the spool's file. */
#define PIECE_BYTES 256

static bool has_text(const struct wow_row_cache *cache, const struct bucket *bucket,
                     const char *text, int bytes) {
  char piece[PIECE_BYTES];
  if (bucket->text_bytes != bytes) return false;
  for (int done = 0; done < bytes;) {
    int n = bytes - done < (int)sizeof(piece) ? bytes - done : (int)sizeof(piece);
    if (wow_spool_read(cache->spool, bucket->text + done, piece, (size_t)n) != SQLITE_OK) {
      return false;
    }
    if (memcmp(piece, text + done, (size_t)n) != 0) return false;
    done += n;
  }
  return true;
}

/* The bucket that has the key, or the free one where it belongs. */
static struct bucket *bucket_of(const struct wow_row_cache *cache, const char *text, int bytes) {
  sqlite3_uint64 hash = hash_of(text, bytes);
  size_t i = (size_t)hash & (cache->n_buckets - 1);
  for (;; i = (i + 1) & (cache->n_buckets - 1)) {
    struct bucket *bucket = &cache->buckets[i];
    if (!bucket->used) return bucket;
    if (bucket->hash == hash && has_text(cache, bucket, text, bytes)) return bucket;
  }
}

const struct wow_row_cache_entry *wow_row_cache_find(const struct wow_row_cache *cache,
                                                     const char *key, int bytes) {
  if (cache->n_buckets == 0) return NULL;
  const struct bucket *bucket = bucket_of(cache, key, bytes);
  return bucket->used ? &bucket->entry : NULL;
}

static int grow(struct wow_row_cache *cache) {
  size_t old_n = cache->n_buckets;
  size_t n = old_n ? 2 * old_n : 64;
  struct bucket *old = cache->buckets;
  struct bucket *buckets = sqlite3_malloc64(n * sizeof(*buckets));
  if (buckets == NULL) return SQLITE_NOMEM;
  memset(buckets, 0, n * sizeof(*buckets));
  for (size_t i = 0; i < old_n; i++) {
    if (!old[i].used) continue;
    size_t to = (size_t)old[i].hash & (n - 1);
    while (buckets[to].used)
      to = (to + 1) & (n - 1);
    buckets[to] = old[i];
  }
  sqlite3_free(old);
  cache->buckets = buckets;
  cache->n_buckets = n;
  return SQLITE_OK;
}

static int write_row(struct wow_row_cache *cache, const struct wow_json_value *row) {
  struct row_header header = {0, 0};
  size_t bytes = sizeof(header) + (size_t)cache->n_values * sizeof(struct value_header);
  for (int i = 0; i < cache->n_values; i++)
    bytes += row[i].bytes;
  if (bytes > cache->room) {
    char *buffer = sqlite3_realloc64(cache->buffer, 2 * bytes);
    if (buffer == NULL) return SQLITE_NOMEM;
    cache->buffer = buffer;
    cache->room = 2 * bytes;
  }
  header.next = wow_spool_bytes(cache->spool) + (sqlite3_int64)bytes;
  header.bytes = (sqlite3_int64)(bytes - sizeof(header));
  char *to = cache->buffer;
  memcpy(to, &header, sizeof(header));
  to += sizeof(header);
  for (int i = 0; i < cache->n_values; i++) {
    struct value_header value = {(unsigned int)row[i].kind, (unsigned int)row[i].bytes};
    memcpy(to, &value, sizeof(value));
    to += sizeof(value);
    if (row[i].bytes) memcpy(to, row[i].text, row[i].bytes);
    to += row[i].bytes;
  }
  return wow_spool_append(cache->spool, cache->buffer, bytes);
}

static int add(struct wow_row_cache *cache, const char *key, int bytes,
               const struct wow_json_value *row) {
  int rc = SQLITE_OK;
  /* At most two thirds full. */
  if (3 * (cache->n_keys + 1) > 2 * cache->n_buckets) rc = grow(cache);
  if (rc != SQLITE_OK) return rc;
  struct bucket *bucket = bucket_of(cache, key, bytes);
  if (!bucket->used) {
    bucket->text = wow_spool_bytes(cache->spool);
    rc = wow_spool_append(cache->spool, key, (size_t)bytes);
    if (rc != SQLITE_OK) return rc;
    bucket->used = true;
    bucket->hash = hash_of(key, bytes);
    bucket->text_bytes = bytes;
    bucket->entry.first = -1;
    cache->n_keys++;
  }
  if (row == NULL) return SQLITE_OK;
  sqlite3_int64 position = wow_spool_bytes(cache->spool);
  if (bucket->entry.n_rows == 0)
    bucket->entry.first = position;
  else if (bucket->end != position)
    rc = wow_spool_overwrite(cache->spool, bucket->last, &position, sizeof(position));
  if (rc == SQLITE_OK) rc = write_row(cache, row);
  if (rc != SQLITE_OK) return rc;
  bucket->last = position;
  bucket->end = wow_spool_bytes(cache->spool);
  bucket->entry.n_rows++;
  return SQLITE_OK;
}

/* `what`: "read" or "written". */
static int fail(struct wow_error *err, int rc, const char *what) {
  if (rc == SQLITE_OK) return rc;
  if (rc == SQLITE_NOMEM) return wow_error_nomem(err);
  return wow_error_set(err, SQLITE_ERROR, NULL, "the temporary file for rows cannot be %s", what);
}

int wow_row_cache_add(struct wow_row_cache *cache, const char *key, int bytes,
                      const struct wow_json_value *row, struct wow_error *err) {
  return fail(err, add(cache, key, bytes, row), "written");
}

bool wow_row_cache_restart(struct wow_row_cache *cache, const char *key, int bytes) {
  struct bucket *bucket = cache->n_buckets ? bucket_of(cache, key, bytes) : NULL;
  if (bucket == NULL || !bucket->used) return false;
  bucket->entry = (struct wow_row_cache_entry){.first = -1};
  return true;
}

void wow_row_cache_complete(struct wow_row_cache *cache, const char *key, int bytes) {
  struct bucket *bucket = bucket_of(cache, key, bytes);
  if (bucket->used) bucket->entry.is_complete = true;
}

/* ---------------------------------------------------------------- reading */

void wow_row_cache_cursor_start(struct wow_row_cache_cursor *cursor, struct wow_row_cache *cache,
                                const struct wow_row_cache_entry *entry) {
  cache->references++;
  if (cursor->cache && cursor->cache->n_values != cache->n_values) {
    sqlite3_free(cursor->values);
    cursor->values = NULL;
  }
  wow_row_cache_release(cursor->cache);
  cursor->cache = cache;
  cursor->next = entry->first;
  cursor->rows_left = entry->n_rows;
}

void wow_row_cache_cursor_reset(struct wow_row_cache_cursor *cursor) {
  wow_row_cache_release(cursor->cache);
  sqlite3_free(cursor->row);
  sqlite3_free(cursor->values);
  memset(cursor, 0, sizeof(*cursor));
}

static int next(struct wow_row_cache_cursor *cursor) {
  struct row_header header;
  if (cursor->rows_left == 0) return SQLITE_DONE;
  struct wow_spool *spool = cursor->cache->spool;
  int n_values = cursor->cache->n_values;
  int rc = wow_spool_read(spool, cursor->next, &header, sizeof(header));
  if (rc != SQLITE_OK) return rc;
  if (cursor->values == NULL) {
    cursor->values = sqlite3_malloc64(sizeof(*cursor->values) * (sqlite3_uint64)(n_values + 1));
    if (cursor->values == NULL) return SQLITE_NOMEM;
  }
  if ((size_t)header.bytes > cursor->room) {
    char *row = sqlite3_realloc64(cursor->row, (sqlite3_uint64)header.bytes);
    if (row == NULL) return SQLITE_NOMEM;
    cursor->row = row;
    cursor->room = (size_t)header.bytes;
  }
  rc = wow_spool_read(spool, cursor->next + (sqlite3_int64)sizeof(header), cursor->row,
                      (size_t)header.bytes);
  const char *from = cursor->row;
  for (int i = 0; rc == SQLITE_OK && i < n_values; i++) {
    struct value_header value;
    memcpy(&value, from, sizeof(value));
    from += sizeof(value);
    cursor->values[i].kind = (enum wow_json_kind)value.kind;
    cursor->values[i].text = from;
    cursor->values[i].bytes = value.bytes;
    from += value.bytes;
  }
  cursor->next = header.next;
  cursor->rows_left--;
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

int wow_row_cache_cursor_next(struct wow_row_cache_cursor *cursor, struct wow_error *err) {
  int rc = next(cursor);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? rc : fail(err, rc, "read");
}
