/**
 * npm run fixed-check [-- --inputs 10000 --attacks 1000000]: fixed point in C. The outputs of a transform and of a front end in q15 and q31 over
 * many inputs have one hash in js and WebAssembly here, in gcc's and clang's code here, and under QEMU on a Cortex-M0+, an M4F and an RV32;
 * and a build that traps overflow takes full-scale inputs, random ones and the signs of rows of the transform, and compares each with
 * the sums of the DFT in float64: nothing overflows, and no number is further from the exact one than its bound. What is not installed is skipped.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { boards, unavailable } from '../bench/embedded/boards.ts';
import { inFolder, runOnBoard } from '../bench/embedded/run.ts';
import { viewOf, type Backend } from '../src/backends/backend.ts';
import { fitted, printC, type CFunction } from '../src/backends/c/c.ts';
import { programIn } from '../src/backends/c/format.ts';
import { jsBackend } from '../src/backends/js.ts';
import { wasmBackend } from '../src/backends/wasm/wasm.ts';
import type { FixedName } from '../src/compiler/fixed/fixed.ts';
import type { Graph } from '../src/ir/graph.ts';
import { exactFrontEnd } from '../src/front/front-end.ts';
import { inferenceGraph } from '../src/front/graphs.ts';
import { planGraph } from '../src/plans/plan.ts';
import { featureHead } from '../src/spectral/presets.ts';

const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '10000' }, attacks: { type: 'string', default: '1000000' } },
});
const [inputs, attacks] = [Number(values.inputs), Number(values.attacks)];

const points = 64;
const head = featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 10 } });
const bins = 2 * (points / 2 + 1);

interface Task {
  readonly name: string;
  readonly graph: Graph;
  readonly ends: readonly [input: string, output: string];
  readonly live?: Readonly<Record<string, number>>;
}

const tasks: readonly Task[] = [
  {
    name: `real ${points}`,
    graph: planGraph({ n: points, input: 'real', layout: 'interleaved', dtype: 'f64' }).graph,
    ends: ['inputRe', 'output'],
    live: { output: bins },
  },
  { name: 'log-mel of 64', graph: inferenceGraph(exactFrontEnd(head), 1), ends: ['samples', 'features'] },
];

/** A task in a format as a function `f` of C. */
function functionOf({ graph, ends, live }: Task, format: FixedName) {
  const { program, proven } = programIn(format, graph, { vectors: false, ...(live ? { live } : {}) });
  const [input, output] = ends;
  const f: CFunction = fitted({
    name: 'f',
    summary: ['Checked.'],
    program,
    parameters: [
      { buffer: input, name: 'in', is: 'samples' },
      { buffer: output, name: 'out', is: 'results', ...(live ? { count: live[output] } : {}) },
    ],
  });
  const size = (buffer: string): number =>
    f.program.buffers[f.program.inputs[buffer] ?? f.program.outputs[buffer]].size;
  return { f, samples: size(input), results: size(output), proven };
}

/** The next state of a linear congruential generator (Numerical Recipes). */
const next = (state: number): number => (Math.imul(state, 1664525) + 1013904223) | 0;
/** FNV-1a over 32-bit words. */
const hashed = (hash: number, word: number): number => Math.imul(hash ^ word, 16777619);

