/** papilio pareto: the front of error against cost for features of your recordings; resumes where it was stopped. */
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { finite, whole } from '../options.ts';
import { encodeFrontEnd } from '../files.ts';
import * as frontEnds from '../front.ts';
import { isFront, type FrontRow } from './front-row.ts';
import { flag, known, ofPresets, type Command, type FlagsOf, type Given } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { commandLine } from './command-line.ts';
import { headAudio, loadMinutes, recordingSetOf } from './dataset.ts';
import { ensureFolder, writeAtomic } from './files.ts';
import { writeLoader } from './kernel-files.ts';
import { difference, follow, jobKey, readRows, refuseDifferent } from './job.ts';
import { frontReport } from './front-report.ts';
import { budgetTable, frontTitle } from './front-summary.ts';
import { measureFront } from './front-rows.ts';
import { remeasured } from './front-times.ts';
import { withExamples } from './front-examples.ts';
import type { Output, Progress } from './output.ts';
import { findAll } from './recordings.ts';
import { counted, groupBy } from './report/figures.ts';
import { pageOf } from './report/page.ts';
import { csvOf, rowsText, tableText } from './report/report.ts';
import { announceStops, endIfStopped } from './stop.ts';
import { requireCounted, targetFlags, targetOf } from './target.ts';

/** One search: a feature, a size, a seed; of recordings that may have a name. */
interface Cell {
  readonly corpus?: string;
  readonly target: frontEnds.FeatureTarget;
  readonly nFft: number;
  readonly seed: number;
}

const sameCell = (r: FrontRow, c: Cell): boolean =>
  r.corpus === c.corpus && r.feature === c.target.name && r.nFft === c.nFft && r.seed === c.seed;

/** Phases of a search, and where they stand in it. */
const parts = {
  structures: { text: 'structure', from: 0, share: 0.5 },
  refit: { text: 'fit', from: 0.5, share: 0.4 },
  gates: { text: 'gates', from: 0.9, share: 0.05 },
} as const;

/** Search the front of a cell. Test recordings are read when the search is over, not before. */
async function runCell(
  cell: Cell,
  paths: readonly string[],
  flags: Flags,
  show: (progress: Progress & { readonly fraction: number }) => void,
): Promise<FrontRow[]> {
  const { minutes, gates, out } = flags;
  const { head, places, name: feature } = cell.target;
  const aims = targetOf(flags);
  const names = frontEnds.splitNames(paths, cell.seed);
  const audio = headAudio(head, { channel: channelOf(flags) });
  const split = {
    train: await loadMinutes(names.train, audio, minutes),
    validation: await loadMinutes(names.validation, audio, minutes / 3),
  };
  const search = new frontEnds.StructureSearch(
    { head, places, budget: Infinity, seed: cell.seed, ...aims },
    split,
    [],
  );
  const steps = search.front({ gates });
  const title = `${frontTitle({ ...cell, feature })}, seed ${cell.seed}`;
  const learned = await follow(steps, ({ phase, step, steps: count, error }) =>
    show({
      phase: `${title} ${parts[phase].text}`,
      step,
      of: count,
      numbers: { error },
      fraction: parts[phase].from + (parts[phase].share * step) / count,
    }),
  );
  const baselines = await search.smallerFrontEnds();
  const test = await loadMinutes(names.test, audio, minutes / 2);
  const known = [...split.validation, ...split.train];
  const validating = split.validation.length;
  const rows = measureFront(
    { ...cell, machine: flags.target, learned, baselines, test, known, validating },
    (point, i) => writeModel(point, cell, i, flags),
  );
  if (cell.seed !== 0) return rows;
  const models = [...learned, ...baselines].map((p) => p.model);
  return withExamples(rows, models, test, nameOf(cell), out);
}

/** How the files of a search begin. */
const nameOf = ({ corpus, target, nFft, seed }: Cell): string =>
  `${corpus === undefined ? '' : `${corpus}-`}${target.name}-n${nFft}-seed${seed}`;

