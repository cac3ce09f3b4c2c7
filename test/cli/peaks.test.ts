/** papilio peaks as a user runs it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { peaksCommand } from '../../src/cli/peaks.ts';
import { helpOf } from '../../src/cli/args.ts';
import { encodeWav } from '../../src/formats/wav.ts';
import { gaussian } from '../helpers.ts';
import { forgetWisdom } from '../../src/plans/wisdom.ts';
import { runLine } from '../hostile/helpers.ts';
import { changed, papilio, temporary } from './helpers.ts';

// What a command measures in this process.
afterEach(forgetWisdom);

/** Two tones of amplitude 0.3 and 0.1, 30 dB and 20 dB over noise. */
function recording(path: string, tones: readonly [number, number]): void {
  const samples = gaussian(16000, 5).map(
    (v, i) =>
      v * 0.1 * Math.SQRT1_2 * 0.1 +
      0.3 * Math.cos((2 * Math.PI * tones[0] * i) / 16000) +
      0.1 * Math.sin((2 * Math.PI * tones[1] * i) / 16000),
  );
  writeFileSync(path, encodeWav(samples, 16000, { format: 'float32' }));
}

const budgets = ['--count', '2', '--frequency-error', '2', '--level-error', '0.5', '--snr', '18'];

it('finds tones within the budgets, says how, and goes on behind a bad file', async () => {
  const folder = temporary();
  recording(join(folder, 'a.wav'), [441.3, 3007.7]);
  recording(join(folder, 'c.wav'), [1200.9, 6001.1]);
  writeFileSync(join(folder, 'b.wav'), 'RIFF');
  const run = await papilio(['peaks', folder, ...budgets, '--json', '-']);
  expect(run.code).toBe(1);
  // Tables go beside where stdout has JSON.
  expect(run.stderr).toMatch(/^papilio peaks: .*b\.wav: [^\n]*$/m);
  const { files, failed } = JSON.parse(run.stdout) as {
    files: { why: string; peaks: { frequency: number; level: number; frequencyError: number }[] }[];
    failed: { file: string }[];
  };
  expect(failed.map((f) => f.file)).toEqual([join(folder, 'b.wav')]);
  expect(files.map((f) => f.peaks.length)).toEqual([2, 2]);
  for (const [i, tones] of [
    [441.3, 3007.7],
    [1200.9, 6001.1],
  ].entries()) {
    const { peaks, why } = files[i];
    expect(why).toMatch(
      / x \d+ samples, hop .* \(100 % of the samples\) on wasm: of tones at least 18 dB over the noise, frequency within/,
    );
    for (const [k, amplitude] of [0.3, 0.1].entries()) {
      expect(Math.abs(peaks[k].frequency - tones[k])).toBeLessThan(2);
      expect(Math.abs(peaks[k].level - 10 * Math.log10(amplitude ** 2 / 2))).toBeLessThan(0.5);
      expect(peaks[k].frequencyError).toBeLessThanOrEqual(2);
    }
  }
  const text = await runLine(['peaks', join(folder, 'a.wav'), ...budgets]);
  expect(text.code).toBe(0);
  // 441.3 within the budget of 2 Hz.
  expect(text.stdout).toMatch(/peak +Hz +\+- Hz +dB +\+- dB +snr dB\n1 +4(39|4[0-3])\.\d{3}/);
}, 60000);

it('budgets that cannot be held and flags that make no sense are one line each', async () => {
  const folder = temporary();
  const path = join(folder, 'a.wav');
  recording(path, [441.3, 3007.7]);
  const unreachable = await runLine(['peaks', path, '--frequency-error', '1e-9']);
  expect(unreachable.code).toBe(1);
  expect(unreachable.stderr).toMatch(
    /^papilio peaks: .*a\.wav: frequencyError 1e-9 Hz .*best reachable[^\n]*\n$/,
  );
  const wide = await runLine(['peaks', path, '--separation', '5000']);
  expect(wide.code).toBe(2);
  expect(wide.stderr).toMatch(/^papilio peaks: separation is 5000; expected at most[^\n]*\n$/);
}, 60000);

