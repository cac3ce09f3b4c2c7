/**
 * Fixed point: a program of real numbers as one of 32-bit integers, with the same kernels, loops and memory. Scales are chosen from the
 * worst case of every value over all inputs, so that nothing overflows; the report says how large values become, and how far results are
 * from exact ones at most. The result is a program like others: every backend gives the same bits.
 */
import { UnsupportedError } from '../../errors.ts';
import { rebuildBody } from '../../ir/bodies.ts';
import { exprCarrier as k, literal, rebuild, type Expr } from '../../ir/expr.ts';
import type { Graph } from '../../ir/graph.ts';
import { verify } from '../../ir/verify.ts';
import type { Kernel, Program } from '../kernel.ts';
import { compileArithmetic, type CompileOptions } from '../pipeline.ts';
import { fewestNegations } from '../signs.ts';
import { fixedBody, type FixedBody, type LoadKind } from './body.ts';
import { energiesOf, type EnergyReport } from './energies.ts';
import { bitsOf, largest, limitOf, quantized, type FixedName } from './format.ts';
import { kernelNoise, type Constants, type Steps } from './noise.ts';
import { bufferKinds, fractionsOf } from './scales.ts';
import { splitBuffers } from './split.ts';
import { magnitudeOf, worstCases, type KernelRange } from './worst.ts';

export type { FixedName } from './format.ts';

/** What becomes of a kernel's results. */
export interface KernelReport {
  readonly label: string;
  /** Largest magnitude of its results as real numbers. */
  readonly worst: number;
  readonly fraction: number;
  /** Bits of 31 that no value of the kernel needs. */
  readonly spareBits: number;
}

/** An output: how its integers stand for numbers, and how good they are. */
export interface OutputReport {
  readonly fraction: number;
  readonly worst: number;
  /** No element is further from the exact one, in steps and in dB below the largest magnitude. */
  readonly noise: number;
  readonly noiseDb: number;
  /** Does it follow from powers? Then the noise is that of the logarithm and of what lies behind it. */
  readonly level: boolean;
}

/** What is proven of a program in fixed point, by kernel and by output. */
export interface FixedReport {
  readonly kernels: readonly KernelReport[];
  /** What is proven of energies that logarithms take; null where there is none. */
  readonly energies: EnergyReport | null;
  readonly outputs: Readonly<Record<string, OutputReport>>;
}

/** A program of integers, and what is proven of it. */
export interface FixedProgram {
  readonly program: Program<'i32'>;
  readonly report: FixedReport;
}

/** A division by a number is a product. */
const withoutDivisions = (body: readonly Expr[]): readonly Expr[] =>
  rebuildBody(body, (e, args) => {
    if (e.op === 'div' && args[1].op === 'literal') return k.mul(args[0], literal(1 / args[1].value));
    return e.op === 'argument' ? e : rebuild(k, e, args, []);
  });

/** Throws UnsupportedError for what has no integer form. */
function requireFixed({ parameters, kernels }: Program): void {
  const [held] = Object.keys(parameters);
  if (held !== undefined)
    throw new UnsupportedError(
      `parameter ${held} in fixed point; expected a program of inputs, outputs and constants`,
    );
  for (const { label, vector } of kernels)
    if (vector !== null)
      throw new UnsupportedError(`vectors in fixed point, kernel "${label}"; expected vectors: false`);
}

/** A program, and what is known of it. */
interface Known {
  readonly program: Program;
  readonly name: FixedName;
  readonly kinds: readonly LoadKind[];
  readonly ranges: readonly KernelRange[];
}

/** A try at fraction bits, with how it ends. */
interface Trial {
  readonly fractions: readonly number[];
  readonly bodies: readonly FixedBody[];
  readonly steps: readonly { readonly nodes: ReadonlyMap<Expr, Steps>; readonly stores: readonly Steps[] }[];
  readonly noise: readonly Float64Array[];
  readonly constants: Constants;
}

