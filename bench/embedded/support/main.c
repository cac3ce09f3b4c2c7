/*
 * Runs what is measured once and prints what it gave, then times repetitions of it and of nothing:
 *
 *   <name> <elements>            of the first call
 *   stack <bytes>                that the first call used, where the board knows
 *   ticks <of what> <count> <ticks>
 */
#include "board.h"

static char line[40];

static void print_number(uint32_t x, char end) {
  char *at = line + 38;
  line[39] = 0;
  *at = end;
  do *--at = (char)('0' + x % 10), x /= 10;
  while (x);
  board_print(at);
}

void print_elements(const char *name, const void *elements, size_t count, size_t size) {
  const unsigned char *bytes = elements;
  board_print(name);
  board_print(" ");
  for (size_t i = 0; i < count; i++) {
    char *at = line;
    /* The most significant byte first, wherever it lies. */
    for (size_t b = size; b-- > 0;) {
      const unsigned byte = bytes[i * size + b];
      *at++ = "0123456789abcdef"[byte >> 4];
      *at++ = "0123456789abcdef"[byte & 15];
    }
    *at = 0;
    board_print(line);
  }
  board_print("\n");
}

void nothing(void);
void nothing(void) {}

/* What is called is not known to the compiler, so that all are called alike. */
static void (*volatile called)(void);

static uint32_t ticks_of(void (*what)(void), uint32_t count) {
  called = what;
  const uint32_t start = board_ticks();
  for (uint32_t i = 0; i < count; i++) {
    prepare();
    called();
  }
  return board_ticks_since(start);
}

static uint32_t print_ticks(const char *name, void (*what)(void), uint32_t count) {
  const uint32_t ticks = ticks_of(what, count);
  board_print("ticks ");
  board_print(name);
  board_print(" ");
  print_number(count, ' ');
  print_number(ticks, '\n');
  return ticks;
}

enum { painted = 0xa5, deepest = 65536 };

/* The first call, and how deep its stack gets: what is below this frame is painted, and looked at afterwards. */
static void first_call(void) {
  unsigned char *const limit = board_stack_limit();
  prepare();
  called = call;
  if (!limit) {
    called();
    return;
  }
  unsigned char *const top = board_stack_pointer();
  unsigned char *const bottom = (size_t)(top - limit) > deepest ? top - deepest : limit;
  for (volatile unsigned char *p = bottom; p < top; p++) *p = painted;
  called();
  volatile unsigned char *lowest = bottom;
  while (lowest < top && *lowest == painted) lowest++;
  board_print("stack ");
  print_number((uint32_t)(top - lowest), '\n');
}

int main(void) {
  setup();
  first_call();
  report();
  const uint32_t once = ticks_of(call, 1);
  /* As many as a second or so of emulation allows; 200 divide the grain of a timer of 40 or 50 instructions. */
  const uint32_t affordable = TICKS_TO_SPEND / (once + 1);
  const uint32_t count = affordable < 8 ? 8 : affordable > 200 ? 200 : affordable;
  print_ticks("call", call, 1);
  print_ticks("call", call, 1 + count);
  print_ticks("nothing", nothing, 1);
  print_ticks("nothing", nothing, 1 + count);
  board_exit(0);
  return 0;
}
