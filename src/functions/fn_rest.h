/*
** What functions that send a user's own requests share.
*/
#ifndef WOW_FN_REST_H
#define WOW_FN_REST_H

#include "server/request.h"

/* Is this the path of a table or function, and not a URL? The key must not be sent elsewhere.
** SQLITE_OK, or SQLITE_ERROR with `err` filled; NULL is not one. */
int wow_fn_rest_check_path(const char *path, struct wow_error *err);

#endif
