/** C with vectors gives the bits of the kernel interpreter, for every number of lanes, and says which kernels have them. */
import { describe, expect, it } from 'vitest';
import { printC } from '../../../src/backends/c/c.ts';
import { hasVectors } from '../../../src/backends/c/vectors.ts';
import { fftC } from '../../../src/compiler.ts';
import type { Dtype } from '../../../src/compiler/kernel.ts';
import { compileGraph } from '../../../src/compiler/pipeline.ts';
import { InvalidArgumentError } from '../../../src/errors.ts';
import { averagedFrames } from '../../../src/front/spectral-head.ts';
import { exactFrontEnd, inferenceGraph } from '../../../src/front.ts';
import { planGraph, type PlanOptions } from '../../../src/plans/plan.ts';
import { featureHead } from '../../../src/spectral/presets.ts';
import { cases, gaussian } from '../../helpers.ts';
import { hasTheBits, type NativeCase } from './native.ts';

const stages = (...radices: number[]) => {
  const n = radices.reduce((a, b) => a * b, 1);
  return { n, chain: { kind: 'stages' as const, n, radices } };
};

type Plan = Omit<PlanOptions, 'dtype' | 'layout'>;

/** Odd factors, ragged ends, transposing last stages. */
const planar: readonly Plan[] = [
  stages(8, 8),
  stages(4, 4, 16),
  stages(5, 10, 8),
  stages(16, 5, 5),
  { n: 63 },
  { n: 101 },
  { ...stages(5, 5, 16), input: 'real' },
  { ...stages(5, 16), input: 'real', inverse: true },
];

/** Alternating ends, mirrored outputs. */
const interleaved: readonly Plan[] = [
  stages(4, 8, 8),
  stages(10, 5, 8),
  { ...stages(3, 5, 8), inverse: true, norm: 'ortho' },
  { ...stages(8, 8), input: 'real' },
  { ...stages(15, 4, 8), input: 'real' },
  { ...stages(3, 4, 8), input: 'real', inverse: true },
];

const casesOf = (dtype: Dtype, lanes: number): NativeCase[] => {
  const front = exactFrontEnd(featureHead('whisper'));
  const graphs = [
    ...planar.map((plan) => planGraph({ ...plan, dtype }).graph),
    ...interleaved.map((plan) => planGraph({ ...plan, dtype, layout: 'interleaved' }).graph),
    inferenceGraph(front, averagedFrames(front.head)),
  ];
  return graphs.map((graph, i) => {
    const program = compileGraph(graph, { dtype, lanes });
    const values = Object.entries(program.inputs).map(([name, id], j) => [
      name,
      gaussian(program.buffers[id].size, 2 * i + j).map((x) => 0.1 * x),
    ]);
    return { program, lanes, overwrite: i % 2 === 1, values: Object.fromEntries(values) };
  });
};

const sanitized = ['-std=c99', '-O0', '-fsanitize=undefined,address', '-fno-sanitize-recover=all'];

/** Compilers with what their programs need of the processor. */
const narrow = [
  { name: 'gcc', flags: ['-std=c99', '-O1', '-DPAPILIO_LANES=1'], needs: '' },
  { name: 'gcc', flags: sanitized, needs: '' },
];
const avx2 = [
  { name: 'gcc', flags: ['-std=c99', '-O1', '-mavx2', '-mfma'], needs: 'avx2' },
  { name: 'gcc', flags: [...sanitized, '-mavx2'], needs: 'avx2' },
  { name: 'g++', flags: ['-x', 'c++', '-std=c++11', '-O1', '-ffp-contract=off', '-mavx2'], needs: 'avx2' },
  { name: 'clang', flags: ['-std=c99', '-O1', '-ffp-contract=off', '-mavx2'], needs: 'avx2' },
];
const avx512 = [{ name: 'gcc', flags: ['-std=c99', '-O1', '-mavx512f'], needs: 'avx512f' }];

describe.each([
  ['f32', 8, [...narrow, ...avx2]],
  ['f32', 16, avx512],
  // The text is the same but for types and lanes; PAPILIO_THOROUGH=1 tries all compilers on it, too.
  ['f64', 4, [...narrow, ...avx2].slice(2, cases(3, Infinity))],
  ['f64', 8, avx512.slice(0, cases(0, Infinity))],
] as const)('%s, up to %i lanes', (dtype, lanes, compilers) => {
  const made = casesOf(dtype, lanes);
  it('most kernels of transforms have vectors', () => {
    const kernels = made.slice(0, 8).flatMap(({ program }) => program.kernels);
    const wide = kernels.filter((k) => hasVectors(k, lanes));
    expect(wide.length).toBeGreaterThan(kernels.length / 3);
  });
  hasTheBits(made, compilers);
});

describe('what is asked for', () => {
  const text = (options: Partial<Parameters<typeof fftC>[1]>): string =>
    fftC({ n: 64 }, { name: 'fft', ...options }).files['fft.c'];
  it('x86-64 has vectors unless they are refused, other targets have none', () => {
    expect(text({ target: 'x86-64' })).toContain('PAPILIO_LANES');
    expect(text({ target: 'x86-64', vectors: false })).not.toContain('PAPILIO_LANES');
    expect(text({})).not.toContain('PAPILIO_LANES');
    expect(() => text({ vectors: true })).toThrow(InvalidArgumentError);
  });
  it('without kernels that have vectors there are no functions for them', () => {
    const program = compileGraph(planGraph({ n: 3 }).graph, { dtype: 'f32', lanes: 8 });
    const parameters = [...Object.keys(program.inputs), ...Object.keys(program.outputs)].map((buffer, i) => ({
      buffer,
      name: `a${i}`,
      is: 'x',
    }));
    const { source } = printC({
      name: 'x',
      title: [],
      functions: [{ name: 'f', summary: [], program, lanes: 8, parameters }],
    });
    expect(source).not.toContain('papilio_v');
  });
});
