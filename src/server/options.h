/* The options of a server: their names, what they take, and their values. */
#ifndef WOW_OPTIONS_H
#define WOW_OPTIONS_H

#include "base/error.h"
#include "server/server.h"

/* Value of an option as it comes out of JSON or out of CREATE VIRTUAL TABLE. */
struct wow_option_value {
  enum { WOW_VALUE_TEXT, WOW_VALUE_NUMBER, WOW_VALUE_BOOL } kind;
  const char *text;
  double number; /* also 0 or 1 of a bool */
};

/* Sets an option. The error names the options there are, or says what the option takes. */
int wow_server_set_option(struct wow_server *server, const char *name,
                          const struct wow_option_value *value, struct wow_error *err);
/* Adds a request header. */
int wow_server_add_header(struct wow_server *server, const char *name, const char *value,
                          struct wow_error *err);

#endif
