/** papilio compare: models and compiled kernels of one transform or head, and the exact kernel, on the same signals. */
import { extname } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { finite, whole } from '../options.ts';
import {
  backendByName,
  fftWasm,
  measure,
  noiseOf,
  percentiles,
  ratioOf,
  type TransformLayout,
} from '../compiler.ts';
import {
  compileFrontEnd,
  exactFrontEnd,
  featureError,
  resultSamples,
  headWidth,
  standaloneModule,
  type Recording,
  type HeadConfig,
} from '../front.ts';
import { frameSignals, gaussianSignals, heldOutStream, type Signals } from '../learn.ts';
import { planFftSync } from '../index.ts';
import { flag, type Command, type FlagsOf, type Given } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { binPlaces, headPlaces, type Places } from './band-places.ts';
import { commandLine } from './command-line.ts';
import { hannFrames, loadMinutes } from './dataset.ts';
import { compareReport, type Comparison, type CompareRow } from './compare-report.ts';
import type { Output } from './output.ts';
import { isKernelFile } from './kernel-files.ts';
import { kernelEnds, kernelFeatures, kernelOf, readKernel, type Kernel, type Subject } from './kernels.ts';
import { findAll } from './recordings.ts';
import { reportText } from './report/report.ts';

type Errors = Pick<CompareRow, 'error' | 'errorP95' | 'bandErrors' | 'worst'>;

/** Keys in one order, so that equal heads have equal texts. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );

const subjectText = (s: Subject): string => {
  if (s.kind === 'transform') {
    const { n, input, direction, norm } = s.transform;
    return `${direction} transform of ${n} ${input} points, norm ${norm}`;
  }
  const { bank, nFft, hop, sampleRate } = s.head;
  return `Front end: ${headWidth(s.head)} numbers (${bank?.kind ?? 'bins'}), n_fft ${nFft}, hop ${hop}, ${sampleRate} Hz`;
};

/** What has to agree. */
const traits = (s: Subject): Record<string, unknown> => {
  if (s.kind === 'front end') return { ...s.head };
  const { n, input, direction, norm } = s.transform;
  return { n, input, direction, norm };
};

/** Throws InvalidArgumentError, naming both files, where they compute different things. */
function requireSame([first, ...others]: readonly Kernel[]): void {
  for (const other of others) {
    const both = `${first.name} and ${other.name}`;
    if (first.subject.kind !== other.subject.kind)
      throw new InvalidArgumentError(
        `${both} are a ${first.subject.kind} and a ${other.subject.kind}; expected models and kernels of one head or transform`,
      );
    const [a, b] = [first, other].map((k) => traits(k.subject));
    const key = [...new Set([...Object.keys(a), ...Object.keys(b)])].find(
      (name) => canonical(a[name] ?? null) !== canonical(b[name] ?? null),
    );
    if (key !== undefined)
      throw new InvalidArgumentError(
        `${both} compute different things: ${key} is ${canonical(a[key] ?? null)} and ${canonical(b[key] ?? null)}; expected one head or transform`,
      );
  }
}

/** Noise and coloured noise with tones, where no recordings are given. */
function syntheticRecordings(length: number, seed: number): Recording[] {
  const count = Math.max(32000, 4 * length);
  return ['noise', 'coloured noise and tones'].map((name, i) => {
    const samples = new Float64Array(count);
    gaussianSignals(seed + i)(0, samples, null);
    let low = 0;
    return {
      name,
      samples: samples.map((x, t) => {
        low = 0.95 * low + 0.05 * x;
        return i === 0 ? 0.1 * x : 0.2 * low + 0.001 * x + 0.05 * Math.sin(0.11 * t);
      }),
    };
  });
}

