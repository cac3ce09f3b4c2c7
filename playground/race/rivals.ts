/** The others, each by its own fastest way: buffers of its own, made before. */
import createPffft from '@echogarden/pffft-wasm/simd';
import { defaultDevice, init, jit, numpy, type Array as Tensor } from '@jax-js/jax';
import FFT from 'fft.js';
import pffftWasm from 'pffft.wasm?url&inline';
import { errorsOf, pairsOf, realParts, type Contestant, type Course } from './contestant.ts';

type Rival = (course: Course) => Contestant | null;

const fftJs: Rival = ({ x, input, bins }) => {
  const n = x.length / 2;
  if (!Number.isInteger(Math.log2(n))) return null;
  const fft = new FFT(n);
  const out = fft.createComplexArray();
  const own = input === 'real' ? [...realParts(x)] : [...x];
  return {
    name: 'fft.js, float64, JavaScript',
    allowed: errorsOf.f64,
    run: input === 'real' ? () => fft.realTransform(out, own) : () => fft.transform(out, own),
    result: () => Float64Array.from(out.slice(0, 2 * bins)),
  };
};

/** 2^a 3^b 5^c points, multiples of 32 where they are real, else of 16. A real spectrum has bin n/2 in the place of Im X[0]. */
async function pffft(): Promise<Rival> {
  const wasmBinary = Uint8Array.from(atob(pffftWasm.slice(pffftWasm.indexOf(',') + 1)), (c) =>
    c.charCodeAt(0),
  );
  const module = await createPffft({ wasmBinary });
  return ({ x, input, bins }) => {
    const n = x.length / 2;
    if (n % (input === 'real' ? 32 : 16) !== 0) return null;
    const samples = input === 'real' ? realParts(x) : x;
    const setup = module._pffft_new_setup(n, input === 'real' ? 0 : 1);
    const [from, to, work] = [0, 1, 2].map(() => module._pffft_aligned_malloc(4 * samples.length));
    module.HEAPF32.set(samples, from / 4);
    return {
      name: 'pffft-wasm, float32, WebAssembly',
      allowed: errorsOf.f32,
      run: () => module._pffft_transform_ordered(setup, from, to, work, 0),
      result() {
        const out = Float64Array.from(module.HEAPF32.subarray(to / 4, to / 4 + samples.length));
        if (input === 'complex') return out;
        const spectrum = new Float64Array(2 * bins);
        spectrum.set(out);
        [spectrum[1], spectrum[n]] = [0, out[1]];
        return spectrum;
      },
    };
  };
}

/** Jitted, in WebAssembly; a transform is done when its numbers are read. */
async function jaxJs(): Promise<Rival> {
  await init('wasm');
  defaultDevice('wasm');
  const ofComplex = jit((re: Tensor, im: Tensor) => {
    const { real, imag } = numpy.fft.fft({ real: re, imag: im });
    return [real, imag];
  });
  const ofReal = jit((re: Tensor) => {
    const { real, imag } = numpy.fft.rfft(re);
    return [real, imag];
  });
  return ({ x, input, bins }) => {
    const [re, im] = [0, 1].map((part) =>
      numpy.array(Float32Array.from({ length: x.length / 2 }, (_, i) => x[2 * i + part])),
    );
    let out: ArrayLike<number>[] = [];
    return {
      name: 'jax-js, float32, WebAssembly',
      allowed: errorsOf.f32,
      run() {
        const parts = input === 'real' ? ofReal(re.ref) : ofComplex(re.ref, im.ref);
        out = parts.map((part) => part.dataSync());
      },
      result: () => pairsOf(out[0], out[1], bins),
    };
  };
}

let all: Promise<Rival[]> | null = null;

/** Those that have the size. */
export async function rivals(course: Course): Promise<Contestant[]> {
  const known = await (all ??= Promise.all([fftJs, pffft(), jaxJs()]));
  return known.flatMap((rival) => rival(course) ?? []);
}
