/*
** The request log, see log.h.
*/
#include "http/log.h"

#include <string.h>

static void entry_reset(struct wow_log_entry *entry) {
  sqlite3_free(entry->server);
  sqlite3_free(entry->method);
  sqlite3_free(entry->url);
  sqlite3_free(entry->error);
  sqlite3_free(entry->warning);
  sqlite3_free(entry->statement);
  memset(entry, 0, sizeof(*entry));
}

int wow_log_init(struct wow_log *log, int size) {
  memset(log, 0, sizeof(*log));
  log->entries = sqlite3_malloc64(sizeof(*log->entries) * ((sqlite3_uint64)size + 1));
  if (log->entries == NULL) return SQLITE_NOMEM;
  memset(log->entries, 0, sizeof(*log->entries) * ((size_t)size + 1));
  log->size = size;
  return SQLITE_OK;
}

void wow_log_reset(struct wow_log *log) {
  for (int i = 0; i < log->size; i++)
    entry_reset(&log->entries[i]);
  sqlite3_free(log->entries);
  memset(log, 0, sizeof(*log));
}

void wow_log_add(struct wow_log *log, struct wow_log_entry *entry) {
  entry->seq = ++log->seq;
  log->traffic.requests++;
  log->traffic.rows += entry->rows > 0 ? entry->rows : 0;
  log->traffic.bytes += entry->bytes_sent + entry->bytes_received;
  if (log->size == 0) {
    entry_reset(entry);
    return;
  }
  struct wow_log_entry *place = &log->entries[(log->first + log->count) % log->size];
  if (log->count == log->size)
    log->first = (log->first + 1) % log->size;
  else
    log->count++;
  entry_reset(place);
  *place = *entry;
}

const struct wow_log_entry *wow_log_at(const struct wow_log *log, int index) {
  if (index < 0 || index >= log->count) return NULL;
  return &log->entries[(log->first + index) % log->size];
}

int wow_log_resize(struct wow_log *log, int size) {
  struct wow_log resized;
  int rc = wow_log_init(&resized, size);
  if (rc != SQLITE_OK) return rc;
  int skip = log->count > size ? log->count - size : 0;
  resized.seq = log->seq;
  resized.traffic = log->traffic;
  for (int i = skip; i < log->count; i++) {
    struct wow_log_entry *entry = &log->entries[(log->first + i) % log->size];
    resized.entries[resized.count++] = *entry;
    memset(entry, 0, sizeof(*entry));
  }
  wow_log_reset(log);
  *log = resized;
  return SQLITE_OK;
}
