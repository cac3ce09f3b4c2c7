/** A learned front end as files that need nothing else: one WebAssembly module and a tiny loader. */
import { inferenceGraph } from './graphs.ts';
import type { NormalizeOptions } from '../numeric/normalize.ts';
import type { PaddingMode } from '../numeric/padding.ts';
import { cepstrumOf, headWidth } from '../spectral/banks.ts';
import { paddingOf } from '../spectral/features.ts';
import { fewestFrames, needsClip, samplesBefore, spareSamples, type HeadConfig } from '../spectral/head.ts';
import { layoutSection, loaderText, loaderTypes } from '../backends/loader.ts';
import { printEsModule } from '../backends/esm.ts';
import { encodeModule } from '../backends/wasm/emitter.ts';
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import { wasmModule } from '../backends/wasm/wasm.ts';
import {
  countPer,
  tableBytesOf,
  type AnyProgram,
  type OperationCount,
  type Program,
} from '../compiler/kernel.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { largestSampleOf, requireHeldNumbers } from '../plans/features.ts';
import { tableCoder, type TableQuantization } from './quantize.ts';
import { framingOf, requireTrainable } from './spectral-head.ts';
import { framesOfRun, resultsOfRun, type FrontEnd } from './front-end.ts';
import { validateFrontEnd } from './validate.ts';

/** How a signal is walked: which samples stand where, how many results there are, and what is done behind them. */
interface Along {
  /** Samples of padding before the first result, and what is added to the samples for floor(samples / advance) results. */
  readonly before: number;
  readonly spare: number;
  /** Results of any samples at all; 0 where it is not there. */
  readonly fewest?: number;
  /** Of a pre-emphasis over the signal; 0 where it is not there. */
  readonly emphasis?: number;
  /** Samples to which a clip is cut or zero padded first; null: as it is. */
  readonly fit: number | null;
  readonly padding: PaddingMode;
  /** What has to know the clip: a range below its largest level, levels relative to that, an affine map. */
  readonly clip:
    (Pick<HeadConfig, 'affine'> & { readonly range: number | null; readonly relative: boolean }) | null;
  /** A normalisation over the results, and the affine map behind it. */
  readonly normalize?: NormalizeOptions & Pick<HeadConfig, 'affine'>;
}

function alongOf(head: HeadConfig): Along {
  const framing = framingOf(head);
  const { log, affine, signalPreEmphasis: emphasis = 0 } = head;
  const fewest = fewestFrames(framing);
  const { deltas = null, normalize = null } = head;
  if (deltas) throw new UnsupportedError('deltas in a kernel; expected deltas null');
  if (needsClip(head) && cepstrumOf(head))
    throw new UnsupportedError(
      'a cepstrum of levels that depend on the whole clip in a kernel; expected log.range null and a fixed reference',
    );
  return {
    before: samplesBefore(framing),
    spare: spareSamples(framing),
    ...(fewest > 0 ? { fewest } : {}),
    ...(emphasis !== 0 ? { emphasis: Math.fround(emphasis) } : {}),
    fit: framing.fit,
    padding: paddingOf(framing),
    clip:
      log && needsClip(head)
        ? { range: log.range, relative: log.reference === 'max', affine: normalize ? null : affine }
        : null,
    ...(normalize ? { normalize: { ...normalize, affine } } : {}),
  };
}

/** What the loader must know; stored in the module as the custom section `papilio`. */
export interface FrontEndLayout {
  readonly sampleRate: number;
  readonly nFft: number;
  readonly hop: number;
  /** Numbers per result. */
  readonly width: number;
  /** Samples that a result reads, and from one result to the next. */
  readonly length: number;
  readonly advance: number;
  readonly resultsPerRun: number;
  /** Samples must be finite and below this, so that their powers are. */
  readonly limit: number;
  readonly along: Along;
  /** Element offsets in the exported memory, float32. */
  readonly input: number;
  readonly output: number;
  /** What it computes, and what that costs: per frame, counted from the program. */
  readonly head: HeadConfig;
  readonly operations: OperationCount;
  readonly tableBytes: number;
}

/**
 * The program of a model. Throws InvalidArgumentError for features that do not depend on the samples, every band empty, and for heads
 * whose results are more than numbers of single frames and their levels (complex spectra, descriptors, medians).
 */
