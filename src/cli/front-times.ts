/** Times of the front ends of a search: whole front end per frame, all interleaved in one run. */
import { join } from 'node:path';
import {
  averagedFrames,
  backendByName,
  compileSpectralModel,
  decodeModel,
  resultWidth,
  measure,
  resultHop,
  resultsOfRun,
  viewOf,
  type FrontEnd,
  type FrontRow,
  type SpectralModel,
} from '../index.ts';
import { readBytes } from './files.ts';

/** Frames of one timed call. */
const timedFrames = 256;
/** Interleaved samples of each front end's time. */
const timedSamples = 21;

/** Nanoseconds per frame of compiled models of one head, medians, over a signal that is repeated as often as needed. */
export function timeFrontEnds(
  models: readonly SpectralModel[],
  fronts: readonly FrontEnd[],
  samples: ArrayLike<number>,
): number[] {
  const timings = measure(
    fronts.map((front, i) => {
      const { head } = models[i];
      const signal = viewOf(front.executable, 'samples');
      for (let j = 0; j < signal.length; j++) signal[j] = samples[j % samples.length];
      const frames = averagedFrames(head);
      const perRun = resultsOfRun(models[i]);
      const runs = Math.max(1, Math.floor(timedFrames / (perRun * frames)));
      const run = (): void =>
        front.executable.runMany(runs, perRun * resultHop(head), perRun * resultWidth(head));
      return { name: String(i), run, units: runs * perRun * frames };
    }),
    { samples: timedSamples, sampleMs: 5, warmupMs: 60 },
  );
  return timings.map((t) => t.ns);
}

/** Rows of one search with their times measured again, from the models beside them; those without a model keep what they have. */
export function retimed(rows: readonly FrontRow[], folder: string, samples: ArrayLike<number>): FrontRow[] {
  const timed = rows.filter((r) => r.files.length > 0);
  const models = timed.map(({ files }) => {
    const path = join(folder, files[0]);
    return decodeModel(readBytes(path), path);
  });
  const wasm = backendByName('wasm');
  const fronts = models.map((m) => compileSpectralModel(m, wasm));
  const times = timeFrontEnds(models, fronts, samples);
  const exact = times[timed.findIndex((r) => r.kind === 'exact')];
  if (exact === undefined) return [...rows];
  return rows.map((r) => {
    const at = timed.indexOf(r);
    return at < 0
      ? { ...r, exactNsPerFrame: exact }
      : { ...r, nsPerFrame: times[at], exactNsPerFrame: exact };
  });
}
