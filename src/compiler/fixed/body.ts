/** The body of a kernel in integers: every value with its own fraction bits, shifts where two meet that differ. */
import { UnsupportedError } from '../../errors.ts';
import { literal, node, topological, type Expr } from '../../ir/expr.ts';
import {
  bitsOf,
  constantFraction,
  largest,
  quantized,
  scaledProduct,
  shiftedDown,
  shiftedUp,
  type FixedName,
} from './format.ts';
import {
  floatingOf,
  log2Of,
  logFraction,
  packed,
  sumOfSquares,
  weightedSum,
  type Floating,
  type Term,
} from './floating.ts';
import { magnitudeOf, type KernelRange } from './worst.ts';

/** An integer that stands for a number: expr / 2^fraction. */
interface Fixed {
  readonly expr: Expr;
  readonly fraction: number;
}

/** What is known of the integer form of a body. */
export interface FixedBody {
  readonly body: readonly Expr[];
  /** Largest magnitude of every node as a real number, and its fraction bits. */
  readonly bounds: ReadonlyMap<Expr, { readonly magnitude: number; readonly fraction: number }>;
  /** Nodes whose largest integer, and whose error, are known otherwise: those of powers and logarithms. */
  readonly noted: ReadonlyMap<Expr, { readonly peak: number; readonly noise: number }>;
  /** Literals that stand for other numbers: by how much at most, in their own steps. */
  readonly errors: ReadonlyMap<Expr, number>;
  /** Fraction bits by store, where powers have those that they come with. */
  readonly stores: readonly number[];
  /** What is squared, as the integers that are. */
  readonly squared: ReadonlyMap<Expr, { readonly expr: Expr; readonly fraction: number }>;
}

/** A kernel's body, and the formats around it. */
interface BodyTask {
  readonly name: FixedName;
  readonly body: readonly Expr[];
  readonly range: KernelRange;
  /** Fraction bits by load and by store; null: those that a power comes with. */
  readonly loads: readonly number[];
  readonly stores: readonly (number | null)[];
  /** What the loads are. */
  readonly kinds: readonly LoadKind[];
  /** Most fraction bits of a magnitude. */
  readonly limit: (magnitude: number) => number;
}

/** A constant that multiplies; a power, a mantissa and an exponent in one word; or a value. */
export type LoadKind = 'constant' | 'power' | 'value';

/** What every node is, by what the loads are: squares, their sums and products with constants are powers. */
export function kindsOf(body: readonly Expr[], loads: readonly LoadKind[]): Map<Expr, LoadKind> {
  const kinds = new Map<Expr, LoadKind>();
  const kindOf = (e: Expr): LoadKind => {
    if (e.op === 'literal') return 'constant';
    if (e.op === 'argument') return loads[e.value];
    const own = e.args.map((a) => kinds.get(a) as LoadKind);
    if (e.op === 'neg') return own[0];
    if (e.op === 'mul' && e.args[0] === e.args[1] && own[0] === 'value') return 'power';
    const passes = e.op === 'add' || e.op === 'mul' || e.op === 'max';
    return passes && own.includes('power') ? 'power' : 'value';
  };
  for (const e of topological(body)) kinds.set(e, kindOf(e));
  return kinds;
}

/** Is a number plus or minus a power of two? */
const isPower = (x: number): boolean => x !== 0 && Number.isInteger(Math.log2(Math.abs(x)));

class Translation {
  private readonly values = new Map<Expr, Fixed>();
  readonly bounds = new Map<Expr, { magnitude: number; fraction: number }>();
  readonly errors = new Map<Expr, number>();
  readonly noted = new Map<Expr, { peak: number; noise: number }>();
  readonly stores: number[] = [];
  readonly squared = new Map<Expr, Fixed>();
  private readonly task: BodyTask;
  private readonly kinds: ReadonlyMap<Expr, LoadKind>;
  /** Fraction bits that results want of every node. */
  private readonly wanted: ReadonlyMap<Expr, number>;
  /** Products of which only negatives are used. */
  private readonly subtracted = new Set<Expr>();

