/* The clock that durations are measured by. */
#ifndef WOW_CLOCK_H
#define WOW_CLOCK_H

#include <time.h>

/* Milliseconds from an arbitrary start, never set back. */
static inline double wow_clock_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Milliseconds that this thread has computed. */
static inline double wow_clock_cpu_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The time of day as Unix time, in seconds. */
static inline double wow_clock_unix_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
