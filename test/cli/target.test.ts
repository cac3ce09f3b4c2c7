/** --target of learn and pareto: what is found for a machine, what it takes there, and its C by compile without a word more. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/cli/args.ts';
import type { FrontRow } from '../../src/cli/front-row.ts';
import { learnCommand, optionsOf } from '../../src/cli/learn.ts';
import { decodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import { frontEndC } from '../../src/front/c.ts';
import { runLine } from '../hostile/helpers.ts';
import { smallCorpus, temporary } from './helpers.ts';

const corpus = smallCorpus();
const head = ['--n-fft', '64', '--feature', 'log-mel-6', '--rate', '8000'];
const json = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;

describe('learn --target', () => {
  const out = temporary();
  const words = ['learn', corpus, ...head, '--start', 'exact', '--budget', '0.3', '--out', out];
  const target = ['--target', 'cortex-m3'];

  it('says what the learned and the exact front end take of the machine, and compile writes that', async () => {
    const run = await runLine([...words, ...target, '--max-flash', '14k', '--max-ram', '2k']);
    expect(run.code, run.stderr).toBe(0);
    const { needs } = frontEndC(decodeFrontEnd(readFileSync(join(out, 'model.safetensors')), 'model'), {
      name: 'kernel',
      target: 'cortex-m3',
    });
    const summary = json(join(out, 'summary.json'));
    expect(summary).toMatchObject({
      target: 'cortex-m3',
      maxFlash: 14336,
      maxRam: 2048,
      learned: { ...needs },
    });
    const { instructions, flash, ram } = summary['exact'] as NonNullable<typeof needs>;
    expect(needs?.instructions).toBeLessThan(instructions);
    expect(run.stdout).toMatch(/instructions \/ frame +flash, bytes +RAM, bytes/);
    const cheap = summary['smallerNfft'] as Record<string, number>;
    expect(run.stdout).toContain('\nPer frame of WebAssembly on this machine it is ');
    expect(run.stdout).toContain(
      `On Cortex-M3 without FPU a frame takes about ${needs?.instructions} instructions, ${Number(((needs?.instructions ?? NaN) / instructions).toPrecision(2))} of the exact kernel's ${instructions}, n_fft ${cheap.nFft}, refitted, ${cheap.instructions}; ${needs?.flash} bytes of flash (${flash}) and ${needs?.ram} bytes of RAM (${ram}): papilio compile ${join(out, 'model.safetensors')} --to c`,
    );
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toContain('those of the C for Cortex-M3 without FPU');
    expect(page).toContain('instructions per frame');

    const c = temporary();
    const compiled = await runLine(['compile', join(out, 'model.safetensors'), '--to', 'c', '--out', c]);
    expect(compiled.stdout).toMatch(
      new RegExp(
        `\nFor Cortex-M3 without FPU: about ${needs?.instructions} instructions a result, ${needs?.flash} bytes of flash, ${needs?.ram} bytes of RAM.\n$`,
      ),
    );
    for (const file of ['README.md', 'kernel.h'])
      expect(readFileSync(join(c, file), 'utf8').replace(/\s+(\* )?/g, ' ')).toContain(
        `in log10, is ${(summary['validationError'] as number).toFixed(4)} on validation recordings`,
      );
    const compile = ['compile', join(out, 'model.safetensors'), '--to', 'c', '--out', c];
    const other = ['--target', 'cortex-m0plus', '--force', '--json', '-', '--quiet'];
    const forced = await runLine([...compile, ...other]);
    expect(JSON.parse(forced.stdout)).toMatchObject({ target: 'cortex-m0plus', ram: needs?.ram });
  });

  it('is another job than one for another machine, and than one for none', async () => {
    expect((await runLine([...words, '--target', 'cortex-m4f'])).stderr).toContain(
      'made with --target "cortex-m3", not "cortex-m4f"; give another --out',
    );
    expect((await runLine([...words, ...target, '--max-flash', '15k', '--max-ram', '2k'])).stderr).toContain(
      'made with --max-flash 14336, not 15360',
    );
    expect((await runLine(words)).stderr).toContain('made with --target "cortex-m3", not none');
  });

  it('with memory that nothing keeps to ends with the nearest', async () => {
    const limits = ['--max-flash', '800', '--max-ram', '0.5k'];
    const run = await runLine([...words.slice(0, -1), temporary(), ...target, ...limits]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(
      /papilio learn: nothing keeps within 800 bytes of flash, 512 bytes of RAM and an error of 0\.3 on cortex-m3; the nearest, .* bytes of RAM at an error of/,
    );
  });

  it('wasm is what jobs were without it', () => {
    const options = (...more: string[]) => optionsOf(parseCommand(learnCommand, ['x', ...more]).flags);
    expect(options('--target', 'wasm')).toEqual(options());
    expect(Object.keys(options())).not.toContain('target');
  });

  it.each([
    ['16k', 16384],
    ['1.5M', 1572864],
    ['800', 800],
    ['0.5K', 512],
  ])('reads %s as bytes', (text, bytes) => {
    const { flags } = parseCommand(learnCommand, ['x', '--max-flash', text]);
    expect(flags['max-flash']).toBe(bytes);
  });

  it.each(['16x', '', '0', '-1', '1e3', '16 kB', 'k', '0.1'])('takes %j for no size', async (text) => {
    const run = await runLine([...words, ...target, `--max-ram=${text}`]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(
      `--max-ram is ${JSON.stringify(text)}; expected bytes, as in 800, 16k or 1.5M`,
    );
  });

  it.each([[], ['--target', 'x86-64']])(
    'refuses memory of machines that are not counted %#',
    async (...own) => {
      const run = await runLine([...words, ...own, '--max-ram', '8k']);
      expect(run.stderr).toContain(
        `--max-ram is given with --target ${own[1] ?? 'wasm'}, whose code is not counted; expected one of cortex-m0plus,`,
      );
    },
  );
});

describe('pareto --target', () => {
  it('has instructions, flash and RAM of every front end in C, and chooses by them within the memory', async () => {
    const out = temporary();
    const words = ['pareto', corpus, '--n-fft', '32', '--feature', 'log-mel-6', '--minutes', '0.05'];
    const limits = ['--target', 'cortex-m4f', '--max-ram', '1k'];
    const run = await runLine([...words, ...limits, '--budgets', '0.5', '--out', out]);
    expect(run.code, run.stderr).toBe(0);
    const rows = JSON.parse(readFileSync(join(out, 'front.json'), 'utf8')) as FrontRow[];
    expect(rows[0].settings).toMatchObject({ target: 'cortex-m4f', maxRam: 1024 });
    for (const { files, needs } of rows) expect(needs === undefined).toBe(files.length === 0);
    const learned = rows.filter((r) => r.kind === 'learned');
    expect(learned.length).toBeGreaterThan(0);
    for (const { needs } of learned) expect(needs?.ram).toBeLessThanOrEqual(1024);
    expect(run.stdout).toMatch(/instructions +flash +RAM/);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toContain('Instructions per frame, flash and RAM are those of the C for the target');

    // Measured again they stay what they are.
    const again = await runLine([...words, ...limits, '--remeasure', '--out', out]);
    expect(again.code, again.stderr).toBe(0);
    const after = JSON.parse(readFileSync(join(out, 'front.json'), 'utf8')) as FrontRow[];
    expect(after.map((r) => r.needs)).toEqual(rows.map((r) => r.needs));
  });
});
