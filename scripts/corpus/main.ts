/**
 * npm run corpus: hours of speech, music and noise from Debian packages as 16 kHz mono WAV files, for training and judging
 * front ends, and spoken digits and letters with labels. See docs/corpus.md.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { FileFormatError, InvalidArgumentError, PapilioError } from '../../src/errors.ts';
import { decodeAudio } from '../../src/cli/audio.ts';
import { ensureFolder, writeAtomic } from '../../src/cli/files.ts';
import { encodeWav } from '../../src/formats/wav.ts';
import { resample } from '../../src/numeric/resample.ts';
import { copyrightOf, fetchPackage, filesOf } from './debian.ts';
import { decodeG722 } from './g722.ts';
import {
  activePart,
  corpusRate,
  minutesTable,
  piecesOf,
  readManifest,
  recordingName,
  takingOrder,
  withPackage,
  type Item,
} from './manifest.ts';
import {
  categories,
  classify,
  minutesOf,
  packages,
  rulesText,
  type Category,
  type Classified,
  type PackageSpec,
} from './packages.ts';

const usage = `npm run corpus -- [options]
  --out DIR                where to (out/corpus)
  --speech-minutes N       minutes of each category; every package gives its share
  --music-minutes N
  --noise-minutes N
  --piece-seconds N        longest file (60)
  --recording-seconds N    most that is kept of one recording (240)
  --packages A,B           these packages only
  --keep                   keep the fetched packages in DIR/.packages`;

interface Options {
  readonly out: string;
  readonly minutes: Readonly<Record<Category, number>>;
  readonly pieceSeconds: number;
  readonly recordingSeconds: number;
  readonly packages: readonly PackageSpec[];
  readonly keep: boolean;
}

function optionsOf(argv: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      out: { type: 'string', default: 'out/corpus' },
      'speech-minutes': { type: 'string', default: String(minutesOf('speech')) },
      'music-minutes': { type: 'string', default: String(minutesOf('music')) },
      'noise-minutes': { type: 'string', default: String(minutesOf('noise')) },
      'piece-seconds': { type: 'string', default: '60' },
      'recording-seconds': { type: 'string', default: '240' },
      packages: { type: 'string', default: packages.map((p) => p.name).join() },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const number = (name: keyof typeof values, least: number): number => {
    const value = Number(values[name]);
    if (!(value >= least && value <= 10_000))
      throw new InvalidArgumentError(
        `--${name} is ${values[name]}; expected a number from ${least} to 10000`,
      );
    return value;
  };
  return {
    out: values.out,
    minutes: {
      speech: number('speech-minutes', 0),
      music: number('music-minutes', 0),
      noise: number('noise-minutes', 0),
    },
    pieceSeconds: number('piece-seconds', 1),
    recordingSeconds: number('recording-seconds', 1),
    packages: values.packages.split(',').map((name) => {
      const spec = packages.find((p) => p.name === name);
      if (!spec)
        throw new InvalidArgumentError(
          `--packages has ${name}; expected some of ${packages.map((p) => p.name).join(', ')}`,
        );
      return spec;
    }),
    keep: values.keep,
  };
}

/** Seconds that one package is asked for. */
const shareOf = (spec: PackageSpec, category: Category, options: Options): number =>
  (60 * (spec.minutes[category] ?? 0) * options.minutes[category]) / minutesOf(category);

interface Decoded {
  readonly samples: Float64Array;
  readonly nativeRate: number;
  readonly gain: number;
}

/** Samples at the rate of the corpus, within [-1, 1]. */
async function decode(bytes: Uint8Array, source: string): Promise<Decoded> {
  const audio = source.endsWith('.g722')
    ? { sampleRate: corpusRate, samples: decodeG722(bytes) }
    : await decodeAudio(bytes, source);
  const nativeRate = audio.sampleRate;
  const samples =
    nativeRate === corpusRate ? audio.samples : resample(audio.samples, { from: nativeRate, to: corpusRate });
  let peak = 0;
  for (const x of samples) peak = Math.max(peak, Math.abs(x));
  const gain = peak > 1 ? 1 / peak : 1;
  return { samples: gain === 1 ? samples : samples.map((x) => x * gain), nativeRate, gain };
}

/** Why a recording is not wanted; null if it is. Digits and letters may be of any rate, other recordings fill the band. */
function refusal({ samples, nativeRate }: Decoded, what: Classified): string | null {
  if (what.category !== 'digits' && nativeRate < corpusRate) return `native rate below ${corpusRate} Hz`;
  if (samples.length < corpusRate / 20) return 'shorter than 50 ms';
  return samples.every((x) => Math.abs(x) < 1e-3) ? 'silent' : null;
}

