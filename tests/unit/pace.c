/* How fast a server is (src/http/pace.h): the best of late counts, and nearby nothing changes. */
#include "http/pace.h"

#include "base/limits.h"
#include "unit.h"

/* A response of some rows at 50 bytes each. */
static void saw(struct wow_pace *pace, double at_ms, double ttfb_ms, double total_ms, int rows) {
  struct wow_pace_sample sample = {at_ms, ttfb_ms, total_ms, (sqlite3_int64)rows * 50, rows};
  wow_pace_saw(pace, &sample);
}

static void test_nothing(void) {
  struct wow_pace pace = {0};
  CHECK_INT((int)wow_pace_round_trip_ms(&pace), 0);
  CHECK_INT((int)wow_pace_rows_per_s(&pace), 0);
  CHECK_INT((int)wow_pace_bytes_per_s(&pace), 0);
  CHECK_INT((int)wow_pace_rows_per_request(&pace), WOW_ROWS_PER_REQUEST);
  saw(&pace, 0, 0, 0, 0);
  CHECK_INT(pace.n_seen, 0);
}

/* The shortest round trip, and the best rate without it. Small responses say nothing of that. */
static void test_best(void) {
  struct wow_pace pace = {0};
  saw(&pace, 0, 90, 95, 10);
  CHECK_INT((int)wow_pace_round_trip_ms(&pace), 90);
  CHECK_INT((int)wow_pace_rows_per_s(&pace), 0);
  saw(&pace, 1, 40, 41, 10);
  saw(&pace, 2, 300, 440, 100000);
  saw(&pace, 3, 50, 240, 100000);
  CHECK_INT((int)wow_pace_round_trip_ms(&pace), 40);
  CHECK_INT((int)(wow_pace_rows_per_s(&pace) + 0.5), 500000);
  CHECK_INT((int)(wow_pace_bytes_per_s(&pace) + 0.5), 25000000);
}

/* What was seen too long ago does not count. */
static void test_period(void) {
  struct wow_pace pace = {0};
  saw(&pace, 0, 5, 5, 1);
  saw(&pace, WOW_PACE_MS + 1, 60, 60, 1);
  CHECK_INT((int)wow_pace_round_trip_ms(&pace), 5);
  saw(&pace, 2 * WOW_PACE_MS + 2, 70, 70, 1);
  CHECK_INT((int)wow_pace_round_trip_ms(&pace), 60);
  saw(&pace, 9 * WOW_PACE_MS, 80, 80, 1);
  CHECK_INT((int)wow_pace_round_trip_ms(&pace), 70);
}

/* A request is worth more rows at a distance; nearby, and at first, always the same. */
static void test_request(void) {
  struct wow_pace near = {0}, far = {0}, fast = {0};
  for (int i = 0; i < WOW_PACE_SEEN; i++) {
    CHECK(!wow_pace_is_far(&far));
    CHECK_INT((int)wow_pace_rows_per_request(&far), WOW_ROWS_PER_REQUEST);
    saw(&near, i, 2 + i, 2 + i, 1);
    saw(&far, i, 40 + i, 40 + i, 1);
    saw(&fast, i, 200, 201, 1000);
  }
  CHECK(!wow_pace_is_far(&near));
  CHECK_INT((int)wow_pace_rows_per_request(&near), WOW_ROWS_PER_REQUEST);
  CHECK(wow_pace_is_far(&far));
  CHECK_INT((int)(wow_pace_rows_per_request(&far) + 0.5), (int)(40 / WOW_ROW_MS + 0.5));
  saw(&far, 100, 60, 90, 10000);
  CHECK_INT((int)(wow_pace_rows_per_request(&far) + 0.5), 8000);
  CHECK_INT((int)wow_pace_rows_per_request(&fast), WOW_MAX_ROWS_PER_REQUEST);
  saw(&far, 101, 20, 20020, 1000);
  CHECK_INT((int)(wow_pace_rows_per_request(&far) + 0.5), 4000);
}

int main(void) {
  test_nothing();
  test_best();
  test_period();
  test_request();
  return unit_end("unit_pace");
}
