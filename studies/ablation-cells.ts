/** What an ablation varies: parametrisations, gates, correctors, quantisations, structures of the network, backends. */
import { InvalidArgumentError, UnsupportedError } from '../src/errors.ts';
import * as shape from '../src/formats/shape.ts';
import { referenceBackend } from '../src/backends/reference.ts';
import { jsBackend } from '../src/backends/js.ts';
import { wasmBackend } from '../src/backends/wasm/wasm.ts';
import type { Program } from '../src/compiler/kernel.ts';
import { regroup } from '../src/model/canonicalize.ts';
import { gateGrains, gateKinds, gateModes, gateShape, type GateSpec } from '../src/model/gates.ts';
import { initialize, type ParameterValues } from '../src/model/initialize.ts';
import { spectrum, uniformNetwork, type NetworkSpec } from '../src/model/network.ts';
import { frozen, parametrizations, type Provide, type StageSpec } from '../src/model/parametrization.ts';
import type { ComplexArray } from '../src/numeric/complex.ts';
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

/** By name, so that a file can hold others beside them. */
export const settingsShapes = {
  /**
   * `n`: real points. `samples`: seeds per cell, and rounds of the times; `seed`: the first. `steps`: of the search of gates.
   * `sparsity`: what the weight of the share of open gates rises to there, beside the squared relative error. `budget`: largest
   * error of gates, on the signals that they are searched on.
   */
  ...shape.each(['n', 'samples', 'seed', 'steps', 'sparsity', 'budget'], shape.finite),
  decimation: shape.oneOf(['time', 'frequency']),
};
const settingsShape = shape.object(settingsShapes);
export type AblationSettings = shape.ShapeOf<typeof settingsShape>;

/** A row to be made. */
export interface AblationCell {
  readonly group: AblationGroup;
  readonly name: string;
  /** Rough share of the time. */
  readonly weight: number;
  /** The variant of a seed. */
  readonly variant: (bench: AblationBench, seed: number) => Variant | Promise<Variant>;
}

type Cell = Omit<AblationCell, 'group'>;

const cellOf = (name: string, weight: number, variant: Cell['variant']): Cell => ({ name, weight, variant });

