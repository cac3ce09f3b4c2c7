/** What a head says of its frames, bins and window, for callers whose head nobody has checked: as in head.ts. */
import { checkArgument, record, whole } from '../options.ts';
import * as head from './head.ts';
import { validateHead } from './validate.ts';

type HeadConfig = head.HeadConfig;

/** Most frames whose times are listed, and most samples of a signal. */
const mostFrames = 2 ** 26;

/** Throws InvalidArgumentError for a head that is not possible. */
function checked(config: HeadConfig): HeadConfig {
  checkArgument('the head', config, record());
  validateHead(config);
  return config;
}

/** Frames of a signal of so many samples; 0 when it is shorter than one, or empty. Throws InvalidArgumentError. */
export function headFrames(config: HeadConfig, samples: number): number {
  checkArgument('samples', samples, whole(0));
  return head.headFrames(checked(config), samples);
}

/** Time of the middle of each of at most 2^26 frames, in seconds from the first sample. Throws InvalidArgumentError. */
export function frameTimes(config: HeadConfig, frames: number): Float64Array {
  checkArgument('frames', frames, whole(0, mostFrames));
  return head.frameTimes(checked(config), frames);
}

/** Frequencies in Hz: of bins, of band centres (mel) or middles (bands); none for descriptors and cepstra. Throws InvalidArgumentError. */
export const headFrequencies = (config: HeadConfig): Float64Array => head.headFrequencies(checked(config));

/** The window over the nFft samples of a transform, gain included. Throws InvalidArgumentError. */
export const headWindow = (config: HeadConfig): Float64Array => head.headWindow(checked(config));
