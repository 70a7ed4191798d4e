/* What a transfer keeps of its response's headers. For transfer.c alone. */
#ifndef WOW_RESPONSE_H
#define WOW_RESPONSE_H

#include <stddef.h>

struct wow_transfer;

/* Forgets the headers of the attempt before. */
void wow_response_forget(struct wow_transfer *transfer);
/* Keeps what somebody reads of a header, of `bytes` bytes without its line break. SQLITE_OK or
** SQLITE_NOMEM. */
int wow_response_keep_line(struct wow_transfer *transfer, const char *line, size_t bytes);

#endif
