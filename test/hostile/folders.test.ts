/** Folders as they are found: links, pipes, sub-folders, equal and long names, broken files among good ones. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { featuresCommand } from '../../src/cli/features.ts';
import { fitCommand } from '../../src/cli/fit.ts';
import { readRecording } from '../../src/cli/audio.ts';
import { outputNames } from '../../src/cli/feature-files.ts';
import { writeAtomic } from '../../src/cli/files.ts';
import { loadRecordings } from '../../src/cli/dataset.ts';
import { findAll, findRecordings } from '../../src/cli/recordings.ts';
import { decodeNpy, decodeSafetensors, encodeWav } from '../../src/files.ts';
import { featureHead } from '../../src/index.ts';
import { gaussian } from '../helpers.ts';
import { papilio, temporary } from '../cli/helpers.ts';
import { runCommand, type Outcome } from './helpers.ts';

const sound = (seed: number): Float64Array => gaussian(4000, seed).map((x) => 0.1 * x);
const wav = (seed: number, rate = 16000): Uint8Array => encodeWav(sound(seed), rate, { format: 'float32' });

/** A folder with files of these names, each of its own sound. */
function folderOf(...names: string[]): string {
  const folder = temporary();
  names.forEach((name, i) => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), wav(i));
  });
  return folder;
}
const features = (out: string, ...args: string[]): Promise<Outcome> =>
  runCommand(featuresCommand, [...args, '--out', out, '--jobs', '1']);

describe('a recording counts once', () => {
  it('whatever links lead to it', () => {
    const folder = folderOf('a.wav', 'sub/b.wav');
    symlinkSync('.', join(folder, 'self'));
    symlinkSync(join(folder, 'sub'), join(folder, '0-sub'));
    symlinkSync('a.wav', join(folder, '0.wav'));
    linkSync(join(folder, 'a.wav'), join(folder, 'b.wav'));
    const found = findRecordings([folder]);
    expect(found.map((f) => f.name)).toHaveLength(2);
    expect(found.map((f) => f.path)).not.toContain(join(folder, '0.wav'));
    expect(findAll([folder, join(folder, 'sub'), join(folder, 'a.wav')])).toHaveLength(2);
  });

  it('and a link to what lies elsewhere is followed', () => {
    const [folder, other] = [folderOf('a.wav'), folderOf('b.wav')];
    symlinkSync(other, join(folder, 'other'));
    symlinkSync(join(other, 'b.wav'), join(folder, 'c.wav'));
    symlinkSync('nowhere.wav', join(folder, 'broken.wav'));
    expect(findRecordings([folder]).map((f) => f.name)).toEqual(['a.wav', join('other', 'b.wav')]);
  });
});

describe('a link more', () => {
  it('leaves the names of recordings as they are, wherever in the folder it stands', () => {
    const folder = folderOf('z/x.wav', 'b/y.wav', 'c.wav');
    const names = ['b/y.wav', 'c.wav', 'z/x.wav'].map((name) => join(...name.split('/')));
    expect(findRecordings([folder]).map((f) => f.name)).toEqual(names);
    symlinkSync('z', join(folder, 'a'));
    // Deeper, but before it by name.
    symlinkSync(join('..', 'z'), join(folder, 'b', 'l'));
    expect(findRecordings([folder]).map((f) => f.name)).toEqual(names);
  });

  it('to a folder gives way to that folder itself', () => {
    const [first, second] = [folderOf('a.wav'), folderOf('b.wav')];
    symlinkSync(second, join(first, 'l'));
    expect(findRecordings([first, second]).map((f) => f.path)).toEqual([
      join(first, 'a.wav'),
      join(second, 'b.wav'),
    ]);
  });
});

describe('what is no file', () => {
  it('is skipped in folders, by a warning that names it, and refused where it is given', async () => {
    const folder = folderOf('a.wav');
    execFileSync('mkfifo', [join(folder, 'pipe.wav')]);
    const server = createServer().listen(join(folder, 'socket.wav'));
    symlinkSync('/dev/zero', join(folder, 'zero.wav'));
    const run = await features(join(folder, 'out'), folder);
    server.close();
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/1 of 1 files/);
    expect(run.stderr).toMatch(/pipe\.wav: skipped: is a pipe, not a file/);
    expect(run.stderr).toMatch(/socket\.wav: skipped: is a socket, not a file/);
    expect(run.stderr).toMatch(/zero\.wav: skipped: is a device, not a file/);
    const given = await features(join(folder, 'out'), join(folder, 'pipe.wav'));
    expect(given.code).toBe(2);
    expect(given.stderr).toMatch(/pipe\.wav: is a pipe; expected a recording or a folder/);
    const matrix = await runCommand(fitCommand, ['/dev/zero']);
    expect(matrix.code).toBe(2);
    expect(matrix.stderr).toMatch(/\/dev\/zero: is a device; expected a file/);
  });
});

