/** onnxruntime, where it is installed: npm run onnx-install, or PAPILIO_ORT for a folder that has it. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { UnsupportedError } from '../../src/index.ts';

/** A tensor of onnxruntime. */
interface OrtTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int16Array;
}

/** What is used of onnxruntime. */
export interface Ort {
  readonly Tensor: new (type: string, data: OrtTensor['data'], dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(
      bytes: Uint8Array,
      options: {
        readonly intraOpNumThreads: number;
        readonly logSeverityLevel: number;
        readonly enableProfiling?: boolean;
        readonly profileFilePrefix?: string;
      },
    ): Promise<OrtSession>;
  };
}

export interface OrtSession {
  readonly inputNames: readonly string[];
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
  /** Writes the profile. */
  endProfiling(): void;
}

const root = resolve(import.meta.dirname, '../..');

/** The folder of packages that has onnxruntime; null where none has. */
export function ortFolder(): string | null {
  const { PAPILIO_ORT } = process.env;
  const folders = [...(PAPILIO_ORT === undefined ? [] : [PAPILIO_ORT]), join(root, 'scripts/onnx')];
  return folders.find((folder) => existsSync(join(folder, 'node_modules/onnxruntime-node'))) ?? null;
}

/** onnxruntime-node. Throws UnsupportedError where it is not installed. */
export function loadOrt(): Ort {
  const folder = ortFolder();
  if (folder === null)
    throw new UnsupportedError('onnxruntime-node is not installed; run npm run onnx-install');
  return createRequire(join(resolve(folder), 'package.json'))('onnxruntime-node') as Ort;
}

/** A session on one thread. */
export const sessionOf = (ort: Ort, bytes: Uint8Array): Promise<OrtSession> =>
  ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });

/** Inputs of a model for signals [batch, samples] side by side. */
export function feedsOf(
  ort: Ort,
  session: Pick<OrtSession, 'inputNames'>,
  data: Float32Array,
  lens: readonly number[],
): Record<string, OrtTensor> {
  const batch = lens.length;
  return {
    waveforms: new ort.Tensor('float32', data, [batch, data.length / batch]),
    ...(session.inputNames.includes('waveforms_lens')
      ? { waveforms_lens: new ort.Tensor('int64', BigInt64Array.from(lens, BigInt), [batch]) }
      : {}),
  };
}
