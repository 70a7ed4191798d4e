/*
** What a server's refusal of a request says about asking again. `code` is the SQLSTATE or
** PostgREST's own code; NULL: it gave none.
*/
#ifndef WOW_REFUSAL_H
#define WOW_REFUSAL_H

#include <stdbool.h>

/* May the same request succeed a moment later? Gateways before a server say 520 to 524 and 544 (see
** Cloudflare's and Supabase's lists of errors); from 16 on PostgREST itself does not repeat what
** failed for the sake of another transaction. */
bool wow_refusal_is_passing(int status, const char *code);

/* Has the server said that it did not do it? Then a write may be sent again, too. */
bool wow_refusal_is_undone(int status, const char *code);

/* Does it say that it does not know what may have been made a moment ago? Nothing was done, so that
** even a write can be repeated. */
bool wow_refusal_is_lag(const char *code);

#endif
