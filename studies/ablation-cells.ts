/** What an ablation varies: parametrisations, gates, correctors, quantisations, structures of the network, backends. */
import { InvalidArgumentError, UnsupportedError } from '../src/errors.ts';
import { referenceBackend } from '../src/backends/reference.ts';
import { jsBackend } from '../src/backends/js.ts';
import { wasmBackend } from '../src/backends/wasm/wasm.ts';
import type { Program } from '../src/compiler/kernel.ts';
import { regroup } from '../src/model/canonicalize.ts';
import { gateGrains, gateKinds, gateModes, gateShape, type GateSpec } from '../src/model/gates.ts';
import { initialize, type ParameterValues } from '../src/model/initialize.ts';
import { parameterShapes, spectrum, type NetworkSpec } from '../src/model/network.ts';
import {
  frozen,
  parametrizations,
  type Parametrization,
  type Provide,
  type StageSpec,
} from '../src/model/parametrization.ts';
import type { Quantization } from '../src/model/quantization.ts';
import { randomUint32 } from '../src/numeric/random.ts';
import {
  benchLanes,
  exactProgram,
  operationsOf,
  programOfSpectrum,
  type AblationBench,
  type Variant,
} from './ablation-bench.ts';
import { solveCorrector } from '../src/distill/corrector-solve.ts';
import { correctedSpectrum, type CorrectorSpec } from '../src/model/correctors.ts';
import {
  spectrumObjective,
  spectrumSet,
  type GateObjective,
  type SpectrumSet,
} from '../src/prune/gate-objective.ts';
import { decideSearch, searchGates, type GateSearch } from '../src/prune/gates.ts';
import { quantize, trainQuantized } from '../src/front/quantize.ts';
import { defaultRadices } from '../src/fit/targets.ts';
import { recommendedTraining, transformTask } from '../src/fit/transform-task.ts';
import { train } from '../src/optimize/train.ts';
import { parameterName, stageSizes } from '../src/model/geometry.ts';

/** What is varied, one thing at a time. */
export const ablationGroups = [
  'network',
  'backend',
  'quantization',
  'corrector',
  'parametrization',
  'gates',
] as const;
export type AblationGroup = (typeof ablationGroups)[number];

export interface AblationSettings {
  /** Real points. */
  readonly n: number;
  /** Seeds per cell, and rounds of the times. */
  readonly samples: number;
  /** The first. */
  readonly seed: number;
  /** Of the search of gates. */
  readonly steps: number;
  /** What the weight of the share of open gates rises to there, beside the squared relative error. */
  readonly sparsity: number;
  /** Largest error of gates, on the signals that they are searched on. */
  readonly budget: number;
  readonly decimation: NetworkSpec['decimation'];
}

/** A row to be made. */
export interface AblationCell {
  readonly group: AblationGroup;
  readonly name: string;
  /** Rough share of the time. */
  readonly weight: number;
  /** The variant of a seed. */
  readonly variant: (bench: AblationBench, seed: number) => Promise<Variant>;
}

type Cell = Omit<AblationCell, 'group'>;

/** The network of real points with stages of one kind. */
function networkOf(
  { n, decimation }: Pick<AblationSettings, 'n' | 'decimation'>,
  stage: Omit<StageSpec, 'radix'> = { parametrization: 'exact' },
  split: NetworkSpec['split'] = 'exact',
): NetworkSpec {
  return {
    n,
    input: 'real',
    direction: 'forward',
    norm: 'backward',
    decimation,
    permutation: 'digit-reversal',
    stages: defaultRadices(n / 2).map((radix) => ({ radix, ...stage })),
    split,
  };
}

const onWasm = (program: Program): Variant => ({ program, backend: wasmBackend });

const programOf = (network: NetworkSpec, provide: Provide): Program =>
  programOfSpectrum(network.n, (re) => spectrum(network, { re }, { lanes: benchLanes, provide }));

/** The frozen network, exact stages without gates merged. */
function deployed(network: NetworkSpec, values: ParameterValues): Variant {
  const merged = regroup(network, values);
  return onWasm(programOf(merged.spec, frozen(merged.values)));
}

/** Adam from random blocks; `exact` has nothing to learn. */
function parametrizationCells(settings: AblationSettings): Cell[] {
  return parametrizations.map((parametrization: Parametrization): Cell => {
    const network = networkOf(settings, { parametrization });
    return {
      name: parametrization === 'exact' ? 'exact, not learned' : `${parametrization}, learned`,
      weight: parametrization === 'exact' ? 0.1 : 3,
      async variant(_, seed) {
        if (parametrization === 'exact') return deployed(network, {});
        const { loss, parameters, feed } = transformTask(network, 32, seed);
        const { learningRate, steps } = recommendedTraining(parametrization, network.n);
        const initial = initialize(network, 'random', seed);
        const training = train({ loss, parameters, feed, initial, steps, learningRate });
        for await (const _step of training);
        const values = Object.fromEntries(
          Object.keys(parameterShapes(network)).map((name) => [name, training.value(name)]),
        );
        training.executable.dispose();
        return onWasm(programOf(network, frozen(values)));
      },
    };
  });
}

