/** The C backend gives the bits of the kernel interpreter, in every language and compiler at hand, without a warning. */
import { describe, expect, it } from 'vitest';
import { printC, type CFunction } from '../../../src/backends/c/c.ts';
import type { Dtype, Program } from '../../../src/compiler/kernel.ts';
import { compileGraph } from '../../../src/compiler/pipeline.ts';
import { InvalidArgumentError, UnsupportedError } from '../../../src/errors.ts';
import { argument, exprCarrier as k, literal, type Expr } from '../../../src/ir/expr.ts';
import { input, loop, map, parameter, type Graph } from '../../../src/ir/graph.ts';
import { planGraph, type PlanOptions } from '../../../src/plans/plan.ts';
import { featureGraph } from '../../../src/plans/feature-graphs.ts';
import { featureHead } from '../../../src/spectral/presets.ts';
import { gaussian } from '../../helpers.ts';
import { compilers, hasCompiler, hasTheBits, inFolder, strict, type NativeCase } from './native.ts';

const plans: Omit<PlanOptions, 'dtype'>[] = [
  { n: 1 },
  { n: 2 },
  { n: 16 },
  { n: 60 },
  { n: 101 },
  { n: 64, inverse: true, norm: 'ortho' },
  { n: 8, input: 'real' },
  { n: 15, input: 'real' },
  { n: 512, input: 'real' },
  { n: 400, input: 'real' },
  { n: 256, input: 'real', inverse: true },
];

/** Numbers where ops of one or two arguments differ: zeros, ties, huge, tiny, none. */
const hard = [0, -0, 0.5, 1.5, -2.5, 3.7, -1e30, 1e-38, 2e-45, 8388607.5, Infinity, -Infinity, NaN, 7];

const [a, b] = [argument(0), argument(1)];
const positive = k.max(k.min(k.abs(a), literal(1e30)), literal(1e-30));
/** Every op of one argument, or of two. */
const ops: readonly Expr[] = [
  k.sqrt(a), k.abs(a), k.round(a), k.min(a, b), k.max(a, b), k.div(a, b), k.neg(a),
  k.select(k.less(a, b), a, literal(3)), k.select(k.equal(a, b), literal(-1), b),
  k.log(positive), k.log(k.max(a, literal(1e-10))), k.log(k.max(k.neg(a), literal(1e-10))),
  k.exp(k.min(k.max(b, literal(-80)), literal(80))), k.sqrt(positive),
]; // prettier-ignore

/** Ops over all pairs of hard numbers. */
const opsProgram = (dtype: Dtype, body = ops): NativeCase => {
  const size = hard.length ** 2;
  const place = { offset: 0, terms: [1] };
  const results = loop({
    label: 'ops',
    space: [size],
    loads: ['a', 'b'].map((name) => ({ tensor: input(name, [size]), access: place })),
    body,
    shapes: body.map(() => [size]),
    stores: body.map((_, result) => ({ result, access: place, combine: 'store' as const })),
  });
  const graph: Graph = { outputs: Object.fromEntries(results.map((t, i) => [`o${i}`, t])) };
  return {
    program: compileGraph(graph, { dtype, vectors: false }),
    values: { a: hard.flatMap((x) => hard.map(() => x)), b: hard.flatMap(() => hard) },
  };
};

/** Sums in the reverse order: they lie in the output, where one of a pair is written before the other is stored. */
const reversal = (dtype: Dtype): NativeCase => {
  const [sums] = map('sums', [input('x', [8])], [k.add(a, literal(1))]);
  const [there, back] = [{ offset: 0, terms: [1] }, { offset: 7, terms: [-1] }]; // prettier-ignore
  const [y] = loop({
    label: 'reversal',
    space: [4],
    loads: [there, back].map((access) => ({ tensor: sums, access })),
    body: [a, b],
    shapes: [[8]],
    stores: [back, there].map((access) => ({ result: 0, access, combine: 'store' as const })),
  });
  const program = compileGraph({ outputs: { y } }, { dtype, vectors: false });
  return { program, values: { x: [1, 2, 3, 4, 5, 6, 7, 8] } };
};

