/**
 * Encoder-decoders from random starts: these fail when learning stops working, when a phase trains what it should freeze, and
 * when a held-out signal is trained on. Tolerances: rounding of two float64 networks of S stages is a few eps sqrt(2 S), below
 * 4e-15 for these sizes; 1e-13 leaves room for where an optimiser stops.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileFormatError, InvalidArgumentError } from '../../src/errors.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../src/formats/safetensors.ts';
import { coderModel, coderOf, encoderDecoder, partOf } from '../../src/model/encoder-decoder.ts';
import {
  initializeModel,
  modelShapes,
  networkOf,
  networksOf,
  networkValues,
  type Model,
} from '../../src/model/model.ts';
import type { ParameterValues, Start } from '../../src/model/initialize.ts';
import { complexArray, type ComplexArray } from '../../src/numeric/complex.ts';
import { fft, ifft } from '../../src/plans/fft.ts';
import { filterPairs } from '../../src/fit/encoder-decoder-data.ts';
import { decodeModel, encodeModel } from '../../src/checkpoints/checkpoint.ts';
import { coderPhases, type CoderMode, type CoderPhase } from '../../src/fit/encoder-decoder-phases.ts';
import { CoderMeasure, coderTask } from '../../src/fit/encoder-decoder-task.ts';
import {
  coderDataOf,
  coderPhaseReports,
  trainEncoderDecoder,
  type CoderProgress,
  type CoderState,
  type CoderTraining,
} from '../../src/fit/encoder-decoder.ts';
import { compileObjective } from '../../src/optimize/objective.ts';
import { roundTripOperator } from '../../src/certify/round-trip.ts';
import { damaged, decodesOrRefuses } from '../formats/hostile.ts';
import { gaussian } from '../helpers.ts';

type Input = 'complex' | 'real';
const inputs: readonly Input[] = ['complex', 'real'];
const rounding = 1e-13;

interface Run {
  readonly state: CoderState;
  /** After every phase. */
  readonly saved: CoderState[];
  readonly progress: CoderProgress[];
}

async function run(options: CoderTraining, from: CoderState | null = null): Promise<Run> {
  const steps = trainEncoderDecoder(options, from);
  const [saved, progress]: [CoderState[], CoderProgress[]] = [[], []];
  let next = await steps.next();
  for (; !next.done; next = await steps.next()) {
    progress.push(next.value);
    if (next.value.finished) saved.push(next.value.finished);
  }
  return { state: next.value, saved, progress };
}

function options(
  model: Model,
  mode: CoderMode,
  extra: Partial<CoderTraining> & { spectrumWeight?: number; steps?: number } = {},
): CoderTraining {
  const { spectrumWeight, steps, ...rest } = extra;
  const phases = coderPhases(model, mode, {
    ...(spectrumWeight === undefined ? {} : { spectrumWeight }),
    ...(steps === undefined ? {} : { steps }),
  });
  return { model, phases, start: 'random', seed: 3, ...rest };
}

const last = ({ state }: Run) => state.phases[state.phases.length - 1];

/** Is every value of a part the same to the bit? */
function same(a: ParameterValues, b: ParameterValues, part: string): boolean {
  const names = Object.keys(a).filter((name) => partOf(name) === part);
  expect(names.length).toBeGreaterThan(0);
  return names.every((name) => a[name].every((v, i) => v === b[name][i]));
}

/** A response of Gaussian numbers, real where real signals need it. */
function responseOf(model: Model, seed = 5): ComplexArray {
  const bins = coderOf(model).bins;
  const response = { re: gaussian(bins, 0, seed), im: gaussian(bins, 1, seed) };
  if (coderOf(model).real) response.im[0] = response.im[bins - 1] = 0;
  return response;
}

const startErrors = (model: Model, start: Start) => {
  const o = options(model, 'joint', { start });
  const measure = new CoderMeasure(model, coderDataOf(o).heldOut);
  const errors = measure.of(initializeModel(model, start, o.seed));
  measure.dispose();
  return errors;
};

