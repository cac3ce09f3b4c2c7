/**
 * What is no option and what is no sample, given to every public function: the answer is an error of papilio's own, or a result of
 * numbers; never a TypeError, a RangeError or NaN in silence. Every exported function is here, or comes from a module of the list of exceptions.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as papilio from '../entries.ts';
import { blankDevice } from '../gpu.ts';
import { gaussian } from '../helpers.ts';

interface Case {
  /** Arguments as they should be. */
  readonly args: readonly unknown[];
  /** Place of the options among them. */
  readonly options?: number;
  /** What is called, where it is no exported function of that name. */
  readonly call?: (...args: never[]) => unknown;
}

const x = gaussian(64, 1);
const y = gaussian(64, 2);
const z = { re: x, im: y };
const hann = papilio.windowByName('hann', 16, 'periodic');
const spectra = papilio.stft(x, hann, 4);
const head = papilio.featureHead('papilio', { nFft: 32, windowLength: null, hop: 16, bank: { bands: 4 } });
const extractor = papilio.features(head);
const mel = { sampleRate: 16000, nFft: 64, mels: 5, scale: 'slaney', norm: 'slaney' } as const;
const peaks = {
  sampleRate: 64,
  samples: 64,
  peaks: 1,
  frequencyError: 8,
  levelError: 8,
  tones: 20,
};
const resampling = { from: 3, to: 2 };

/** Functions whose options have tables and whose samples follow the one rule. */
const cases: Readonly<Record<string, Case>> = {
  planFft: { args: [{ n: 8 }], options: 0 },
  planFftSync: { args: [{ n: 8 }], options: 0 },
  describePlan: { args: [{ n: 8 }], options: 0 },
  planGraph: { args: [{ n: 8 }], options: 0 },
  planGpuFft: { args: [blankDevice, { n: 8 }], options: 1 },
  planAutoFeatures: { args: [null, 'papilio', { samples: 8 }], options: 2 },
  planAutoFft: { args: [null, { n: 8 }], options: 1 },
  planGpuFeatures: { args: [blankDevice, 'papilio', {}], options: 2 },
  fftC: { args: [{ n: 8 }, { name: 'fft' }], options: 1 },
  istftOnnx: { args: [{ nFft: 8 }, { name: 'istft' }], options: 1 },
  fftOnnx: { args: [{ n: 8 }, { name: 'fft' }], options: 1 },
  fftModule: { args: [{ n: 8 }], options: 0 },
  fftWasm: { args: [{ n: 8 }], options: 0 },
  planDctSync: { args: [{ n: 8 }], options: 0 },
  planDstSync: { args: [{ n: 8 }], options: 0 },
  dct: { args: [x, 2, 'ortho'] },
  idct: { args: [x, 2, 'ortho'] },
  dst: { args: [x, 2, 'ortho'] },
  idst: { args: [x, 2, 'ortho'] },
  fft: { args: [z, 64, 'ortho'] },
  ifft: { args: [z, 64, 'ortho'] },
  rfft: { args: [x, 64, 'ortho'] },
  irfft: { args: [z, 64, 'ortho'] },
  convolve: { args: [x, z, 'same'] },
  correlate: { args: [x, y, 'same'] },
  circularConvolve: { args: [x, y] },
  stft: { args: [x, hann, 4, { padding: 'reflect' }], options: 3 },
  'stft of options': {
    args: [x, { window: 'hann', windowLength: 16, hop: 4, nFft: 16 }],
    options: 1,
    call: papilio.stft,
  },
  istft: { args: [spectra, hann, 4, { length: 60 }], options: 3 },
  'istft of options': { args: [spectra, { window: hann, hop: 4 }], options: 1, call: papilio.istft },
  istftGraph: { args: [3, hann, 4, 16] },
  griffinLim: {
    args: [spectra.re.map(Math.abs), hann, 4, spectra.bins, { iterations: 2 }],
    options: 4,
  },
  powersOfBands: {
    args: [{ bins: 3, width: 2, start: [0, 1], weights: [1, 1, 1, 1] }, Float64Array.of(1, 2), 5],
  },
  features: { args: [head, { dtype: 'f32' }], options: 1 },
  'features().run': { args: [x], call: (samples: never) => extractor.run(samples) },
  'features().frames': { args: [64], call: (samples: never) => extractor.frames(samples) },
  stream: { args: [head, { dtype: 'f32' }], options: 1 },
  'stream().push': { args: [x], call: (samples: never) => papilio.stream(head).push(samples) },
  featureHead: { args: ['papilio', { nFft: 64, windowLength: 64, hop: 32 }], options: 1 },
  validateHead: { args: [head], options: 0 },
  headFrames: { args: [head, 64] },
  frameTimes: { args: [head, 3] },
  headFrequencies: { args: [head] },
  headWindow: { args: [head] },
  featureGraph: { args: [head, 64] },
  exactRealTransform: { args: [16, 'time'] },
  welch: { args: [x, { nperseg: 16 }], options: 1 },
  planWelch: { args: [{ samples: 64, nperseg: 16 }], options: 0 },
  periodogram: { args: [x, { fs: 2 }], options: 1 },
  spectrogram: { args: [x, { nperseg: 16 }], options: 1 },
  csd: { args: [x, y, { nperseg: 16 }], options: 2 },
  coherence: { args: [x, y, { nperseg: 16 }], options: 2 },
  hilbert: { args: [x, 64] },
  czt: { args: [z, { m: 8, w: { re: 0, im: -1 } }], options: 1 },
  zoomFft: { args: [z, [0.1, 0.2], { m: 8 }], options: 2 },
  lombscargle: { args: [x, y, Float64Array.of(0.1, 2), { floatingMean: true }], options: 3 },
  sosfilt: { args: [[[1, 0, 0, 1, -0.5, 0]], x, { zi: [[0, 0]] }], options: 2 },
  sosfiltZi: { args: [[[1, 0, 0, 1, -0.5, 0]]] },
  findPeaks: { args: [x, { height: 0 }], options: 1 },
  interpolatedPeak: { args: [x, 3] },
  spectralPeaks: { args: [x, Float64Array.from(x, (_, i) => i), { height: 0 }], options: 2 },
  topBins: { args: [x, 3] },
  planPeaks: { args: [peaks], options: 0 },
  checkCola: { args: [hann, 4, 1e-9] },
  checkNola: { args: [hann, 4, 1e-9] },
  windowByName: { args: [['kaiser', 8], 16, 'periodic'] },
  resample: { args: [x, resampling], options: 1 },
  Resampler: {
    args: [resampling],
    options: 0,
    call: (options: never) => new papilio.Resampler(options),
  },
  'Resampler().push': {
    args: [x],
    call: (samples: never) => new papilio.Resampler(resampling).push(samples),
  },
  resampledLength: { args: [64, 3, 2] },
  resamplePoly: { args: [x, 3, 2, { padtype: 'line' }], options: 3 },
  fftfreq: { args: [8, 0.5] },
  rfftfreq: { args: [8, 0.5] },
  fftshift: { args: [x] },
  ifftshift: { args: [x] },
  nextFastLen: { args: [13, { real: true }], options: 1 },
  melFilterbank: { args: [mel], options: 0 },
  melCenters: { args: [mel], options: 0 },
  bandSafety: { args: [x.map(Math.abs), y.map(Math.abs), 8, 0.1] },
  encodeWav: { args: [x.map((v) => v / 8), 16000, { format: 'float32' }], options: 2 },
  decodeWav: {
    args: [
      papilio.encodeWav(
        x.map((v) => v / 8),
        16000,
        { format: 'pcm16' },
      ),
      'x.wav',
      { channel: 'left' },
    ],
    options: 2,
  },
  backendByName: { args: ['js'] },
  importWisdom: { args: [papilio.exportWisdom()] },
};

