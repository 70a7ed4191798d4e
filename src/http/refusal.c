/*
** Refusals, see refusal.h.
*/
#include "http/refusal.h"

#include <stddef.h>
#include <string.h>

/* Was it rolled back for the sake of another transaction (serialization failure, deadlock)? */
static bool is_conflict(const char *code) {
  return code && (strcmp(code, "40001") == 0 || strcmp(code, "40P01") == 0);
}

bool wow_refusal_is_passing(int status, const char *code) {
  if (status == 429 || (status >= 502 && status <= 504)) return true;
  if ((status >= 520 && status <= 524) || status == 544) return true;
  return status == 500 && is_conflict(code);
}

bool wow_refusal_is_undone(int status, const char *code) {
  return status == 429 || is_conflict(code);
}

bool wow_refusal_is_lag(const char *code) {
  static const char *const codes[] = {"PGRST202", "PGRST204", "PGRST205"};
  for (size_t i = 0; code && i < sizeof(codes) / sizeof(codes[0]); i++) {
    if (strcmp(code, codes[i]) == 0) return true;
  }
  return false;
}
