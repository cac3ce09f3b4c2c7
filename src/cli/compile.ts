/** papilio compile: a checkpoint to standalone WebAssembly with its loader, or to text for reading. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { oneOf, whole } from '../options.ts';
import * as compiler from '../compiler.ts';
import { frontEndModule, inferenceGraph, standaloneModule } from '../front.ts';
import * as learn from '../learn.ts';
import type { PlanOptions } from '../index.ts';
import { flag, type Command, type FlagsOf, type Given } from './args.ts';
import { ensureFolder, readBytes, writeAtomic } from './files.ts';
import { otherwise } from './job.ts';
import { writeKernel, writeModule, type KernelKind } from './kernel-files.ts';
import { allKinds, mapOfFile, readModelFile } from './model-file.ts';
import type { Output } from './output.ts';

/** What is compiled, in each of its forms. */
interface Source {
  readonly kind: KernelKind;
  /** kernel.wasm. */
  wasm(tables: learn.TableQuantization | undefined): Uint8Array;
  /** kernel.mjs. */
  esm(): string;
  /** To read. */
  program(): compiler.Program;
}

function sourceOfFile(path: string): Source {
  const file = readModelFile(path, allKinds);
  if (file.kind === 'front end')
    return {
      wasm: (tables) => standaloneModule(file.model, tables),
      kind: 'front end',
      esm: () => frontEndModule(file.model),
      program: () => compiler.compileGraph(inferenceGraph(file.model), { dtype: 'f32' }),
    };
  const map = mapOfFile(file);
  return {
    kind: learn.mapEnds(map),
    wasm: (tables) => learn.mapModule(map, tables),
    esm: () => learn.mapEsModule(map),
    program: () => learn.mapProgram(map, 1),
  };
}

function sourceOfPlan(options: PlanOptions): Source {
  return {
    kind: compiler.fftEnds(options),
    wasm: () => compiler.fftWasm(options),
    esm: () => compiler.fftModule(options),
    program: () =>
      compiler.compileGraph(compiler.planGraph(options).graph, { dtype: options.dtype ?? 'f32' }),
  };
}

/** Formats that are for reading, and their files; printed where no folder is given. */
const texts: Readonly<
  Record<string, { readonly file: string; readonly print: (p: compiler.Program) => string }>
> = {
  wat: { file: 'kernel.wat', print: (p) => compiler.printModule(compiler.wasmModule(p)) },
  js: { file: 'program.js', print: compiler.printJavaScript },
};

/** Writes the files of a format; their names. Throws InvalidArgumentError, naming the file, if others are there, without `force`. */
function writeFiles(
  source: Source,
  to: string,
  tables: learn.TableQuantization | undefined,
  { out, force }: { readonly out: string; readonly force: boolean },
): string[] {
  const text = texts[to];
  const name = text?.file ?? (to === 'esm' ? 'kernel.mjs' : 'kernel.wasm');
  const own = text ? text.print(source.program()) : to === 'esm' ? source.esm() : source.wasm(tables);
  const path = join(out, name);
  // The same settings make the same bytes.
  if (!force && existsSync(path) && !Buffer.from(own).equals(readBytes(path)))
    throw new InvalidArgumentError(`${path}: is another kernel; ${otherwise}`);
  if (typeof own !== 'string') return writeKernel(out, own, source.kind);
  if (!text) return writeModule(out, own, source.kind);
  ensureFolder(out);
  writeAtomic(path, own);
  return [name];
}

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const [operand] = operands;
  const { n, to, out, force, tables: format, input, inverse, dtype, norm, batch } = flags;
  if (operand === undefined && n === undefined)
    throw new InvalidArgumentError('nothing to compile; give a checkpoint or --n');
  if (operand !== undefined && n !== undefined)
    throw new InvalidArgumentError(`both ${operand} and --n ${n} are given; expected one`);
  if (operand !== undefined)
    given.refuse(
      ['input', 'inverse', 'norm', 'batch', 'dtype'],
      `is given with ${operand}; expected it with --n, for an exact transform`,
    );
  if (format !== 'f32' && (operand === undefined || to !== 'wasm'))
    throw new InvalidArgumentError(
      `--tables is ${format}; expected f32 where no checkpoint is compiled to wasm`,
    );
  const source =
    n === undefined ? sourceOfFile(operand) : sourceOfPlan({ n, input, inverse, dtype, norm, batch });
  if (to in texts && !given.has('out')) {
    process.stdout.write(texts[to].print(source.program()));
    return;
  }
  const tables = format === 'f32' ? undefined : learn.tableFormats[format];
  const list = writeFiles(source, to, tables, { out, force }).map((name) => ({
    name,
    bytes: statSync(join(out, name)).size,
  }));
  output.json({ out, files: list });
  output.print(`written to ${out}: ${list.map(({ name, bytes }) => `${name} (${bytes} bytes)`).join(', ')}`);
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  to: flag.of(
    'wasm: kernel.wasm and a loader; esm: kernel.mjs, plain JavaScript, the same bits; both with types; wat, js: kernel.wat, program.js, text to read',
    oneOf(['wasm', 'esm', 'wat', 'js']),
    'wasm',
  ),
  out: flag.text('folder for the files; without it, --to wat and js print', 'kernel'),
  force: flag.force,
  tables: flag.of(
    'how kernel.wasm of a checkpoint stores its tables (docs/quantization.md)',
    oneOf(['f32', ...(Object.keys(learn.tableFormats) as (keyof typeof learn.tableFormats)[])]),
    'f32',
  ),
  n: flag.of('exact transform of this size instead of a checkpoint', whole(1, 1 << 22)),
  input: flag.of('input of the exact transform', oneOf(['complex', 'real']), 'complex'),
  inverse: flag.toggle('the inverse transform'),
  norm: flag.of('which direction carries the factor', oneOf(['backward', 'ortho', 'forward']), 'backward'),
  batch: flag.of('transforms per run', whole(1), 1),
  dtype: flag.of('number format of the exact transform', oneOf(['f32', 'f64']), 'f32'),
};

export const compileCommand: Command<typeof flags> = {
  name: 'compile',
  operands: '[checkpoint]',
  operandLimit: 1,
  summary: 'compile a checkpoint, or an exact transform with --n, to code that stands alone',
  examples: [
    'compile my-front-end/model.safetensors --tables q24 --out kernel',
    'compile --n 400 --input real --to esm --out kernel',
    'compile my-dft/model.safetensors --to wat',
  ],
  flags,
  run,
};
