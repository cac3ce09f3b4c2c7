/** Suite features: the reference is librosa's and Whisper's definition, and no wrong features are timed. */
import { featureHead } from '../../src/spectral/presets.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { papilio } from '../../bench/features/papilio.ts';
import { logMelRow, melLoops } from '../../bench/features/plain.ts';
import { interpreters, python } from '../../bench/features/python.ts';
import { featureRegistry } from '../../bench/features/registry.ts';
import {
  clip,
  featureError,
  filtersOf,
  logMelTask,
  paddedSamples,
  referenceFeatures,
  tolerance,
  whisperTask,
  windowOf,
  type FeatureTask,
} from '../../bench/features/task.ts';
import { UnsupportedError } from '../../src/errors.ts';
import { referenceFeatures as direct } from '../../src/front/reference-features.ts';
import { realDft } from '../../src/numeric/dft.ts';
import { windowByName } from '../../src/numeric/window.ts';

/** Features by plain loops around a direct DFT, in float32 at the end, with any window. */
function plainLogMel(task: FeatureTask, window: Float64Array): Float32Array {
  const { samples, hop, mels, frames, floor } = task;
  const out = new Float32Array(frames * mels);
  for (let f = 0; f < frames; f++) {
    const { re, im } = realDft(window.map((w, j) => w * samples[f * hop + j]));
    const power = re.map((x, k) => x * x + im[k] * im[k]);
    logMelRow(melLoops(task), power, floor, out, f * mels);
  }
  return out;
}

const transposed = (data: Float32Array, rows: number): Float32Array =>
  data.map((_, i) => data[(i % rows) * (data.length / rows) + Math.floor(i / rows)]);

describe('clip', () => {
  it('is float32 within [-1, 1], and a shorter one is its beginning', () => {
    const [two, one] = [clip(2), clip(1)];
    expect(two).toHaveLength(32000);
    expect(two.subarray(0, 16000)).toEqual(one);
    expect(two.every((x) => Math.abs(x) <= 1)).toBe(true);
  });
});

describe('reference', () => {
  it('is the library’s, which librosa’s fixtures test, at 512 points', () => {
    const task = logMelTask(1);
    const head = featureHead('papilio', { windowLength: 512, bank: { bands: 80 } });
    const expected = direct(head, task.samples);
    expect(task.frames).toBe(97);
    expect(Math.min(...expected)).toBe(-10);
    referenceFeatures(task).values.forEach((x, i) => expect(x).toBeCloseTo(expected[i], 10));
  });

  it('follows Whisper: frames around multiples of the hop, a range of 8, scaled', () => {
    const task = whisperTask(1);
    const { values, compared } = referenceFeatures(task);
    expect(task.frames).toBe(100);
    expect(compared.every((c) => c === 1)).toBe(true);
    const [top, least] = [Math.max(...values), Math.min(...values)];
    // The clip has bands below that.
    expect(top - least).toBeCloseTo(2, 12);
    // Frame 3 by hand: samples 280 .. 679 of the clip.
    const { re, im } = realDft(windowOf(task).map((w, j) => w * task.samples[280 + j]));
    const filters = filtersOf(task);
    for (const m of [0, 40, 79]) {
      let energy = 0;
      re.forEach((x, k) => (energy += filters[m * 201 + k] * (x * x + im[k] * im[k])));
      expect(values[3 * 80 + m]).toBeCloseTo(Math.max((Math.log10(energy) + 4) / 4, top - 2), 10);
    }
  });

  it('mirrors samples as numpy.pad does with mode reflect', () => {
    const task = whisperTask(1);
    const padded = paddedSamples(task);
    const x = task.samples;
    expect([...padded.subarray(198, 203)]).toEqual([x[2], x[1], x[0], x[1], x[2]]);
    expect([padded[0], padded[padded.length - 1]]).toEqual([x[200], x[x.length - 201]]);
    expect([...padded.subarray(padded.length - 201, padded.length - 198)]).toEqual([
      x[x.length - 1],
      x[x.length - 2],
      x[x.length - 3],
    ]);
  });
});

