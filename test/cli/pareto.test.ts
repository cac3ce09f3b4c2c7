/** papilio pareto on a small corpus: rows, exact resume after a kill, test recordings that nothing reads before the end. */
import { bandCount } from '../../src/spectral/banks.ts';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeWav, encodeWav } from '../../src/formats/wav.ts';
import { decodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import { splitNames } from '../../src/front/corpus.ts';
import type { FrontRow } from '../../src/cli/front-row.ts';
import { gaussian } from '../helpers.ts';
import { runLine } from '../hostile/helpers.ts';
import { papilio, signalled, smallCorpus, temporary } from './helpers.ts';

const small = ['--corpus', 'speech', '--n-fft', '32', '--feature', 'log-mel-8', '--minutes', '0.05'] as const;
const rowsOf = (out: string): FrontRow[] =>
  JSON.parse(readFileSync(join(out, 'front.json'), 'utf8')) as FrontRow[];
/** All of a row that does not depend on the clock and the folder. */
const untimed = ({
  nsPerFrame: _,
  exactNsPerFrame: __,
  command: ___,
  ...rest
}: FrontRow): Partial<FrontRow> => rest;
/** The command lines that a page shows, one a line. */
const commandsIn = (html: string): string[] =>
  /<section class="reproduce">.*?<pre>([^<]*)<\/pre>/.exec(html)?.[1]?.split('\n') ?? [];
/** Nor where the page is itself, which its line for the playground says. */
const withoutCommands = (html: string): string => html.replaceAll(/<pre>[^<]*<\/pre>/g, '');
const modelsOf = (out: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(out)
      .filter((f) => f.endsWith('.safetensors'))
      .map((f) => [f, readFileSync(join(out, f)).toString('base64')]),
  );

describe('papilio pareto', () => {
  const corpus = smallCorpus();
  const whole = temporary();

  it('writes a front, its models and kernels, a table and a page', async () => {
    const run = await papilio(['pareto', corpus, ...small, '--seeds', '2', '--out', whole]);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toMatch(/left/);
    const rows = rowsOf(whole);
    expect(new Set(rows.map((r) => r.seed))).toEqual(new Set([0, 1]));
    expect(rows.filter((r) => r.kind === 'exact').length).toBe(2);
    expect(rows[0].settings).toMatchObject({ rate: 16000, channel: 'mix', minutes: 0.05, gates: false });
    for (const r of rows) {
      // Fine tables are as good as float32 on noise. Of q24 only the filterbank is rounded visibly: by 2^-11 of a band's energy.
      if (r.structure.includes('q24')) expect(r.error).toBeLessThan(2.2e-4);
      if (!r.structure.includes('tables')) expect(r.kind === 'exact').toBe(r.error < 1e-5);
      expect(r.operations).toBeGreaterThan(0);
      expect(r.fftOperations).toBeLessThan(r.transformOperations);
      expect(r.bandErrors.length).toBe(8);
      expect(r.codeBytes).toBeGreaterThan(r.tableBytes);
    }
    const learned = rows.filter((r) => r.kind === 'learned' && r.seed === 0);
    expect(learned.length).toBeGreaterThan(2);
    for (const a of learned) {
      // No front end of a front is worse in everything, as far as the search could know.
      expect(
        learned.some(
          (b) => b.operations < a.operations && Number(b.validationError) < 0.5 * Number(a.validationError),
        ),
      ).toBe(false);
      const [model, kernel] = a.files.map((f) => readFileSync(join(whole, f)));
      expect(bandCount(decodeFrontEnd(model, 'm').head)).toBe(8);
      expect(kernel.length).toBe(a.codeBytes);
    }
    const names = ['q24', 'hi-lo', 'q8'].map((name) => `exact kernel, ${name} tables`);
    const bits = ['exact real-input kernel', ...names];
    const sizes = bits.map((name) => rows.find((r) => r.structure === name)?.tableBytes ?? NaN);
    expect(sizes[1]).toBeLessThan(0.8 * sizes[0]);
    expect(sizes[2]).toBeLessThan(0.6 * sizes[0]);
    expect(sizes[3]).toBeLessThan(sizes[2]);
    // All but every second frame say what is to be expected of other recordings.
    for (const r of rows)
      expect(r.estimate !== undefined, r.structure).toBe(!r.structure.startsWith('every second'));
    const [small8, cheapest] = [temporary(), learned[0].files[0]];
    const compiled = await runLine(['compile', join(whole, cheapest), '--tables', 'q8', '--out', small8]);
    expect(compiled.code, compiled.stderr).toBe(0);
    expect(readFileSync(join(small8, 'kernel.wasm')).length).toBeLessThan(learned[0].codeBytes);
    const refused = await runLine(['compile', '--n', '8', '--tables', 'q8']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/--tables is q8/);
    const csv = readFileSync(join(whole, 'front.csv'), 'utf8').trim().split('\n');
    expect(csv.length).toBe(rows.length + 1);
    expect(csv[0].split(',')).toEqual(
      expect.arrayContaining(['error', 'estimate.mean', 'files', 'settings.minutes']),
    );
    expect(csv[0].split(',')[0]).toBe('corpus');
    expect(csv[1].split(',')[0]).toBe('speech');
    const page = readFileSync(join(whole, 'report.html'), 'utf8');
    expect(page).toContain('What less computing costs');
    expect(page).toContain('Where each looks');
    expect(page).not.toMatch(/src="(?!data:)/);
    const shown = rows.filter((r) => r.example);
    expect(shown.length).toBeGreaterThan(2);
    // One player each, and one of the recording; all of the first seed.
    expect(page.match(/<audio /g)?.length).toBe(shown.length + 1);
    expect(new Set(shown.map((r) => r.seed))).toEqual(new Set([0]));
    for (const { example } of shown) {
      const sound = decodeWav(readFileSync(join(whole, example?.sound ?? '')), 'sound');
      expect(sound.sampleRate).toBe(16000);
      expect(Math.max(...sound.samples.map(Math.abs))).toBeGreaterThan(0.05);
      expect(
        splitNames(
          readdirSync(corpus).map((f) => join(corpus, f)),
          0,
        ).test.map((f) => basename(f)),
      ).toContain(basename(example?.recording ?? ''));
    }
    const rendered = await runLine(['report', join(whole, 'front.json'), '--markdown']);
    expect(rendered.code, rendered.stderr).toBe(0);
    expect(await papilio(['report', join(whole, 'front.json')])).toMatchObject({ code: 0 });
    const again = readFileSync(join(whole, 'front.html'), 'utf8');
    expect(withoutCommands(again)).toBe(withoutCommands(page));
    const first = ['papilio pareto', corpus, ...small, '--seeds 2 --out', whole].join(' ');
    expect(commandsIn(page)).toEqual([first]);
    expect(commandsIn(again)).toEqual([first, `papilio report ${join(whole, 'front.json')}`]);
    // Every front end with a model is named with its file.
    for (const r of rows.filter((row) => row.seed === 0 && row.files.length > 0))
      expect(page).toContain(`>${r.files[0]}</td>`);
    expect(readFileSync(join(whole, 'front.md'), 'utf8')).toContain('| exact real-input kernel | 2 |');
  });

  it('measures times again without touching anything else, and says what is within a budget', async () => {
    const before = rowsOf(whole);
    const run = await papilio(['pareto', corpus, '--out', whole, '--remeasure', '--budgets', '0.5,1e-9']);
    expect(run.code, run.stderr).toBe(0);
    const after = rowsOf(whole);
    expect(after.map(untimed)).toEqual(before.map(untimed));
    expect(after.some((r, i) => r.nsPerFrame !== before[i].nsPerFrame)).toBe(true);
    const [loose, none] = run.stdout.split('\n').slice(1);
    expect(loose).not.toContain('exact real-input kernel');
    // Nothing is within 1e-9, not even float32.
    expect(none).toContain('exact real-input kernel');
    expect(readFileSync(join(whole, 'report.html'), 'utf8')).toContain('Within a budget');
  });

  it('killed at a random moment and run again, ends with the same rows, none lost or doubled', async () => {
    const out = temporary();
    const args = ['pareto', corpus, ...small, '--seeds', '2', '--out', out];
    // The first search is done; the kill is somewhere in the second.
    const first = rowsOf(whole).filter((r) => r.seed === 0);
    writeFileSync(join(out, 'front.json'), JSON.stringify(first));
    for (const name of Object.keys(modelsOf(whole)).filter((f) => f.includes('-seed0-')))
      copyFileSync(join(whole, name), join(out, name));
    const killed = await signalled(args, /seed 1 structure +[0-9]/, 1500 * Math.random(), ['SIGKILL']);
    expect(killed.code, killed.stderr).toBe(137);
    expect(rowsOf(out)).toEqual(first);
    const again = await papilio(args);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain('1 already');
    expect(rowsOf(out).map(untimed)).toEqual(rowsOf(whole).map(untimed));
    expect(modelsOf(out)).toEqual(modelsOf(whole));
  });

  it('nothing of the test recordings reaches a model: a marker in them changes no bit of it', async () => {
    const paths = readdirSync(corpus).map((f) => join(corpus, f));
    const { test } = splitNames(paths, 0);
    expect(test.length).toBeGreaterThan(0);
    const kept = test.map((path) => readFileSync(path));
    for (const path of test)
      writeFileSync(
        path,
        encodeWav(
          gaussian(8000, 99).map((x) => 0.9 * Math.sign(x)),
          16000,
          { format: 'float32' },
        ),
      );
    const out = temporary();
    // Rows of another corpus in the same file are no reason to search nothing.
    const others = rowsOf(whole).map((r) => ({ ...r, corpus: 'music' }));
    writeFileSync(join(out, 'front.json'), JSON.stringify(others));
    const run = await papilio(['pareto', corpus, ...small, '--out', out]);
    test.forEach((path, i) => writeFileSync(path, kept[i]));
    expect(run.code, run.stderr).toBe(0);
    expect(rowsOf(out).slice(0, others.length)).toEqual(others);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toMatch(
      /music: log-mel-8, n_fft 32[^]*speech: log-mel-8/,
    );
    const same = (rows: FrontRow[]): FrontRow[] =>
      rows.filter((r) => r.corpus === 'speech' && r.seed === 0 && r.kind === 'learned');
    const [marked, clean] = [same(rowsOf(out)), same(rowsOf(whole))];
    expect(marked.map((r) => [r.structure, r.validationError])).toEqual(
      clean.map((r) => [r.structure, r.validationError]),
    );
    expect(marked.map((r) => r.error)).not.toEqual(clean.map((r) => r.error));
    const models = modelsOf(whole);
    for (const [name, bytes] of Object.entries(modelsOf(out))) expect(bytes).toBe(models[name]);
  });

  it('refuses wrong flags, folders and files by name', async () => {
    const cases: [string[], RegExp][] = [
      [['pareto'], /no recordings/],
      [['pareto', join(corpus, 'none')], /none: no such file/],
      [['pareto', corpus, '--corpus', 'a/b'], /--corpus is "a\/b"; expected letters/],
      [['pareto', corpus, '--n-fft', '201'], /nFft is 201/],
      [['pareto', corpus, '--feature', 'x'], /feature "x"; expected log-mel/],
      [['report'], /no file/],
      [['report', join(corpus, 'noise-0.wav')], /no JSON/],
    ];
    for (const [args, message] of cases) {
      const run = await runLine(args);
      expect(run.code, args.join(' ')).toBe(2);
      expect(run.stderr).toMatch(message);
      expect(run.stderr.trim().split('\n').length).toBe(1);
    }
    const out = temporary();
    writeFileSync(join(out, 'front.json'), '[{"a": 1}]');
    const run = await runLine(['pareto', corpus, ...small, '--out', out]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/front\.json: not the rows/);
    expect(readFileSync(join(out, 'front.json'), 'utf8')).toBe('[{"a": 1}]');
  });
});
