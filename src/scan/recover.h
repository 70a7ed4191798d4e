/*
** What a scan does after a request has failed: the rows after the last one can be asked for again, in
** another way if need be.
*/
#ifndef WOW_RECOVER_H
#define WOW_RECOVER_H

#include "scan/pages_private.h"

/* The current page has failed, with this code. SQLITE_OK: it was asked for again, and the error is
** forgotten. */
int wow_recover_page(struct wow_pages *pages, int rc, struct wow_error *err);
/* Did the server, or a gateway before it, refuse a request that may have been too long for it? With
** 502, too: nginx gives up on responses that repeat a long request in their head. */
bool wow_recover_is_too_long(const struct wow_error *err);

#endif
