/** papilio roundtrip as a user runs it: checkpoints after every phase, killed and resumed, refusals. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/cli/args.ts';
import { roundtripCommand } from '../../src/cli/roundtrip.ts';
import { Output } from '../../src/cli/output.ts';
import { PapilioError } from '../../src/errors.ts';
import type { ParameterValues } from '../../src/model/initialize.ts';
import { certify } from '../../src/certify/certify.ts';
import { decodeTransform } from '../transform-file.ts';
import { decodeModel } from '../../src/checkpoints/checkpoint.ts';
import { coderPhaseReports } from '../../src/fit/encoder-decoder.ts';
import { gaussian } from '../helpers.ts';
import { runLine } from '../hostile/helpers.ts';
import { papilio, temporary } from './helpers.ts';

/** The command in this process: errors as they are thrown. */
async function run(args: readonly string[]): Promise<void> {
  const { operands, flags, given } = parseCommand(roundtripCommand, args);
  await roundtripCommand.run(operands, flags, new Output(flags, operands), given);
}

const folder = temporary();
const file = (name: string, value: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
};
function saved(path: string) {
  const { values, report } = decodeModel(readFileSync(path), path);
  return { report, state: { values, phases: coderPhaseReports(report['phases'], path) } };
}
const valuesOf = (path: string): ParameterValues => saved(path).state.values;
/** Names that no temporary file is among. */
const filesOf = (path: string): string[] => readdirSync(path).sort();

