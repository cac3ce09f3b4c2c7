/** Suite onnx: log-mel front ends in onnxruntime on one thread, beside the STFT operator and a dense Conv of the same front end. */
import { frontEndOnnx, exactFrontEnd } from '../../src/front.ts';
import { featureHead, type HeadConfig } from '../../src/index.ts';
import type { BenchOptions } from '../args.ts';
import { convModel, stftModel } from '../onnx/models.ts';
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

/** Runs all forms in turn; each run's wall time and what it took of the processors. */
async function time(forms: readonly Form[], rounds: number): Promise<void> {
  const ort = loadOrt();
  const x = noise(samples, 1).map((v) => 0.1 * v);
  const runs: (() => Promise<unknown>)[] = [];
  const sessions: OrtSession[] = [];
  for (const { bytes } of forms) {
    const session = await sessionOf(ort, bytes);
    const feeds = feedsOf(ort, session, Float32Array.from(x), [samples]);
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

async function tableOf([name, head]: (typeof heads)[number], rounds: number): Promise<Table> {
  const form = (label: string, bytes: Uint8Array): Form => ({ label, bytes, wall: [], cpu: [] });
  const forms = [
    form('papilio: two MatMuls', frontEndOnnx(exactFrontEnd(head), { name: 'front' }).bytes),
    form('dense Conv', convModel(head)),
    form('STFT operator', stftModel(head)),
  ];
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
    tables.push(await tableOf(head, 4 * options.samples));
  }
  return { suite: 'onnx', tables, records: [], skipped: [] };
}
