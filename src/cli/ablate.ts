/** papilio ablate: parametrisations, gates, correctors, quantisations and backends compared the same way; resumes where it was stopped. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { AblationBench, colouredSignals } from '../../studies/ablation-bench.ts';
import { ablationCells, ablationKey, runAblationCell, type AblationRow } from '../../studies/ablation.ts';
import { ablationGroups, type AblationSettings } from '../../studies/ablation-cells.ts';
import { frameSignals, type Signals } from '../learn.ts';
import { windowByName } from '../index.ts';
import { ablationCsv, ablationReport, ablationText, isAblation, type Ablation } from './ablate-report.ts';
import { forceFlag, rateFlag, flag, type Command, type FlagsOf, type Given } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { commandLine } from './command-line.ts';
import { ensureFolder, writeAtomic } from './files.ts';
import { follow, jobKey } from './job.ts';
import { whileLocked } from './lock.ts';
import type { Output } from './output.ts';
import type { RecordingSet } from './recording-set.ts';
import { loadParts } from './recordings.ts';
import { number } from './report/figures.ts';
import { pageOf } from './report/page.ts';
import { readResults, refuseDifferent } from './settings.ts';
import { announceStops, endIfStopped } from './stop.ts';

/** Windowed frames of recordings, those that measure from recordings of their own; coloured noise without. */
async function signalsOf(
  paths: readonly string[],
  { n, seed }: AblationSettings,
  flags: Flags,
): Promise<{ signals: Signals; name: string; set?: RecordingSet }> {
  if (paths.length === 0) return { signals: colouredSignals(seed), name: 'windowed coloured noise' };
  const channel = channelOf(flags);
  const audio = { sampleRate: flags.rate, shortest: n, channel };
  const { own, held, set } = await loadParts(paths, seed, audio, flags.minutes);
  const cut = { start: 0, hop: n >> 1, window: windowByName('hann', n, 'periodic') };
  return {
    signals: frameSignals(own, held, cut, seed),
    set,
    name: `windowed frames of ${paths.join(' ')} at ${audio.sampleRate} Hz${channel === 'mix' ? '' : `, channel ${channel}`}, ${own.length} recordings to fit, ${held.length} to measure`,
  };
}

/** Rows of an earlier run with these settings, and its command lines. Throws InvalidArgumentError, naming the file, for anything else. */
function readOld(path: string, settings: Ablation['settings']): Pick<Ablation, 'rows' | 'commands'> {
  const value = readResults(path);
  if (value === undefined) return { rows: [] };
  if (!isAblation(value))
    throw new InvalidArgumentError(`${path}: not what papilio ablate wrote; give another --out`);
  refuseDifferent(path, value.settings, settings);
  return value;
}

/** What is there of these settings. The file stands from the beginning, so that a run beside this one meets them. */
function begin(path: string, settings: Ablation['settings'], force: boolean): Ablation {
  return whileLocked(path, () => {
    const old = force ? { rows: [] } : readOld(path, settings);
    const all: Ablation = { kind: 'ablation', settings, ...old };
    if (force || !existsSync(path)) writeAtomic(path, ablationText(all));
    return all;
  });
}

/** Adds a row, in place of an older one of its cell, and what other runs of these settings have written meanwhile. */
function addRow(path: string, own: Ablation, row: AblationRow): Ablation {
  return whileLocked(path, () => {
    const found = readOld(path, own.settings);
    const rows = new Map([...found.rows, ...own.rows, row].map((r) => [ablationKey(r), r]));
    const commands = [...new Set([...(found.commands ?? []), ...(own.commands ?? [])])];
    const all: Ablation = { ...own, commands, rows: [...rows.values()] };
    writeAtomic(path, ablationText(all));
    return all;
  });
}

