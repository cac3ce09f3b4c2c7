/** Suite onnx: log-mel front ends in onnxruntime on one thread, beside the STFT operator and a dense Conv of the same front end. */
import { frontEndOnnx, exactFrontEnd } from '../../src/front.ts';
import { featureHead, type HeadConfig } from '../../src/index.ts';
import type { BenchOptions } from '../args.ts';
import { convModel, stftModel } from '../onnx/models.ts';
import { profileOf } from '../onnx/profile.ts';
import { feedsOf, loadOrt, sessionOf, type OrtSession } from '../onnx/runtime.ts';
import { duration, figure, type SuiteReport, type Table } from '../report.ts';
import { noise } from '../signal.ts';
import type { Progress } from './transforms.ts';

/** Ten seconds at 16 kHz. */
const samples = 160_000;

const heads: readonly (readonly [string, HeadConfig])[] = [
  ['n = 400, 80 bands', featureHead('papilio', { nFft: 400, windowLength: null, bank: { bands: 80 } })],
  ['n = 512, 40 bands', featureHead('papilio')],
];

/** A form of a front end: its file, and times of runs in nanoseconds. */
interface Form {
  readonly label: string;
  readonly bytes: Uint8Array;
  readonly wall: number[];
  readonly cpu: number[];
}

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

const signal = (): Float32Array => Float32Array.from(noise(samples, 1), (v) => 0.1 * v);

/** Runs all forms in turn; each run's wall time and what it took of the processors. */
async function time(forms: readonly Form[], rounds: number): Promise<void> {
  const ort = loadOrt();
  const x = signal();
  const runs: (() => Promise<unknown>)[] = [];
  const sessions: OrtSession[] = [];
  for (const { bytes } of forms) {
    const session = await sessionOf(ort, bytes);
    const feeds = feedsOf(ort, session, x, [samples]);
    sessions.push(session);
    runs.push(() => session.run(feeds));
    await session.run(feeds);
  }
  for (let round = 0; round < rounds; round++)
    for (const [i, form] of forms.entries()) {
      const before = process.cpuUsage();
      const start = performance.now();
      await runs[i]();
      form.wall.push((performance.now() - start) * 1e6);
      const { user, system } = process.cpuUsage(before);
      form.cpu.push((user + system) * 1e3);
    }
  for (const session of sessions) await session.release();
}

const formsOf = (head: HeadConfig): Form[] => {
  const form = (label: string, bytes: Uint8Array): Form => ({ label, bytes, wall: [], cpu: [] });
  return [
    form('papilio: two MatMuls', frontEndOnnx(exactFrontEnd(head), { name: 'front' }).bytes),
    form('dense Conv', convModel(head)),
    form('STFT operator', stftModel(head)),
  ];
};

/** Times of operators; those below a hundredth of all are one row. */
async function operatorsOf(name: string, forms: readonly Form[], rounds: number): Promise<Table> {
  const x = signal();
  const found: ReadonlyMap<string, number>[] = [];
  for (const { bytes } of forms) found.push(await profileOf(loadOrt(), bytes, x, rounds));
  const [own] = found;
  const total = (times: ReadonlyMap<string, number>): number => [...times.values()].reduce((a, b) => a + b);
  const names = [...new Set(found.flatMap((times) => [...times.keys()]))].sort(
    (a, b) => (own.get(b) ?? 0) - (own.get(a) ?? 0),
  );
  const isLarge = (op: string): boolean => found.some((times) => (times.get(op) ?? 0) > total(times) / 100);
  const row = (label: string, ops: readonly string[]): string[] => [
    label,
    ...found.map((times) => `${ops.reduce((sum, op) => sum + (times.get(op) ?? 0), 0)} µs`),
  ];
  return {
    caption: `${name}: by operator, the least time of each node`,
    header: ['operator', ...forms.map(({ label }) => label)],
    rows: [
      ...names.filter(isLarge).map((op) => row(op, [op])),
      row(
        'others',
        names.filter((op) => !isLarge(op)),
      ),
      row('all', names),
    ],
  };
}

async function tableOf(name: string, forms: readonly Form[], rounds: number): Promise<Table> {
  await time(forms, rounds);
  const [own] = forms;
  const least = (list: readonly number[]): number => list.reduce((a, b) => Math.min(a, b));
  return {
    caption: `${name}, hop 160, ten seconds`,
    header: ['form', 'file', 'least time', 'over papilio', 'median of processor time', 'over papilio'],
    rows: forms.map(({ label, bytes, wall, cpu }) => [
      label,
      `${figure(bytes.length / 1000)} kB`,
      duration(least(wall)),
      figure(least(wall) / least(own.wall)),
      duration(median(cpu)),
      figure(median(cpu) / median(own.cpu)),
    ]),
  };
}

export async function onnxSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const tables: Table[] = [];
  for (const head of heads) {
    progress(`onnx: ${head[0]}`);
    const [name, config] = head;
    const forms = formsOf(config);
    tables.push(await tableOf(name, forms, 4 * options.samples));
    tables.push(await operatorsOf(name, forms, 2 * options.samples));
  }
  return { suite: 'onnx', tables, records: [], skipped: [] };
}
