/** The page of papilio parity: what was found, beside the nearest preset, and where it is off. */
import {
  differenceText,
  frontProgram,
  headText,
  stageDifferences,
  type HeadCode,
  type ParityExample,
  type ParityResult,
  type StageDifference,
} from '../front.ts';
import { featureHead, features } from '../index.ts';
import { headPlaces } from './band-places.ts';
import { commandLine } from './command-line.ts';
import { frontOf, nextCommands } from './parity-output.ts';
import { formatNumber } from './report/figures.ts';
import { plot } from './report/plots.ts';
import { diverging, sequential } from './report/png.ts';
import { raster, type Raster } from './report/raster.ts';
import { section, tableOf, type Report, type Section } from './report/report.ts';

/** A run: its clips with their names, what was found, and where files go. */
export interface ParityRun {
  readonly result: ParityResult;
  readonly code: HeadCode;
  readonly examples: readonly ParityExample[];
  readonly names: readonly string[];
  readonly out: string;
}

const verdicts: Readonly<Record<ParityResult['verdict'], string>> = {
  exact: 'The front end is found: its features are equal to within 1e-5 of the largest.',
  noise: 'The front end is found but for noise.',
  close: 'No settings give these features; the closest ones are near.',
  unknown: 'No settings give these features; the closest ones are far off.',
};