  constructor(task: BodyTask) {
    this.task = task;
    this.kinds = kindsOf(task.body, task.kinds);
    const order = topological(task.body);
    this.wanted = this.wantedOf(order);
    for (const e of order) if (e.op === 'mul') this.subtracted.add(e);
    for (const e of order)
      e.args.forEach((a, i) => {
        if (e.op !== 'sub' || i !== 1) this.subtracted.delete(a);
      });
    for (const e of task.body) this.subtracted.delete(e);
    for (const e of order) if (this.kinds.get(e) === 'value') this.values.set(e, this.kept(e, this.node(e)));
  }

  /**
   * Fraction bits that results want of what they are made of: their own, and those that products with large constants take; a bit that
   * a product takes is made up for behind it. Squares want all that fits, in q31 in their terms, too, whatever powers are stored with.
   */
  private wantedOf(order: readonly Expr[]): Map<Expr, number> {
    const wanted = new Map<Expr, number>();
    const want = (e: Expr, bits: number): void => {
      wanted.set(e, Math.max(bits, wanted.get(e) ?? -Infinity));
    };
    const most = Math.max(
      ...this.task.stores.map((f, i) =>
        this.kinds.get(this.task.body[i]) === 'power' ? -Infinity : (f ?? -Infinity),
      ),
    );
    for (const e of order) want(e, most);
    for (const e of order.toReversed()) {
      const own = wanted.get(e) ?? -Infinity;
      if (this.kinds.get(e) === 'power' && e.op === 'mul' && e.args[0] === e.args[1])
        want(e.args[0], this.task.limit(this.magnitude(e.args[0])) + Number(this.task.name === 'q31'));
      else {
        const constant = e.args.findIndex((a) => this.isConstant(a));
        const lost = e.op === 'mul' && constant >= 0 ? this.lossOf(e.args[constant]) : 0;
        e.args.forEach((a, i) => i !== constant && want(a, own + Math.max(0, lost - 1)));
      }
    }
    return wanted;
  }

  /** Fraction bits that a product with a constant takes. */
  private lossOf(c: Expr): number {
    const { name, loads } = this.task;
    const bits = bitsOf(name);
    if (c.op === 'neg') return this.lossOf(c.args[0]);
    if (c.op === 'argument') return bits - loads[c.value];
    if (c.op !== 'literal') return 0;
    return isPower(c.value) ? Math.log2(Math.abs(c.value)) : bits - constantFraction(Math.abs(c.value), bits);
  }

  result(e: Expr, store: number): Expr {
    const fraction = this.task.stores[store];
    if (fraction !== null && this.kinds.get(e) !== 'power') {
      this.stores[store] = fraction;
      return this.to(e, fraction);
    }
    const power = this.power(e);
    if (fraction !== null && fraction < power.fraction)
      throw new Error(`internal: powers of 2^-${power.fraction} where 2^-${fraction} was found`);
    const { word, fraction: own } = packed(power, fraction, this.note);
    // A mantissa has at least 27 bits; exponents and logarithms have seven.
    if (Math.max(own, own + Math.log2(this.magnitude(e)) - 27) > 120)
      throw new UnsupportedError(`powers from 2^${-own} on in fixed point; expected values nearer to 1`);
    this.stores[store] = own;
    return word;
  }

  private note = (e: Expr, peak: number, noise = 0): Expr => {
    const known = this.noted.get(e);
    this.noted.set(e, {
      peak: Math.min(peak, known?.peak ?? Infinity),
      noise: Math.max(noise, known?.noise ?? 0),
    });
    return e;
  };

  /** A literal with so many fraction bits, within so many bits. */
  private literal(value: number, fraction: number, bits: number): Expr {
    const made = literal(quantized(value, fraction, bits));
    const error = Math.abs(made.value - value * 2 ** fraction);
    this.errors.set(made, Math.max(error, this.errors.get(made) ?? 0));
    return made;
  }

  private isConstant(e: Expr): boolean {
    return this.kinds.get(e) === 'constant';
  }

  private magnitude(e: Expr): number {
    const range = this.task.range.nodes.get(e);
    return range ? magnitudeOf(range) : 0;
  }

  private kept(e: Expr, value: Fixed): Fixed {
    this.bounds.set(value.expr, { magnitude: this.magnitude(e), fraction: value.fraction });
    return value;
  }

