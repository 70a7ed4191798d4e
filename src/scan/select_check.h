/*
** What the server says to the columns of select=, before anybody reads from them: whether it knows
** the ways to other relations, and whether they lead to one row each.
*/
#ifndef WOW_SELECT_CHECK_H
#define WOW_SELECT_CHECK_H

#include "scan/target.h"

/* Asks for no rows, as scans ask for them, and for a single row. From PostgREST 13 on a way to many
** rows is not refused, but gives lists. SQLITE_OK, or the error that the first SELECT would get. */
int wow_select_check(const struct wow_target *target, struct wow_error *err);

/* Can this way ("countries!capital") from the relation be gone? */
int wow_select_check_way(const struct wow_target *target, const char *relation, const char *way,
                         bool *is_known, struct wow_error *err);

#endif
