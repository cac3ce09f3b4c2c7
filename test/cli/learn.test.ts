/** papilio learn end to end on a small corpus: results, exact resume, and the other commands on its checkpoint. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/cli/args.ts';
import { learnCommand, optionsOf } from '../../src/cli/learn.ts';
import { decodeJob } from '../../src/checkpoints/job-checkpoint.ts';
import { decodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import { featureNames, isPresetName } from '../../src/front/feature-names.ts';
import { compileFrontEnd } from '../../src/front/compile.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { encodeWav } from '../../src/formats/wav.ts';
import { gaussian } from '../helpers.ts';
import { runLine } from '../hostile/helpers.ts';
import { changed, papilio, signalled, smallCorpus, smallHead, temporary } from './helpers.ts';

const corpus = smallCorpus();

describe('papilio learn', () => {
  it('counts the errors of --feature peaks at peaks, those of welch everywhere', () => {
    const optionsFor = (feature: string) => {
      const { operands, flags } = parseCommand(learnCommand, ['x', '--feature', feature]);
      expect(operands).toEqual(['x']);
      return optionsOf(flags);
    };
    const [peaks, welch] = ['peaks', 'welch'].map(optionsFor);
    expect(peaks).toEqual({ ...welch, places: 'peaks' });
    expect(welch.places).toBeUndefined();
  });

  it.each(featureNames)('has options for --feature %s', (name) => {
    const feature = name.replace('<count>', '13');
    const options = optionsOf(parseCommand(learnCommand, ['x', '--feature', feature]).flags);
    expect(options.head.sampleRate).toBeGreaterThanOrEqual(16000);
  });

  it.each([
    ['scipy-welch', 'welch'],
    ['scipy-spectrogram', 'spectrum'],
  ])('%s is of no rate, which %s is', (name, instead) => {
    expect(isPresetName(name)).toBe(false);
    expect(() => optionsOf(parseCommand(learnCommand, ['x', '--feature', name]).flags)).toThrow(
      `feature "${name}" is of 1 Hz, the rate of no recording; expected ${instead}`,
    );
  });

  it('ends where no smaller transform has as many bins as the feature', async () => {
    const out = temporary();
    writeFileSync(join(out, 'report.html'), 'theirs');
    const run = await runLine(
      `learn ${corpus} --feature spectrum --n-fft 32 --rate 4000 --budget 1e-6 --start exact --force --out ${out}`.split(
        ' ',
      ),
    );
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).not.toContain('refitted');
    expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))).toMatchObject({
      feature: 'spectrum',
      smallerNfft: null,
    });
  });

  it('takes sizes that fft.js has not', async () => {
    const out = temporary();
    const run = await runLine(
      `learn ${corpus} --feature log-mel-4 --n-fft 36 --rate 4000 --budget 0.3 --start exact --out ${out}`.split(
        ' ',
      ),
    );
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^papilio learn: log-mel-4, n_fft 36/m);
    expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))).toMatchObject({
      nFft: 36,
      fftjs: null,
    });
  });

  it.each(['model.safetensors', 'report.html', 'kernel.js', 'kernel.d.ts', 'kernel.wasm'])(
    'replaces no %s that no job there says is its own, but with --force',
    async (name) => {
      const out = temporary();
      const theirs = join(out, name);
      writeFileSync(theirs, 'theirs');
      const run = await runLine(['learn', corpus, ...smallHead, '--out', out]);
      expect(run.code).toBe(2);
      expect(run.stderr).toBe(
        `papilio learn: ${theirs}: is there and would be replaced; give another --out, or --force to overwrite it\n`,
      );
      expect(readdirSync(out)).toEqual([name]);
      expect(readFileSync(theirs, 'utf8')).toBe('theirs');
    },
  );

  it('learns from a random start, prunes, compiles and reports', async () => {
    const out = join(temporary(), 'new', 'folder');
    const run = await papilio(['learn', corpus, ...smallHead, '--out', out, '--seed', '3']);
    expect(run.stderr).toContain('transform');
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/seed 3/);
    expect(run.stdout).toMatch(/learned kernel .*\n.*exact real-input kernel/);
    expect(readdirSync(out).sort()).toEqual([
      'kernel.d.ts',
      'kernel.js',
      'kernel.wasm',
      'model.safetensors',
      'report.html',
      'summary.json',
    ]);

    const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as Record<string, never>;
    const keys =
      'seed nFft budget startError spectrumErrorAfterPhase1 testError testErrorP95 exactError activeButterflies totalButterflies learned exact smallerNfft fftjs trainSeconds files';
    for (const key of keys.split(' ')) expect(summary, key).toHaveProperty(key);
    for (const kernel of ['learned', 'exact', 'smallerNfft'] as const)
      for (const key of ['mul', 'add', 'nsTransform', 'nsPerFrame'])
        expect(summary[kernel][key], `${kernel}.${key}`).toBeGreaterThan(0);
    expect(summary['startError']).toBeGreaterThan(0.5);
    expect(summary['spectrumErrorAfterPhase1']).toBeLessThan(1e-12);
    expect(summary['exactError']).toBeLessThan(1e-4);
    expect(summary['activeButterflies']).toBeLessThanOrEqual(summary['totalButterflies']);
    const files = summary['files'] as Record<string, string[]>;
    expect(new Set([...files['train'], ...files['validation'], ...files['test']]).size).toBe(5);

    // The standalone kernel needs nothing but its bytes, and equals the model in this process bit by bit.
    const { load } = (await import(join(out, 'kernel.js'))) as {
      load: (b: Uint8Array) => Promise<{ features: (x: Float64Array) => Float32Array }>;
    };
    const kernel = await load(readFileSync(join(out, 'kernel.wasm')));
    const model = decodeFrontEnd(readFileSync(join(out, 'model.safetensors')), 'model');
    const x = gaussian(1000, 5).map((v) => 0.1 * v);
    expect(kernel.features(x)).toEqual(compileFrontEnd(model, wasmBackend).features(x));

    const evaluated = await runLine(['eval', join(out, 'model.safetensors'), corpus, '--json', '-']);
    expect(evaluated.code, evaluated.stderr).toBe(0);
    const { recordings } = JSON.parse(evaluated.stdout) as { recordings: { file: string; mean: number }[] };
    expect(recordings.length).toBe(5);
    const test = recordings.filter((r) => files['test'].includes(r.file));
    expect(test[0].mean).toBeCloseTo(test.length === 1 ? summary['testError'] : test[0].mean, 6);

    const again = temporary();
    expect((await runLine(['compile', join(out, 'model.safetensors'), '--out', again])).code).toBe(0);
    expect(readFileSync(join(again, 'kernel.wasm'))).toEqual(readFileSync(join(out, 'kernel.wasm')));
    const text = await runLine(['compile', join(out, 'model.safetensors'), '--to', 'wat']);
    expect(text.stdout).toContain('(module');
    // The same front end as plain JavaScript has the same bits.
    expect(
      (await runLine(['compile', join(out, 'model.safetensors'), '--to', 'esm', '--out', again])).code,
    ).toBe(0);
    const plain = (await import(join(again, 'kernel.mjs'))) as {
      features: (x: Float64Array) => Float32Array;
    };
    expect(plain.features(x)).toEqual(kernel.features(x));
    for (const name of ['kernel.d.ts', 'kernel.d.mts'])
      expect(readFileSync(join(again, name), 'utf8')).toContain('features(samples: ArrayLike<number>)');
    const shown = await runLine(['inspect', join(out, 'model.safetensors'), '--graph']);
    expect(shown.stdout).toContain('per frame:');
  });

  it('killed at random moments and resumed, it ends in the same bits; Ctrl-C says how to go on', async () => {
    const whole = temporary();
    const args = ['learn', corpus, ...smallHead, '--seed', '4'];
    expect((await papilio([...args, '--out', whole])).code).toBe(0);
    const out = temporary();
    const checkpoint = join(out, 'checkpoint.safetensors');
    const interruptions: [NodeJS.Signals, number][] = [
      ['SIGKILL', 1200 + 800 * Math.random()],
      ['SIGINT', 1200 + 800 * Math.random()],
      ['SIGKILL', 1500 + 1500 * Math.random()],
    ];
    let finished = false;
    for (const [signal, after] of interruptions) {
      const run = await papilio([...args, '--out', out], (kill) => setTimeout(() => kill(signal), after));
      finished = run.code === 0;
      if (finished) break;
      if (run.code === 130 && /[█░]/.test(run.stderr))
        expect(run.stderr).toContain('the same command goes on');
    }
    if (!finished) {
      const run = await papilio([...args, '--out', out]);
      expect(run.code, run.stderr).toBe(0);
    }
    for (const name of ['model.safetensors', 'kernel.wasm'])
      expect(readFileSync(join(out, name)).equals(readFileSync(join(whole, name))), name).toBe(true);
    expect(existsSync(checkpoint)).toBe(false);
    // Finished results stand, where all are there.
    const summary = readFileSync(join(whole, 'summary.json'), 'utf8');
    const json = join(temporary(), 'summary.json');
    const stands = await papilio([...args, '--out', whole, '--json', json]);
    expect(stands.stdout).toBe(
      `papilio learn: the results of this job are in ${whole}; --force begins anew\n`,
    );
    expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual(JSON.parse(summary));
    expect(readFileSync(join(whole, 'summary.json'), 'utf8')).toBe(summary);
    rmSync(join(whole, 'kernel.wasm'));
    const anew = await signalled([...args, '--out', whole], /transform/, 0, ['SIGINT']);
    expect(anew.stderr).toMatch(/transform +1\/1500/);
  });

  it('refuses to resume what is not there, of other files or other options', async () => {
    const out = temporary();
    const args = ['learn', corpus, ...smallHead, '--out', out];
    const extra = join(temporary(), 'extra.wav');
    writeFileSync(extra, readFileSync(join(corpus, readdirSync(corpus)[0])));
    expect(await papilio([...args, '--resume'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing was interrupted'),
    });
    const stopped = await papilio(args, (kill) => {
      // As soon as there is something to resume from.
      const poll = setInterval(() => {
        if (!existsSync(join(out, 'checkpoint.safetensors'))) return;
        clearInterval(poll);
        kill('SIGINT');
      }, 20);
    });
    expect(stopped.code).toBe(130);
    const checkpoint = join(out, 'checkpoint.safetensors');
    const before = readFileSync(checkpoint);
    for (const [other, message] of [
      [
        [...args, '--seed', '9'],
        /checkpoint\.safetensors: made with --seed 1, not 9; give another --out, or --force/,
      ],
      [[...changed(args, '--budget', '0.2'), '--resume'], /made with --budget 0\.3, not 0\.2; give/],
      [[...args, '--no-snap'], /made with snap \(--no-snap\) true, not false; give/],
      [[...args, extra], /made with other recordings, .*extra\.wav is not what it was/],
    ] as const)
      expect(await papilio(other)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
    expect(readFileSync(checkpoint).equals(before)).toBe(true);
    writeFileSync(checkpoint, 'damaged');
    expect(await papilio(args)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/checkpoint\.safetensors: .*--force/),
    });
  });

  it('the same command goes on where it was stopped, --force begins anew', async () => {
    const out = temporary();
    const args = ['learn', corpus, ...smallHead, '--out', out];
    const stopped = await signalled(args, /transform/, 300, ['SIGINT']);
    expect(stopped.code, stopped.stderr).toBe(130);
    const checkpoint = join(out, 'checkpoint.safetensors');
    const { step } = decodeJob(readFileSync(checkpoint), checkpoint).checkpoint;
    expect(step).toBeGreaterThan(0);
    // What a run leaves that is killed while it writes its results.
    writeFileSync(join(out, 'model.safetensors'), '');
    const again = await signalled(args, /transform/, 0, ['SIGINT']);
    expect(again.code, again.stderr).toBe(130);
    expect(again.stderr).toContain(
      `papilio learn: going on from ${checkpoint}, phase transform, step ${step}`,
    );
    expect(decodeJob(readFileSync(checkpoint), checkpoint).checkpoint.step).toBeGreaterThan(step);
    const forced = await signalled([...args, '--force'], /transform/, 0, ['SIGINT']);
    expect(forced.stderr).toMatch(/transform +1\/1500/);
  });
});

describe('learn of averaged spectra', () => {
  it('comes to its end, and counts the errors of peaks around them', async () => {
    const folder = temporary();
    for (let r = 0; r < 5; r++) {
      const samples = gaussian(12000, 90 + r).map((x, i) => 0.01 * x + 0.3 * Math.sin((0.4 + 0.3 * r) * i));
      writeFileSync(join(folder, `tone-${r}.wav`), encodeWav(samples, 4000, { format: 'float32' }));
    }
    const errors: number[] = [];
    for (const feature of ['welch', 'peaks']) {
      const out = temporary();
      const own = ['--start', 'exact', '--budget', '5', '--feature', feature, '--out', out];
      const run = await runLine(['learn', folder, '--n-fft', '32', '--rate', '4000', ...own]);
      expect(run.code, run.stderr).toBe(0);
      const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as { testError: number };
      errors.push(summary.testError);
    }
    expect(errors[1]).not.toBe(errors[0]);
  });
});
