/*
 * In the place of main.c, on the machine itself: runs on request, so that contenders take turns.
 *
 *   run COUNT   ->  milliseconds of COUNT calls
 */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <time.h>

#include "board.h"

void print_elements(const char *name, const void *elements, size_t count, size_t size) {
  (void)name, (void)elements, (void)count, (void)size;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

int main(void) {
  char line[64];
  long count;
  setup();
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "run %ld", &count) != 1) return 2;
    prepare();
    const double start = now();
    for (long i = 0; i < count; i++) call();
    printf("%.9g\n", now() - start);
    fflush(stdout);
  }
  return 0;
}
