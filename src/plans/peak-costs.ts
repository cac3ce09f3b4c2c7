/**
 * What a run costs: real operations by a formula, times nanoseconds per operation from a table by backend, dtype and transform size.
 * The table that comes with papilio makes every choice the same everywhere; one measured on a machine is data that can be kept.
 */
import { InvalidArgumentError } from '../errors.ts';
import type { BackendName } from '../backends/backend.ts';
import { workingBackends } from '../backends/default.ts';
import type { Dtype } from '../compiler/kernel.ts';
import { parseJson } from '../formats/json.ts';
import {
  each,
  listOf,
  object,
  oneOf,
  optional,
  requireShape,
  ruled,
  text,
  type Shape,
} from '../formats/shape.ts';
import { checkArgument, finite, text as textRule } from '../options.ts';
import { measure } from './measure.ts';
import { neighbourhood, type PeakCandidate } from './peak-model.ts';
import { peakRunner } from './peak-runner.ts';

/** Nanoseconds per real operation of a run whose transforms have so many points. */
export interface CostRate {
  readonly nfft: number;
  readonly ns: number;
}

/** A measured cost of operations, plain data: the same calibration makes the same choices. See `calibratePeaks`. */
export interface PeakCalibration {
  readonly format: 'papilio peaks calibration 1';
  /** Where and when it was measured, in words. */
  readonly machine: string;
  /** By rising nfft; sizes between them are interpolated, those beyond have the rate of the last. */
  readonly rates: Partial<Record<BackendName, Readonly<Record<Dtype, readonly CostRate[]>>>>;
}

const table = (...rates: readonly (readonly [nfft: number, ns: number])[]): CostRate[] =>
  rates.map(([nfft, ns]) => ({ nfft, ns }));

/** `calibratePeaks` on two cores of an AMD EPYC, Node 20, rounded. The interpreter, for whom it is named, at a hundred times. */
export const costModel: PeakCalibration = {
  format: 'papilio peaks calibration 1',
  machine: 'the cost model',
  rates: {
    wasm: {
      f32: table([16, 1.4], [64, 0.65], [256, 0.32], [1024, 0.2], [4096, 0.17], [16384, 0.15]),
      f64: table([16, 1.4], [64, 0.65], [256, 0.36], [1024, 0.25], [4096, 0.22], [16384, 0.2]),
    },
    js: {
      f32: table([16, 4.5], [64, 3], [256, 1.8], [1024, 0.9], [4096, 0.6], [16384, 0.6]),
      f64: table([16, 4.5], [64, 3], [256, 1.6], [1024, 0.7], [4096, 0.45], [16384, 0.45]),
    },
    reference: { f32: table([16, 30]), f64: table([16, 30]) },
  },
};

/** Real operations of sorting the bins around a peak, per bin. */
const sortOperations = 12;

/**
 * Rough cost of a run, in real operations: windows, transforms and powers of segments, four at a time up to 4096 points; the search
 * for maxima, and the noise around every peak.
 */
export function operationsOf({ segmentLength, segments, nfft }: PeakCandidate, peaks: number): number {
  const transforms = nfft <= 4096 ? 4 * Math.ceil(segments / 4) : segments;
  const around = Math.min(nfft / 2, 2 * neighbourhood * Math.ceil(nfft / segmentLength));
  const segment = 2.5 * nfft * Math.log2(nfft) + 4 * segmentLength + 4 * nfft;
  return transforms * segment + 4 * nfft + peaks * sortOperations * around;
}

/** The rate of a size, linear in log2 of it between those of the table. */
function rateAt(rates: readonly CostRate[], nfft: number): number {
  const above = rates.findIndex((r) => r.nfft >= nfft);
  if (above < 0) return rates[rates.length - 1].ns;
  if (above === 0) return rates[0].ns;
  const [a, b] = [rates[above - 1], rates[above]];
  const part = Math.log2(nfft / a.nfft) / Math.log2(b.nfft / a.nfft);
  return a.ns + part * (b.ns - a.ns);
}

