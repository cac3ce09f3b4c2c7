/** The head of a rule: units, gains and numbers as short as they can be. */
import { lifterWeight, type CepstrumOptions, type Lifter } from '../../numeric/cepstrum.ts';
import type { HeadConfig, LogRule, MelBank } from '../../spectral/head.ts';
import { headWindow, hasEnergy, oneSidedBins } from '../../spectral/head.ts';
import { bandsOf, cepstrumOf } from '../../spectral/banks.ts';
import { orElse } from './apply.ts';
import type { Example } from './clips.ts';
import { goodResidual, RuleFit, type Fitted } from './fit.ts';
import {
  digitsOf,
  leveled,
  lineThrough,
  rounded,
  ruledValues,
  unitsOf,
  type Leveled,
  type LevelRule,
} from './levels.ts';
import { guards, normalizationOf } from './normalization.ts';

type Scaling = Partial<Pick<HeadConfig, 'gain' | 'scaling' | 'windowNorm'>>;

/** Where powers are scaled. */
const scalings: readonly Scaling[] = [
  {},
  { gain: 32768 },
  { scaling: 'length' },
  { gain: 32768, scaling: 'length' },
  { windowNorm: 'sum' },
  { windowNorm: 'energy' },
  { gain: 32767 },
  { gain: 32768, windowNorm: 'sum' },
  { gain: 32768, windowNorm: 'energy' },
  { scaling: 'density' },
  { scaling: 'spectrum' },
  { gain: 32768, scaling: 'density' },
  { gain: 32768, scaling: 'spectrum' },
];

/** A complete head, and how far it is from the features. */
export interface Completed {
  readonly head: HeadConfig;
  readonly residual: number;
}

/** What is known of the levels before anything is tried. */
interface OutputTask {
  /** Framed, of triangles of height 1, without gain. */
  readonly head: HeadConfig;
  /** Clips of which energies are given. */
  readonly clips: readonly { readonly energies: Float64Array; readonly example: Example }[];
  /** Numbers of a frame without deltas. */
  readonly width: number;
  readonly isLinear: boolean;
  readonly isCepstrum: boolean;
  readonly deltas: HeadConfig['deltas'];
  /** What the search added under the logarithm, in energies of triangles of this norm. */
  readonly offset: number;
  readonly offsetNorm: MelBank['norm'];
  readonly stop: () => boolean;
}

const sumsOf = (head: HeadConfig): Float64Array => {
  const { bands, weights } = bandsOf(head, head.nFft);
  return Float64Array.from(bands.start, (_, m) =>
    weights.subarray(m * bands.width, (m + 1) * bands.width).reduce((a, b) => a + b, 0),
  );
};

/** What the bands of a head are multiplied by under other options of bank and scaling; 1 for bands that gather nothing. */
function ratios(head: HeadConfig, other: HeadConfig): Float64Array {
  const [own, plain] = [sumsOf(other), sumsOf(head)];
  const window = (h: HeadConfig): number => headWindow(h).reduce((a, b) => a + b, 0);
  const gain = (window(other) / window(head)) ** (head.spectrum === 'magnitude' ? 1 : 2);
  return own.map((s, m) => (plain[m] > 0 ? (gain * s) / plain[m] : 1));
}

const withNorm = (head: HeadConfig, norm: MelBank['norm']): HeadConfig =>
  head.bank?.kind === 'mel' ? { ...head, bank: { ...head.bank, norm } } : head;

/** Kinds of triangles, or of sides of bins, that change some bands more than others. */
function shapesOf(head: HeadConfig): HeadConfig[] {
  if (head.bank?.kind !== 'mel') return [head, { ...head, scaling: 'spectrum' }];
  const norms =
    head.bank.scale === 'slaney'
      ? (['slaney', 'none', 'sum'] as const)
      : (['none', 'slaney', 'sum'] as const);
  return norms.map((norm) => withNorm(head, norm));
}

const plainRule = ({ isLinear, deltas }: OutputTask): LevelRule => ({
  floor: 1e-30,
  offset: 0,
  range: null,
  isRelative: false,
  over: 'clip',
  isLinear,
  unit: 1,
  shift: 0,
  cepstrum: null,
  deltas,
  normalize: null,
});

const matrixOf = (head: HeadConfig, cepstrum: CepstrumOptions): Float64Array =>
  cepstrumOf({ ...head, cepstrum }) as Float64Array;

