/** papilio play: opens the playground, a page that needs no network. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InvalidArgumentError } from '../errors.ts';
import { flag, type Command, type FlagsOf } from './args.ts';
import type { Output } from './output.ts';
import { addressOfFiles, isStateFile, roomNames, strangeRoom } from './playground.ts';

const own = dirname(fileURLToPath(import.meta.url));
/** Beside the program, and where `npm run build` puts it in a checkout. */
const places = [join(own, 'playground.html'), join(own, '../../dist/playground.html')];

/** The address of the first page that is there, with a state: a room, or what stands behind # in an address. Throws InvalidArgumentError where there is none. */
export function pageAddress(paths: readonly string[], state = ''): string {
  const path = paths.find((p) => existsSync(p));
  if (path === undefined)
    throw new InvalidArgumentError(`${paths[0]}: no such page; expected one that npm run build made`);
  const hash = state.replace(/^#?\/?/, '');
  return `${pathToFileURL(path).href}${hash === '' ? '' : `#/${hash}`}`;
}

/** Letters of an address that a terminal shows as it is; a page that leads to it stands for a longer one. */
const mostLetters = 500;
export const printedOf = (address: string, page: string): string =>
  address.length > mostLetters ? page : address;

/** What opens an address on a platform; null where nobody would see it. */
export function openerOf(platform: string, env: NodeJS.ProcessEnv): readonly [string, ...string[]] | null {
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? ['xdg-open'] : null;
}

/** Opens an address; false where that is not possible. */
const opened = ([program, ...args]: readonly [string, ...string[]], address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(program, [...args, address], { detached: true, stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('spawn', () => {
      child.unref();
      resolve(true);
    });
  });

/**
 * A page that leads to an address. What opens pages on a desktop drops what stands behind # of a file's address, or takes no more than
 * 2000 letters; a page does neither.
 */
export function leadingTo(address: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'papilio-play-')), 'play.html');
  const text = JSON.stringify(address).replaceAll('<', '\\u003c');
  writeFileSync(path, `<!doctype html><meta charset="utf-8"><script>location.replace(${text})</script>\n`);
  return pathToFileURL(path).href;
}

/** A room, with or without a state. Throws InvalidArgumentError for what is none. */
function roomOf(operand: string): string {
  const strange = strangeRoom(operand);
  if (strange === undefined) return operand;
  const expected = `expected ${roomNames.join(', ')}`;
  throw new InvalidArgumentError(
    existsSync(operand)
      ? `${operand}: neither a room nor a file of the playground; ${expected}, or a file .safetensors, .html or .json`
      : `${strange === operand.split('?')[0] ? strange : `${operand}: ${strange}`}: no such room; ${expected}`,
  );
}

/** The state of files. Throws InvalidArgumentError where it names what is no room. */
function fileState(paths: readonly string[]): string {
  const address = addressOfFiles(paths);
  const strange = strangeRoom(address);
  if (strange === undefined) return address;
  throw new InvalidArgumentError(
    `${paths[0]}: its address leads to ${strange}, no such room; expected ${roomNames.join(', ')}`,
  );
}

/** The state that operands say: none, a room, or files. */
function stateOf(operands: readonly string[]): string | undefined {
  const rooms = operands.filter((o) => !isStateFile(o));
  if (operands.length === 0) return undefined;
  if (rooms.length === 1 && operands.length === 1) return roomOf(rooms[0]);
  if (rooms.length > 0)
    throw new InvalidArgumentError(`${rooms[0]}: is no file; expected one room, or one or two files`);
  return fileState(operands);
}

async function run(operands: string[], flags: Flags, output: Output): Promise<void> {
  const address = pageAddress(places, stateOf(operands));
  const opener = flags.print ? null : openerOf(process.platform, process.env);
  const page = flags.print || !address.includes('#') ? address : leadingTo(address);
  const isOpen = opener !== null && (await opened(opener, page));
  output.json({ address, opened: isOpen });
  if (!isOpen && !flags.print) output.note('no browser was found; open this address in one');
  output.print(printedOf(address, page));
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  print: flag.toggle('print the address of the page and open nothing'),
};

export const playCommand: Command<typeof flags> = {
  name: 'play',
  operands: '[room, or files]',
  operandLimit: 2,
  summary: 'open the playground: listen, change and train networks, trade error for work, compare, race',
  details:
    'A room may have a state, as in addresses of the page behind #. Files: one model beside its exact front end, two beside each other, a report of learn, pareto or compare with its models, or a state that the page saved. Nothing leaves the page.',
  examples: [
    'play',
    'play "trade?feature=whisper&budget=0.1"',
    'play out/report.html',
    'play one.safetensors two.safetensors',
  ],
  flags,
  run,
};
