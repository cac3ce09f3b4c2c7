/** What papilio does where code may not be made at run time, or where there is the language and nothing else. */
import { runInContext, type Context } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import * as papilio from '../entries.ts';
import { asScript, libraryScript, restrictedScope, type Policy } from './restricted.ts';

let library: string;
beforeAll(async () => {
  library = await libraryScript();
});

/** One call each, as text: it runs here and in the scope. */
const calls: readonly string[] = [
  'p.rfft(x).im',
  'p.irfft(p.rfft(x))',
  'p.fft({ re: x, im: x }).re',
  'p.ifft({ re: x, im: x }).im',
  'p.fft({ re: x.subarray(0, 37), im: x.subarray(0, 37) }).im',
  'p.dct(x)',
  'p.idst(x, 3)',
  'p.welch(x, { nperseg: 64 }).power',
  'p.periodogram(x).power',
  'p.spectrogram(x, { nperseg: 32 }).values',
  'p.stft(x, p.windowByName("hann", 16, "periodic"), 8).re',
  'p.istft(p.stft(x, p.windowByName("hann", 16, "periodic"), 8), p.windowByName("hann", 16, "periodic"), 8)',
  'p.convolve(x, x.subarray(0, 9))',
  'p.circularConvolve(x, x)',
  'p.correlate(x, x.subarray(0, 9))',
  'p.features("papilio", { dtype: "f64" }).run(x).data',
  '(() => { const s = p.stream("papilio", { dtype: "f64" }); s.push(x); return s.frames; })()',
  'p.resample(x, { from: 48000, to: 16000 })',
];
const signal = 'Float64Array.from({ length: 600 }, (_, i) => Math.sin(i * i * 1e-3))';

const evaluate = (text: string, scope: Context): ArrayLike<number> =>
  runInContext(`((p) => { const x = ${signal}; return ${text}; })(papilio)`, scope) as ArrayLike<number>;
const here = (text: string): ArrayLike<number> =>
  new Function('p', `const x = ${signal}; return ${text};`)(papilio) as ArrayLike<number>;

/** Both are float64: only the order of sums and fused products may differ. */
function expectSame(got: ArrayLike<number>, want: ArrayLike<number>): void {
  expect(got.length).toBe(want.length);
  const largest = Math.max(...Array.from(want, Math.abs));
  const off = Array.from(want, (w, i) => Math.abs(got[i] - w));
  expect(Math.max(...off)).toBeLessThanOrEqual(1e-12 * largest);
}

const refused: readonly (readonly [string, Policy])[] = [
  ['no code may be made at run time', {}],
  ['there is no WebAssembly', { strings: true, hasWasm: false }],
  ['there is no WebAssembly and no code from text', { hasWasm: false }],
];

