/** papilio parity as a user runs it: the probe, and what is refused before anything is written. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readTensors, tensorsOf } from '../../src/cli/parity-files.ts';
import { encodeNpy } from '../../src/formats/npy.ts';
import { decodeWav, encodeWav } from '../../src/formats/wav.ts';
import { readFileSync } from 'node:fs';
import { gaussian } from '../helpers.ts';
import { papilio, temporary } from './helpers.ts';

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
    expect(tensorsOf(['x/a.wav', 'x/b.wav'], archive).map((t) => t.name)).toEqual(['a', 'b']);
    expect(() => tensorsOf(['x/c.wav', 'x/b.wav'], archive)).toThrow(
      /c\.wav: no tensor is called "c"; there are b, a/,
    );
    const [table] = readTensors(file('table.csv', 'one,two\n1,2\n3,4.5\n'));
    expect(table).toMatchObject({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 4.5) });
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

it('writes a probe and three lines of Python', async () => {
  const out = join(folder, 'probe');
  const run = await papilio(['parity', '--probe', '--rate', '8000', '--out', out]);
  expect(run).toMatchObject({ code: 0 });
  const { samples, sampleRate } = decodeWav(readFileSync(join(out, 'probe.wav')), 'probe.wav');
  expect([samples.length, sampleRate]).toEqual([32000, 8000]);
  expect(readFileSync(join(out, 'probe.py'), 'utf8').trim().split('\n')).toHaveLength(3);
});

describe('bad input is exit 2, and nothing is written', () => {
  const clips = join(folder, 'clips');
  mkdirSync(clips);
  writeFileSync(
    join(clips, 'a.wav'),
    encodeWav(
      gaussian(16000, 1).map((x) => 0.1 * x),
      16000,
    ),
  );
  const features = file('a.npy', encodeNpy(new Float32Array(98 * 40), [98, 40]));
  const out = join(folder, 'none');
  it.each([
    [['--features', features], /no --audio given/],
    [['--audio', clips], /no --features given/],
    [['--audio', clips, '--features', join(folder, 'missing.npy')], /missing\.npy: no such file/],
    [['--audio', clips, '--features', file('text.npy', 'no array')], /text\.npy: no NumPy file/],
    [['--audio', clips, '--features', features, '--rate', '8000'], /a\.wav: has 16000 Hz; expected 8000 Hz/],
    [['--audio', clips, '--features', file('odd.npy', encodeNpy(new Float32Array(9), [9]))], /clip|frames/],
    [['--probe', '--audio', clips], /--audio is given with --probe/],
  ])('%#', async (args, message) => {
    const run = await papilio(['parity', ...args, '--out', out]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(message);
    expect(existsSync(out)).toBe(false);
  });
});
