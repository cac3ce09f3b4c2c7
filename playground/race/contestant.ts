/** What races: a transform of numbers that are given once. */
import type { RaceInput } from './state.ts';

/** Real and imaginary parts in turn. */
export type Pairs = Float64Array;

export interface Contestant {
  readonly name: string;
  /** Errors below this are those of its number format. */
  readonly allowed: number;
  run(): void;
  result(): Pairs;
}

/** What is transformed: samples in [-1, 1) that float32 holds, and how many bins of their spectrum count. */
export interface Course {
  readonly x: Pairs;
  readonly input: RaceInput;
  readonly bins: number;
}

export const errorsOf = { f32: 1e-5, f64: 1e-12 } as const;

/** Samples without their imaginary parts. */
export const realParts = (x: Pairs): Float64Array =>
  Float64Array.from({ length: x.length / 2 }, (_, i) => x[2 * i]);

/** Pairs of two arrays. */
export const pairsOf = (re: ArrayLike<number>, im: ArrayLike<number>, bins: number): Pairs =>
  Float64Array.from({ length: 2 * bins }, (_, i) => (i % 2 === 0 ? re : im)[i >> 1]);
