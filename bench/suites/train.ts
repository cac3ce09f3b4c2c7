/** Suite train: a training step of the free-block network, compiled, beside one written by hand and @jax-js/jax. */
import { PapilioError } from '../../src/index.ts';
import type { BenchOptions } from '../args.ts';
import type { Contender, Skip } from '../contender.ts';
import { defaultProtocol, measureInTurn, timedLoop } from '../protocol.ts';
import { duration, figure, type SuiteReport, type Table } from '../report.ts';
import type { Summary } from '../statistics.ts';
import { handWrittenTrainer } from '../training/hand-written.ts';
import { jaxTrainer } from '../training/jax.ts';
import { papilioTrainer } from '../training/papilio.ts';
import { trainingTask, type Trainer, type TrainingTask } from '../training/task.ts';
import type { Progress } from './transforms.ts';

const sizes = [256];
const batch = 64;
const phases = [
  ['forward', 'forward'],
  ['backward', 'forward + backward'],
  ['step', 'whole step with Adam'],
] as const;
type Phase = (typeof phases)[number][0];

/** Steps whose losses are compared, and how far they may be from those in float64, relatively. */
const checkedSteps = 5;
const tolerance = 1e-4;

interface TrainRow {
  readonly n: number;
  readonly phase: Phase;
  readonly label: string;
  readonly time: Summary;
}

const lossesOf = (trainer: Trainer): number[] => [
  trainer.forward(),
  trainer.backward(),
  ...Array.from({ length: checkedSteps }, () => trainer.step()),
];

/** Largest relative distance of the first losses from those in float64; NaN where one is NaN. */
export function lossError(trainer: Trainer, expected: readonly number[]): number {
  // Math.max keeps a NaN, which is no agreement.
  return lossesOf(trainer).reduce((worst, x, i) => Math.max(worst, Math.abs(x / expected[i] - 1)), 0);
}

async function trainersOf(task: TrainingTask, options: BenchOptions): Promise<Trainer[]> {
  const fused = papilioTrainer(task, 'f32', true);
  return [
    papilioTrainer(task, 'f32', false),
    ...(fused.fma ? [fused] : []),
    handWrittenTrainer(task),
    ...(options.peers?.includes('jax-js') === false ? [] : [await jaxTrainer(task)]),
  ];
}

const contenderOf = (trainer: Trainer, phase: Phase): Contender => ({
  label: trainer.label,
  sample: timedLoop(() => void trainer[phase]()),
  read: () => [],
  close: () => {},
});

async function measure(n: number, options: BenchOptions): Promise<{ rows: TrainRow[]; skipped: Skip[] }> {
  const task = trainingTask(n, batch);
  const expected = lossesOf(papilioTrainer(task, 'f64', false));
  const right: Trainer[] = [];
  const skipped: Skip[] = [];
  for (const trainer of await trainersOf(task, options)) {
    const error = lossError(trainer, expected);
    if (error <= tolerance) right.push(trainer);
    else {
      const why = `its losses are wrong: relative error ${error.toExponential(1)}`;
      skipped.push({ label: trainer.label, what: `n = ${n}`, why });
    }
  }
  const rows: TrainRow[] = [];
  for (const [phase] of phases) {
    const times = await measureInTurn(
      right.map((trainer) => contenderOf(trainer, phase)),
      { ...defaultProtocol, samples: options.samples },
    );
    right.forEach(({ label }, i) => rows.push({ n, phase, label, time: times[i] }));
  }
  return { rows, skipped };
}

function tableOf(n: number, rows: readonly TrainRow[]): Table {
  const labels = [...new Set(rows.map((r) => r.label))];
  const others = labels.filter((label) => !label.startsWith('papilio'));
  const ours = labels.filter((label) => label.startsWith('papilio'));
  const at = (phase: Phase, label: string): Summary | undefined =>
    rows.find((r) => r.phase === phase && r.label === label)?.time;
  const ratio = (phase: Phase, theirs: string, mine: string): string =>
    figure((at(phase, theirs)?.median ?? NaN) / (at(phase, mine)?.median ?? NaN));
  return {
    caption: `Free blocks, n = ${n}, batch ${batch}, f32: time per run, and times as a multiple of papilio’s.`,
    header: ['phase', ...others.flatMap((theirs) => ours.map((mine) => `${theirs} / ${mine}`)), ...labels],
    rows: phases.map(([phase, name]) => [
      name,
      ...others.flatMap((theirs) => ours.map((mine) => ratio(phase, theirs, mine))),
      ...labels.map((label) => {
        const time = at(phase, label);
        return time ? duration(time.median, time.spread) : '–';
      }),
    ]),
  };
}

export async function trainSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const tables: Table[] = [];
  const records: TrainRow[] = [];
  const skipped: Skip[] = [];
  for (const n of options.sizes ?? sizes) {
    progress(`train: n = ${n}`);
    try {
      const found = await measure(n, options);
      tables.push(tableOf(n, found.rows));
      records.push(...found.rows);
      skipped.push(...found.skipped);
    } catch (error) {
      if (!(error instanceof PapilioError)) throw error;
      skipped.push({ label: 'papilio', what: `n = ${n}`, why: error.message });
    }
  }
  return {
    suite: 'train',
    tables,
    records: records.map(({ time, label, ...r }) => ({
      ...r,
      batch,
      contender: label,
      ns: time.median,
      spread: time.spread,
      samples: time.samples,
    })),
    skipped,
  };
}
