/** Convolution by its definition: a sum of products per number. */

/** Numbers of the whole convolution of a and b: from index `from` on, `length` of them. */
export function directConvolution(
  a: Float64Array,
  b: Float64Array,
  from = 0,
  length = a.length + b.length - 1,
): Float64Array {
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const k = from + i;
    const last = Math.min(k, b.length - 1);
    let sum = 0;
    for (let j = Math.max(0, k - a.length + 1); j <= last; j++) sum += a[k - j] * b[j];
    out[i] = sum;
  }
  return out;
}
