/*
** Reads lists of columns word by word: names, keywords, symbols. Blanks after each are passed over.
*/
#ifndef WOW_SCANNER_H
#define WOW_SCANNER_H

#include <stdbool.h>

#include "base/error.h"
#include "catalog/relation.h"

struct wow_scanner {
  const char *start;
  const char *p;
  struct wow_error *err;
};

void wow_scanner_skip_blanks(struct wow_scanner *s);
/* Can a name that is not quoted have this in it? */
bool wow_scanner_is_word(char c);
/* The list is wrong here. Returns the error's code. */
int wow_scanner_fail(struct wow_scanner *s, const char *expected);
/* Takes the text between quotes, which are doubled inside. NULL: no text in quotes begins here, or
** there is an error (then err is set). */
char *wow_scanner_take_quoted(struct wow_scanner *s, char quote);
/* Takes a name, bare or in double quotes. NULL: an error. */
char *wow_scanner_take_name(struct wow_scanner *s);
/* Takes a keyword if it is here as a whole word. */
bool wow_scanner_take_word(struct wow_scanner *s, const char *word);
bool wow_scanner_take_symbol(struct wow_scanner *s, char symbol);
/* Takes "->a->>b", a path within JSON, as it is; *path stays NULL where there is none. SQLITE_OK or
** an error. */
int wow_scanner_take_json_path(struct wow_scanner *s, char **path);
/* Takes "relation!hint!join", of which hint and join may be missing, into an empty `embed`; reset
** it in either case. SQLITE_OK or an error. */
int wow_scanner_take_embed(struct wow_scanner *s, struct wow_embed *embed);

#endif
