/** Tight loops take several points in one iteration: a scalar machine spends a third of them on counting and moving pointers. */
import { argument, countOperations, evaluate, exprCarrier, type Expr } from '../ir/expr.ts';
import { sameAccess } from '../ir/graph.ts';
import type { Format, Kernel, KernelAccess, Program } from './kernel.ts';

/** Points of one iteration. */
const points = 4;
/** Operations of a body that is mostly loop, and the shortest loop that is worth a second form. */
const fewOperations = 8;
const shortest = 16;

/** An access with the last loop's counter moved on by `from`, and its steps `step` times as long. */
function along<A extends KernelAccess>(a: A, from: number, step: number): A {
  const term = a.terms[a.terms.length - 1] as number;
  return { ...a, offset: a.offset + from * term, terms: [...a.terms.slice(0, -1), term * step] };
}

/** Independent points, straight along the last loop: what is written is read at its own point, if at all. */
function mayTakeSeveral({ extents, reduceFrom, loads, stores, body }: Kernel): boolean {
  const { mul, add, other } = countOperations(body);
  return (
    extents.length > 0 &&
    extents[extents.length - 1] >= shortest &&
    reduceFrom === extents.length &&
    mul + add + other <= fewOperations &&
    stores.every((s) => s.mode === 'write') &&
    [...loads, ...stores].every((a) => typeof a.terms[a.terms.length - 1] === 'number') &&
    stores.every((s) => loads.every((l) => l.buffer !== s.buffer || sameAccess(l, s)))
  );
}

function taken(kernel: Kernel): Kernel[] {
  if (!mayTakeSeveral(kernel)) return [kernel];
  const { extents, stores, vector } = kernel;
  const last = extents.length - 1;
  const rest = extents[last] % points;
  const main = extents[last] - rest;
  const loads: KernelAccess[] = [];
  const body: Expr[] = [];
  for (let j = 0; j < points; j++) {
    const args = kernel.loads.map((l) => {
      const own = along(l, j, points);
      const known = loads.findIndex((x) => x.buffer === own.buffer && sameAccess(x, own));
      return argument(known >= 0 ? known : loads.push(own) - 1);
    });
    body.push(...evaluate(exprCarrier, kernel.body, args));
  }
  const whole: Kernel = {
    ...kernel,
    extents: [...extents.slice(0, last), main / points],
    reduceFrom: extents.length,
    vector: vector === last ? null : vector,
    loads,
    body,
    stores: Array.from({ length: points }, (_, j) => stores.map((s) => along(s, j, points))).flat(),
  };
  if (rest === 0) return [whole];
  const behind = <A extends KernelAccess>(a: A): A => along(a, main, 1);
  return [
    whole,
    {
      ...kernel,
      extents: [...extents.slice(0, last), rest],
      vector: null,
      loads: kernel.loads.map(behind),
      stores: stores.map(behind),
    },
  ];
}

/** The same program, its tight loops four points at a time, but for those that are wide already. */
export const withoutTightLoops = <F extends Format>(
  program: Program<F>,
  isWide: (kernel: Kernel) => boolean = () => false,
): Program<F> => ({
  ...program,
  kernels: program.kernels.flatMap((k) => (isWide(k) ? [k] : taken(k))),
});