describe('papilio roundtrip', () => {
  it('learns in three phases, a checkpoint each, and prints their errors', async () => {
    const out = join(folder, 'phases');
    const { code, stdout } = await papilio(['roundtrip', '--n', '16', '--out', out]);
    expect(code).toBe(0);
    expect(filesOf(out)).toEqual([
      'decoder.safetensors',
      'encoder.safetensors',
      'model.safetensors',
      'phase-1-encoder.safetensors',
      'phase-2-decoder.safetensors',
      'phase-3-joint.safetensors',
    ]);
    ['phase-1-encoder', 'phase-2-decoder', 'phase-3-joint'].forEach((name, i) =>
      expect(saved(join(out, `${name}.safetensors`)).state.phases.length).toBe(i + 1),
    );
    const { state, report } = saved(join(out, 'model.safetensors'));
    const { spectrum, roundTrip } = state.phases[2].errors;
    expect(spectrum?.worst).toBeLessThan(1e-12);
    expect(roundTrip?.worst).toBeLessThan(1e-12);
    expect((report['operator'] as { tau: number }).tau).toBeLessThan(1e-12);
    for (const name of ['encoder', 'decoder', 'joint'])
      expect(stdout).toMatch(new RegExp(`^${name} +16 `, 'm'));
    expect(stdout).toMatch(/every signal: \|\|D E x - x\|\| <= \d\.\d+e-1\d \|\|x\|\| proven/);
    // The networks are transforms that every other command takes.
    for (const name of ['encoder.safetensors', 'decoder.safetensors']) {
      const path = join(out, name);
      expect(certify(decodeTransform(readFileSync(path), path)).relativeTau).toBeLessThan(1e-12);
    }
  });

  it('killed after the first phase and resumed, it ends at the same bits', async () => {
    const [whole, out] = [join(folder, 'whole'), join(folder, 'killed')];
    const args = ['roundtrip', '--n', '32', '--seed', '2'];
    expect((await papilio([...args, '--out', whole])).code).toBe(0);
    const first = join(out, 'phase-1-encoder.safetensors');
    const killed = await papilio([...args, '--out', out], (kill) => {
      const poll = setInterval(() => {
        if (!existsSync(first)) return;
        clearInterval(poll);
        kill('SIGKILL');
      }, 5);
    });
    expect(killed.code).not.toBe(0);
    expect(existsSync(join(out, 'model.safetensors'))).toBe(false);
    const before = readFileSync(first);
    const resumed = await papilio([...args, '--out', out, '--resume']);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).toMatch(/(1 phase|2 phases) finished before/);
    // A finished phase is not done again.
    expect(readFileSync(first).equals(before)).toBe(true);
    expect(valuesOf(join(out, 'model.safetensors'))).toEqual(valuesOf(join(whole, 'model.safetensors')));
    await expect(run(['--n', '32', '--seed', '3', '--out', out, '--resume'])).rejects.toThrow(
      /made with seed 2, not 3/,
    );
    writeFileSync(join(out, 'phase-3-joint.safetensors'), 'damaged');
    await expect(run(['--n', '32', '--seed', '2', '--out', out, '--resume'])).rejects.toThrow(
      /phase-3-joint.safetensors/,
    );
  });

  it('the same command goes on after finished phases, another is refused, --force begins anew', async () => {
    const out = join(folder, 'again');
    const args = ['roundtrip', '--n', '8', '--out', out];
    expect((await runLine(args)).code).toBe(0);
    // As a kill in the second phase leaves it.
    for (const name of filesOf(out)) if (!name.startsWith('phase-1')) rmSync(join(out, name));
    const first = join(out, 'phase-1-encoder.safetensors');
    const before = readFileSync(first);
    for (const other of [
      ['--seed', '2'],
      ['--mode', 'joint'],
    ]) {
      const refused = await runLine([...args, ...other]);
      expect([refused.code, refused.stderr]).toEqual([
        2,
        expect.stringMatching(/phase-1-encoder\.safetensors: made with .*; give another --out, or --force/),
      ]);
    }
    const again = await runLine(args);
    expect(again.stderr).toContain('1 phase finished before, going on');
    expect(readFileSync(first).equals(before)).toBe(true);
    const anew = await runLine([...args, '--mode', 'joint', '--force']);
    expect(anew.stderr).not.toContain('finished before');
    expect(filesOf(out).filter((name) => name.startsWith('phase'))).toEqual(['phase-1-joint.safetensors']);
  });

  it('several sizes, real samples, JSON; a goal that is missed is said', async () => {
    const out = join(folder, 'several');
    const args = ['roundtrip', '--n', '8,12', '--input', 'real', '--mode', 'joint', '--json', '-'];
    const { code, stdout } = await runLine([...args, '--out', out]);
    expect(code).toBe(0);
    const list = JSON.parse(stdout) as {
      n: number;
      input: string;
      phases: { errors: { roundTrip: { worst: number } } }[];
    }[];
    expect(list.map((r) => [r.n, r.input, r.phases.length])).toEqual([
      [8, 'real', 1],
      [12, 'real', 1],
    ]);
    for (const r of list) expect(r.phases[0].errors.roundTrip.worst).toBeLessThan(1e-12);
    expect(filesOf(out)).toEqual(['n-12', 'n-8']);
    const missed = await runLine(['roundtrip', '--n', '8', '--steps', '2', '--mode', 'alone', '--goal', '0']);
    expect(missed.code).toBe(1);
    expect(missed.stderr).toContain('the goal of 0 was not reached');
  });

  it('filters from a response and from example pairs', async () => {
    const [re, im] = [gaussian(8, 1), gaussian(8, 2)];
    // With the name that the help gives; without it below.
    const response = file('response.json', { response: { re: [[...re]], im: [[...im]] } });
    const out = join(folder, 'filter');
    const { code, stdout } = await runLine(['roundtrip', '--response', response, '--out', out]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^mask +8 +mask /m);
    const { mask } = valuesOf(join(out, 'model.safetensors'));
    for (let k = 0; k < 8; k++)
      expect(Math.hypot(mask[2 * k] - re[k], mask[2 * k + 1] - im[k])).toBeLessThan(1e-12);
    // A delay by one sample of real signals: the response is exp(-2 pi i k / 8).
    const signals = Array.from({ length: 24 }, (_, l) => [...gaussian(8, 10 + l)]);
    const delayed = signals.map((x) => x.map((_, j) => x[(j + 7) % 8]));
    const examples = file('pairs.json', { input: signals, output: delayed });
    const pairs = await runLine([
      'roundtrip',
      '--examples',
      examples,
      '--mode',
      'mask',
      '--json',
      '-',
      '--force',
      '--out',
      out,
    ]);
    expect(pairs.code).toBe(0);
    expect((JSON.parse(pairs.stdout) as { input: string }).input).toBe('real');
    const learned = valuesOf(join(out, 'model.safetensors'))['mask'];
    for (let k = 0; k <= 4; k++) {
      const angle = (-2 * Math.PI * k) / 8;
      const error = [learned[2 * k] - Math.cos(angle), learned[2 * k + 1] - Math.sin(angle)];
      expect(Math.hypot(...error)).toBeLessThan(1e-12);
    }
  });

  const response = file('flat.json', { re: [[1, 1, 1, 1]] });
  const complexMean = file('complex.json', { re: [[1, 1, 1]], im: [[1, 0, 0]] });
  const two = file('two.json', [
    [1, 1],
    [1, 1],
  ]);
  const ragged = file('ragged.json', { input: [[1, 2]], output: [[1, 2, 3]] });
  const complexPairs = file('pairs-complex.json', {
    input: { re: [[1, 2]], im: [[1, 2]] },
    output: [[1, 2]],
  });
  const refusals: [readonly string[], RegExp][] = [
    [[], /--n is missing/],
    [['dft', '--n', '8'], /dft: expected no operands/],
    [['--n', '8x'], /--n names "8x"/],
    [['--n', '11'], /n is 11; expected a product of 2, 3, 5 and 7/],
    [['--n', '7', '--input', 'real'], /n is 7; a network of real samples/],
    [['--n', '8', '--mode', 'mask'], /mode is mask; expected alone, phases or joint/],
    [['--n', '8', '--radices', '2,2'], /multiply to 4; expected 8/],
    [['--n', '8', '--resume'], /--resume without --out/],
    [['--n', '8', '--response', response], /--n is 8; expected 4/],
    [['--response', response, '--examples', response], /expected one of them/],
    [['--response', two], /shape \[2, 2\]; expected \[1, bins\]/],
    [['--response', complexMean, '--input', 'real', '--mode', 'mask'], /complex at bin 0/],
    [['--examples', ragged], /expected one shape \[pairs, n\]/],
    [['--examples', complexPairs, '--input', 'real'], /complex signals; expected real ones/],
    [['--response', join(folder, 'none.json')], /no such file/],
  ];
  it.each(refusals)('refuses %j', async (args, message) => {
    await expect(run(args)).rejects.toThrow(message);
    await expect(run(args)).rejects.toBeInstanceOf(PapilioError);
  });
});
