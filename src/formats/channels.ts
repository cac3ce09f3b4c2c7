/** One signal of several channels: one of them, or their mean. */
import { FileFormatError, InvalidArgumentError } from '../errors.ts';

/** mix: the mean over all channels. left and right: the first and second, or the only one. A number counts from 1. */
export type ChannelChoice = 'mix' | 'left' | 'right' | number;

/**
 * The channel to read, from 0; -1 for the mean of all. Throws InvalidArgumentError for a choice that is none, and
 * FileFormatError naming the file if it has no such channel.
 */
export function channelIndex(choice: ChannelChoice, channels: number, name: string): number {
  if (choice === 'mix') return channels === 1 ? 0 : -1;
  if (choice === 'left') return 0;
  if (choice === 'right') return Math.min(1, channels - 1);
  if (!Number.isInteger(choice) || choice < 1)
    throw new InvalidArgumentError(
      `channel is ${JSON.stringify(choice)}; expected mix, left, right or a number from 1 on`,
    );
  if (choice > channels)
    throw new FileFormatError(`${name}: channel ${choice} of ${channels}; expected 1 to ${channels}`);
  return choice - 1;
}

/** Energies of a mix and of the channels behind it, summed over all samples. */
export class MixEnergy {
  private mix = 0;
  private parts = 0;

  /** One frame: its mean, and the sum of its squares. */
  add(mean: number, squares: number): void {
    this.mix += mean * mean;
    this.parts += squares;
  }

  /**
   * Do the channels cancel? C independent channels leave 1 / C of their mean energy in the mix; this says so where the mix has
   * less than a hundredth of that (20 dB), as with a channel in antiphase.
   */
  cancels(channels: number): boolean {
    const mean = this.parts / channels;
    return channels > 1 && mean > 0 && this.mix < mean / channels / 100;
  }
}
