/** Windowed frames of recordings as the signals that transforms are compared on. */
import { InvalidArgumentError } from '../errors.ts';
import { randomUint32 } from '../numeric/random.ts';
import type { Recording } from '../front/corpus.ts';
import type { FrameCut } from './spectral-teacher.ts';
import { heldOutStream } from '../fit/pairs.ts';
import type { Signals } from './transform-spectra.ts';

interface Place {
  readonly samples: Float64Array;
  readonly at: number;
}

/** Frames with a sample that is not zero. */
function placesOf(recordings: readonly Recording[], { start, hop, window }: FrameCut): Place[] {
  const n = window.length;
  const places: Place[] = [];
  for (const { samples } of recordings)
    for (let at = start; at + n <= samples.length; at += hop)
      if (samples.subarray(at, at + n).some((x) => x !== 0)) places.push({ samples, at });
  if (places.length === 0)
    throw new InvalidArgumentError(
      `${recordings.map((r) => r.name).join(', ') || 'no recordings'}: no frame of ${n} samples that is not silent`,
    );
  return places;
}

/**
 * Frames drawn with replacement: of `held` in held-out streams, of `train` in all others. Complex networks see them as real
 * signals. Throws InvalidArgumentError, naming the recordings, where there is no frame.
 */
export function frameSignals(
  train: readonly Recording[],
  held: readonly Recording[],
  cut: FrameCut,
  seed: number,
): Signals {
  const [own, others] = [placesOf(train, cut), placesOf(held, cut)];
  const { window } = cut;
  return (stream, re, im) => {
    const places = stream >= heldOutStream ? others : own;
    const lanes = re.length / window.length;
    im?.fill(0);
    for (let lane = 0; lane < lanes; lane++) {
      const { samples, at } = places[randomUint32(seed, stream, lane) % places.length];
      for (let j = 0; j < window.length; j++) re[j * lanes + lane] = window[j] * samples[at + j];
    }
  };
}
