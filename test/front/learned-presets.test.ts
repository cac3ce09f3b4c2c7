/** Whatever a preset can express can be learned: fitted, run whole, in chunks and in a worklet to the same bits, saved and loaded. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFrontEnd, encodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { compileFrontEnd, frontProgram } from '../../src/front/compile.ts';
import {
  featureError,
  frameSet,
  headTrainedOn,
  splitRecordings,
  type Recording,
} from '../../src/front/corpus.ts';
import { exactFrontEnd, type FrontEnd } from '../../src/front/front-end.ts';
import { referenceFeatures } from '../../src/front/reference-features.ts';
import { bankError } from '../../src/front/refit.ts';
import { framingOf } from '../../src/front/spectral-head.ts';
import { stream } from '../../src/plans/streams.ts';
import { LearnJob } from '../../src/prune/learn.ts';
import {
  fittedBank,
  isTree,
  Measurements,
  structureModel,
  type AnyStructure,
} from '../../src/prune/structure-models.ts';
import { enumerateBranchStructures } from '../../src/prune/branch-structures.ts';
import { bandsOf } from '../../src/spectral/banks.ts';
import { frontEndModule } from '../../src/front/standalone.ts';
import { UnsupportedError } from '../../src/errors.ts';
import { needsClip, type HeadConfig } from '../../src/spectral/head.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { gaussian } from '../helpers.ts';
import { chunksOf, loadWorklet, streamed, workletFeatures, type Worklet } from './walkers.ts';

const mfcc = { count: 13, norm: 'ortho', lifter: null } as const;
const heads: Readonly<Record<string, HeadConfig>> = {
  papilio: featureHead('papilio'),
  // A quarter and an eighth of its size, for the time of tests.
  librosa: featureHead('librosa', { nFft: 512, hop: 128, bank: { bands: 32 } }),
  torchaudio: featureHead('torchaudio'),
  whisper: featureHead('whisper', { fit: 32000 }),
  kaldi: featureHead('kaldi'),
  tensorflow: featureHead('tensorflow'),
  openwakeword: featureHead('openwakeword'),
  'scipy-welch': featureHead('scipy-welch', { fit: 256 + 15 * 128 }),
  'scipy-spectrogram': featureHead('scipy-spectrogram'),
  'MFCC of Kaldi': featureHead('kaldi', { cepstrum: { ...mfcc, lifter: { kind: 'kaldi', length: 22 } } }),
  'MFCC of librosa': featureHead('librosa', { nFft: 256, hop: 64, bank: { bands: 20 }, cepstrum: mfcc }),
  'Blackman, 360 points, without a trend': featureHead('papilio', {
    nFft: 360,
    windowLength: 300,
    hop: 90,
    window: 'blackman',
    detrend: 'linear',
    log: { kind: 'db', reference: 'max' },
  }),
};

/** A recording of coloured noise under a tone, about as long as it takes for some dozen frames. */
function recordingOf(head: HeadConfig, stream: number): Recording {
  const length = framingOf(head).nFft + 40 * framingOf(head).hop + 77;
  const noise = gaussian(length, stream);
  let [slow, name] = [0, `r${stream}`];
  const samples = noise.map((x, i) => {
    slow = 0.8 * slow + 0.02 * x;
    return slow + 0.05 * Math.sin(0.2 * i) + 0.01 * x;
  });
  return { name, samples };
}

/** A front end of a structure, fitted on recordings in few steps, with the error of less and more of them. */
async function learned(
  head: HeadConfig,
  trained: HeadConfig,
  measured: Measurements,
  structure: AnyStructure,
): Promise<{ front: FrontEnd; errors: readonly number[] }> {
  const data = measured.of(structure);
  const [little, more] = await Promise.all([1, 30].map((n) => fittedBank(trained, structure, data, n)));
  const errors = [little, more].map((bank) => bankError(trained, bank, data));
  return { front: { ...structureModel(trained, structure, more).model, head }, errors };
}

