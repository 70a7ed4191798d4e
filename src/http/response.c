/*
** The headers of a response, see response.h.
*/
#include "http/response.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/private.h"

/* Bytes of a Retry-After that are looked at: more than any date has. */
#define MAX_RETRY_AFTER 80

void wow_response_forget(struct wow_transfer *t) {
  struct wow_http_response *response = &t->response;
  sqlite3_free(response->content_type);
  sqlite3_free(response->content_range);
  sqlite3_free(response->preference_applied);
  sqlite3_free(response->location);
  sqlite3_free(response->server);
  sqlite3_free(response->warning);
  memset(response, 0, sizeof(*response));
  t->retry_after_s = -1;
  t->headers_done = false;
}

/* Keeps the value of a header that somebody reads. SQLITE_OK or SQLITE_NOMEM. */
static int keep_header(struct wow_transfer *t, const char *line, size_t end) {
  const struct {
    const char *name;
    char **field;
  } wanted[] = {{"content-type:", &t->response.content_type},
                {"content-range:", &t->response.content_range},
                {"preference-applied:", &t->response.preference_applied},
                {"location:", &t->response.location},
                {"server:", &t->response.server}};
  for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
    size_t name = strlen(wanted[i].name);
    if (end < name || sqlite3_strnicmp(line, wanted[i].name, (int)name) != 0) continue;
    while (name < end && line[name] == ' ')
      name++;
    sqlite3_free(*wanted[i].field);
    *wanted[i].field = sqlite3_mprintf("%.*s", (int)(end - name), line + name);
    return *wanted[i].field ? SQLITE_OK : SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

/* Warnings (RFC 9111, 5.5) may be several. SQLITE_OK or SQLITE_NOMEM. */
static int keep_warning(struct wow_transfer *t, const char *line, size_t end) {
  static const char name[] = "warning:";
  char **warning = &t->response.warning;
  size_t bytes = sizeof(name) - 1;
  if (end <= bytes || sqlite3_strnicmp(line, name, (int)bytes) != 0) return SQLITE_OK;
  while (bytes < end && line[bytes] == ' ')
    bytes++;
  if (*warning && strlen(*warning) > WOW_MAX_ERROR_BYTES) return SQLITE_OK; /* enough is enough */
  *warning =
      sqlite3_mprintf("%z%s%.*s", *warning, *warning ? "; " : "", (int)(end - bytes), line + bytes);
  return *warning ? SQLITE_OK : SQLITE_NOMEM;
}

/* Reads Retry-After: seconds, or a date (RFC 9110, 10.2.3). */
static void read_retry_after(struct wow_transfer *t, const char *line, size_t end) {
  static const char name[] = "retry-after:";
  size_t bytes = sizeof(name) - 1;
  char value[MAX_RETRY_AFTER];
  if (end <= bytes || sqlite3_strnicmp(line, name, (int)bytes) != 0) return;
  sqlite3_snprintf((int)sizeof(value), value, "%.*s", (int)(end - bytes), line + bytes);
  const char *p = value;
  while (*p == ' ')
    p++;
  time_t date = *p >= '0' && *p <= '9' ? -1 : curl_getdate(p, NULL);
  t->retry_after_s = date < 0 ? atol(p) : (long)(date - time(NULL));
  if (t->retry_after_s < 0) t->retry_after_s = 0;
}

int wow_response_keep_line(struct wow_transfer *t, const char *line, size_t end) {
  int rc = keep_header(t, line, end);
  if (rc == SQLITE_OK) rc = keep_warning(t, line, end);
  read_retry_after(t, line, end);
  return rc;
}
