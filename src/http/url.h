/* What is read off a URL: its host, its origin, and the form of it that may be shown. */
#ifndef WOW_URL_H
#define WOW_URL_H

#include <stdbool.h>

/* The host and port, as errors name them; sqlite3_free it. NULL: no memory. */
char *wow_url_host(const char *url);

/* Does `location`, perhaps relative to `url`, have the same scheme, host and port? Then *target is
** the complete new URL; sqlite3_free it. False also if memory runs out. */
bool wow_url_is_same_origin(const char *url, const char *location, char **target);

/*
** The door for paths: is this an absolute path, perhaps with a query string, that can be sent as it
** is, and that no server and no proxy takes for another one? False for a path with a segment "." or
** "..", also if they are percent-encoded or if the slash beside them is; for blanks, control
** characters and what is not ASCII, which must be encoded; and for '#', after which nothing is
** sent.
*/
bool wow_url_is_path(const char *path);

/* Can this stand between "https://" and a path: a host or an address, perhaps with a port? */
bool wow_url_is_authority(const char *text);

/* Is the server on this machine, by its name (localhost) or address (127.0.0.0/8, ::1)? */
bool wow_url_is_loopback(const char *url);

/* A copy that may be shown: without user and password, and with `***` for the values of parameters
** whose names say that they are secret. sqlite3_free it. NULL: no memory. */
char *wow_url_clean(const char *url);

/* The target of a request for a URL: its path and query, a part of it. NULL: it may have to be
** another one, because a proxy wants all of the URL, or because there is a fragment. */
const char *wow_url_target(const char *url);

#endif
