/*
** The names of buckets and files, as arguments say them and as URLs have them. The door for them:
** what passes names a file below its bucket, and nothing else.
*/
#ifndef WOW_OBJECT_H
#define WOW_OBJECT_H

#include "base/error.h"
#include "base/sqlite.h"

struct wow_call;

/* A file. The names are the caller's. */
struct wow_object {
  const char *bucket;
  const char *path; /* within the bucket */
  char *what;       /* how errors name it; sqlite3_free it */
};

/* Can a bucket have this name? SQLITE_OK, or `err` says why not. NULL is a name that is missing. */
int wow_object_check_bucket(const char *bucket, struct wow_error *err);

/* What is wrong with a file's path within its bucket; NULL: nothing. Static. */
const char *wow_object_path_fault(const char *path);

/* The file that the first two arguments of a call name. SQLITE_OK, or `err` says what is wrong. */
int wow_object_take(const struct wow_call *call, struct wow_object *object, struct wow_error *err);

/* Its path after `command`, "/object/avatars/a%20b.png". sqlite3_free it; NULL: no memory. */
char *wow_object_url(const char *command, const struct wow_object *object);

#endif
