/** Fronts as JSON, CSV and a report, from their rows alone. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FrontRow } from './front-row.ts';
import { rowPlaces } from './band-places.ts';
import { binMapsOf, examplesOf, mostSound, type Gallery } from './front-gallery.ts';
import { budgetTable, frontTable, frontTitle, summaries, verdict, type Summary } from './front-summary.ts';
import { errorText, groupBy } from './report/figures.ts';
import { addressOfModels } from './playground.ts';
import { plot } from './report/plots.ts';
import { section, type Report, type Section } from './report/report.ts';

const explanation =
  'Errors are mean absolute differences of log10 band energies against the exact features in float64, on test recordings that nothing else has read; over all seeds, and the worst seed in brackets. Operations are counted from the compiled programs and set against the exact real-input kernel: of the transform without multiplications by windows, with them, and of the whole front end. Time: whole front end over exact, medians of interleaved samples. Where peaks are read off, those within three bins of the exact ones count as found. Beside each model lies its kernel, the same name with the ending .wasm; kernel.js loads it.';

const targetNote =
  'Instructions per frame, flash and RAM are those of the C for the target that the settings name: instructions by a model (of ten programs nine are within 10 % of what was counted), as a part of those of the exact front end in brackets, flash with code as estimated, RAM that of the stream.';

const budgetNote =
  'The cheapest front end that stays within a budget on recordings not seen, as far as the others tell: expected is the mean over recordings that it was not fitted to, and the margin that nine of ten sets of as many others as the test part has stay within. Means over seeds.';

function sectionOf(rows: readonly FrontRow[], gallery: Gallery): Section {
  const title = frontTitle(rows[0]);
  const all = summaries(rows);
  const known = rows.filter((r) => r.files.length > 0);
  const fileOf = ({ structure, kind }: Summary): string =>
    known.find((r) => r.structure === structure && r.kind === kind)?.files[0] ?? '-';
  const points = rows
    .filter((r) => r.error > 1e-5)
    .map((r) => ({
      x: r.fftOperations / r.exactFftOperations,
      y: r.error,
      series: r.kind,
      title: `${r.structure}: ${errorText(r.error)}`,
    }))
    .sort((a, b) => (a.series < b.series ? 1 : -1));
  const learned = all.filter((s) => s.kind === 'learned').map((s) => s.structure);
  const shown = new Set([learned[0], learned[Math.floor(learned.length / 2)], learned[learned.length - 1]]);
  const places = rowPlaces(rows[0]);
  const bands = [...shown].flatMap((structure) =>
    (rows.find((r) => r.structure === structure && r.kind === 'learned')?.bandErrors ?? []).flatMap(
      (y, band) => (y === null ? [] : [{ x: places.at[band] ?? band, y, series: structure }]),
    ),
  );
  return {
    title,
    parts: [
      verdict(all),
      plot(points, {
        xLabel: "share of the exact kernel's FFT operations",
        yLabel: 'test error, log10',
        dots: true,
        scale: 'log',
        along: 'percent',
      }),
      frontTable(title, all, fileOf),
      plot(bands, { xLabel: places.label, yLabel: 'mean error, log10', zero: true }),
      ...binMapsOf(rows, gallery),
      ...examplesOf(rows, gallery),
    ],
  };
}

/** What searches were made with, each combination once. */
const settingsOf = (rows: readonly FrontRow[]): string[] => [
  ...new Set(
    rows.flatMap(({ settings }) =>
      settings === undefined
        ? []
        : [
            Object.entries(settings)
              .map(([name, value]) => `${name} ${value}`)
              .join(', '),
          ],
    ),
  ),
];

/** The learned front end in the middle of the first front, beside its exact one; undefined where its file is gone. */
function shownModel(rows: readonly FrontRow[], folder: string): string | undefined {
  const [first] = groupBy(rows, frontTitle);
  const paths = first
    .filter((r) => r.kind === 'learned' && r.files.length > 0)
    .map((r) => join(folder, r.files[0]))
    .filter((path) => existsSync(path));
  return paths.length === 0 ? undefined : addressOfModels([paths[Math.floor(paths.length / 2)]]);
}

/** A front, with what it shows of the files in the folder of its rows. */
export function frontReport(
  rows: readonly FrontRow[],
  folder: string,
  writtenBy: string,
  budgets: readonly number[],
): Report {
  const gallery = { folder, soundLeft: mostSound };
  const within =
    budgets.length === 0 ? [] : [section('Within a budget', budgetNote, budgetTable(rows, budgets))];
  return {
    title: 'What less computing costs',
    verdict: [],
    notes: [explanation, ...(rows.some((r) => r.needs) ? [targetNote] : [])],
    sections: [...within, ...groupBy(rows, frontTitle).map((g) => sectionOf(g, gallery))],
    commands: [...rows.flatMap((r) => r.command ?? []), writtenBy],
    settings: settingsOf(rows),
    playground: shownModel(rows, folder),
  };
}