/** A module of text, imported. */
const moduleOf = (text: string): Promise<{ features(x: Float64Array): Float32Array }> =>
  import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`) as never;

let worklet: Worklet;
beforeAll(async () => {
  worklet = await loadWorklet();
});
afterAll(() => worklet.close());

describe.each(Object.entries(heads))('%s', (_, head) => {
  const recording = recordingOf(head, 1);
  const { samples } = recording;
  const trained = headTrainedOn(head, [recording]);
  const measured = new Measurements(trained, frameSet([recording], trained, 32, 1));
  const branched = enumerateBranchStructures(trained, measured.spectra());
  const structures: [string, AnyStructure][] = [
    ['a tree without odd bins', { depth: 1, dropped: [1] }],
    ['transforms at their own rates', branched.find((s) => s.branches.length === 2) ?? branched[0]],
  ];

  it('its exact front end is that of the head, through a bank of weights and by the reference in float64', () => {
    const weights = {
      ...exactFrontEnd(head),
      bank: { kind: 'weights', ...bandsOf(head, head.nFft) },
    } as const;
    const exact = compileFrontEnd(exactFrontEnd(head), wasmBackend, 'f64').features(samples);
    // A level is a logarithm of a sum of some hundred products, each within 2^-53 n log2 n of its own.
    const bound = 1e-9 * Math.max(1, ...Array.from(exact, Math.abs));
    for (const own of [
      compileFrontEnd(weights, wasmBackend, 'f64').features(samples),
      referenceFeatures(head, samples),
    ]) {
      expect(own.length).toBe(exact.length);
      own.forEach((x, i) => expect(Math.abs(x - exact[i])).toBeLessThan(bound));
    }
  });

  it.each(structures)('%s', async (__, structure) => {
    const { front, errors } = await learned(head, trained, measured, structure);
    expect(errors[1]).toBeLessThan(errors[0]);
    const compiled = compileFrontEnd(front, wasmBackend);
    const whole = compiled.features(samples);
    const targets = [referenceFeatures(head, samples)];
    expect(featureError([recording], [whole], targets, head).mean).toBeLessThan(2 * errors[1] + 0.05);
    expect(decodeFrontEnd(encodeFrontEnd(front), 'front')).toEqual({ ...front, report: {} });
    if (isTree(structure)) {
      expect(streamed(stream(frontProgram(front)), chunksOf(samples))).toEqual([...whole]);
      return;
    }
    const single = Float32Array.from(samples);
    expect(workletFeatures(worklet, front, single)).toEqual([...compiled.features(single)]);
    if (head.cepstrum && needsClip(head)) expect(() => frontEndModule(front)).toThrow(UnsupportedError);
    else expect((await moduleOf(frontEndModule(front))).features(samples)).toEqual(whole);
  });
});

it('a whole job learns a front end of Whisper in small: its transform from a random start, of factors 2, 2 and 5, and what prunes it', async () => {
  const head = featureHead('whisper', {
    nFft: 40,
    windowLength: null,
    hop: 16,
    fit: 3000,
    bank: { bands: 5 },
  });
  const recordings = [1, 2, 3].map((i) => {
    const { name, samples } = recordingOf({ ...head, fit: null, hop: 64 }, i);
    return { name, samples };
  });
  const split = splitRecordings(recordings, 1, head);
  const job = new LearnJob({ head, budget: 0.2, seed: 1, start: 'random', snap: true }, split);
  for await (const _ of job.run());
  const { model, exact, snapDistance, chosen, front } = job.result;
  expect(snapDistance).toBeLessThan(1e-12);
  expect([model.head, exact.head]).toEqual([head, head]);
  expect(chosen.operations).toBeLessThan(front[0].operations);
  const targets = split.test.map((r) => referenceFeatures(head, r.samples));
  const own = split.test.map((r) => compileFrontEnd(model).features(r.samples));
  expect(featureError(split.test, own, targets, head).mean).toBeLessThan(0.3);
});
