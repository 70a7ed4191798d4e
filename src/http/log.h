/* The request log of one database connection: a ring of the newest entries. See http.h. */
#ifndef WOW_HTTP_LOG_H
#define WOW_HTTP_LOG_H

#include "http/http.h"

struct wow_http_log {
  struct wow_http_log_entry *entries;
  int size;  /* entries kept at most */
  int count; /* entries there are */
  int first; /* where the oldest is */
  sqlite3_int64 seq;
};

/* SQLITE_OK or SQLITE_NOMEM. */
int wow_http_log_init(struct wow_http_log *log, int size);
void wow_http_log_reset(struct wow_http_log *log);

/* Adds an entry, dropping the oldest where needed. Takes over the texts of `entry`; sets its seq.
 */
void wow_http_log_add(struct wow_http_log *log, struct wow_http_log_entry *entry);

/* A copy of a URL fit to be seen: without user and password, and with `***` for the values of
** parameters that are secret by their names. NULL: no memory. */
char *wow_http_log_url(const char *url);

#endif
