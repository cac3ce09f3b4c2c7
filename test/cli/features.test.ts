/** papilio features: what is written equals what the library computes, whatever is killed, missing or broken on the way. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, it } from 'vitest';
import { exactFrontEnd } from '../../src/front/front-end.ts';
import { compileFrontEnd } from '../../src/front.ts';
import { decodeNpy, decodeSafetensors, decodeWav, encodeWav } from '../../src/files.ts';
import { featureHead, features as extractorOfHead, resample, type HeadOverrides } from '../../src/index.ts';
import { wasmBackend } from '../../src/compiler.ts';
import { encodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import type { Manifest } from '../../src/cli/feature-files.ts';
import { runLine } from '../hostile/helpers.ts';
import { papilio, smallCorpus, temporary } from './helpers.ts';

const folder = temporary();
const corpus = smallCorpus();
const checkpoint = join(folder, 'model.safetensors');
const model = exactFrontEnd(
  featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 8 } }),
);
const names = readdirSync(corpus).sort();
const expected = new Map<string, Float32Array | Float64Array>();

beforeAll(() => {
  writeFileSync(checkpoint, encodeFrontEnd(model));
  const front = compileFrontEnd(model, wasmBackend);
  for (const name of names) {
    const path = join(corpus, name);
    expected.set(name, front.features(decodeWav(readFileSync(path), path).samples));
  }
});

const learned = (out: string, ...more: string[]): string[] => [
  'features',
  corpus,
  '--checkpoint',
  checkpoint,
  '--out',
  out,
  ...more,
];
const features = (out: string, ...more: string[]): ReturnType<typeof papilio> =>
  papilio(learned(out, ...more));
/** In this process. */
const here = (out: string, ...more: string[]): ReturnType<typeof runLine> =>
  runLine(learned(out, ...more, '--jobs', '1'));
const manifestOf = (path: string): Manifest => JSON.parse(readFileSync(path, 'utf8')) as Manifest;
const npy = (path: string) => decodeNpy(readFileSync(path), path);

function checkFolder(out: string): void {
  for (const name of names) {
    const { shape, re } = npy(join(out, name.replace('.wav', '.npy')));
    expect(shape).toEqual([249, 8]);
    expect(re).toEqual(Float64Array.from(expected.get(name) ?? []));
  }
  const { files, failed } = manifestOf(join(out, 'manifest.json'));
  expect(files.map((f) => f.file)).toEqual(names.map((name) => join(corpus, name)));
  expect(failed).toEqual([]);
  for (const f of files)
    expect(f).toMatchObject({ seconds: 0.5, sampleRate: 16000, frames: 249, columns: 8 });
  expect(readdirSync(out).filter((name) => name.startsWith('.'))).toEqual([]);
}

