/** A front end's network as a transform of its own, and the frames it sees. */
import { UnsupportedError } from '../errors.ts';
import { binCount } from '../model/network.ts';
import { correctorOf, keptBins, networkOf, networkValues, type TrainedModel } from '../model/model.ts';
import { teacherTransform } from './transform-program.ts';
import { modelWindow, type SpectralModel } from '../front/spectral-model.ts';

/** Where the signals of a transform lie in a recording: from `start` on, `window.length` samples every `hop`, windowed. */
export interface FrameCut {
  readonly start: number;
  readonly hop: number;
  readonly window: Float64Array;
}

/** Bins that a band weights; undefined if all are. */
function weightedBins({ network, bands, values }: SpectralModel): Uint8Array | undefined {
  const weights = values['bank.weights'];
  const mask = new Uint8Array(binCount(network));
  bands.start.forEach((from, m) => {
    for (let j = 0; j < bands.width; j++) if (weights[m * bands.width + j] !== 0) mask[from + j] = 1;
  });
  return mask.includes(0) ? mask : undefined;
}

/**
 * The transform of a front end: its network with its gates, its gains, and a mask of the bins that its bands read. Throws
 * UnsupportedError for one of branches, whose transforms are exact already.
 */
export function spectralTeacher(model: SpectralModel): { teacher: TrainedModel; cut: FrameCut } {
  if (model.branches)
    throw new UnsupportedError(
      'several exact transforms at their own rates, which leave nothing to distil; expected one network, as papilio fit writes, or learn without branches',
    );
  const { window, start } = modelWindow(model);
  return {
    teacher: teacherTransform(model.network, model.values, weightedBins(model)),
    cut: { start, hop: model.head.hop, window },
  };
}

/**
 * The front end with a student in the place of its network; null where the student's corrector is more than a factor per bin, which
 * a front end has no place for.
 */
export function withStudent(model: SpectralModel, student: TrainedModel): SpectralModel | null {
  const spec = correctorOf(student.model);
  const kept = keptBins(student.model);
  if (spec.kind !== 'identity' && !(spec.kind === 'banded' && spec.radius === 0)) return null;
  const { start, width } = model.bands;
  const weights = model.values['bank.weights'].map((w, i) =>
    kept?.[start[Math.floor(i / width)] + (i % width)] === 0 ? 0 : w,
  );
  const gain = student.values['corrector.band'] as Float64Array | undefined;
  const own = networkValues(student.model, student.values);
  const values = { ...own, 'bank.weights': weights, ...(gain ? { gain } : {}) };
  return { ...model, network: networkOf(student.model), values };
}