/** Modules and rooms whose functions are not called here unless they are above, by what they take. */
const exceptions: Readonly<Record<string, string>> = {
  'errors.ts': 'messages',
  'compiler/': 'graphs and programs, checked by the verifier',
  'backends/': 'programs',
  'formats/': 'bytes: their decoders have mutants of their own',
  'ir/': 'graphs, checked by the verifier; tables and their codes',
  'numeric/random.ts': 'arrays to fill',
  'model/': 'networks and their parameters',
  'optimize/': 'options of learning: test/hostile/training-options.test.ts',
  'fit/': 'options of learning: test/hostile/training-options.test.ts',
  'front/': 'options of learning: test/hostile/training-options.test.ts',
  'prune/': 'options of learning: test/hostile/training-options.test.ts',
  'distill/': 'options of learning: test/hostile/training-options.test.ts',
  'certify/': 'options of learning: test/hostile/training-options.test.ts',
  'checkpoints/': 'options of learning: test/hostile/training-options.test.ts',
  'plans/module.ts': 'a planned program',
  'plans/wisdom.ts': 'no arguments',
  'plans/measure.ts': 'functions to time',
  'plans/peak-costs.ts': 'a machine to measure, or its JSON',
  'numeric/half.ts': 'one number',
  'numeric/matrix.ts': 'matrices',
  'spectral/banks.ts': 'heads, which validateHead has checked',
  'spectral/head-text.ts': 'heads, which validateHead has checked',
  'numeric/percentiles.ts': 'a list, whose percentiles are NaN where it is empty',
};

/** Where the entry points have the names that they export from. */
const modules = new Map(
  ['index', 'learn', 'front', 'compiler', 'files', 'webgpu'].flatMap((entry) =>
    [
      ...readFileSync(new URL(`../../src/${entry}.ts`, import.meta.url), 'utf8').matchAll(
        /export \{([^}]*)\} from '\.\/([^']*)'/g,
      ),
    ].flatMap(([, names, module]) => names.split(',').map((name) => [name.trim(), module] as const)),
  ),
);