const casesOf = (dtype: Dtype): NativeCase[] => {
  const made: { program: Program; overwrite: boolean }[] = plans.flatMap((options, i) => {
    const program = compileGraph(planGraph({ ...options, dtype }).graph, { dtype, vectors: i % 2 === 1 });
    return [false, true].map((overwrite) => ({ program, overwrite }));
  });
  for (const preset of ['papilio', 'whisper', 'kaldi'] as const) {
    const head = { ...featureHead(preset), fit: null };
    made.push({
      program: compileGraph(featureGraph(head, 2000), { dtype, vectors: false }),
      overwrite: true,
    });
  }
  return [
    opsProgram(dtype),
    reversal(dtype),
    ...made.map(({ program, overwrite }, i) => ({
      program,
      overwrite,
      values: Object.fromEntries(
        Object.keys(program.inputs).map((name, j) => [
          name,
          gaussian(program.buffers[program.inputs[name]].size, 2 * i + j).map((x) => 0.1 * x),
        ]),
      ),
    })),
  ];
};

describe.each([
  ['f32', compilers],
  // The text is the same but for the type.
  ['f64', compilers.slice(0, 1)],
] as const)('%s', (dtype, used) => {
  hasTheBits(casesOf(dtype), used);
});

const program = compileGraph(planGraph({ n: 8, input: 'real' }).graph, { dtype: 'f32', vectors: false });
const fft = (own: Partial<CFunction>): CFunction => ({
  name: 'fft8',
  summary: ['Spectrum.'],
  program,
  parameters: [],
  ...own,
});

describe('what is refused', () => {
  it.each([
    '',
    '8fft',
    'a-b',
    'a__b',
    '_a',
    'é',
    'float',
    'class',
    'concept',
    'main',
    'std',
    'papilio_fft',
    'PAPILIO_LANES',
    'free',
    'exp',
    'sinf',
    'memcpy',
    'int8_t',
    'INT8_MAX',
    'EOF',
    'NULL',
    'NAN',
    'linux',
    'features',
    'stdint',
    'String',
    'aux',
  ])('name %j', (name) => {
    expect(() => printC({ name, title: [], functions: [] })).toThrow(InvalidArgumentError);
    const expected = /^name is ".*"; expected (an identifier of C|none that C, C\+\+, their library)/;
    expect(() => printC({ name: 'x', title: [], functions: [fft({ name })] })).toThrow(expected);
  });
  it('programs with parameters', () => {
    const graph = { outputs: { y: loop({
      label: 'p', space: [2], loads: [{ tensor: parameter('p', [2]), access: { offset: 0, terms: [1] } }], body: [argument(0)],
      shapes: [[2]], stores: [{ result: 0, access: { offset: 0, terms: [1] }, combine: 'store' }],
    })[0] } }; // prettier-ignore
    const held = compileGraph(graph, { dtype: 'f32' });
    expect(() => printC({ name: 'x', title: [], functions: [fft({ program: held })] })).toThrow(
      UnsupportedError,
    );
  });
});

describe.each([
  ['gcc', '-std=c99'],
  ['clang', '-std=c99'],
  ['clang++', '-std=c++11'],
])('by %s', (compiler, language) => {
  it.skipIf(!hasCompiler(compiler))('every op alone is without a warning', () => {
    const files = ops.map((op, i): [string, string] => {
      const { program: own } = opsProgram('f32', [op]);
      const ends = Object.keys({ ...own.inputs, ...own.outputs });
      const parameters = ends.map((buffer) => ({ buffer, name: buffer, is: buffer }));
      const functions = [fft({ name: `x${i}`, program: own, parameters })];
      const { header, source } = printC({ name: `x${i}`, title: ['Test.'], functions });
      return [`x${i}.c`, source.replace(`#include "x${i}.h"`, () => header)];
    });
    const names = files.map(([name]) => name);
    const flags = [...(language.includes('++') ? ['-x', 'c++'] : []), language, ...strict, '-fsyntax-only'];
    inFolder(Object.fromEntries(files), (run) => run(compiler, ...flags, ...names));
  });
});

describe('tables', () => {
  it('equal ones of several programs are one', () => {
    const one = printC({ name: 'x', title: [], functions: [fft({})] });
    const two = printC({ name: 'x', title: [], functions: [fft({}), fft({ name: 'again' })] });
    expect(two.tableBytes).toBe(one.tableBytes);
  });
});
