/** Frames of numbers, and where they stand on axes. */
import type { HeadConfig } from 'papilio';

/** [frames, width] */
export interface Frames {
  readonly data: ArrayLike<number>;
  readonly frames: number;
  readonly width: number;
  /** The place in `data` of the oldest frame, where it is a ring. Default 0. */
  readonly first?: number;
}

/** Least and largest value, the rarest left out. */
export function rangeOf({ data }: Frames, rare = 0.002): readonly [low: number, high: number] {
  const step = Math.max(1, Math.floor(data.length / 20_000));
  const some: number[] = [];
  for (let i = 0; i < data.length; i += step) if (Number.isFinite(data[i])) some.push(data[i]);
  if (some.length === 0) return [0, 1];
  const sorted = Float64Array.from(some).sort();
  const at = (q: number): number => sorted[Math.round(q * (sorted.length - 1))];
  const [low, high] = [at(rare), at(1 - rare)];
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

/** a - b where both are of one size; null else. */
export function differenceOf(a: Frames, b: Frames): Frames | null {
  if (a.width !== b.width || a.frames !== b.frames) return null;
  return { ...a, data: Float32Array.from(a.data, (x, i) => x - b.data[i]) };
}

/** The frames that hold some of a sound of so many seconds: others are of the silence that a head puts behind it. */
export function heardFrames(all: Frames, head: HeadConfig, seconds: number): Frames {
  const heard = Math.max(1, Math.ceil((seconds * head.sampleRate) / head.hop));
  if (head.fit === null || head.average !== 'none' || all.frames <= heard) return all;
  return { ...all, frames: heard };
}