describe('papilio features', () => {
  it.each(['1', '3'])(
    'writes a NumPy file per recording with %s processes, and does nothing twice',
    async (jobs) => {
      const out = join(folder, `npy-${jobs}`);
      const run = await features(out, '--jobs', jobs);
      expect(run.code, run.stderr).toBe(0);
      checkFolder(out);
      const again = await features(out, '--jobs', jobs);
      expect(again.stdout).toMatch(/5 of 5 files \(5 from before, 0 failed\)/);
      // One lost output and one touched input are computed again, no more.
      rmSync(join(out, 'noise-1.npy'));
      utimesSync(join(corpus, names[3]), 1e9, 1e9 + Number(jobs));
      const mended = await features(out, '--jobs', jobs);
      expect(mended.stdout).toMatch(/5 of 5 files \(3 from before, 0 failed\)/);
      checkFolder(out);
    },
  );

  it.each([
    ['whisper', {}, 'f32'],
    ['kaldi', { bank: { bands: 40 }, hop: 80 }, 'f64'],
    ['librosa', {}, 'f32'],
    ['scipy-welch', { sampleRate: 16000 }, 'f64'],
  ] as const)('has the preset %s with options %j in %s', async (preset, options, dtype) => {
    const out = join(folder, `preset-${preset}`);
    const flags = ['--preset', preset, '--options', JSON.stringify(options), '--dtype', dtype];
    const path = join(corpus, names[2]);
    const run = await runLine(['features', path, ...flags, '--out', out, '--jobs', '1']);
    expect(run.code, run.stderr).toBe(0);
    const head = featureHead(preset, options as HeadOverrides);
    const { samples } = decodeWav(readFileSync(path), path);
    const heard =
      head.sampleRate === 16000 ? samples : resample(samples, { from: 16000, to: head.sampleRate });
    const { data, frames, width } = extractorOfHead(head, { dtype }).run(heard);
    const { shape, re } = npy(join(out, names[2].replace('.wav', '.npy')));
    expect(shape).toEqual([frames, width]);
    expect(re).toEqual(Float64Array.from(data));
  });

  it('warns of filters that no bin falls into', async () => {
    const out = join(folder, 'warned');
    const flags = ['--options', '{"bank": {"bands": 200}}', '--out', out, '--jobs', '1'];
    const run = await runLine(['features', corpus, ...flags]);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/warning: bands .* hold no bin at nFft = 512/);
  });

  it('writes one safetensors file', async () => {
    const out = join(folder, 'all.safetensors');
    const run = await here(out);
    expect(run.code, run.stderr).toBe(0);
    const { tensors, metadata } = decodeSafetensors(readFileSync(out), out);
    for (const name of names) expect(tensors.get(name)?.data).toEqual(expected.get(name));
    expect(JSON.parse(metadata['papilio'])).toMatchObject({ settings: { checkpoint } });
    expect(existsSync(`${out}.parts`)).toBe(false);
    expect((await here(out)).stdout).toMatch(/5 from before/);
    expect(existsSync(`${out}.parts`)).toBe(false);
    const inspected = await runLine(['inspect', out]);
    expect(inspected.stderr).toBe(`papilio inspect: ${out}: holds features, no model\n`);
  });

  it('writes one Parquet file, a row per frame', async () => {
    const out = join(folder, 'all.parquet');
    const run = await here(out);
    expect(run.code, run.stderr).toBe(0);
    const bytes = readFileSync(out);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const rows = await parquetReadObjects({ file });
    expect(rows).toHaveLength(5 * 249);
    const row = rows[249 + 7];
    expect(row).toMatchObject({ file: names[1], frame: 7, time: (7 * 32) / 16000 });
    const want = expected.get(names[1]) ?? [];
    for (let c = 0; c < 8; c++) expect(row[`feature_${c}`]).toBe(want[7 * 8 + c]);
  });

  it('replaces .npy files in a folder without a manifest with --force only', async () => {
    const out = join(folder, 'theirs');
    mkdirSync(out);
    const theirs = join(out, names[0].replace(/\.wav$/, '.npy'));
    writeFileSync(theirs, 'theirs');
    const refused = await here(out);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      `papilio features: ${theirs}: is there and would be replaced; give another --out, or --force to overwrite it\n`,
    ]);
    expect(readdirSync(out)).toEqual([basename(theirs)]);
    expect((await here(out, '--force')).code).toBe(0);
    checkFolder(out);
  });

  it.each(['safetensors', 'parquet'])(
    'replaces a .%s file of features, and another with --force only',
    async (kind) => {
      const out = join(folder, `there.${kind}`);
      const one = ['features', join(corpus, names[0]), '--preset', 'kaldi', '--jobs', '1', '--out', out];
      writeFileSync(out, readFileSync(checkpoint));
      for (const left of ['', 'and with the manifest of features that were there']) {
        const refused = await runLine(one);
        expect(refused.code, left).toBe(2);
        expect(refused.stderr).toBe(
          `papilio features: ${out}: holds no features and would be replaced; give another --out, or --force to overwrite it\n`,
        );
        expect(readFileSync(out).equals(readFileSync(checkpoint))).toBe(true);
        expect(existsSync(`${out}.manifest.json`)).toBe(left !== '');
        const forced = await runLine([...one, '--force']);
        expect(forced.code, forced.stderr).toBe(0);
        rmSync(`${out}.manifest.json`);
        const again = await runLine(one);
        expect(again.code, again.stderr).toBe(0);
        expect(readFileSync(out).equals(readFileSync(checkpoint))).toBe(false);
        writeFileSync(out, readFileSync(checkpoint));
      }
    },
  );

  it('names a file that cannot be looked into', async () => {
    const out = join(folder, 'circle.safetensors');
    symlinkSync('circle.safetensors', out);
    const run = await here(out);
    expect(run.stderr).toBe(`papilio features: ${out}: a link that leads in circles\n`);
    expect(run.code).toBe(2);
  });

  it('reports a broken recording, goes on with the others and tries it again next time', async () => {
    const out = join(folder, 'broken.safetensors');
    const bad = join(folder, 'bad.wav');
    writeFileSync(bad, 'no recording');
    const run = await features(out, bad, '--jobs', '2');
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/bad\.wav: .*RIFF/);
    expect(decodeSafetensors(readFileSync(out), out).tensors.size).toBe(5);
    expect(manifestOf(`${out}.manifest.json`).failed).toMatchObject([{ file: bad }]);
    writeFileSync(bad, readFileSync(join(corpus, names[0])));
    const mended = await features(out, bad, '--jobs', '2');
    expect(mended.code, mended.stderr).toBe(0);
    expect(mended.stdout).toMatch(/6 of 6 files \(5 from before, 0 failed\)/);
    expect(decodeSafetensors(readFileSync(out), out).tensors.get('bad.wav')?.data).toEqual(
      expected.get(names[0]),
    );
    rmSync(bad);
  });

  it('names frame and time of a sample that is not finite', async () => {
    const bad = join(folder, 'nan.wav');
    const bytes = encodeWav(new Float32Array(16_000).fill(0.1), 16_000, { format: 'float32' });
    new DataView(bytes.buffer).setFloat32(bytes.length - 4 * 4000, NaN, true);
    writeFileSync(bad, bytes);
    const told = (...flags: string[]): ReturnType<typeof runLine> =>
      runLine(['features', bad, ...flags, '--jobs', '1', '--out', join(folder, 'nan')]);
    const run = await told('--preset', 'papilio');
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/nan\.wav: sample 12000 is NaN \(frame 75, 0\.750 s\)/);
    const own = await told('--checkpoint', checkpoint, '--force');
    expect(own.code).toBe(1);
    expect(own.stderr).toMatch(/nan\.wav: sample 12000 is NaN \(frame 375, 0\.750 s\)/);
  });

  it('killed at random moments and started again, it loses and doubles nothing', async () => {
    const out = join(folder, 'killed');
    for (let i = 0; i < 4; i++)
      await papilio(['features', corpus, '--checkpoint', checkpoint, '--out', out, '--jobs', '1'], (kill) => {
        setTimeout(() => kill('SIGKILL'), 150 + 60 * i);
      });
    const run = await features(out, '--jobs', '1');
    expect(run.code, run.stderr).toBe(0);
    // A temporary file of a killed process may be left; it is never taken for a result.
    for (const name of readdirSync(out)) if (name.startsWith('.')) rmSync(join(out, name));
    checkFolder(out);
  });

  it.each([
    [['--preset', 'whispr'], /--preset is "whispr"; expected papilio, librosa/],
    [['--preset', 'kaldi', '--checkpoint', checkpoint], /both --preset kaldi and --checkpoint/],
    [['--options', '{hop'], /--options is "\{hop"; expected JSON/],
    [['--options', '{"hop": 0}'], /hop is 0; expected a whole number from 1 to 4194304/],
    [['--options', '{"hop": 80}', '--checkpoint', checkpoint], /--options is given with --checkpoint/],
    [['--options', '{"bank": null, "log": null, "spectrum": "complex"}'], /complex head/],
    [['--preset', 'scipy-welch'], /cycles per sample; expected --rate/],
    [['--checkpoint', 'missing.safetensors'], /missing\.safetensors: no such file/],
    [['--checkpoint', checkpoint, '--out', join(folder, 'x.csv')], /x\.csv; expected a folder/],
    [['--checkpoint', checkpoint, '--jobs', '0'], /--jobs is "0"/],
  ])('names what is wrong with %j', async (flags, message) => {
    const run = await runLine(['features', corpus, ...flags]);
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(run.code).toBe(2);
  });

  it('says that nothing was written where nothing could be read', async () => {
    const [bad, out] = [join(folder, 'unreadable.wav'), join(folder, 'nothing')];
    writeFileSync(bad, 'no recording');
    const run = await runLine(['features', bad, '--preset', 'librosa', '--jobs', '1', '--out', out]);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/0 of 1 files .*; no features were written, .*manifest\.json says why/);
    expect(run.stdout).not.toContain('written to');
    expect(run.stderr).toMatch(/files +1\/1/);
  });

  it('keeps two recordings of one name apart', async () => {
    const twin = join(folder, 'noise-0.flac');
    writeFileSync(twin, '');
    const out = join(folder, 'twins');
    const run = await here(out, twin);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/noise-0\.flac: no flac audio/);
    expect(readdirSync(out)).toContain('noise-0.wav.npy');
    expect(readdirSync(out)).not.toContain('noise-0.npy');
  });
});
