/**
 * What every cell of an ablation is measured on: the same real signals, the exact spectrum in float64, and the exact kernel,
 * four signals at once, timed in turn with the cell's.
 */
import { viewOf, type Backend, type HostExecutable, type FloatArray } from '../src/backends/backend.ts';
import { encodeModule } from '../src/backends/wasm/emitter.ts';
import { printJavaScript } from '../src/backends/js.ts';
import { wasmBackend, wasmModule } from '../src/backends/wasm/wasm.ts';
import { countPer, tableBytesOf, type Dtype, type Program } from '../src/compiler/kernel.ts';
import { compileGraph } from '../src/compiler/pipeline.ts';
import type { Graph, Tensor } from '../src/ir/graph.ts';
import { input } from '../src/ir/graph.ts';
import { rows } from '../src/ir/view.ts';
import { relativeL2, type ComplexArray } from '../src/numeric/complex.ts';
import { fillGaussian } from '../src/numeric/random.ts';
import { windowByName } from '../src/numeric/window.ts';
import { exactRealTransform } from '../src/plans/feature-graphs.ts';
import { measure, noiseOf, ratioOf } from '../src/plans/measure.ts';
import { percentiles, type Percentiles } from '../src/numeric/percentiles.ts';
import type { Signals } from '../src/distill/transform-spectra.ts';
import { heldOutStream } from '../src/fit/pairs.ts';

/** Signals of one run. */
export const benchLanes = 4;
/** Runs whose spectra one error is taken over. */
const errorRuns = 8;

/** Hann-windowed noise, low frequencies stronger, as recordings have them. */
export const colouredSignals =
  (seed: number): Signals =>
  (stream, re, im) => {
    fillGaussian(re, seed, stream);
    im?.fill(0);
    const lanes = benchLanes;
    const n = re.length / lanes;
    const window = windowByName('hann', n, 'periodic');
    for (let lane = 0; lane < lanes; lane++) {
      let low = 0;
      for (let j = 0; j < n; j++) {
        low = 0.9 * low + re[j * lanes + lane];
        re[j * lanes + lane] = window[j] * low;
      }
    }
  };

/** One variant, ready to run. */
export interface Variant {
  readonly program: Program;
  readonly backend: Backend;
  /** Fused multiply-add where the machine has it. */
  readonly relaxed?: boolean;
}

/** A program of `benchLanes` transforms, [n, lanes] to planar [bins, lanes], spare rows unread. */
export function programOfSpectrum(
  n: number,
  spectrum: (source: ReturnType<typeof rows>) => { readonly re: Tensor; readonly im: Tensor },
  dtype: Dtype = 'f32',
): Program {
  const { re, im } = spectrum(rows(input('re', [n, benchLanes]), benchLanes));
  const graph: Graph = { outputs: { outRe: re, outIm: im } };
  const read = (n / 2 + 1) * benchLanes;
  return compileGraph(graph, { dtype, live: { outRe: read, outIm: read } });
}

/** The exact transform by its fastest plan. */
export const exactProgram = (n: number, dtype: Dtype = 'f32'): Program =>
  programOfSpectrum(
    n,
    (source) => {
      const [re, im] = exactRealTransform(n)(source, benchLanes, 'planar');
      return { re, im };
    },
    dtype,
  );

export class AblationBench {
  readonly n: number;
  readonly signals: Signals;
  private readonly oracle: HostExecutable;
  private readonly exact: HostExecutable;
  constructor(n: number, signals: Signals) {
    this.n = n;
    this.signals = signals;
    this.oracle = wasmBackend.instantiate(exactProgram(n, 'f64'));
    this.exact = wasmBackend.instantiate(exactProgram(n));
  }

  private spectrumBy(e: HostExecutable, signal: FloatArray): ComplexArray {
    // Where every gate is closed no input is read.
    if ('re' in e.program.inputs) viewOf(e, 're').set(signal);
    e.run();
    const length = (this.n / 2 + 1) * benchLanes;
    return {
      re: Float64Array.from(viewOf(e, 'outRe', length)),
      im: Float64Array.from(viewOf(e, 'outIm', length)),
    };
  }

  /** `runs` times four signals [n, 4] of a seed, and their exact spectra; held out, or to fit to. */
  pairs(seed: number, runs: number, held: boolean): { signals: Float64Array[]; exact: ComplexArray[] } {
    const signals = Array.from({ length: runs }, (_, i) => {
      const signal = new Float64Array(this.n * benchLanes);
      this.signals((held ? heldOutStream : 0) + seed * runs + i, signal, null);
      return signal;
    });
    return { signals, exact: signals.map((signal) => this.spectrumBy(this.oracle, signal)) };
  }

  /** Spectra [bins, 4] of signals [n, 4] as a variant computes them. */
  spectra(variant: Variant, signals: readonly FloatArray[]): ComplexArray[] {
    const e = instantiate(variant);
    const out = signals.map((signal) => this.spectrumBy(e, signal));
    e.dispose();
    return out;
  }

  /** Relative L2 error of a variant on signals of a seed: held out, or to fit to. */
  errorOf(variant: Variant, seed: number, held = true): number {
    const { signals, exact } = this.pairs(seed, errorRuns, held);
    return relativeL2(joined(this.spectra(variant, signals)), joined(exact));
  }

  /** Nanoseconds per transform, and over those of the exact kernel in the same round; and what two exact kernels differ by. */
  timesOf(variant: Variant, samples: number): { ns: Percentiles; timeRatio: Percentiles; timeNoise: number } {
    const [e, twin] = [instantiate(variant), wasmBackend.instantiate(this.exact.program)];
    const [own, exact, again] = measure(
      [e, this.exact, twin].map((x, i) => ({ name: String(i), run: () => x.run(), units: benchLanes })),
      { samples, sampleMs: 3, warmupMs: 100 },
    );
    e.dispose();
    twin.dispose();
    return {
      ns: percentiles(own.values),
      timeRatio: ratioOf(own, exact),
      timeNoise: noiseOf(ratioOf(again, exact)),
    };
  }

  dispose(): void {
    this.oracle.dispose();
    this.exact.dispose();
  }
}

const instantiate = ({ program, backend, relaxed }: Variant): HostExecutable =>
  backend.instantiate(program, relaxed ? { relaxed } : {});

const joined = (list: readonly ComplexArray[]): ComplexArray => ({
  re: Float64Array.from(list.flatMap((x) => [...x.re])),
  im: Float64Array.from(list.flatMap((x) => [...x.im])),
});

/** Real operations per transform. */
export function operationsOf({ program }: Variant): number {
  const { mul, add, other } = countPer(program, benchLanes);
  return mul + add + other;
}

/** Bytes of tables as stored, and of the code that stands alone; null for the interpreter, which has none. */
export function bytesOf({ program, backend }: Variant): { tableBytes: number; codeBytes: number | null } {
  const codeBytes =
    backend.name === 'wasm'
      ? encodeModule(wasmModule(program)).length
      : backend.name === 'js'
        ? printJavaScript(program).length
        : null;
  return { tableBytes: tableBytesOf(program).stored, codeBytes };
}