/** Integer bodies, kernel by kernel; powers take the fraction bits of the finest of their writers, which `fractions` gets. */
function bodiesOf(
  { program, name, kinds, ranges }: Known,
  fractions: number[],
  limit: (magnitude: number) => number,
): FixedBody[] {
  const made = (powers: (buffer: number) => number | null): FixedBody[] =>
    program.kernels.map((kernel, i) => {
      const body = fixedBody({
        name,
        body: kernel.body,
        range: ranges[i],
        loads: kernel.loads.map((a) => fractions[a.buffer]),
        stores: kernel.stores.map((s) =>
          kinds[s.buffer] === 'power' ? powers(s.buffer) : fractions[s.buffer],
        ),
        kinds: kernel.loads.map((a) => kinds[a.buffer]),
        limit,
      });
      kernel.stores.forEach((s, j) => {
        if (kinds[s.buffer] === 'power') fractions[s.buffer] = Math.max(fractions[s.buffer], body.stores[j]);
      });
      return body;
    });
  if (!kinds.includes('power')) return made(() => null);
  kinds.forEach((kind, id) => {
    if (kind === 'power') fractions[id] = -Infinity;
  });
  made(() => null);
  return made((id) => fractions[id]);
}

function tried(known: Known, slack: number): Trial {
  const { program, name, kinds, ranges } = known;
  const limit = (magnitude: number): number => limitOf(magnitude) - slack;
  const fractions = fractionsOf(program, kinds, ranges, name, limit);
  const bits = bitsOf(name);
  const mapped = (f: (x: number, fraction: number) => number): Map<number, Float64Array> =>
    new Map([...program.constants].map(([id, data]) => [id, data.map((x) => f(x, fractions[id]))]));
  const constants: Constants = {
    integers: mapped((x, fraction) => quantized(x, fraction, bits)),
    exact: mapped((x, fraction) => x * 2 ** fraction),
  };
  const bodies = bodiesOf(known, fractions, limit);
  const noise = program.buffers.map(({ size }) => new Float64Array(size));
  const steps = program.kernels.map((kernel, i) => {
    const peaks = kernel.stores.map((s, j) =>
      kinds[s.buffer] === 'power' ? 0 : magnitudeOf(ranges[i].stores[j]) * 2 ** fractions[s.buffer],
    );
    return kernelNoise(kernel, bodies[i], constants, noise, peaks);
  });
  return { fractions, bodies, steps, noise, constants };
}

/** The first kernel with an integer that may leave 32 bits; an input may be -2^31, which nothing but a product or a shift takes. */
const overflowing = ({ program }: Known, { steps }: Trial): Kernel | undefined =>
  program.kernels.find((_, i) => {
    const { nodes, stores } = steps[i];
    return (
      [...nodes].some(([e, { peak }]) => peak > largest + Number(e.op === 'argument')) ||
      stores.some(({ peak, noise }) => peak + noise > largest)
    );
  });

/** Buffers of values that follow from powers. */
function levelsOf({ kernels }: Program, kinds: readonly LoadKind[]): ReadonlySet<number> {
  const levels = new Set<number>();
  for (const { loads, stores } of kernels)
    if (loads.some(({ buffer }) => kinds[buffer] === 'power' || levels.has(buffer)))
      for (const { buffer } of stores) levels.add(buffer);
  return levels;
}

function reportOf(
  { program, ranges, kinds }: Known,
  { fractions, bodies, steps, noise }: Trial,
): FixedReport {
  const kernels = program.kernels.map(({ label, stores }, i): KernelReport => {
    const peak = Math.max(...[...steps[i].nodes.values()].map((s) => s.peak));
    return {
      label,
      worst: Math.max(...ranges[i].stores.map(magnitudeOf)),
      fraction: Math.max(...stores.map((s) => fractions[s.buffer])),
      // The least integer fits, and nothing more does.
      spareBits: Math.max(0, Math.floor(Math.log2(largest / peak))),
    };
  });
  const levels = levelsOf(program, kinds);
  const outputs = Object.entries(program.outputs).map(([name, id]): [string, OutputReport] => {
    const stored = program.kernels.flatMap((k, i) =>
      k.stores.flatMap((s, j) => (s.buffer === id ? [magnitudeOf(ranges[i].stores[j])] : [])),
    );
    const worst = Math.max(0, ...stored);
    const most = noise[id].reduce((a, b) => Math.max(a, b), 0);
    const noiseDb = worst === 0 ? -Infinity : 20 * Math.log10(most / 2 ** fractions[id] / worst);
    return [name, { fraction: fractions[id], worst, noise: most, noiseDb, level: levels.has(id) }];
  });
  const facts = program.kernels.map((kernel, i) => ({
    kernel,
    kinds: kernel.loads.map((a) => kinds[a.buffer]),
    range: ranges[i],
    body: bodies[i],
    nodes: steps[i].nodes,
  }));
  return { kernels, energies: energiesOf(program, facts), outputs: Object.fromEntries(outputs) };
}

