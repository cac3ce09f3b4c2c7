/** Models and front ends as files. Everything that can be trained can be saved, loaded and run. */
import { FileFormatError, InvalidArgumentError, UnsupportedError } from '../errors.ts';
import type { Tensor } from '../formats/safetensors.ts';
import { modelShapes, networksOf, validateModel, type Model, type TrainedModel } from '../model/model.ts';
import { validateNetwork, type NetworkSpec } from '../model/network.ts';
import { validateBranches, type Branch } from '../spectral/branches.ts';
import { bandCount, requireTrainable, shapeOf, type TrainedHead } from '../front/spectral-head.ts';
import { measurementCount, modelShapes as frontShapes, type SpectralModel } from '../front/spectral-model.ts';
import {
  checked,
  decodeFile,
  decodeKind,
  encodeFile,
  floats,
  tensor,
  tensorsOf,
  valuesOf,
  type Stored,
  type TrainingReport,
} from './format.ts';

interface Reported {
  readonly report: TrainingReport;
}

/** What a file holds. Its values are float64. */
export type Checkpoint =
  | ({ readonly kind: 'model' } & TrainedModel & Reported)
  | { readonly kind: 'front-end'; readonly front: SpectralModel & Reported };

/** A network that runs from its parameters alone. Throws InvalidArgumentError for a spec that is none, or is one for training. */
function validateStored(network: NetworkSpec): void {
  validateNetwork(network);
  if (network.stages.length === 0)
    throw new InvalidArgumentError('a network without stages; expected at least one');
  const s = network.stages.findIndex(({ gate }) => gate?.sampled === true || gate?.temperature === 'input');
  if (s >= 0)
    throw new InvalidArgumentError(
      `stage ${s} has gates that read inputs of the training graph; decide them before saving (decideGates)`,
    );
}

function validateStoredModel(model: Model): void {
  validateModel(model);
  networksOf(model).forEach(validateStored);
}

/** Bytes of a model. Throws InvalidArgumentError for a model or values that `decodeModel` would refuse. */
export function encodeModel({ model, values }: TrainedModel, report: TrainingReport = {}): Uint8Array {
  validateStoredModel(model);
  return encodeFile('model', model, tensorsOf(modelShapes(model), values), report);
}

function modelOf({ spec, arrays, report }: Stored, name: string): TrainedModel & Reported {
  const model = spec as Model;
  checked(name, () => validateStoredModel(model));
  return { model, values: valuesOf(modelShapes(model), arrays, name), report };
}

/** Throws FileFormatError, naming the file, if the bytes are no model. */
export const decodeModel = (bytes: Uint8Array, name: string): TrainedModel & Reported =>
  modelOf(decodeKind(bytes, name, 'model'), name);

/** The spec of a front end; its bands begin where the tensor "bands.start" says. */
interface FrontEndSpec {
  readonly head: TrainedHead;
  readonly transform: { readonly network: NetworkSpec; readonly branches?: readonly Branch[] };
  readonly bank: { readonly width: number };
}

/** Throws InvalidArgumentError for a front end that is none. */
function validateFrontEnd({ head, transform: { network, branches }, bank: { width } }: FrontEndSpec): void {
  requireTrainable(head);
  validateStored(network);
  if (branches) validateBranches(shapeOf(head), branches);
  if (network.input !== 'real' || network.direction !== 'forward' || network.n > head.nFft)
    throw new InvalidArgumentError(
      `a front end needs a forward network of at most nFft = ${head.nFft} real samples`,
    );
  const bins = measurementCount({ head, network, ...(branches ? { branches } : {}) });
  if (!Number.isInteger(width) || width < 1 || width > bins)
    throw new InvalidArgumentError(`the width of the bands is ${width}; expected 1 to ${bins}`);
}

/** Bytes of a front end. Throws InvalidArgumentError for one that `decodeFrontEnd` would refuse. */
export function encodeFrontEnd(model: SpectralModel, report: TrainingReport = {}): Uint8Array {
  const { head, network, branches, bands, values } = model;
  const transform = { network, ...(branches ? { branches } : {}) };
  const spec: FrontEndSpec = { head, transform, bank: { width: bands.width } };
  validateFrontEnd(spec);
  const arrays: Record<string, Tensor> = {
    'bands.start': { dtype: 'I32', shape: [bands.start.length], data: bands.start },
    ...tensorsOf(frontShapes(model), values),
  };
  if (values.gain) arrays.gain = tensor(values.gain, [values.gain.length / 2, 2], 'gain');
  return encodeFile('front-end', spec, arrays, report);
}

function frontEndOf({ spec, arrays, report }: Stored, name: string): SpectralModel & Reported {
  checked(name, () => validateFrontEnd(spec as FrontEndSpec));
  const { head, transform, bank } = spec as FrontEndSpec;
  const { network, branches } = transform;
  const shape = { head, network, ...(branches ? { branches } : {}) };
  const bins = measurementCount(shape);
  const count = bandCount(head);
  const start = arrays.get('bands.start')?.data;
  if (!(start instanceof Int32Array) || start.length !== count)
    throw new FileFormatError(`${name}: tensor "bands.start" must hold ${count} I32 numbers`);
  if (start.some((s) => s < 0 || s + bank.width > bins))
    throw new FileFormatError(`${name}: tensor "bands.start" leaves the ${bins} bins`);
  const model = { ...shape, bands: { start, width: bank.width } };
  const values = valuesOf(frontShapes(model), arrays, name);
  if (arrays.has('gain')) values.gain = floats(arrays.get('gain'), name, 'gain', [bins, 2]);
  return { ...model, values, report };
}

/** Throws FileFormatError, naming the file, if the bytes are no front end. */
export const decodeFrontEnd = (bytes: Uint8Array, name: string): SpectralModel & Reported =>
  frontEndOf(decodeKind(bytes, name, 'front-end'), name);

/** A model or a front end. Throws FileFormatError or UnsupportedError, naming the file, for anything else. */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const file = decodeFile(bytes, name);
  switch (file.kind) {
    case 'model':
      return { kind: 'model', ...modelOf(file, name) };
    case 'front-end':
      return { kind: 'front-end', front: frontEndOf(file, name) };
    case 'learn-job':
      throw new UnsupportedError(
        `${name}: an unfinished job; the papilio learn that began it goes on when given again`,
      );
    default:
      return file.kind satisfies never;
  }
}
