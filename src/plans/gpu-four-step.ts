/**
 * Transforms that no workgroup holds, in two dispatches: n = a b, the index of samples t = b t1 + t2 and that of bins k = k1 + a k2
 * (Gentleman & Sande 1966). Between them lie pairs, multiplied by the roots of n on the way into the second.
 */
import { UnsupportedError } from '../errors.ts';
import { input, type Graph } from '../ir/graph.ts';
import type { View } from '../ir/view.ts';
import { compileArithmetic } from '../compiler/pipeline.ts';
import { exactTransform, lengthsOf, type TransformPlan } from '../model/exact.ts';
import { rootTable } from '../numeric/twiddle.ts';
import type { GpuBuffer, GpuDevice } from '../backends/webgpu/gpu.ts';
import { bufferUsage } from '../backends/webgpu/gpu.ts';
import { filledBuffer, type ReadyShader, type RowCounts } from '../backends/webgpu/dispatch.ts';
import { printShader, type RowStep, type Shader, type ShaderOptions } from '../backends/webgpu/shader.ts';
import { gpuChain } from './gpu-chain.ts';
import { gpuCompilation, Scratch } from './gpu-plan.ts';
import { planTransform } from './strategy.ts';

/** Most points that one workgroup transforms. */
export const mostPoints = 2048;

/** A transform before its chain is chosen. */
export type About = Omit<TransformPlan, 'chain'>;

/** One dispatch of a plan. */
export interface Pass {
  readonly transform: TransformPlan;
  readonly shader: Shader;
}

/** How a program is shared out on a device. */
type Shape = Pick<ShaderOptions, 'lanes' | 'rows' | 'workgroupBytes'>;

/** A transform in words. */
export const titleOf = ({ n, input: kind, direction, norm }: About): string =>
  `${direction === 'inverse' ? 'Inverse DFT' : 'DFT'} of ${n} ${kind} samples, norm ${norm}`;

const viewOf = (tensor: View['tensor'], offset: number, stride: number): View => ({
  tensor,
  offset,
  stride,
  lane: 0,
});

/** Real samples, or pairs, `stride` of them apart. */
export function sourceOf(
  name: string,
  points: number,
  isReal: boolean,
  stride: number,
): { re: View; im?: View } {
  const width = isReal ? 1 : 2;
  const tensor = input(name, [width * ((points - 1) * stride + 1)]);
  const re = viewOf(tensor, 0, width * stride);
  return isReal ? { re } : { re, im: viewOf(tensor, 1, width * stride) };
}

/** A transform in two dispatches. */
export interface FourStep {
  readonly about: About;
  readonly a: number;
  readonly b: number;
  /** Rows of the first and of the second dispatch; the numbers between them are pairs, one of each for each of the other. */
  readonly rows: readonly [number, number];
}

/** The split n = a b with both up to 2048 and nearest to each other. Throws UnsupportedError where there is none. */
export function fourStepOf(about: About): FourStep {
  const { n, input: kind, direction } = about;
  for (let b = Math.floor(Math.sqrt(n)); b * mostPoints >= n; b--) {
    if (n % b !== 0 || !gpuChain(b) || !gpuChain(n / b)) continue;
    const a = n / b;
    // Of real samples k1 goes to a / 2: the other bins are conjugates.
    const bins = kind === 'real' ? Math.floor(a / 2) + 1 : a;
    return { about, a, b, rows: kind === 'real' && direction === 'inverse' ? [bins, b] : [b, bins] };
  }
  throw new UnsupportedError(
    `n = ${n} on webgpu; expected at most ${mostPoints} points, or a product of two such numbers with factors up to 31`,
  );
}

const grouped = (step: number, group: RowStep['group']): RowStep => ({ step, group });

/** One dispatch: a transform of every row. */
function passOf(about: About, shape: Shape, parts: Omit<ShaderOptions, 'title'> & PassParts): Pass {
  const { source, stride, title, ...options } = parts;
  const transform = planTransform(about, gpuChain(about.n) ?? undefined);
  const [y] = exactTransform(transform, source, 1, { layout: 'interleaved', stride });
  const graph: Graph = { outputs: { y } };
  const { out } = lengthsOf(about);
  const isReal = about.input === 'real' && about.direction === 'inverse';
  const live = (isReal ? 1 : 2) * ((out - 1) * stride + 1);
  const program = compileArithmetic(graph, gpuCompilation({ y: live }));
  return { transform, shader: printShader(program, { title, ...options, ...shape }) };
}

