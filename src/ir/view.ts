/** How a loop reads a signal that may be strided, framed, interleaved or windowed, without copying it first. */
import { complex, type Complex } from '../numeric/arithmetic.ts';
import { argument, exprCarrier, literal, type Expr } from './expr.ts';
import { input, scaleTerm, termAt, type Load, type Tensor, type Term } from './graph.ts';

/** Sample j of lane b is tensor[offset + stride j + lane b], times scale[j] when there is a scale, and those of `plus` added in turn. */
export interface View {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly stride: number;
  readonly lane: number;
  readonly scale?: View;
  readonly plus?: readonly View[];
  /** The first and the last sample that there are; those beyond read them again. */
  readonly first?: number;
  readonly last?: number;
}

/** Real and imaginary parts; `im` absent means zero. Samples are multiplied by those of the factor when there is one. */
export interface ComplexView {
  readonly re: View;
  readonly im?: View;
  readonly factor?: ComplexView;
}

/** Collects the loads of a body while the body is being written. */
export class LoadList {
  readonly loads: Load[] = [];

  /** The formal argument that reads `tensor` at offset + terms. */
  read(tensor: Tensor, offset: number, terms: readonly Term[]): Expr {
    this.loads.push({ tensor, access: { offset, terms } });
    return argument(this.loads.length - 1);
  }

  /** Sample `base + terms` of a view over `space` (wanted by views with a last sample); the lane is the last dimension. */
  view(v: View, base: number, terms: readonly Term[], space: readonly number[] = []): Expr {
    const at = v.last === undefined ? { base, terms } : clamped(base, terms, space, v.first ?? 0, v.last);
    const value = this.read(v.tensor, v.offset + v.stride * at.base, [
      ...at.terms.map((t) => scaleTerm(t, v.stride)),
      v.lane,
    ]);
    const own = v.scale ? exprCarrier.mul(value, this.view(v.scale, base, terms, space)) : value;
    return (v.plus ?? []).reduce((sum, x) => exprCarrier.add(sum, this.view(x, base, terms, space)), own);
  }

  /** The same of a complex view. */
  complex(
    v: ComplexView,
    base: number,
    terms: readonly Term[],
    space: readonly number[] = [],
  ): Complex<Expr> {
    const value = {
      re: this.view(v.re, base, terms, space),
      im: v.im ? this.view(v.im, base, terms, space) : literal(0),
    };
    return v.factor ? complex.mul(exprCarrier, this.complex(v.factor, base, terms, space), value) : value;
  }
}

/** Samples base + terms, none below `first` or above `last`. One dimension moves at most, as in the first stage of a chain. */
function clamped(
  base: number,
  terms: readonly Term[],
  space: readonly number[],
  first: number,
  last: number,
): { base: number; terms: readonly Term[] } {
  const moving = terms.flatMap((t, d) => (space[d] > 1 && t !== 0 ? [d] : []));
  if (moving.length > 1)
    throw new Error('internal: a view with a last sample is walked along two dimensions');
  return {
    base: 0,
    terms: terms.map((t, d) => {
      const at = (i: number): number => Math.max(first, Math.min(base + termAt(t, i), last));
      if (d === (moving[0] ?? terms.length - 1))
        return Int32Array.from({ length: space[d] }, (_, i) => at(i));
      return 0;
    }),
  };
}

/** A [n, lanes] tensor seen as one signal per lane. */
export const rows = (tensor: Tensor, lanes: number): View => ({ tensor, offset: 0, stride: lanes, lane: 1 });

/** A tensor whose numbers are the same in all lanes. */
export const shared = (tensor: Tensor): View => ({ tensor, offset: 0, stride: 1, lane: 0 });

/** A tensor [.., 2] of pairs (re, im) that are the same in all lanes. */
export const sharedPairs = (tensor: Tensor): ComplexView => ({
  re: { tensor, offset: 0, stride: 2, lane: 0 },
  im: { tensor, offset: 1, stride: 2, lane: 0 },
});

/** Planar tensors [n, lanes], a real one without `im`. */
export interface Planar {
  readonly re: Tensor;
  readonly im?: Tensor | undefined;
}

/** Planar tensors seen as one signal per lane. */
export const planar = ({ re, im }: Planar, lanes: number): ComplexView => ({
  re: rows(re, lanes),
  ...(im ? { im: rows(im, lanes) } : {}),
});

/** Signals [n, lanes] as inputs "re" and, where they are complex, "im". */
export const inputSignals = (n: number, lanes: number, kind: 'complex' | 'real'): ComplexView =>
  planar(
    {
      re: input('re', [n, lanes]),
      im: kind === 'complex' ? input('im', [n, lanes]) : undefined,
    },
    lanes,
  );

/** Outputs "outRe" and, where they are complex, "outIm". */
export const planarOutputs = ({ re, im }: Planar): Record<string, Tensor> => ({
  outRe: re,
  ...(im ? { outIm: im } : {}),
});

/** A view and all that it is made of. */
const each = (v: View, own: (v: View) => View): View => ({
  ...own(v),
  ...(v.scale ? { scale: each(v.scale, own) } : {}),
  ...(v.plus ? { plus: v.plus.map((x) => each(x, own)) } : {}),
});

/** Every second sample of a view, from `phase` on. */
export const everySecond = (whole: View, phase: 0 | 1): View =>
  each(whole, (v) => ({
    ...v,
    offset: v.offset + phase * v.stride,
    stride: 2 * v.stride,
    ...(v.first === undefined ? {} : { first: Math.ceil((v.first - phase) / 2) }),
    ...(v.last === undefined ? {} : { last: Math.floor((v.last - phase) / 2) }),
  }));

/** A view whose samples beyond `last` are that one. */
export const endingAt = (whole: View, last: number): View =>
  each(whole, (v) => ({ ...v, last: Math.min(v.last ?? last, last) }));
