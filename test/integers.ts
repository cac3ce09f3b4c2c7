/** Ops of integers at the ends of their ranges, as programs with inputs. */
import { compileGraph } from '../src/compiler/pipeline.ts';
import type { Program } from '../src/compiler/kernel.ts';
import { argument, exprCarrier as k, literal, type Expr } from '../src/ir/expr.ts';
import { input, loop, map, type Graph } from '../src/ir/graph.ts';

const [a, b] = [argument(0), argument(1)];
const words = [
  0, 1, -1, 2, 65535, 65536, -65536, 32768, 1073741824, -1073741824, 2147483647, -2147483647, 715827882, -3,
  99999,
];
const shorts = [0, 1, -1, 32767, -32767, -32768, 12345, 255, -256];
const shifts = [0, 1, 5, 16, 30, 31, 32, 60];
/** Ties: products that lie half way between two results. */
const ties = [2 ** 15, 3 * 2 ** 15, -(2 ** 15), 2 ** 16, -3 * 2 ** 16, 5, 2 ** 30];

const bodies: Readonly<
  Record<string, readonly [body: Expr, left: readonly number[], right: readonly number[]]>
> = {
  mulHigh: [k.mulHigh(a, b), [...words, ...ties], [...words, ...ties]],
  mulHighDown: [k.mulHighDown(a, b), [...words, ...ties], [...words, ...ties]],
  added: [k.add(b, k.mulHigh(a, literal(2 ** 30 + 3))), words, shorts],
  subtracted: [k.sub(b, k.mulHighDown(a, literal(2 ** 30))), [...words, ...ties], shorts],
  mulHigh16: [k.mulHigh16(a, b), words, shorts],
  added16: [k.add(b, k.mulHigh16(a, literal(-32768))), words, shorts],
  // Sums that fit, though they do not without the lower half of the product.
  'added16 at the end': [k.add(b, k.mulHigh16(a, literal(-32767))), [-1, 0], [2 ** 31 - 1, 2 ** 31 - 2]],
  shiftRight: [k.shiftRight(a, b), words, shifts],
  add: [k.add(a, b), words, [0]],
  sub: [k.sub(literal(7), k.mul(b, literal(3))), words, shorts],
  mul: [k.mul(a, b), shorts, shorts],
  neg: [k.neg(k.add(a, b)), words, [0]],
  abs: [k.abs(a), words, [0]],
  min: [k.min(a, b), words, words],
  max: [k.max(a, b), words, words],
  less: [k.select(k.less(a, b), a, literal(7)), words, words],
  equal: [k.select(k.equal(a, b), literal(5), b), words, words],
  shiftLeft: [k.shiftLeft(a, b), [0, 1, -1, -2, 1], [0, 1, 5, 16, 29]],
  bitLength: [k.bitLength(a, b), words, words],
};

export interface IntegerCase {
  readonly program: Program<'i32'>;
  readonly values: Readonly<Record<'x' | 'y', readonly number[]>>;
}

const programOf = (graph: Graph): Program<'i32'> => ({
  ...compileGraph(graph, { dtype: 'f64', vectors: false }),
  dtype: 'i32',
});

/** Every op over all pairs of its operands, and the largest of some integers over a loop. */
export function integerCase(): Record<string, IntegerCase> {
  const made = Object.entries(bodies).map(([name, [body, left, right]]): [string, IntegerCase] => {
    const values = { x: left.flatMap((x) => right.map(() => x)), y: left.flatMap(() => right) };
    const n = values.x.length;
    const graph = { outputs: { z: map(name, [input('x', [n]), input('y', [n])], [body])[0] } };
    return [name, { program: programOf(graph), values }];
  });
  const [largest] = loop({
    label: 'largest', space: [9], loads: [{ tensor: input('x', [9]), access: { offset: 0, terms: [1] } }], body: [a], shapes: [[1]],
    stores: [{ result: 0, access: { offset: 0, terms: [0] }, combine: 'max' }],
  }); // prettier-ignore
  const values = { x: words.slice(0, 9).map((x) => Math.min(x, -x) - 4), y: [] };
  return {
    ...Object.fromEntries(made),
    largest: { program: programOf({ outputs: { z: largest } }), values },
  };
}
