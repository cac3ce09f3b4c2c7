/** The files of a front end that was found: settings, code, a checkpoint for all other commands, a model of ONNX. */
import { join } from 'node:path';
import { encodeFrontEnd } from '../files.ts';
import { UnsupportedError } from '../errors.ts';
import { exactFrontEnd, frontEndOnnx, type FrontEnd, type HeadCode, type ParityResult } from '../front.ts';
import { commandLine } from './command-line.ts';

/** The front end of a result: the closest head's own, or the learned one. */
export const frontOf = ({ head, learned }: ParityResult): FrontEnd => learned?.front ?? exactFrontEnd(head);

/** Files by name, and why there is no model of ONNX where there is none. */
interface ParityFiles {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly withoutOnnx: string | null;
}

const checkpoint = 'model.safetensors';

/** A module that makes features as the front end does. */
function moduleText({ head, learned, width }: ParityResult, { text }: HeadCode): string {
  const what = `// Mono samples in [-1, 1] at ${head.sampleRate} Hz to { data, frames, width }: data is [frames, ${width}].`;
  return learned
    ? [
        '// A learned front end, by papilio parity.',
        "import { readFileSync } from 'node:fs';",
        "import { features } from 'papilio';",
        "import { decodeFrontEnd } from 'papilio/files';",
        "import { frontProgram } from 'papilio/front';",
        '',
        `const front = decodeFrontEnd(readFileSync(new URL('${checkpoint}', import.meta.url)));`,
        '',
        what,
        'export const extractor = features(frontProgram(front));',
        '',
      ].join('\n')
    : [
        '// Settings that papilio parity found.',
        "import { featureHead, features } from 'papilio';",
        '',
        `export const head = ${text};`,
        '',
        what,
        'export const extractor = features(head);',
        '',
      ].join('\n');
}

/** Bytes of the model of ONNX, or why there is none. */
function onnxOf(front: FrontEnd): Uint8Array | string {
  try {
    return frontEndOnnx(front, { name: 'parity' }).bytes;
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return error.message;
  }
}

/** All files but the page; made before any of them is written. */
export function filesOf(result: ParityResult, code: HeadCode): ParityFiles {
  const front = frontOf(result);
  const onnx = onnxOf(front);
  return {
    files: {
      'head.json': `${JSON.stringify(result.head, null, 1)}\n`,
      'features.mjs': moduleText(result, code),
      [checkpoint]: encodeFrontEnd(front),
      ...(typeof onnx === 'string' ? {} : { 'model.onnx': onnx }),
    },
    withoutOnnx: typeof onnx === 'string' ? onnx : null,
  };
}

/** What can be done with them in a folder. */
export const nextCommands = (out: string): string[] => [
  commandLine(['features', 'recordings/', '--checkpoint', join(out, checkpoint)]),
  commandLine(['compile', join(out, checkpoint), '--to', 'esm', '--out', 'kernel']),
];
