/** Short sums with constant coefficients as straight-line bodies, before specialisation folds their zeros. */
import { argument, evaluate, exprCarrier, literal, type Expr } from '../ir/expr.ts';
import { addresses, type Load, type Loop } from '../ir/graph.ts';

/** Longest reduction that becomes one body. */
const maximumUnroll = 160;

/**
 * A sum over a short dimension with constant coefficients (a banded filterbank) as one body per row, terms in order,
 * so that the zeros of each row fold away.
 */
export function unrollReduction(l: Loop): Loop {
  const [s] = l.stores;
  if (
    l.stores.length !== 1 ||
    s.combine !== 'sum' ||
    !l.loads.some((x) => x.tensor.source.kind === 'constant')
  )
    return l;
  const reduced = l.space.flatMap((extent, d) => (extent > 1 && s.access.terms[d] === 0 ? [d] : []));
  if (reduced.length !== 1 || reduced[0] === l.space.length - 1 || l.space[reduced[0]] > maximumUnroll)
    return l;
  const [d] = reduced;
  const without = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== d);
  const loads: Load[] = [];
  let total: Expr = literal(0);
  for (let i = 0; i < l.space[d]; i++) {
    const args = l.loads.map((x) => {
      const term = x.access.terms[d];
      const offset = x.access.offset + (typeof term === 'number' ? term * i : term[i]);
      return argument(
        loads.push({ tensor: x.tensor, access: { offset, terms: without(x.access.terms) } }) - 1,
      );
    });
    total = exprCarrier.add(total, evaluate(exprCarrier, l.body, args)[0]);
  }
  // What no sum reaches is zero, and what several reach is their sum: plain stores would leave or overwrite it.
  const space = without(l.space);
  const own = { offset: s.access.offset, terms: without(s.access.terms) };
  const points = space.reduce((a, b) => a * b, 1);
  if (points !== l.results[s.result].size || new Set(addresses(own, space)).size !== points) return l;
  const store = { ...s, combine: 'store' as const, access: own };
  return { ...l, space, loads, body: [total], stores: [store] };
}
