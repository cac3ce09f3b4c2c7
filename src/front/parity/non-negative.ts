/** Weighted least squares with weights that may not be negative, or may, by coordinate descent (Franc, Hlavac & Navara 2005). */

/** Rows of a fit: what is known of each, and what is wanted there. */
export interface Fit {
  /** [columns][rows]: a column is contiguous. */
  readonly columns: readonly Float64Array[];
  readonly wanted: Float64Array;
  readonly signed: boolean;
}

/** Sweeps over the weights that are not zero, between sweeps over all. */
const inner = 6;
/** A sweep that moves no weight by more than this part of the largest ends it. */
const settled = 1e-7;

/** The weights of the columns whose sum is nearest to what is wanted. */
export function leastSquares({ columns, wanted, signed }: Fit, sweeps: number): Float64Array {
  const weights = new Float64Array(columns.length);
  const norms = columns.map((column) => column.reduce((sum, x) => sum + x * x, 0));
  const left = wanted.slice();
  const move = (k: number): number => {
    if (norms[k] === 0) return 0;
    const column = columns[k];
    let gradient = 0;
    for (let i = 0; i < left.length; i++) gradient += column[i] * left[i];
    const next = weights[k] + gradient / norms[k];
    const by = (signed ? next : Math.max(0, next)) - weights[k];
    if (by === 0) return 0;
    for (let i = 0; i < left.length; i++) left[i] -= by * column[i];
    weights[k] += by;
    return Math.abs(by) * Math.sqrt(norms[k]);
  };
  const size = Math.sqrt(wanted.reduce((sum, x) => sum + x * x, 0));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let most = 0;
    for (let k = 0; k < columns.length; k++)
      if (sweep % inner === 0 || weights[k] !== 0) most = Math.max(most, move(k));
    if (sweep % inner === 0 && most <= settled * size) break;
  }
  return weights;
}