/** Nanoseconds of a run by a calibration. Throws InvalidArgumentError for a backend that it does not hold. */
export function costOf(
  calibration: PeakCalibration,
  candidate: PeakCandidate,
  peaks: number,
  { backend, dtype }: { backend: BackendName; dtype: Dtype },
): number {
  const rates =
    calibration.rates[backend] ?? (backend === 'reference' ? costModel.rates.reference : undefined);
  if (!rates)
    throw new InvalidArgumentError(
      `the calibration has no rates of ${backend}; expected ${Object.keys(calibration.rates).join(', ')}`,
    );
  return operationsOf(candidate, peaks) * rateAt(rates[dtype], candidate.nfft);
}

const sizes = [16, 64, 256, 1024, 4096, 16384];
const timing = { samples: 7, sampleMs: 2, warmupMs: 10 } as const;
/** Segments of the runs that are timed, and what they look for. */
const timedSegments = 8;
const timedTask = {
  sampleRate: 1,
  peaks: 1,
  snr: 20,
  separation: 0.25,
  dynamicRange: 0,
  confidence: 0.95,
  window: 'hann',
} as const;

function ratesOfDtypes(): Shape {
  const positive = ruled(finite({ above: 0 }));
  const list = listOf(object({ nfft: positive, ns: positive }), 1);
  const isRising = (rates: readonly CostRate[]): boolean =>
    rates.every(({ nfft }, i) => i === 0 || nfft > rates[i - 1].nfft);
  const rising: Shape = (value) =>
    list(value) ?? (isRising(value as CostRate[]) ? null : ': expected rising nfft');
  return object({ f32: rising, f64: rising });
}

function calibrationTable(): Shape {
  const known = Object.keys(costModel.rates);
  const backends = object(each(known, optional(ratesOfDtypes())));
  const rates: Shape = (value) => {
    const problem = backends(value);
    if (problem !== null) return problem;
    const names = Object.keys(value as object);
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined) return `: no backend ${JSON.stringify(unknown)}; expected ${known.join(', ')}`;
    return names.length > 0 ? null : `: expected some of ${known.join(', ')}`;
  };
  return object({ format: oneOf([costModel.format]), machine: text, rates });
}
const calibrationShape = /* @__PURE__ */ calibrationTable();

/** Throws InvalidArgumentError unless a value is a calibration. */
export function requireCalibration(value: unknown): void {
  const problem = calibrationShape(value);
  if (problem !== null) throw new InvalidArgumentError(`calibration${problem}`);
}

/** A calibration from its JSON. Throws FileFormatError; `name` is the file's, for messages. */
export function readPeakCalibration(text: string, name = 'calibration'): PeakCalibration {
  const value = parseJson(text, name);
  requireShape(calibrationShape, value, name, 'JSON');
  return value as PeakCalibration;
}

/**
 * Measures what runs cost on this machine, in a few seconds: `planPeaks` takes it as `calibration`, and JSON keeps it
 * (`readPeakCalibration`). `machine` says where and when, in words.
 */
export function calibratePeaks(machine = 'this machine'): PeakCalibration {
  checkArgument('machine', machine, textRule);
  const runs = sizes.flatMap((nfft) => {
    const samples = Float64Array.from({ length: ((timedSegments + 1) * nfft) / 2 }, (_, i) =>
      Math.sin(i * i),
    );
    const candidate = { segmentLength: nfft, segments: timedSegments, hop: nfft / 2, nfft };
    return workingBackends().flatMap((backend) =>
      (['f32', 'f64'] as const).map((dtype) => {
        const task = { ...timedTask, samples: samples.length, dtype };
        return { backend, dtype, candidate, samples, runner: peakRunner(task, candidate, backend) };
      }),
    );
  });
  const times = measure(
    runs.map(({ runner, candidate, samples }, i) => ({
      name: String(i),
      units: operationsOf(candidate, 1),
      run: () => void runner.run(samples),
    })),
    timing,
  );
  const rates: Partial<Record<BackendName, Record<Dtype, CostRate[]>>> = {};
  runs.forEach(({ backend, dtype, candidate: { nfft }, runner }, i) => {
    // The least of the samples: whatever else the machine does only adds to it.
    const ns = Number(Math.min(...times[i].values).toPrecision(4));
    (rates[backend] ??= { f32: [], f64: [] })[dtype].push({ nfft, ns });
    runner.dispose();
  });
  return { format: costModel.format, machine, rates };
}
