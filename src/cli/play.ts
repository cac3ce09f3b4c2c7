/** papilio play: opens the playground, a page that needs no network. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InvalidArgumentError } from '../errors.ts';
import { flag, type Command, type FlagsOf } from './args.ts';
import type { Output } from './output.ts';

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

async function run([state]: string[], flags: Flags, output: Output): Promise<void> {
  const address = pageAddress(places, state);
  const opener = flags.print ? null : openerOf(process.platform, process.env);
  const isOpen = opener !== null && (await opened(opener, address));
  output.json({ address, opened: isOpen });
  if (!isOpen && !flags.print) output.note('no browser was found; open this address in one');
  output.print(address);
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  print: flag.toggle('print the address of the page and open nothing'),
};

export const playCommand: Command<typeof flags> = {
  name: 'play',
  operands: '[room]',
  operandLimit: 1,
  summary: 'open the playground: listen, change and train networks, trade error for work, compare, race',
  details: 'A room may have a state, as in addresses of the page behind #. Nothing leaves the page.',
  examples: ['play', 'play tour', 'play "trade?feature=whisper&budget=0.1"'],
  flags,
  run,
};
