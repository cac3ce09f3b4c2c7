/** papilio/files: bytes of recordings, arrays and checkpoints to values, and back. */

// Encoder-decoders and spectral filters
export { decodeEncoderDecoder, encodeEncoderDecoder } from './checkpoints/encoder-decoder-checkpoint.ts';

// Files
export {
  decodeFrontEnd,
  decodeChains,
  decodeTransform,
  encodeFrontEnd,
  encodeChains,
  encodeTransform,
  type TrainingReport,
} from './checkpoints/checkpoint.ts';
export { decodeJob, encodeJob } from './checkpoints/job-checkpoint.ts';
export { decodeCorrected, encodeCorrected } from './checkpoints/corrected-checkpoint.ts';
export { decodeTables, type ComplexTable } from './formats/arrays.ts';
export { decodeWav, encodeWav, type Wav, type WavOptions } from './formats/wav.ts';
export type { ChannelChoice } from './formats/channels.ts';
export { decodeNpy, encodeNpy, type NpyArray } from './formats/npy.ts';
export { decodeSafetensors, encodeSafetensors } from './formats/safetensors.ts';
