/*
** What is told of a transfer that has ended, see report.h.
*/
#include "http/report.h"

#include "http/pace.h"
#include "http/private.h"
#include "http/url.h"

/* The warnings of the response, fit to be shown. NULL: none, or no memory. */
static char *clean_warning(const struct wow_transfer *t) {
  char *text = t->response.warning ? sqlite3_mprintf("%s", t->response.warning) : NULL;
  wow_secret_redact(&t->secrets, text);
  /* It is shown on terminals, to which control characters are commands. */
  for (char *p = text; p && *p; p++) {
    if ((unsigned char)*p < 0x20 || *p == 0x7f) *p = ' ';
  }
  return text;
}

void wow_report_log(struct wow_transfer *t) {
  struct wow_log_entry entry = {
      .at = t->at,
      .server = sqlite3_mprintf("%s", t->server),
      .method = sqlite3_mprintf("%s", t->method),
      .url = wow_url_clean(t->url),
      .status = t->response.status,
      .ms = t->ended_ms - t->begun_ms,
      .ttfb_ms = t->ttfb_ms,
      .bytes_sent = t->body_bytes,
      .bytes_received = t->received_bytes,
      .rows = t->rows,
      .retries = t->retries,
      .error = t->rc != SQLITE_OK ? wow_error_text(&t->err) : NULL,
      .warning = clean_warning(t),
      .statement = t->statement,
  };
  wow_secret_redact(&t->secrets, entry.url);
  wow_secret_redact(&t->secrets, entry.statement);
  t->statement = NULL;
  wow_log_add(t->http->log, &entry);
}

void wow_report_pace(const struct wow_transfer *t) {
  if (t->pace == NULL || t->rc != SQLITE_OK || t->retries > 0 || t->redirects > 0) return;
  struct wow_pace_sample sample = {
      .at_ms = t->ended_ms,
      .ttfb_ms = t->ttfb_ms,
      .total_ms = t->ended_ms - t->begun_ms,
      .bytes = t->received_bytes,
      .rows = t->rows,
  };
  wow_pace_saw(t->pace, &sample);
}
