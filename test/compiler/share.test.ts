/** Programs with constants in reading order and temporaries in the caller's arrays compute what they did, in less memory. */
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference.ts';
import { countProgram, type Kernel, type KernelAccess, type Program } from '../../src/compiler/kernel.ts';
import { packConstants } from '../../src/compiler/pack.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { shareMemory } from '../../src/compiler/share.ts';
import { withoutTightLoops } from '../../src/compiler/tight.ts';
import { addresses } from '../../src/ir/graph.ts';
import { featureGraph } from '../../src/plans/feature-graphs.ts';
import { planGraph, type PlanOptions } from '../../src/plans/plan.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { gaussian, runProgram } from '../helpers.ts';

const plan = (options: PlanOptions): Program =>
  compileGraph(planGraph({ layout: 'interleaved', ...options } as PlanOptions).graph, {
    dtype: 'f64',
    vectors: false,
  });
const real = (n: number, radices: number[]): Program =>
  plan({ n, input: 'real', chain: { kind: 'stages', n, radices } });

const programs: [string, Program][] = [
  ['complex 64', plan({ n: 64 })],
  ['a chirp', plan({ n: 37 })],
  ['inverse', plan({ n: 48, input: 'real', inverse: true })],
  ['real 512', real(512, [16, 8, 4])],
  ['real 400', real(400, [5, 5, 4, 4])],
  [
    'log-mel',
    compileGraph(featureGraph({ ...featureHead('papilio'), fit: null }, 1000), {
      dtype: 'f64',
      vectors: false,
    }),
  ],
];

const valuesOf = (program: Program): Record<string, Float64Array> =>
  Object.fromEntries(
    Object.entries(program.inputs).map(([name, id], i) => [name, gaussian(program.buffers[id].size, i)]),
  );

describe.each(programs)('%s', (_, program) => {
  const values = valuesOf(program);
  const expected = runProgram(referenceBackend, program, values);
  /** Buffers at places of their own: the interpreter has one arena. */
  const placed = (p: Program): Program => {
    let arena = 0;
    const buffers = p.buffers.map((b) => {
      const offset = arena;
      arena += b.size;
      return { ...b, offset };
    });
    return { ...p, buffers, arena };
  };
  it('four points at a time', () => {
    const program4 = withoutTightLoops(program);
    expect(runProgram(referenceBackend, placed(program4), values)).toEqual(expected);
    expect(countProgram(program4)).toMatchObject({
      mul: countProgram(program).mul,
      add: countProgram(program).add,
    });
  });
  it('packed', () => {
    expect(runProgram(referenceBackend, placed(packConstants(program)), values)).toEqual(expected);
  });
  it.each([false, true])('shared, inputs overwritten: %s', (overwrite) => {
    const shared = placed(shareMemory(packConstants(program), overwrite));
    expect(runProgram(referenceBackend, shared, values)).toEqual(expected);
    const temporary = (p: Program): number =>
      p.buffers.reduce((sum, b) => sum + (b.kind === 'temporary' ? b.size : 0), 0);
    const touched = new Set(shared.kernels.flatMap((k) => [...k.loads, ...k.stores].map((a) => a.buffer)));
    const kept = shared.buffers.reduce(
      (sum, b, id) => sum + (b.kind === 'temporary' && touched.has(id) ? b.size : 0),
      0,
    );
    expect(kept).toBeLessThan(temporary(program));
  });
});

it('a stage that writes where it reads needs no scratch: RAM is that of the ends', () => {
  const shared = shareMemory(packConstants(real(512, [16, 8, 4])), true);
  const touched = new Set(shared.kernels.flatMap((k) => [...k.loads, ...k.stores].map((a) => a.buffer)));
  expect([...touched].filter((id) => shared.buffers[id].kind === 'temporary')).toEqual([]);
});

it('what vectors write, no other point of their loop has still to read', () => {
  const chain = { kind: 'stages' as const, n: 96, radices: [3, 4, 8] };
  const { graph } = planGraph({ n: 96, input: 'real', inverse: true, layout: 'interleaved', chain });
  const program = packConstants(compileGraph(graph, { dtype: 'f32', lanes: 8 }));
  const shared = shareMemory(program, true);
  /** Elements that a kernel loads and stores. */
  const both = ({ loads, stores, extents }: Kernel): number => {
    const elements = (list: readonly KernelAccess[]): Set<string> =>
      new Set(list.flatMap((a) => Array.from(addresses(a, extents), (at) => `${a.buffer} ${at}`)));
    const stored = elements(stores);
    return [...elements(loads)].filter((x) => stored.has(x)).length;
  };
  expect(shared.kernels.some((k) => k.vector !== null)).toBe(true);
  program.kernels.forEach((k, i) => {
    if (k.vector !== null) expect(both(shared.kernels[i])).toBe(both(k));
  });
});