/** Bits that all scales may lose to the errors of rounding. */
const mostSlack = 3;

/**
 * A graph as a program of integers: inputs are samples of 16 or 32 bits that stand for numbers from -1 to 1, as are tables; everything
 * else has 32 bits. Throws IllegalGraphError for a graph that is not legal, UnsupportedError for what fixed point has not.
 */
export function compileFixed(
  graph: Graph,
  name: FixedName,
  options: Pick<CompileOptions, 'live'> = {},
): FixedProgram {
  verify(graph);
  return toFixed(compileArithmetic(graph, { ...options, dtype: 'f64', vectors: false }), name);
}

/** Throws UnsupportedError where powers are added in memory: their words are no integers that one adds. */
function requireWholePowers({ program, kinds }: Known): void {
  const adds = program.kernels.find((k) =>
    k.stores.some((s) => s.combine !== 'store' && kinds[s.buffer] === 'power'),
  );
  if (adds)
    throw new UnsupportedError(
      `"${adds.label}" of powers in fixed point; expected sums within a frame, average none`,
    );
}

/** Numbers of 32 bits that another program gave: those that `inputs` names, as its report has them. */
export type FixedInputs = Readonly<Record<string, Pick<OutputReport, 'fraction' | 'worst'>>>;

/** A program of float64 numbers without vectors in integers; inputs are samples, but for those that another program gave. */
export function toFixed(given: Program, name: FixedName, inputs: FixedInputs = {}): FixedProgram {
  requireFixed(given);
  const buffers = [...given.buffers];
  const magnitudes = new Map<number, number>();
  for (const [input, { fraction, worst }] of Object.entries(inputs)) {
    const id = given.inputs[input];
    buffers[id] = { ...buffers[id], fixed: { fraction, bits: 32 } };
    // All integers of 31 bits, whatever is given.
    magnitudes.set(id, Math.max(worst, 2 ** (30 - fraction)));
  }
  const kernels = given.kernels.map((k): Kernel => ({
    ...k,
    body: fewestNegations(withoutDivisions(k.body)),
  }));
  const program = splitBuffers({ ...given, buffers, kernels });
  const known: Known = {
    program,
    name,
    kinds: bufferKinds(program),
    ranges: worstCases(program, magnitudes),
  };
  for (const [output, id] of Object.entries(program.outputs))
    if (known.kinds[id] === 'power')
      throw new UnsupportedError(
        `output ${output} of powers in fixed point; expected a logarithm behind them`,
      );
  requireWholePowers(known);
  let trial = tried(known, 0);
  for (let slack = 1; overflowing(known, trial) && slack <= mostSlack; slack++) trial = tried(known, slack);
  const failed = overflowing(known, trial);
  if (failed)
    throw new UnsupportedError(
      `no scale keeps the values of kernel "${failed.label}" within 32 bits in ${name}`,
    );
  const { fractions, bodies, constants } = trial;
  const bits = bitsOf(name);
  return {
    program: {
      ...program,
      dtype: 'i32',
      stored: new Map(),
      constants: constants.integers,
      buffers: program.buffers.map((b, id) => ({
        ...b,
        fixed: b.fixed ?? {
          fraction: fractions[id],
          bits: b.kind === 'input' || b.kind === 'constant' ? bits : 32,
        },
      })),
      kernels: program.kernels.map((k, i) => ({ ...k, body: bodies[i].body })),
    },
    report: reportOf(known, trial),
  };
}
