/** Addresses of the playground that show models: the state is the address, models included, as the room Compare reads it. */
import { basename } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { encodeFrontEnd } from '../files.ts';
import { exactFrontEnd, type HeadConfig } from '../front.ts';
import { isRecord } from '../options.ts';
import { readBytes, readJson } from './files.ts';
import { readModelFile } from './model-file.ts';
import { escapeHtml } from './report/html.ts';

/** A front end as a file. */
interface ShownModel {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Bytes of a model that an address still carries. */
const mostBytes = 200_000;

/** The exact front end of a head. */
export const exactModel = (head: HeadConfig): ShownModel => ({
  name: 'exact',
  bytes: encodeFrontEnd(exactFrontEnd(head), {}),
});

const base64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** The address of two models side by side, from its # on; undefined where one is too large for an address. */
export function comparedAddress(left: ShownModel, right: ShownModel): string | undefined {
  if (Math.max(left.bytes.length, right.bytes.length) > mostBytes) return undefined;
  // The page knows models by their names.
  const name = right.name === left.name ? `${right.name} (2)` : right.name;
  return addressOf('compare', {
    leftFront: left.name,
    leftModel: base64Url(left.bytes),
    rightFront: name,
    rightModel: base64Url(right.bytes),
  });
}

/** A room and its state, from # on. */
function addressOf(room: string, state: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(state).map(
    ([key, value]) =>
      `${key}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  return `#/${room}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

/** How a page of a report carries an address. */
export const addressAttribute = (address: string): string => ` data-playground="${escapeHtml(address)}"`;
const attributePattern = / data-playground="(#\/[^"]*)"/;

/** The model of a path. Throws InvalidArgumentError, naming it, for what is no front end. */
function modelAt(path: string): ShownModel & { readonly head: HeadConfig } {
  const { model } = readModelFile(path, ['front end']);
  return { name: basename(path), bytes: readBytes(path), head: model.head };
}

/**
 * Two models of files side by side, or one beside its exact front end; undefined where one is too large for an address. Throws
 * InvalidArgumentError, naming the file, for what is no front end.
 */
export function addressOfModels([first, second]: readonly string[]): string | undefined {
  const model = modelAt(first);
  return second ? comparedAddress(model, modelAt(second)) : comparedAddress(exactModel(model.head), model);
}

/** Of a state that the page saved, and of what `papilio compare --json` wrote. */
function addressOfJson(path: string): string {
  const expected = 'expected a state that the playground saved, or what papilio compare wrote of front ends';
  const value = readJson(path, expected);
  if (isRecord(value)) {
    if (typeof value['playground'] === 'string') return value['playground'];
    const { papilio, room, states } = value;
    if (papilio === 'playground' && typeof room === 'string' && isRecord(states)) {
      const others = Object.keys(states).filter((id) => id !== room);
      const parts = [room, ...others].map((id) => {
        const state = states[id];
        return addressOf(id, isRecord(state) ? state : {}).slice(1);
      });
      return `#${parts.join('')}`;
    }
  }
  throw new InvalidArgumentError(`${path}: no state of the playground; ${expected}`);
}

/** The rooms of the page, by their order, and its tour. */
export const roomNames = ['listen', 'butterflies', 'learn', 'trade', 'compare', 'parity', 'race', 'tour'];

/** The name in a state that is no room's; undefined where there is none. */
export const strangeRoom = (state: string): string | undefined =>
  state
    .replace(/^#?\/?/, '')
    .split('/')
    .map((part) => part.split('?')[0])
    .find((name) => name !== '' && !roomNames.includes(name));

/** Is an operand of `papilio play` a file, not a room? */
export const isStateFile = (operand: string): boolean => /\.(?:html|json|safetensors)$/i.test(operand);

/** The address of files: one or two models, a page of a report, a state. Throws InvalidArgumentError, naming the file. */
export function addressOfFiles(paths: readonly string[]): string {
  const [path] = paths;
  if (paths.every((p) => /\.safetensors$/i.test(p))) {
    const address = addressOfModels(paths);
    if (address !== undefined) return address;
    throw new InvalidArgumentError(
      `${paths.join(', ')}: more than ${mostBytes} bytes, too large for an address; open it in the room Compare`,
    );
  }
  if (paths.length > 1)
    throw new InvalidArgumentError(`${paths.join(' and ')}: expected one file, or two models`);
  if (/\.json$/i.test(path)) return addressOfJson(path);
  const found = attributePattern.exec(Buffer.from(readBytes(path)).toString())?.[1];
  if (found === undefined)
    throw new InvalidArgumentError(
      `${path}: no models in it; expected a report of learn, pareto or compare of front ends`,
    );
  return found.replaceAll('&amp;', '&').replaceAll('&#39;', "'");
}
