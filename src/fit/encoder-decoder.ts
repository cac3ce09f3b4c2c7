/**
 * Training an encoder-decoder in phases: which parts a phase trains, on which terms, by which optimisers; the others are
 * frozen. A phase is a deterministic function of the options and of the values it begins with, so a job that is begun again
 * after its last finished phase ends at the same bits as one that was not interrupted.
 */
import { InvalidArgumentError } from '../errors.ts';
import {
  count,
  each,
  finite,
  listOf,
  object,
  oneOf,
  optional,
  orNull,
  requireShape,
  text,
} from '../formats/shape.ts';
import { coderOf, coderParts, type CoderPart } from '../model/encoder-decoder.ts';
import { initializeModel, networkOf, requireValues, type Model } from '../model/model.ts';
import { seedRule, startRule, type ParameterValues, type Start } from '../model/initialize.ts';
import { checkOptions, matching, record, required, whole, type OptionTable } from '../options.ts';
import { chainLength } from '../model/network.ts';
import { relativeL2, type ComplexArray } from '../numeric/complex.ts';
import { coderData, filterPairs, type CoderData } from './encoder-decoder-data.ts';
import { CoderMeasure, coderTask, terms, type TermErrors, type TermWeights } from './encoder-decoder-task.ts';
import { validatePhase, type CoderPhase } from './encoder-decoder-phases.ts';
import { gaussianSignals, heldOutStream, splitPairs, type Pairs } from './pairs.ts';
import { runPhases, type PhaseProgress, type ValuedProgress } from './phases.ts';

/** What `trainEncoderDecoder` trains: model, phases, start and signals. */
export interface CoderTraining {
  readonly model: Model;
  readonly phases: readonly CoderPhase[];
  readonly start: Start;
  readonly seed: number;
  /** Gaussian training signals; by default min(2 n, 64). Not for examples. */
  readonly signals?: number;
  /** Held-out signals from streams of their own. Default 32; of examples, an eighth. */
  readonly heldOut?: number;
  /** What a mask learns: a response [bins] to draw pairs from, or example pairs alone, which are then the signals of every phase. */
  readonly filter?: { readonly response: ComplexArray } | { readonly examples: Pairs };
  /** Starting values in place of those of `start`. */
  readonly initial?: ParameterValues;
}

/** What a finished phase of `trainEncoderDecoder` reached. */
export interface CoderPhaseReport {
  readonly name: string;
  readonly trains: readonly CoderPart[];
  readonly terms: TermWeights;
  readonly steps: number;
  readonly seconds: number;
  /** On held-out signals, after the phase. */
  readonly errors: TermErrors;
  /** Relative L2 error of the mask where the response is known. */
  readonly maskError: number | null;
}

/** Where a job stands between two phases: all that is needed to go on. */
export interface CoderState {
  readonly phases: readonly CoderPhaseReport[];
  readonly values: ParameterValues;
}

// Errors that are not finite are null in JSON.
const signalError = orNull(object(each(['relativeL2', 'worst'], orNull(finite))));

const phasesShape = /* @__PURE__ */ listOf(
  object({
    name: text,
    trains: listOf(oneOf(coderParts)),
    terms: object(each(terms, optional(finite))),
    steps: count,
    seconds: finite,
    errors: object(each(terms, signalError)),
    maskError: orNull(finite),
  }),
);

/** The finished phases that the report of the file `name` lists. Throws FileFormatError, naming it, for what is no such list. */
export function coderPhaseReports(phases: unknown, name: string): readonly CoderPhaseReport[] {
  requireShape(phasesShape, phases, name, '"phases" of the report');
  return phases as readonly CoderPhaseReport[];
}

/**
 * One step of `trainEncoderDecoder`; `phase` counts the phases of the training, and `error` is the largest held-out error of the terms
 * of this one.
 */
export interface CoderProgress extends PhaseProgress {
  readonly name: string;
  /** Set when a phase is done: its last step again, with what is reached. */
  readonly finished: CoderState | null;
}

/** Training and held-out data of the options. */
export function coderDataOf(o: CoderTraining): { train: CoderData; heldOut: CoderData } {
  const { n, input } = networkOf(o.model);
  const { signals = Math.min(2 * n, 64), heldOut = 32, filter } = o;
  if (filter && 'examples' in filter) {
    if (filter.examples.n !== n)
      throw new InvalidArgumentError(`examples of ${filter.examples.n} points; expected ${n}`);
    const split = splitPairs(
      filter.examples,
      o.heldOut ?? Math.max(1, Math.round(filter.examples.count / 8)),
    );
    const data = (p: Pairs): CoderData => coderData(o.model, p.input, p.count, p.output);
    return { train: data(split.train), heldOut: data(split.holdOut) };
  }
  const drawn = (count: number, stream: number): CoderData => {
    const x = gaussianSignals(n, count, o.seed, stream, input === 'real' ? 'real' : 'complex');
    const filtered = filter ? filterPairs(o.model, filter.response, x, count).output : null;
    return coderData(o.model, x, count, filtered);
  };
  return { train: drawn(signals, 0), heldOut: drawn(heldOut, heldOutStream) };
}

