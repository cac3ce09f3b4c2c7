/** Models and front ends as files. Everything that can be trained can be saved, loaded and run. */
import type { HeadConfig } from '../spectral/head.ts';
import { bandCount, type Bank } from '../spectral/banks.ts';
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import type { Tensor } from '../formats/safetensors.ts';
import { modelShapes, networksOf, validateModel, type Model, type TrainedModel } from '../model/model.ts';
import { parameterShapes, validateNetwork, type NetworkSpec } from '../model/network.ts';
import { checkArgument, record, shown } from '../options.ts';
import { validateBranches } from '../spectral/branches.ts';
import { requireTrainable } from '../front/spectral-head.ts';
import { validateHead } from '../spectral/validate.ts';
import {
  measurementCount,
  withGain,
  type FrontBank,
  type FrontEnd,
  type FrontTransform,
} from '../front/front-end.ts';
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

function modelOf(file: Stored, name: string): TrainedModel & Reported {
  const model = (file.old === null ? file.read('spec') : modelOf1(file.old, file, name)) as Model;
  checked(name, () => validateStoredModel(model));
  return { model, values: valuesOf(modelShapes(model), file.arrays, name), report: file.report };
}

/** Throws FileFormatError, naming the file, if the bytes are no model. */
export const decodeModel = (bytes: Uint8Array, name: string): TrainedModel & Reported =>
  modelOf(decodeKind(bytes, name, 'model'), name);

/** The spec of a front end: what of it is no array. Bands begin where the tensor "bands.start" says. */
interface FrontEndSpec {
  readonly head: HeadConfig;
  readonly transform:
    | Exclude<FrontTransform, { kind: 'network' }>
    | { readonly kind: 'network'; readonly network: NetworkSpec };
  readonly bank: { readonly kind: 'rule' } | { readonly kind: 'weights'; readonly width: number };
}

function validateTransform({ head, transform }: FrontEndSpec): void {
  const kind: unknown = transform?.kind;
  if (kind !== 'exact' && kind !== 'network' && kind !== 'branches')
    throw new InvalidArgumentError(`transform.kind is ${shown(kind)}; expected exact, network or branches`);
  if (transform.kind === 'branches') return validateBranches(head, transform.branches);
  if (transform.kind === 'exact') return;
  const { network } = transform;
  validateStored(network);
  if (network.input !== 'real' || network.direction !== 'forward' || network.n > head.nFft)
    throw new InvalidArgumentError(
      `a front end needs a forward network of at most nFft = ${head.nFft} real samples`,
    );
}

/** Throws InvalidArgumentError for a front end that is none. */
function validateFrontEnd(spec: FrontEndSpec): void {
  checkArgument('the front end', spec, record());
  validateHead(spec.head);
  validateTransform(spec);
  const kind: unknown = spec.bank?.kind;
  if (kind !== 'weights' && kind !== 'rule')
    throw new InvalidArgumentError(`bank.kind is ${shown(kind)}; expected rule or weights`);
  // The head's own pipeline may be any; what stands in its place must be able to.
  if (spec.bank.kind === 'weights' || spec.transform.kind !== 'exact') requireTrainable(spec.head);
  if (spec.bank.kind === 'rule') {
    if (spec.transform.kind === 'branches')
      throw new InvalidArgumentError('bank.kind is "rule" over branches; expected weights');
    return;
  }
  const { width } = spec.bank;
  const bins = measurementsOf(spec);
  if (!Number.isInteger(width) || width < 1 || width > bins)
    throw new InvalidArgumentError(`the width of the bands is ${width}; expected 1 to ${bins}`);
}

/** Numbers that the bands of a front end weight. */
const measurementsOf = ({ head, transform }: FrontEndSpec): number =>
  measurementCount({
    head,
    transform: transform.kind === 'network' ? { ...transform, values: {} } : transform,
  });

/** Bytes of a front end. Throws InvalidArgumentError for one that `decodeFrontEnd` would refuse. */
export function encodeFrontEnd({ head, transform, bank }: FrontEnd, report: TrainingReport = {}): Uint8Array {
  const { kind } = transform;
  const spec: FrontEndSpec = {
    head,
    transform: kind === 'network' ? { kind, network: transform.network } : transform,
    bank: bank.kind === 'weights' ? { kind: 'weights', width: bank.bands.width } : bank,
  };
  validateFrontEnd(spec);
  const arrays: Record<string, Tensor> =
    kind === 'network' ? tensorsOf(parameterShapes(transform.network), transform.values) : {};
  if (bank.kind === 'weights') {
    validateBands(spec, bank.bands);
    const { start, width } = bank.bands;
    arrays['bands.start'] = { dtype: 'I32', shape: [start.length], data: start };
    arrays['bank.weights'] = tensor(bank.weights, [bandCount(head), width], 'bank.weights');
  }
  return encodeFile('front-end', spec, arrays, report);
}

/** Throws InvalidArgumentError for bands that do not begin once per band of the head, inside what is measured. */
function validateBands(spec: FrontEndSpec, { start, width }: Bank['bands']): void {
  const [bins, count] = [measurementsOf(spec), bandCount(spec.head)];
  if (!(start instanceof Int32Array) || start.length !== count)
    throw new InvalidArgumentError(`"bands.start" must hold ${count} I32 numbers`);
  if (start.some((s) => s < 0 || s + width > bins))
    throw new InvalidArgumentError(`"bands.start" leaves the ${bins} bins`);
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
    ...withGain(bank, floats(arrays.get('gain'), name, 'gain', [measurementsOf(spec), 2])),
  };
}

function frontEndOf(file: Stored, name: string): FrontEnd & Reported {
  const { old, arrays, report } = file;
  const spec = (old === null ? file.read('spec') : frontEndOf1(file)) as FrontEndSpec;
  checked(name, () => validateFrontEnd(spec));
  const { head, transform } = spec;
  return {
    head,
    transform:
      transform.kind === 'network'
        ? { ...transform, values: valuesOf(parameterShapes(transform.network), arrays, name) }
        : transform,
    bank: bankOf(spec, arrays, name),
    report,
  };
}

/** Throws FileFormatError, naming the file, if the bytes are no front end. */
export const decodeFrontEnd = (bytes: Uint8Array, name: string): FrontEnd & Reported =>
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
