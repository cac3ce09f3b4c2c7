/**
 * npm run digits: does a classifier of spoken digits and letters, trained on exact log-mel features, notice that a front end of
 * `npm run results` takes the place of the exact one? Words of npm run corpus, each voice tested by a classifier that has not
 * heard it; rewrites docs/digits.md. Some ten minutes. Options: --front out/results/front.json,
 * --docs FILE, --steps 2000 of training.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { backendByName } from '../src/compiler.ts';
import { compileFrontEnd, exactFrontEnd, namedFeature, type FeatureTarget } from '../src/front.ts';
import type { FrontRow } from '../src/cli/front-row.ts';
import { decodeFrontEnd } from '../src/files.ts';
import type { Quantization } from '../src/learn.ts';
import { writeAtomic } from '../src/cli/files.ts';
import { isFront } from '../src/cli/front-row.ts';
import { readRows } from '../src/cli/job.ts';
import { interpolated } from '../src/cli/front-rows.ts';
import { readManifest } from './corpus/manifest.ts';
import { decide, trainClassifier } from './digits/classifier.ts';
import { shareOf, tallies, type Estimate } from './digits/scores.ts';
import { clipOf, loadNoise, loadWords, pooled, speedsOf, uniforms, type Word } from './digits/words.ts';

/** A front other than this one is named in the page. */
const usual = join('out', 'results', 'front.json');
const { values: flags } = parseArgs({
  options: {
    front: { type: 'string', default: usual },
    steps: { type: 'string', default: '2000' },
    docs: { type: 'string', default: join('docs', 'digits.md') },
  },
});
const corpus = join('out', 'corpus');
const [nFft, sizes] = [512, [40, 80]];
const featureOf = (mels: number): string => `log-mel-${mels}`;
const headOf = (mels: number): FeatureTarget['head'] => namedFeature(featureOf(mels), nFft).head;
const wasm = backendByName('wasm');

const stretches = 12;
const copies = 16;
const ratios = [Infinity, 20, 10, 5] as const;
/** Noisy clips of a test word at each ratio. */
const draws = 4;
const noiseCount = 60;
const recipe = {
  hidden: 64,
  steps: Number(flags.steps),
  batch: 64,
  learningRate: 2e-3,
  decay: 0.03,
  seed: 1,
} as const;
/** Streams of random numbers: training clips, test clips. */
const streams = { train: 0, test: 2 ** 30 } as const;

interface Contender {
  readonly row: FrontRow;
  readonly features: (samples: Float64Array) => ArrayLike<number>;
}

/** The front ends of a size in a front, in the order of its rows; those that cannot be run again are left out. */
function contenders(rows: readonly FrontRow[], mels: number): Contender[] {
  const own = rows.filter(
    (r) =>
      r.nFft === nFft && r.feature === featureOf(mels) && r.seed === 0 && (r.corpus ?? 'speech') === 'speech',
  );
  const exact = exactFrontEnd(headOf(mels));
  const compiled = (tables?: Quantization): Contender['features'] => {
    const front = compileFrontEnd(exact, wasm, 'f32', tables);
    return (x) => front.features(x);
  };
  const withoutFile: Readonly<Record<string, () => Contender['features']>> = {
    'exact kernel, f16 tables': () => compiled({ format: 'f16' }),
    'exact kernel, q8 tables': () => compiled({ format: 'q8' }),
    'every second frame, interpolated': () => {
      const whole = compiled();
      return (x) => interpolated(whole(x), mels);
    },
  };
  return own.flatMap((row): Contender[] => {
    const [file] = row.files;
    const path = file === undefined ? undefined : join(dirname(flags.front), file);
    if (path !== undefined && existsSync(path)) {
      const front = compileFrontEnd(decodeFrontEnd(readFileSync(path), path), wasm);
      return [{ row, features: (x) => front.features(x) }];
    }
    const make = withoutFile[row.structure];
    return make ? [{ row, features: make() }] : [];
  });
}

interface Clip {
  readonly word: number;
  readonly snr: number;
}

/** All clips of a part, each handed on with its samples and not kept. */
function eachClip(
  words: readonly Word[],
  noises: readonly Float64Array[],
  part: keyof typeof streams,
  use: (clip: Clip, samples: Float64Array) => void,
): void {
  const settings =
    part === 'train'
      ? Array.from({ length: copies }, (_, i) => ratios[i % ratios.length])
      : ratios.flatMap((snr) => new Array<number>(snr === Infinity ? 1 : draws).fill(snr));
  words.forEach((spoken, word) => {
    const speeds = part === 'train' ? speedsOf(spoken) : [spoken.samples];
    settings.forEach((snr, copy) => {
      const u = uniforms(5, recipe.seed, streams[part] + word * settings.length + copy);
      const gain = part === 'train' ? 10 ** (0.6 * (u[1] - 0.5)) : 1;
      const shift = part === 'train' ? 2 * u[2] - 1 : 0;
      const noise = noises[Math.floor(u[3] * noises.length)];
      const samples = clipOf(speeds[Math.floor(u[0] * speeds.length)], { snr, gain, shift }, noise, u[4]);
      use({ word, snr }, samples);
    });
  });
}

