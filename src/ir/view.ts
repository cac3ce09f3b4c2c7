/** How a loop reads a signal that may be strided, framed, interleaved or windowed, without copying it first. */
import { complex, type Complex } from '../numeric/arithmetic.ts';
import { argument, exprCarrier, literal, type Expr } from './expr.ts';
import { input, scaleTerm, termAt, type Load, type Tensor, type Term } from './graph.ts';

/** Sample j of lane b is tensor[offset + stride j + lane b], times scale[j] when there is a scale. */
export interface View {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly stride: number;
  readonly lane: number;
  readonly scale?: View;
  /** The last sample that there is; those beyond read it again. */
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
    const at = v.last === undefined ? { base, terms } : clamped(base, terms, space, v.last);
    const value = this.read(v.tensor, v.offset + v.stride * at.base, [
      ...at.terms.map((t) => scaleTerm(t, v.stride)),
      v.lane,
    ]);
    return v.scale ? exprCarrier.mul(value, this.view(v.scale, base, terms, space)) : value;
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

/** Samples base + terms, none above `last`. One dimension moves at most, as in the first stage of a chain. */
function clamped(
  base: number,
  terms: readonly Term[],
  space: readonly number[],
  last: number,
): { base: number; terms: readonly Term[] } {
  const moving = terms.flatMap((t, d) => (space[d] > 1 && t !== 0 ? [d] : []));
  if (moving.length > 1)
    throw new Error('internal: a view with a last sample is walked along two dimensions');
  return {
    base: 0,
    terms: terms.map((t, d) => {
      const at = (i: number): number => Math.min(base + termAt(t, i), last);
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

/** Every second sample of a view, from `phase` on. */
export const everySecond = (v: View, phase: 0 | 1): View => ({
  ...v,
  offset: v.offset + phase * v.stride,
  stride: 2 * v.stride,
  ...(v.scale ? { scale: everySecond(v.scale, phase) } : {}),
});
