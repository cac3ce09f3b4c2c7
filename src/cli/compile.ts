/** papilio compile: a checkpoint to standalone WebAssembly with its loader, or to text for reading. */
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import {
  compileGraph,
  correctedEnds,
  fftEnds,
  fftModule,
  fftWasm,
  frontEndModule,
  inferenceGraph,
  planGraph,
  printJavaScript,
  printModule,
  standaloneModule,
  transformModule,
  transformProgram,
  wasmModule,
  type Dtype,
  type Norm,
  type PlanOptions,
  type Quantization,
  type SpectralModel,
} from '../index.ts';
import type { Command, FlagValues } from './args.ts';
import { writeKernel, writeModule, type KernelKind } from './kernel-files.ts';
import { readModelFile } from './model-file.ts';

const sizeFlag = 'n';

/** The plan that the flags describe; only with --n. */
function planOptions(flags: FlagValues): PlanOptions {
  return {
    n: flags.number(sizeFlag),
    input: flags.text('input') as 'complex' | 'real',
    inverse: flags.on('inverse'),
    dtype: flags.text('dtype') as Dtype,
    norm: flags.text('norm') as Norm,
    batch: flags.number('batch'),
  };
}

/** Text of the generated code, or null where the result is a set of files. */
function textOf(operand: string | undefined, flags: FlagValues): string | null {
  const to = flags.text('to');
  if (to === 'wasm') return null;
  if (operand !== undefined) {
    const file = readModelFile(operand);
    if (to === 'esm' && file.kind === 'transform')
      throw new UnsupportedError(`${operand}: --to esm of a trained transform; expected wasm, wat or js`);
    if (to === 'esm') return frontEndModule(file.model as SpectralModel);
    const program =
      file.kind === 'transform'
        ? transformProgram(file.model, 1)
        : compileGraph(inferenceGraph(file.model), { dtype: 'f32' });
    return to === 'wat' ? printModule(wasmModule(program, true)) : printJavaScript(program);
  }
  const options = planOptions(flags);
  if (to === 'esm') return fftModule(options);
  const program = compileGraph(planGraph(options).graph, { dtype: options.dtype ?? 'f32' });
  return to === 'wat' ? printModule(wasmModule(program, true)) : printJavaScript(program);
}

/** kernel.wasm, and what it is a kernel of. */
function kernelOf(operand: string | undefined, flags: FlagValues): { bytes: Uint8Array; kind: KernelKind } {
  if (operand === undefined) {
    const options = planOptions(flags);
    return { bytes: fftWasm(options), kind: fftEnds(options) };
  }
  const file = readModelFile(operand);
  const format = flags.text('tables');
  if (file.kind === 'front end') {
    const tables = format === 'f32' ? undefined : ({ format } as Quantization);
    return { bytes: standaloneModule(file.model, tables), kind: 'front end' };
  }
  if (format !== 'f32')
    throw new UnsupportedError(`${operand}: --tables ${format} of a trained transform; expected f32`);
  return { bytes: transformModule(file.model), kind: correctedEnds(file.model) };
}

async function run(operands: string[], flags: FlagValues): Promise<void> {
  const [operand] = operands;
  const sized = flags.number(sizeFlag) !== undefined;
  if (operand === undefined && !sized)
    throw new InvalidArgumentError('nothing to compile; give a checkpoint or --n');
  if (operand !== undefined && sized)
    throw new InvalidArgumentError(
      `both ${operand} and --n ${flags.number(sizeFlag)} are given; expected one`,
    );
  const to = flags.text('to');
  if (flags.text('tables') !== 'f32' && (operand === undefined || to !== 'wasm'))
    throw new InvalidArgumentError(
      `--tables is ${flags.text('tables')}; expected f32 where no checkpoint is compiled to wasm`,
    );
  const out = flags.text('out');
  const text = textOf(operand, flags);
  if (to === 'esm') {
    const kind = operand === undefined ? fftEnds(planOptions(flags)) : 'front end';
    const files = writeModule(out, text as string, kind);
    process.stdout.write(`written to ${out}: ${files.join(', ')} (${(text as string).length} characters)\n`);
    return;
  }
  if (text !== null) {
    process.stdout.write(text);
    return;
  }
  const { bytes, kind } = kernelOf(operand, flags);
  const files = writeKernel(out, bytes, kind);
  process.stdout.write(`written to ${out}: ${files.join(', ')} (${bytes.length} bytes)\n`);
}

export const compileCommand: Command = {
  name: 'compile',
  operands: '[checkpoint]',
  summary: 'compile a checkpoint, or an exact transform with --n, to code that stands alone',
  flags: {
    to: {
      kind: 'string',
      default: 'wasm',
      choices: ['wasm', 'esm', 'wat', 'js'],
      help: 'wasm: kernel.wasm and a loader; esm: kernel.mjs, plain JavaScript, the same bits; both with types; wat, js: text to read',
    },
    out: { kind: 'string', default: 'out', help: 'folder for the files' },
    tables: {
      kind: 'string',
      default: 'f32',
      choices: ['f32', 'f16', 'q8', 'hi-lo'],
      help: 'how kernel.wasm of a checkpoint stores its tables (docs/quantization.md)',
    },
    n: {
      kind: 'integer',
      minimum: 1,
      maximum: 1 << 22,
      help: 'exact transform of this size instead of a checkpoint',
    },
    input: {
      kind: 'string',
      default: 'complex',
      choices: ['complex', 'real'],
      help: 'input of the exact transform',
    },
    inverse: { kind: 'boolean', help: 'the inverse transform' },
    norm: {
      kind: 'string',
      default: 'backward',
      choices: ['backward', 'ortho', 'forward'],
      help: 'which direction carries the factor',
    },
    batch: { kind: 'integer', default: 1, minimum: 1, help: 'transforms per run' },
    dtype: {
      kind: 'string',
      default: 'f32',
      choices: ['f32', 'f64'],
      help: 'number format of the exact transform',
    },
  },
  run,
};