const percent = (x: number): string => (100 * x).toFixed(1);
const plusMinus = ({ mean, standardError }: Estimate): string =>
  `${percent(mean)} ± ${percent(standardError)}`;

interface Scored {
  readonly row: FrontRow;
  readonly clean: Estimate;
  readonly noisy: Estimate;
  /** Noisy and clean words, against the exact front end on the same clips. */
  readonly change: Estimate;
  readonly same: Estimate;
}

/** Classes decided for every test clip from the features of each contender, by classifiers that know the exact ones. */
async function decisions(
  words: readonly Word[],
  clips: readonly Clip[],
  training: readonly Float32Array[],
  test: readonly (readonly Float32Array[])[],
  labels: readonly string[],
  tell: (text: string) => void,
): Promise<Int16Array[]> {
  const out = test.map(() => new Int16Array(clips.length));
  const groups = [...new Set(words.map((w) => w.group))];
  for (const [fold, group] of groups.entries()) {
    tell(`speaker ${fold + 1} of ${groups.length}`);
    const known = words.flatMap((w, i) => (w.group === group ? [] : [i]));
    const examples = {
      vectors: known.flatMap((i) => training.slice(i * copies, (i + 1) * copies)),
      labels: known.flatMap((i) => new Array<number>(copies).fill(labels.indexOf(words[i].label))),
    };
    const classifier = await trainClassifier(examples, { ...recipe, classes: labels.length });
    clips.forEach(({ word }, c) => {
      if (words[word].group === group) test.forEach((list, i) => (out[i][c] = decide(classifier, list[c])));
    });
  }
  return out;
}

function table(list: readonly Scored[]): string {
  const head = [
    'front end',
    'test error',
    'FFT operations',
    'time',
    'clean',
    'noisy',
    'change',
    'same decision',
  ];
  const cells = list.map(({ row, clean, noisy, change, same }) => [
    row.structure,
    row.error < 1e-3 ? row.error.toExponential(1) : row.error.toFixed(4),
    `${percent(row.fftOperations / row.exactFftOperations)} %`,
    row.nsPerFrame === null || row.exactNsPerFrame === null
      ? '-'
      : (row.nsPerFrame / row.exactNsPerFrame).toFixed(2),
    plusMinus(clean),
    plusMinus(noisy),
    plusMinus(change),
    plusMinus(same),
  ]);
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...cells];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** An error up to which the lowest share of unchanged decisions is stated. */
const small = 0.05;

/** Those whose change is beyond two standard errors, and how often decisions stay the same. */
function verdict(list: readonly Scored[]): string {
  const others = list.filter((s) => s.row.kind !== 'exact');
  const told = others.filter((s) => Math.abs(s.change.mean) > 2 * s.change.standardError);
  const widest = others.reduce((w, s) => Math.max(w, s.change.standardError), 0);
  const names = told.map(
    (s) => `${s.row.structure} (${s.change.mean > 0 ? '+' : ''}${percent(s.change.mean)})`,
  );
  const near = others.filter((s) => s.row.error <= small);
  const same = near.reduce((low, s) => Math.min(low, s.same.mean), 1);
  const kept =
    near.length > 0
      ? ` Decisions tell more: with a test error of at most ${small}, at least ${percent(same)} % are the same.`
      : '';
  const change =
    told.length === 0
      ? `No front end differs from the exact one by more than two standard errors: with so few voices, a change below some ${percent(2 * widest)} points cannot be told.`
      : `${told.length} of ${others.length} differ from the exact one by more than two standard errors (by chance alone, one in twenty would): ${names.join('; ')}. Changes below some ${percent(2 * widest)} points cannot be told for all of them.`;
  return change + kept;
}

