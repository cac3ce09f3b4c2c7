/** Planar complex arrays: one array of real parts, one of imaginary parts. */

export interface ComplexArray {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export const complexArray = (n: number): ComplexArray => ({
  re: new Float64Array(n),
  im: new Float64Array(n),
});

interface Planar {
  readonly re: ArrayLike<number>;
  readonly im: ArrayLike<number>;
}

/** ||actual - expected||_2 / ||expected||_2 over the length of `expected`. */
export function relativeL2(actual: Planar, expected: Planar): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.re.length; i++) {
    difference += (actual.re[i] - expected.re[i]) ** 2 + (actual.im[i] - expected.im[i]) ** 2;
    norm += expected.re[i] ** 2 + expected.im[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}
