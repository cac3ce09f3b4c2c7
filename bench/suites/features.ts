/** Suite features: log-mel spectrograms of whole clips, beside the libraries of JavaScript and Python that make them. */
import type { BenchOptions } from '../args.ts';
import { labelOf, type Contender, type Skip } from '../contender.ts';
import type { FeatureContender, FeaturePeer } from '../features/contender.ts';
import { featureRegistry } from '../features/registry.ts';
import {
  featureError,
  logMelTask,
  referenceFeatures,
  secondsOf,
  tolerance,
  whisperTask,
  type FeatureTask,
  type Reference,
} from '../features/task.ts';
import { isSelected, reasonOf } from '../line-up.ts';
import { defaultProtocol, measureInTurn } from '../protocol.ts';
import { duration, figure, type SuiteReport, type Table } from '../report.ts';
import type { Summary } from '../statistics.ts';
import type { Progress } from './transforms.ts';

interface Job {
  readonly caption: string;
  readonly task: (seconds?: number) => FeatureTask;
}
const jobs: readonly Job[] = [
  {
    caption:
      'Log-mel: 60 s at 16 kHz, n_fft 512, Hann, hop 160, 80 Slaney mels, log10 with floor 1e-10, no padding',
    task: logMelTask,
  },
  {
    caption:
      'Whisper: 30 s at 16 kHz, n_fft 400, Hann, hop 160, 80 mels, centred, clamped to (maximum - 8), scaled',
    task: whisperTask,
  },
];

interface FeatureRow {
  readonly task: string;
  readonly label: string;
  readonly note: string;
  /** Nanoseconds per clip. */
  readonly time: Summary;
  readonly seconds: number;
  readonly error: number;
}

/** A contender whose features are right. */
interface Entrant {
  readonly peer: FeaturePeer;
  readonly contender: FeatureContender;
  /** Frames of the clip per frame that it computes. */
  readonly scale: number;
  readonly error: number;
}

/** The task with its reference, computed once per length. */
function checkedTasks({ task }: Job): (seconds?: number) => { task: FeatureTask; reference: Reference } {
  const known = new Map<number | undefined, { task: FeatureTask; reference: Reference }>();
  return (seconds) => {
    const found = known.get(seconds);
    if (found) return found;
    const made = task(seconds);
    const checked = { task: made, reference: referenceFeatures(made) };
    known.set(seconds, checked);
    return checked;
  };
}

/** Whoever computes the features of a task, or why not. */
async function entrant(peer: FeaturePeer, tasks: ReturnType<typeof checkedTasks>): Promise<Entrant | Skip> {
  const whole = tasks().task;
  const { task, reference } = tasks(peer.excerpt);
  const skip = (why: string): Skip => ({ label: labelOf(peer), what: whole.name, why });
  let contender: FeatureContender | undefined;
  try {
    contender = await peer.start(task);
    await contender.sample(2);
    const error = featureError(await contender.read(), task, reference);
    if (error <= tolerance) return { peer, contender, scale: whole.frames / task.frames, error };
    contender.close();
    return skip(`its output is wrong: off by ${error.toExponential(1)}`);
  } catch (error) {
    contender?.close();
    return skip(reasonOf(error));
  }
}

const timed = ({ peer, contender }: Entrant): Contender => ({
  label: labelOf(peer),
  sample: contender.sample,
  read: () => [],
  close: contender.close,
});

function rowOf({ peer, contender, scale, error }: Entrant, task: FeatureTask, time: Summary): FeatureRow {
  const excerpt = peer.excerpt === undefined ? '' : `timed on ${peer.excerpt} s, scaled`;
  return {
    task: task.name,
    label: labelOf(peer),
    note: [contender.note ?? '', excerpt].filter(Boolean).join(', '),
    time: { ...time, median: scale * time.median, spread: scale * time.spread },
    seconds: secondsOf(task),
    error,
  };
}

async function measure(
  job: Job,
  options: BenchOptions,
  progress: Progress,
): Promise<{ rows: FeatureRow[]; skipped: Skip[] }> {
  const tasks = checkedTasks(job);
  const { task } = tasks();
  const entrants: Entrant[] = [];
  const skipped: Skip[] = [];
  for (const peer of featureRegistry) {
    if (!isSelected(peer, options)) continue;
    progress(`features: ${task.name}, checking ${labelOf(peer)}`);
    const found = await entrant(peer, tasks);
    if ('why' in found) skipped.push(found);
    else entrants.push(found);
  }
  progress(`features: ${task.name}, timing ${entrants.length} contenders`);
  const times = await measureInTurn(entrants.map(timed), { ...defaultProtocol, samples: options.samples });
  entrants.forEach(({ contender }) => contender.close());
  return { rows: entrants.map((e, i) => rowOf(e, task, times[i])), skipped };
}

const own = 'papilio f32';

/** Median time of a row as a multiple of papilio's. */
const ratioTo = (rows: readonly FeatureRow[], { time }: FeatureRow): number =>
  time.median / (rows.find((r) => r.label === own)?.time.median ?? NaN);

const tableOf = ({ caption }: Job, rows: readonly FeatureRow[]): Table => ({
  caption: `${caption}: time per clip, as a multiple of papilio’s, times real time, and the largest difference from float64.`,
  header: ['contender', 'time', 'this / papilio f32', 'real time / this', 'difference', 'note'],
  rows: rows.map((r) => [
    r.label,
    duration(r.time.median, r.time.spread),
    figure(ratioTo(rows, r)),
    figure((r.seconds * 1e9) / r.time.median),
    r.error.toExponential(1),
    r.note,
  ]),
});

export async function featuresSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const tables: Table[] = [];
  const records: SuiteReport['records'][number][] = [];
  const skipped: Skip[] = [];
  for (const job of jobs) {
    const found = await measure(job, options, progress);
    tables.push(tableOf(job, found.rows));
    skipped.push(...found.skipped);
    for (const row of found.rows) {
      const { time, label, ...rest } = row;
      const ratio = ratioTo(found.rows, row);
      records.push({
        ...rest,
        contender: label,
        ns: time.median,
        spread: time.spread,
        samples: time.samples,
        ratio,
      });
    }
  }
  return { suite: 'features', tables, records, skipped };
}