  /** The value of a node with other fraction bits. */
  private to(e: Expr, fraction: number): Expr {
    if (e.op === 'literal') return this.literal(e.value, fraction, 32);
    const value = this.values.get(e) as Fixed;
    const by = fraction - value.fraction;
    const expr = by > 0 ? shiftedUp(value.expr, by) : this.down(value, -by, this.magnitude(e));
    return this.kept(e, { expr, fraction }).expr;
  }

  private down({ expr, fraction }: Fixed, by: number, magnitude: number): Expr {
    // Half a step more would leave 32 bits.
    const full = by > 1 && magnitude * 2 ** fraction + 2 ** by > largest;
    return full ? node('mulHigh', [expr, literal(2 ** (32 - by))]) : shiftedDown(expr, by);
  }

  private fractionOf(e: Expr): number {
    const value = this.values.get(e);
    if (!value)
      throw new UnsupportedError(
        'a difference or another function of powers in fixed point; expected weighted sums and a logarithm',
      );
    return value.fraction;
  }

  private node(e: Expr): Fixed {
    const [a, b] = e.args;
    switch (e.op) {
      case 'argument':
        return { expr: e, fraction: this.task.loads[e.value] };
      case 'neg':
        return this.negative(a);
      case 'add':
      case 'sub': {
        const fraction = this.common(e);
        return { expr: node(e.op, [this.to(a, fraction), this.to(b, fraction)]), fraction };
      }
      case 'mul':
        if (this.isConstant(a)) return this.product(e, b, a);
        if (this.isConstant(b)) return this.product(e, a, b);
        throw new UnsupportedError('a product of two values in fixed point; expected one with a constant');
      case 'max':
      case 'min': {
        const own = e.args.filter((x) => x.op !== 'literal').map((x) => this.fractionOf(x));
        const fraction = Math.min(...own, ...e.args.map((x) => this.task.limit(this.magnitude(x))));
        return { expr: node(e.op, [this.to(a, fraction), this.to(b, fraction)]), fraction };
      }
      case 'log':
        return this.log(a, 1);
      default:
        throw new UnsupportedError(`${e.op} in fixed point; expected sums, products, maxima and logarithms`);
    }
  }

  /** The negative of -2^31 would leave 32 bits. */
  private negative(a: Expr): Fixed {
    const fraction = Math.min(this.fractionOf(a), this.task.limit(this.magnitude(a)));
    return { expr: node('neg', [this.to(a, fraction)]), fraction };
  }

  /** Fraction bits of a sum: as many as the finer operand has, but no more than are wanted, or than fit: what is shifted is shifted once. */
  private common(e: Expr): number {
    const own = e.args.filter((a) => a.op !== 'literal').map((a) => this.fractionOf(a));
    const [coarse, fine] = [Math.min(...own), Math.max(...own)];
    const limit = this.task.limit(this.magnitude(e));
    const wanted = this.wanted.get(e) as number;
    const most = Math.min(fine, Math.max(coarse, wanted));
    return most <= limit ? most : Math.min(wanted, limit);
  }

  private product(e: Expr, x: Expr, c: Expr): Fixed {
    const { name, loads } = this.task;
    const bits = bitsOf(name);
    if (x.op === 'log' && c.op === 'literal' && c.value > 0) return this.log(x.args[0], c.value);
    const fraction = this.fractionOf(x);
    if (c.op === 'neg') {
      const { expr, fraction: own } = this.product(e, x, c.args[0]);
      return { expr: node('neg', [expr]), fraction: own };
    }
    if (c.op === 'literal' && isPower(c.value)) {
      const expr = this.to(x, fraction);
      return {
        expr: c.value < 0 ? node('neg', [expr]) : expr,
        fraction: fraction - Math.log2(Math.abs(c.value)),
      };
    }
    const own = c.op === 'literal' ? constantFraction(Math.abs(c.value), bits) : loads[c.value];
    const factor = c.op === 'literal' ? this.literal(c.value, own, bits) : c;
    // One bit less than wanted is made up for behind the product, more before it.
    const missing = (this.wanted.get(e) as number) - (fraction + own - bits);
    const raised =
      missing > 1 ? Math.max(0, Math.min(missing, this.task.limit(this.magnitude(x)) - fraction)) : 0;
    const expr = scaledProduct(name, this.to(x, fraction + raised), factor, this.subtracted.has(e));
    return { expr, fraction: fraction + raised + own - bits };
  }

