/* What is read off a URL: its host, its origin, and the form of it that may be shown. */
#ifndef WOW_URL_H
#define WOW_URL_H

#include <stdbool.h>

/* The host and port, as errors name them; sqlite3_free it. NULL: no memory. */
char *wow_url_host(const char *url);

/* Does `location`, perhaps relative to `url`, have the same scheme, host and port? Then *target is
** the complete new URL; sqlite3_free it. False also if memory runs out. */
bool wow_url_is_same_origin(const char *url, const char *location, char **target);

/* Is the server on this machine? */
bool wow_url_is_loopback(const char *url);

/* A copy that may be shown: without user and password, and with `***` for the values of parameters
** whose names say that they are secret. sqlite3_free it. NULL: no memory. */
char *wow_url_clean(const char *url);

#endif
