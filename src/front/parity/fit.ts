/** Floors, offsets, ranges and shifts of a rule: where along each of them least is left. */
import { leastLog, lineThrough, ruledValues, type Leveled, type LevelRule, type Line } from './levels.ts';

/** A rule over energies of a kind of triangles, and its line. */
export interface Fitted {
  readonly rule: LevelRule;
  readonly line: Line;
}

/** What lines leave of right rules, of tensors of 32 bits. */
export const goodResidual = 2e-7;

/** The place of a grid at which a function is least. */
function leastOfGrid(
  of: (x: number) => number,
  [low, high]: readonly [number, number],
  steps: number,
): { at: number; value: number } {
  let [at, value] = [low, Infinity];
  for (let i = 0; i <= steps; i++) {
    const x = low + (i * (high - low)) / steps;
    const v = of(x);
    if (v < value) [at, value] = [x, v];
  }
  return { at, value };
}

/** Where a function that falls and then rises, to a level that it keeps on one of the sides, is least between two places, to 1e-7. */
export function leastBetween(of: (x: number) => number, low: number, high: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [a, d] = [low, high];
  let [b, c] = [d - golden * (d - a), a + golden * (d - a)];
  let [fb, fc] = [of(b), of(c)];
  const last = of(high);
  while (d - a > 1e-7) {
    if (fb < fc || (fb === fc && fc === last)) {
      [d, c, fc] = [c, b, fb];
      b = d - golden * (d - a);
      fb = of(b);
    } else {
      [a, b, fb] = [b, c, fc];
      c = a + golden * (d - a);
      fc = of(c);
    }
  }
  return (a + d) / 2;
}

/** Steps of grids. */
const steps = 36;

/** A number of a rule that is looked for. */
interface Dial {
  readonly between: readonly [number, number];
  readonly turned: (rule: LevelRule, x: number) => LevelRule;
}

/** What there is to turn, over energies of these clips. */
function dialsOf(clips: readonly Leveled[], rule: LevelRule): Dial[] {
  const some = clips.flatMap(({ logs }) =>
    Array.from({ length: 401 }, (_, i) => logs[(i * 7919) % logs.length]),
  );
  // Silence says nothing about where levels are.
  const sounding = some.filter((x) => x > leastLog).sort((a, b) => b - a);
  const inner = sounding[Math.floor(sounding.length / 5)] ?? 0;
  const least = clips.reduce((a, { logs }) => logs.reduce((x, y) => Math.min(x, y), a), Infinity);
  const most = clips.reduce((a, { logs }) => logs.reduce((x, y) => Math.max(x, y), a), -Infinity);
  const within = (below: number): [number, number] => [Math.max(leastLog, least - below), inner];
  const range = (over: LevelRule['over']): Dial => ({
    between: [1, most - least + 4],
    turned: (r, x) => ({ ...r, range: x, over }),
  });
  return [
    { between: within(1), turned: (r, x) => ({ ...r, floor: Math.exp(x), offset: 0 }) },
    // What is added shows far above itself.
    { between: within(14), turned: (r, x) => ({ ...r, offset: Math.exp(x), floor: 1e-30 }) },
    range('clip'),
    range('frame'),
    ...(rule.cepstrum && rule.normalize?.over === 'clip'
      ? [{ between: [-25, 25] as const, turned: (r: LevelRule, x: number) => ({ ...r, shift: x }) }]
      : []),
  ];
}

/** Rules over the energies of clips. */
export class RuleFit {
  readonly clips: readonly Leveled[];
  private readonly pattern: Float64Array | null;
  private readonly stop: () => boolean;

  constructor(clips: readonly Leveled[], pattern: Float64Array | null, stop: () => boolean) {
    this.clips = clips;
    this.pattern = pattern;
    this.stop = stop;
  }

  at(rule: LevelRule): Fitted {
    const values = this.clips.map((clip) => ruledValues(rule, clip));
    return { rule, line: lineThrough(values, this.clips, this.pattern) };
  }

  /** From a rule on, one number after the other, as long as less is left. */
  from(rule: LevelRule): Fitted {
    let best = this.at(rule);
    if (rule.isLinear) return best;
    for (let round = 0; round < 5 && best.line.residual > goodResidual && !this.stop(); round++) {
      const before = best.line.residual;
      const own = best.rule;
      // The number that helps most is found to the end first; those that touch few values help between places of the grid alone.
      const dials = dialsOf(this.clips, own).map((dial) => {
        const of = (x: number): number => this.at(dial.turned(own, x)).line.residual;
        return { ...dial, of, ...leastOfGrid(of, dial.between, steps) };
      });
      for (const { of, at, between, turned } of dials.sort((a, b) => a.value - b.value)) {
        if (best.line.residual <= goodResidual || this.stop()) break;
        const step = (between[1] - between[0]) / steps;
        const one = this.at(turned(own, leastBetween(of, at - step, at + step)));
        if (one.line.residual < 0.98 * best.line.residual) best = one;
      }
      if (best.line.residual > 0.95 * before) break;
    }
    return best;
  }
}