describe('the model', () => {
  it.each(inputs)('%s: contains the DFT and its inverse; random starts are far from both', (input) => {
    for (const radices of [
      [2, 2, 2],
      [3, 2, 5],
    ]) {
      const model = encoderDecoder(radices, { input });
      const exact = startErrors(model, 'exact');
      const random = startErrors(model, 'random');
      for (const term of ['spectrum', 'inverse', 'roundTrip'] as const) {
        expect(exact[term]?.worst).toBeLessThan(2e-15);
        expect(random[term]?.relativeL2).toBeGreaterThan(0.5);
      }
    }
  });

  it.each(inputs)('%s: gradients of all terms against central differences', (input) => {
    const model = encoderDecoder([2, 3], { input, mask: true });
    const o = options(model, 'end-to-end', {
      signals: 3,
      filter: { response: responseOf(model) },
    });
    const values = initializeModel(model, 'random', 2);
    const weights = { spectrum: 0.7, inverse: 0.3, roundTrip: 1.1, filter: 2 };
    const objective = compileObjective(
      coderTask(model, coderDataOf(o).train, ['encoder', 'decoder', 'mask'], weights, values),
    );
    const x = objective.pack(values);
    const [g, spare] = [new Float64Array(x.length), new Float64Array(x.length)];
    objective.evaluate(x, g);
    const difference = x.map((v, i) => {
      // Step and tolerance of norm-wise central differences: 1e-5 max(1, |p|) and 1e-6.
      const h = 1e-5 * Math.max(1, Math.abs(v));
      const at = (t: number): number => {
        const moved = x.slice();
        moved[i] += t;
        return objective.evaluate(moved, spare);
      };
      return (at(h) - at(-h)) / (2 * h);
    });
    objective.dispose();
    const norm = Math.hypot(...g);
    expect(norm).toBeGreaterThan(0.1);
    expect(Math.hypot(...g.map((v, i) => v - difference[i])) / norm).toBeLessThan(1e-6);
  });
});

describe('training', () => {
  for (const input of inputs)
    for (const mode of ['alone', 'phases', 'joint'] as const)
      it(`${mode}, ${input}: spectrum and round trip to rounding`, async () => {
        const result = await run(options(encoderDecoder([2, 2, 2, 2], { input }), mode));
        expect(result.progress[0].loss).toBeGreaterThan(0.5);
        const { spectrum, roundTrip } = last(result).errors;
        expect(spectrum?.worst).toBeLessThan(rounding);
        expect(roundTrip?.worst).toBeLessThan(rounding);
      });
  it('mixed radix and angles', async () => {
    for (const model of [encoderDecoder([3, 5]), encoderDecoder([2, 2, 2], { parametrization: 'unitary' })])
      expect(last(await run(options(model, 'joint'))).errors.roundTrip?.worst).toBeLessThan(rounding);
  });

  it('three phases: each trains its parts and nothing else', async () => {
    const o = options(encoderDecoder([2, 2, 2]), 'phases');
    const start = initializeModel(o.model, o.start, o.seed);
    const { saved } = await run(o);
    expect(saved.map((s) => s.phases.map((p) => p.name).join())).toEqual([
      'encoder',
      'encoder,decoder',
      'encoder,decoder,joint',
    ]);
    const [one, two, three] = saved.map((s) => s.values);
    expect([same(start, one, 'encoder'), same(start, one, 'decoder')]).toEqual([false, true]);
    expect([same(one, two, 'encoder'), same(one, two, 'decoder')]).toEqual([true, false]);
    expect([same(two, three, 'encoder'), same(two, three, 'decoder')]).toEqual([false, false]);
    const [first, second] = saved[2].phases;
    expect(first.errors.spectrum?.relativeL2).toBeLessThan(rounding);
    expect(first.errors.roundTrip?.relativeL2).toBeGreaterThan(0.5);
    expect(second.errors.roundTrip?.relativeL2).toBeLessThan(rounding);
  });

  it('the third phase repairs what the first two left', async () => {
    const o = options(encoderDecoder([2, 2, 2]), 'phases', { steps: 150 });
    const short: CoderPhase[] = o.phases.map((p, i) =>
      i < 2 ? { ...p, methods: p.methods.slice(0, 1) } : p,
    );
    const { state } = await run({ ...o, phases: short });
    expect(state.phases[1].errors.roundTrip?.relativeL2).toBeGreaterThan(1e-6);
    expect(state.phases[2].errors.roundTrip?.relativeL2).toBeLessThan(rounding);
    expect(state.phases[2].errors.spectrum?.relativeL2).toBeLessThan(rounding);
  });

  it('without a spectrum term: the round trip is rounding, the spectrum anything', async () => {
    for (const radices of [
      [2, 2, 2, 2],
      [3, 5],
    ]) {
      const result = await run(options(encoderDecoder(radices), 'joint', { spectrumWeight: 0 }));
      const { spectrum, inverse, roundTrip } = last(result).errors;
      expect(roundTrip?.worst).toBeLessThan(rounding);
      expect(spectrum?.relativeL2).toBeGreaterThan(0.1);
      expect(inverse?.relativeL2).toBeGreaterThan(0.1);
    }
  });

  it('held-out signals are not trained on', async () => {
    // Two signals of 16 points cannot determine 256 entries: only what is trained on fits.
    const o = options(encoderDecoder([2, 2, 2, 2]), 'joint', { signals: 2 });
    const { train, heldOut } = coderDataOf(o);
    const known = new Set(train.samples.re);
    expect(heldOut.samples.re.some((v) => known.has(v))).toBe(false);
    const result = await run(o);
    expect(result.progress[result.progress.length - 1].loss).toBeLessThan(1e-6);
    expect(last(result).errors.roundTrip?.relativeL2).toBeGreaterThan(0.1);
  });

  it('goes on from a checkpoint to the same bits', async () => {
    const o = options(encoderDecoder([2, 2, 2]), 'phases');
    const { saved, state } = await run(o);
    for (const stopped of saved) {
      const file = encodeModel(
        { model: o.model, values: stopped.values },
        { job: 1, phases: stopped.phases },
      );
      const read = decodeModel(file, 'phase.safetensors');
      expect(read.model).toEqual(o.model);
      const phases = coderPhaseReports(read.report['phases'], 'phase.safetensors');
      expect(phases).toEqual(stopped.phases);
      const resumed = await run(o, { phases, values: read.values });
      expect(resumed.saved.length).toBe(3 - stopped.phases.length);
      expect(resumed.state.values).toEqual(state.values);
    }
  });
});