function programOf(model: FrontEnd): Program {
  validateFrontEnd(model);
  requireTrainable(model.head);
  requireHeldNumbers(model.head, 'f32');
  const program = compileGraph(inferenceGraph(model), { dtype: 'f32' });
  requireReadSamples(program);
  return program;
}

/** Throws InvalidArgumentError for a program that reads no samples: every band is empty. */
export function requireReadSamples({ inputs }: AnyProgram): void {
  if (!('samples' in inputs))
    throw new InvalidArgumentError(
      'the features are the same for all samples; expected bands that hold a bin at nFft',
    );
}

/** kernel.wasm: exports `memory` and `run(inputShiftBytes, outputShiftBytes)`, which computes `resultsPerRun` results (frames, or averages of clips). Tables as codes where wanted. */
export function standaloneModule(model: FrontEnd, tables?: TableQuantization): Uint8Array {
  const coded = tables === undefined ? null : tableCoder(tables);
  const floats = programOf(model);
  const program = coded ? coded(floats) : floats;
  const { head } = model;
  const { nFft: length, hop: advance } = framingOf(head);
  const layout: FrontEndLayout = {
    sampleRate: head.sampleRate,
    nFft: head.nFft,
    hop: head.hop,
    width: headWidth(head),
    length,
    advance,
    resultsPerRun: resultsOfRun(model),
    limit: largestSampleOf(head, 'f32'),
    along: alongOf(head),
    input: program.buffers[program.inputs.samples].offset,
    output: program.buffers[program.outputs.features].offset,
    head,
    operations: countPer(program, framesOfRun(model)),
    tableBytes: tableBytesOf(program).stored,
  };
  return encodeModule({ ...wasmModule(program), customSections: [layoutSection(layout)] });
}

/** Text of a function that walks over a signal, with `along` and the layout's numbers in scope. */
const walk = (result: string, body: { read: string; run: string; from: (to: string) => string }): string => `
  const { before, spare, fewest = 0, emphasis = 0, fit, padding, clip, normalize } = along;
  const n = fit ?? samples.length;
  const results = samples.length < 1 ? 0 : Math.max(fewest, Math.floor((n + spare) / advance));
  const block = (resultsPerRun - 1) * advance + length;
  const ${result} = new Float32Array(results * width);
  const period = padding === 'reflect' ? Math.max(1, 2 * n - 2) : 2 * n;
  // The sample that stands at position i, as numpy.pad has it; -1 for zero.
  const source = (i) => {
    if (i >= 0 && i < n) return i;
    if (padding === 'constant') return -1;
    if (padding === 'edge') return i < 0 ? 0 : n - 1;
    const at = ((i % period) + period) % period;
    return at < n ? at : (padding === 'reflect' ? period : period - 1) - at;
  };
  for (let r = 0; r < results; r += resultsPerRun) {
    for (let i = 0; i < block; i++) {
      const at = source(r * advance + i - before), x = samples[at] ?? 0;
      if (!(Math.abs(x) < limit)) throw new RangeError('sample ' + at + ' is ' + x + '; expected a finite number below ' + limit);
      ${body.read} = emphasis === 0 ? x : Math.fround(x) - Math.fround(emphasis * Math.fround(samples[at - 1] ?? 0));
    }
    ${body.run};
    const count = Math.min(resultsPerRun, results - r) * width;
    ${result}.set(${body.from('count')}, r * width);
  }
  if (clip) {
    const { fround } = Math;
    const top = ${result}.reduce((a, b) => Math.max(a, b), -Infinity);
    const least = clip.range === null ? -Infinity : fround(top - fround(clip.range));
    ${result}.forEach((x, i) => {
      const level = clip.relative ? fround(Math.max(x, least) - top) : Math.max(x, least);
      ${result}[i] = clip.affine ? fround(fround(level * fround(clip.affine.multiply)) + fround(clip.affine.add)) : level;
    });
  }
  if (!normalize) return ${result};
  // Mean and deviation over the results: of each number by itself, or of all.
  const { mean, deviation, ddof, offset, varianceOffset, over, affine } = normalize;
  const groups = over === 'clip' ? 1 : width, per = ${result}.length / groups;
  if (deviation && ddof === 1 && per === 1) throw new RangeError('one result has no deviation; expected more samples');
  const means = new Float64Array(groups), squares = new Float64Array(groups);
  ${result}.forEach((x, i) => { means[i % groups] += x / per; });
  ${result}.forEach((x, i) => { squares[i % groups] += (x - means[i % groups]) ** 2; });
  return ${result}.map((x, i) => {
    const g = i % groups, centred = mean ? x - means[g] : x;
    const normal = deviation ? centred / (Math.sqrt(squares[g] / (per - ddof) + varianceOffset) + offset) : centred;
    return affine ? affine.multiply * normal + affine.add : normal;
  });`;

