/** The recipe of docs/worklet.md runs as it stands, in a scope with the language and what audio worklets add to it. */
import { readFileSync } from 'node:fs';
import { runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { fftLoader, fftModule, fftWasm } from '../../src/compiler.ts';
import { asScript, restrictedScope } from './restricted.ts';

const recipe = readFileSync(new URL('../../docs/worklet.md', import.meta.url), 'utf8');
const code = (name: string): string => {
  const found = new RegExp(`\`\`\`js ${name}\\n([\\s\\S]+?)\`\`\``).exec(recipe)?.[1];
  if (!found) throw new Error(`docs/worklet.md has no code "${name}"`);
  return found;
};

/** What AudioWorkletGlobalScope has besides the language. */
const worklet = `
class AudioWorkletProcessor { constructor() { this.port = { postMessage: (data) => posted.push(data) }; } }
function registerProcessor(name, processor) { processors[name] = processor; }`;

interface Processor {
  process(inputs: readonly (readonly Float32Array[])[]): boolean;
}

function levels(kernel: string, source: string, processorOptions: object): ArrayLike<number>[] {
  const { scope } = restrictedScope([], { strings: false, wasm: false });
  const posted: ArrayLike<number>[] = [];
  const processors: Record<string, new (options: object) => Processor> = {};
  Object.assign(scope, { posted, processors });
  for (const script of [worklet, asScript(kernel), source.replace(/^import .*$/m, '')])
    runInContext(script, scope);
  const processor = new processors['spectrum']({ processorOptions });
  expect(processor.process([[]])).toBe(true);
  const tone = Float32Array.from({ length: 2048 }, (_, i) => Math.cos((2 * Math.PI * 64 * i) / 1024));
  for (let at = 0; at < tone.length; at += 128) processor.process([[tone.slice(at, at + 128)]]);
  return posted;
}

function expectTone(posted: ArrayLike<number>[]): void {
  expect(posted.length).toBe(2);
  for (const spectrum of posted) {
    expect(spectrum.length).toBe(513);
    // |X| of a cosine of amplitude 1 is n / 2.
    expect(spectrum[64]).toBeCloseTo(20 * Math.log10(512), 4);
    // The rest is rounding: 24 bits below, spread over the bins.
    Array.from(spectrum).forEach((x, k) => k === 64 || expect(x).toBeLessThan(spectrum[64] - 120));
  }
}

describe('docs/worklet.md', () => {
  it('a kernel that the page compiled', () => {
    const module = new WebAssembly.Module(fftWasm({ n: 1024, input: 'real' }) as Uint8Array<ArrayBuffer>);
    expectTone(levels(fftLoader, code('processor'), { module }));
  });

  it('plain JavaScript where the policy forbids WebAssembly', () => {
    const text = code('processor').replace('loadSync(processorOptions.module)', 'create()');
    expect(text).toContain('this.fft = create()');
    expectTone(levels(fftModule({ n: 1024, input: 'real' }), text, {}));
  });
});
