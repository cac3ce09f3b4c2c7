/** A learned front end as files that need nothing else: one WebAssembly module and a tiny loader. */
import { printEsModule } from '../backends/esm.ts';
import { encodeModule } from '../backends/wasm/emitter.ts';
import { wasmModule } from '../backends/wasm/wasm.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { quantize } from './quantize.ts';
import type { Quantization } from '../model/quantization.ts';
import { framesOfRun, inferenceGraph, type SpectralModel } from './spectral-model.ts';

/** What the loader must know; stored in the module as the custom section `papilio`. */
interface Layout {
  readonly sampleRate: number;
  readonly nFft: number;
  readonly hop: number;
  readonly mels: number;
  readonly framesPerRun: number;
  /** Element offsets in the exported memory, float32. */
  readonly input: number;
  readonly output: number;
}

/** kernel.wasm: exports `memory` and `run(inputShiftBytes, outputShiftBytes)`, which computes `framesPerRun` frames. Tables as codes where wanted. */
export function standaloneModule(model: SpectralModel, tables?: Quantization): Uint8Array {
  const floats = compileGraph(inferenceGraph(model), { dtype: 'f32' });
  const program = tables ? quantize(floats, tables) : floats;
  const { head } = model;
  const layout: Layout = {
    sampleRate: head.sampleRate,
    nFft: head.nFft,
    hop: head.hop,
    mels: head.mels,
    framesPerRun: framesOfRun(model),
    input: program.buffers[program.inputs.samples].offset,
    output: program.buffers[program.outputs.logMel].offset,
  };
  const module = wasmModule(program, true);
  return encodeModule({
    ...module,
    customSections: [{ name: 'papilio', bytes: new TextEncoder().encode(JSON.stringify(layout)) }],
  });
}

/** The front end as one ES module of plain JavaScript: exports logMel(samples) -> Float32Array [frames, mels]. */
export function frontEndModule(model: SpectralModel): string {
  const program = compileGraph(inferenceGraph(model), { dtype: 'f32', vectors: false });
  const { head } = model;
  const framesPerRun = framesOfRun(model);
  const length = (framesPerRun - 1) * head.hop + head.nFft;
  return printEsModule(program, {
    title: `Log-mel front end: ${head.sampleRate} Hz, frames of ${head.nFft} every ${head.hop}, ${head.mels} bands`,
    views: [
      { path: 'input.samples', name: 'samples', length },
      { path: 'output.logMel', name: 'logMel', length: framesPerRun * head.mels },
    ],
    tail: `// Mono samples in [-1, 1] to log10 energies, [frames, ${head.mels}].
const front = create();
export function logMel(samples) {
  const frames = samples.length < ${head.nFft} ? 0 : 1 + Math.floor((samples.length - ${head.nFft}) / ${head.hop});
  const result = new Float32Array(frames * ${head.mels});
  for (let f = 0; f < frames; f += ${framesPerRun}) {
    for (let i = 0; i < ${length}; i++) front.input.samples[i] = samples[f * ${head.hop} + i] ?? 0;
    front.run();
    const count = Math.min(${framesPerRun}, frames - f) * ${head.mels};
    result.set(front.output.logMel.subarray(0, count), f * ${head.mels});
  }
  return result;
}
`,
  });
}

/** kernel.js: an ES module that turns the bytes of kernel.wasm into logMel(samples) -> Float32Array [frames, mels]. */
export const standaloneLoader = `// Loader of kernel.wasm, a log-mel front end compiled by papilio. Needs nothing else.
//   const { logMel } = await load(bytesOfKernelWasm);   // bytes: fetch(...).arrayBuffer() or fs.readFile(...)
//   logMel(samples)  // mono samples in [-1, 1] -> Float32Array [frames, mels] of log10 energies
export async function load(bytes) {
  const module = await WebAssembly.compile(bytes);
  const layout = JSON.parse(new TextDecoder().decode(WebAssembly.Module.customSections(module, 'papilio')[0]));
  const { exports } = await WebAssembly.instantiate(module, {});
  const { nFft, hop, mels, framesPerRun, input, output } = layout;
  const memory = new Float32Array(exports.memory.buffer);
  const block = (framesPerRun - 1) * hop + nFft;
  function logMel(samples) {
    const frames = samples.length < nFft ? 0 : 1 + Math.floor((samples.length - nFft) / hop);
    const result = new Float32Array(frames * mels);
    for (let f = 0; f < frames; f += framesPerRun) {
      for (let i = 0; i < block; i++) memory[input + i] = samples[f * hop + i] ?? 0;
      exports.run(0, 0);
      const count = Math.min(framesPerRun, frames - f) * mels;
      result.set(memory.subarray(output, output + count), f * mels);
    }
    return result;
  }
  return { logMel, ...layout };
}
`;
