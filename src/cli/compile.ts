/** papilio compile: a checkpoint to standalone WebAssembly with its loader, or to text for reading. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import { oneOf, whole } from '../options.ts';
import * as compiler from '../compiler.ts';
import {
  errorStatement,
  exactFrontEnd,
  frontEndC,
  frontEndModule,
  frontEndOnnxFiles,
  mergedOnnxFiles,
  inferenceGraph,
  standaloneModule,
  type FrontEnd,
  type OnnxOptions,
} from '../front.ts';
import * as learn from '../learn.ts';
import {
  featureHead,
  presetNames,
  windowNames,
  type HeadConfig,
  type PlanOptions,
  type PresetName,
} from '../index.ts';
import { asFlags, flag, known, type Command, type FlagsOf, type Given } from './args.ts';
import { ensureFolder, readBytes, writeAtomic } from './files.ts';
import { otherwise } from './job.ts';
import { writeKernel, writeModule, type KernelKind } from './kernel-files.ts';
import type { TrainingReport } from '../files.ts';
import { allKinds, mapOfFile, readModelFile } from './model-file.ts';
import type { Output } from './output.ts';
import { overridesFlag, overridesOf } from './overrides.ts';

/** How C is printed. */
type CFlags = Pick<Flags, 'name' | 'format' | 'target' | 'overwrite' | 'layout' | 'no-vectors'>;

/** How ONNX is printed. */
type OnnxFlags = Pick<Flags, 'name' | 'static' | 'f16' | 'int16' | 'resample-from' | 'merge' | 'merge-input'>;

const onnxOptions = ({
  name,
  static: samples,
  f16,
  int16,
  'resample-from': rate,
}: OnnxFlags): OnnxOptions => ({
  name,
  f16,
  int16,
  ...known({ samples, rate }),
});

/** The machine that a model was searched for; undefined where none was named. */
function machineOf({ target }: TrainingReport): compiler.Machine | undefined {
  return compiler.machineNames.find((name) => name === target);
}

/** What is compiled, in each of its forms. */
interface Source {
  readonly kind: KernelKind;
  /** kernel.wasm. */
  wasm(tables: learn.TableQuantization | undefined): Uint8Array;
  /** kernel.mjs. */
  esm(): string;
  /** Files of C. */
  c(flags: CFlags): compiler.CFiles;
  /** Files of ONNX, and what the model reads and gives. */
  onnx(flags: OnnxFlags): compiler.OnnxFileSet;
  /** To read. */
  program(): compiler.Program;
}

/** `report`: of the file, whose machine is the target where none is given. */
const cOptions = (
  { name, format, target, overwrite, layout, ...more }: CFlags,
  report: TrainingReport = {},
): compiler.COptions => ({
  name,
  format,
  about: errorStatement(report),
  ...known({ target: target ?? machineOf(report) }),
  overwrite,
  layout,
  ...(more['no-vectors'] ? { vectors: false } : {}),
});

/** Files of a front end, in front of a model where one is named. */
function onnxFiles(front: FrontEnd, flags: OnnxFlags): compiler.OnnxFileSet {
  const { merge, 'merge-input': input } = flags;
  if (merge === undefined) {
    if (input !== undefined)
      throw new InvalidArgumentError(`--merge-input ${input} is given without --merge; expected both`);
    return frontEndOnnxFiles(front, onnxOptions(flags));
  }
  const model = { bytes: readBytes(merge), name: merge, ...known({ input }) };
  return mergedOnnxFiles(front, onnxOptions(flags), model);
}

/** Throws InvalidArgumentError for flags of front ends. */
function linearOptions({ name, static: samples, f16, int16, 'resample-from': rate, merge }: OnnxFlags) {
  if (samples !== undefined || int16 || rate !== undefined || merge !== undefined)
    throw new InvalidArgumentError(
      '--static, --int16, --resample-from or --merge is given with a transform; expected it with a front end',
    );
  return { name, f16 };
}

const sourceOfFront = (front: FrontEnd, report?: TrainingReport): Source => ({
  wasm: (tables) => standaloneModule(front, tables),
  kind: 'front end',
  esm: () => frontEndModule(front),
  c: (flags) => frontEndC(front, cOptions(flags, report)),
  onnx: (flags) => onnxFiles(front, flags),
  program: () => compiler.compileGraph(inferenceGraph(front), { dtype: 'f32' }),
});

