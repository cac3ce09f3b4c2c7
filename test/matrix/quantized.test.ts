/** Programs with quantised tables compute what the same program computes with the decoded numbers, bit by bit, everywhere. */
import { inferenceGraph } from '../../src/front/graphs.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { describe, expect, it } from 'vitest';
import { viewOf, type Backend } from '../../src/backends/backend.ts';
import { printEsModule } from '../../src/backends/esm.ts';
import { jsBackend } from '../../src/backends/js.ts';
import { encodeModule, printModule } from '../../src/backends/wasm/emitter.ts';
import { wasmBackend, wasmModule } from '../../src/backends/wasm/wasm.ts';
import { tableBytesOf, type Dtype, type Program } from '../../src/compiler/kernel.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { constant, input, type Graph } from '../../src/ir/graph.ts';
import { decodeTable } from '../../src/ir/stored.ts';
import { rows } from '../../src/ir/view.ts';
import { initialize } from '../../src/model/initialize.ts';
import { spectrum, type NetworkSpec } from '../../src/model/network.ts';
import type { Quantization } from '../../src/model/quantization.ts';
import { exactFrontEnd } from '../../src/front/front-end.ts';
import { halfRung, quantize } from '../../src/front/quantize.ts';
import wabtFactory from 'wabt';
import { allBackends, distance, gaussian, network } from '../helpers.ts';

const formats: readonly Quantization[] = [
  { format: 'q8' },
  { format: 'q8', per: 'tensor' },
  { format: 'f16' },
  { format: 'powers-of-two', terms: 1 },
  { format: 'powers-of-two', terms: 3 },
  { format: 'hi-lo' },
  { format: 'hi-lo', hi: 'f16' },
];

const networks: readonly NetworkSpec[] = [
  network(32, { parametrization: 'twiddle', input: 'real', split: 'twiddle' }),
  network(16, { parametrization: 'free', decimation: 'frequency' }),
  network(16, {
    parametrization: 'twiddle',
    gate: { kind: 'skip', mode: 'hard', grain: 'butterfly', threshold: 0.5 },
  }),
];
const lanes = 4;

/** Random parameters as codes; `plain`: as the numbers that the codes decode to. */
function graphs(spec: NetworkSpec, q: Quantization): { coded: Graph; plain: Graph } {
  const start = { ...initialize(spec, 'random', 3) };
  for (const name of Object.keys(start))
    if (name.endsWith('gate')) start[name] = gaussian(start[name].length, 8).map((g) => (g < 0 ? 0 : 1));
  const { provide, values } = quantize(start, q);
  const whole = (own: typeof provide): Graph => {
    const source = {
      re: rows(input('re', [spec.n, lanes]), lanes),
      ...(spec.input === 'complex' ? { im: rows(input('im', [spec.n, lanes]), lanes) } : {}),
    };
    const { re, im } = spectrum(spec, source, { lanes, provide: own });
    return { outputs: { outRe: re, outIm: im } };
  };
  return { coded: whole(provide), plain: whole((name, shape) => constant(shape, values[name])) };
}

/** All outputs after one run on Gaussian inputs. */
function outputsOf(backend: Backend, program: Program): Float64Array[] {
  const e = backend.instantiate(program);
  Object.keys(program.inputs).forEach((name, i) => {
    const view = viewOf(e, name);
    view.set(gaussian(view.length, i));
  });
  e.run();
  const out = Object.keys(program.outputs).map((name) => Float64Array.from(viewOf(e, name)));
  e.dispose();
  return out;
}

const decoded = (program: Program): Program => ({
  ...program,
  stored: new Map(),
  constants: new Map(
    [...program.constants].map(([id, data]) => {
      const table = program.stored.get(id);
      return [id, table ? decodeTable(table) : data];
    }),
  ),
});

describe.each(allBackends)('$name', (backend) => {
  it.each(['f32', 'f64'] as const)('reads parameters as codes, %s', (dtype) => {
    for (const spec of networks)
      for (const q of formats) {
        const { coded, plain } = graphs(spec, q);
        const program = compileGraph(coded, { dtype });
        expect(program.stored.size, 'codes reach the program').toBeGreaterThan(0);
        expect(outputsOf(backend, program), JSON.stringify(q)).toEqual(
          outputsOf(backend, compileGraph(plain, { dtype })),
        );
      }
  });

  it.each(['f32', 'f64'] as const)('reads all tables of a compiled program as codes, %s', (dtype) => {
    const { plain } = graphs(networks[0], { format: 'f16' });
    const program = compileGraph(plain, { dtype });
    const exact = outputsOf(backend, program);
    for (const q of formats) {
      const quantized = quantize(program, q);
      const own = outputsOf(backend, quantized);
      expect(own, JSON.stringify(q)).toEqual(outputsOf(backend, decoded(quantized)));
      // Not the tables it had before, except where f16 meets numbers that are f16 already.
      const difference = distance(own[0], exact[0]);
      if (q.format === 'f16' || q.hi === 'f16') expect(difference).toBe(0);
      else expect(difference).toBeGreaterThan(1e-7);
      expect(difference).toBeLessThan(0.5);
    }
  });
});

