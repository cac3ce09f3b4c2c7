/** papilio compare: models and compiled kernels of one transform or head, and the exact kernel, on the same signals. */
import { extname } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { finite, whole } from '../options.ts';
import * as compiler from '../compiler.ts';
import * as frontEnds from '../front.ts';
import { frameSignals, gaussianSignals, heldOutStream, type Signals } from '../learn.ts';
import { planFftSync } from '../index.ts';
import { flag, known, type Command, type FlagsOf, type Given } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { binPlaces, headPlaces } from './band-places.ts';
import { commandLine } from './command-line.ts';
import { hannFrames, loadMinutes } from './dataset.ts';
import { compareReport, type Comparison, type CompareRow } from './compare-report.ts';
import { difference } from './job.ts';
import type { Output } from './output.ts';
import { isKernelFile } from './kernel-files.ts';
import { isTransform, kernelEnds, kernelFeatures, kernelOf, readKernel, type Kernel } from './kernels.ts';
import { addressOfModels } from './playground.ts';
import { errorFields, rounded } from './front-rows.ts';
import { findAll } from './recordings.ts';
import { mean } from './report/figures.ts';
import { reportText } from './report/report.ts';

type Layout = Kernel['layout'];
type Errors = Pick<CompareRow, 'error' | 'errorP95' | 'bandErrors'>;

const subjectText = (layout: Layout): string => {
  if (isTransform(layout)) {
    const { n, input, direction, norm } = layout.transform;
    return `${direction} transform of ${n} ${input} points, norm ${norm}`;
  }
  const { bank, nFft, hop, sampleRate } = layout.head;
  return `Front end: ${frontEnds.headWidth(layout.head)} numbers (${bank?.kind ?? 'bins'}), n_fft ${nFft}, hop ${hop}, ${sampleRate} Hz`;
};

const kindOf = (layout: Layout) => (isTransform(layout) ? 'transform' : 'front end');

/** What has to agree. */
const traits = (layout: Layout): object => (isTransform(layout) ? layout.transform : layout.head);

/** Throws InvalidArgumentError, naming both files, where they compute different things. */
function requireSame([first, ...others]: readonly Kernel[]): void {
  for (const other of others) {
    const both = `${first.name} and ${other.name}`;
    if (kindOf(first.layout) !== kindOf(other.layout))
      throw new InvalidArgumentError(
        `${both} are a ${kindOf(first.layout)} and a ${kindOf(other.layout)}; expected models and kernels of one head or transform`,
      );
    const found = difference(traits(first.layout), traits(other.layout));
    if (found !== null)
      throw new InvalidArgumentError(
        `${both} compute different things: ${found}; expected one head or transform`,
      );
  }
}

/** Noise and coloured noise with tones, where no recordings are given. */
function syntheticRecordings(length: number, seed: number): frontEnds.Recording[] {
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
  head: frontEnds.HeadConfig,
  recordings: readonly frontEnds.Recording[],
): Errors[] {
  const front = frontEnds.levelsFront(frontEnds.exactFrontEnd(head));
  const exact = frontEnds.compileFrontEnd(front, compiler.backendByName('wasm'), 'f64');
  const targets = recordings.map((r) => exact.features(r.samples));
  return kernels.map((kernel) => {
    const leveled = { ...kernel, layout: { ...kernel.layout, head: front.head } } as Kernel;
    const own = recordings.map((r) => kernelFeatures(leveled, r.samples));
    return errorFields(frontEnds.featureError(recordings, own, targets, front.head));
  });
}

const comparedSignals = 256;

type Ends = Readonly<Partial<Record<'re' | 'im', ArrayLike<number>>>>;

