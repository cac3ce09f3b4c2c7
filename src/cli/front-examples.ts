/** A test recording through front ends of a front: sound made of their features, and pictures of them, beside the rows. */
import { join } from 'node:path';
import { backendByName } from '../compiler.ts';
import * as frontEnds from '../front.ts';
import type { FrontRow } from './front-row.ts';
import { encodeWav } from '../files.ts';
import { ensureFolder, writeAtomic } from './files.ts';
import { diverging, png, sequential } from './report/png.ts';

/** Seconds of an example. */
const seconds = 2;
/** Differences, in the unit of the head, at which colours end. */
export const differenceRange = 0.5;
/** Levels shown below the loudest, in the same. */
export const levelRange = 6;

/** The stretch of most energy among the recordings, as long as an example or as the longest recording. */
export function excerptOf(
  test: readonly frontEnds.Recording[],
  rate: number,
): { name: string; samples: Float64Array } {
  const length = Math.min(
    seconds * rate,
    test.reduce((most, r) => Math.max(most, r.samples.length), 0),
  );
  const step = Math.max(1, Math.floor(length / 8));
  let best = { energy: -1, recording: 0, from: 0 };
  test.forEach(({ samples }, recording) => {
    for (let from = 0; from + length <= samples.length; from += step) {
      let energy = 0;
      for (let i = from; i < from + length; i++) energy += samples[i] ** 2;
      if (energy > best.energy) best = { energy, recording, from };
    }
  });
  const { name, samples } = test[best.recording];
  return { name, samples: Float64Array.from(samples.subarray(best.from, best.from + length)) };
}

/** Rows to listen to: the exact front end, one in the middle of the learned ones, the cheapest, the best smaller transform at its cost. */
export function representatives(rows: readonly FrontRow[]): FrontRow[] {
  const share = (r: FrontRow): number => r.fftOperations / r.exactFftOperations;
  const learned = rows.filter((r) => r.kind === 'learned').sort((a, b) => share(b) - share(a));
  const cheapest = learned[learned.length - 1];
  const rivals = rows
    .filter((r) => r.kind === 'baseline' && r.files.length > 0)
    .filter((r) => cheapest === undefined || share(r) <= 1.1 * share(cheapest))
    .sort((a, b) => a.error - b.error);
  const picked = [
    rows.find((r) => r.kind === 'exact'),
    learned[Math.floor((learned.length - 1) / 2)],
    cheapest,
    rivals[0],
  ];
  return [...new Set(picked)].filter((r) => r !== undefined);
}

/** Rows of one search, those to listen to with their example, whose files are written to `examples` in a folder. */
export function withExamples(
  rows: readonly FrontRow[],
  models: readonly frontEnds.FrontEnd[],
  test: readonly frontEnds.Recording[],
  name: string,
  folder: string,
): FrontRow[] {
  // The stretch that is there, not the clip that it would be filled to.
  const head = { ...models[0].head, fit: null };
  if (!frontEnds.canResynthesize(head)) return [...rows];
  const { name: recording, samples } = excerptOf(test, head.sampleRate);
  ensureFolder(join(folder, 'examples'));
  const write = (end: string, data: Uint8Array): string => {
    const file = `examples/${name}-${end}`;
    writeAtomic(join(folder, file), data);
    return file;
  };
  const loudest = samples.reduce((a, x) => Math.max(a, Math.abs(x)), 1e-9);
  const wav = (sound: Float64Array): Uint8Array => {
    const peak = sound.reduce((a, x) => Math.max(a, Math.abs(x)), loudest);
    return encodeWav(
      sound.map((x) => (0.9 * x) / peak),
      head.sampleRate,
      { format: 'pcm16' },
    );
  };
  const wasm = backendByName('wasm');
  const featuresOf = (model: frontEnds.FrontEnd): ArrayLike<number> =>
    frontEnds.compileFrontEnd({ ...model, head }, wasm).features(samples);
  const exact = featuresOf(models[0]);
  const bands = frontEnds.headWidth(head);
  const frames = exact.length / bands;
  const top = Array.from(exact).reduce((a, x) => Math.max(a, x), -Infinity);
  /** Low bands at the bottom. */
  const picture = (color: (i: number) => readonly [number, number, number]): Uint8Array =>
    png(frames, bands, (x, y) => color(x * bands + bands - 1 - y));
  const original = write('original.wav', wav(samples));
  const chosen = representatives(rows);
  return rows.map((row, i) => {
    if (!chosen.includes(row)) return row;
    const found = featuresOf(models[i]);
    const example = {
      recording,
      original,
      sound: write(`${i}.wav`, wav(frontEnds.resynthesize(head, found))),
      features: write(
        `${i}.png`,
        picture((j) => sequential(1 + (found[j] - top) / levelRange)),
      ),
      difference:
        row.kind === 'exact'
          ? null
          : write(
              `${i}-difference.png`,
              picture((j) => diverging(0.5 + (found[j] - exact[j]) / (2 * differenceRange))),
            ),
    };
    return { ...row, example };
  });
}
