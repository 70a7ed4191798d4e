/*
** Is a text a value of PostgreSQL's date, time, timestamp or uuid, in a form that the server reads
** without losing a part of it? All forms in which PostgREST writes such values are accepted; of the
** many others that PostgreSQL reads, the ISO 8601 ones. (A form that depends on the server's
** settings, such as 01/02/2024, is not.)
*/
#ifndef WOW_DATETIME_H
#define WOW_DATETIME_H

#include <stdbool.h>

bool wow_datetime_is_uuid(const char *text, int bytes);
bool wow_datetime_is_date(const char *text, int bytes);
bool wow_datetime_is_time(const char *text, int bytes);
/* A zone is accepted only for `with_zone`: a timestamp without one would ignore it. */
bool wow_datetime_is_timestamp(const char *text, int bytes, bool with_zone);

#endif
