/** Suite calls: what one call costs above its plan, beside a transform of fft.js. */
import {
  dct,
  features,
  fft,
  istft,
  planDctSync,
  planFftSync,
  rfft,
  stft,
  welch,
  windowByName,
} from '../../src/index.ts';
import type { BenchOptions } from '../args.ts';
import type { Contender } from '../contender.ts';
import { importPeer } from '../peers/load.ts';
import { defaultProtocol, measureInTurn, timedLoop } from '../protocol.ts';
import { duration, figure, type SuiteReport, type Table } from '../report.ts';
import { noise } from '../signal.ts';
import type { Progress } from './transforms.ts';

/** Something to time; the first of a job is what the others are compared with. */
interface Entrant {
  readonly label: string;
  readonly run: () => void;
}

interface Job {
  readonly caption: string;
  readonly entrants: readonly Entrant[];
}

const points = 256;

/** Transforms of 256 points: the plan, the plan with what any call has to do, and the call. */
async function shortCalls(): Promise<Job[]> {
  const { default: FFT } = await importPeer<{
    default: new (n: number) => {
      createComplexArray(): number[];
      realTransform(out: number[], data: number[]): void;
    };
  }>('fft.js');
  const x = noise(points, 1);
  const z = { re: x, im: noise(points, 2) };
  const peer = new FFT(points);
  const [out, data] = [peer.createComplexArray(), Array.from(x)];
  const real = planFftSync({ n: points, input: 'real', dtype: 'f64' });
  const complex = planFftSync({ n: points, dtype: 'f64' });
  const cosine = planDctSync({ n: points, dtype: 'f64' });
  const half = points / 2 + 1;
  const result = { re: new Float64Array(half), im: new Float64Array(half) };
  const whole = { re: new Float64Array(points), im: new Float64Array(points) };
  const copied = (array: ArrayLike<number>): Float64Array => {
    const copy = new Float64Array(array.length);
    copy.set(array);
    return copy;
  };
  return [
    {
      caption: `${points} real samples, float64`,
      entrants: [
        { label: 'plan.run()', run: () => real.run() },
        {
          label: 'samples copied in, plan.run(), results copied out',
          run: () => {
            real.input.re.set(x);
            real.run();
            return { re: copied(real.output.re), im: copied(real.output.im ?? []) };
          },
        },
        { label: 'rfft(x)', run: () => rfft(x) },
        { label: 'rfft(x) into arrays given', run: () => rfft(x, points, 'backward', result) },
        { label: 'fft.js realTransform', run: () => peer.realTransform(out, data) },
      ],
    },
    {
      caption: `${points} complex points, float64`,
      entrants: [
        { label: 'plan.run()', run: () => complex.run() },
        { label: 'fft(x)', run: () => fft(z) },
        { label: 'fft(x) into arrays given', run: () => fft(z, points, 'backward', whole) },
      ],
    },
    {
      caption: `DCT-II of ${points}, float64`,
      entrants: [
        { label: 'plan.run()', run: () => cosine.run() },
        { label: 'dct(x)', run: () => dct(x) },
      ],
    },
  ];
}

/** Features of one frame and of 16 segments. */
function featureCalls(): Job[] {
  const frame = Float32Array.from(noise(400, 3));
  const signal = noise(4096 + 256, 4);
  const kaldi = features('kaldi');
  return [
    {
      caption: 'Log-mel of one frame (kaldi), float32',
      entrants: [{ label: 'features().run(frame)', run: () => kaldi.run(frame) }],
    },
    {
      caption: 'Welch, 16 segments of 512, float64',
      entrants: [{ label: 'welch(x, { nperseg: 512 })', run: () => welch(signal, { nperseg: 512 }) }],
    },
  ];
}

/** 60 s at 16 kHz, 512 / 128. */
function clipCalls(): Job[] {
  const [n, hop] = [512, 128];
  const signal = noise(60 * 16000, 5);
  const window = windowByName('hann', n, 'periodic');
  const spectra = stft(signal, window, hop);
  const { frames, bins } = spectra;
  const forward = planFftSync({ n, input: 'real', dtype: 'f64' });
  const inverse = planFftSync({ n, input: 'real', inverse: true, dtype: 'f64' });
  return [
    {
      caption: `stft of 60 s at 16 kHz, ${n} / ${hop}: ${frames} frames, float64`,
      entrants: [
        {
          label: 'plan.run() per frame',
          run: () => {
            for (let f = 0; f < frames; f++) forward.run();
          },
        },
        {
          label: 'plan.run() per frame, results copied to new arrays',
          run: () => {
            const [re, im] = [new Float64Array(frames * bins), new Float64Array(frames * bins)];
            for (let f = 0; f < frames; f++) {
              forward.run();
              re.set(forward.output.re, f * bins);
              im.set(forward.output.im ?? [], f * bins);
            }
          },
        },
        { label: 'stft(x, window, hop)', run: () => stft(signal, window, hop) },
      ],
    },
    {
      caption: 'istft of the same',
      entrants: [
        {
          label: 'plan.run() per frame',
          run: () => {
            for (let f = 0; f < frames; f++) inverse.run();
          },
        },
        { label: 'istft(spectra, window, hop)', run: () => istft(spectra, window, hop) },
      ],
    },
  ];
}

export async function callsSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const jobs = [...(await shortCalls()), ...featureCalls(), ...clipCalls()];
  const tables: Table[] = [];
  const records: SuiteReport['records'][number][] = [];
  for (const { caption, entrants } of jobs) {
    progress(`calls: ${caption}`);
    const contenders = entrants.map(({ label, run }): Contender => {
      return { label, sample: timedLoop(run), read: () => [], close: () => {} };
    });
    const times = await measureInTurn(contenders, { ...defaultProtocol, samples: options.samples });
    const first = times[0].median;
    tables.push({
      caption: `${caption}: time per call, and what it is above the first.`,
      header: ['contender', 'time', 'this / first', 'above the first'],
      rows: entrants.map(({ label }, i) => [
        label,
        duration(times[i].median, times[i].spread),
        figure(times[i].median / first),
        i === 0 ? '' : duration(times[i].median - first),
      ]),
    });
    for (const [i, { median, spread, samples }] of times.entries())
      records.push({ job: caption, contender: entrants[i].label, ns: median, spread, samples });
  }
  return { suite: 'calls', tables, records, skipped: [] };
}
