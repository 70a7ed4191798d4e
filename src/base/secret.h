/*
** Secrets: their removal from texts that may quote them (a server's error, a URL in the log), and
** memory that is cleared before it is freed. Knows nothing of where secrets come from.
*/
#ifndef WOW_SECRET_H
#define WOW_SECRET_H

#include <stddef.h>

/* Clears and frees a text of SQLite's allocator. NULL is fine. */
void wow_secret_free(void *text);
/* Clears memory, also where the compiler sees that nobody reads it later. */
void wow_secret_clear(void *memory, size_t bytes);

/* Growing text that leaves no copies of itself behind. Begins as zeros. */
struct wow_secret_text {
  char *text; /* a zero byte follows it; NULL: nothing was appended, or there was no memory */
  size_t bytes;
  size_t room;
  int rc; /* SQLITE_NOMEM sticks */
};

void wow_secret_append(struct wow_secret_text *secret, const char *text, size_t bytes);
/* Appends a JSON string with its quotes. */
void wow_secret_append_json(struct wow_secret_text *secret, const char *text);
/* Appends the bytes that base64, or base64url (RFC 4648), stands for, up to the first other
** character. */
void wow_secret_append_base64(struct wow_secret_text *secret, const char *encoded);
void wow_secret_reset_text(struct wow_secret_text *secret);

struct wow_secrets {
  char **texts;
  int n;
  int rc; /* SQLITE_NOMEM sticks: not all of them are in the list */
};

/* Adds a secret of at least WOW_MIN_SECRET_BYTES, in every form in which it may be quoted. */
void wow_secret_add(struct wow_secrets *secrets, const char *text, size_t bytes);
void wow_secret_add_all(struct wow_secrets *secrets, const struct wow_secrets *others);
void wow_secret_reset(struct wow_secrets *secrets);

/* Replaces every secret in `text`, which becomes no longer by that, by "***"; and whatever has the
** form of a key or a token, whoever it belongs to. Call it before the text is cut: a part of a
** secret is not recognised. NULL is fine. */
void wow_secret_redact(const struct wow_secrets *secrets, char *text);

#endif
