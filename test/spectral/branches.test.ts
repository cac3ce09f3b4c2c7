/** Branches against their definition: the DFT of the filtered, decimated and windowed frame, summed term by term in float64. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { viewOf } from '../../src/backends/backend.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { jsBackend } from '../../src/backends/js.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { input, type Tensor } from '../../src/ir/graph.ts';
import { rows, type View } from '../../src/ir/view.ts';
import { exactRealTransform, exactTransforms } from '../../src/plans/feature-graphs.ts';
import {
  branchFrequencies,
  decimationOf,
  measureBranch,
  measurementOrder,
  validateBranches,
  type Branch,
} from '../../src/spectral/branches.ts';
import { signalFrames } from '../../src/spectral/frames.ts';
import { frameLength, type HeadConfig } from '../../src/spectral/head.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { gaussian } from '../helpers.ts';

const frame = featureHead('papilio', { nFft: 128, windowLength: 100, hop: 40 });
const transforms = { real: (n: number) => exactRealTransform(n), complex: exactTransforms.complex };

/** Windows as functions of t, 0 at the first sample and 1 at the end of the period, or at the last sample of a symmetric one. */
const cosines =
  (...a: number[]) =>
  (t: number): number =>
    a.reduce((sum, c, i) => sum + (-1) ** i * c * Math.cos(2 * Math.PI * i * t), 0);
const besselI0 = (x: number): number => {
  let [sum, term] = [1, 1];
  for (let m = 1; m < 60; m++) sum += term *= (x / 2 / m) ** 2;
  return sum;
};
const windows: Record<string, { spec: HeadConfig['window']; at: (t: number) => number }> = {
  hann: { spec: 'hann', at: cosines(0.5, 0.5) },
  povey: { spec: 'povey', at: (t) => cosines(0.5, 0.5)(t) ** 0.85 },
  hamming: { spec: 'hamming', at: cosines(0.54, 0.46) },
  blackman: { spec: 'blackman', at: cosines(0.42, 0.5, 0.08) },
  rectangular: { spec: 'boxcar', at: () => 1 },
  kaiser: {
    spec: ['kaiser', 6],
    at: (t) => besselI0(6 * Math.sqrt(Math.max(0, 4 * t * (1 - t)))) / besselI0(6),
  },
};

/** The window of a head, whose name is one of `windows`, at any position of a frame. */
function windowAt(head: HeadConfig, name: string, position: number): number {
  const length = head.windowLength ?? head.nFft;
  const from = head.placement === 'centered' ? (head.nFft - length) / 2 : 0;
  const periodic = head.windowKind === 'periodic';
  const t = (position - from) / (periodic ? length : length - 1);
  return t < 0 || t > 1 || (periodic && t === 1) ? 0 : head.gain * windows[name].at(t);
}

/** A filter of cascaded stages at the full rate. */
function cascade(filters: readonly (readonly number[])[]): number[] {
  let whole = [1];
  filters.forEach((taps, stage) => {
    const out = new Array<number>(whole.length + (taps.length - 1) * 2 ** stage).fill(0);
    taps.forEach((c, q) => whole.forEach((w, i) => (out[i + q * 2 ** stage] += c * w)));
    whole = out;
  });
  return whole;
}

/** |sum_m w(m) s(m) exp(-2 pi i f m D / rate)|^2, s the filtered samples of a frame, m counted from its first. */
function directPower(
  head: HeadConfig,
  name: string,
  branch: Branch,
  x: ArrayLike<number>,
  hz: number,
): number {
  const h = cascade(branch.filters);
  const by = decimationOf(branch);
  let [re, im] = [0, 0];
  for (let m = 0; m * by + h.length <= frameLength(head); m++) {
    const w = windowAt(head, name, m * by + (h.length - 1) / 2);
    const s = w * h.reduce((sum, c, q) => sum + c * x[m * by + q], 0);
    const angle = (2 * Math.PI * hz * m * by) / head.sampleRate;
    re += s * Math.cos(angle);
    im -= s * Math.sin(angle);
  }
  return re * re + im * im;
}