const rowText = (r: AblationRow): string =>
  r.failed !== null
    ? `${r.group}: ${r.name}: failed: ${r.failed}`
    : `${r.group}: ${r.name}: error ${number(r.error?.p50)}, ${number(r.operations?.p50)} operations, ${number(r.timeRatio?.p50)} of the exact kernel's time`;

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const groups = [...new Set(flags.groups)];
  if (operands.length === 0) given.refuse(['minutes', 'rate'], 'is given without recordings');
  const samples = flags.samples;
  const { n, seed, steps, sparsity, budget, decimation } = flags;
  const own: AblationSettings = { n, samples, seed, steps, sparsity, budget, decimation };
  const cells = ablationCells(own, groups);
  const { signals, name, set } = await signalsOf(operands, own, flags);
  const settings = jobKey({ ...own, ...set, signals: name });
  const out = flags.out;
  ensureFolder(out);
  const json = join(out, 'ablation.json');
  const retry = flags.retry;
  let all = begin(json, settings, flags.force);
  all = { ...all, rows: all.rows.filter((r) => !retry || r.failed === null) };
  const done = new Set(all.rows.map(ablationKey));
  const missing = cells.filter((c) => !done.has(ablationKey(c)));
  announceStops('finished cells are kept; the same command goes on with the others');
  output.note(
    `papilio ablate: ${cells.length} cells of ${samples} samples, ${cells.length - missing.length} already in ${json}`,
  );
  if (samples < 20) output.note(`a trial: ${samples} samples per cell, fewer than 20`);
  const commands = new Set([...(all.commands ?? []), ...(missing.length > 0 ? [commandLine()] : [])]);
  all = { ...all, commands: [...commands] };
  const bench = new AblationBench(own.n, signals);
  const { line } = output;
  const total = missing.reduce((sum, c) => sum + c.weight, 0);
  let before = 0;
  for (const cell of missing) {
    endIfStopped();
    const row = await follow(runAblationCell(cell, bench, own), (done) =>
      line.show({
        fraction: (before + (cell.weight * done) / samples) / total,
        phase: cell.group,
        text: `${cell.name}  ${done}/${samples}`,
      }),
    );
    before += cell.weight;
    // One write per row: a kill loses or doubles none.
    all = addRow(json, all, row);
    output.note(rowText(row));
  }
  line.end();
  bench.dispose();
  writeAtomic(join(out, 'ablation.csv'), ablationCsv(all));
  writeAtomic(join(out, 'report.html'), pageOf(ablationReport(all, commandLine())));
  const failed = all.rows.filter((r) => r.failed !== null).length;
  output.json(all);
  output.print(
    `${all.rows.length} cells${failed > 0 ? `, ${failed} of them failed,` : ''} in ${json}; ablation.csv and report.html beside it`,
  );
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  groups: flag.choices(ablationGroups, 'what to compare', { default: ablationGroups }),
  n: flag.integer('real points of the transform', { default: 32, minimum: 8, maximum: 4096 }),
  samples: flag.integer('seeds per cell and samples of every time; fewer than 20 only for a trial', {
    default: 20,
    minimum: 1,
    maximum: 1000,
  }),
  channel: channelFlag,
  seed: flag.integer('first seed', { default: 1, minimum: 0, maximum: 2 ** 20 }),
  steps: flag.integer('training steps of gates', { default: 300, minimum: 1 }),
  sparsity: flag.number(
    'what the weight of the share of open gates rises to, beside the squared relative error',
    { default: 4, minimum: 0 },
  ),
  budget: flag.number('largest relative error of gates', { default: 0.4, minimum: 0 }),
  decimation: flag.choice(['time', 'frequency'], 'of gated, corrected and learned networks', {
    default: 'frequency',
  }),
  minutes: flag.number('minutes of recordings to fit to; half as many measure', {
    default: 5,
    minimum: 0.05,
  }),
  rate: rateFlag(),
  retry: flag.switch('run cells again that failed before'),
  out: flag.text(
    'folder for ablation.json, ablation.csv and report.html; an old ablation.json is continued',
    { default: 'ablation' },
  ),
  force: forceFlag,
};

export const ablateCommand: Command<typeof flags> = {
  name: 'ablate',
  operands: '[recordings...]',
  summary: 'parametrisations, gates, correctors, quantisations and backends compared the same way',
  examples: ['ablate --groups network,quantization --samples 5 --out trial', 'ablate my-recordings/ --n 256'],
  flags,
  run,
};
