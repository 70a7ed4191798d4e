/*
** The key of a lookup: the text of its request's conditions, "&city=eq.Oslo&id=eq.7". Does no I/O.
*/
#ifndef WOW_LOOKUP_KEY_H
#define WOW_LOOKUP_KEY_H

#include <stdbool.h>

#include "base/json.h"
#include "base/sqlite.h"
#include "scan/lookup.h"

/* The key of this lookup; with `value`, as if `term` had been written with it. NULL: no memory. */
sqlite3_str *wow_lookup_key_make(const struct wow_lookup *lookup, int term,
                                 const struct wow_json_value *value);
/* Frees a key; NULL is fine. */
void wow_lookup_key_free(sqlite3_str *key);
/* Its text, "" if it is empty; valid until it changes. */
const char *wow_lookup_key_text(sqlite3_str *key);

/* Is this term sent, as it is? */
bool wow_lookup_key_is_sent(const struct wow_lookup *lookup, int term);
/* Appends a term, if it is sent; and as if it had been written with this value of its column. */
void wow_lookup_key_append_own(sqlite3_str *str, const struct wow_lookup *lookup, int term);
void wow_lookup_key_append_with(sqlite3_str *str, const struct wow_lookup *lookup, int term,
                                const struct wow_json_value *value);
/* Has the binding lists or parameters? */
bool wow_lookup_key_has_others(const struct wow_binding *binding);
/* Appends the lists and parameters. SQLITE_OK or SQLITE_NOMEM. */
int wow_lookup_key_append_others(sqlite3_str *str, const struct wow_lookup *lookup);

#endif