describe('names', () => {
  const nested = ['a.wav', 'one/a.wav', 'one/deep/a.wav', 'two/a.wav'];

  it('of sub-folders are kept by outputs', async () => {
    const folder = folderOf(...nested);
    const out = join(folder, 'out');
    const run = await features(out, folder);
    expect(run.code, run.stderr).toBe(0);
    const arrays = nested.map((name) => {
      const path = join(out, name.replace('.wav', '.npy'));
      return decodeNpy(readFileSync(path), path).re;
    });
    expect(new Set(arrays.map((a) => a[0])).size).toBe(nested.length);
    const again = await features(out, folder);
    expect(again.stdout).toMatch(/4 of 4 files \(4 from before/);
    const one = join(folder, 'all.safetensors');
    expect((await features(one, folder)).code).toBe(0);
    expect([...decodeSafetensors(readFileSync(one), one).tensors.keys()].sort()).toEqual(nested);
  });

  it('that are equal in two given folders get the folders in front, and never leave the output folder', () => {
    const [a, b] = [folderOf('x/a.wav'), folderOf('x/a.wav')];
    const found = findRecordings([a, join(b, 'x'), join(a, '..', a.split('/').at(-1) ?? '', 'x')]);
    expect(found).toHaveLength(2);
    const both = findRecordings([join(a, 'x'), join(b, 'x')]);
    expect(new Set(both.map((f) => f.name)).size).toBe(2);
    for (const name of outputNames([...found, ...both])) expect(name).not.toMatch(/^[./\\]|\.\.[/\\]/);
  });

  it('of 255 bytes work', async () => {
    const name = `${'n'.repeat(251)}.wav`;
    const folder = folderOf(name);
    const out = join(folder, 'out');
    const run = await features(out, folder);
    expect(run.code, run.stderr).toBe(0);
    expect(readdirSync(out)).toContain(`${'n'.repeat(251)}.npy`);
    const [output] = outputNames([{ path: 'x', name: 'ä'.repeat(127), given: true }]);
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(255);
    writeAtomic(join(folder, output), 'x');
  });
});

describe('a broken file among good ones', () => {
  const broken = (): string => {
    const folder = folderOf('a.wav', 'b.wav', 'c.wav', 'd.wav');
    writeFileSync(join(folder, 'rate1.wav'), wav(9, 1));
    writeFileSync(join(folder, 'text.wav'), 'no recording');
    writeFileSync(join(folder, 'empty.wav'), '');
    return folder;
  };

  it.each(['1', '3'])('is named and ends no run of %s jobs', async (jobs) => {
    const folder = broken();
    const args = [folder, '--out', join(folder, 'out'), '--jobs', jobs];
    const run = await (jobs === '1' ? runCommand(featuresCommand, args) : papilio(['features', ...args]));
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/4 of 7 files \(0 from before, 3 failed\)/);
    expect(run.stderr).toMatch(
      /rate1\.wav: its header says 1 Hz; expected 100 to 4194304 Hz, or the 16000 Hz/,
    );
  });

  it('is left out of training with a warning', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const loaded = await loadRecordings([broken()], featureHead('papilio'));
    const said = stderr.mock.calls.join();
    stderr.mockRestore();
    expect(loaded.map((r) => r.name)).toEqual(['a.wav', 'b.wav', 'c.wav', 'd.wav']);
    for (const name of ['rate1', 'text', 'empty'])
      expect(said).toMatch(new RegExp(`skipped .*${name}\\.wav`));
    const one = join(broken(), 'text.wav');
    await expect(loadRecordings([one], featureHead('papilio'))).rejects.toThrow(
      /text\.wav: this is not a WAV/,
    );
  });

  it('a rate that is wanted may be any, and too many samples are refused before they are made', async () => {
    const folder = temporary();
    const path = join(folder, 'slow.wav');
    writeFileSync(path, wav(1, 1));
    expect((await readRecording(path, 1)).samples).toHaveLength(4000);
    await expect(readRecording(path, 16000)).rejects.toThrow(/slow\.wav: its header says 1 Hz/);
    writeFileSync(path, wav(1, 100));
    expect((await readRecording(path, 16000)).samples).toHaveLength(640_000);
  });
});

