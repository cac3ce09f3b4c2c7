/** Models and front ends as files. Everything that can be trained can be saved, loaded and run. */
import { bandCount } from '../spectral/banks.ts';
import { UnsupportedError } from '../errors.ts';
import type { Tensor } from '../formats/safetensors.ts';
import { modelShapes, networksOf, validateModel, type Model, type TrainedModel } from '../model/model.ts';
import { parameterShapes, validateRunnable } from '../model/network.ts';
import {
  measurementCount,
  withGain,
  type FrontBank,
  type FrontEnd,
  type FrontEndSpec,
} from '../front/front-end.ts';
import { frontEndSpecOf, validateBands, validateFrontEnd, validateFrontEndSpec } from '../front/validate.ts';
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
import { frontEndOf1, modelOf1 } from './version-1.ts';

interface Reported {
  readonly report: TrainingReport;
}

/** What a file holds. Its values are float64. */
export type Checkpoint =
  | ({ readonly kind: 'model' } & TrainedModel & Reported)
  | { readonly kind: 'front-end'; readonly front: FrontEnd & Reported };

function validateStoredModel(model: Model): void {
  validateModel(model);
  networksOf(model).forEach(validateRunnable);
}

/** Bytes of a model. Throws InvalidArgumentError for a model or values that `decodeModel` would refuse. */
export function encodeModel({ model, values }: TrainedModel, report: TrainingReport = {}): Uint8Array {
  validateStoredModel(model);
  return encodeFile('model', model, tensorsOf(modelShapes(model), values), report);
}

function modelOf(file: Stored, name: string): TrainedModel & Reported {
  const model = (file.old === null ? file.read('spec') : modelOf1(file.old, file, name)) as Model;
  checked(name, () => validateStoredModel(model));
  return { model, values: valuesOf(modelShapes(model), file.arrays, name), report: file.report };
}

/** Throws FileFormatError, naming the file, if the bytes are no model. */
export const decodeModel = (bytes: Uint8Array, name = 'the model'): TrainedModel & Reported =>
  modelOf(decodeKind(bytes, name, 'model'), name);

/** Bytes of a front end. Throws InvalidArgumentError for one that `decodeFrontEnd` would refuse. */
export function encodeFrontEnd(front: FrontEnd, report: TrainingReport = {}): Uint8Array {
  validateFrontEnd(front);
  const { head, transform, bank } = front;
  const arrays: Record<string, Tensor> =
    transform.kind === 'network' ? tensorsOf(parameterShapes(transform.network), transform.values) : {};
  if (bank.kind === 'weights') {
    const { start, width } = bank.bands;
    arrays['bands.start'] = { dtype: 'I32', shape: [start.length], data: start };
    arrays['bank.weights'] = tensor(bank.weights, [bandCount(head), width], 'bank.weights');
  }
  return encodeFile('front-end', frontEndSpecOf(front), arrays, report);
}

/** The filterbank of a file. */
function bankOf(spec: FrontEndSpec, arrays: Stored['arrays'], name: string): FrontBank {
  if (spec.bank.kind === 'rule') return spec.bank;
  const { width } = spec.bank;
  const start = arrays.get('bands.start')?.data as Int32Array;
  checked(name, () => validateBands(spec, { start, width }));
  const weights = floats(arrays.get('bank.weights'), name, 'bank.weights', [bandCount(spec.head), width]);
  const bank = { bands: { start, width }, weights };
  if (!arrays.has('gain')) return { kind: 'weights', ...bank };
  // Version 1 kept the gains of bins apart.
  return {
    kind: 'weights',
    ...withGain(bank, floats(arrays.get('gain'), name, 'gain', [measurementCount(spec), 2])),
  };
}

function frontEndOf(file: Stored, name: string): FrontEnd & Reported {
  const { old, arrays, report } = file;
  const spec = (old === null ? file.read('spec') : frontEndOf1(file)) as FrontEndSpec;
  checked(name, () => validateFrontEndSpec(spec));
  const { head, transform } = spec;
  const front: FrontEnd = {
    head,
    transform:
      transform.kind === 'network'
        ? { ...transform, values: valuesOf(parameterShapes(transform.network), arrays, name) }
        : transform,
    bank: bankOf(spec, arrays, name),
  };
  checked(name, () => validateFrontEnd(front));
  return { ...front, report };
}

/** Throws FileFormatError, naming the file, if the bytes are no front end. */
export const decodeFrontEnd = (bytes: Uint8Array, name = 'the front end'): FrontEnd & Reported =>
  frontEndOf(decodeKind(bytes, name, 'front-end'), name);

/** A model or a front end. Throws FileFormatError or UnsupportedError, naming the file, for anything else. */
export function decodeCheckpoint(bytes: Uint8Array, name = 'the checkpoint'): Checkpoint {
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
