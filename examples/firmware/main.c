/*
 * Skeleton of a keyword spotter's front end: 16-bit samples in, features out.
 *
 * Built for the mps2-an386 board (Cortex-M4F) that QEMU emulates; on hardware, `read_samples` becomes the interrupt or
 * DMA buffer of a microphone, and `take_features` the first layer of a network. No heap, no operating system.
 */
#include "board.h"
#include "front.h"

/* 440 Hz and its third harmonic, as a microphone would give them: 16-bit samples, a block of 10 ms at a time. */
#define BLOCK 160
static int16_t block[BLOCK];

static int32_t phase;
static int read_samples(int16_t *to)
{
  static int blocks;
  if (blocks++ == 30) return 0;
  for (int i = 0; i < BLOCK; i++) {
    /* A parabola in the place of a sine: x (2 - |x|) with x in [-2, 2) as 16.16 fixed point. */
    const int32_t x = phase - 131072, size = x < 0 ? -x : x;
    to[i] = (int16_t)(((x >> 3) * ((131072 - size) >> 3)) >> 14);
    phase = (phase + 7209) & 262143;
  }
  return BLOCK;
}

/* Prints one frame in hundredths: integers, so that no printf is needed. */
static void take_features(void *context, const float *features)
{
  (void)context;
  for (int i = 0; i < FRONT_WIDTH; i++) {
    char text[12], *at = text + sizeof text - 1;
    int32_t n = (int32_t)(features[i] * 100.0f + (features[i] < 0 ? -0.5f : 0.5f));
    const int negative = n < 0;
    if (negative) n = -n;
    *at = 0;
    do *--at = (char)('0' + n % 10);
    while (n /= 10);
    if (negative) *--at = '-';
    *--at = ' ';
    board_print(at);
  }
  board_print("\n");
}

static front_state state;

int main(void)
{
  front_init(&state);
  for (int count; (count = read_samples(block)) > 0;) front_push_i16(&state, block, count, take_features, 0);
  front_flush(&state, take_features, 0);
  return 0;
}
