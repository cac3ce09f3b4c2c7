/** papilio/files: bytes of recordings, arrays and checkpoints to values, and back. */

// Files
export {
  decodeCheckpoint,
  decodeFrontEnd,
  decodeModel,
  encodeFrontEnd,
  encodeModel,
  type Checkpoint,
} from './checkpoints/checkpoint.ts';
export type { TrainingReport } from './checkpoints/format.ts';
export { decodeJob, encodeJob } from './checkpoints/job-checkpoint.ts';
export { decodeTables, type ComplexTable } from './formats/arrays.ts';
export { decodeWav, encodeWav, type Wav, type WavOptions } from './formats/wav.ts';
export type { ChannelChoice } from './formats/channels.ts';
export { decodeNpy, encodeNpy, type NpyArray } from './formats/npy.ts';
export { decodeSafetensors, encodeSafetensors } from './formats/safetensors.ts';