function sourceOfFile(path: string): Source {
  const file = readModelFile(path, allKinds);
  if (file.kind === 'front end') return sourceOfFront(file.model, file.report);
  const map = mapOfFile(file);
  return {
    kind: learn.mapEnds(map),
    wasm: (tables) => learn.mapModule(map, tables),
    esm: () => learn.mapEsModule(map),
    c: (flags) => learn.mapC(map, cOptions(flags)),
    onnx: (flags) => learn.mapOnnx(map, linearOptions(flags)),
    program: () => learn.mapProgram(map, 1),
  };
}

function sourceOfPlan(options: PlanOptions): Source {
  return {
    kind: compiler.fftEnds(options),
    wasm: () => compiler.fftWasm(options),
    esm: () => compiler.fftModule(options),
    c: (flags) => {
      const { n, input, inverse, norm } = options;
      return compiler.fftC({ n, ...known({ input, inverse, norm }) }, cOptions(flags));
    },
    onnx: (flags) => {
      const { n, input, inverse, norm } = options;
      return compiler.fftOnnx({ n, ...known({ input, inverse, norm }) }, linearOptions(flags));
    },
    program: () =>
      compiler.compileGraph(compiler.planGraph(options).graph, { dtype: options.dtype ?? 'f32' }),
  };
}

/** The inverse STFT that the flags describe; all of its samples known with --static. Only ONNX has it. */
function sourceOfIstft(nFft: number, { hop, window, framing }: Flags): Source {
  const pad = framing === 'centered' ? Math.floor(nFft / 2) : 0;
  const options = {
    nFft,
    window,
    ...known({ hop }),
    padding: pad > 0 ? ('constant' as const) : ('none' as const),
  };
  const step = hop ?? Math.max(1, Math.floor(nFft / 4));
  const none = (): never => {
    throw new UnsupportedError('an inverse STFT beside ONNX; expected --to onnx');
  };
  return {
    kind: { input: ['re', 'im'], output: ['re'], dtype: 'f32' },
    wasm: none,
    esm: none,
    c: none,
    program: none,
    onnx({ name, static: samples, f16, ...others }) {
      linearOptions({ ...others, static: undefined, name, f16 });
      if (samples === undefined) return compiler.istftOnnx(options, { name, f16 });
      const frames = Math.floor((samples + 2 * pad - nFft) / step) + 1;
      if (frames < 1)
        throw new InvalidArgumentError(
          `--static is ${samples}, less than one frame; expected at least a frame`,
        );
      return compiler.istftOnnx({ ...options, length: samples }, { name, f16, batch: 1, frames });
    },
  };
}

/** Formats that are for reading, and their files; printed where no folder is given. */
const texts: Readonly<
  Record<string, { readonly file: string; readonly print: (p: compiler.Program) => string }>
> = {
  wat: { file: 'kernel.wat', print: (p) => compiler.printModule(compiler.wasmModule(p)) },
  js: { file: 'program.js', print: compiler.printJavaScript },
};

/** What is written: text or bytes of a format's own files, by name; what C needs, what ONNX reads and gives. */
interface Compiled {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly c?: compiler.CFiles;
  readonly onnx?: compiler.OnnxFileSet;
}

function compiled(source: Source, flags: Flags): Compiled {
  const { to, tables: format } = flags;
  const text = texts[to];
  if (text) return { files: { [text.file]: text.print(source.program()) } };
  if (to === 'c') {
    const c = source.c(flags);
    return { files: c.files, c };
  }
  if (to === 'onnx') {
    const onnx = source.onnx(flags);
    return { files: onnx.files, onnx };
  }
  if (to === 'esm') return { files: { 'kernel.mjs': source.esm() } };
  return { files: { 'kernel.wasm': source.wasm(format === 'f32' ? undefined : learn.tableFormats[format]) } };
}

/** Writes the files of a format; their names. Throws InvalidArgumentError, naming the file, if others are there, without `force`. */
function writeFiles(source: Source, files: Compiled['files'], flags: Flags): string[] {
  const { out, force, to } = flags;
  const own = Object.entries(files);
  for (const [name, content] of own) {
    const path = join(out, name);
    // The same settings make the same bytes.
    if (!force && existsSync(path) && !Buffer.from(content).equals(readBytes(path)))
      throw new InvalidArgumentError(`${path}: is another ${to === 'c' ? 'file' : 'kernel'}; ${otherwise}`);
  }
  const [[, content]] = own;
  if (to === 'wasm') return writeKernel(out, content as Uint8Array, source.kind);
  if (to === 'esm') return writeModule(out, content as string, source.kind);
  for (const [name, text] of own) {
    ensureFolder(dirname(join(out, name)));
    writeAtomic(join(out, name), text);
  }
  return own.map(([name]) => name);
}