describe.each(refused)('where %s', (_, policy) => {
  let restricted: ReturnType<typeof restrictedScope>;
  beforeAll(() => {
    restricted = restrictedScope([library], policy);
  });

  it('one-call functions run on the interpreter, after one warning that names the way around', () => {
    const { scope, warnings } = restricted;
    // All of them once; that there is one default for all is enough elsewhere.
    const some = policy.hasWasm === false ? calls.slice(0, 3) : calls;
    for (const text of some) expectSame(evaluate(text, scope), here(text));
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toMatch(/^papilio: no WebAssembly in this scope \(.+papilio compile --to esm/);
    expect(warnings[0].includes("backend: 'js' is faster")).toBe(policy.strings === true);
  });

  it('plans tell the truth about their backend, and one that is asked for is refused by name', () => {
    const { scope } = restricted;
    const run = (text: string): unknown => runInContext(text, scope);
    expect(run('papilio.planFftSync({ n: 37 }).report.backend')).toBe('reference');
    expect(run('papilio.planDctSync({ n: 8 }).report.backend')).toBe('reference');
    const attempts = [
      "papilio.planFftSync({ n: 8, backend: 'wasm' })",
      "papilio.planFftSync({ n: 37, backend: 'wasm' })",
      "papilio.planDctSync({ n: 8, backend: 'wasm' })",
      "papilio.features('papilio', { backend: 'wasm' }).run(new Float32Array(600))",
      "papilio.stream('papilio', { backend: 'wasm' })",
      'papilio.compileFrontEnd(papilio.exactFrontEnd(papilio.featureHead()), papilio.wasmBackend)',
      ...(policy.strings ? [] : ["papilio.planFftSync({ n: 8, backend: 'js' })"]),
    ];
    for (const attempt of attempts)
      expect(
        run(`(() => { try { ${attempt}; } catch (e) { return e.name + ': ' + e.message; } })()`),
        attempt,
      ).toMatch(/^UnsupportedError: backend (wasm|js) cannot make code in this scope .+papilio compile/);
    if (policy.strings) expect(run("papilio.planFftSync({ n: 8, backend: 'js' }).report.backend")).toBe('js');
  });

  it('plans peaks with the backends that work, without a clock but the calendar', () => {
    const { scope } = restricted;
    const backend = runInContext(
      `papilio.planPeaks({ sampleRate: 8000, samples: 512, peaks: 1, segments: 1, tones: 10, confidence: 0.5, frequencyError: 8, levelError: 6 }).report.choice.backend`,
      scope,
    );
    expect(policy.strings ? ['js', 'reference'] : ['reference']).toContain(backend);
  });
});

describe('where WebAssembly is all that is allowed, with the language and nothing else', () => {
  it('everything runs on it, without a warning', () => {
    const { scope, warnings } = restrictedScope([library], { wasm: true });
    for (const text of calls) expectSame(evaluate(text, scope), here(text));
    expect(runInContext('papilio.planFftSync({ n: 8 }).report.backend', scope)).toBe('wasm');
    expect(warnings).toEqual([]);
  });
});

describe('modules written ahead of time, with the language and nothing else', () => {
  const model = papilio.exactFrontEnd(papilio.featureHead('papilio', { bank: { bands: 12 } }));
  const samples = Float32Array.from({ length: 1500 }, (_, i) => Math.sin(i * i * 1e-3));
  const frontEnd = papilio.compileFrontEnd(model, papilio.wasmBackend).features(samples);
  const forbidden: Policy = { strings: false, wasm: false };
  const numbers = (x: unknown): number[] => Array.from(x as ArrayLike<number>);

  it('plain JavaScript runs where no code may be made, with the bits of the backend', () => {
    const { scope } = restrictedScope([asScript(papilio.frontEndModule(model))], forbidden);
    expect(numbers(runInContext('features', scope)(samples))).toEqual(numbers(frontEnd));
    const fft = restrictedScope([asScript(papilio.fftModule({ n: 37, dtype: 'f64' }))], forbidden).scope;
    const re = runInContext('k = create(); k.input.re[1] = 1; k.run(); k.output.re', fft);
    numbers(re).forEach((x, k) => expect(x).toBeCloseTo(Math.cos((2 * Math.PI * k) / 37), 14));
  });

  const loaded = async (expression: string, given: object, policy: Policy): Promise<number[]> => {
    const { scope } = restrictedScope([asScript(papilio.standaloneLoader)], policy);
    Object.assign(scope, { given, samples });
    const { features } = (await runInContext(expression, scope)) as { features: (x: unknown) => unknown };
    return numbers(features(samples));
  };
  const bytes = papilio.standaloneModule(model);
  const ready = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);

  it.each([
    ['bytes, with load', 'load(given)', bytes, true],
    ['a buffer, with load', 'load(given)', bytes.slice().buffer, true],
    [
      'a promise of a response, with load',
      'load(given)',
      Promise.resolve(new Response(bytes as Uint8Array<ArrayBuffer>)),
      true,
    ],
    ['bytes, with loadSync', 'loadSync(given)', bytes, true],
    ['a ready module, with load', 'load(given)', ready, false],
    ['a promise of a ready module, with load', 'load(given)', Promise.resolve(ready), false],
    ['a ready module, with loadSync', 'loadSync(given)', ready, false],
  ] as const)('kernel.wasm loads from %s', async (_, expression, given, wasm) => {
    expect(await loaded(expression, given, { wasm })).toEqual(numbers(frontEnd));
  });

  it('the loader of a transform takes ready modules too, and says what else it takes', async () => {
    const { scope } = restrictedScope([asScript(papilio.fftLoader)], forbidden);
    const module = new WebAssembly.Module(papilio.fftWasm({ n: 8 }) as Uint8Array<ArrayBuffer>);
    Object.assign(scope, { module });
    const re = runInContext('k = loadSync(module); k.input.re[0] = 1; k.run(); k.output.re', scope);
    expect(numbers(re)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    for (const wrong of ['undefined', '"kernel.wasm"', '[0, 97]', '{}'])
      await expect(
        runInContext(`load(${wrong}).catch((e) => { throw e.message; })`, scope),
        wrong,
      ).rejects.toBe('expected the bytes of kernel.wasm, a Response or a WebAssembly.Module');
  });

  it('the library writes them there too', () => {
    const { scope } = restrictedScope([library], forbidden);
    const text = runInContext('papilio.fftModule({ n: 60 })', scope);
    expect(text).toBe(papilio.fftModule({ n: 60 }));
    expect(numbers(runInContext('papilio.fftWasm({ n: 60 })', scope))).toEqual(
      numbers(papilio.fftWasm({ n: 60 })),
    );
  });
});
