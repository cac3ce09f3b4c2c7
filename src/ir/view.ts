/** How a loop reads a signal that may be strided, framed, interleaved or windowed, without copying it first. */
import { argument, exprCarrier, type Expr } from './expr.ts';
import { scaleTerm, type Load, type Tensor, type Term } from './graph.ts';

/** Sample j of lane b is tensor[offset + stride j + lane b], times scale[j] when there is a scale. */
export interface View {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly stride: number;
  readonly lane: number;
  readonly scale?: View;
}

/** Real and imaginary parts; `im` absent means zero. */
export interface ComplexView {
  readonly re: View;
  readonly im?: View;
}

/** Collects the loads of a body while the body is being written. */
export class LoadList {
  readonly loads: Load[] = [];

  /** The formal argument that reads `tensor` at offset + terms. */
  read(tensor: Tensor, offset: number, terms: readonly Term[]): Expr {
    this.loads.push({ tensor, access: { offset, terms } });
    return argument(this.loads.length - 1);
  }

  /** Sample `base + terms` of a view; the lane is the last dimension of the space. */
  view(v: View, base: number, terms: readonly Term[]): Expr {
    const value = this.read(v.tensor, v.offset + v.stride * base, [
      ...terms.map((t) => scaleTerm(t, v.stride)),
      v.lane,
    ]);
    return v.scale ? exprCarrier.mul(value, this.view(v.scale, base, terms)) : value;
  }
}

/** A [n, lanes] tensor seen as one signal per lane. */
export const rows = (tensor: Tensor, lanes: number): View => ({ tensor, offset: 0, stride: lanes, lane: 1 });

/** Every second sample of a view, from `phase` on. */
export const everySecond = (v: View, phase: 0 | 1): View => ({
  ...v,
  offset: v.offset + phase * v.stride,
  stride: 2 * v.stride,
  ...(v.scale ? { scale: everySecond(v.scale, phase) } : {}),
});
