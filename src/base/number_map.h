/*
** A map from 64-bit numbers, which are hashes mostly, to 64-bit numbers.
*/
#ifndef WOW_NUMBER_MAP_H
#define WOW_NUMBER_MAP_H

#include "base/sqlite.h"

struct wow_number_slot {
  sqlite3_uint64 key; /* 0: empty */
  sqlite3_uint64 value;
};

/* Empty where it is all zeros. */
struct wow_number_map {
  struct wow_number_slot *slots;
  sqlite3_uint64 n_slots; /* a power of two */
  sqlite3_uint64 n;
};

void wow_number_map_reset(struct wow_number_map *map);
/* The value of a key, which is 0 for a new one. Valid until the next call. NULL: no memory. */
sqlite3_uint64 *wow_number_map_at(struct wow_number_map *map, sqlite3_uint64 key);
/* The value of a key; NULL: there is none. */
sqlite3_uint64 *wow_number_map_find(const struct wow_number_map *map, sqlite3_uint64 key);

#endif
