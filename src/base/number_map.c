/*
** Open addressing with linear probing, see number_map.h.
*/
#include "base/number_map.h"

#include <string.h>

/* Room to begin with: most statements tell a few rows apart. */
#define FIRST_SLOTS 64

void wow_number_map_reset(struct wow_number_map *map) {
  sqlite3_free(map->slots);
  memset(map, 0, sizeof(*map));
}

/* 0 marks an empty slot, so it has another number as a key. */
static sqlite3_uint64 stored(sqlite3_uint64 key) {
  return key ? key : 0x9e3779b97f4a7c15u;
}

/* The slot of a stored key, or the empty one where it belongs. */
static struct wow_number_slot *slot_of(const struct wow_number_map *map, sqlite3_uint64 key) {
  sqlite3_uint64 i = key ^ (key >> 32);
  for (;; i++) {
    struct wow_number_slot *slot = &map->slots[i & (map->n_slots - 1)];
    if (slot->key == 0 || slot->key == key) return slot;
  }
}

static int grow(struct wow_number_map *map) {
  struct wow_number_map larger = {.n = map->n,
                                  .n_slots = map->n_slots ? 2 * map->n_slots : FIRST_SLOTS};
  sqlite3_uint64 bytes = larger.n_slots * sizeof(*larger.slots);
  larger.slots = sqlite3_malloc64(bytes);
  if (larger.slots == NULL) return SQLITE_NOMEM;
  memset(larger.slots, 0, (size_t)bytes);
  for (sqlite3_uint64 i = 0; i < map->n_slots; i++) {
    if (map->slots[i].key) *slot_of(&larger, map->slots[i].key) = map->slots[i];
  }
  sqlite3_free(map->slots);
  *map = larger;
  return SQLITE_OK;
}

sqlite3_uint64 *wow_number_map_find(const struct wow_number_map *map, sqlite3_uint64 key) {
  struct wow_number_slot *slot = map->n_slots ? slot_of(map, stored(key)) : NULL;
  return slot && slot->key ? &slot->value : NULL;
}

sqlite3_uint64 *wow_number_map_at(struct wow_number_map *map, sqlite3_uint64 key) {
  if (3 * (map->n + 1) > 2 * map->n_slots && grow(map) != SQLITE_OK) return NULL;
  struct wow_number_slot *slot = slot_of(map, stored(key));
  if (slot->key == 0) {
    slot->key = stored(key);
    map->n++;
  }
  return &slot->value;
}