  /** The natural logarithm of a power, times a positive factor; what bounds the power bounds the logarithm. */
  private log(x: Expr, factor: number): Fixed {
    const floor = x.op === 'max' ? x.args.find((a) => a.op === 'literal') : undefined;
    const inner = floor ? (x.args.find((a) => a !== floor) as Expr) : x;
    if (this.kinds.get(inner) !== 'power')
      throw new UnsupportedError('a logarithm of a value in fixed point; expected one of a power');
    const scale = factor * Math.LN2;
    const own = constantFraction(scale, 32);
    const expr = node('mulHigh', [log2Of(this.power(inner), this.note), this.literal(scale, own, 32)]);
    const fraction = logFraction + own - 32;
    if (!floor) return { expr, fraction };
    return {
      expr: node('max', [expr, this.literal(Math.log(floor.value) * factor, fraction, 32)]),
      fraction,
    };
  }

  /** A power: a sum of squares, or of weighted powers. */
  private power(e: Expr): Floating {
    if (e.op === 'argument') return floatingOf(e, this.task.loads[e.value], this.note);
    const squares = this.squares(e);
    if (!squares) return weightedSum(this.terms(e), this.note);
    // The exponent of the largest leaves room for one more bit.
    const fraction = Math.min(
      ...squares.map((x) => Math.min(this.fractionOf(x), this.task.limit(this.magnitude(x)) - 1)),
    );
    const exprs = squares.map((x) => this.to(x, fraction));
    squares.forEach((x, i) => this.squared.set(x, { expr: exprs[i], fraction }));
    return sumOfSquares(exprs, fraction, this.note);
  }

  /** What a sum is the squares of; null where it is no such sum. */
  private squares(e: Expr): Expr[] | null {
    if (e.op === 'mul' && e.args[0] === e.args[1]) return [e.args[0]];
    if (e.op !== 'add') return null;
    const [a, b] = e.args.map((x) => this.squares(x));
    return a && b && [...a, ...b];
  }

  private terms(e: Expr): Term[] {
    const { name, loads, range } = this.task;
    const bits = bitsOf(name);
    if (e.op === 'add' && !this.squares(e)) return e.args.flatMap((a) => this.terms(a));
    const one = { weighted: (x: Expr) => x, added: 0, weight: 1, signed: false };
    if (e.op === 'argument') return [{ word: e, fraction: loads[e.value], ...one }];
    if (this.squares(e)) return [{ ...packed(this.power(e), null, this.note), ...one }];
    if (e.op !== 'mul')
      throw new UnsupportedError(`${e.op} of a power in fixed point; expected sums and a logarithm`);
    const [c, x] = this.isConstant(e.args[0]) ? e.args : [e.args[1], e.args[0]];
    if (c.op !== 'literal' && c.op !== 'argument')
      throw new UnsupportedError(`${c.op} of a weight in fixed point; expected a constant`);
    const inner =
      x.op === 'argument' ? { word: x, fraction: loads[x.value] } : packed(this.power(x), null, this.note);
    const { low, high } = range.nodes.get(c) ?? { low: 0, high: 0 };
    const own = c.op === 'literal' ? constantFraction(Math.abs(c.value), bits) : loads[c.value];
    const factor = c.op === 'literal' ? this.literal(c.value, own, bits) : c;
    const weight = Math.max(-low, high) * 2 ** (own - bits);
    return [
      {
        ...inner,
        weighted: (m) => scaledProduct(name, m, factor, false),
        added: own - bits,
        weight,
        signed: low < 0,
      },
    ];
  }
}

/** Throws UnsupportedError for what fixed point has not. */
export function fixedBody(task: BodyTask): FixedBody {
  const translation = new Translation(task);
  const body = task.body.map((e, i) => translation.result(e, i));
  return {
    body,
    bounds: translation.bounds,
    noted: translation.noted,
    errors: translation.errors,
    stores: translation.stores,
    squared: translation.squared,
  };
}