/** The lifter and the scaling of row 0 by the slope of each coefficient over a plain cosine transform. */
function cepstrumBy(task: OutputTask, clips: readonly Leveled[], isFree: boolean): CepstrumOptions {
  const { width: count, head, deltas } = task;
  const plain: CepstrumOptions = { count, norm: 'ortho', lifter: null };
  if (isFree) return plain;
  const rule: LevelRule = {
    ...plainRule(task),
    cepstrum: matrixOf(head, plain),
    deltas: null,
    offset: task.offset,
  };
  const values = clips.map((clip) => ruledValues(rule, clip));
  const wide = count * (1 + (deltas?.order ?? 0));
  const slopes = Array.from({ length: count }, (_, m) => {
    const own = clips.map(({ example, ...rest }): Leveled => ({
      ...rest,
      example: { ...example, values: example.values.filter((_v, i) => i % wide === m) },
    }));
    return lineThrough(
      values.map((v) => v.filter((_v, i) => i % count === m)),
      own,
    ).slope;
  });
  const kinds = ['kaldi', 'librosa'] as const;
  const lengths = Array.from({ length: 60 }, (_, i) => i + 8);
  const lifters = [null, ...kinds.flatMap((kind) => lengths.map((length): Lifter => ({ kind, length })))];
  const misfit = (lifter: Lifter | null): number => {
    const own = slopes.slice(1).map((s, i) => s / (lifter ? lifterWeight(lifter, i + 1) : 1));
    const mean = own.reduce((a, b) => a + b, 0) / own.length;
    return own.reduce((sum, r) => sum + (r / mean - 1) ** 2, 0);
  };
  const lifter = lifters.reduce((best, l) => (misfit(l) < misfit(best) * 0.9 ? l : best), null);
  const first =
    slopes[0] / (lifter ? lifterWeight(lifter, 0) : 1) / (slopes[1] / (lifter ? lifterWeight(lifter, 1) : 1));
  return { count, lifter, norm: !hasEnergy(head.bank) && Math.abs(first) > 1.2 ? 'htk' : 'ortho' };
}

/** Are the largest values of clips, or of frames, all the same? */
function relativeTo({ list, width }: { list: readonly Example[]; width: number }): LevelRule['over'] | null {
  const most = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const isSame = (x: readonly number[]): boolean => {
    const [first] = x;
    return x.length > 1 && x.every((v) => Math.abs(v - first) <= 1e-6 * Math.max(1e-3, Math.abs(first)));
  };
  const frames = list
    .slice(0, 2)
    .flatMap(({ values, frames: count }) =>
      Array.from({ length: count }, (_, f) => most(values.subarray(f * width, (f + 1) * width))),
    );
  if (isSame(frames)) return 'frame';
  return isSame(list.map((e) => most(e.values))) ? 'clip' : null;
}

/** A head of triangles and a rule that its levels go by. */
interface Tried extends Fitted {
  readonly shape: HeadConfig;
  readonly cepstrum: CepstrumOptions | null;
}

/** The features that give a head: the numbers that leave least, the simplest head of them. */
export function completeHead(task: OutputTask, examples: readonly Example[]): Completed {
  const { head, deltas, isCepstrum, width } = task;
  const normalize = normalizationOf(examples, width * (1 + (deltas?.order ?? 0)));
  const relative = normalize || isCepstrum || task.isLinear ? null : relativeTo({ list: examples, width });
  const tried = shapesOf(head).map((shape): Tried & { fit: RuleFit } => {
    const rows = ratios(head, shape);
    const clips = task.clips.map(({ energies, example }) =>
      leveled(
        energies.map((e, i) => e * rows[i % rows.length]),
        example,
      ),
    );
    const cepstrum = isCepstrum ? cepstrumBy(task, clips, normalize?.deviation === true) : null;
    const matrix = cepstrum && matrixOf(head, cepstrum);
    const ofOffset = ratios(withNorm(head, task.offsetNorm), shape);
    const rule: LevelRule = {
      ...plainRule(task),
      cepstrum: matrix,
      normalize,
      isRelative: relative !== null,
      over: relative ?? 'clip',
      offset: task.offset * ofOffset[ofOffset.length >> 1],
    };
    const fit = new RuleFit(
      clips,
      matrix && !normalize?.mean ? patternOf(matrix, width, deltas) : null,
      task.stop,
    );
    return { shape, cepstrum, fit, ...fit.at(rule) };
  });
  const best = tried.reduce((a, b) => (b.line.residual < 0.5 * a.line.residual ? b : a));
  const open = tried.filter((t) => t.line.residual < 1.5 * best.line.residual + goodResidual);
  const fitted: (Tried & { fit: RuleFit })[] = [];
  for (const t of open)
    if (!fitted.some(({ line }) => line.residual <= goodResidual))
      fitted.push({ ...t, ...t.fit.from(t.rule) });
  const closest = fitted.reduce((a, b) => (b.line.residual < 0.9 * a.line.residual - 1e-9 ? b : a));
  return simplest(normalize?.deviation ? guarded(closest, task) : closest);
}

