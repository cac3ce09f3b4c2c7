/** What a phase of an encoder-decoder trains and on what, and which phases make a mode. */
import { InvalidArgumentError } from '../errors.ts';
import {
  checkArgument,
  checkOptions,
  finite,
  matching,
  nested,
  oneOf,
  required,
  text,
  whole as count,
  type OptionTable,
} from '../options.ts';
import { coderOf, coderParts, type CoderPart } from '../model/encoder-decoder.ts';
import type { Model } from '../model/model.ts';
import type { TermWeights } from './encoder-decoder-task.ts';
import { validatePhases, type FitPhase } from './phases.ts';
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
  const phase = (
    name: string,
    trains: CoderPhase['trains'],
    own: TermWeights,
    methods: CoderPhase['methods'] = learn,
  ): CoderPhase => ({ name, trains, terms: own, methods });
  const encoder = phase('encoder', ['encoder'], { spectrum: 1 });
  const decoder = (term: 'inverse' | 'roundTrip'): CoderPhase => phase('decoder', ['decoder'], { [term]: 1 });
  const joint = (methods: CoderPhase['methods']): CoderPhase =>
    phase('joint', ['encoder', 'decoder'], { roundTrip: 1, spectrum: spectrumWeight }, methods);
  const mask = phase('mask', ['mask'], { filter: 1 }, [
    { method: 'gauss-newton', steps: maskSteps, decay: 0 },
  ]);
  const led = { filter: ledWeight, spectrum: spectrumWeight, roundTrip: 1 };
  const whole = phase('end-to-end', coderParts, spectrumWeight > 0 ? led : { filter: 1 });
  const networks: Readonly<Record<CoderMode, readonly CoderPhase[]>> = {
    alone: [encoder, decoder('inverse')],
    phases: [encoder, decoder('roundTrip'), joint([finish])],
    joint: [joint(learn)],
    mask: [],
    'end-to-end': [whole],
  };
  return [...networks[mode], ...(masked && mode !== 'end-to-end' ? [mask] : [])];
}

const phaseTable: OptionTable<CoderPhase> = {
  name: required(text),
  trains: required(
    matching(
      `a list of ${coderParts.join(', ')}`,
      (x) => Array.isArray(x) && x.every((part) => coderParts.includes(part as CoderPart)),
    ),
  ),
  terms: required(
    nested<TermWeights>({
      spectrum: finite({ minimum: 0 }),
      inverse: finite({ minimum: 0 }),
      roundTrip: finite({ minimum: 0 }),
      filter: finite({ minimum: 0 }),
    }),
  ),
  methods: required(matching('a list of methods', Array.isArray)),
};

/** Throws InvalidArgumentError, naming the value, for parts, terms, weights and methods that make no sense. */
export function validatePhase(phase: CoderPhase): void {
  checkOptions('a phase', phase, phaseTable);
  validatePhases(phase.methods, 'methods');
}