const setRuns = 64;

/** Signals of a seed to search gates on, as columns. */
function gateData(bench: AblationBench, network: NetworkSpec, seed: number): SpectrumSet {
  const columns = setRuns * benchLanes;
  const re = new Float64Array(network.n * columns);
  bench.pairs(seed, setRuns, false).forEach(({ signal }, run) => {
    for (let j = 0; j < network.n; j++)
      for (let lane = 0; lane < benchLanes; lane++)
        re[j * columns + run * benchLanes + lane] = signal[j * benchLanes + lane];
  });
  return spectrumSet(network, { re });
}

/** Times that gates in training are looked at. */
const looks = 25;

/** Gates along a training whose penalty rises, decided now and then: the fewest operations within the budget. */
async function cheapestOf(
  search: GateSearch,
  objective: GateObjective,
  bench: AblationBench,
  { steps, budget }: AblationSettings,
  seed: number,
): Promise<Variant> {
  let best = deployed(objective.network, objective.values);
  const seen = new Set<string>();
  const every = Math.max(1, Math.floor(steps / looks));
  for await (const { step } of search.training) {
    if (step % every !== 0 && step !== steps) continue;
    const { network, values } = decideSearch(objective, search);
    const key = Object.entries(values)
      .map(([name, x]) => name + x.join())
      .join();
    if (seen.has(key)) continue;
    seen.add(key);
    const now = deployed(network, values);
    if (operationsOf(now) < operationsOf(best) && bench.errorOf(now, seed, false) <= budget) best = now;
  }
  search.training.executable.dispose();
  return best;
}

/** Every kind, mode and grain by gradient, decided. */
function gateCells(settings: AblationSettings): Cell[] {
  const { steps, sparsity } = settings;
  const network = networkOf(settings);
  return gateKinds.flatMap((kind) =>
    gateModes.flatMap((mode) =>
      gateGrains.map((grain): Cell => ({
        name: `${kind}, ${mode}, ${grain}`,
        weight: 2,
        async variant(bench, seed) {
          const objective = spectrumObjective(network, {}, gateData(bench, network, seed));
          const search = searchGates(objective, { kind, mode, grain, sparsity, warmup: 1, steps, seed });
          return cheapestOf(search, objective, bench, settings, seed);
        },
      })),
    ),
  );
}

/** One sub-block of a stage, drawn by the seed, skipped. */
function skippedBlock(
  settings: AblationSettings,
  seed: number,
): { network: NetworkSpec; values: ParameterValues } {
  const plain = networkOf(settings);
  const count = plain.stages.length;
  // The stage of largest stride has one block only, the transform itself.
  const s = count < 2 ? 0 : randomUint32(seed, 1, 0) % (count - 1);
  const gate: GateSpec = { kind: 'skip', mode: 'hard', grain: 'block', threshold: 0.5 };
  const [gates] = gateShape(gate, stageSizes(plain)[s]);
  const open = new Float64Array(gates).fill(1);
  open[randomUint32(seed, 1, 1) % gates] = 0;
  const stages = plain.stages.map((stage, i) => (i === s ? { ...stage, gate } : stage));
  return { network: { ...plain, stages }, values: { [parameterName(s, 'gate')]: open } };
}

const correctors: readonly CorrectorSpec[] = [
  { kind: 'identity' },
  { kind: 'affine' },
  { kind: 'banded', radius: 0 },
  { kind: 'banded', radius: 1 },
  { kind: 'banded', radius: 2 },
  { kind: 'low-rank', rank: 1 },
  { kind: 'low-rank', rank: 4 },
];

/** The best corrector behind a transform that skips a sub-block; solved on signals of their own. */
function correctorCells(settings: AblationSettings): Cell[] {
  return correctors.map((spec): Cell => {
    const size = spec.kind === 'banded' ? `:${spec.radius}` : spec.kind === 'low-rank' ? `:${spec.rank}` : '';
    return {
      name: `skipped block, ${spec.kind}${size}`,
      weight: 0.5,
      async variant(bench, seed) {
        const { network, values } = skippedBlock(settings, seed);
        const bins = network.n / 2 + 1;
        const pairs = bench.pairs(seed, setRuns, false);
        const student = bench.spectra(
          deployed(network, values),
          pairs.map((p) => p.signal),
        );
        const lanes = setRuns * benchLanes;
        const solved = solveCorrector(spec, {
          student: columnsOf(student, bins),
          teacher: columnsOf(
            pairs.map((p) => p.exact),
            bins,
          ),
          bins,
          lanes,
        });
        const merged = regroup(network, values);
        const provide = frozen({ ...merged.values, ...solved.values });
        return onWasm(
          programOfSpectrum(network.n, (re) =>
            correctedSpectrum(
              spec,
              spectrum(merged.spec, { re }, { lanes: benchLanes, provide }),
              bins,
              benchLanes,
              provide,
            ),
          ),
        );
      },
    };
  });
}