describe('channels', () => {
  it('are chosen by option, and antiphase is warned of once, by name', async () => {
    const folder = temporary();
    const x = sound(1);
    const mono = encodeWav(x, 16000, { format: 'pcm16' });
    // The same samples twice, the second time with the other sign.
    const stereo = new Uint8Array(44 + 4 * x.length);
    stereo.set(mono.subarray(0, 44));
    const view = new DataView(stereo.buffer);
    view.setUint16(22, 2, true);
    view.setUint16(32, 4, true);
    view.setUint32(40, 4 * x.length, true);
    for (let i = 0; i < x.length; i++) {
      const value = new DataView(mono.buffer).getInt16(44 + 2 * i, true);
      view.setInt16(44 + 4 * i, value, true);
      view.setInt16(46 + 4 * i, -value, true);
    }
    writeFileSync(join(folder, 'anti.wav'), stereo);
    writeFileSync(join(folder, 'mono.wav'), mono);
    const mix = await features(join(folder, 'mix'), folder);
    expect(mix.stderr.match(/anti\.wav: its channels cancel/g)).toHaveLength(1);
    const left = await features(join(folder, 'left'), folder, '--channel', 'left');
    expect(left.stderr).not.toMatch(/cancel/);
    const [anti, own] = ['anti', 'mono'].map((name) => readFileSync(join(folder, 'left', `${name}.npy`)));
    expect(anti.equals(own)).toBe(true);
    const third = await features(join(folder, 'third'), folder, '--channel', '2');
    expect(third.code).toBe(1);
    expect(third.stderr).toMatch(/mono\.wav: channel 2 of 1; expected 1 to 1/);
    const none = await features(join(folder, 'none'), folder, '--channel', 'middle');
    expect(none.stderr).toMatch(/--channel is "middle"; expected mix, left, right or a number/);
  });
});

describe('a manifest that was tampered with', () => {
  it.each([
    ['files: [null]', (m: Manifest) => ({ ...m, files: [null] })],
    ['an entry without output', (m: Manifest) => ({ ...m, files: [{ ...m.files[0], output: undefined }] })],
    ['failed: null', (m: Manifest) => ({ ...m, failed: null })],
    ['text for a size', (m: Manifest) => ({ ...m, files: [{ ...m.files[0], bytes: '5' }] })],
  ])('%s is refused by name', async (_, change) => {
    const folder = folderOf('a.wav');
    const out = join(folder, 'out');
    expect((await features(out, join(folder, 'a.wav'))).code).toBe(0);
    const path = join(out, 'manifest.json');
    writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Manifest)));
    const run = await features(out, join(folder, 'a.wav'));
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/manifest\.json: not a manifest of papilio features; move it away/);
  });

  it('does not decide where features are', async () => {
    const folder = folderOf('a.wav');
    const out = join(folder, 'out');
    expect((await features(out, join(folder, 'a.wav'))).code).toBe(0);
    const path = join(out, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    const moved = { ...manifest, files: [{ ...manifest.files[0], output: '../../../../etc/passwd' }] };
    writeFileSync(path, JSON.stringify(moved));
    const run = await features(out, join(folder, 'a.wav'));
    expect(run.stdout).toMatch(/1 of 1 files \(0 from before/);
    expect(existsSync(join(out, 'a.npy'))).toBe(true);
  });
});

interface Manifest {
  files: { output: string }[];
}

describe('two runs of one command at once', () => {
  it('lose nothing, though the first to end takes the parts away', async () => {
    const folder = folderOf(...Array.from({ length: 12 }, (_, i) => `${i}.wav`));
    const both = await Promise.all(
      [0, 60].map(async (wait) => {
        await new Promise((done) => setTimeout(done, wait));
        return papilio(['features', folder, '--out', join(folder, 'all.parquet'), '--jobs', '1']);
      }),
    );
    for (const run of both) expect(run.code, run.stderr).toBe(0);
    expect(existsSync(join(folder, 'all.parquet'))).toBe(true);
  });
});
