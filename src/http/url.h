/* What is read off a URL: its host, its origin. */
#ifndef WOW_URL_H
#define WOW_URL_H

#include <stdbool.h>

char *host_of(const char *url);
bool is_same_origin(const char *url, const char *location, char **target);
bool is_loopback(const char *url);

#endif