const branches: Record<string, Branch> = {
  'folded onto half': { filters: [], points: 64, bins: 'all', below: 8000 },
  'folded onto 48 points': { filters: [], points: 48, bins: 'all', below: 5000 },
  'longer than the window': { filters: [], points: 128, bins: 'all', below: 8000 },
  'odd bins': { filters: [], points: 128, bins: 'odd', below: 8000 },
  'odd bins, every second sample': { filters: [[0.2, 1, 1, 0.2]], points: 64, bins: 'odd', below: 3000 },
  'odd bins, every fourth sample': {
    filters: [
      [1, 1],
      [0.5, 1, 0.5],
    ],
    points: 32,
    bins: 'odd',
    below: 1500,
  },
  'all bins, every second sample': { filters: [[1, 2, 1]], points: 32, bins: 'all', below: 4000 },
};

const lanes = 4;
const samples = (lanes - 1) * frame.hop + frame.nFft;

/** Samples of lane `lane` of a signal whose frames are `hop` apart. */
const frameOf = (x: Float64Array, lane: number, { hop, nFft }: HeadConfig): Float64Array =>
  x.subarray(lane * hop, lane * hop + nFft);

interface Given {
  readonly head: HeadConfig;
  /** A signal whose frames overlap, or frames side by side. */
  readonly shared: boolean;
  readonly backend?: typeof wasmBackend;
  readonly frames?: (signal: Tensor) => View;
}

/** All groups of a branch: powers [frequencies, lanes] of a signal. */
function measure(branch: Branch, x: Float64Array, given: Given): Float64Array[] {
  const { head, shared, backend = wasmBackend } = given;
  const isSignal = shared || given.frames !== undefined;
  const signal = input('x', isSignal ? [x.length] : [head.nFft, lanes]);
  const plain = isSignal ? { tensor: signal, offset: 0, stride: 1, lane: head.hop } : rows(signal, lanes);
  const view = given.frames?.(signal) ?? plain;
  const groups = measureBranch(branch, head, { view, shared }, lanes, transforms, 'power');
  const outputs: Record<string, Tensor> = {};
  groups.forEach((g, i) => (outputs[`g${i}`] = g.parts[0].tensor));
  const e = backend.instantiate(compileGraph({ outputs }, { dtype: 'f64' }));
  const source = viewOf(e, 'x');
  if (isSignal) source.set(x);
  else
    for (let lane = 0; lane < lanes; lane++)
      frameOf(x, lane, head).forEach((value, j) => (source[j * lanes + lane] = value));
  e.run();
  return groups.map(({ frequencies, parts: [r] }, i) => {
    const view = viewOf(e, `g${i}`);
    return Float64Array.from(
      { length: frequencies.length * lanes },
      (_, at) => view[r.offset + Math.floor(at / lanes) * r.row + (at % lanes) * r.lane],
    );
  });
}

/**
 * Checks every `step`-th bin of all groups but virtual ones. Angles of the direct sums are up to some 10^3 radians, whose cosines are off
 * by 10^-13: beside the largest power, 10^-12.
 */
function expectPowers(
  measured: readonly Float64Array[],
  branch: Branch,
  head: HeadConfig,
  direct: (hz: number, lane: number) => number,
  step = 1,
): void {
  branchFrequencies(head, branch).forEach((list, g) => {
    const peak = Math.max(...measured[g]);
    for (let i = 0; i < list.length; i += step)
      for (let lane = 0; lane < lanes; lane++) {
        const off = Math.abs(measured[g][i * lanes + lane] - direct(list[i], lane));
        expect(off / peak, `${list[i]} Hz, frame ${lane}`).toBeLessThan(1e-12);
      }
  });
}