/** The same inputs and hash as in C. */
function hashHere(
  backend: Backend,
  { f, samples, results }: ReturnType<typeof functionOf>,
  format: FixedName,
): string {
  const executable = backend.instantiate(f.program as never);
  const [input] = Object.keys(f.program.inputs);
  const [output] = Object.keys(f.program.outputs);
  const [from, to] = [viewOf(executable, input), viewOf(executable, output)];
  const shift = format === 'q15' ? 16 : 0;
  let [state, hash] = [1, -2128831035];
  for (let r = 0; r < inputs; r++) {
    // Quieter and quieter, and full scale again.
    const quiet = shift + (r & 15);
    for (let i = 0; i < samples; i++) {
      state = next(state);
      from[i] = state >> quiet;
    }
    executable.run();
    for (let i = 0; i < results; i++) hash = hashed(hash, to[i]);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

const sampleType = (format: FixedName): string => (format === 'q15' ? 'int16_t' : 'int32_t');

const hashText = (
  { samples, results }: ReturnType<typeof functionOf>,
  format: FixedName,
): string => `#include "checked.h"
static ${sampleType(format)} in[${samples}];
static int32_t out[${results}], scratch[F_SCRATCH + 1];
static uint32_t hash_of(void)
{
  uint32_t state = 1, hash = 2166136261u;
  for (int r = 0; r < ${inputs}; r++) {
    for (int i = 0; i < ${samples}; i++) {
      state = state * 1664525u + 1013904223u;
      in[i] = (${sampleType(format)})((int32_t)state >> (${format === 'q15' ? 16 : 0} + (r & 15)));
    }
    f(in, out, scratch);
    for (int i = 0; i < ${results}; i++) hash = (hash ^ (uint32_t)out[i]) * 16777619u;
  }
  return hash;
}
static void hex(char *to, uint32_t x)
{
  for (int i = 0; i < 8; i++) to[i] = "0123456789abcdef"[(x >> (28 - 4 * i)) & 15];
  to[8] = 0;
}
`;

/** Full-scale inputs against the DFT by its definition. */
const attackText = (format: FixedName, fraction: number, bound: number): string => `#include <math.h>
#include <stdio.h>
#include "checked.h"
#define N ${points}
static ${sampleType(format)} in[N];
static int32_t out[N + 2], scratch[F_SCRATCH + 1];
static double c[N], s[N];
static const double most = ${format === 'q15' ? '32767' : '2147483647'}, full = ${format === 'q15' ? '32768' : '2147483648'};
int main(void)
{
  uint32_t state = 9;
  double worst = 0;
  for (int i = 0; i < N; i++) { c[i] = cos(2 * 3.14159265358979323846 * i / N); s[i] = sin(2 * 3.14159265358979323846 * i / N); }
  for (long r = 0; r < ${attacks}; r++) {
    const int kind = (int)(r & 3);
    int k = 0, at = 0;
    state = state * 1664525u + 1013904223u;
    k = (int)(state >> 26);
    at = (int)((state >> 20) & 63);
    for (int i = 0; i < N; i++) {
      double x;
      state = state * 1664525u + 1013904223u;
      x = (int32_t)state / 2147483648.0;
      if (kind == 1) x = x < 0 ? -1 : 1;
      if (kind == 2) x = c[(k * i + at) % N] < 0 ? -1 : 1;
      if (kind == 3) x = s[(k * i + at) % N] + x / 64;
      x = floor(x * full + 0.5);
      in[i] = (${sampleType(format)})(x > most ? most : x < -full ? -full : x);
    }
    f(in, out, scratch);
    for (int b = 0; b <= N / 2; b++) {
      double re = 0, im = 0;
      for (int i = 0; i < N; i++) { re += in[i] * c[(b * i) % N]; im -= in[i] * s[(b * i) % N]; }
      re = fabs(out[2 * b] - re / full * ${2 ** fraction}.0);
      im = fabs(out[2 * b + 1] - im / full * ${2 ** fraction}.0);
      if (re > worst) worst = re;
      if (im > worst) worst = im;
    }
  }
  printf("%.3f\\n", worst);
  return worst > ${bound};
}
`;

let [passed, failed] = [0, 0];
const report = (what: string, wrong: string | null): void => {
  if (wrong === null) passed++;
  else failed++;
  console.log(`${wrong === null ? 'ok     ' : 'FAILED '} ${what}${wrong === null ? '' : `: ${wrong}`}`);
};

/** Builds a program here and returns what it prints. */
const here = (compiler: string, flags: readonly string[], files: Readonly<Record<string, string>>): string =>
  inFolder((folder) => {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    const sources = Object.keys(files).filter((file) => file.endsWith('.c'));
    const built = spawnSync(compiler, ['-std=c99', '-O2', ...flags, ...sources, '-lm', '-o', 'run'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (built.error) return `skipped: ${compiler} is not installed`;
    if (built.status !== 0)
      return built.stderr.split('\n').find((line) => line.includes('error')) ?? 'not built';
    const run = spawnSync(join(folder, 'run'), { encoding: 'utf8' });
    return run.status === 0
      ? run.stdout.trim()
      : `${run.stdout.trim()} ${run.stderr.split('\n')[0]} (code ${run.status})`;
  });

for (const task of tasks)
  for (const format of ['q15', 'q31'] as const) {
    const own = functionOf(task, format);
    const { header, source } = printC({ name: 'checked', title: ['Checked.'], functions: [own.f] });
    const sources = { 'checked.h': header, 'checked.c': source };
    const text = hashText(own, format);
    const expected = hashHere(wasmBackend as Backend, own, format);
    const what = `${task.name}, ${format}, ${inputs} inputs`;
    report(
      `${what}: js`,
      hashHere(jsBackend as Backend, own, format) === expected ? null : 'other bits than WebAssembly',
    );
    const main = `${text}#include <stdio.h>\nint main(void) { char t[9]; hex(t, hash_of()); puts(t); return 0; }\n`;
    for (const compiler of ['gcc', 'clang']) {
      const found = here(compiler, [], { ...sources, 'main.c': main });
      if (found.startsWith('skipped')) console.log(found);
      else report(`${what}: ${compiler}`, found === expected ? null : `${found} in the place of ${expected}`);
    }
    for (const board of [boards['cortex-m0plus'], boards['cortex-m4f'], boards.riscv32]) {
      const reason = unavailable(board);
      if (reason !== null) {
        console.log(`skipped ${board.name}: ${reason}`);
        continue;
      }
      const onBoard = `#include "board.h"\n${text}int main(void) { char t[9]; hex(t, hash_of()); board_print(t); return 0; }\n`;
      const { stdout } = runOnBoard(board, {
        sources,
        harness: { 'hash.c': onBoard },
        flags: ['-std=c99', '-O2'],
      });
      report(
        `${what}: ${board.name}`,
        stdout.includes(expected) ? null : `${stdout.trim()} in the place of ${expected}`,
      );
    }
    const output = own.proven?.outputs['output'];
    if (!output) continue;
    const flags = ['-fsanitize=undefined', '-fno-sanitize-recover=all'];
    const attacked = here('gcc', flags, {
      ...sources,
      'attack.c': attackText(format, output.fraction, output.noise),
    });
    report(
      `${task.name}, ${format}: ${attacks} inputs of full scale, no overflow; ${attacked} of ${output.noise.toFixed(1)} steps at most`,
      /^[\d.]+$/.test(attacked) ? null : attacked,
    );
  }
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
