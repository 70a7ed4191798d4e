/*
** Secrets that must not be shown, and their removal from texts that may quote them: a server's
** error, a URL in the log. Knows nothing of where secrets come from.
*/
#ifndef WOW_SECRET_H
#define WOW_SECRET_H

#include <stddef.h>

struct wow_secrets {
  char **texts;
  int n;
  int rc; /* SQLITE_NOMEM sticks: not all of them are in the list */
};

/* Adds a secret of at least WOW_MIN_SECRET_BYTES, in every form in which it may be quoted. */
void wow_secret_add(struct wow_secrets *secrets, const char *text, size_t bytes);
void wow_secret_reset(struct wow_secrets *secrets);

/* Replaces every secret in `text`, which becomes no longer by that, by "***". Call it before the
** text is cut: a part of a secret is not recognised. NULL is fine. */
void wow_secret_redact(const struct wow_secrets *secrets, char *text);

#endif
