/* How fast a server is, see pace.h. */
#include "http/pace.h"

#include "base/limits.h"

static void saw(struct wow_least *least, double value, double at_ms) {
  if (least->now > 0 && at_ms - least->since_ms > WOW_PACE_MS) {
    least->before = least->now;
    least->now = 0;
  }
  if (least->now == 0) least->since_ms = at_ms;
  if (least->now == 0 || value < least->now) least->now = value;
}

static double least_of(const struct wow_least *least) {
  bool is_before = least->before > 0 && least->before < least->now;
  return is_before ? least->before : least->now;
}

void wow_pace_saw(struct wow_pace *pace, const struct wow_pace_sample *sample) {
  if (sample->ttfb_ms <= 0) return;
  saw(&pace->round_trip_ms, sample->ttfb_ms, sample->at_ms);
  if (pace->n_seen < WOW_PACE_SEEN) pace->n_seen++;
  /* Without the round trip: a small response takes little else, and says nothing of the rate. */
  double ms = sample->total_ms - wow_pace_round_trip_ms(pace);
  if (ms <= 0) return;
  if (sample->rows >= WOW_PACE_ROWS) saw(&pace->row_ms, ms / (double)sample->rows, sample->at_ms);
  if (sample->bytes >= WOW_PACE_BYTES)
    saw(&pace->byte_ms, ms / (double)sample->bytes, sample->at_ms);
}

double wow_pace_round_trip_ms(const struct wow_pace *pace) {
  return least_of(&pace->round_trip_ms);
}

double wow_pace_rows_per_s(const struct wow_pace *pace) {
  double ms = least_of(&pace->row_ms);
  return ms > 0 ? 1000 / ms : 0;
}

double wow_pace_bytes_per_s(const struct wow_pace *pace) {
  double ms = least_of(&pace->byte_ms);
  return ms > 0 ? 1000 / ms : 0;
}

bool wow_pace_is_far(const struct wow_pace *pace) {
  return pace->n_seen >= WOW_PACE_SEEN && wow_pace_round_trip_ms(pace) >= WOW_FAR_MS;
}

double wow_pace_rows_per_request(const struct wow_pace *pace) {
  double row_ms = least_of(&pace->row_ms);
  if (!wow_pace_is_far(pace)) return WOW_ROWS_PER_REQUEST;
  double rows = wow_pace_round_trip_ms(pace) / (row_ms > 0 ? row_ms : WOW_ROW_MS);
  if (rows < WOW_ROWS_PER_REQUEST) return WOW_ROWS_PER_REQUEST;
  return rows < WOW_MAX_ROWS_PER_REQUEST ? rows : WOW_MAX_ROWS_PER_REQUEST;
}
