/** Which tables of fewer bits a front end can have: measured on the recordings that it is for, not quoted from others. */
import { InvalidArgumentError } from '../errors.ts';
import { defaultBackend } from '../backends/default.ts';
import { exactFeatures, featureError, type FeatureError, type Recording } from './corpus.ts';
import type { ErrorPlaces } from './error-places.ts';
import { compileFrontEnd } from './compile.ts';
import { tableFormats } from './quantize.ts';
import type { FrontEnd } from './front-end.ts';

/** A name of `tableFormats`. */
export type TableFormatName = keyof typeof tableFormats;

/** A front end with its tables in one of `tableFormats`, or as float32. */
export interface TableChoice {
  readonly name: TableFormatName | 'f32';
  /** Bytes of the tables as a file holds them. */
  readonly tableBytes: number;
  /** Against the exact features in float64. */
  readonly error: FeatureError;
}

/**
 * A front end with each of the table formats on recordings, float32 first. What rounded windows and twiddles add is noise in
 * proportion to a frame's loudest bin, so it depends on how empty a recording's emptiest bands are.
 */
export function tableChoices(
  model: FrontEnd,
  recordings: readonly Recording[],
  places?: ErrorPlaces,
): TableChoice[] {
  const targets = exactFeatures(model.head, recordings);
  return (['f32', ...(Object.keys(tableFormats) as TableFormatName[])] as const).map((name) => {
    const tables = name === 'f32' ? undefined : tableFormats[name];
    const front = compileFrontEnd(model, defaultBackend(), 'f32', tables);
    const features = recordings.map((r) => front.features(r.samples));
    const error = featureError(recordings, features, targets, model.head, places);
    return { name, tableBytes: front.tableBytes, error };
  });
}

/** The smallest tables whose error is no more than `room` above that of float32; float32 where none is. */
export function smallestTables(choices: readonly TableChoice[], room: number): TableChoice {
  const [floats] = choices;
  if (!floats) throw new InvalidArgumentError('there are no choices; expected at least one, the floats');
  return choices
    .filter((c) => c === floats || c.error.mean - floats.error.mean <= room)
    .reduce((a, b) => (b.tableBytes < a.tableBytes ? b : a));
}