it('gives the same answer twice, a bound for every row, and follows a calibration file', async () => {
  const folder = temporary();
  const path = join(folder, 'a.wav');
  // A third tone far below the snr that is planned for, and then noise.
  recording(path, [441.3, 3007.7]);
  const calibration = join(folder, 'cost.json');
  const flags = changed(['peaks', path, ...budgets, '--range', '40'], '--count', '4');
  const first = await papilio(flags);
  expect(first.code).toBe(0);
  expect((await papilio(flags)).stdout).toBe(first.stdout);
  // What holds comes first, in words, with the peaks that it holds for.
  const [, hz] = /^peaks 1, 2: frequency within ([\d.]+) Hz, level within .*steady tones only/m.exec(
    first.stdout,
  ) as RegExpExecArray;
  const bounds = [...first.stdout.matchAll(/^\d +[\d.]+ +([\d.]+|-) /gm)].map((m) => m[1]);
  expect(bounds).toHaveLength(4);
  for (const bound of bounds) if (bound !== '-') expect(Number(bound)).toBeLessThanOrEqual(Number(hz));
  expect(first.stdout).toMatch(/^peaks 3, 4: may be noise, so no bound$/m);

  const measured = await runLine([...flags, '--calibration', calibration]);
  expect(measured.stderr).toContain(`measured and written to ${calibration}: calibration of`);
  expect(measured.stderr).toMatch(/^nfft +wasm f32 +wasm f64 +js f32 +js f64$/m);
  expect(measured.stdout).toContain('by the calibration of');
  const again = await runLine([...flags, '--calibration', calibration]);
  expect(again).toEqual({ ...measured, stderr: '' });
  expect(JSON.parse(readFileSync(calibration, 'utf8'))).toMatchObject({
    format: 'papilio peaks calibration 1',
  });
  writeFileSync(calibration, '{}');
  const broken = await runLine([...flags, '--calibration', calibration]);
  expect(broken.code).toBe(2);
  expect(broken.stderr).toMatch(
    /^papilio peaks: .*cost\.json: JSON\.format: expected papilio peaks calibration 1; delete/,
  );
}, 120000);

it('reads recordings at their own rate, so that high tones are found; says what the errors hold for', async () => {
  const folder = temporary();
  // 12 kHz above 500 Hz, at 44.1 kHz: at 16 kHz only the weaker one is there.
  const high = gaussian(22050, 6).map(
    (v, i) =>
      v * 1e-3 +
      0.37 * Math.sin((2 * Math.PI * 12000 * i) / 44100) +
      0.18 * Math.sin((2 * Math.PI * 500 * i) / 44100),
  );
  writeFileSync(join(folder, 'high.wav'), encodeWav(high, 44100, { format: 'float32' }));
  writeFileSync(join(folder, 'silent.wav'), encodeWav(new Float64Array(22050), 44100, { format: 'float32' }));
  const json = join(folder, 'peaks.json');
  const run = await runLine(['peaks', folder, '--count', '3', '--json', json]);
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/high\.wav: 22050 samples at 44100 Hz\n/);
  expect(run.stdout).toMatch(/silent\.wav: 22050 samples at 44100 Hz: no peaks\n/);
  expect(run.stdout.match(/^peak +Hz/gm)).toHaveLength(1);
  interface Told {
    frequency: number;
    frequencyError: number | null;
    mayBeNoise: boolean;
  }
  const { errorsHoldFor, files } = JSON.parse(readFileSync(json, 'utf8')) as {
    errorsHoldFor: string;
    files: { sampleRate: number; frequencyError: number | null; peaks: Told[] }[];
  };
  expect(errorsHoldFor).toContain('steady tones only');
  const [{ sampleRate, frequencyError, peaks }, silent] = files;
  expect(sampleRate).toBe(44100);
  // The budget of 1 Hz.
  for (const [i, tone] of [12000, 500].entries()) expect(Math.abs(peaks[i].frequency - tone)).toBeLessThan(1);
  expect(peaks.map((p) => p.mayBeNoise)).toEqual([false, false, true]);
  // The bound of a file is that of its peaks that are no noise.
  expect(frequencyError).toBe(Math.max(peaks[0].frequencyError as number, peaks[1].frequencyError as number));
  expect(peaks[2].frequencyError).toBeNull();
  expect(silent.frequencyError).toBeNull();

  const low = await runLine(['peaks', join(folder, 'high.wav'), '--count', '1', '--rate', '16000']);
  expect(low.stdout).toMatch(/samples at 16000 Hz\n/);
  expect(low.stdout).toMatch(/^1 +(499\.9|500\.0)/m);
  expect(helpOf(peaksCommand)).toMatch(/steady tones only/);
}, 120000);
