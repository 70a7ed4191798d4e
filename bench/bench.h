/*
** What the measuring programs share: the clocks, and the keys that are looked up. sql and client
** read commands from standard input, one a line, and answer each with one line: "ok SECONDS ...",
** or "error MESSAGE". They stay alive, so that neither the start of a process nor a first
** connection counts.
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

/* Of this process. */
static inline double bench_cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The i-th of `modulus` keys from 1 on: all different (7919 is prime), and in no order. */
static inline long long bench_key(long long i, long long modulus) {
  return i * 7919 % modulus + 1;
}

/* Reads a command, without its line end. False: there is none any more. */
static inline int bench_read(char *line) {
  if (fgets(line, LINE_BYTES, stdin) == NULL) return 0;
  line[strcspn(line, "\n")] = 0;
  return 1;
}

#endif