/** The front end as one ES module of plain JavaScript: exports features(samples) -> Float32Array [results, width], the bits of kernel.wasm. */
export function frontEndModule(model: FrontEnd): string {
  const program = programOf(model);
  const { head } = model;
  const [perRun, width] = [resultsOfRun(model), headWidth(head)];
  const { nFft: length, hop: advance } = framingOf(head);
  return printEsModule(program, {
    title: `Front end: ${head.sampleRate} Hz, frames of ${head.nFft} every ${head.hop}, ${width} numbers
  import { features } from './kernel.mjs';
  features(samples)  // mono samples in [-1, 1] -> Float32Array [results, ${width}]: a result per frame, or per clip`,
    views: [
      { path: 'input.samples', name: 'samples', length: (perRun - 1) * advance + length },
      { path: 'output.features', name: 'features', length: perRun * width },
    ],
    tail: `// Mono samples in [-1, 1] to [results, ${width}], a result every ${advance} samples.
const front = create();
const [length, advance, resultsPerRun, width, limit] = [${length}, ${advance}, ${perRun}, ${width}, ${largestSampleOf(head, 'f32')}];
const along = ${JSON.stringify(alongOf(head))};
export function features(samples) {${walk('result', {
      read: 'front.input.samples[i]',
      run: 'front.run()',
      from: (to) => `front.output.features.subarray(0, ${to})`,
    })}
}
`,
  });
}

const frontEndLoader = (): string =>
  loaderText(
    'Loader of kernel.wasm, a front end compiled by papilio. Needs nothing else.',
    `//   import { load } from './kernel.js';
//   const { features } = await load(source);
//   features(samples)  // mono samples in [-1, 1] -> Float32Array [results, width]: a result per frame, or per clip`,
    `  const { length, advance, width, resultsPerRun, limit, along, input, output } = layout;
  const memory = new Float32Array(exports.memory.buffer);
  function features(samples) {${walk('result', {
    read: 'memory[input + i]',
    run: 'exports.run(0, 0)',
    from: (to) => `memory.subarray(output, output + ${to})`,
  }).replaceAll('\n', '\n  ')}
  }
  return { features, ...layout };`,
  );

/** kernel.js: an ES module that turns kernel.wasm into features(samples) -> Float32Array [results, width]. */
export const standaloneLoader: string = /* @__PURE__ */ frontEndLoader();

/** kernel.d.ts, beside `standaloneLoader`. */
export const standaloneTypes = /* @__PURE__ */ loaderTypes(
  'FrontEnd',
  `export interface FrontEnd {
  /** Mono samples in [-1, 1] to [results, width]: a result per frame, or per clip. */
  features(samples: ArrayLike<number>): Float32Array;
  /** Hz */
  readonly sampleRate: number;
  readonly nFft: number;
  /** Samples from one frame to the next. */
  readonly hop: number;
  /** Numbers per result. */
  readonly width: number;
  /** Samples that a result reads, and from one result to the next. */
  readonly length: number;
  readonly advance: number;
  readonly resultsPerRun: number;
  /** Samples must be finite and below this, so that their powers are: features throws RangeError. */
  readonly limit: number;
  /** What it computes. */
  readonly head: object;
}`,
);

/** kernel.d.mts, beside `frontEndModule`. */
export const frontEndTypes = `// Types of kernel.mjs, written by papilio.
/** Mono samples in [-1, 1] to [results, width]: a result per frame, or per clip. */
export function features(samples: ArrayLike<number>): Float32Array;
/** One block of results at a time, with memory of its own. */
export function create(): {
  readonly input: { readonly samples: Float32Array };
  readonly output: { readonly features: Float32Array };
  run(): void;
};
`;
