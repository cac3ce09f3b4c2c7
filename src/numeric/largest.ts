/** The largest of any count of numbers, at least `floor`: `Math.max(...x)` ends at the stack's limit, some 100,000. NaN wins. */
export function largest(x: Iterable<number>, floor = -Infinity): number {
  let most = floor;
  for (const value of x) most = Math.max(most, value);
  return most;
}
