/** papilio ablate: parametrisations, gates, correctors, quantisations and backends compared the same way; resumes where it was stopped. */
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { finite, oneOf, whole } from '../options.ts';
import { AblationBench, colouredSignals } from '../../studies/ablation-bench.ts';
import { ablationCells, ablationKey, runAblationCell, type AblationRow } from '../../studies/ablation.ts';
import { ablationGroups, type AblationSettings } from '../../studies/ablation-cells.ts';
import { ablationCsv, ablationReport, ablationText, isAblation, type Ablation } from './ablate-report.ts';
import { flag, type Command, type FlagsOf, type Given } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { commandLine } from './command-line.ts';
import { hannFrames, signalsOf } from './dataset.ts';
import { ensureFolder, writeAtomic } from './files.ts';
import { follow, jobKey, readResults, refuseDifferent, updateFile } from './job.ts';
import type { Output } from './output.ts';
import { number } from './report/figures.ts';
import { pageOf } from './report/page.ts';
import { announceStops, endIfStopped } from './stop.ts';

/** Rows of an earlier run with these settings, and its command lines. Throws InvalidArgumentError, naming the file, for anything else. */
function readOld(path: string, settings: Ablation['settings']): Pick<Ablation, 'rows' | 'commands'> {
  const value = readResults(path);
  if (value === undefined) return { rows: [], commands: [] };
  if (!isAblation(value))
    throw new InvalidArgumentError(`${path}: not what papilio ablate wrote; give another --out`);
  refuseDifferent(path, value.settings, settings);
  return value;
}

/** Adds a row, in place of an older one of its cell, and what other runs of these settings have written meanwhile. */
const addRow = (path: string, own: Ablation, row: AblationRow): Ablation =>
  updateFile(
    path,
    () => {
      const { rows, commands } = readOld(path, own.settings);
      const all = new Map([...rows, ...own.rows, row].map((r) => [ablationKey(r), r]));
      return {
        ...own,
        commands: [...new Set([...commands, ...own.commands])],
        rows: [...all.values()],
      };
    },
    ablationText,
  );

const rowText = (r: AblationRow): string =>
  r.failed !== null
    ? `${r.group}: ${r.name}: failed: ${r.failed}`
    : `${r.group}: ${r.name}: error ${number(r.error?.p50)}, ${number(r.operations?.p50)} operations, ${number(r.timeRatio?.p50)} of the exact kernel's time`;

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  if (operands.length === 0) given.refuse(['minutes', 'rate'], 'is given without recordings');
  const { n, samples, seed, steps, sparsity, budget, decimation, rate, minutes, out, retry } = flags;
  const own: AblationSettings = { n, samples, seed, steps, sparsity, budget, decimation };
  const cells = ablationCells(own, [...new Set(flags.groups)]);
  const reading = { rate, channel: channelOf(flags), minutes, seed };
  const noise = { signals: colouredSignals(seed), name: 'windowed coloured noise' };
  const { signals, name, set } = await signalsOf(operands, hannFrames(n), reading, noise);
  const settings = jobKey({ ...own, ...set, signals: name });
  ensureFolder(out);
  const json = join(out, 'ablation.json');
  // The file stands from the beginning, so that a run beside this one meets these settings.
  const old = updateFile(
    json,
    (): Ablation => ({
      kind: 'ablation',
      settings,
      ...(flags.force ? { rows: [], commands: [] } : readOld(json, settings)),
    }),
    ablationText,
  );
  const rows = old.rows.filter((r) => !retry || r.failed === null);
  const done = new Set(rows.map(ablationKey));
  const missing = cells.filter((c) => !done.has(ablationKey(c)));
  const commands = [...old.commands, ...(missing.length > 0 ? [commandLine()] : [])];
  let all: Ablation = { ...old, rows, commands };
  announceStops('finished cells are kept; the same command goes on with the others');
  output.note(
    `papilio ablate: ${cells.length} cells of ${samples} samples, ${cells.length - missing.length} already in ${json}`,
  );
  if (samples < 20) output.note(`a trial: ${samples} samples per cell, fewer than 20`);
  const bench = new AblationBench(own.n, signals);
  const total = missing.reduce((sum, c) => sum + c.weight, 0);
  let before = 0;
  for (const cell of missing) {
    endIfStopped();
    const row = await follow(runAblationCell(cell, bench, own), (done) =>
      output.progress({
        phase: `${cell.group}: ${cell.name}`,
        step: done,
        of: samples,
        fraction: (before + (cell.weight * done) / samples) / total,
      }),
    );
    before += cell.weight;
    // One write per row: a kill loses or doubles none.
    all = addRow(json, all, row);
    output.note(rowText(row));
  }
  output.end();
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
  groups: flag.list('what to compare', oneOf(ablationGroups), ablationGroups),
  n: flag.of('real points of the transform', whole(8, 4096), 32),
  samples: flag.of('seeds per cell, samples of a time; fewer than 20 only for a trial', whole(1, 1000), 20),
  channel: channelFlag,
  seed: flag.of('first seed', whole(0, 2 ** 20), 1),
  steps: flag.of('training steps of gates', whole(1), 300),
  sparsity: flag.of(
    'what the weight of the share of open gates rises to, beside the squared relative error',
    finite({ minimum: 0 }),
    4,
  ),
  budget: flag.of('largest relative error of gates', finite({ minimum: 0 }), 0.4),
  decimation: flag.of('of gated, corrected and learned networks', oneOf(['time', 'frequency']), 'frequency'),
  minutes: flag.of('minutes of recordings to fit to; half as many measure', finite({ minimum: 0.05 }), 5),
  rate: flag.rate(),
  retry: flag.toggle('run cells again that failed before'),
  out: flag.text(
    'folder for ablation.json, ablation.csv and report.html; an old ablation.json is continued',
    'ablation',
  ),
  force: flag.force,
};

export const ablateCommand: Command<typeof flags> = {
  name: 'ablate',
  operands: '[recordings...]',
  summary: 'parametrisations, gates, correctors, quantisations and backends compared the same way',
  examples: ['ablate --groups network,quantization --samples 5 --out trial', 'ablate my-recordings/ --n 256'],
  flags,
  run,
};
