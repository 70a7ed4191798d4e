/*
** The request log of one database connection: a ring of the newest entries. What is secret never
** gets into it: headers are not logged, and URLs are cleaned (see url.h).
*/
#ifndef WOW_LOG_H
#define WOW_LOG_H

#include "base/sqlite.h"

struct wow_log_entry {
  sqlite3_int64 seq;
  double at; /* Unix time, seconds */
  char *server;
  char *method;
  char *url;                    /* without secrets */
  int status;                   /* 0: no response */
  double ms;                    /* from the first send to the last byte, retries included */
  double ttfb_ms;               /* to the first byte of the final response */
  sqlite3_int64 bytes_sent;     /* body bytes */
  sqlite3_int64 bytes_received; /* body bytes, as they came over the wire */
  sqlite3_int64 rows;           /* as told by wow_transfer_count_rows; -1: not said */
  int retries;
  char *error;     /* NULL: none */
  char *warning;   /* what the server's Warning headers say; NULL: nothing */
  char *statement; /* an outline of what it was sent for; NULL: not said */
};

/* What has travelled since somebody set it to zero (server/stats.h). */
struct wow_log_traffic {
  sqlite3_int64 requests;
  sqlite3_int64 rows;
  sqlite3_int64 bytes; /* of bodies, both ways */
  double waited_ms;    /* while nothing else could be done */
};

struct wow_log {
  struct wow_log_entry *entries;
  int size;  /* how many are kept at most */
  int count; /* how many there are */
  int first; /* index of the oldest */
  sqlite3_int64 seq;
  struct wow_log_traffic traffic;
};

/* SQLITE_OK or SQLITE_NOMEM. */
int wow_log_init(struct wow_log *log, int size);
void wow_log_reset(struct wow_log *log);

/* Adds an entry, dropping the oldest if necessary. Takes the texts of `entry` and sets its seq. */
void wow_log_add(struct wow_log *log, struct wow_log_entry *entry);

/* Entry 0 is the oldest. NULL: there is no such entry. */
const struct wow_log_entry *wow_log_at(const struct wow_log *log, int index);

/* Changes how many entries are kept (0: none), dropping the oldest. SQLITE_OK or SQLITE_NOMEM. */
int wow_log_resize(struct wow_log *log, int size);

#endif
