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
  /** Literals that stand for other numbers: by how much at most, in their own steps. */
  readonly errors: ReadonlyMap<Expr, number>;
}

/** A kernel's body, and the formats around it. */
interface BodyTask {
  readonly name: FixedName;
  readonly body: readonly Expr[];
  readonly range: KernelRange;
  /** Fraction bits by load and by store. */
  readonly loads: readonly number[];
  readonly stores: readonly number[];
  /** Which loads are constants that multiply. */
  readonly isConstant: readonly boolean[];
  /** Most fraction bits of a magnitude. */
  readonly limit: (magnitude: number) => number;
}

/** Is a number plus or minus a power of two? */
const isPower = (x: number): boolean => x !== 0 && Number.isInteger(Math.log2(Math.abs(x)));

class Translation {
  private readonly values = new Map<Expr, Fixed>();
  readonly bounds = new Map<Expr, { magnitude: number; fraction: number }>();
  readonly errors = new Map<Expr, number>();
  private readonly task: BodyTask;
  /** Fraction bits that results want. */
  private readonly wanted: number;
  /** Products of which only negatives are used. */
  private readonly subtracted = new Set<Expr>();

  constructor(task: BodyTask) {
    this.task = task;
    this.wanted = Math.max(...task.stores);
    const order = topological(task.body);
    for (const e of order) if (e.op === 'mul') this.subtracted.add(e);
    for (const e of order)
      e.args.forEach((a, i) => {
        if (e.op !== 'sub' || i !== 1) this.subtracted.delete(a);
      });
    for (const e of task.body) this.subtracted.delete(e);
    for (const e of order) if (!this.isConstant(e)) this.values.set(e, this.kept(e, this.node(e)));
  }

  result(e: Expr, store: number): Expr {
    const fraction = this.task.stores[store];
    return this.to(e, fraction);
  }

  /** A literal with so many fraction bits, within so many bits. */
  private literal(value: number, fraction: number, bits: number): Expr {
    const made = literal(quantized(value, fraction, bits));
    const error = Math.abs(made.value - value * 2 ** fraction);
    this.errors.set(made, Math.max(error, this.errors.get(made) ?? 0));
    return made;
  }

  private isConstant(e: Expr): boolean {
    if (e.op === 'neg') return this.isConstant(e.args[0]);
    return e.op === 'literal' || (e.op === 'argument' && this.task.isConstant[e.value]);
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
    return (this.values.get(e) as Fixed).fraction;
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
      default:
        throw new UnsupportedError(`${e.op} in fixed point; expected sums and products`);
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
    const most = Math.min(fine, Math.max(coarse, this.wanted));
    return most <= limit ? most : Math.min(this.wanted, limit);
  }

  private product(e: Expr, x: Expr, c: Expr): Fixed {
    const { name, loads } = this.task;
    const bits = bitsOf(name);
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
    const missing = this.wanted - (fraction + own - bits);
    const raised =
      missing > 1 ? Math.max(0, Math.min(missing, this.task.limit(this.magnitude(x)) - fraction)) : 0;
    const expr = scaledProduct(name, this.to(x, fraction + raised), factor, this.subtracted.has(e));
    return { expr, fraction: fraction + raised + own - bits };
  }
}

/** Throws UnsupportedError for what is not linear. */
export function fixedBody(task: BodyTask): FixedBody {
  const translation = new Translation(task);
  const body = task.body.map((e, i) => translation.result(e, i));
  return { body, bounds: translation.bounds, errors: translation.errors };
}