const trainingTable = (): OptionTable<CoderTraining> => ({
  model: required(record()),
  phases: required(matching('a list of phases', Array.isArray)),
  start: required(startRule),
  seed: required(seedRule),
  signals: whole(),
  heldOut: whole(),
  filter: record('{ response } or { examples }'),
  initial: record(),
});

function validateTraining(o: CoderTraining, from: CoderState | null): void {
  checkOptions('trainEncoderDecoder', o, trainingTable());
  const { mask } = coderOf(o.model);
  if (o.phases.length === 0) throw new InvalidArgumentError('no phases; expected at least one');
  o.phases.forEach(validatePhase);
  if (o.phases.some((p) => p.terms.filter) && (!o.filter || !mask))
    throw new InvalidArgumentError(
      'a filter term needs a model with a mask, and a response or example pairs',
    );
  if (from && from.phases.some((p, i) => p.name !== o.phases[i]?.name))
    throw new InvalidArgumentError(
      `the state has finished ${from.phases.map((p) => p.name).join(', ')}; expected the first of ${o.phases.map((p) => p.name).join(', ')}`,
    );
}

/** Relative L2 error of a mask. */
function maskErrorOf(o: CoderTraining, values: ParameterValues): number | null {
  const { mask, bins } = coderOf(o.model);
  if (!mask || !o.filter || !('response' in o.filter)) return null;
  const part = (offset: number): Float64Array =>
    Float64Array.from({ length: bins }, (_, k) => values['mask'][2 * k + offset]);
  return relativeL2({ re: part(0), im: part(1) }, o.filter.response);
}

/** The largest held-out error of the terms that a phase minimises. */
const watchedError = (phase: CoderPhase, errors: TermErrors): number =>
  Math.max(...terms.filter((t) => (phase.terms[t] ?? 0) > 0).map((t) => errors[t]?.relativeL2 ?? 0));

/** One phase: yields its steps and returns the values after it. */
async function* runPhase(
  o: CoderTraining,
  index: number,
  train: CoderData,
  measure: CoderMeasure,
  begun: ParameterValues,
) {
  const phase = o.phases[index];
  const task = coderTask(o.model, train, phase.trains, phase.terms, begun);
  const context = { task, points: chainLength(networkOf(o.model)), known: null, seed: o.seed };
  const errorOf = (values: ParameterValues): number => watchedError(phase, measure.of(values));
  let last: CoderProgress | null = null;
  const report = ({ values: _, ...p }: ValuedProgress): CoderProgress =>
    (last = { ...p, phase: index, name: phase.name, finished: null });
  const { values, steps } = yield* runPhases(phase.methods, context, begun, errorOf, report);
  return { values, steps, last: last as CoderProgress | null };
}

/**
 * Train an encoder-decoder; goes on after the phases of `from`. The last progress of every phase carries the state to save;
 * the generator's return value is the last one. Throws InvalidArgumentError for options that make no sense and when a loss
 * stops being finite.
 */
export async function* trainEncoderDecoder(
  o: CoderTraining,
  from: CoderState | null = null,
): AsyncGenerator<CoderProgress, CoderState> {
  validateTraining(o, from);
  const { train, heldOut } = coderDataOf(o);
  const measure = new CoderMeasure(o.model, heldOut);
  const initial = from?.values ?? o.initial ?? initializeModel(o.model, o.start, o.seed);
  let state: CoderState = { phases: from?.phases ?? [], values: requireValues(o.model, initial) };
  try {
    for (let i = state.phases.length; i < o.phases.length; i++) {
      const begun = performance.now();
      const { values, steps, last } = yield* runPhase(o, i, train, measure, state.values);
      const errors = measure.of(values);
      const { name, trains, terms: weights, methods } = o.phases[i];
      const report: CoderPhaseReport = {
        name,
        trains,
        terms: weights,
        steps,
        seconds: (performance.now() - begun) / 1000,
        errors,
        maskError: maskErrorOf(o, values),
      };
      state = { phases: [...state.phases, report], values };
      const none = { phase: i, name, method: methods[0].method, step: 0, steps: 0, loss: 0 };
      yield { ...(last ?? { ...none, error: watchedError(o.phases[i], errors) }), finished: state };
    }
    return state;
  } finally {
    measure.dispose();
  }
}
