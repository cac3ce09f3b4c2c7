/** Suite sizes: everyday sizes and primes, in GFLOP/s and as a share of the rate at the next power of two. */
import type { BenchOptions } from '../args.ts';
import type { Kind, Shape } from '../contender.ts';
import { measureShape, type Row, type ShapeResult } from '../measure-shape.ts';
import { figure, type SuiteReport, type Table } from '../report.ts';
import { gigaflops } from '../statistics.ts';
import { labelsOf, recordsOf } from './pivot.ts';
import type { Progress } from './transforms.ts';

const composite = [400, 441, 480, 960, 1000, 1920];
const primes = [37, 101, 509, 1021, 4093];

export const nextPowerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n));

const find = (results: readonly ShapeResult[], kind: Kind, n: number, label: string): Row | undefined =>
  results.find((r) => r.shape.kind === kind && r.shape.n === n)?.rows.find((row) => row.label === label);

/** "2.31 (0.74)": GFLOP/s, and the share of those at the next power of two. */
function cell(results: readonly ShapeResult[], { kind, n }: Shape, label: string): string {
  const row = find(results, kind, n, label);
  if (!row) return '–';
  const rate = gigaflops(n, kind, row.time.median);
  const power = nextPowerOfTwo(n);
  const reference = find(results, kind, power, label);
  const share = reference ? rate / gigaflops(power, kind, reference.time.median) : NaN;
  const fresh = row.fresh ? `, fresh ${figure(gigaflops(n, kind, row.fresh.median))}` : '';
  return `${figure(rate)} (${figure(share)})${fresh}`;
}

function table(kind: Kind, sizes: readonly number[], results: readonly ShapeResult[]): Table {
  const labels = labelsOf(results.filter((r) => r.shape.kind === kind));
  return {
    caption:
      `Single ${kind} transforms: GFLOP/s by ${kind === 'real' ? '2.5' : '5'} n log2 n, ` +
      'in brackets as a share of the rate at the next power of two.',
    header: ['n', ...labels],
    rows: sizes.map((n) => [
      String(n),
      ...labels.map((label) => cell(results, { kind, n, batch: 1 }, label)),
    ]),
  };
}

export async function sizesSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const asked = options.sizes ?? [...composite, ...primes];
  const wanted: Readonly<Record<Kind, readonly number[]>> = {
    complex: asked,
    real: asked.filter((n) => n % 2 === 0),
  };
  const results: ShapeResult[] = [];
  for (const kind of ['complex', 'real'] as const) {
    const all = new Set([...wanted[kind], ...wanted[kind].map(nextPowerOfTwo)]);
    for (const n of [...all].sort((a, b) => a - b)) {
      progress(`sizes: ${kind} n = ${n}`);
      results.push(await measureShape({ kind, n, batch: 1 }, options));
    }
  }
  return {
    suite: 'sizes',
    tables: (['complex', 'real'] as const)
      .filter((kind) => wanted[kind].length > 0)
      .map((kind) => table(kind, wanted[kind], results)),
    records: recordsOf(results),
    skipped: results.flatMap((r) => r.skipped),
  };
}
