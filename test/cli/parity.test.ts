/** papilio parity as a user runs it: the probe, everything that a run writes, and what is refused before anything is written. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { aloneText, pairsOf, readTensors } from '../../src/cli/parity-files.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { decodeFrontEnd } from '../../src/files.ts';
import { exactFrontEnd, frontEndOnnx } from '../../src/front.ts';
import { featureHead, features, type HeadConfig } from '../../src/index.ts';
import { encodeNpy } from '../../src/formats/npy.ts';
import { decodeWav, encodeWav } from '../../src/formats/wav.ts';
import { gaussian } from '../helpers.ts';
import { runLine } from '../hostile/helpers.ts';
import { temporary } from './helpers.ts';

const folder = temporary();
const file = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

/** An archive as numpy.savez_compressed writes it. */
function zipOf(members: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(members)) {
    const packed = deflateRawSync(bytes);
    const local = Buffer.alloc(30 + name.length);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt16LE(name.length, 26);
    local.write(name, 30);
    const central = Buffer.alloc(46 + name.length);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(bytes.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(at, 42);
    central.write(name, 46);
    parts.push(local, packed);
    directory.push(central);
    at += local.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

describe('tensors of files', () => {
  const array = encodeNpy(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);

  it('reads npz and csv, and finds them by the names of clips', () => {
    const archive = readTensors(file('all.npz', zipOf({ 'b.npy': array, 'a.npy': array })));
    expect(archive.map((t) => t.name)).toEqual(['b', 'a']);
    expect([...(archive[0].data as Float64Array)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(pairsOf(['x/a.wav', 'x/b.wav'], archive).tensors.map((t) => t.name)).toEqual(['a', 'b']);
    expect(() => pairsOf(['x/c.wav', 'x/d.wav'], archive)).toThrow(InvalidArgumentError);
    expect(() => pairsOf(['x/c.wav', 'x/d.wav'], archive)).toThrow(
      /c\.wav: no tensor is called "c"; there are b, a/,
    );
    const [table] = readTensors(file('table.csv', 'one,two\n1,2\n3,4.5\n'));
    expect(table).toMatchObject({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 4.5) });
  });

  it('goes on with the clips that have features, and names the others', () => {
    const archive = readTensors(file('two.npz', zipOf({ 'b.npy': array, 'a.npy': array })));
    const some = pairsOf(['x/c.wav', 'x/b.wav'], archive);
    expect(some.clips).toEqual(['x/b.wav']);
    expect(some.tensors.map((t) => t.name)).toEqual(['b']);
    expect(aloneText(some)).toBe('left out: no features of x/c.wav; no clips of the tensors a');
    expect(aloneText(pairsOf(['x/a.wav', 'x/b.wav'], archive))).toBe(null);
    // A tensor of one clip, of all clips, and of another name.
    const [one] = archive;
    expect(pairsOf(['x/a.wav', 'x/b.wav'], [one])).toMatchObject({
      clips: ['x/b.wav'],
      clipsAlone: ['x/a.wav'],
    });
    const all = { ...one, shape: [2, 3, 1] };
    for (const tensor of [all, { ...one, name: 'z' }])
      expect(pairsOf(['x/a.wav', 'x/b.wav'], [tensor]).clips).toEqual(['x/a.wav', 'x/b.wav']);
  });

  it('names what is damaged', () => {
    const archive = zipOf({ 'b.npy': array });
    expect(() => readTensors(file('cut.npz', archive.slice(0, 40)))).toThrow(/cut\.npz: no archive/);
    const bent = archive.slice();
    bent.fill(0xff, 40, 60);
    expect(() => readTensors(file('bent.npz', bent))).toThrow(/bent\.npz: b\.npy/);
    expect(() => readTensors(file('rows.csv', '1,2\n3\n'))).toThrow(
      /rows\.csv: row 2 is no row of 2 numbers/,
    );
    expect(() => readTensors(file('x.bin', 'x'))).toThrow(/expected a \.npy/);
  });
});

it('writes probes, and three lines of Python that a front end is put into', async () => {
  const out = join(folder, 'a probe');
  const run = await runLine(['parity', '--probe', '--rate', '8000', '--out', out]);
  expect(run).toMatchObject({ code: 0 });
  const [long, short] = ['probe.wav', 'probe-short.wav'].map((name) =>
    decodeWav(readFileSync(join(out, name)), name),
  );
  expect([long.samples.length, long.sampleRate]).toEqual([32000, 8000]);
  expect([short.samples.length, short.sampleRate]).toEqual([1099, 8000]);
  const python = readFileSync(join(out, 'probe.py'), 'utf8');
  expect(python.trim().split('\n')).toHaveLength(3);
  expect(run.stdout).toContain(python);
  expect(run.stdout).toContain(`papilio parity --audio '${out}' --features '${out}'`);
});

/** Clips of three lengths, and what a front end makes of them. */
function exampleFolders(name: string, head: HeadConfig): string[] {
  const [clips, tensors] = ['clips', 'features'].map((part) => join(folder, name, part));
  for (const path of [clips, tensors]) mkdirSync(path, { recursive: true });
  const extractor = features(head, { dtype: 'f64' });
  for (let c = 0; c < 3; c++) {
    const samples = Float32Array.from(gaussian(20000 + 1111 * c, 3 + c), (x, i) => {
      const rhythm = 0.001 + Math.max(0, Math.sin(i / (900 + 300 * c))) ** 2;
      return 0.1 * rhythm * (x + 3 * Math.sin(i * (0.1 + 0.05 * c + 2e-6 * i)));
    });
    writeFileSync(join(clips, `clip${c}.wav`), encodeWav(samples, 16000, { format: 'float32' }));
    const { data, frames, width } = extractor.run(samples);
    writeFileSync(join(tensors, `clip${c}.npy`), encodeNpy(Float32Array.from(data), [frames, width]));
  }
  return [clips, tensors];
}

it('finds a front end, and writes settings, code, a checkpoint, ONNX and a page', async () => {
  const head = featureHead('gigaam', { windowKind: 'symmetric', log: { floor: 1e-30 } });
  const [clips, tensors] = exampleFolders('found', head);
  // A clip more than features.
  writeFileSync(join(clips, 'spare.wav'), encodeWav(new Float32Array(4000).fill(0.1), 16000));
  const out = join(folder, 'found', 'parity');
  const args = ['parity', '--audio', clips, '--features', tensors, '--out', out, '--seconds', '300'];
  const run = await runLine([...args, '--preset', 'gigaam', '--json', join(out, 'found.json')]);
  expect(run).toMatchObject({
    code: 0,
    stderr: `left out: no features of ${join(clips, 'spare.wav')}\n`,
  });
  expect(run.stdout).toMatch(
    /The front end is found: .*\nFirst of all, your window is symmetric; gigaam's is periodic\./,
  );
  expect(run.stdout).toMatch(/Your clips never reach the floor: none, .*; add silence, or run the probe\./);

  const json = JSON.parse(readFileSync(join(out, 'found.json'), 'utf8')) as Record<string, unknown>;
  expect(json).toMatchObject({ verdict: 'exact', noise: null, learned: null, preset: 'gigaam' });
  expect(json['undecided']).toMatchObject([{ stage: 'floor' }]);
  const found = JSON.parse(readFileSync(join(out, 'head.json'), 'utf8')) as HeadConfig;
  expect(found).toMatchObject({ windowKind: 'symmetric', nFft: 320, hop: 160 });

  const code = readFileSync(join(out, 'features.mjs'), 'utf8');
  const [, call] = /export const head = ([^;]+);/.exec(code) ?? [];
  const made = new Function('featureHead', `return ${call}`)(featureHead) as HeadConfig;
  expect(made).toMatchObject({ ...found, padding: made.padding, placement: made.placement });

  const model = join(out, 'model.safetensors');
  expect(decodeFrontEnd(readFileSync(model)).head).toEqual(found);
  const onnx = frontEndOnnx(exactFrontEnd(found), { name: 'parity' }).bytes;
  expect(Buffer.from(onnx).equals(readFileSync(join(out, 'model.onnx')))).toBe(true);
  const page = readFileSync(join(out, 'report.html'), 'utf8');
  expect(page.match(/data:image\/png/g)).toHaveLength(3);
  expect(page).toContain('class="plot"');

  // The commands that it prints.
  const kernel = join(folder, 'found', 'kernel');
  expect(run.stdout).toContain(`papilio compile ${model} --to esm --out kernel`);
  expect(await runLine(['compile', model, '--to', 'esm', '--out', kernel])).toMatchObject({ code: 0 });
  expect(readdirSync(kernel)).toContain('kernel.mjs');
}, 120000);

describe('bad input is exit 2 with one line, and nothing is written', () => {
  const clips = join(folder, 'clips');
  const empty = join(folder, 'empty');
  for (const path of [clips, empty]) mkdirSync(path);
  const a = join(clips, 'a.wav');
  const noise = gaussian(16000, 1).map((x) => 0.1 * x);
  writeFileSync(a, encodeWav(noise, 16000));
  const npy = (name: string, shape: number[], at: (i: number) => number = (i) => Math.sin(i)): string =>
    file(
      name,
      encodeNpy(
        Float32Array.from({ length: shape.reduce((x, y) => x * y, 1) }, (_, i) => at(i)),
        shape,
      ),
    );
  const tensor = npy('a.npy', [98, 40]);
  const two = join(folder, 'two');
  mkdirSync(two);
  for (const name of ['a', 'b']) writeFileSync(join(two, `${name}.wav`), encodeWav(noise, 16000));
  const others = join(folder, 'others');
  mkdirSync(others);
  for (const name of ['x', 'y'])
    writeFileSync(join(others, `${name}.npy`), encodeNpy(new Float32Array(8), [4, 2]));
  const out = join(folder, 'none');

  it.each([
    [['--features', tensor], /no --audio given/],
    [['--audio', clips], /no --features given/],
    [['--audio', join(folder, 'nowhere'), '--features', tensor], /nowhere: no such file or folder/],
    [['--audio', empty, '--features', tensor], /empty: no recordings in this folder/],
    [['--audio', clips, '--features', empty], /empty: holds no \.npy, .* file/],
    [['--audio', clips, '--features', join(folder, 'missing.npy')], /missing\.npy: no such file/],
    [['--audio', clips, '--features', file('text.npy', 'no array')], /text\.npy: no NumPy file/],
    [['--audio', clips, '--features', file('text.npz', 'no archive')], /text\.npz: /],
    [['--audio', clips, '--features', file('text.safetensors', 'no tensors')], /text\.safetensors: /],
    [
      ['--audio', clips, '--features', file('text.csv', 'a,b\n1,c\n')],
      /text\.csv: row 2 is no row of 2 numbers/,
    ],
    [['--audio', clips, '--features', a], /a\.wav: expected a \.npy, \.npz, \.safetensors or \.csv file/],
    [['--audio', clips, '--features', tensor, '--rate', '8000'], /a\.wav: has 16000 Hz; expected 8000 Hz/],
    [['--audio', two, '--features', others], /two\/a\.wav: no tensor is called "a"; there are x, y/],
    [
      ['--audio', two, '--features', npy('both.npy', [98, 40])],
      /both\.npy: one tensor of shape \[98, 40\] for 2 clips/,
    ],
    [['--audio', clips, '--features', npy('odd.npy', [9])], /clips\/a\.wav has .*; expected at least 2/],
    [
      ['--audio', clips, '--features', npy('nan.npy', [98, 40], (i) => (i === 7 ? NaN : i))],
      /clips\/a\.wav .* not finite/,
    ],
    [['--audio', clips, '--features', npy('zero.npy', [98, 40], () => 0)], /clips\/a\.wav is 0 all over/],
    [['--audio', clips, '--features', npy('none.npy', [0, 40])], /clips\/a\.wav has no numbers/],
    [
      ['--audio', clips, '--features', npy('four.npy', [98, 40, 3])],
      /clips\/a\.wav has the shape \[98, 40, 3\]/,
    ],
    [
      ['--audio', clips, '--features', tensor, '--seconds', '1'],
      // Either, by how busy the machine is.
      /(follow .*clips\/a\.wav|a\.npy: nothing was found within 1 s).* clips at 16000 Hz/,
    ],
    [['--probe', '--audio', clips], /--audio is given with --probe/],
    [['--probe', '--seconds', '3'], /--seconds is given with --probe/],
  ])('%#', async (args, message) => {
    const run = await runLine(['parity', ...args, '--out', out]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(out)).toBe(false);
  });
});