/** The network of real points with stages of one kind. */
function networkOf(
  { n, decimation }: Pick<AblationSettings, 'n' | 'decimation'>,
  stage: Omit<StageSpec, 'radix'> = { parametrization: 'exact' },
  split: NetworkSpec['split'] = 'exact',
): NetworkSpec {
  return uniformNetwork(defaultRadices(n / 2), stage, { input: 'real', decimation, split });
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
const parametrizationCells = (settings: AblationSettings): Cell[] =>
  parametrizations.map((parametrization) => {
    const network = networkOf(settings, { parametrization });
    if (parametrization === 'exact') return cellOf('exact, not learned', 0.1, () => deployed(network, {}));
    return cellOf(`${parametrization}, learned`, 3, async (_, seed) => {
      const { loss, parameters, feed } = transformTask(network, 32, seed);
      const { learningRate, steps } = recommendedTraining(parametrization, network.n);
      const initial = initialize(network, 'random', seed);
      const training = train({ loss, parameters, feed, initial, steps, learningRate });
      for await (const _step of training);
      const values = Object.fromEntries(Object.keys(initial).map((name) => [name, training.value(name)]));
      training.executable.dispose();
      return onWasm(programOf(network, frozen(values)));
    });
  });

const setRuns = 64;

/** Signals of a seed to search gates on, as columns. */
const gateData = (bench: AblationBench, network: NetworkSpec, seed: number): SpectrumSet =>
  spectrumSet(network, { re: columnsOf(bench.pairs(seed, setRuns, false).signals, network.n) });

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
      gateGrains.map((grain) =>
        cellOf(`${kind}, ${mode}, ${grain}`, 2, (bench, seed) => {
          const objective = spectrumObjective(network, {}, gateData(bench, network, seed));
          const search = searchGates(objective, { kind, mode, grain, sparsity, warmup: 1, steps, seed });
          return cheapestOf(search, objective, bench, settings, seed);
        }),
      ),
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
const correctorCells = (settings: AblationSettings): Cell[] =>
  correctors.map((spec) => {
    const size = spec.kind === 'banded' ? `:${spec.radius}` : spec.kind === 'low-rank' ? `:${spec.rank}` : '';
    return cellOf(`skipped block, ${spec.kind}${size}`, 0.5, (bench, seed) => {
      const { network, values } = skippedBlock(settings, seed);
      const bins = network.n / 2 + 1;
      const { signals, exact } = bench.pairs(seed, setRuns, false);
      const spectra = (runs: readonly ComplexArray[]): ComplexArray => ({
        re: columnsOf(
          runs.map((x) => x.re),
          bins,
        ),
        im: columnsOf(
          runs.map((x) => x.im),
          bins,
        ),
      });
      const student = spectra(bench.spectra(deployed(network, values), signals));
      const lanes = setRuns * benchLanes;
      const solved = solveCorrector(spec, { student, teacher: spectra(exact), bins, lanes });
      const merged = regroup(network, values);
      const provide = frozen({ ...merged.values, ...solved.values });
      return onWasm(
        programOfSpectrum(network.n, (re) => {
          const x = spectrum(merged.spec, { re }, { lanes: benchLanes, provide });
          return correctedSpectrum(spec, x, bins, benchLanes, provide);
        }),
      );
    });
  });

/** Numbers [rows, 4] of several runs as columns [rows, 4 runs]. */
function columnsOf(runs: readonly Float64Array[], rows: number): Float64Array {
  const lanes = runs.length * benchLanes;
  const out = new Float64Array(rows * lanes);
  runs.forEach((run, i) => {
    for (let row = 0; row < rows; row++)
      out.set(run.subarray(row * benchLanes, (row + 1) * benchLanes), row * lanes + i * benchLanes);
  });
  return out;
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
  const ofKernel = quantizations.map(([name, q]) =>
    cellOf(`exact kernel, ${name}`, 0.2, (bench) => {
      const program = exactProgram(bench.n);
      return onWasm(q ? quantize(program, q) : program);
    }),
  );
  const spec = networkOf(settings, { parametrization: 'twiddle' });
  const initial = initialize(spec, 'exact', 0);
  const ofTwiddles = quantizations.flatMap(([name, quantization]) => {
    if (!quantization || !(quantization.format === 'q8' || quantization.terms === 2)) return [];
    return [
      cellOf(`twiddles, ${name}, rounded`, 0.3, () =>
        onWasm(programOf(spec, quantize(initial, quantization).provide)),
      ),
      cellOf(`twiddles, ${name}, trained`, 1.5, async (_, seed) => {
        const trained = await trainQuantized({ spec, initial, quantization, steps: trainedSteps, seed });
        return onWasm(programOf(spec, trained.quantized.provide));
      }),
    ];
  });
  return [...ofKernel, ...ofTwiddles];
}

const trainedSteps = 200;

/** The exact transform as networks of several forms, and by the plan. */
function networkCells(settings: AblationSettings): Cell[] {
  const plan = cellOf('exact kernel (plan)', 0.1, (bench) => onWasm(exactProgram(bench.n)));
  const chains = (['time', 'frequency'] as const).flatMap((decimation) => {
    const network = networkOf({ ...settings, decimation });
    const form = (name: string, variant: () => Variant): Cell =>
      cellOf(`decimation in ${decimation}, ${name}`, 0.1, variant);
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
  const backends = [referenceBackend, jsBackend, wasmBackend].flatMap((backend) =>
    (['f32', 'f64'] as const).map((dtype) =>
      cellOf(`${backend.name}, ${dtype}`, 0.3, (bench) => ({
        program: exactProgram(bench.n, dtype),
        backend,
      })),
    ),
  );
  const fused = cellOf('wasm, f32, fused multiply-add', 0.3, (bench) => {
    const program = exactProgram(bench.n);
    const e = wasmBackend.instantiate(program, { relaxed: true });
    const { fma } = e;
    e.dispose();
    if (!fma)
      throw new UnsupportedError('this runtime has no fused multiply-add (relaxed SIMD) for wasm, f32');
    return { program, backend: wasmBackend, relaxed: true };
  });
  return [...backends, fused];
}

/** What is varied, one thing at a time. */
const cellsOfGroup = {
  network: networkCells,
  backend: backendCells,
  quantization: quantizationCells,
  corrector: correctorCells,
  parametrization: parametrizationCells,
  gates: gateCells,
} satisfies Record<string, (settings: AblationSettings) => Cell[]>;
export type AblationGroup = keyof typeof cellsOfGroup;
export const ablationGroups = Object.keys(cellsOfGroup) as AblationGroup[];

/** Cells of a group. */
export const groupCells = (group: AblationGroup, settings: AblationSettings): AblationCell[] =>
  cellsOfGroup[group](settings).map((cell) => ({ group, ...cell }));