describe('branches', () => {
  const x = Float64Array.from(gaussian(samples, 3));
  describe.each(Object.entries(branches))('%s', (_, branch) => {
    it.each([true, false])('powers by definition, shared signal %s', (shared) =>
      expectPowers(measure(branch, x, { head: frame, shared }), branch, frame, (hz, lane) =>
        directPower(frame, 'hann', branch, frameOf(x, lane, frame), hz),
      ),
    );
    it('js computes the bits of wasm', () =>
      expect(measure(branch, x, { head: frame, shared: true, backend: jsBackend })).toEqual(
        measure(branch, x, { head: frame, shared: true }),
      ));
  });

  it.each([
    ['hann', frame],
    ['povey', { ...frame, window: 'povey', windowKind: 'symmetric', placement: 'start' } as const],
  ])('virtual bins are half way, under the window times 2 sum c cos: %s', (name, head) => {
    const taps = [1, -0.2];
    const between = { taps, below: 4000 };
    const branch: Branch = { filters: [], points: 64, bins: 'all', below: 8000, between };
    const [, hz] = branchFrequencies(head, branch);
    expect(hz[0]).toBe((1.5 * 16000) / 64);
    const [, powers] = measure(branch, x, { head, shared: true });
    const middle = name === 'hann' ? 64 : 49;
    const modulated = frameOf(x, 1, head).map((value, j) =>
      taps.reduce(
        (s, c, q) => s + 2 * c * Math.cos((2 * Math.PI * (q + 0.5) * (j - middle)) / 64) * value,
        0,
      ),
    );
    hz.forEach((f, i) => {
      const power = directPower(head, name, { ...branch, points: 128 }, modulated, f);
      expect(Math.abs(powers[i * lanes + 1] - power)).toBeLessThan(1e-11);
    });
  });

  it('a stream that not every frame begins on is made per frame', () => {
    const head = { ...frame, hop: 41 };
    const signal = Float64Array.from(gaussian((lanes - 1) * head.hop + head.nFft, 4));
    const branch = branches['odd bins, every fourth sample'];
    expectPowers(measure(branch, signal, { head, shared: true }), branch, head, (hz, lane) =>
      directPower(head, 'hann', branch, frameOf(signal, lane, head), hz),
    );
  });

  it('frames may come with their mean taken off and pre-emphasis', () => {
    const head = featureHead('kaldi', { nFft: 128, windowLength: 100, hop: 40, gain: 1 });
    const frames = (signal: Tensor): View => signalFrames(head, signal, lanes)(null).view;
    for (const branch of [branches['folded onto half'], branches['odd bins, every fourth sample']])
      expectPowers(measure(branch, x, { head, shared: false, frames }), branch, head, (hz, lane) => {
        const own = frameOf(x, lane, head).slice(0, 100);
        const mean = own.reduce((sum, value) => sum + value / 100, 0);
        const level = own.map((value) => value - mean);
        const emphasised = level.map((value, j) => value - 0.97 * level[Math.max(0, j - 1)]);
        return directPower(head, 'povey', branch, emphasised, hz);
      });
  });

  it('all measurements have a place of their own, by frequency', () => {
    const list = [branches['folded onto half'], branches['odd bins, every fourth sample']];
    const { frequencies, places } = measurementOrder(frame, list);
    expect([...frequencies]).toEqual([...frequencies].sort((a, b) => a - b));
    expect(places.flatMap((p) => [...p]).sort((a, b) => a - b)).toEqual([...frequencies.keys()]);
  });

  it('what is no list of branches is refused by name', () => {
    const good = branches['odd bins, every second sample'];
    expect(() => validateBranches(frame, [good])).not.toThrow();
    const bad: [Partial<Branch> | null, RegExp][] = [
      [null, /branch 0/],
      [{ filters: [[1, 2]] }, /symmetric/],
      [{ filters: [[1e39, 1e39]] }, /float32 holds/],
      [{ filters: 'none' as never }, /filters is "none"/],
      [{ phase: 1 } as never, /no option "branch 0.phase"/],
      [{ filters: [new Array<number>(200).fill(1)] }, /longer than a frame/],
      [{ points: 30 }, /points/],
      [{ points: 48 }, /at most as many samples/],
      [{ below: -1 }, /below is -1; expected a number above 0/],
      [{ bins: 'even' as 'all' }, /"even"; expected all, odd/],
      [{ between: { taps: [1], below: 1 } }, /virtual/],
      [{ between: { taps: [-1e39], below: 1 } }, /float32 holds/],
    ];
    for (const [change, message] of bad) {
      const list = [change && { ...good, ...change }] as Branch[];
      expect(() => validateBranches(frame, list)).toThrow(InvalidArgumentError);
      expect(() => validateBranches(frame, list)).toThrow(message);
    }
    fc.assert(
      fc.property(fc.anything(), (thing) => {
        try {
          validateBranches(frame, thing as Branch[]);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgumentError);
        }
      }),
    );
  });
});

