/** Loops of a network: what one reads, what it makes of its outputs by the head, where those go, and loops in turn. */
import type { Complex } from '../numeric/arithmetic.ts';
import type { Expr } from '../ir/expr.ts';
import { loop, scaleTerm, type ComplexTensor, type Store, type Tensor, type Term } from '../ir/graph.ts';
import { LoadList, planar, type ComplexView } from '../ir/view.ts';
import type { Row } from './geometry.ts';
import { heads, type Head } from './heads.ts';
import { unscaled, type Scale } from './scale.ts';

/** Both ends of a loop, or of several in turn: the source, [points, lanes], and what the last one makes of an output. */
export interface Ends {
  readonly source: ComplexView;
  readonly lanes: number;
  readonly head: Head;
  /** Factor of every output. */
  readonly scale: Scale;
}

/** Loops between the ends that they are given. */
export type Step = (ends: Ends) => readonly Tensor[];

/** Steps in turn, planar results between them; head and factor are the last one's. */
export function inTurn(steps: readonly Step[], ends: Ends): readonly Tensor[] {
  const { lanes } = ends;
  let { source } = ends;
  for (const step of steps.slice(0, -1)) {
    const [re, im] = step({ source, lanes, head: heads.planar(), scale: unscaled });
    source = planar({ re, im }, lanes);
  }
  return steps[steps.length - 1]({ ...ends, source });
}

/** The complex value of every leg. */
export const legValues = (
  list: LoadList,
  source: ComplexView,
  from: readonly Row[],
  space: readonly number[],
): Complex<Expr>[] => from.map(({ offset, terms }) => list.complex(source, offset, terms, space));

/** A loop over the points of `space` and the lanes. */
interface LoopFrame {
  readonly label: string;
  readonly space: readonly number[];
  readonly list: LoadList;
  /** Rows of outputs, spare ones included. */
  readonly points: number;
}

/** The loop that makes of every output what the head says and stores it at the output's row. */
export function outputLoop(
  { label, space, list, points }: LoopFrame,
  outputs: readonly { readonly value: Complex<Expr>; readonly row: Row }[],
  { lanes, head }: Pick<Ends, 'lanes' | 'head'>,
): readonly Tensor[] {
  const body: Expr[] = [];
  const stores: Store[] = [];
  const step = head.rowsPerBin * lanes;
  for (const { value, row } of outputs)
    for (const out of head.emit(value, (c) => list.read(c, row.offset, [...row.terms, 0]))) {
      body.push(out.value);
      const terms: Term[] = [...row.terms.map((t) => scaleTerm(t, step)), 1];
      const access = { offset: row.offset * step + out.row * lanes, terms };
      stores.push({ result: out.result, combine: 'store', access });
    }
  const shape = [points * head.rowsPerBin, lanes];
  return loop({
    label,
    space: [...space, lanes],
    loads: list.loads,
    body,
    stores,
    shapes: Array.from({ length: head.results }, () => shape),
  });
}

/** A loop over `count` points and the lanes, with one output for each. */
export function pointLoop(
  label: string,
  count: number,
  ends: Pick<Ends, 'lanes' | 'head'>,
  value: (list: LoadList) => Complex<Expr>,
): readonly Tensor[] {
  const list = new LoadList();
  const outputs = [{ value: value(list), row: { offset: 0, terms: [1] } }];
  return outputLoop({ label, space: [count], list, points: count }, outputs, ends);
}

/** The same, stored as complex numbers [count, lanes]. */
export function overPoints(
  label: string,
  count: number,
  lanes: number,
  value: (list: LoadList) => Complex<Expr>,
): ComplexTensor {
  const [re, im] = pointLoop(label, count, { lanes, head: heads.planar() }, value);
  return { re, im };
}
