/*
** Raw PostgREST parameters as a user wrote them, "tags=cs.{vip}&age=gte.18"; and the guard in front
** of requests that change or delete all rows that their parameters leave.
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

/*
** The guard. PostgREST changes or deletes every row of a relation if it takes no parameter of a
** PATCH or DELETE for a filter of the relation itself, and it ignores a parameter without a value,
** trailing text, filters of embedded relations, and in some versions limits. So a request may be
** sent only if each parameter of `path` ("/users?id=eq.5", percent-encoded) is read to its last
** byte, as
**
**   parameter = column "=" operation                   a filter
**             | ["not."] ("and" | "or") "=" group      a filter
**             | ("select" | "columns") "=" text        what is shown, what is written
**   group     = "(" branch *("," branch) ")"
**   branch    = column "." operation | ["not."] ("and" | "or") group
**   column    = name *(("->" | "->>") name)
**   operation = ["not."] operator "." value
**
** and if there is a filter among them that does not hold for all rows whatever is in them, as those
** with an empty list do (id=not.in.(), id=neq(all).{}).
**
** Returns NULL if it may be sent, or else what is wrong with it (static text).
*/
const char *wow_filter_refusal(const char *path);

#endif