/** Errors of front ends by recordings. */
function featureErrors(
  kernels: readonly Kernel[],
  head: HeadConfig,
  recordings: readonly Recording[],
): Errors[] {
  const exact = compileFrontEnd(exactFrontEnd(head), backendByName('wasm'), 'f64');
  const targets = recordings.map((r) => exact.features(r.samples));
  return kernels.map((kernel) => {
    const own = recordings.map((r) => kernelFeatures(kernel, r.samples));
    const { mean, p95, perBand } = featureError(recordings, own, targets, head);
    return withWorst(
      mean,
      p95,
      perBand.map((b) => (b.count === 0 ? null : b.mean)),
    );
  });
}

function withWorst(error: number, errorP95: number, bandErrors: readonly (number | null)[]): Errors {
  let worst = { band: 0, error: 0 };
  bandErrors.forEach((e, band) => {
    if (e !== null && e > worst.error) worst = { band, error: e };
  });
  return {
    error,
    errorP95,
    worst,
    bandErrors: bandErrors.map((e) => (e === null ? e : Number(e.toPrecision(4)))),
  };
}

const comparedSignals = 256;

/** Relative L2 errors of transforms by signals, and by bin: RMS of the difference over RMS of the exact bin. */
function transformErrors(
  kernels: readonly Kernel[],
  { n, input, direction, norm }: TransformLayout['transform'],
  signals: Signals,
): Errors[] {
  const plan = planFftSync({ n, input, inverse: direction === 'inverse', norm, dtype: 'f64' });
  const ends = kernels.map(kernelEnds);
  const each = kernels.map(() => [] as number[]);
  const outputs = [plan.output.re, plan.output.im].filter((x) => x !== undefined);
  const bins = outputs[0].length;
  const difference = kernels.map(() => new Float64Array(bins));
  const energy = new Float64Array(bins);
  const { re, im } = plan.input;
  for (let s = 0; s < comparedSignals; s++) {
    signals(heldOutStream + s, re, im ?? null);
    const [given, giventoo] = [Float64Array.from(re), im && Float64Array.from(im)];
    plan.run();
    for (let b = 0; b < bins; b++) for (const part of outputs) energy[b] += part[b] ** 2;
    kernels.forEach((kernel, i) => {
      ends[i].input.re.set(given);
      if (giventoo) ends[i].input.im?.set(giventoo);
      kernel.run();
      let [off, whole] = [0, 0];
      for (let b = 0; b < bins; b++) {
        let own = 0;
        for (const [p, name] of (['re', 'im'] as const).entries()) {
          const part = outputs[p];
          if (!part) continue;
          own += ((ends[i].output[name]?.[b] ?? 0) - part[b]) ** 2;
          whole += part[b] ** 2;
        }
        difference[i][b] += own;
        off += own;
      }
      each[i].push(Math.sqrt(off / whole));
    });
  }
  plan.dispose();
  return each.map((errors, i) =>
    withWorst(
      errors.reduce((a, b) => a + b, 0) / errors.length,
      percentiles(errors).p95,
      Array.from(difference[i], (d, b) => (energy[b] > 0 ? Math.sqrt(d / energy[b]) : null)),
    ),
  );
}

/** The fastest exact kernel of the same thing. */
function exactKernel(subject: Subject): Kernel {
  const name = 'exact kernel';
  if (subject.kind === 'front end') return kernelOf(standaloneModule(exactFrontEnd(subject.head)), name);
  const { n, input, direction, norm } = subject.transform;
  return kernelOf(fftWasm({ n, input, norm, inverse: direction === 'inverse' }), name);
}

interface Measured {
  readonly errors: readonly Errors[];
  readonly signals: string;
  readonly errorIs: string;
  readonly places: Places;
}

