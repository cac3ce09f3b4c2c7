/* The machine itself: ticks are nanoseconds. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "board.h"

void board_print(const char *text) { fputs(text, stdout); }

void board_exit(int code) { exit(code); }

uint32_t board_ticks(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint32_t)(1000000000u * (uint64_t)t.tv_sec + (uint64_t)t.tv_nsec);
}
uint32_t board_ticks_since(uint32_t start) { return board_ticks() - start; }

unsigned char *board_stack_pointer(void) { return NULL; }
unsigned char *board_stack_limit(void) { return NULL; }