const sentence = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}.`;

/** Do settings say something about presets? Those that do not give the features say nothing. */
export const isFound = ({ verdict }: ParityResult): boolean => verdict !== 'unknown';

/** Stages that differ from the preset of the code. */
export const besidePreset = ({ result, code }: Pick<ParityRun, 'result' | 'code'>): StageDifference[] =>
  isFound(result) ? stageDifferences(result.head, featureHead(code.preset)) : [];

function verdictOf(run: ParityRun): string[] {
  const { result, code } = run;
  const [first] = besidePreset(run);
  const beside =
    first === undefined ? `It is ${code.preset}.` : `First of all, ${differenceText(first, code.preset)}.`;
  return [
    verdicts[result.verdict],
    ...(result.noise === null ? [] : [sentence(result.noise.text)]),
    ...(result.learned === null ? [] : [sentence(result.learned.text)]),
    ...(isFound(result) ? [beside] : []),
    ...result.undecided.map(({ text }) => sentence(text)),
  ];
}

function presetSection(run: ParityRun): Section {
  const { preset } = run.code;
  const differences = besidePreset(run);
  if (!isFound(run.result)) return section('Settings', 'The closest ones.', headText(run.result.head));
  return section(
    `Beside ${preset}`,
    'Stages that differ, in the order in which data flow.',
    differences.length === 0
      ? 'None does.'
      : tableOf('Stages that differ', differences, {
          stage: (d) => d.stage,
          yours: (d) => d.yours,
          [preset]: (d) => d.theirs,
        }),
  );
}

/** What numbers of a frame are; those of learned banks are bands of any place. */
const placesOf = ({ head, learned, width }: ParityResult) =>
  learned
    ? { label: 'number of the band', at: Array.from({ length: width }, (_, m) => m) }
    : headPlaces(head);

/** Frames of a picture. */
const mostFrames = 400;

/** What the found front end makes of the clips. */
function madeOf({ result, examples }: ParityRun): Float64Array[] {
  const extractor = features(frontProgram(frontOf(result)), { dtype: 'f64' });
  const made = examples.map(({ samples }) => Float64Array.from(extractor.run(samples).data));
  extractor.dispose();
  return made;
}

/** The clip whose features are off most. */
function worstOf(examples: readonly ParityExample[], made: readonly Float64Array[]): number {
  const off = examples.map(({ values }, c) =>
    values.reduce((most, y, i) => Math.max(most, Math.abs(y - made[c][i])), 0),
  );
  return off.indexOf(Math.max(...off));
}

function pictures({ result, examples, names }: ParityRun, made: readonly Float64Array[]): Section {
  const { width } = result;
  const { head } = frontOf(result);
  const clip = worstOf(examples, made);
  const [found, wanted] = [made[clip], examples[clip].values];
  const frames = Math.min(mostFrames, examples[clip].frames);
  const shown = wanted.subarray(0, frames * width);
  const [low, high] = shown.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  const limit = shown.reduce((most, y, i) => Math.max(most, Math.abs(y - found[i])), 1e-30);
  const places = placesOf(result);
  const unit = places.label.endsWith('Hz') ? ' Hz' : '';
  const [bottom, top] = [0, width - 1].map((m) => `${formatNumber(places.at[m] ?? m)}${unit}`);
  const seconds = (frames * head.hop) / head.sampleRate;
  const drawing = (name: string, color: Raster['color'], scale: string) =>
    raster({ name, frames, width, color, scale, ends: [bottom, top], seconds });
  const level = (values: ArrayLike<number>) => (i: number) =>
    sequential((values[i] - low) / (high - low || 1));
  const range = `dark to light: ${formatNumber(low)} to ${formatNumber(high)}`;
  return section(
    'Features',
    `Of ${names[clip]}, the clip that is off most.`,
    drawing('yours', level(wanted), range),
    drawing('found', level(found), range),
    drawing(
      'difference, found − yours',
      (i) => diverging(0.5 + (found[i] - wanted[i]) / (2 * limit)),
      `blue to red: −${formatNumber(limit)} to +${formatNumber(limit)}`,
    ),
  );
}

/** Means and largest of |differences| by number of a frame, of all clips, and by frame of the one that is off most. */
function differences({ result, examples, names }: ParityRun, made: readonly Float64Array[]): Section {
  const { width } = result;
  const { head } = frontOf(result);
  const places = placesOf(result);
  const frames = examples.reduce((n, e) => n + e.frames, 0);
  const bands = Array.from({ length: width }, (_, m) => {
    let [sum, most] = [0, 0];
    examples.forEach(({ values }, c) => {
      for (let i = m; i < values.length; i += width) {
        const off = Math.abs(values[i] - made[c][i]);
        sum += off / frames;
        most = Math.max(most, off);
      }
    });
    const x = places.at[m] ?? m;
    return [
      { x, y: sum, series: 'mean' },
      { x, y: most, series: 'largest' },
    ];
  }).flat();
  const clip = worstOf(examples, made);
  const { values } = examples[clip];
  const byFrame = Array.from({ length: Math.min(mostFrames, examples[clip].frames) }, (_, f) => {
    let [sum, most] = [0, 0];
    for (let i = f * width; i < (f + 1) * width; i++) {
      const off = Math.abs(values[i] - made[clip][i]);
      sum += off / width;
      most = Math.max(most, off);
    }
    const x = (f * head.hop) / head.sampleRate;
    return [
      { x, y: sum, series: 'mean' },
      { x, y: most, series: 'largest' },
    ];
  }).flat();
  return section(
    'Where it is off',
    `|found − yours|: by ${places.label} over all clips, by time in ${names[clip]}.`,
    plot(bands, { xLabel: places.label, yLabel: '|difference|', scale: 'log' }),
    plot(byFrame, { xLabel: 'time, s', yLabel: '|difference|', scale: 'log' }),
  );
}

/** The report of a run. */
export function parityReport(run: ParityRun): Report {
  const { result, code, examples, out } = run;
  const { head, difference, rms, framesFirst, width, learned } = result;
  const made = madeOf(run);
  return {
    title: learned ? 'A learned front end' : 'Settings of an unknown front end',
    verdict: verdictOf(run),
    facts: {
      'largest difference': difference.toExponential(1),
      'RMS difference': rms.toExponential(1),
      ...(learned ? { 'RMS difference of the learned bank': learned.rms.toExponential(1) } : {}),
      tensors: framesFirst ? `frames x ${width}` : `${width} x frames`,
      clips: String(examples.length),
    },
    sections: [
      presetSection(run),
      pictures(run, made),
      differences(run, made),
      ...(learned ? [] : [section('Code', 'As in features.mjs.', { kind: 'code', text: code.text })]),
      section(
        'All settings',
        learned
          ? 'Of the closest front end; the learned one has its weights in model.safetensors.'
          : headText(head),
        tableOf('All settings', Object.entries(head), {
          setting: ([key]) => key,
          value: ([, value]) => JSON.stringify(value),
        }),
      ),
    ],
    commands: [commandLine(), ...nextCommands(out)],
  };
}
