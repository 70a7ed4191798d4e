/*
** Sends the pending changes: one request for the rows to insert into a table, which are then all
** there or none; updates with the same change, and deletes, by key in batches. Accounts for every
** row: the server's count is compared with the number of rows that were sent.
*/
#ifndef WOW_SEND_H
#define WOW_SEND_H

#include "base/error.h"
#include "write/accepted.h"
#include "write/pending.h"

/* Sends the segments from `first` on, in order. On failure the rest has not been sent. */
int wow_send_pending(struct wow_connection *conn, struct wow_pending *pending, int first,
                     struct wow_accepted *accepted, struct wow_error *err);

#endif