function writeModel(
  { model, candidate }: frontEnds.FrontPoint,
  cell: Cell,
  i: number,
  flags: Flags,
): string[] {
  const { out } = flags;
  const name = `${nameOf(cell)}-${i}`;
  const files = [`${name}.safetensors`, `${name}.wasm`];
  const { name: structure, validationError, estimate } = candidate;
  writeAtomic(
    join(out, files[0]),
    encodeFrontEnd(model, { structure, validationError, estimate, seed: cell.seed, ...targetOf(flags) }),
  );
  writeAtomic(join(out, files[1]), frontEnds.standaloneModule(model));
  writeLoader(out, 'front end');
  return files;
}

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const names = flags.feature.split(',').map((name) => name.trim());
  const { seeds, rate, corpus, out } = flags;
  requireCounted(flags, given);
  if (corpus !== undefined && !/^[\w-]+$/.test(corpus))
    throw new InvalidArgumentError(`--corpus is ${JSON.stringify(corpus)}; expected letters, digits, - or _`);
  if (names.every(frontEnds.isPresetName)) given.refuse(['n-fft', 'rate'], ofPresets(names[0]));
  const cells = flags['n-fft'].flatMap((size, i) =>
    names.flatMap((name) => {
      // A preset has one size, its own.
      if (i > 0 && frontEnds.isPresetName(name)) return [];
      const target = frontEnds.namedFeature(name, size, rate);
      const { nFft } = target.head;
      return Array.from({ length: seeds }, (_, seed): Cell => ({ ...known({ corpus }), target, nFft, seed }));
    }),
  );
  const paths = findAll(operands);
  frontEnds.splitNames(paths, 0);
  ensureFolder(out);
  const json = join(out, 'front.json');
  const { gates, minutes, remeasure: remeasuring } = flags;
  const set = recordingSetOf(paths, { rate, channel: channelOf(flags), minutes });
  const settingsOf = ({ target }: Cell) =>
    jobKey({ gates, ...set, rate: target.head.sampleRate, ...targetOf(flags) });
  const old = readRows(json, isFront, 'papilio pareto');
  const others = old.filter((r) => {
    const cell = remeasuring ? undefined : cells.find((c) => sameCell(r, c));
    if (cell === undefined || difference(r.settings, settingsOf(cell)) === null) return false;
    if (!flags.force) refuseDifferent(json, r.settings, settingsOf(cell));
    return true;
  });
  const rows = old.filter((r) => !others.includes(r));
  const missing = cells.filter((c) => !rows.some((r) => sameCell(r, c)));
  output.note(
    `papilio pareto: ${counted(paths.length, 'recording')}, ${counted(cells.length, 'search', 'searches')}, ${cells.length - missing.length} already in ${json}`,
  );
  if (remeasuring) return remeasure(rows, paths, flags, output);
  for (const [i, cell] of missing.entries()) {
    announceStops(
      rows.length > 0
        ? 'finished searches are kept; the same command goes on with the others'
        : 'no search is finished yet, nothing is kept',
    );
    endIfStopped();
    const found = await runCell(cell, paths, flags, (s) =>
      output.progress({ ...s, fraction: (i + s.fraction) / missing.length }),
    );
    rows.push(...found.map((r) => ({ ...r, settings: settingsOf(cell), command: commandLine() })));
    // One write for all rows of a search: a kill loses or doubles none of them.
    writeAtomic(json, rowsText(rows));
  }
  output.end();
  writeReports(rows, flags, output);
}

/** The table and the page of a front, and on stdout what it has within budgets. */
function writeReports(rows: readonly FrontRow[], { out, budgets }: Flags, output: Output): void {
  writeAtomic(join(out, 'front.csv'), csvOf(rows));
  const page = join(out, 'report.html');
  writeAtomic(page, pageOf(frontReport(rows, out, commandLine(), budgets), page));
  if (budgets.length > 0 && rows.length > 0) output.print(tableText(budgetTable(rows, budgets)));
  output.print(
    `${rows.length} front ends in ${join(out, 'front.json')}, front.csv and report.html beside it`,
  );
  output.json(rows);
}

/** Measure times and operations of a front again, search by search. */
async function remeasure(
  rows: readonly FrontRow[],
  paths: readonly string[],
  flags: Flags,
  output: Output,
): Promise<void> {
  const { out } = flags;
  const channel = channelOf(flags);
  const searches = groupBy(rows, (r) => JSON.stringify([r.corpus, r.feature, r.nFft, r.seed]));
  const done = new Map<FrontRow, FrontRow>();
  const all = (): FrontRow[] => rows.map((r) => done.get(r) ?? r);
  announceStops('finished measurements are kept');
  for (const [i, group] of searches.entries()) {
    const [front] = group;
    output.progress({
      phase: `${frontTitle(front)}, seed ${front.seed}`,
      step: i,
      of: searches.length,
      fraction: i / searches.length,
    });
    // Rows of earlier versions are of 16 kHz.
    const rate = Number(front.settings?.['rate'] ?? 16000);
    const { head } = frontEnds.namedFeature(front.feature, front.nFft, rate);
    const [sound] = await loadMinutes(paths, headAudio(head, { channel }), 1);
    remeasured(group, out, sound.samples).forEach((r, i) => done.set(group[i], r));
    writeAtomic(join(out, 'front.json'), rowsText(all()));
  }
  output.end();
  writeReports(all(), flags, output);
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  'n-fft': flag.list('transform sizes, as in 256,512,1024', whole(0), [512]),
  feature: flag.text(
    `features, separated by commas: ${frontEnds.featureNames.join(', ')}, and sums as in log-mel-40+0.5*mfcc-13`,
    'log-mel-40,log-mel-80',
  ),
  seeds: flag.of('splits of the recordings, each searched by itself', whole(1, 100), 1),
  budgets: flag.list(
    'errors in log10, as in 0.05,0.012: the cheapest front end that nine of ten sets of recordings not seen keep within each',
    finite({ above: 0 }),
    [],
  ),
  gates: flag.toggle('try scattered gates on the trees of every front too (they have not paid so far)'),
  remeasure: flag.toggle('search nothing: measure times and operations of the front in --out again'),
  minutes: flag.of(
    'minutes of recordings to train on; a third as many validate, half as many test',
    finite({ minimum: 0.05 }),
    15,
  ),
  ...targetFlags,
  channel: channelFlag,
  rate: flag.rate(),
  corpus: flag.text('what the recordings are, as in speech: fronts of several corpora can share a folder'),
  out: flag.text(
    'folder for front.json, front.csv, report.html, models and kernels; an old front.json is continued',
    'pareto',
  ),
  force: flag.toggle('search again what --out has of other settings or recordings'),
};

export const paretoCommand: Command<typeof flags> = {
  name: 'pareto',
  operands: '<folders or files...>',
  needs: 'no recordings given; expected folders or audio files',
  summary: 'the front of error against operations and time for features of your recordings',
  details: 'Needs 5 recordings or more, since every one is in one part only: training, validation or test.',
  examples: [
    'pareto my-recordings/ --feature third-octaves --budgets 0.05,0.01',
    'pareto my-recordings/ --n-fft 256,512 --seeds 3 --out front',
    'pareto my-recordings/ --target cortex-m4f --max-ram 8k --budgets 0.05 --out firmware',
    'pareto my-recordings/ --out front --remeasure',
  ],
  flags,
  run,
};
