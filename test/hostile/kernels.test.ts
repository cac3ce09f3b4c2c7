/** Kernels given to compare: every way in which one can be evil is a named failure of its file, and none is a hang. */
import { featureHead } from '../../src/spectral/presets.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { compareCommand } from '../../src/cli/compare.ts';
import { describeKernel, kernelOf, readKernel } from '../../src/cli/kernels.ts';
import { tryKernel } from '../../src/cli/kernel-vetting.ts';
import { exactFrontEnd, standaloneModule } from '../../src/front.ts';
import { fftWasm } from '../../src/compiler.ts';
import { FileFormatError } from '../../src/errors.ts';
import { temporary } from '../cli/helpers.ts';
import { refusal } from '../formats/hostile.ts';
import { runCommand } from './helpers.ts';

const operations = { mul: 1, add: 1, other: 0, loads: 1, stores: 1 };
const transform = { n: 8, input: 'complex', direction: 'forward', norm: 'backward' };
const layout = {
  transform,
  dtype: 'f32',
  input: [
    ['re', 0, 8],
    ['im', 8, 8],
  ],
  output: [
    ['re', 16, 8],
    ['im', 24, 8],
  ],
  count: 1,
  inputStep: 0,
  outputStep: 0,
  operations,
  tableBytes: 0,
};
const head = featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 8 } });

let toWasm: (wat: string) => Uint8Array;
beforeAll(async () => {
  const tools = await wabt();
  toWasm = (wat) => new Uint8Array(tools.parseWat('evil.wat', wat).toBinary({}).buffer);
});

/** A module with a section "papilio" of this text. */
function withSection(module: Uint8Array, text: string): Uint8Array {
  const name = new TextEncoder().encode('papilio');
  const body = [name.length, ...name, ...new TextEncoder().encode(text)];
  const size = [(body.length & 0x7f) | 0x80, ((body.length >> 7) & 0x7f) | 0x80, body.length >> 14];
  return Uint8Array.from([...module, 0, ...size, ...body]);
}
const run = '(func (export "run") (param i32 i32))';
const memory = '(memory (export "memory") 1)';
const module = (...parts: string[]): string => `(module ${parts.join(' ')})`;
const plain = module(memory, run);
const text = JSON.stringify(layout);
const changed = (change: object): string => JSON.stringify({ ...layout, ...change });

describe('what a module says is read before it runs', () => {
  it.each<[string, string, string | null, RegExp]>([
    ['no section', plain, null, /no section "papilio"/],
    ['bad JSON', plain, '{', /no JSON/],
    ['null', plain, 'null', /compiled by an older papilio/],
    ['deep JSON', plain, '['.repeat(5000), /nested more than 64 deep/],
    ['imports', module('(import "env" "f" (func))', memory, run), text, /imports "env\.f"/],
    ['no memory', module(run), text, /exports no memory/],
    ['no run', module(memory), text, /exports no function run/],
    ['4 GiB of memory', module('(memory (export "memory") 65536)', run), text, /65536 pages of memory/],
    ['negative output', plain, changed({ output: [['re', -64, 8]] }), /output\[0\]: expected a place/],
    ['no ends', plain, changed({ input: [] }), /input: expected a list of at least 1/],
    ['a null transform', plain, changed({ transform: null }), /transform: expected an object/],
    ['operations that are none', plain, changed({ operations: { mul: 'x' } }), /operations\.mul: expected/],
  ])('%s', (_, wat, section, message) => {
    const bytes = section === null ? toWasm(wat) : withSection(toWasm(wat), section);
    expect(refusal((name) => describeKernel(bytes, name))).toMatch(message);
  });

  it('bytes that are no module, or a part of one', () => {
    const bytes = fftWasm({ n: 8 });
    for (const part of [new Uint8Array(0), Uint8Array.of(1, 2, 3), bytes.slice(0, 40), bytes.slice(0, -20)])
      refusal((name) => describeKernel(part, name));
  });

  it.each([
    [{ resultsPerRun: 1e9 }, /has numbers at|does not fit|memory/],
    [{ resultsPerRun: 0 }, /resultsPerRun is 0/],
    [{ width: 1e6 }, /width is 1000000; expected 8/],
    [{ length: 5 }, /length is 5; expected 64/],
    [{ output: -5 }, /output: expected a place/],
    [{ head: null }, /head: expected an object/],
    [{ head: { ...head, hop: 0 } }, /hop is 0/],
  ])('front ends that say %j', async (change, message) => {
    const own = standaloneModule(exactFrontEnd(head));
    const described = describeKernel(own, 'own.wasm');
    const bytes = withSection(toWasm(plain), JSON.stringify({ ...described.layout, ...change }));
    await expect(
      (async () => {
        const { module, places } = describeKernel(bytes, 'evil.wasm');
        await tryKernel(module, places, 'evil.wasm');
      })(),
    ).rejects.toThrow(message);
  });
});

describe('what a module does is tried in a thread of its own', () => {
  const loop = '(loop $l (br $l))';
  it.each([
    [
      'an endless start',
      module(memory, run, `(func $s ${loop})`, '(start $s)'),
      /does not end within 0\.5 s/,
    ],
    [
      'an endless run',
      module(memory, `(func (export "run") (param i32 i32) ${loop})`),
      /does not end within/,
    ],
    ['a start that traps', module(memory, run, '(func $s unreachable)', '(start $s)'), /ends at its start/],
    ['a run that traps', module(memory, '(func (export "run") (param i32 i32) unreachable)'), /ends in run/],
    [
      'a run without end of calls',
      module(memory, '(func $f (export "run") (param i32 i32) (call $f (i32.const 0) (i32.const 0)))'),
      /ends in run/,
    ],
    [
      'a memory that grows',
      module(memory, '(func (export "run") (param i32 i32) (drop (memory.grow (i32.const 1))))'),
      /changes the size of its memory/,
    ],
    [
      'NaN',
      module(memory, '(func (export "run") (param i32 i32) (f32.store (i32.const 64) (f32.const nan)))'),
      /gives NaN for a plain signal/,
    ],
    ['a memory too small', module('(memory (export "memory") 0)', run), /of a memory of 0/],
  ])('%s', async (_, wat, message) => {
    const { module, places } = describeKernel(withSection(toWasm(wat), text), 'evil.wasm');
    // Endless ones need not be waited for long; the others end by themselves.
    const limit = /not end/.test(message.source) ? 500 : 60_000;
    const error: unknown = await tryKernel(module, places, 'evil.wasm', limit).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FileFormatError);
    expect((error as Error).message).toMatch(message);
  });

  it('and a good one is compared', async () => {
    const folder = temporary();
    const good = join(folder, 'kernel.wasm');
    writeFileSync(good, fftWasm({ n: 8 }));
    expect((await readKernel(good)).layout).toHaveProperty('transform');
    expect(kernelOf(fftWasm({ n: 16, dtype: 'f64' }), 'x').memory).toBeInstanceOf(Float64Array);
    const evil = join(folder, 'evil.wasm');
    writeFileSync(evil, withSection(toWasm(plain), changed({ output: [['re', -64, 8]] })));
    const run = await runCommand(compareCommand, [good, evil]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/evil\.wasm: section "papilio"\.output\[0\]: expected a place/);
  });
});
