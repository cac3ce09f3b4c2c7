/** A front end's network as a transform of its own, and the frames it sees. */
import { UnsupportedError } from '../errors.ts';
import { binCount } from '../model/network.ts';
import { exactNetwork } from '../plans/plan.ts';
import {
  correctorOf,
  keptBins,
  networkOf,
  networkValues,
  transformModel,
  type TrainedModel,
} from '../model/model.ts';
import { bankOf, transformWindow, withGain, type FrontEnd } from '../front/front-end.ts';

/** Where the signals of a transform lie in a recording: from `start` on, `window.length` samples every `hop`, windowed. */
export interface FrameCut {
  readonly start: number;
  readonly hop: number;
  readonly window: Float64Array;
}

/** Bins that a band weights; undefined if all are. */
function weightedBins(front: FrontEnd, bins: number): Uint8Array | undefined {
  const { bands, weights } = bankOf(front);
  const mask = new Uint8Array(bins);
  bands.start.forEach((from, m) => {
    for (let j = 0; j < bands.width; j++) if (weights[m * bands.width + j] !== 0) mask[from + j] = 1;
  });
  return mask.includes(0) ? mask : undefined;
}

/**
 * The transform of a front end: its network with its gates, and a mask of the bins that its bands read. Throws UnsupportedError
 * for one of branches, whose transforms are exact already.
 */
export function spectralTeacher(front: FrontEnd): { teacher: TrainedModel; cut: FrameCut } {
  const { head, transform } = front;
  if (transform.kind === 'branches')
    throw new UnsupportedError(
      'several exact transforms at their own rates, which leave nothing to distil; expected one network, as papilio fit writes, or learn without branches',
    );
  const { window, start } = transformWindow(front);
  const { network, values } =
    transform.kind === 'network'
      ? transform
      : { network: exactNetwork({ n: head.nFft, input: 'real' }), values: {} };
  return {
    teacher: transformModel(network, values, { kept: weightedBins(front, binCount(network)) }),
    cut: { start, hop: head.hop, window },
  };
}

/**
 * The front end with a student in the place of its network; null where the student's corrector is more than a factor per bin, which
 * a front end has no place for.
 */
export function withStudent(front: FrontEnd, student: TrainedModel): FrontEnd | null {
  const spec = correctorOf(student.model);
  const kept = keptBins(student.model);
  if (spec.kind !== 'identity' && !(spec.kind === 'banded' && spec.radius === 0)) return null;
  const { bands, weights } = bankOf(front);
  const { start, width } = bands;
  const own = weights.map((w, i) => (kept?.[start[Math.floor(i / width)] + (i % width)] === 0 ? 0 : w));
  const gain = student.values['corrector.band'] as Float64Array | undefined;
  const bank = gain ? withGain({ bands, weights: own }, gain) : { bands, weights: own };
  const [network, values] = [networkOf(student.model), networkValues(student.model, student.values)];
  return {
    head: front.head,
    transform: { kind: 'network', network, values },
    bank: { kind: 'weights', ...bank },
  };
}