/** What one more neper of every level adds to each number of a frame. */
function patternOf(matrix: Float64Array, width: number, deltas: HeadConfig['deltas']): Float64Array {
  const bands = matrix.length / width;
  const out = new Float64Array(width * (1 + (deltas?.order ?? 0)));
  for (let c = 0; c < width; c++) for (let m = 0; m < bands; m++) out[c] += matrix[c * bands + m];
  return out.map((x) => (Math.abs(x) < 1e-9 ? 0 : x));
}

/** The same with the guard of deviations, which counts in the unit of the logarithm, that leaves least. */
function guarded<T extends Tried & { fit: RuleFit }>(tried: T, { head }: OutputTask): T {
  const { normalize } = tried.rule;
  if (!normalize) return tried;
  let best = tried;
  for (const [, unit] of tried.rule.isLinear ? ([['ln', 1]] as const) : unitsOf(head))
    for (const guard of guards) {
      const next = tried.fit.at({ ...tried.rule, unit, normalize: { ...normalize, ...guard } });
      if (next.line.residual < 0.98 * best.line.residual) best = { ...tried, ...next };
    }
  // Floors were looked for without the guard.
  return best.line.residual > goodResidual ? { ...best, ...best.fit.from(best.rule) } : best;
}

/** Numbers of few digits that leave as little, and how long they are. */
interface Short {
  readonly head: HeadConfig;
  readonly length: number;
}

const powersOfTwo = [2 ** -23, 2 ** -24, 2 ** -52];

/** A number that people write next to x: of few digits, or a power of two. */
function usual(x: number, tolerance: number): number {
  if (x <= 1e-29) return x;
  const power = powersOfTwo.find((p) => Math.abs(p - x) <= tolerance * x);
  return power ?? rounded(x, tolerance);
}

const lengthOf = (x: number): number => (powersOfTwo.includes(x) || x <= 1e-29 ? 1 : digitsOf(x));

/** Of scalings that are the same thing, the one of the shortest numbers. */
function simplest(tried: Tried & { fit: RuleFit }): Completed {
  const least = Math.max(1.05 * tried.line.residual, 3e-8);
  const kept = (rule: LevelRule): boolean => tried.fit.at(rule).line.residual <= least;
  const options = scalings
    .map((scaling) => orElse(() => shortened(tried, scaling, kept), null))
    .filter((s) => s !== null);
  const { head } = options.reduce((a, b) => (b.length < a.length ? b : a));
  return { head, residual: tried.line.residual };
}

