/** Rows of a front: errors on test recordings, operations counted from the compiled programs, times of one interleaved run. */
import { backendByName, type Machine } from '../compiler.ts';
import * as frontEnds from '../front.ts';
import type { FrontRow } from './front-row.ts';
import { tableFormats } from '../learn.ts';
import { known } from './args.ts';
import { measuredFronts, needsOn } from './front-times.ts';

interface Input {
  readonly corpus?: string;
  readonly target: frontEnds.FeatureTarget;
  readonly seed: number;
  readonly machine: Machine;
  /** The exact front end first. */
  readonly learned: readonly frontEnds.FrontPoint[];
  readonly baselines: readonly frontEnds.FrontPoint[];
  readonly test: readonly frontEnds.Recording[];
  /** Training and validation recordings: they say what the exact kernel loses by tables of fewer bits, as nothing of it is fitted. */
  readonly known: readonly frontEnds.Recording[];
  /** How many of them validate. */
  readonly validating: number;
}

const wasm = backendByName('wasm');

/** Every second frame of exact features, the others half way between their neighbours. */
export function interpolated(exact: ArrayLike<number>, mels: number): Float64Array {
  const out = Float64Array.from(exact);
  const frames = out.length / mels;
  for (let f = 1; f < frames; f += 2)
    for (let m = 0; m < mels; m++) {
      const before = out[(f - 1) * mels + m];
      out[f * mels + m] = f + 1 < frames ? (before + out[(f + 1) * mels + m]) / 2 : before;
    }
  return out;
}

type ErrorFields = Pick<FrontRow, 'error' | 'errorP95' | 'bandErrors' | 'peaks'>;

/** Four digits, which is what an error is good for. */
export const rounded = (x: number): number => Number(x.toPrecision(4));

export const errorFields = (error: frontEnds.FeatureError) => ({
  error: error.mean,
  errorP95: error.p95,
  bandErrors: error.perBand.map((b) => (b.count === 0 ? null : rounded(b.mean))),
});

/** Front ends of a search as their errors are measured. */
const leveled = (points: readonly frontEnds.FrontPoint[]): frontEnds.FrontPoint[] =>
  points.map((point) => ({ ...point, model: frontEnds.levelsFront(point.model) }));

/** Measure all front ends of a search. `write` stores one that has a model and returns the names of its files. */
export function measureFront(
  given: Input,
  write: (point: frontEnds.FrontPoint, index: number) => string[],
): FrontRow[] {
  const { learned, baselines } = { learned: leveled(given.learned), baselines: leveled(given.baselines) };
  const { head: levels } = learned[0].model;
  const input = { ...given, learned, baselines, target: { ...given.target, head: levels } };
  const { corpus, target, test, seed, machine } = input;
  const { head, places } = target;
  const { nFft, bank } = head;
  const width = frontEnds.headWidth(head);
  const [exact] = learned;
  const reference = frontEnds.compileFrontEnd(exact.model, wasm, 'f64');
  const targets = test.map((r) => reference.features(r.samples));
  const errorsOf = (features: readonly ArrayLike<number>[]): ErrorFields => ({
    ...errorFields(frontEnds.featureError(test, features, targets, head, places)),
    ...(places === 'peaks' ? { peaks: frontEnds.peakErrors(head, features, targets, width) } : {}),
  });
  const points = [...learned, ...baselines];
  const written = [...given.learned, ...given.baselines];
  const models = points.map((p) => p.model);
  const measured = measuredFronts(models, test[0].samples);
  const shared = {
    ...known({ corpus }),
    feature: target.name,
    nFft,
    mels: bank?.kind === 'mel' ? bank.bands : 0,
    seed,
  };
  const rows = points.map(({ model, candidate }, i): FrontRow => {
    const { front, counts } = measured[i];
    const kind = i === 0 ? 'exact' : i < learned.length ? 'learned' : 'baseline';
    return {
      ...shared,
      structure: i === 0 ? 'exact real-input kernel' : candidate.name,
      kind,
      ...errorsOf(test.map((r) => front.features(r.samples))),
      validationError: candidate.validationError,
      ...known({ estimate: candidate.estimate }),
      ...counts,
      tableBytes: front.tableBytes,
      codeBytes: frontEnds.standaloneModule(model).length,
      ...needsOn(model, machine),
      files: write(written[i], i),
    };
  });
  return [...rows, ...fewerBits(input, rows[0], errorsOf), halvedFrames(input, rows[0], targets, errorsOf)];
}

type ErrorsOf = (features: readonly ArrayLike<number>[]) => ErrorFields;

/** The exact kernel with tables of fewer bits. */
function fewerBits(input: Input, exact: FrontRow, errorsOf: ErrorsOf): FrontRow[] {
  const [{ model }] = input.learned;
  // C has no codes of fewer bits.
  const { needs: _, ...row } = exact;
  return frontEnds.tableChoices(model, input.known, input.target.places).flatMap((choice): FrontRow[] => {
    if (choice.name === 'f32') return [];
    const tables = tableFormats[choice.name];
    const front = frontEnds.compileFrontEnd(model, wasm, 'f32', tables);
    return [
      {
        ...row,
        structure: `exact kernel, ${choice.name} tables`,
        kind: 'baseline',
        ...errorsOf(input.test.map((r) => front.features(r.samples))),
        validationError: choice.error.mean,
        estimate: frontEnds.estimateError(frontEnds.partErrors(choice.error), input.validating),
        nsPerFrame: null,
        tableBytes: choice.tableBytes,
        codeBytes: frontEnds.standaloneModule(model, tables).length,
        files: [],
      },
    ];
  });
}

/** Half of the work left out: every second frame interpolated, or not averaged by a head that averages. */
function halvedFrames(
  { target, test }: Input,
  row: FrontRow,
  targets: readonly ArrayLike<number>[],
  errorsOf: ErrorsOf,
): FrontRow {
  const width = frontEnds.headWidth(target.head);
  const single = frontEnds.averagedFrames(target.head) === 1;
  const { estimate: _, needs: __, ...first } = row;
  return {
    ...first,
    structure: single ? 'every second frame, interpolated' : 'every second frame averaged',
    kind: 'baseline',
    ...errorsOf(single ? targets.map((t) => interpolated(t, width)) : everySecond(target, test)),
    validationError: null,
    operations: row.exactOperations / 2 + (single ? width : 0),
    transformOperations: row.exactTransformOperations / 2,
    fftOperations: row.exactFftOperations / 2,
    nsPerFrame: null,
    files: [],
  };
}

/** Averages over every second frame of the same clips, exact otherwise. */
function everySecond(
  { head }: frontEnds.FeatureTarget,
  test: readonly frontEnds.Recording[],
): Float64Array[] {
  const half = frontEnds.averagedFrames(head) / 2;
  const sparse = { ...head, hop: 2 * head.hop, fit: head.nFft + (half - 1) * 2 * head.hop };
  const front = frontEnds.compileFrontEnd(frontEnds.exactFrontEnd(sparse), wasm, 'f64');
  const width = frontEnds.headWidth(head);
  return test.map(({ samples }) => {
    const out = new Float64Array(frontEnds.resultCount(head, samples.length) * width);
    for (let i = 0; i * width < out.length; i++) {
      const at = i * frontEnds.framingOf(head).hop;
      out.set(front.features(samples.subarray(at, at + frontEnds.framingOf(sparse).nFft)), i * width);
    }
    return out;
  });
}
