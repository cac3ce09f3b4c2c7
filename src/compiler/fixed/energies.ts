/**
 * The noise of what is squared, as energy that reaches logarithms. Weighted energies are squared norms: where no weight is negative, the
 * root of an energy is no further from the exact one than the root of the same sum over the errors of what is squared.
 */
import { topological, type Expr } from '../../ir/expr.ts';
import { addresses, sizeOf } from '../../ir/graph.ts';
import type { Kernel, Program } from '../kernel.ts';
import { kindsOf, type FixedBody, type LoadKind } from './body.ts';
import type { Steps } from './noise.ts';
import { magnitudeOf, type KernelRange } from './worst.ts';

/** Energies that reach logarithms. */
export interface EnergyReport {
  /** The root of an energy is within the root of this of the exact one; Infinity where a weight is negative. */
  readonly noise: number;
  /** The largest energy. */
  readonly worst: number;
}

/** What is known of a kernel: its kinds of loads, ranges, integer body, and the noise of that. */
interface KernelFacts {
  readonly kernel: Kernel;
  readonly kinds: readonly LoadKind[];
  readonly range: KernelRange;
  readonly body: FixedBody;
  readonly nodes: ReadonlyMap<Expr, Steps>;
}

/** The largest square of the error of what a body squares. */
function squaredErrors({ body, nodes }: KernelFacts): Map<Expr, number> {
  return new Map(
    [...body.squared].map(([x, { expr, fraction }]) => {
      const { noise } = nodes.get(expr) ?? { noise: Infinity };
      return [x, (noise * 2 ** -fraction) ** 2];
    }),
  );
}

/** Noise of every power of a kernel at every point; calls `found` with that of what logarithms take, and stores that of its results. */
function kernelEnergies(
  facts: KernelFacts,
  program: Program,
  energies: readonly Float64Array[],
  found: (energy: EnergyReport) => void,
): void {
  const { kernel, kinds, range } = facts;
  const order = topological(kernel.body);
  const kindOf = kindsOf(kernel.body, kinds);
  const errors = squaredErrors(facts);
  const from = kernel.loads.map((a) => addresses(a, kernel.extents));
  const to = kernel.stores.map((a) => addresses(a, kernel.extents));
  const values = new Map<Expr, number>();
  const valueOf = (e: Expr, p: number): number => {
    const [a, b] = e.args.map((x) => values.get(x) as number);
    if (e.op === 'literal') return e.value;
    if (e.op === 'argument') {
      const { buffer } = kernel.loads[e.value];
      return (program.constants.get(buffer) ?? energies[buffer])[from[e.value][p]];
    }
    if (e.op === 'neg') return -a;
    if (kindOf.get(e) !== 'power') return 0;
    if (e.op === 'mul' && e.args[0] === e.args[1]) return errors.get(e.args[0]) ?? Infinity;
    if (e.op === 'mul') return a < 0 || b < 0 ? Infinity : a === 0 || b === 0 ? 0 : a * b;
    // A floor moves a root no further away.
    if (e.op === 'max') return kindOf.get(e.args[0]) === 'power' ? a : b;
    return a + b;
  };
  for (let p = 0; p < sizeOf(kernel.extents); p++) {
    for (const e of order) {
      values.set(e, valueOf(e, p));
      if (e.op === 'log')
        found({
          noise: values.get(e.args[0]) as number,
          worst: magnitudeOf(range.nodes.get(e.args[0]) ?? { low: 0, high: 0 }),
        });
    }
    kernel.stores.forEach((s, i) => {
      const before = s.combine === 'store' ? 0 : energies[s.buffer][to[i][p]];
      energies[s.buffer][to[i][p]] = before + Math.max(0, values.get(kernel.body[i]) as number);
    });
  }
}

/** What reaches logarithms; null where nothing does. */
export function energiesOf(program: Program, facts: readonly KernelFacts[]): EnergyReport | null {
  const energies = program.buffers.map(({ size }) => new Float64Array(size));
  let most: EnergyReport | null = null;
  for (const own of facts)
    kernelEnergies(own, program, energies, ({ noise, worst }) => {
      most = { noise: Math.max(noise, most?.noise ?? 0), worst: Math.max(worst, most?.worst ?? 0) };
    });
  return most;
}