const sizes = [400, 480, 512, 960, 2048];
/** What else a head may choose, dealt out to the windows. */
const shapes: Record<string, (n: number) => Partial<HeadConfig>> = {
  hann: () => ({}),
  povey: (n) => ({ windowKind: 'symmetric', placement: 'start', windowLength: (3 * n) / 4, gain: 2 }),
  hamming: (n) => ({ windowLength: (3 * n) / 4 + 1 }),
  blackman: () => ({ windowKind: 'symmetric' }),
  rectangular: (n) => ({ placement: 'start', windowLength: n / 2 }),
  kaiser: (n) => ({ windowKind: 'symmetric', windowLength: n / 2 + 10 }),
};

describe.each(sizes)('branches of %i points', (n) => {
  it.each(Object.keys(windows))('under a %s window', (name) => {
    const head = featureHead('papilio', {
      nFft: n,
      windowLength: null,
      hop: 40,
      window: windows[name].spec,
      ...shapes[name](n),
    });
    const x = Float64Array.from(gaussian((lanes - 1) * head.hop + n, 5));
    const list: Branch[] = [
      { filters: [], points: n / 2, bins: 'all', below: 8000 },
      // Its samples stand for half positions of the frame, and a quarter of its points is odd for n = 400.
      {
        filters: [
          [1, 2, 2, 1],
          [1, 3, 1],
        ],
        points: n / 4,
        bins: 'odd',
        below: 1500,
      },
      { filters: [[1, 2, 1]], points: n / 4, bins: 'all', below: 3000 },
    ];
    for (const branch of list)
      expectPowers(
        measure(branch, x, { head, shared: true }),
        branch,
        head,
        (hz, lane) => directPower(head, name, branch, frameOf(x, lane, head), hz),
        7,
      );
  });
});

it('half way between the samples of a given window stands their mean, round the end of a period', () => {
  const given = Array.from({ length: 99 }, (_, j) => 1 + ((j * 37) % 11));
  const branch: Branch = { filters: [], points: 64, bins: 'all', below: 8000 };
  const x = Float64Array.from(gaussian(samples, 6));
  for (const windowKind of ['periodic', 'symmetric'] as const) {
    const head: HeadConfig = { ...frame, window: given, windowLength: 99, windowKind };
    const behind = windowKind === 'periodic' ? (given[98] + given[0]) / 2 : 0;
    // The window begins at 14.5.
    const weights = (m: number): number => {
      const j = m - 15;
      return j < 0 || j > 98 ? 0 : j === 98 ? behind : (given[j] + given[j + 1]) / 2;
    };
    const powers = measure(branch, x, { head, shared: false });
    expectPowers(powers, branch, head, (hz, lane) => {
      const own = frameOf(x, lane, head);
      let [re, im] = [0, 0];
      for (let m = 0; m < 128; m++) {
        const s = weights(m) * own[m];
        re += s * Math.cos((2 * Math.PI * hz * m) / 16000);
        im -= s * Math.sin((2 * Math.PI * hz * m) / 16000);
      }
      return re * re + im * im;
    });
  }
});
