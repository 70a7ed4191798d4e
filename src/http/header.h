/*
** Request headers: the one door through which all of them pass, whoever made the value (an option,
** a database file, the environment), and what of them is secret.
*/
#ifndef WOW_HEADER_H
#define WOW_HEADER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/secret.h"

/* Headers that have been checked; zeros are an empty list. May hold secrets. */
struct wow_header_list {
  char **lines; /* "Name: value", or "Name;" if the value is empty, which is how curl wants it */
  int n;
};

/* Is it a token (RFC 9110, 5.6.2), as names of headers must be? */
bool wow_header_is_name(const char *name);
/* Can it be the value of a header? Line breaks would begin another header, or another request. */
bool wow_header_is_value(const char *value);

/* Adds a header, or says why it cannot be sent, without the value. SQLITE_OK or err->rc. */
int wow_header_add(struct wow_header_list *list, const char *name, const char *value,
                   struct wow_error *err);
/* Copies a line from another list. */
int wow_header_add_line(struct wow_header_list *list, const char *line, struct wow_error *err);
void wow_header_reset(struct wow_header_list *list);

/* Adds what must not be shown of all headers: their values but those of well-known names, and the
** parts of these by which one can log in, too (the token after Bearer, the password of Basic, the
** values of cookies, a JWT's signature). */
void wow_header_secrets(const struct wow_header_list *list, struct wow_secrets *secrets);

#endif