describe('spectral filters', () => {
  it.each(inputs)('%s: example pairs against an independent FFT', (input) => {
    const model = encoderDecoder([2, 2, 2, 2], { input, mask: true });
    const { n } = networkOf(model);
    const response = responseOf(model);
    const x = { re: gaussian(n, 7), im: input === 'real' ? new Float64Array(n) : gaussian(n, 8) };
    const spectrum = fft(x);
    const product = complexArray(n);
    for (let j = 0; j < n; j++) {
      const mirrored = j >= response.re.length;
      const [hr, hi] = mirrored
        ? [response.re[n - j], -response.im[n - j]]
        : [response.re[j], response.im[j]];
      product.re[j] = spectrum.re[j] * hr - spectrum.im[j] * hi;
      product.im[j] = spectrum.re[j] * hi + spectrum.im[j] * hr;
    }
    const expected = ifft(product);
    const { output } = filterPairs(model, response, x, 1);
    for (let j = 0; j < n; j++) {
      expect(Math.abs(output.re[j] - expected.re[j])).toBeLessThan(1e-13);
      expect(Math.abs(output.im[j] - (input === 'real' ? 0 : expected.im[j]))).toBeLessThan(1e-13);
    }
  });

  for (const input of inputs)
    for (const mode of ['mask', 'alone', 'phases', 'joint', 'end-to-end'] as const)
      it(`${mode}, ${input}: the mask is the true response`, async () => {
        const parametrization = mode === 'mask' ? 'exact' : 'free';
        const model = encoderDecoder([2, 2, 2], { input, mask: true, parametrization });
        const filter = { response: responseOf(model) };
        const result = await run(options(model, mode, { filter }));
        expect(result.progress[0].loss).toBeGreaterThan(0.2);
        expect(last(result).maskError).toBeLessThan(1e-12);
        expect(last(result).errors.filter?.worst).toBeLessThan(1e-12);
      });

  it('the mask is learned last and leaves the networks alone', async () => {
    const model = encoderDecoder([2, 2, 2], { mask: true });
    const { saved } = await run(options(model, 'joint', { filter: { response: responseOf(model) } }));
    expect(saved.map((s) => s.phases.length)).toEqual([1, 2]);
    const [networks, whole] = saved.map((s) => s.values);
    for (const part of ['encoder', 'decoder']) expect(same(networks, whole, part)).toBe(true);
    expect(same(networks, whole, 'mask')).toBe(false);
  });

  it('from example pairs alone, whose held-out part is never trained on', async () => {
    const model = encoderDecoder([2, 2, 2], { mask: true, parametrization: 'exact' });
    const response = responseOf(model);
    const x = { re: gaussian(8 * 16, 1), im: gaussian(8 * 16, 2) };
    const examples = filterPairs(model, response, x, 16);
    const whole = await run(options(model, 'mask', { filter: { examples } }));
    expect(last(whole).errors.filter?.worst).toBeLessThan(1e-12);
    expect(last(whole).maskError).toBeNull();
    const { mask } = whole.state.values;
    for (let k = 0; k < 8; k++)
      expect(Math.hypot(mask[2 * k] - response.re[k], mask[2 * k + 1] - response.im[k])).toBeLessThan(1e-12);
    // The last two pairs, which are held out, become those of another filter.
    const { output } = filterPairs(model, responseOf(model, 6), x, 16);
    for (let i = 0; i < 8 * 16; i++)
      if (i % 16 >= 14) [examples.output.re[i], examples.output.im[i]] = [output.re[i], output.im[i]];
    const split = await run(options(model, 'mask', { filter: { examples } }));
    expect(split.state.values['mask']).toEqual(whole.state.values['mask']);
    expect(last(split).errors.filter?.relativeL2).toBeGreaterThan(0.1);
  });

  it('from the output alone: the output is right, the mask is not determined', async () => {
    const model = encoderDecoder([2, 2, 2], { mask: true });
    const filter = { response: responseOf(model) };
    const result = await run(options(model, 'end-to-end', { filter, spectrumWeight: 0 }));
    expect(last(result).errors.filter?.worst).toBeLessThan(1e-12);
    expect(last(result).maskError).toBeGreaterThan(0.1);
  });
});

