/** One signal of several channels: one of them, or their mean. */
import { FileFormatError } from '../errors.ts';

/** mix: the mean over all channels. left and right: the first and second, or the only one. A number counts from 1. */
export type ChannelChoice = 'mix' | 'left' | 'right' | number;

/** The channel to read, from 0; -1 for the mean of all. Throws FileFormatError naming the file if it has no such channel. */
function channelIndex(choice: ChannelChoice, channels: number, name: string): number {
  if (choice === 'mix') return channels === 1 ? 0 : -1;
  if (choice === 'left') return 0;
  if (choice === 'right') return Math.min(1, channels - 1);
  if (choice > channels)
    throw new FileFormatError(`${name}: channel ${choice} of ${channels}; expected 1 to ${channels}`);
  return choice - 1;
}

/**
 * The chosen channel of several, [frames], or their mean; `sampleOf` reads one sample.
 * The channels cancel in their mean, as with one in antiphase, where it has less than a hundredth (20 dB) of the 1 / C of their mean
 * energy that C independent ones leave. Throws as `channelIndex`.
 */
export function oneChannel(
  choice: ChannelChoice,
  { channels, frames }: { readonly channels: number; readonly frames: number },
  name: string,
  sampleOf: (frame: number, channel: number) => number,
): { readonly samples: Float64Array; readonly cancels: boolean } {
  const index = channelIndex(choice, channels, name);
  const [first, count] = index < 0 ? [0, channels] : [index, 1];
  const samples = new Float64Array(frames);
  let [mixed, parts] = [0, 0];
  for (let i = 0; i < frames; i++) {
    let sum = sampleOf(i, first); // not 0 + ...: that would lose the sign of -0
    let squares = sum * sum;
    for (let c = 1; c < count; c++) {
      const x = sampleOf(i, c);
      sum += x;
      squares += x * x;
    }
    samples[i] = sum / count;
    mixed += samples[i] * samples[i];
    parts += squares;
  }
  return { samples, cancels: count > 1 && parts > 0 && mixed < parts / count / count / 100 };
}