/** Throws InvalidArgumentError for flags of other formats than the one that is asked for. */
function refuseOthers(to: Flags['to'], given: Given): void {
  const only = (names: (keyof Flags)[], formats: readonly Flags['to'][]): void => {
    if (!formats.includes(to))
      given.refuse(names, `is given with --to ${to}; expected it with --to ${formats.join(' or ')}`);
  };
  if (to === 'c')
    given.refuse(
      ['batch', 'dtype'],
      'is given with --to c; expected --format, and a call for every transform',
    );
  if (to === 'onnx') {
    given.refuse(['dtype'], 'is given with --to onnx, whose numbers are float32; expected --f16 or nothing');
    given.refuse(
      ['batch'],
      'is given with --to onnx, which takes as many transforms as a run brings; expected nothing',
    );
  }
  only(['name'], ['c', 'onnx']);
  only(['format', 'target', 'overwrite', 'layout', 'no-vectors'], ['c']);
  only(['istft', 'static', 'f16', 'int16', 'resample-from', 'merge', 'merge-input'], ['onnx']);
}

/** The head of a preset. Throws InvalidArgumentError for one that needs memory for a clip of any length, which ONNX alone has. */
function headOf(preset: PresetName, { to, options }: Flags): HeadConfig {
  const head = featureHead(preset, overridesOf(options));
  if (to !== 'onnx' && head.average !== 'none' && head.fit === null)
    throw new InvalidArgumentError(
      `--preset ${preset} averages a clip of any length; expected a preset with results per frame, or the checkpoint of papilio learn --feature welch`,
    );
  return head;
}

/** What the flags ask for. Throws InvalidArgumentError for nothing, two things, and flags that do nothing. */
function sourceOf(operands: string[], flags: Flags, given: Given): Source {
  const [operand] = operands;
  const { n, preset, istft, to, tables, input, inverse, dtype, norm, batch } = flags;
  const asked = [
    operand,
    n === undefined ? n : `--n ${n}`,
    preset === undefined ? preset : `--preset ${preset}`,
    istft === undefined ? istft : `--istft ${istft}`,
  ];
  const [first, second] = asked.filter((x) => x !== undefined);
  if (first === undefined)
    throw new InvalidArgumentError('nothing to compile; give a checkpoint, --n, --preset or --istft');
  if (second !== undefined)
    throw new InvalidArgumentError(`both ${first} and ${second} are given; expected one`);
  if (n === undefined)
    given.refuse(
      ['input', 'inverse', 'norm', 'batch', 'dtype'],
      `is given with ${first}; expected it with --n, for an exact transform`,
    );
  if (istft === undefined)
    given.refuse(['hop', 'window', 'framing'], `is given with ${first}; expected it with --istft`);
  if (preset === undefined) given.refuse(['options'], `is given with ${first}; expected it with --preset`);
  refuseOthers(to, given);
  if (tables !== 'f32' && (operand === undefined || to !== 'wasm'))
    throw new InvalidArgumentError(
      `--tables is ${tables}; expected f32 where no checkpoint is compiled to wasm`,
    );
  if (istft !== undefined) return sourceOfIstft(istft, flags);
  if (preset !== undefined) return sourceOfFront(exactFrontEnd(headOf(preset, flags)));
  return n === undefined ? sourceOfFile(operand) : sourceOfPlan({ n, input, inverse, dtype, norm, batch });
}

/** An input or output of ONNX for programs: type and shape in one text, float32 [batch, N]. */
const endOfJson = (end: compiler.OnnxEnd) => ({ name: end.name, type: compiler.onnxEndText(end) });

