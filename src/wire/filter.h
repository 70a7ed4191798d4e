/*
** Raw PostgREST parameters as a user wrote them, "tags=cs.{vip}&age=gte.18".
*/
#ifndef WOW_FILTER_H
#define WOW_FILTER_H

#include "wire/condition.h"

/*
** Adds each parameter of `text` to `where`; the conditions point into `text`. SQLITE_OK,
** SQLITE_NOMEM, or SQLITE_ERROR with *wrong (static text) saying what is wrong: a parameter without
** a value, or one of those that belong to the scan (select, order, limit, offset, columns,
** on_conflict).
*/
int wow_filter_parse(struct wow_where *where, const char *text, const char **wrong);

#endif