function writePieces(
  { samples, nativeRate, gain }: Decoded,
  about: Pick<Item, 'package' | 'source'> & Classified,
  budget: number,
  options: Options,
): Item[] {
  const recording = recordingName(about.source, about);
  const most = Math.min(options.recordingSeconds, budget) * corpusRate;
  // Words stand in up to five seconds of silence; music and noise begin and end as they do.
  const spoken = about.category === 'speech' || about.category === 'digits';
  const [first, end] = spoken ? activePart(samples, corpusRate / 10) : [0, samples.length];
  const pieces = piecesOf(end - first, options.pieceSeconds * corpusRate, Math.ceil(most));
  return pieces.map(([from, to], i): Item => {
    const suffix = pieces.length > 1 ? `.${String(i).padStart(2, '0')}` : '';
    const file = `${about.category}/${about.package}/${recording}${suffix}.wav`;
    const bytes = encodeWav(samples.subarray(first + from, first + to), corpusRate, { format: 'pcm16' });
    mkdirSync(dirname(join(options.out, file)), { recursive: true });
    writeAtomic(join(options.out, file), bytes);
    return {
      file,
      ...about,
      recording,
      start: (first + from) / corpusRate,
      seconds: (to - from) / corpusRate,
      nativeRate,
      gain,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
  });
}

/** Fetch one package and write what is wanted of it. */
async function addPackage(spec: PackageSpec, request: string, options: Options): Promise<void> {
  const work = join(options.out, '.packages');
  const { root, version, download } = fetchPackage(spec.name, work);
  for (const kind of [...categories, 'digits'])
    rmSync(join(options.out, kind, spec.name), { recursive: true, force: true });
  const files = [...filesOf(root)].flatMap((file) => {
    const what = classify(spec, `/${file.source}`);
    return what ? [{ ...file, what }] : [];
  });
  const left: Record<Classified['category'], number> = { digits: Infinity, speech: 0, music: 0, noise: 0 };
  for (const category of categories) left[category] = shareOf(spec, category, options);
  const items: Item[] = [];
  const skipped: Record<string, number> = {};
  const seen = new Set<string>();
  for (const { source, read, what } of takingOrder(files)) {
    // Less than a second would be no recording.
    if (left[what.category] < 1) continue;
    const bytes = read();
    const hash = createHash('sha256').update(bytes).digest('hex');
    let reason = seen.has(hash) ? 'the same bytes again' : null;
    seen.add(hash);
    let decoded: Decoded | null = null;
    if (!reason) {
      try {
        decoded = await decode(bytes, source);
        reason = refusal(decoded, what);
      } catch (error) {
        if (!(error instanceof FileFormatError)) throw error;
        reason = 'cannot be decoded';
      }
    }
    if (!decoded || reason) {
      skipped[reason ?? ''] = (skipped[reason ?? ''] ?? 0) + 1;
      continue;
    }
    const own = writePieces(decoded, { package: spec.name, source, ...what }, left[what.category], options);
    items.push(...own);
    left[what.category] -= own.reduce((sum, i) => sum + i.seconds, 0);
  }
  const licence = `licences/${spec.name}.txt`;
  mkdirSync(join(options.out, 'licences'), { recursive: true });
  writeAtomic(join(options.out, licence), copyrightOf(spec.name, root));
  const entry = { name: spec.name, version, download, licence, request, skipped };
  const manifest = withPackage(readManifest(options.out), entry, items);
  writeAtomic(join(options.out, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  rmSync(options.keep ? root : work, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  if (!options) return console.log(usage);
  ensureFolder(options.out);
  for (const spec of options.packages) {
    const shares = categories.map((c) => `${c} ${shareOf(spec, c, options)} s`).join(', ');
    const rules = createHash('sha256').update(rulesText(spec)).digest('hex').slice(0, 8);
    const request = `${shares}; pieces ${options.pieceSeconds} s, recordings ${options.recordingSeconds} s; rules ${rules}`;
    const done = readManifest(options.out).packages.find((p) => p.name === spec.name);
    if (done?.request === request) continue;
    process.stderr.write(`${spec.name} ...\n`);
    await addPackage(spec, request, options);
  }
  const { items, packages: entries } = readManifest(options.out);
  console.log(minutesTable(items));
  for (const { name, skipped } of entries)
    for (const [reason, count] of Object.entries(skipped))
      console.log(`${name}: ${count} left out, ${reason}`);
  console.log(
    `${(entries.reduce((sum, e) => sum + e.download, 0) / 1e6).toFixed(0)} MB fetched, ${items.length} files`,
  );
}

try {
  await main();
} catch (error) {
  if (
    !(error instanceof PapilioError) &&
    (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') !== true
  )
    throw error;
  console.error(`${(error as Error).name}: ${(error as Error).message}`);
  process.exitCode = 1;
}