interface PassParts {
  readonly source: { re: View; im?: View; factor?: { re: View; im?: View } };
  readonly stride: number;
  readonly title: string;
}

/** Roots are the same for all transforms. */
const rootSteps = (step: number): RowStep => ({ step, group: 'none' });

/** Columns of a samples, b apart, then rows of b; of real samples the first gives one-sided spectra, and the second stores no bin above n / 2. */
function samplesFirst({ about, a, b, rows: [, bins] }: FourStep, shape: Shape): Pass[] {
  const isReal = about.input === 'real';
  const between = { ...sourceOf('x', b, false, bins), factor: sourceOf('roots', b, false, bins) };
  return [
    passOf({ ...about, n: a }, shape, {
      source: sourceOf('x', a, isReal, b),
      stride: 1,
      title: `${titleOf(about)}: columns of ${a}`,
      steps: { x: grouped(isReal ? 1 : 2, 'input'), y: grouped(2 * bins, 'output') },
    }),
    passOf({ ...about, n: b, input: 'complex' }, shape, {
      source: between,
      stride: a,
      title: `${titleOf(about)}: rows of ${b}`,
      steps: { x: grouped(2, 'input'), roots: rootSteps(2), y: grouped(2, 'output') },
      ...(isReal ? { halved: { y: { n: about.n, rows: a } } } : {}),
    }),
  ];
}

/** The transpose, to real samples: rows of b bins, a apart, then columns of a samples from one-sided spectra. */
function binsFirst({ about, a, b, rows: [bins] }: FourStep, shape: Shape): Pass[] {
  const between = { ...sourceOf('x', bins, false, b), factor: sourceOf('roots', bins, false, b) };
  return [
    passOf({ ...about, n: b, input: 'complex' }, shape, {
      source: sourceOf('x', b, false, a),
      stride: 1,
      title: `${titleOf(about)}: rows of ${b}`,
      steps: { x: grouped(2, 'input'), y: grouped(2 * b, 'output') },
      halved: { x: { n: about.n, rows: a } },
    }),
    passOf({ ...about, n: a }, shape, {
      source: between,
      stride: b,
      title: `${titleOf(about)}: columns of ${a}`,
      steps: { x: grouped(2, 'input'), roots: rootSteps(2), y: grouped(1, 'output') },
    }),
  ];
}

/** The dispatches of a transform that no workgroup holds. */
export function twoPasses(step: FourStep, shape: Shape): Pass[] {
  const { input: kind, direction } = step.about;
  return kind === 'real' && direction === 'inverse' ? binsFirst(step, shape) : samplesFirst(step, shape);
}

/** exp(-+ 2 pi i j k / n), pairs at j `columns` + k: as many as lie between the dispatches. */
function rootsOf({ about: { n, direction }, rows: [count, columns] }: FourStep): Float32Array {
  const root = rootTable(n);
  const table = new Float32Array(2 * count * columns);
  for (let j = 0; j < count; j++)
    for (let k = 0; k < columns; k++) {
      const at = 2 * (j * columns + k);
      table[at] = root.re((j * k) % n);
      table[at + 1] = direction === 'inverse' ? -root.im((j * k) % n) : root.im((j * k) % n);
    }
  return table;
}

/** What goes from one dispatch to the next, and the roots. */
export class Between {
  private readonly step: FourStep;
  private readonly scratch: Scratch;
  readonly roots: GpuBuffer;

  constructor(device: GpuDevice, step: FourStep) {
    this.scratch = new Scratch(device);
    this.step = step;
    this.roots = filledBuffer(device, rootsOf(step), bufferUsage.storage);
  }

  /** Memory of so many transforms. */
  of(batch: number): GpuBuffer {
    return this.scratch.of(this.roots.size * batch);
  }

  /** Counts of both dispatches for transforms of so many numbers. */
  counts(batch: number, inputLength: number, outputLength: number): readonly [RowCounts, RowCounts] {
    const [first, second] = this.step.rows;
    const middle = this.roots.size / 4;
    return [
      { rows: batch * first, inner: first, input: inputLength, output: middle },
      { rows: batch * second, inner: second, input: middle, output: outputLength },
    ];
  }

  dispose(shaders: readonly ReadyShader[]): void {
    for (const s of shaders) s.dispose();
    this.roots.destroy();
    this.scratch.dispose();
  }
}