/** Values that somebody may take for samples or options, and those that JavaScript has beside. */
const strange: readonly unknown[] = [
  undefined,
  null,
  true,
  'false',
  '',
  '8',
  'x',
  'constructor',
  '__proto__',
  NaN,
  Infinity,
  -1,
  0,
  0.5,
  3,
  1e9,
  2 ** 53,
  1e308,
  10n,
  Symbol('s'),
  () => 1,
  [],
  {},
  [1, 2],
  [1, '2'],
  [1, undefined],
  [
    [1, 2],
    [3, 4],
  ],
  [new Float32Array(4), new Float32Array(4)],
  [Symbol('s')],
  ['hann', {}],
  new Int16Array(64),
  new Uint8Array(64),
  new BigInt64Array(64),
  new ArrayBuffer(64),
  new DataView(new ArrayBuffer(64)),
  new Float32Array(0),
  { length: 64 },
  { length: 1e9 },
  { length: -1 },
  { re: [1, 2], im: [1] },
  { re: 1, im: 2 },
  { re: new Int16Array(4), im: new Int16Array(4) },
  { n: 8, stages: [] },
  { kind: 'chirp', radices: ['a'] },
  { getChannelData: () => new Float32Array(64), length: 64 },
  Object.create(null),
  new Map(),
  new Date(0),
  new Proxy([], {}),
];
/** The same values every time; others with SEED=2 and so on. */
const seed = Number(process.env['SEED'] ?? 1);
const value = fc.oneof(fc.constantFrom(...strange), fc.anything({ withTypedArray: true, withBigInt: true }));

function holdsNaN(result: unknown, depth = 4): boolean {
  if (typeof result === 'number') return Number.isNaN(result);
  if (typeof result !== 'object' || result === null || depth === 0) return false;
  if (ArrayBuffer.isView(result)) return Array.prototype.some.call(result, Number.isNaN);
  return Object.values(result).some((inner) => holdsNaN(inner, depth - 1));
}

const surface: Readonly<Record<string, unknown>> = { ...papilio };

const functionOf = (name: string): ((...args: unknown[]) => unknown) =>
  (cases[name].call ?? surface[name]) as (...args: unknown[]) => unknown;

/** The error of papilio's that a call throws, or null for a result of numbers; fails for anything else. */
async function errorOf(name: string, args: readonly unknown[]): Promise<papilio.PapilioError | null> {
  try {
    const result = await functionOf(name)(...args);
    expect(holdsNaN(result), `${name} gives NaN`).toBe(false);
    return null;
  } catch (error) {
    if (error instanceof papilio.PapilioError) return error;
    throw error;
  }
}

const replaced = (list: readonly unknown[], at: number, by: unknown): unknown[] =>
  list.map((v, i) => (i === at ? by : v));

/** The options that exist, as the refusal of another one lists them. */
async function optionNames(name: string): Promise<string[]> {
  const { args, options = 0 } = cases[name];
  const error = await errorOf(name, replaced(args, options, { ...(args[options] as object), nOption: 1 }));
  expect(error?.message).toMatch(/has no option "nOption"; expected /);
  return error?.message.split('; expected ')[1].split(', ') ?? [];
}

describe('every public function', () => {
  it('is tried here, or an exception with a reason', () => {
    const exported = Object.entries(surface).flatMap(([name, v]) => (typeof v === 'function' ? [name] : []));
    const isException = (name: string): boolean =>
      Object.keys(exceptions).some((place) => modules.get(name)?.startsWith(place));
    const unknown = exported.filter((name) => !Object.hasOwn(cases, name) && !isException(name));
    expect(unknown).toEqual([]);
  });

  it.each(Object.keys(cases))('%s works, and refuses other arguments by name', async (name) => {
    const { args } = cases[name];
    expect(await errorOf(name, args)).toBeNull();
    for (const at of args.keys()) for (const by of strange) await errorOf(name, replaced(args, at, by));
    await fc.assert(
      fc.asyncProperty(fc.nat(args.length - 1), value, async (at, by) => {
        await errorOf(name, replaced(args, at, by));
      }),
      { numRuns: 15, seed },
    );
  });

  it.each(Object.keys(cases).filter((name) => cases[name].options !== undefined))(
    '%s refuses options that it does not have, and wrong types of those that it has',
    async (name) => {
      const { args, options: place = 0 } = cases[name];
      const names = await optionNames(name);
      const given = args[place] as object;
      const withOption = (option: string, by: unknown): unknown[] =>
        replaced(args, place, { ...given, [option]: by });
      await fc.assert(
        fc.asyncProperty(fc.string({ minLength: 1 }), value, async (option, by) => {
          fc.pre(!names.includes(option) && option !== '__proto__');
          expect(await errorOf(name, withOption(option, by))).toBeInstanceOf(papilio.InvalidArgumentError);
        }),
        { numRuns: 8, seed },
      );
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...names), value, async (option, by) => {
          await errorOf(name, withOption(option, by));
        }),
        { numRuns: 6 * names.length, seed },
      );
    },
  );
});
