/**
 * A function that keeps its latest results, by a key of its argument: `most` of them, then it forgets them all. A result that is
 * undefined is not kept.
 */
export function memoized<A, T>(
  make: (argument: A) => T,
  most: number,
  keyOf: (argument: A) => unknown = (argument) => argument,
): (argument: A) => T {
  const known = new Map<unknown, T>();
  return (argument) => {
    const key = keyOf(argument);
    let result = known.get(key);
    if (result === undefined) {
      result = make(argument);
      if (known.size >= most) known.clear();
      known.set(key, result);
    }
    return result;
  };
}
