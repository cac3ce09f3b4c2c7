/** Recordings for jobs that read many: folders of any depth, as many minutes as wanted. */
import { readdirSync, statSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { resultSamples, type HeadConfig, type Recording } from '../index.ts';
import { audioExtensions, readRecording } from './audio.ts';
import { reason } from './files.ts';

/** Audio files of folders, all levels, and files as given; sorted. */
export function findAll(paths: readonly string[]): string[] {
  const found = paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return [path];
    } catch (error) {
      throw new InvalidArgumentError(`${path}: ${reason(error)}`);
    }
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => (audioExtensions as readonly string[]).includes(extname(name).toLowerCase()))
      .map((name) => join(path, name));
  });
  return [...new Set(found)].sort();
}

/** What recordings are needed for. */
export interface Audio {
  readonly sampleRate: number;
  /** Samples below which a recording is left out. */
  readonly shortest: number;
}

/** For a head: a result, and a frame more. */
export const headAudio = (head: HeadConfig): Audio => ({
  sampleRate: head.sampleRate,
  shortest: head.nFft + resultSamples(head),
});

/** Recordings in the order given until they last so many minutes; silent ones are left out. */
export async function loadMinutes(
  paths: readonly string[],
  { sampleRate, shortest }: Audio,
  minutes: number,
): Promise<Recording[]> {
  const loaded: Recording[] = [];
  let left = minutes * 60 * sampleRate;
  for (const path of paths) {
    if (left <= 0) break;
    const { samples } = await readRecording(path, sampleRate);
    if (samples.length < shortest || samples.every((x) => x === 0)) continue;
    const kept = samples.length > left ? samples.slice(0, Math.max(left, shortest)) : samples;
    loaded.push({ name: relative('.', path), samples: kept });
    left -= kept.length;
  }
  if (loaded.length === 0)
    throw new InvalidArgumentError(
      `none of ${paths.length} recordings is as long as ${shortest} samples at ${sampleRate} Hz, and not silent`,
    );
  return loaded;
}
