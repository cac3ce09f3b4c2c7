/** What a phase of an encoder-decoder trains and on what, and which phases make a mode. */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, checkOptions, finite, oneOf, whole as count } from '../options.ts';
import { coderOf, coderParts, type CoderPart } from '../model/encoder-decoder.ts';
import type { Model } from '../model/model.ts';
import { terms, type TermWeights } from './encoder-decoder-task.ts';
import type { FitPhase } from './phases.ts';
import { recommendedRate } from './recipe.ts';

/** One phase of `trainEncoderDecoder`: what learns, from which loss, and how. */
export interface CoderPhase {
  readonly name: string;
  /** Parts that learn; every other part is frozen. */
  readonly trains: readonly CoderPart[];
  /** Weights of the terms of the loss. */
  readonly terms: TermWeights;
  /** Optimisers, one after the other. */
  readonly methods: readonly Exclude<FitPhase, { readonly method: 'outside-in' }>[];
}

/** Orders in which the parts of an encoder-decoder learn; `coderPhases` turns one into phases. */
export const coderModes = [
  /** Encoder to the spectrum, decoder from the spectrum, each without the other. */
  'alone',
  /** Encoder to the spectrum; decoder behind the frozen encoder; then both. */
  'phases',
  /** Both at once, with a spectrum term. */
  'joint',
  /** A filter with nothing trained but its mask. */
  'mask',
  /** A filter with everything trained at once, on its output. */
  'end-to-end',
] as const;
/** A name of `coderModes`. */
export type CoderMode = (typeof coderModes)[number];

/** Steps of Adam where the terms lead every part, and where they do not or a mask learns too. Then the most steps of L-BFGS. */
const adamSteps = 1000;
const looseSteps = 3000;
const finishingSteps = 400;
/**
 * Weight of the spectrum term against those that go through both networks. At 1 some real pairs of 256 samples did not
 * arrive; at 4 the encoder leads and the decoder follows (docs/encoder-decoder.md).
 */
const usualSpectrumWeight = 4;
/**
 * Weight of the filter term while spectrum and round trip lead the networks. At 1, a bin of 256 can end in a valley without
 * bottom: its mask grows, and a large mask keeps the decoder from that bin.
 */
const ledWeight = 0.1;
/** A mask alone is a linear problem; Gauss-Newton solves it in a few steps. */
const maskSteps = 30;

/**
 * The phases of a mode. `spectrumWeight` is the weight of the spectrum term where both networks learn at once; at 0 the pair
 * is determined up to what cancels between the two, A E and D A^-1, and so is a mask (end-to-end then sees the output of the
 * filter alone). A model with a mask learns it in a last phase, networks frozen, unless the mode is end-to-end.
 * Throws InvalidArgumentError for a mode that the model does not have.
 */
export function coderPhases(
  model: Model,
  mode: CoderMode,
  options: { readonly spectrumWeight?: number; readonly steps?: number } = {},
): CoderPhase[] {
  checkArgument('mode', mode, oneOf(coderModes));
  checkOptions('coderPhases', options, { spectrumWeight: finite({ minimum: 0 }), steps: count() });
  const { encoder: network, mask: masked } = coderOf(model);
  const { spectrumWeight = usualSpectrumWeight } = options;
  const loose = mode === 'end-to-end' || (mode === 'joint' && spectrumWeight === 0);
  const { steps = loose ? looseSteps : adamSteps } = options;
  if (!masked && (mode === 'mask' || mode === 'end-to-end'))
    throw new InvalidArgumentError(
      `mode is ${mode}; expected alone, phases or joint for a model without mask`,
    );
  const rate = recommendedRate(network.stages[0]?.parametrization ?? 'free', network.n);
  const finish = { method: 'lbfgs', steps: finishingSteps, decay: 0 } as const;
  const learn = [{ method: 'adam', steps, rate }, finish] as const;
  const encoder: CoderPhase = {
    name: 'encoder',
    trains: ['encoder'],
    terms: { spectrum: 1 },
    methods: learn,
  };
  const decoder = (term: 'inverse' | 'roundTrip'): CoderPhase => ({
    name: 'decoder',
    trains: ['decoder'],
    terms: { [term]: 1 },
    methods: learn,
  });
  const joint = (methods: CoderPhase['methods']): CoderPhase => ({
    name: 'joint',
    trains: ['encoder', 'decoder'],
    terms: { roundTrip: 1, spectrum: spectrumWeight },
    methods,
  });
  const mask: CoderPhase = {
    name: 'mask',
    trains: ['mask'],
    terms: { filter: 1 },
    methods: [{ method: 'gauss-newton', steps: maskSteps, decay: 0 }],
  };
  const whole: CoderPhase = {
    name: 'end-to-end',
    trains: coderParts,
    terms: spectrumWeight > 0 ? { filter: ledWeight, spectrum: spectrumWeight, roundTrip: 1 } : { filter: 1 },
    methods: learn,
  };
  const networks: Readonly<Record<CoderMode, readonly CoderPhase[]>> = {
    alone: [encoder, decoder('inverse')],
    phases: [encoder, decoder('roundTrip'), joint([finish])],
    joint: [joint(learn)],
    mask: [],
    'end-to-end': [whole],
  };
  if (!(mode in networks))
    throw new InvalidArgumentError(`mode is ${JSON.stringify(mode)}; expected ${coderModes.join(', ')}`);
  return [...networks[mode], ...(masked && mode !== 'end-to-end' ? [mask] : [])];
}

/** Throws InvalidArgumentError, naming the phase, for parts, terms, weights and methods that make no sense. */
export function validatePhase(phase: CoderPhase): void {
  const fail = (what: string): never => {
    throw new InvalidArgumentError(`phase ${phase.name} ${what}`);
  };
  const part = phase.trains.find((x) => !coderParts.includes(x));
  if (part !== undefined) fail(`trains ${JSON.stringify(part)}; expected ${coderParts.join(', ')}`);
  for (const [term, weight] of Object.entries(phase.terms)) {
    if (!(terms as readonly string[]).includes(term))
      fail(`has a term ${JSON.stringify(term)}; expected ${terms.join(', ')}`);
    if (!Number.isFinite(weight) || weight < 0)
      fail(`weighs ${term} by ${weight}; expected a number of at least 0`);
  }
  if (phase.methods.length === 0) fail('has no methods; expected at least one');
  for (const { steps } of phase.methods)
    if (!Number.isInteger(steps) || steps < 1) fail(`has steps ${steps}; expected a positive integer`);
}