describe('the round trip for every signal', () => {
  it.each(inputs)('%s: a known error, attained and never exceeded', (input) => {
    const model = encoderDecoder([2, 3, 2], { input });
    const { n } = networkOf(model);
    // Blocks of the last stage of the decoder times 1 + 1e-3: D E = (1 + 1e-3) I.
    const values = initializeModel(model, 'exact', 1);
    values['decoder.stage0.block'] = values['decoder.stage0.block'].map((v) => v * 1.001);
    const operator = roundTripOperator(model, values);
    expect(operator.relativeL2).toBeCloseTo(1e-3, 12);
    expect(operator.attained).toBeCloseTo(1e-3, 12);
    expect(operator.tau).toBeGreaterThanOrEqual(operator.attained);
    expect(operator.tau / operator.attained).toBeLessThan(1.05);
    // Any other values: what is attained is what the compiled program does to that signal.
    const random = initializeModel(model, 'noise', 4);
    const bound = roundTripOperator(model, random);
    const o = options(model, 'joint');
    const x = { re: Float64Array.from(bound.attainedBy.re), im: Float64Array.from(bound.attainedBy.im) };
    const errorOf = (signal: ComplexArray): number => {
      const spectra = complexArray(coderOf(model).bins);
      const measure = new CoderMeasure(model, { count: 1, samples: signal, spectra, filtered: null });
      const { roundTrip } = measure.of(random);
      measure.dispose();
      return roundTrip?.worst ?? NaN;
    };
    expect(errorOf(x)).toBeCloseTo(bound.attained, 12);
    const { samples, count } = coderDataOf({ ...o, heldOut: 32 }).heldOut;
    for (let l = 0; l < count; l++) {
      const one = {
        re: Float64Array.from({ length: n }, (_, j) => samples.re[j * count + l]),
        im: Float64Array.from({ length: n }, (_, j) => samples.im[j * count + l]),
      };
      expect(errorOf(one)).toBeLessThan(bound.tau + bound.roundingBound);
    }
  });
  it('a trained pair is within rounding of the identity', async () => {
    const o = options(encoderDecoder([2, 2, 2]), 'joint');
    const { state } = await run(o);
    const operator = roundTripOperator(o.model, state.values);
    expect(operator.tau).toBeLessThan(rounding);
    expect(operator.attained).toBeGreaterThan(1e-17);
    expect(Object.keys(networkValues(o.model, state.values, 1))).toEqual([
      'stage0.block',
      'stage1.block',
      'stage2.block',
    ]);
  });
});

