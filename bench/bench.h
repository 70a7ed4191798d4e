/*
** What the measuring programs share: clocks, and the keys to look up. sql and client read commands
** from standard input, one per line, and reply to each with one line: "ok SECONDS ..." or "error
** MESSAGE". They keep running, so that neither starting a process nor connecting is measured.
*/
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINE_BYTES 65536

static inline double bench_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The CPU time of this process, in seconds. */
static inline double bench_cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The i-th of the keys 1 to `modulus`: all different (7919 is prime), and not in order. */
static inline long long bench_key(long long i, long long modulus) {
  return i * 7919 % modulus + 1;
}

/* Reads a command, without its line end. False: end of input. */
static inline int bench_read(char *line) {
  if (fgets(line, LINE_BYTES, stdin) == NULL) return 0;
  line[strcspn(line, "\n")] = 0;
  return 1;
}

#endif