/** Spectra [bins, 4] of several runs as one [bins, 4 runs]. */
function columnsOf(
  runs: readonly { re: Float64Array; im: Float64Array }[],
  bins: number,
): { re: Float64Array; im: Float64Array } {
  const lanes = runs.length * benchLanes;
  const join = (part: 're' | 'im'): Float64Array => {
    const out = new Float64Array(bins * lanes);
    runs.forEach((run, i) => {
      for (let b = 0; b < bins; b++)
        for (let lane = 0; lane < benchLanes; lane++)
          out[b * lanes + i * benchLanes + lane] = run[part][b * benchLanes + lane];
    });
    return out;
  };
  return { re: join('re'), im: join('im') };
}

const quantizations: readonly (readonly [string, Quantization | null])[] = [
  ['f32', null],
  ['f16', { format: 'f16' }],
  ['q8, per stage', { format: 'q8' }],
  ['q8, per tensor', { format: 'q8', per: 'tensor' }],
  ['powers of two, 1 term', { format: 'powers-of-two', terms: 1 }],
  ['powers of two, 2 terms', { format: 'powers-of-two', terms: 2 }],
  ['powers of two, 3 terms', { format: 'powers-of-two', terms: 3 }],
  ['hi + lo of q8', { format: 'hi-lo' }],
  ['hi + lo of f16', { format: 'hi-lo', hi: 'f16' }],
];

/** Tables of the exact kernel in fewer bits; twiddles rounded, and trained behind the rounding. */
function quantizationCells(settings: AblationSettings): Cell[] {
  const ofKernel = quantizations.map(([name, q]): Cell => ({
    name: `exact kernel, ${name}`,
    weight: 0.2,
    async variant(bench) {
      const program = exactProgram(bench.n);
      return onWasm(q ? quantize(program, q) : program);
    },
  }));
  const network = networkOf(settings, { parametrization: 'twiddle' });
  const initial = initialize(network, 'exact', 0);
  const ofTwiddles = quantizations
    .filter(([, q]) => q && (q.format === 'q8' || q.terms === 2))
    .flatMap(([name, q]): Cell[] =>
      [0, trainedSteps].map((steps): Cell => ({
        name: `twiddles, ${name}, ${steps === 0 ? 'rounded' : 'trained'}`,
        weight: steps === 0 ? 0.3 : 1.5,
        async variant(_, seed) {
          const quantization = q as Quantization;
          const result =
            steps === 0
              ? quantize(initial, quantization)
              : (await trainQuantized({ spec: network, initial, quantization, steps, seed })).quantized;
          return onWasm(programOf(network, result.provide));
        },
      })),
    );
  return [...ofKernel, ...ofTwiddles];
}

const trainedSteps = 200;

/** The exact transform as networks of several forms, and by the plan. */
function networkCells(settings: AblationSettings): Cell[] {
  const plan: Cell = {
    name: 'exact kernel (plan)',
    weight: 0.1,
    variant: async (bench) => onWasm(exactProgram(bench.n)),
  };
  const chains = (['time', 'frequency'] as const).flatMap((decimation) => {
    const network = networkOf({ ...settings, decimation });
    const form = (name: string, variant: () => Variant): Cell => ({
      name: `decimation in ${decimation}, ${name}`,
      weight: 0.1,
      variant: async () => variant(),
    });
    return [
      form('stages as they are', () => onWasm(programOf(network, frozen({})))),
      form('stages merged', () => deployed(network, {})),
      form('radix 4 only', () => {
        const count = Math.log(settings.n / 2) / Math.log(4);
        if (!Number.isInteger(count))
          throw new InvalidArgumentError(`${settings.n / 2} complex points are no power of 4`);
        const stages = Array.from({ length: count }, () => ({ radix: 4, parametrization: 'exact' as const }));
        return onWasm(programOf({ ...network, stages }, frozen({})));
      }),
    ];
  });
  return [plan, ...chains];
}

/** The exact kernel on every backend and dtype. */
function backendCells(): Cell[] {
  const cell = (name: string, make: (n: number) => Variant): Cell => ({
    name,
    weight: 0.3,
    variant: async (bench) => make(bench.n),
  });
  return [
    ...[referenceBackend, jsBackend, wasmBackend].flatMap((backend) =>
      (['f32', 'f64'] as const).map((dtype) =>
        cell(`${backend.name}, ${dtype}`, (n) => ({ program: exactProgram(n, dtype), backend })),
      ),
    ),
    cell('wasm, f32, fused multiply-add', (n) => {
      const program = exactProgram(n);
      const e = wasmBackend.instantiate(program, { relaxed: true });
      const { fma } = e;
      e.dispose();
      if (!fma)
        throw new UnsupportedError('this runtime has no fused multiply-add (relaxed SIMD) for wasm, f32');
      return { program, backend: wasmBackend, relaxed: true };
    }),
  ];
}

/** Cells of a group. */
export function groupCells(group: AblationGroup, settings: AblationSettings): Cell[] {
  switch (group) {
    case 'network':
      return networkCells(settings);
    case 'backend':
      return backendCells();
    case 'quantization':
      return quantizationCells(settings);
    case 'corrector':
      return correctorCells(settings);
    case 'parametrization':
      return parametrizationCells(settings);
    case 'gates':
      return gateCells(settings);
    default:
      return group satisfies never;
  }
}