describe('what makes no sense is refused', () => {
  const plain = encoderDecoder([2, 2]);
  const masked = encoderDecoder([2, 2], { mask: true });
  const real = encoderDecoder([2, 2], { mask: true, input: 'real' });
  const flat = (bins: number, im = 0): ComplexArray => ({
    re: new Float64Array(bins).fill(1),
    im: new Float64Array(bins).fill(im),
  });
  const withPhase = (change: Partial<CoderPhase>): CoderTraining => {
    const o = options(plain, 'joint');
    return { ...o, phases: [{ ...o.phases[0], ...change }] };
  };
  const cases: [string, () => CoderTraining, RegExp][] = [
    [
      'a mask mode without mask',
      () => options(plain, 'mask'),
      /mode is mask; expected alone, phases or joint/,
    ],
    ['an unknown mode', () => options(plain, 'both' as CoderMode), /mode is "both"/],
    ['a negative weight', () => options(plain, 'joint', { spectrumWeight: -1 }), /spectrumWeight is -1/],
    ['no response', () => options(masked, 'phases'), /a filter term needs/],
    [
      'too few bins',
      () => options(masked, 'mask', { filter: { response: flat(3) } }),
      /response\.re has 3 numbers; expected 4/,
    ],
    [
      'a complex mean of real signals',
      () => options(real, 'mask', { filter: { response: flat(5, 1) } }),
      /complex at bin 0/,
    ],
    [
      'a response that is not finite',
      () => options(masked, 'mask', { filter: { response: flat(4, NaN) } }),
      /response\.im\[0\] is NaN/,
    ],
    ['no signals', () => options(plain, 'joint', { signals: 0 }), /signals is 0/],
    ['no phases', () => ({ ...options(plain, 'joint'), phases: [] }), /no phases/],
    [
      'a strange part',
      () => withPhase({ trains: ['head' as 'mask'] }),
      /trains is an array of 1; expected a list of encoder, decoder, mask/,
    ],
    [
      'a strange term',
      () => withPhase({ terms: { mel: 1 } as object }),
      /a phase has no option "terms\.mel"/,
    ],
    ['a weight that is no number', () => withPhase({ terms: { spectrum: NaN } }), /terms\.spectrum is NaN/],
    ['no methods', () => withPhase({ methods: [] }), /no methods/],
    [
      'half a step',
      () => withPhase({ methods: [{ method: 'lbfgs', steps: 0.5, decay: 0 }] }),
      /steps is 0\.5/,
    ],
    [
      'a term that its parts do not change',
      () => withPhase({ trains: ['decoder'], terms: { spectrum: 1 } }),
      /no term depends on decoder/,
    ],
    ['nothing to train', () => withPhase({ trains: [] }), /nothing to train/],
    [
      'values of another model',
      () => ({ ...options(plain, 'joint'), initial: {} }),
      /has no values; expected/,
    ],
  ];
  it.each(cases)('%s', async (_, make, message) => {
    const attempt = async (): Promise<Run> => run(make());
    await expect(attempt()).rejects.toThrow(InvalidArgumentError);
    await expect(attempt()).rejects.toThrow(message);
  });
  it('a state of other phases, networks that do not meet', async () => {
    const o = options(plain, 'phases');
    const { saved } = await run({ ...o, phases: o.phases.slice(0, 1) });
    await expect(run(options(plain, 'joint'), saved[0])).rejects.toThrow(/has finished encoder; expected/);
    const { values } = saved[0];
    for (const model of [
      coderModel(networkOf(plain), networkOf(plain), false),
      coderModel(networkOf(plain), networksOf(encoderDecoder([2]))[1], false),
      { ...plain, parts: plain.parts.slice(0, 1) },
    ])
      expect(() => roundTripOperator(model, values)).toThrow(InvalidArgumentError);
    expect(() => roundTripOperator(plain, {})).toThrow(/encoder.stage0.block/);
  });

  const bytes = encodeModel({ model: real, values: initializeModel(real, 'random', 1) });
  it('damaged checkpoints', () => {
    const changed = (edit: (t: Record<string, Tensor>, m: Record<string, string>) => void): Uint8Array => {
      const file = decodeSafetensors(bytes, 'x');
      const [t, m] = [Object.fromEntries(file.tensors), { ...file.metadata }];
      edit(t, m);
      return encodeSafetensors(t, m);
    };
    const edits: ((t: Record<string, Tensor>, m: Record<string, string>) => void)[] = [
      (t) => delete t['mask'],
      (t) => (t['mask'].data[1] = NaN),
      (t) => (t['mask'] = { ...t['mask'], shape: [2, 5] }),
      (_, m) => (m['spec'] = '{}'),
      (_, m) => (m['spec'] = JSON.stringify({ ...real, parts: [...real.parts].reverse() })),
      (_, m) => (m['kind'] = 'front-end'),
      (_, m) => (m['papilio'] = '99'),
    ];
    for (const edit of edits)
      expect(() => decodeModel(changed(edit), 'm.safetensors')).toThrow(FileFormatError);
    expect(() => coderPhaseReports([1], 'm.safetensors')).toThrow(FileFormatError);
    expect(Object.keys(decodeModel(bytes, 'x').values)).toEqual(Object.keys(modelShapes(real)));
    fc.assert(
      fc.property(damaged([bytes]), (file) => {
        decodesOrRefuses((name) => decodeModel(file, name));
      }),
      { numRuns: 300 },
    );
  });
});
