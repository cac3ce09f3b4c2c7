/** Frames of a sentence, for what is measured of speech. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { decodeWav } from '../../src/files.ts';

const path = resolve(import.meta.dirname, '../../data/speech-austen-0890.wav');
const frames = 8;
let known: Float64Array | undefined;

/** The sentence, its largest sample 1. */
function sentence(): Float64Array {
  if (known) return known;
  const { samples } = decodeWav(readFileSync(path), path);
  const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return (known = Float64Array.from(samples, (x) => x / peak));
}

/** Frames of n samples all along the sentence, pauses too; the sentence has this peak. */
export function speechFrames(n: number, peak: number): Float64Array[] {
  const samples = sentence();
  const step = Math.floor((samples.length - n) / frames);
  return Array.from({ length: frames }, (_, i) => samples.slice(i * step, i * step + n).map((x) => x * peak));
}
