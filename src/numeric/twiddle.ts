export function twiddle(k: number, n: number): [re: number, im: number] {
  const j = ((k % n) + n) % n;
  if (j === 0) return [1, 0];
  if (4 * j === n) return [0, -1];
  if (2 * j === n) return [-1, 0];
  if (4 * j === 3 * n) return [0, 1];
  const a = (2 * Math.PI * j) / n;
  return [Math.cos(a), -Math.sin(a)];
}