async function measured(
  kernels: readonly Kernel[],
  subject: Subject,
  paths: readonly string[],
  flags: Flags,
): Promise<Measured> {
  const seed = flags.seed;
  const channel = channelOf(flags);
  const load = (sampleRate: number, shortest: number): Promise<Recording[]> =>
    loadMinutes(findAll(paths), { sampleRate, shortest, channel }, flags.minutes);
  if (subject.kind === 'front end') {
    const { head } = subject;
    const shortest = resultSamples(head);
    const recordings =
      paths.length > 0 ? await load(head.sampleRate, shortest) : syntheticRecordings(shortest, seed);
    return {
      errors: featureErrors(kernels, head, recordings),
      signals: paths.length > 0 ? `${recordings.length} recordings` : 'noise, coloured noise and tones',
      errorIs:
        'Errors are mean absolute differences of log10 energies against the exact features in float64, frames on the floor left out',
      places: headPlaces(head),
    };
  }
  const { n } = subject.transform;
  const recordings = paths.length > 0 ? await load(flags.rate, n) : null;
  const signals = recordings
    ? frameSignals(recordings, recordings, hannFrames(n), seed)
    : gaussianSignals(seed);
  const errors = transformErrors(kernels, subject.transform, signals);
  const rate = recordings && subject.transform.direction === 'forward' ? flags.rate : undefined;
  return {
    errors,
    signals: `${comparedSignals} ${recordings ? `windowed frames of ${recordings.length} recordings` : 'signals of Gaussian noise'}`,
    errorIs: 'Errors are relative L2 per signal against the exact transform in float64, and RMS by bin',
    places: binPlaces(subject.transform, errors[0].bandErrors.length, rate),
  };
}

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const isModel = (path: string): boolean =>
    isKernelFile(path) || extname(path).toLowerCase() === '.safetensors';
  const models = operands.filter(isModel);
  const paths = operands.filter((p) => !isModel(p));
  if (models.length === 0)
    throw new InvalidArgumentError(
      'no models given; expected model.safetensors or kernel.wasm files, and recordings if wanted',
    );
  if (paths.length === 0) given.refuse(['minutes', 'rate'], 'is given without recordings');
  const own: Kernel[] = [];
  for (const model of models) own.push(await readKernel(model));
  requireSame(own);
  const [{ subject }] = own;
  const kernels = [exactKernel(subject), ...own];
  const { errors, signals, errorIs, places } = await measured(kernels, subject, paths, flags);
  const samples = flags.samples;
  // A second exact kernel says what equal ones differ by.
  const timings = measure(
    [...kernels, exactKernel(subject)].map(({ name, run: once, units }) => ({ name, run: once, units })),
    { samples, sampleMs: 5, warmupMs: 60 },
  );
  const [exactTimes] = timings;
  const comparison: Comparison = {
    kind: 'comparison',
    subject: subjectText(subject),
    unit: subject.kind === 'transform' ? 'transform' : 'frame',
    signals,
    errorIs,
    samples,
    timeNoise: noiseOf(ratioOf(timings[kernels.length], exactTimes)),
    places,
    rows: kernels.map(({ name, operations, tableBytes, codeBytes }, i): CompareRow => {
      const { mul, add, other, loads, stores } = operations;
      return {
        name,
        source: i === 0 ? 'exact' : isKernelFile(name) ? 'kernel' : 'model',
        ...errors[i],
        mul,
        add,
        operations: mul + add + other,
        loads,
        stores,
        ns: percentiles(timings[i].values),
        timeRatio: ratioOf(timings[i], exactTimes),
        tableBytes,
        codeBytes,
      };
    }),
    command: commandLine(),
  };
  output.json(comparison);
  output.print(reportText(compareReport(comparison, comparison.command)));
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  samples: flag.of('interleaved samples of every time', whole(21, 10000), 21),
  minutes: flag.of('minutes of recordings to compare on', finite({ minimum: 0.05 }), 5),
  rate: flag.rate(', for transforms'),
  channel: channelFlag,
  seed: flag.seed('random signals'),
};

export const compareCommand: Command<typeof flags> = {
  name: 'compare',
  operands: '<models.safetensors or kernels.wasm...> [recordings...]',
  summary: 'error, operations, time and bytes of models and kernels beside the exact kernel',
  examples: [
    'compare my-front-end/model.safetensors other/kernel.wasm recordings/ --json comparison.json',
    'compare my-dft/model.safetensors',
  ],
  flags,
  run,
};
