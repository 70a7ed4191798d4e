/*
** Texts of dates, times, timestamps and uuids: which of them the server reads as a value, and what
** they say. Everything that the server itself writes is read; more forms are than it writes, but
** not all of those that it reads.
*/
#ifndef WOW_DATETIME_H
#define WOW_DATETIME_H

#include <stdbool.h>

#include "base/sqlite.h"
#include "types/type.h"

/* A uuid as the server writes it, not terminated. */
#define WOW_UUID_BYTES 36

/*
** Reads a date (*out: in days), a time of day, a timestamp or a moment (in microseconds, as UTC
** where the text has no zone). What is less is earlier; the infinities are the ends of the range.
** False: the server might refuse the text, or it is of another family.
*/
bool wow_datetime_read(enum wow_family family, const char *text, int bytes, sqlite3_int64 *out);

bool wow_datetime_is_uuid(const char *text, int bytes);
/* Writes a uuid, which it must be, as the server does: WOW_UUID_BYTES. */
void wow_datetime_normal_uuid(const char *text, char *out);

#endif
