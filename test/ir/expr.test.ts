import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  argument,
  countOperations,
  evaluate,
  exprCarrier as k,
  literal,
  numberCarrier,
  roundTiesToEven,
  topological,
  type Expr,
} from '../../src/ir/expr.ts';
import { scheduleKernel } from '../../src/compiler/schedule.ts';
import type { Complex } from '../../src/numeric/arithmetic.ts';
import {
  butterfly,
  mixOfThree,
  mixWithIdentity,
  smallDft,
  transpose,
  twiddleBlock,
  type Block,
} from '../../src/model/butterfly.ts';

const complexArguments = (first: number, count: number): Complex<Expr>[] =>
  Array.from({ length: count }, (_, i) => ({ re: argument(first + 2 * i), im: argument(first + 2 * i + 1) }));
const flat = (y: readonly Complex<Expr>[]): Expr[] => y.flatMap((c) => [c.re, c.im]);
const count = (y: readonly Complex<Expr>[]): [number, number] => {
  const { mul, add } = countOperations(flat(y));
  return [mul, add];
};

describe('operation counts of one butterfly (DESIGN.md section 1)', () => {
  const x = complexArguments(0, 2);
  const [w] = complexArguments(4, 1);
  it('general block 16 / 12', () => {
    const [a, b, c, d] = complexArguments(4, 4);
    const block: Block<Expr> = [
      [a, b],
      [c, d],
    ];
    expect(count(butterfly(k, block, x))).toEqual([16, 12]);
  });
  it('twiddle 4 / 6', () => expect(count(butterfly(k, twiddleBlock(k, w), x))).toEqual([4, 6]));
  it('w = 1 and w = -i 0 / 4', () => {
    expect(count(butterfly(k, twiddleBlock(k, { re: literal(1), im: literal(0) }), x))).toEqual([0, 4]);
    expect(count(butterfly(k, twiddleBlock(k, { re: literal(0), im: literal(-1) }), x))).toEqual([0, 4]);
  });
  // The probe in DESIGN.md counted 12 / 11 for this form, (1 - g) I + g F; here (1 - g) + g 1 folds to 1: 2 mul, 1 add less.
  it('soft gate 10 / 10 in time, 12 / 10 in frequency', () => {
    const block = twiddleBlock(k, w);
    expect(count(butterfly(k, mixWithIdentity(k, argument(6), block), x))).toEqual([10, 10]);
    expect(count(butterfly(k, mixWithIdentity(k, argument(6), transpose(block)), x))).toEqual([12, 10]);
  });
  it('ternary: forward and reverse 4 / 6, skip 0 / 0; reverse swaps the outputs of forward', () => {
    const shares = (state: number): Expr[] => [0, 1, 2].map((i) => literal(i === state ? 1 : 0));
    const [skip, forward, reverse] = [0, 1, 2].map((state) =>
      butterfly(k, mixOfThree(k, shares(state), twiddleBlock(k, w)), x),
    );
    expect([skip, forward, reverse].map(count)).toEqual([
      [0, 0],
      [4, 6],
      [4, 6],
    ]);
    expect(flat(skip)).toEqual(flat(x));
    expect(flat(forward)).toEqual(flat(butterfly(k, twiddleBlock(k, w), x)));
    expect(flat(reverse)).toEqual(flat([forward[1], forward[0]]));
  });
  it('skip 0 / 0 and outputs are the inputs', () => {
    const y = butterfly(k, mixWithIdentity(k, literal(0), twiddleBlock(k, w)), x);
    expect(count(y)).toEqual([0, 0]);
    expect(flat(y)).toEqual(flat(x));
  });
  it('an open gate folds to the butterfly, whatever its block', () => {
    const [a, b, c, d] = complexArguments(4, 4);
    for (const block of [
      twiddleBlock(k, w),
      [
        [a, b],
        [c, d],
      ],
    ] as Block<Expr>[])
      expect(flat(butterfly(k, mixWithIdentity(k, literal(1), block), x))).toEqual(
        flat(butterfly(k, block, x)),
      );
  });
  it('literal 4-point DFT 0 / 16', () => expect(count(smallDft(k, complexArguments(0, 4)))).toEqual([0, 16]));
});

/** Random expressions over two arguments from the ring and order ops. */
const expressions = fc.letrec<{ e: Expr }>((tie) => ({
  e: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(argument(0), argument(1), literal(0), literal(1), literal(-1), literal(0.5)),
    fc
      .tuple(fc.constantFrom('add', 'sub', 'mul', 'min', 'max'), tie('e'), tie('e'))
      .map(([op, a, b]) => k[op as 'add'](a as Expr, b as Expr)),
    fc
      .tuple(fc.constantFrom('neg', 'abs', 'stopGradient'), tie('e'))
      .map(([op, a]) => k[op as 'neg'](a as Expr)),
  ),
})).e;

describe('simplification', () => {
  it('keeps the value', () => {
    // Integer arguments: sums and products are exact, so any legal rewriting gives the same number (up to the sign of zero).
    fc.assert(
      fc.property(
        expressions,
        fc.integer({ min: -3, max: 3 }),
        fc.integer({ min: -3, max: 3 }),
        (e, x, y) => {
          const direct = evaluate(numberCarrier, [e], [x, y])[0];
          const substituted = evaluate(k, [e], [literal(x), literal(y)])[0];
          expect(substituted.op).toBe(direct === direct ? 'literal' : substituted.op);
          if (substituted.op === 'literal') expect(substituted.value + 0).toBe(direct + 0);
        },
      ),
    );
  });

  it('scheduling keeps the value and removes stopGradient', () => {
    fc.assert(
      fc.property(
        expressions,
        fc.integer({ min: -3, max: 3 }),
        fc.integer({ min: -3, max: 3 }),
        (e, x, y) => {
          const load = { buffer: 0, offset: 0, terms: [] };
          const { body } = scheduleKernel({
            label: '',
            extents: [],
            reduceFrom: 0,
            vector: null,
            loads: [load, load],
            body: [e],
            stores: [],
          });
          expect(topological(body).some((n) => n.op === 'stopGradient')).toBe(false);
          expect(evaluate(numberCarrier, body, [x, y])[0] + 0).toBe(
            evaluate(numberCarrier, [e], [x, y])[0] + 0,
          );
        },
      ),
    );
  });

  it('does not depend on what was built before', () => {
    const [a, b] = [argument(20), argument(21)];
    expect(k.sub(b, a)).toBe(k.neg(k.sub(a, b)) === k.sub(b, a) ? k.sub(b, a) : k.neg(k.sub(a, b)));
    expect(k.add(a, b)).toBe(k.add(b, a));
  });
});

describe('ops', () => {
  it('rounds ties to even', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 3.7, -3.2, 2 ** 53].map(roundTiesToEven)).toEqual([
      0,
      2,
      2,
      -0,
      -2,
      4,
      -3,
      2 ** 53,
    ]);
  });
  it('takes numbers apart', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-300, max: 1e308 }), (x) => {
        const { exponent, mantissa, powerOfTwo } = numberCarrier;
        expect(mantissa(x) * powerOfTwo(exponent(x))).toBe(x);
        expect(mantissa(x)).toBeGreaterThan(Math.SQRT1_2 * (1 - 1e-6));
        expect(mantissa(x)).toBeLessThan(Math.SQRT2);
      }),
    );
  });
});
