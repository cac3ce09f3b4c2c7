/*
 * FFTW in single precision as a contender: a process that plans, runs and is read on request, one line per request.
 *
 *   plan complex|real N BATCH BITS   ->  names of the vector instructions the plan uses; BITS is 0 (any) or 128
 *   run COUNT                        ->  milliseconds of COUNT executions
 *   read ROW BIN                     ->  real and imaginary part
 *
 * Built on demand by fftw.ts: cc -O2 fftw.c -lfftw3f. FFTW itself is linked only where the user has it.
 */
#include <fftw3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static fftwf_plan plan;
static float *input;
static fftwf_complex *output;
static int length, batch, bins, is_real;

/* The generator of signal.ts. */
static uint32_t state;
static float noise(void) {
  state = state * 1664525u + 1013904223u;
  return (float)(state >> 8) / 8388608.0f - 1.0f;
}

static void fill(void) {
  int count = batch * length, i;
  state = 1;
  for (i = 0; i < count; i++) input[is_real ? i : 2 * i] = noise();
  state = 2;
  if (!is_real)
    for (i = 0; i < count; i++) input[2 * i + 1] = noise();
}

/* FFTW chooses among its codelets by measuring; their names say which instructions they are made of. */
static const char *instructions(void) {
  static const char *known[] = {"avx512", "avx2", "avx2_128", "avx_128_fma", "avx", "sse2", "neon", "vsx"};
  static char found[128];
  char *text = fftwf_sprint_plan(plan);
  size_t i;
  found[0] = 0;
  for (i = 0; i < sizeof known / sizeof *known && text; i++) {
    char suffix[32];
    snprintf(suffix, sizeof suffix, "_%s\"", known[i]);
    if (!strstr(text, suffix)) continue;
    if (found[0]) strcat(found, "+");
    strcat(found, known[i]);
  }
  free(text);
  return found[0] ? found : "scalar";
}

static fftwf_plan measured(unsigned flags) {
  fftwf_complex *in = (fftwf_complex *)input;
  return is_real ? fftwf_plan_many_dft_r2c(1, &length, batch, input, NULL, 1, length, output, NULL, 1, bins, flags)
                 : fftwf_plan_many_dft(1, &length, batch, in, NULL, 1, length, output, NULL, 1, bins, FFTW_FORWARD,
                                       flags);
}

/*
 * FFTW's interface has no switch for narrower vectors, but its wisdom is text: with every AVX codelet of the measured
 * plan renamed to its SSE2 sibling, planning from that wisdom alone gives the same decomposition in 128-bit vectors.
 * A planner that had measured SSE2 from the start might have found a better decomposition.
 */
static fftwf_plan narrowed(void) {
  char *wisdom = fftwf_export_wisdom_to_string(), *from, *to, *text = malloc(2 * strlen(wisdom) + 1);
  for (from = wisdom, to = text; *from;) {
    if (strncmp(from, "_avx", 4) == 0) {
      from += strcspn(from, " ");
      to += sprintf(to, "_sse2");
    } else {
      *to++ = *from++;
    }
  }
  *to = 0;
  fftwf_destroy_plan(plan);
  fftwf_forget_wisdom();
  plan = fftwf_import_wisdom_from_string(text) ? measured(FFTW_MEASURE | FFTW_WISDOM_ONLY) : NULL;
  free(wisdom);
  free(text);
  return plan;
}

static void make_plan(const char *kind, int bits) {
  is_real = strcmp(kind, "real") == 0;
  bins = is_real ? length / 2 + 1 : length;
  input = fftwf_malloc(sizeof(float) * batch * length * (is_real ? 1 : 2));
  output = fftwf_malloc(sizeof(fftwf_complex) * batch * bins);
  plan = measured(FFTW_MEASURE);
  if (bits == 128) narrowed();
  if (plan && bits == 128 && strstr(instructions(), "avx")) plan = NULL;
  fill(); /* planning wrote into the arrays */
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

int main(void) {
  char line[128], kind[16];
  long count, i;
  int row, bin, bits;
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "plan %15s %d %d %d", kind, &length, &batch, &bits) == 4) {
      make_plan(kind, bits);
      printf("%s\n", plan ? instructions() : "none");
    } else if (sscanf(line, "run %ld", &count) == 1 && plan) {
      double start = now();
      for (i = 0; i < count; i++) fftwf_execute(plan);
      printf("%.9g\n", now() - start);
    } else if (sscanf(line, "read %d %d", &row, &bin) == 2 && plan) {
      printf("%.9g %.9g\n", output[row * bins + bin][0], output[row * bins + bin][1]);
    } else {
      printf("error\n");
    }
    fflush(stdout);
  }
  return 0;
}