/** Lengths of the active data segments of a module, read from its bytes. (Core Specification 2.0, section 5.5.14.) */
function segmentLengths(bytes: Uint8Array): number[] {
  let at = 8;
  const leb = (): number => {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      shift += 7;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const end = leb() + at;
    if (id !== 11) {
      at = end;
      continue;
    }
    return Array.from({ length: leb() }, () => {
      at += 2; // flags, i32.const
      while (bytes[at++] >= 128);
      at++; // end
      const length = leb();
      at += length;
      return length;
    });
  }
  return [];
}

const frontEnd = (dtype: Dtype): Program =>
  compileGraph(inferenceGraph(exactFrontEnd(featureHead())), { dtype });

describe('files', () => {
  it('hold the bytes that are counted, and start as the program does', async () => {
    const program = frontEnd('f32');
    const floats = tableBytesOf(program);
    expect(floats.stored).toBe(floats.working);
    const offsets = floats.stored - [...program.constants.values()].reduce((n, c) => n + 4 * c.length, 0);
    for (const q of formats) {
      const quantized = quantize(program, q);
      const { stored, working } = tableBytesOf(quantized);
      const module = wasmModule(quantized);
      const bytes = encodeModule(module) as Uint8Array<ArrayBuffer>;
      expect(segmentLengths(bytes).reduce((a, b) => a + b)).toBe(stored);
      expect(working).toBe(floats.working);
      const perElement = { q8: 1, f16: 2, 'powers-of-two': q.terms ?? 2, 'hi-lo': q.hi === 'f16' ? 4 : 2 };
      expect(stored - offsets).toBe(((working - offsets) / 4) * perElement[q.format]);
      // The file by itself: only bytes and the engine.
      const { instance } = await WebAssembly.instantiate(bytes, {});
      const memory = new Float32Array((instance.exports.memory as WebAssembly.Memory).buffer);
      const at = (name: string): number => {
        const id = quantized.inputs[name] ?? quantized.outputs[name];
        return quantized.buffers[id].offset;
      };
      const samples = viewOfInput(quantized);
      memory.set(samples, at('samples'));
      (instance.exports.run as (i: number, o: number) => void)(0, 0);
      const { size } = quantized.buffers[quantized.outputs.features];
      expect(memory.slice(at('features'), at('features') + size)).toEqual(
        Float32Array.from(outputsOf(wasmBackend, decoded(quantized))[0]),
      );
    }
  });

  it('print as text that assembles to the same start', async () => {
    const wabt = await wabtFactory();
    const module = wasmModule(quantize(frontEnd('f32'), { format: 'powers-of-two', terms: 2 }));
    const parsed = wabt.parseWat('m.wat', printModule(module, { data: true }), {
      simd: true,
      relaxed_simd: true,
      sat_float_to_int: true,
    });
    parsed.validate();
    expect(parsed.toBinary({}).buffer.length).toBe(encodeModule(module).length);
  });

  it('are ES modules too', async () => {
    const program = compileGraph(inferenceGraph(exactFrontEnd(featureHead())), {
      dtype: 'f32',
      vectors: false,
    });
    const length = program.buffers[program.inputs.samples].size;
    const mels = program.buffers[program.outputs.features].size;
    for (const q of formats) {
      const quantized = quantize(program, q);
      const text = printEsModule(quantized, {
        title: 'test',
        views: [
          { path: 'input.samples', name: 'samples', length },
          { path: 'output.features', name: 'features', length: mels },
        ],
      });
      const { create } = (await import(`data:text/javascript;base64,${btoa(text)}`)) as {
        create: () => {
          input: { samples: Float32Array };
          output: { features: Float32Array };
          run: () => void;
        };
      };
      const front = create();
      front.input.samples.set(viewOfInput(quantized));
      front.run();
      const e = jsBackend.instantiate(decoded(quantized));
      viewOf(e, 'samples').set(viewOfInput(quantized));
      e.run();
      expect(front.output.features, JSON.stringify(q)).toEqual(viewOf(e, 'features'));
    }
  });
});

/** What `outputsOf` gives the input of a front end. */
const viewOfInput = (program: Program): Float64Array =>
  gaussian(program.buffers[program.inputs.samples].size, 0);

describe('nested tables', () => {
  it('are two programs: hi alone is the quantisation of hi, in half the bytes', () => {
    const program = frontEnd('f32');
    const nested = quantize(program, { format: 'hi-lo', hi: 'q8' });
    const half = halfRung(nested);
    const alone = quantize(program, { format: 'q8' });
    expect(tableBytesOf(half)).toEqual(tableBytesOf(alone));
    expect(outputsOf(wasmBackend, half)).toEqual(outputsOf(wasmBackend, alone));
    const exact = outputsOf(wasmBackend, program)[0];
    expect(distance(outputsOf(wasmBackend, nested)[0], exact)).toBeLessThan(
      0.05 * distance(outputsOf(wasmBackend, half)[0], exact),
    );
  });
});