function shortened(tried: Tried, scaling: Scaling, kept: (rule: LevelRule) => boolean): Short | null {
  const { rule, line, shape, cepstrum } = tried;
  const { gain = 1, ...others } = scaling;
  const own: HeadConfig = { ...shape, ...others, gain };
  const rows = ratios(shape, own);
  const even = rows.filter((_, m) => m > 0 && m < rows.length - 1);
  if (even.some((r) => Math.abs(r / even[0] - 1) > 1e-9)) return null;
  const factor = even[0];
  // A number is shortened where that leaves as little.
  const short = (key: 'floor' | 'offset'): number => {
    const x = rule[key] * factor;
    if (rule[key] === 0 || rule[key] <= 1e-29) return rule[key];
    const next = usual(x, 1e-2);
    return next !== x && kept({ ...rule, [key]: next / factor }) ? next : usual(x, 1e-6);
  };
  const [floor, offset] = rule.isLinear ? [0, 0] : [short('floor'), short('offset')];
  const head: HeadConfig = {
    ...own,
    cepstrum,
    ...(rule.deltas ? { deltas: rule.deltas } : {}),
    ...(rule.normalize ? { normalize: rule.normalize } : {}),
  };
  const numbers = Object.keys(scaling).length + lengthOf(floor) / 4 + lengthOf(offset) / 4;
  const lines = linesOf(head, rule, line, factor);
  const found = lines.map(({ log, multiply, add, more }) => {
    const isPlain = Math.abs(multiply - 1) < 1e-6 && add === 0;
    const affine = isPlain ? null : { multiply, add };
    const by = ((more.gain ?? gain) / gain) ** (own.spectrum === 'magnitude' ? 1 : 2);
    return {
      head: { ...head, ...more, log: log && { ...log, floor: floor * by, offset: offset * by }, affine },
      length:
        numbers +
        (by === 1 ? 0 : digitsOf(more.gain ?? gain)) +
        (affine ? digitsOf(multiply) + digitsOf(add) : 0) +
        digitsOf(log?.range ?? 0),
    };
  });
  return found.reduce((a, b) => (b.length < a.length ? b : a));
}

interface Lined {
  readonly log: LogRule | null;
  readonly multiply: number;
  readonly add: number;
  readonly more: Partial<HeadConfig>;
}

const zeroed = (add: number, slope: number): number =>
  Math.abs(add) < 1e-5 * Math.max(1, Math.abs(slope)) ? 0 : rounded(add, 1e-6);

/** Units of the logarithm, and norms of the cepstrum, with the affine map that each leaves. */
function linesOf(head: HeadConfig, rule: LevelRule, line: Fitted['line'], factor: number): Lined[] {
  const { normalize, isLinear, unit } = rule;
  const isNormal = normalize?.deviation === true;
  const moved = normalize?.mean || rule.isRelative;
  if (isLinear) {
    const multiply = normalize?.deviation ? line.slope : line.slope / factor;
    return [{ log: null, multiply: rounded(multiply, 1e-6), add: zeroed(line.add, line.slope), more: {} }];
  }
  // Energies that are as much larger have levels that are higher.
  const shift = Math.log(factor);
  const pattern = head.cepstrum ? line.gain / line.slope : 0;
  const left = head.cepstrum && !moved ? pattern - shift : 0;
  // What no scaling makes is a gain.
  const gain =
    Math.abs(left) < 1e-5 ? head.gain : head.gain * Math.exp(left / (head.spectrum === 'magnitude' ? 1 : 2));
  const add = line.add - (moved || head.cepstrum ? 0 : line.slope * unit * shift);
  const norms = cepstrumNorms(head);
  return unitsOf(head)
    .filter(([, of]) => !isNormal || of === unit)
    .flatMap(([kind, of]) =>
      norms.map(({ cepstrum, by }): Lined => {
        const slope = isNormal ? line.slope : (line.slope * unit) / of / by;
        const multiply = rounded(slope, 1e-6);
        const range = rule.range === null ? null : rounded(rule.range * of, 1e-5);
        const reference = rule.isRelative ? ('max' as const) : 1;
        const over = rule.over === 'frame' ? { over: 'frame' as const } : {};
        const log: LogRule = { kind, floor: 0, offset: 0, range, reference, ...over };
        const isOne = isNormal && Math.abs(slope - 1) < 1e-4;
        return {
          log,
          multiply: isOne ? 1 : multiply,
          add: zeroed(add, line.slope),
          more: { gain: gain === head.gain ? gain : rounded(gain, 1e-6), ...(cepstrum ? { cepstrum } : {}) },
        };
      }),
    );
}

/** The norm of a cepstrum, and those that differ by a factor alone. */
function cepstrumNorms(head: HeadConfig): { cepstrum: CepstrumOptions | null; by: number }[] {
  const { cepstrum } = head;
  if (!cepstrum) return [{ cepstrum: null, by: 1 }];
  if (cepstrum.norm !== 'htk') return [{ cepstrum, by: 1 }];
  const bands = head.bank?.kind === 'mel' ? head.bank.bands : oneSidedBins(head.nFft);
  return [
    { cepstrum, by: 1 },
    { cepstrum: { ...cepstrum, norm: 'none' }, by: 2 / Math.sqrt(2 / bands) },
  ];
}
