/** What a front end may be: every member checked, the first impossible one named. */
import { InvalidArgumentError } from '../errors.ts';
import { sizeOf } from '../ir/graph.ts';
import { parameterShapes, validateRunnable } from '../model/network.ts';
import { firstUnusable, requireNumbers } from '../numeric/samples.ts';
import { checkArgument, record, shown, whole } from '../options.ts';
import { bandCount, type Bank } from '../spectral/banks.ts';
import { validateBranches } from '../spectral/branches.ts';
import { validateHead } from '../spectral/validate.ts';
import { measurementCount, type FrontEnd, type FrontEndSpec } from './front-end.ts';
import { requireTrainable } from './spectral-head.ts';

function validateTransform({ head, transform }: FrontEndSpec): void {
  const kind: unknown = transform?.kind;
  if (kind !== 'exact' && kind !== 'network' && kind !== 'branches')
    throw new InvalidArgumentError(`transform.kind is ${shown(kind)}; expected exact, network or branches`);
  if (transform.kind === 'branches') return validateBranches(head, transform.branches);
  if (transform.kind === 'exact') return;
  const { network } = transform;
  validateRunnable(network);
  if (network.input !== 'real' || network.direction !== 'forward' || network.n > head.nFft)
    throw new InvalidArgumentError(
      `a front end needs a forward network of at most nFft = ${head.nFft} real samples`,
    );
}

/** Throws InvalidArgumentError for the spec of a front end that is none, whatever it is. */
export function validateFrontEndSpec(spec: FrontEndSpec): void {
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
  const bins = measurementCount(spec);
  checkArgument('bank.bands.width', width, whole(1, bins));
}

/** Throws InvalidArgumentError for bands that do not begin once per band of the head, inside what is measured. */
export function validateBands(spec: FrontEndSpec, { start, width }: Bank['bands']): void {
  const [bins, count] = [measurementCount(spec), bandCount(spec.head)];
  if (!(start instanceof Int32Array) || start.length !== count)
    throw new InvalidArgumentError(`"bands.start" must hold ${count} I32 numbers`);
  if (start.some((s) => s < 0 || s + width > bins))
    throw new InvalidArgumentError(`"bands.start" leaves the ${bins} bins`);
}

/** The spec of a front end, whatever that is. */
export const frontEndSpecOf = ({ head, transform, bank }: FrontEnd): FrontEndSpec => ({
  head,
  transform: transform?.kind === 'network' ? { kind: 'network', network: transform.network } : transform,
  bank: bank?.kind === 'weights' ? { kind: 'weights', width: bank.bands?.width } : bank,
});

/** Numbers from here on are infinite in float32. */
const float32End = 2 ** 128 - 2 ** 103;

/** Throws InvalidArgumentError for anything but the numbers of an array of this shape, all finite in float32. */
function requireArray(name: string, x: unknown, shape: readonly number[]): void {
  requireNumbers(name, x);
  const count = sizeOf(shape);
  if (x.length !== count)
    throw new InvalidArgumentError(`${name} has ${x.length} numbers; expected ${shape.join(' x ')}`);
  const bad = firstUnusable(x, 0, count, float32End);
  if (bad >= 0)
    throw new InvalidArgumentError(`${name}[${bad}] is ${x[bad]}; expected a number that float32 holds`);
}

/** Throws InvalidArgumentError, naming the member, for a front end that is none, whatever it is. */
export function validateFrontEnd(front: FrontEnd): void {
  checkArgument('the front end', front, record());
  const spec = frontEndSpecOf(front);
  validateFrontEndSpec(spec);
  const { head, transform, bank } = front;
  if (transform.kind === 'network') {
    checkArgument('transform.values', transform.values, record());
    for (const [key, shape] of Object.entries(parameterShapes(transform.network)))
      requireArray(`transform.values["${key}"]`, transform.values[key], shape);
  }
  if (bank.kind === 'rule') return;
  validateBands(spec, bank.bands);
  requireArray('bank.weights', bank.weights, [bandCount(head), bank.bands.width]);
}
