export function digitReversal(radices: readonly number[]): Int32Array {
  const n = radices.reduce((a, b) => a * b, 1);
  return Int32Array.from({ length: n }, (_, p) => {
    let rest = p;
    let source = 0;
    let m = n;
    for (const r of radices) {
      m /= r;
      source += (rest % r) * m;
      rest = Math.floor(rest / r);
    }
    return source;
  });
}
