/*
** Spools, see spool.h. Positions count through: what is in the file follows what is in memory.
*/
#include "base/spool.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct wow_spool {
  char *memory;
  size_t in_memory;
  size_t room;
  size_t max_memory;
  FILE *file; /* NULL: nothing has gone there yet */
  sqlite3_int64 in_file;
  bool is_at_end; /* of the file: what is appended next goes there without seeking, which flushes */
};

struct wow_spool *wow_spool_new(size_t memory_bytes) {
  struct wow_spool *spool = sqlite3_malloc64(sizeof(*spool));
  if (spool == NULL) return NULL;
  memset(spool, 0, sizeof(*spool));
  spool->max_memory = memory_bytes;
  return spool;
}

void wow_spool_free(struct wow_spool *spool) {
  if (spool == NULL) return;
  if (spool->file) fclose(spool->file);
  sqlite3_free(spool->memory);
  sqlite3_free(spool);
}

sqlite3_int64 wow_spool_bytes(const struct wow_spool *spool) {
  return (sqlite3_int64)spool->in_memory + spool->in_file;
}

static int append_to_file(struct wow_spool *spool, const void *data, size_t bytes) {
  if (spool->file == NULL) spool->file = tmpfile();
  if (spool->file == NULL) return SQLITE_ERROR;
  if (!spool->is_at_end && fseeko(spool->file, (off_t)spool->in_file, SEEK_SET) != 0) {
    return SQLITE_ERROR;
  }
  spool->is_at_end = fwrite(data, 1, bytes, spool->file) == bytes;
  if (!spool->is_at_end) return SQLITE_ERROR;
  spool->in_file += (sqlite3_int64)bytes;
  return SQLITE_OK;
}

int wow_spool_append(struct wow_spool *spool, const void *data, size_t bytes) {
  /* Once something is in the file, everything that follows goes there. */
  if (spool->in_file || spool->in_memory + bytes > spool->max_memory) {
    return append_to_file(spool, data, bytes);
  }
  if (spool->in_memory + bytes > spool->room) {
    size_t room = spool->room ? 2 * spool->room : 64 * 1024;
    while (room < spool->in_memory + bytes)
      room *= 2;
    char *memory = sqlite3_realloc64(spool->memory, room);
    if (memory == NULL) return SQLITE_NOMEM;
    spool->memory = memory;
    spool->room = room;
  }
  if (bytes) memcpy(spool->memory + spool->in_memory, data, bytes);
  spool->in_memory += bytes;
  return SQLITE_OK;
}

int wow_spool_overwrite(struct wow_spool *spool, sqlite3_int64 at, const void *data, size_t bytes) {
  const char *from = data;
  for (; bytes > 0 && at < (sqlite3_int64)spool->in_memory; bytes--)
    spool->memory[at++] = *from++;
  if (bytes == 0) return SQLITE_OK;
  at -= (sqlite3_int64)spool->in_memory;
  if (spool->file == NULL || fseeko(spool->file, (off_t)at, SEEK_SET) != 0) return SQLITE_ERROR;
  return fwrite(from, 1, bytes, spool->file) == bytes ? SQLITE_OK : SQLITE_ERROR;
}

int wow_spool_read(struct wow_spool *spool, sqlite3_int64 from, void *to, size_t bytes) {
  if (bytes == 0) return SQLITE_OK;
  if (from < (sqlite3_int64)spool->in_memory) {
    size_t n = spool->in_memory - (size_t)from;
    if (n > bytes) n = bytes;
    memcpy(to, spool->memory + from, n);
    return wow_spool_read(spool, from + (sqlite3_int64)n, (char *)to + n, bytes - n);
  }
  from -= (sqlite3_int64)spool->in_memory;
  spool->is_at_end = false;
  if (spool->file == NULL || fseeko(spool->file, (off_t)from, SEEK_SET) != 0) return SQLITE_ERROR;
  return fread(to, 1, bytes, spool->file) == bytes ? SQLITE_OK : SQLITE_ERROR;
}

void wow_spool_truncate(struct wow_spool *spool, sqlite3_int64 bytes) {
  sqlite3_int64 in_memory = (sqlite3_int64)spool->in_memory;
  if (bytes < in_memory) spool->in_memory = (size_t)bytes;
  spool->in_file = bytes > in_memory ? bytes - in_memory : 0;
  spool->is_at_end = false;
}