const endsText = (ends: readonly compiler.OnnxEnd[]): string =>
  ends.map((end) => `${end.name} (${compiler.onnxEndText(end)})`).join(', ');

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const source = sourceOf(operands, flags, given);
  const { to, out } = flags;
  if (to in texts && !given.has('out')) {
    process.stdout.write(texts[to].print(source.program()));
    return;
  }
  const { files, c, onnx } = asFlags(['name', 'overwrite'], () => compiled(source, flags));
  const list = writeFiles(source, files, flags).map((name) => ({
    name,
    bytes: statSync(join(out, name)).size,
  }));
  output.json({
    out,
    files: list,
    ...(c ? { target: c.target, ...c.needs } : {}),
    ...(onnx ? { inputs: onnx.inputs.map(endOfJson), outputs: onnx.outputs.map(endOfJson) } : {}),
  });
  output.print(`written to ${out}: ${list.map(({ name, bytes }) => `${name} (${bytes} bytes)`).join(', ')}`);
  if (c) output.print(compiler.needsText(c));
  if (onnx) output.print(`reads ${endsText(onnx.inputs)}; gives ${endsText(onnx.outputs)}`);
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  to: flag.of(
    'wasm: kernel.wasm and a loader; esm: kernel.mjs, plain JavaScript, the same bits; both with types; c: NAME.h, NAME.c, its test and a README; onnx: NAME.onnx, NAME.safetensors, numbers to test it with, and NAME.md; wat, js: kernel.wat, program.js, text to read',
    oneOf(['wasm', 'esm', 'c', 'onnx', 'wat', 'js']),
    'wasm',
  ),
  out: flag.text('folder for the files; without it, --to wat and js print', 'kernel'),
  force: flag.force,
  tables: flag.of(
    'how kernel.wasm of a checkpoint stores its tables (docs/quantization.md)',
    oneOf(['f32', ...(Object.keys(learn.tableFormats) as (keyof typeof learn.tableFormats)[])]),
    'f32',
  ),
  name: flag.text('of the files and functions of C, an identifier; of the model of ONNX', 'kernel'),
  format: flag.of('number format of C; q15, q31: fixed point', oneOf(compiler.cFormats), 'f32'),
  target: flag.of(
    'machine whose cost exact transforms of C are chosen by (default: what the checkpoint was searched for, else cortex-m4f)',
    oneOf(compiler.machineNames),
  ),
  overwrite: flag.toggle('functions of C may write over their inputs, which saves memory'),
  layout: flag.of(
    'folders of C: all files in one, or those of a library or component',
    oneOf(compiler.cLayouts),
    'plain',
  ),
  'no-vectors': flag.toggle('C for x86-64 without the vectors of gcc and clang'),
  static: flag.of(
    'samples of the one signal of ONNX, all shapes known; without it any batch of any length',
    whole(1, 1 << 28),
  ),
  f16: flag.toggle('matrices and spectra of ONNX in float16, inputs, levels and outputs in float32'),
  int16: flag.toggle('samples of ONNX are integers of 16 bits, 32768 being 1'),
  'resample-from': flag.of(
    'Hz of the samples of ONNX, which are resampled to the rate of the front end',
    whole(1, 1 << 22),
  ),
  merge: flag.text('model of ONNX in front of which the front end is put; its inputs become samples'),
  'merge-input': flag.text(
    'input of that model that gets the features (default: features, or the only one of three dimensions)',
  ),
  preset: flag.of('exact front end of this preset instead of a checkpoint', oneOf(presetNames)),
  options: overridesFlag,
  istft: flag.of('inverse STFT of so many points instead of a checkpoint, to ONNX', whole(1, 1 << 20)),
  hop: flag.of('samples from frame to frame of --istft (default: a quarter)', whole(1, 1 << 20)),
  window: flag.of('window of --istft, periodic', oneOf(windowNames), 'hann'),
  framing: flag.of(
    'centered: half a frame is cut off at both ends; inside: frames lay inside the signal',
    oneOf(['centered', 'inside']),
    'centered',
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
  summary: 'compile a checkpoint, an exact transform (--n) or front end (--preset) to code that stands alone',
  examples: [
    'compile my-front-end/model.safetensors --tables q24 --out kernel',
    'compile --n 400 --input real --to esm --out kernel',
    'compile --preset kaldi --to c --name kaldi --target cortex-m4f --out firmware',
    `compile --preset whisper --options '{"bank": {"bands": 128}}' --to onnx --name whisper --out models`,
    'compile --istft 512 --hop 128 --to onnx --name istft --out models',
    'compile my-dft/model.safetensors --to wat',
  ],
  flags,
  run,
};