describe('check', () => {
  const task = logMelTask(1);
  const reference = referenceFeatures(task);
  const right = plainLogMel(task, windowOf(task));
  const errorOf = (data: Float32Array, order: 'frames' | 'bands' = 'frames'): number =>
    featureError({ data, order }, task, reference);

  it('passes plain loops in either order: log10 of at most 10, rounded to float32', () => {
    // Half a unit in the last place of 8 .. 16.
    expect(errorOf(right)).toBeLessThan(2 ** -21);
    expect(errorOf(transposed(right, task.frames), 'bands')).toBe(errorOf(right));
  });

  it('compares what is within 70 dB of the loudest band of its frame, and finds a NaN anywhere', () => {
    const { frames, mels } = task;
    const masked = { values: reference.values, compared: reference.compared.slice().fill(0, mels) };
    const holed = right.slice();
    holed[mels + 1] = 99;
    expect(featureError({ data: holed, order: 'frames' }, task, masked)).toBeLessThan(tolerance);
    holed[frames * mels - 1] = NaN;
    expect(featureError({ data: holed, order: 'frames' }, task, masked)).toBeNaN();
    const tone = { ...task, samples: Float32Array.from(task.samples, (_, i) => Math.sin(i)) };
    const { values, compared } = referenceFeatures(tone);
    const first = [...values.subarray(0, mels)];
    const bound = Math.max(...first) - 7;
    expect([...compared.subarray(0, mels)]).toEqual(first.map((x) => (x >= bound ? 1 : 0)));
    expect(compared.indexOf(0)).toBeGreaterThanOrEqual(0);
  });

  it('passes no symmetric window, wrong order, missing frame, changed or missing number', () => {
    expect(errorOf(plainLogMel(task, windowByName('hann', task.nFft, 'symmetric')))).toBeGreaterThan(
      tolerance,
    );
    expect(errorOf(right, 'bands')).toBeGreaterThan(tolerance);
    expect(errorOf(right.subarray(80))).toBe(Infinity);
    const loudest = reference.values.indexOf(Math.max(...reference.values));
    const changed = right.slice();
    changed[loudest] += 2 * tolerance;
    expect(errorOf(changed)).toBeGreaterThan(tolerance);
    const holed = right.slice();
    holed[loudest] = NaN;
    expect(errorOf(holed)).toBeNaN();
  });

  it.each([
    ['f32', 1e-4],
    ['f64', 1e-10],
  ] as const)('papilio %s is within %s on both tasks', async (dtype, bound) => {
    for (const each of [task, whisperTask(1)]) {
      const contender = papilio(each, dtype);
      await contender.sample(2);
      expect(featureError(await contender.read(), each, referenceFeatures(each))).toBeLessThan(bound);
    }
  });
});

describe('Python', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is looked for in PAPILIO_PYTHON, in order', () => {
    vi.stubEnv('PAPILIO_PYTHON', '/a/python:/b/python');
    expect(interpreters()).toEqual(['/a/python', '/b/python']);
    vi.stubEnv('PAPILIO_PYTHON', undefined);
    expect(interpreters()).toEqual(['python3']);
  });

  it.each([
    ['/nowhere/python', /^\/nowhere\/python: cannot be started or has stopped$/],
    ['false:/nowhere/python', /^false: cannot be started or has stopped; \/nowhere\/python: cannot/],
    ['', /^PAPILIO_PYTHON names no interpreter$/],
  ])('that is not there is a reason to skip: %j', async (list, message) => {
    vi.stubEnv('PAPILIO_PYTHON', list);
    await expect(python('torch')(logMelTask(1))).rejects.toThrow(UnsupportedError);
    await expect(python('torch')(logMelTask(1))).rejects.toThrow(message);
  });
});

it('labels are unique and papilio is first', () => {
  const labels = featureRegistry.map((p) => `${p.name} ${p.dtype}`);
  expect(new Set(labels).size).toBe(labels.length);
  expect(labels[0]).toBe('papilio f32');
});
