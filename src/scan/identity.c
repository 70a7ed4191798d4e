/*
** Row identity, see identity.h.
**
** SQLite cannot write WITHOUT ROWID virtual tables with composite keys, so such a table gets a
** rowid that is made from the key.
*/
#include "scan/identity.h"

#include "base/text.h"
#include "types/value.h"

/* Mixes a value into a hash, with its length so that ('a','bc') is not ('ab','c'). */
static sqlite3_uint64 mix(sqlite3_uint64 hash, const struct wow_json_value *value) {
  hash = wow_text_hash(hash, value->text, value->bytes);
  return (hash ^ value->bytes ^ ((sqlite3_uint64)value->kind << 56)) * 1099511628211u;
}

/* Two integers of 31 and 32 bits are told apart exactly, and have the numbers from 0 on; every
** other key is a 63-bit hash with the sign set. A collision would make SQLite take two rows that
** both satisfy "a OR b" for one: among a million such rows the odds are one in ten million. */
sqlite3_int64 wow_identity_rowid(const struct wow_json_value *const *values, int n) {
  sqlite3_int64 first = 0, second = 0;
  if (n == 2 && wow_value_int64(values[0], &first) && wow_value_int64(values[1], &second) &&
      first >= 0 && first <= 0x7fffffff && second >= 0 && second <= 0xffffffff) {
    return first << 32 | second;
  }
  sqlite3_uint64 hash = WOW_TEXT_HASH_START;
  for (int i = 0; i < n; i++)
    hash = mix(hash, values[i]);
  /* The finaliser of MurmurHash3: every bit of the sum reaches every bit of the result. */
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
  hash ^= hash >> 33;
  return (sqlite3_int64)(hash | 0x8000000000000000u);
}
