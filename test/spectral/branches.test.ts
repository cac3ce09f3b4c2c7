/** Branches against their definition: the DFT of the filtered, decimated and windowed frame, summed term by term in float64. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { viewOf } from '../../src/backends/backend.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { jsBackend } from '../../src/backends/js.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { input, type Tensor } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import { exactComplexTransform, exactRealTransform } from '../../src/plans/feature-graphs.ts';
import {
  branchFrequencies,
  decimationOf,
  measureBranch,
  measurementOrder,
  validateBranches,
  type Branch,
} from '../../src/spectral/branches.ts';
import { gaussian } from '../helpers.ts';

const frame = { sampleRate: 16000, nFft: 128, windowLength: 100, hop: 40 };
const transforms = { real: (n: number) => exactRealTransform(n), complex: exactComplexTransform };

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

/** sum_m w(m) s(m) exp(-2 pi i f m D / rate), s the filtered samples, m counted from the frame's first. */
function directBin(branch: Branch, x: ArrayLike<number>, from: number, hz: number): [number, number] {
  const h = cascade(branch.filters);
  const by = decimationOf(branch);
  let [re, im] = [0, 0];
  for (let m = 0; m * by + h.length <= frame.nFft; m++) {
    const t = (m * by + (h.length - 1) / 2 - (frame.nFft - frame.windowLength) / 2) / frame.windowLength;
    if (t <= 0 || t >= 1) continue;
    const s =
      h.reduce((sum, c, q) => sum + c * x[from + m * by + q], 0) * (0.5 - 0.5 * Math.cos(2 * Math.PI * t));
    const angle = (2 * Math.PI * hz * m * by) / frame.sampleRate;
    re += s * Math.cos(angle);
    im -= s * Math.sin(angle);
  }
  return [re, im];
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

/** All groups of a branch, from a shared signal or from frames side by side. */
function measure(branch: Branch, x: Float64Array, shared: boolean, backend = wasmBackend): Float64Array[] {
  const signal = input('x', shared ? [samples] : [frame.nFft, lanes]);
  const view = shared ? { tensor: signal, offset: 0, stride: 1, lane: frame.hop } : rows(signal, lanes);
  const groups = measureBranch(branch, frame, { view, shared }, lanes, transforms, 'power');
  const outputs: Record<string, Tensor> = {};
  groups.forEach((g, i) => (outputs[`g${i}`] = g.parts[0].tensor));
  const e = backend.instantiate(compileGraph({ outputs }, { dtype: 'f64' }));
  const source = viewOf(e, 'x');
  if (shared) source.set(x);
  else
    for (let lane = 0; lane < lanes; lane++)
      for (let j = 0; j < frame.nFft; j++) source[j * lanes + lane] = x[lane * frame.hop + j];
  e.run();
  return groups.map(({ frequencies, parts: [r] }, i) => {
    const view = viewOf(e, `g${i}`);
    return Float64Array.from(
      { length: frequencies.length * lanes },
      (_, at) => view[r.offset + Math.floor(at / lanes) * r.row + (at % lanes) * r.lane],
    );
  });
}

describe('branches', () => {
  const x = Float64Array.from(gaussian(samples, 3));
  describe.each(Object.entries(branches))('%s', (_, branch) => {
    const frequencies = branchFrequencies(frame, branch);
    it.each([true, false])('powers by definition, shared signal %s', (shared) => {
      const measured = measure(branch, x, shared);
      frequencies.forEach((list, g) =>
        list.forEach((hz, i) => {
          for (let lane = 0; lane < lanes; lane++) {
            const [re, im] = directBin(branch, x, lane * frame.hop, hz);
            // Powers of some 100 unit samples, by two sums of as many terms.
            expect(Math.abs(measured[g][i * lanes + lane] - (re * re + im * im))).toBeLessThan(1e-11);
          }
        }),
      );
    });
    it('js computes the bits of wasm', () =>
      expect(measure(branch, x, true, jsBackend)).toEqual(measure(branch, x, true)));
  });

  it('virtual bins are half way, under the window times 2 sum c cos', () => {
    const taps = [1, -0.2];
    const branch: Branch = {
      filters: [],
      points: 64,
      bins: 'all',
      below: 8000,
      between: { taps, below: 4000 },
    };
    const [, hz] = branchFrequencies(frame, branch);
    expect(hz[0]).toBe((1.5 * 16000) / 64);
    const [, powers] = measure(branch, x, true);
    hz.forEach((f, i) => {
      let [re, im] = [0, 0];
      for (let j = 0; j < frame.nFft; j++) {
        const t = (j - 14) / 100;
        if (t <= 0 || t >= 1) continue;
        const place = j - frame.nFft / 2;
        const modulation = taps.reduce(
          (s, c, q) => s + 2 * c * Math.cos((2 * Math.PI * (q + 0.5) * place) / 64),
          0,
        );
        const w = (0.5 - 0.5 * Math.cos(2 * Math.PI * t)) * modulation * x[frame.hop + j];
        re += w * Math.cos((2 * Math.PI * f * place) / 16000);
        im -= w * Math.sin((2 * Math.PI * f * place) / 16000);
      }
      expect(Math.abs(powers[i * lanes + 1] - (re * re + im * im))).toBeLessThan(1e-11);
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
      [{ filters: [[1], [1], [1], [1]] }, /hop/],
      [{ filters: [new Array<number>(200).fill(1)] }, /longer than a frame/],
      [{ points: 30 }, /points/],
      [{ points: 48 }, /at most as many samples/],
      [{ below: -1 }, /frequency/],
      [{ bins: 'even' as 'all' }, /all or odd/],
      [{ between: { taps: [1], below: 1 } }, /virtual/],
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
