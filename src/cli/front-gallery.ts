/** What of a front is read from files beside its rows: examples to see and hear, and maps of the bins that models measure. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFrontEnd } from '../files.ts';
import { measuredBins, type FrontEnd } from '../front.ts';
import { numberUnit, rowHead } from './band-places.ts';
import type { FrontRow } from './front-row.ts';
import { differenceRange, levelRange } from './front-examples.ts';
import { frontTitle } from './front-summary.ts';
import { emptyRgb, seriesRgb } from './report/colors.ts';
import { scrollRegion } from './report/page.ts';
import { percent } from './report/figures.ts';
import { dataUrl, escapeHtml } from './report/html.ts';
import { legend } from './report/plots.ts';
import { section, type Section } from './report/report.ts';
import { schemedImage } from './report/png.ts';

/** Bytes of sound that a page may carry in itself. */
export const mostSound = 1_100_000;

/** The files of a front, read from its folder, and how much sound is still allowed. */
export interface Gallery {
  readonly folder: string;
  soundLeft: number;
}

const bytesOf = ({ folder }: Gallery, file: string): Uint8Array | null => {
  const path = join(folder, file);
  return existsSync(path) ? readFileSync(path) : null;
};

function player(gallery: Gallery, file: string, embedded: boolean): string {
  const bytes = bytesOf(gallery, file);
  if (!bytes || !embedded) return `<p class="note">Sound: ${escapeHtml(file)} beside the rows.</p>`;
  return `<audio controls preload="metadata" src="${dataUrl('audio/wav', bytes)}"></audio>`;
}

function image(gallery: Gallery, file: string | null, title: string): string {
  const bytes = file === null ? null : bytesOf(gallery, file);
  return bytes
    ? `<img alt="${escapeHtml(title)}" title="${escapeHtml(title)}" src="${dataUrl('image/png', bytes)}">`
    : '';
}

/** Players and pictures of the rows that have an example; nothing if none has, or their files are gone. */
export function examplesOf(rows: readonly FrontRow[], gallery: Gallery): Section[] {
  const shown = rows.flatMap((row) => (row.example ? [{ row, example: row.example }] : []));
  const [first] = shown;
  if (!first || !bytesOf(gallery, first.example.features)) return [];
  const head = rowHead(first.row);
  const files = [first.example.original, ...shown.map((s) => s.example.sound)];
  const size = files.reduce((sum, file) => sum + (bytesOf(gallery, file)?.length ?? 0), 0);
  const embedded = size <= gallery.soundLeft;
  if (embedded) gallery.soundLeft -= size;
  const figures = shown.map(({ row, example }) => {
    const cost = percent(row.fftOperations / row.exactFftOperations);
    return `<figure><figcaption>${escapeHtml(row.structure)}: ${cost} of the FFT operations</figcaption>${player(gallery, example.sound, embedded)}
<div class="spectrum">${image(gallery, example.features, `features, ${row.structure}`)}${image(gallery, example.difference, `difference from the exact features, ${row.structure}`)}</div></figure>`;
  });
  const html = (): string =>
    `<figure><figcaption>the recording</figcaption>${player(gallery, first.example.original, embedded)}</figure>
<div class="gallery">${figures.join('\n')}</div>`;
  return [
    section(
      'To see and hear',
      `The loudest two seconds of a test recording (${first.example.recording}). Sound is made of the features alone, so even that of the exact ones is rough: listen for the difference between them. Pictures, low bands at the bottom: levels, dark to light over ${levelRange} in ${head ? numberUnit(head) : "the feature's own unit"}, and the difference from the exact ones, blue to red from -${differenceRange} to +${differenceRange}.`,
      { kind: 'sound', html },
    ),
  ];
}

/** A picture of the frequencies that a model measures: a stripe each, coloured by what measures it. */
function stripes(model: FrontEnd, kinds: readonly string[]): string {
  const { sampleRate, nFft } = model.head;
  const perBin = 2;
  const width = (nFft / 2) * perBin + perBin;
  const colors = new Map<number, string>();
  for (const { by, frequencies } of measuredBins(model))
    for (const hz of frequencies) colors.set(Math.round((hz * nFft * perBin) / sampleRate), by);
  return schemedImage(
    `Bins measured from 0 to ${sampleRate / 2} Hz`,
    { width, height: 12 },
    (x, _, scheme) => {
      const by = colors.get(x) ?? (x % perBin === 1 ? colors.get(x - 1) : undefined);
      return by === undefined ? emptyRgb[scheme] : seriesRgb(kinds.indexOf(by), scheme);
    },
  );
}

/** Maps of the bins that each model of a search measures; nothing where no model is beside the rows. */
export function binMapsOf(rows: readonly FrontRow[], gallery: Gallery): Section[] {
  const [first] = rows;
  const models = rows.flatMap((row) => {
    const bytes = row.seed === first.seed && row.files.length > 0 ? bytesOf(gallery, row.files[0]) : null;
    return bytes ? [{ row, model: decodeFrontEnd(bytes, row.files[0]) }] : [];
  });
  if (models.length === 0) return [];
  const kinds = [...new Set(models.flatMap(({ model }) => measuredBins(model).map((m) => m.by)))];
  const lines = models.map(({ row, model }) => {
    const count = measuredBins(model).reduce((n, m) => n + m.frequencies.length, 0);
    return `<tr><td>${escapeHtml(row.structure)}</td><td>${count}</td><td>${stripes(model, kinds)}</td></tr>`;
  });
  const nyquist = models[0].model.head.sampleRate / 2;
  const table = `<table class="bins"><thead><tr><th>front end</th><th>bins</th><th>0 to ${nyquist} Hz</th></tr></thead><tbody>${lines.join('')}</tbody></table>`;
  const name = `Bins that front ends measure: ${frontTitle(first)}`;
  const html = (): string => legend(kinds) + scrollRegion(name, table);
  return [
    section(
      'Where each looks',
      `Frequencies that some band weights, from 0 to ${nyquist} Hz, by what measures them; seed ${first.seed}.`,
      { kind: 'picture', html },
    ),
  ];
}
