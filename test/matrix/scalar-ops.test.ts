/** Every op on every backend, where one point remains and where whole vectors run: bit by bit as the interpreter of kernels. */
import { describe, expect, it } from 'vitest';
import { argument, exprCarrier as k, literal, type Expr } from '../../src/ir/expr.ts';
import { input, map, type Graph } from '../../src/ir/graph.ts';
import { jsBackend } from '../../src/backends/js.ts';
import { referenceBackend } from '../../src/backends/reference.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { runOn } from '../helpers.ts';

const [a, b] = [argument(0), argument(1)];
const bodies: Readonly<Record<string, Expr>> = {
  add: k.add(a, b),
  sub: k.sub(a, b),
  mul: k.mul(a, b),
  neg: k.neg(a),
  div: k.div(a, b),
  sqrt: k.sqrt(k.abs(a)),
  abs: k.abs(a),
  min: k.min(a, b),
  max: k.max(a, b),
  round: k.round(k.mul(a, literal(3))),
  less: k.select(k.less(a, b), a, literal(7)),
  equal: k.select(k.equal(a, b), literal(5), b),
  exponent: k.exponent(k.abs(a)),
  mantissa: k.mantissa(k.abs(a)),
  powerOfTwo: k.powerOfTwo(k.round(k.mul(a, literal(0.1)))),
  exp: k.exp(a),
  log: k.log(k.abs(a)),
  sin: k.sin(a),
  cos: k.cos(b),
};

const xs = [0.3, -1.3, 2.3, 1.75, -3.3, 1.5, -1.999, 1e-3, 4.3, 700.25, -0.7, 1, 6.5];
const ys = [1.1, -1.3, 0.2, -5, 3, 1.5, 8, -0.01, 2, 3.5, -0.7, 9, 1];

describe('ops', () => {
  for (const [name, body] of Object.entries(bodies))
    it(`${name} has the same bits everywhere`, () => {
      for (const n of [1, 2, 3, 4, 13])
        for (const dtype of ['f32', 'f64'] as const) {
          const graph: Graph = { outputs: { z: map(name, [input('x', [n]), input('y', [n])], [body])[0] } };
          const values = { x: xs.slice(13 - n), y: ys.slice(13 - n) };
          const expected = runOn(referenceBackend, graph, values, { dtype }).z;
          for (const backend of [jsBackend, wasmBackend])
            expect([...runOn(backend, graph, values, { dtype }).z], `${backend.name} ${dtype} ${n}`).toEqual([
              ...expected,
            ]);
        }
    });
});