const { items } = readManifest(corpus);
const words = loadWords(corpus, items);
const labels = [...new Set(words.map((w) => w.label))].sort();
const noise = loadNoise(corpus, items, noiseCount, recipe.seed);
const rows = readRows(flags.front, isFront, 'papilio pareto');
const heads = sizes.map((mels) => ({
  mels,
  exact: compileFrontEnd(exactFrontEnd(headOf(mels)), wasm),
  contenders: contenders(rows, mels),
}));
const started = performance.now();
const tell = (text: string): void =>
  void process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s  ${text}\n`);

tell(`${words.length} words of ${new Set(words.map((w) => w.group)).size} speakers; features to train on`);
const training = heads.map((): Float32Array[] => []);
eachClip(words, noise.train, 'train', (_, samples) =>
  heads.forEach(({ exact, mels }, h) => training[h].push(pooled(exact.features(samples), mels, stretches))),
);
tell('features to test on');
const clips: Clip[] = [];
const test = heads.map((h) => h.contenders.map((): Float32Array[] => []));
eachClip(words, noise.test, 'test', (clip, samples) => {
  clips.push(clip);
  heads.forEach((h, i) =>
    h.contenders.forEach((c, j) => test[i][j].push(pooled(c.features(samples), h.mels, stretches))),
  );
});

const groups = clips.map((c) => words[c.word].group);
/** Words that another speaker of the language says: of the others, the classifier cannot know what they are called. */
const learnable = words.map((w) =>
  words.some((o) => o.group !== w.group && o.language === w.language && o.label === w.label),
);
const sections: string[] = [];
for (const [h, { mels, contenders: list }] of heads.entries()) {
  if (list.length === 0) continue;
  const decided = await decisions(words, clips, training[h], test[h], labels, (t) =>
    tell(`${mels} bands: ${t}`),
  );
  const right = decided.map((d) => clips.map((c, i) => (labels[d[i]] === words[c.word].label ? 1 : 0)));
  const exact = list.findIndex((c) => c.row.kind === 'exact');
  const scored = list.map(({ row }, j): Scored => {
    const known = (i: number): boolean => learnable[clips[i].word];
    const estimate = (counts: (i: number) => boolean, score: (i: number) => number): Estimate =>
      shareOf(tallies(groups, counts, score));
    return {
      row,
      clean: estimate(
        (i) => known(i) && clips[i].snr === Infinity,
        (i) => right[j][i],
      ),
      noisy: estimate(
        (i) => known(i) && clips[i].snr !== Infinity,
        (i) => right[j][i],
      ),
      change: estimate(known, (i) => right[j][i] - right[exact][i]),
      same: estimate(
        () => true,
        (i) => (decided[j][i] === decided[exact][i] ? 1 : 0),
      ),
    };
  });
  scored.sort((a, b) => b.row.fftOperations - a.row.fftOperations);
  const all = shareOf(
    tallies(
      groups,
      () => true,
      (i) => right[exact][i],
    ),
  );
  tell(`${mels} bands: ${verdict(scored)}`);
  sections.push(
    `## ${mels} bands\n\n${verdict(scored)} Of all words, those of languages with one voice too, ${plusMinus(all)} % are right by exact features.\n\n${table(scored)}\n`,
  );
}
if (sections.length === 0) {
  process.stderr.write(
    `${flags.front}: no front ends of n_fft ${nFft} that can be run; expected those of npm run results\n`,
  );
  process.exit(2);
}
const counted = learnable.filter(Boolean).length;
const voices = new Set(words.filter((_, i) => learnable[i]).map((w) => w.group)).size;
const note = flags.front === usual ? '' : `, here with \`--front ${flags.front}\``;
writeAtomic(
  flags.docs,
  `# Digits and letters: what a classifier notices

Written by \`npm run digits\` from \`npm run corpus\` and \`npm run results\`${note}.

A classifier (${stretches} stretches of time by the bands, ${recipe.hidden} hidden units, ${labels.length} classes, ${recipe.steps} steps of papilio's own \`train\`) learns from exact
log-mel features, ${copies} clips a word: five speeds, levels within 6 dB, shifts, clean and in noise of 20, 10 and 5 dB. It is then run on the
features of each front end of the front of speech, n_fft ${nFft}, seed 0, and not trained again.

- **Words**: ${words.length} of ${new Set(words.map((w) => w.group)).size} speakers, one take each. Every speaker is tested by a classifier that never heard that speaker, on clean words and on
  ${draws} clips a word at each ratio in ${noise.test.length} noise recordings that training has not used. The front ends were fitted on other recordings, partly by the same speakers.
- **clean, noisy**: right decisions in per cent, over the ${counted} words that another speaker of the same language says (${voices} speakers). Chance is ${percent(1 / labels.length)}.
- **change**: right decisions on the same clips less those from exact features, in points; clean and noisy together.
- **same decision**: as from exact features, right or wrong, over all words: more sensitive than accuracy.
- **±**: standard errors of a jackknife over speakers. ${voices} speakers are few; the accuracy itself is far below what a product reaches, and says nothing about papilio.

${sections.join('\n')}`,
);
tell(flags.docs);
