/*
** Rows handed out already, see seen.h.
*/
#include "scan/seen.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

sqlite3_uint64 wow_seen_hash(const struct wow_rows *rows, int n_members) {
  sqlite3_uint64 hash = WOW_TEXT_HASH_START;
  for (int i = 0; i < n_members; i++) {
    const struct wow_json_value *value = wow_rows_value(rows, i);
    unsigned char kind = (unsigned char)(value->kind + 1);
    hash = wow_text_hash(hash, &kind, 1);
    hash = wow_text_hash(hash, value->text, value->bytes);
  }
  return hash;
}

int wow_seen_add(struct wow_seen *seen, sqlite3_uint64 hash) {
  if (seen->n == seen->room) {
    sqlite3_int64 room = seen->room ? seen->room * 2 : WOW_FIRST_PAGE_ROWS;
    sqlite3_uint64 bytes = sizeof(*seen->hashes) * (sqlite3_uint64)room;
    sqlite3_uint64 *hashes = sqlite3_realloc64(seen->hashes, bytes);
    if (hashes == NULL) return SQLITE_NOMEM;
    seen->hashes = hashes;
    seen->room = room;
  }
  seen->hashes[seen->n++] = seen->hashes[seen->n_met];
  seen->hashes[seen->n_met++] = hash;
  return SQLITE_OK;
}

bool wow_seen_meet(struct wow_seen *seen, sqlite3_uint64 hash) {
  for (sqlite3_int64 i = seen->n_met; i < seen->n; i++) {
    if (seen->hashes[i] != hash) continue;
    seen->hashes[i] = seen->hashes[seen->n_met];
    seen->hashes[seen->n_met++] = hash;
    return true;
  }
  return false;
}

void wow_seen_restart(struct wow_seen *seen) {
  seen->n_met = 0;
}

void wow_seen_clear(struct wow_seen *seen) {
  seen->n = seen->n_met = 0;
}

void wow_seen_reset(struct wow_seen *seen) {
  sqlite3_free(seen->hashes);
  memset(seen, 0, sizeof(*seen));
}
