/*
 * Transforms in single precision, in turn, in one process: papilio's C with vectors and without, FFTW, and kissfft and pffft where they
 * are compiled in. Built by run.ts with POINTS, REAL, SAMPLES, HAVE_KISSFFT, HAVE_PFFFT. Prints the instructions of FFTW's plan, then a line
 * per contender: its name, its largest difference from FFTW's result as a part of the largest number, nanoseconds of every sample.
 */
#define _POSIX_C_SOURCE 199309L
#include <fftw3.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "scalar.h"
#include "vectors.h"
#ifdef HAVE_KISSFFT
#include "kiss_fftr.h"
#endif
#ifdef HAVE_PFFFT
#include "pffft.h"
#endif

enum { INPUT = REAL ? POINTS : 2 * POINTS, OUTPUT = REAL ? POINTS + 2 : 2 * POINTS };

static float *in, *out, *expected, *scratch;
static fftwf_plan plan;

static void vectors_run(void) { vectors(in, out, scratch); }
static void scalar_run(void) { scalar(in, out, scratch); }
static void fftw_run(void) { fftwf_execute(plan); }

#ifdef HAVE_KISSFFT
#if REAL
static kiss_fftr_cfg kissfft;
static void kissfft_run(void) { kiss_fftr(kissfft, in, (kiss_fft_cpx *)out); }
#else
static kiss_fft_cfg kissfft;
static void kissfft_run(void) { kiss_fft(kissfft, (kiss_fft_cpx *)in, (kiss_fft_cpx *)out); }
#endif
#endif

#ifdef HAVE_PFFFT
static PFFFT_Setup *pffft;
static void pffft_run(void) { pffft_transform_ordered(pffft, in, out, scratch, PFFFT_FORWARD); }
#endif

typedef struct {
  const char *name;
  void (*run)(void);
  double error, ns[SAMPLES];
} contender;

static contender all[] = {
  {.name = "papilio", .run = vectors_run},
  {.name = "papilio-scalar", .run = scalar_run},
  {.name = "fftw", .run = fftw_run},
#ifdef HAVE_KISSFFT
  {.name = "kissfft", .run = kissfft_run},
#endif
#ifdef HAVE_PFFFT
  {.name = "pffft", .run = pffft_run},
#endif
};
enum { COUNT = sizeof all / sizeof *all };

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* Names of FFTW's codelets say which instructions they are made of. */
static void print_instructions(void)
{
  static const char *known[] = {"avx512", "avx2", "avx2_128", "avx_128_fma", "avx", "sse2", "neon"};
  char *text = fftwf_sprint_plan(plan);
  printf("instructions");
  for (size_t i = 0; i < sizeof known / sizeof *known && text; i++) {
    char suffix[32];
    snprintf(suffix, sizeof suffix, "_%s\"", known[i]);
    if (strstr(text, suffix)) printf(" %s", known[i]);
  }
  printf("\n");
  free(text);
}

static double error_of(const contender *c)
{
  double largest = 0, error = 0;
  c->run();
  /* pffft has the last bin of real input in the place of the first one's imaginary part. */
  if (REAL && strcmp(c->name, "pffft") == 0) {
    out[POINTS] = out[1];
    out[POINTS + 1] = out[1] = 0;
  }
  for (int i = 0; i < OUTPUT; i++) {
    largest = fmax(largest, fabs(expected[i]));
    error = fmax(error, fabs(out[i] - expected[i]));
  }
  return error / largest;
}

int main(void)
{
  /* Microseconds a sample: few of them are interrupted, and the others do not show in a median. */
  const int repetitions = 60 * 1024 / POINTS + 2;
  uint32_t state = 1;
  in = fftwf_malloc(sizeof(float) * INPUT);
  out = fftwf_malloc(sizeof(float) * OUTPUT);
  expected = fftwf_malloc(sizeof(float) * OUTPUT);
  scratch = fftwf_malloc(sizeof(float) * (SCALAR_SCRATCH + VECTORS_SCRATCH + 2 * POINTS));
  plan = REAL ? fftwf_plan_dft_r2c_1d(POINTS, in, (fftwf_complex *)out, FFTW_MEASURE)
              : fftwf_plan_dft_1d(POINTS, (fftwf_complex *)in, (fftwf_complex *)out, FFTW_FORWARD, FFTW_MEASURE);
  print_instructions();
#ifdef HAVE_KISSFFT
#if REAL
  kissfft = kiss_fftr_alloc(POINTS, 0, NULL, NULL);
#else
  kissfft = kiss_fft_alloc(POINTS, 0, NULL, NULL);
#endif
#endif
#ifdef HAVE_PFFFT
  pffft = pffft_new_setup(POINTS, REAL ? PFFFT_REAL : PFFFT_COMPLEX);
#endif
  for (int i = 0; i < INPUT; i++) {
    state = state * 1664525u + 1013904223u;
    in[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
  }
  fftw_run();
  memcpy(expected, out, sizeof(float) * OUTPUT);
  for (int c = 0; c < COUNT; c++) all[c].error = error_of(&all[c]);
  for (int s = -1; s < SAMPLES; s++)
    for (int c = 0; c < COUNT; c++) {
      double start;
      all[c].run();
      all[c].run();
      start = now();
      for (int r = 0; r < repetitions; r++) all[c].run();
      if (s >= 0) all[c].ns[s] = (now() - start) / repetitions;
    }
  for (int c = 0; c < COUNT; c++) {
    printf("%s %g", all[c].name, all[c].error);
    for (int s = 0; s < SAMPLES; s++) printf(" %.1f", all[c].ns[s]);
    printf("\n");
  }
  return 0;
}