/** Relative L2 errors of transforms by signals, and by bin: RMS of the difference over RMS of the exact bin. */
function transformErrors(
  kernels: readonly Kernel[],
  { n, input, direction, norm }: compiler.TransformLayout['transform'],
  signals: Signals,
): Errors[] {
  const plan = planFftSync({ n, input, inverse: direction === 'inverse', norm, dtype: 'f64' });
  const { re, im } = plan.input;
  const bins = plan.output.re.length;
  /** Squares of both parts of every bin; `from`: of what differs from it. */
  const powers = (ends: Ends, from?: Ends): Float64Array =>
    Float64Array.from({ length: bins }, (_, b) =>
      (['re', 'im'] as const).reduce((sum, p) => {
        const off = plan.output[p] ? (ends[p]?.[b] ?? 0) - (from?.[p]?.[b] ?? 0) : 0;
        return sum + off * off;
      }, 0),
    );
  const total = (list: Float64Array): number => list.reduce((a, b) => a + b, 0);
  const found = kernels.map((kernel) => ({
    kernel,
    ends: kernelEnds(kernel),
    errors: [] as number[],
    off: new Float64Array(bins),
  }));
  const energy = new Float64Array(bins);
  for (let s = 0; s < comparedSignals; s++) {
    signals(heldOutStream + s, re, im ?? null);
    const given = { re: re.slice(), im: im?.slice() };
    plan.run();
    const exact = powers(plan.output);
    exact.forEach((x, b) => (energy[b] += x));
    for (const { kernel, ends, errors, off } of found) {
      ends.input.re.set(given.re);
      if (given.im) ends.input.im?.set(given.im);
      kernel.run();
      const own = powers(ends.output, plan.output);
      own.forEach((x, b) => (off[b] += x));
      errors.push(Math.sqrt(total(own) / total(exact)));
    }
  }
  plan.dispose();
  return found.map(({ errors, off }) => ({
    error: mean(errors),
    errorP95: compiler.percentiles(errors).p95,
    bandErrors: Array.from(off, (d, b) => (energy[b] > 0 ? rounded(Math.sqrt(d / energy[b])) : null)),
  }));
}

/** The fastest exact kernel of the same thing. */
function exactKernel(layout: Layout): Kernel {
  const name = 'exact kernel';
  if (!isTransform(layout))
    return kernelOf(frontEnds.standaloneModule(frontEnds.exactFrontEnd(layout.head)), name);
  const { n, input, direction, norm } = layout.transform;
  return kernelOf(compiler.fftWasm({ n, input, norm, inverse: direction === 'inverse' }), name);
}

/** Errors of all kernels, of what kind they are, and on what. */
async function measured(
  kernels: readonly Kernel[],
  layout: Layout,
  paths: readonly string[],
  flags: Flags,
): Promise<Pick<Comparison, 'signals' | 'errorIs' | 'places'> & { readonly errors: Errors[] }> {
  const { seed, minutes } = flags;
  const channel = channelOf(flags);
  const load = (sampleRate: number, shortest: number): Promise<frontEnds.Recording[]> =>
    loadMinutes(findAll(paths), { sampleRate, shortest, channel }, minutes);
  if (!isTransform(layout)) {
    const { head } = layout;
    const shortest = frontEnds.framingOf(head).nFft;
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
  const { transform } = layout;
  const recordings = paths.length > 0 ? await load(flags.rate, transform.n) : null;
  const signals = recordings
    ? frameSignals(recordings, recordings, hannFrames(transform.n), seed)
    : gaussianSignals(seed);
  const errors = transformErrors(kernels, transform, signals);
  const rate = recordings && transform.direction === 'forward' ? flags.rate : undefined;
  return {
    errors,
    signals: `${comparedSignals} ${recordings ? `windowed frames of ${recordings.length} recordings` : 'signals of Gaussian noise'}`,
    errorIs: 'Errors are relative L2 per signal against the exact transform in float64, and RMS by bin',
    places: binPlaces(transform, errors[0].bandErrors.length, rate),
  };
}

/** Front ends of files in the playground; kernels and transforms have no room there. */
function addressOf(layout: Layout, models: readonly string[]): string | undefined {
  const shown = models.filter((path) => !isKernelFile(path));
  return isTransform(layout) || shown.length === 0 ? undefined : addressOfModels(shown);
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
  const [{ layout: shared }] = own;
  const kernels = [exactKernel(shared), ...own];
  const { errors, ...what } = await measured(kernels, shared, paths, flags);
  const { samples } = flags;
  // A second exact kernel says what equal ones differ by.
  const timings = compiler.measure(
    [...kernels, exactKernel(shared)].map(({ name, run: once, units }) => ({ name, run: once, units })),
    { samples, sampleMs: 5, warmupMs: 60 },
  );
  const [exactTimes] = timings;
  const comparison: Comparison = {
    kind: 'comparison',
    subject: subjectText(shared),
    unit: isTransform(shared) ? 'transform' : 'frame',
    ...what,
    samples,
    timeNoise: compiler.noiseOf(compiler.ratioOf(timings[kernels.length], exactTimes)),
    rows: kernels.map(({ name, layout, codeBytes }, i): CompareRow => {
      const { other, ...counts } = layout.operations;
      return {
        name,
        source: i === 0 ? 'exact' : isKernelFile(name) ? 'kernel' : 'model',
        ...errors[i],
        ...counts,
        operations: counts.mul + counts.add + other,
        ns: compiler.percentiles(timings[i].values),
        timeRatio: compiler.ratioOf(timings[i], exactTimes),
        tableBytes: layout.tableBytes,
        codeBytes,
      };
    }),
    command: commandLine(),
    ...known({ playground: addressOf(shared, models) }),
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
