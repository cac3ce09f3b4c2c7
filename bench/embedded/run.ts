/** C programs built for a board and run there: what they print, what a call costs, what they take of flash and RAM. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PapilioError, UnsupportedError } from '../../src/index.ts';
import { unavailable, type Board } from './boards.ts';
import { sizesOf, type Sizes } from './link-map.ts';

/** Texts by file name. */
export type Files = Readonly<Record<string, string>>;

export interface Job {
  /** What is measured. */
  readonly sources: Files;
  /** What surrounds it: `setup`, `prepare`, `call` and `report` of support/board.h, or a `main` of its own. */
  readonly harness: Files;
  /** Folders with headers. */
  readonly includes?: readonly string[];
  /** Of the compiler, for sources and harness. */
  readonly flags?: readonly string[];
  /** Libraries, as the linker is told. */
  readonly libraries?: readonly string[];
}

export interface Run {
  readonly stdout: string;
  /** Of one call beyond one of an empty function; NaN where nothing was called. */
  readonly instructions: number;
  /** Bytes of stack of the first call; NaN where nobody knows. */
  readonly stack: number;
  /** Code and constants of the sources. */
  readonly flash: number;
  /** The constants alone, without those that stand between code. */
  readonly tables: number;
  /** Variables of the sources. */
  readonly ram: number;
  /** Variables of the harness: the arrays that a caller provides. */
  readonly buffers: number;
}

/** A program that does not build, does not end, or ends with an error. */
export class BoardError extends PapilioError {
  override name = 'BoardError';
}

const support = join(import.meta.dirname, 'support');
const secondsToRun = 120;
/** A program without a bound on its own runs repeats itself for about as many instructions. */
const instructionsToSpend = 20e6;

const sourcesOf = (files: Files): string[] => Object.keys(files).filter((name) => /\.(c|cpp|S)$/.test(name));
const objectOf = (name: string): string => name.replace(/\.[^.]*$/, '.o');

function tool(folder: string, what: string, [program, ...args]: readonly string[]): string {
  const run = spawnSync(program, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (run.error) throw new UnsupportedError(`${program} cannot be run; expected it in the path`);
  if (run.status === 0) return run.stdout;
  const lines = run.stderr.split('\n');
  const reason = lines.find((line) => /error|undefined|overflow/i.test(line)) ?? lines[0];
  throw new BoardError(`${what}: ${reason.trim()}`);
}

/** newlib is found by itself; picolibc has to be asked for. */
function libraryFlags(board: Board): string[] {
  if (!board.compiler.startsWith('riscv')) return [];
  const { stdout } = spawnSync(board.compiler, ['-print-file-name=picolibc.specs'], { encoding: 'utf8' });
  return existsSync(stdout.trim()) ? ['-specs=picolibc.specs'] : ['-nostdlib'];
}

export interface Program {
  readonly path: string;
  readonly sizes: ReadonlyMap<string, Sizes>;
}

/**
 * Builds a job in a folder. `main` is the file of support/ that calls it, null where it has a main of its own. Throws UnsupportedError
 * where the board's programs are missing and BoardError, with the compiler's first error, where it does not build.
 */
export function buildFor(board: Board, job: Job, folder: string, main: string | null): Program {
  const reason = unavailable(board);
  if (reason !== null) throw new UnsupportedError(`${board.name}: ${reason}`);
  const { sources, harness, includes = [], flags = ['-O2'], libraries = [] } = job;
  for (const [name, text] of Object.entries({ ...sources, ...harness }))
    writeFileSync(join(folder, name), text);
  const compile = [board.compiler, ...board.flags, ...libraryFlags(board)];
  const sections = ['-ffunction-sections', '-fdata-sections'];
  const paths = [...includes, support].map((path) => `-I${path}`);
  const own = sourcesOf({ ...sources, ...harness });
  tool(folder, `no object for ${board.name}`, [...compile, ...sections, ...flags, ...paths, '-c', ...own]);
  const spend = instructionsToSpend / board.tick;
  const around = [board.support, ...(main === null ? [] : [main])].map((name) => join(support, name));
  tool(folder, `no support for ${board.name}`, [
    ...compile,
    ...sections,
    ...['-O2', '-std=gnu11', `-DTICKS_TO_SPEND=${spend}u`, `-I${support}`, '-c'].concat(around),
  ]);
  const objects = [...own, board.support, ...(main === null ? [] : [main])].map(objectOf);
  tool(folder, `no program for ${board.name}`, [
    ...compile,
    ...board.linking,
    '-T',
    join(support, 'bare-metal.ld'),
    ...['-Wl,--gc-sections,-Map=program.map', '-o', 'program'].concat(objects, libraries, '-lgcc'),
  ]);
  return {
    path: join(folder, 'program'),
    sizes: sizesOf(readFileSync(join(folder, 'program.map'), 'utf8')),
  };
}

/** Ticks of a call: those of `count` repetitions more, so that neither the grain of the counter nor the first call matters. */
function ticksOf(stdout: string, what: 'call' | 'nothing'): number {
  const lines = [...stdout.matchAll(new RegExp(`^ticks ${what} (\\d+) (\\d+)$`, 'gm'))];
  if (lines.length !== 2) return NaN;
  const [[less, first], [more, second]] = lines.map(([, count, ticks]) => [Number(count), Number(ticks)]);
  return (second - first) / (more - less);
}

const sum = (files: Files, sizes: ReadonlyMap<string, Sizes>, key: keyof Sizes): number =>
  sourcesOf(files).reduce((total, name) => total + (sizes.get(objectOf(name))?.[key] ?? 0), 0);

/** Runs `use` with a folder that is gone afterwards. */
export function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'papilio-board-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a program prints. Throws BoardError where it does not end, or ends with another code than 0. */
function outputOf(board: Board, path: string): string {
  const [program, ...args] = [...board.emulator, path];
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 1000 * secondsToRun,
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Semihosting prints to the emulator's own error stream.
  const text = stdout + stderr;
  if (status === null)
    throw new BoardError(`${board.name}: the program did not end within ${secondsToRun} s`);
  if (status !== 0)
    throw new BoardError(
      `${board.name}: the program ended with code ${status}: ${text.trim().split('\n').at(-1)}`,
    );
  return text;
}

/** Builds a job for a board and runs it there. Throws as `buildFor` does, and BoardError where it does not end well. */
export function runOnBoard(board: Board, job: Job): Run {
  return inFolder((folder) => {
    const hasMain = Object.values(job.harness).some((text) => /^int main\b/m.test(text));
    const { path, sizes } = buildFor(board, job, folder, hasMain ? null : 'main.c');
    const stdout = outputOf(board, path);
    const ticks = ticksOf(stdout, 'call') - ticksOf(stdout, 'nothing');
    return {
      stdout,
      instructions: Math.round(ticks * board.tick),
      stack: Number(/^stack (\d+)$/m.exec(stdout)?.[1] ?? NaN),
      flash: sum(job.sources, sizes, 'flash'),
      tables: sum(job.sources, sizes, 'tables'),
      ram: sum(job.sources, sizes, 'ram'),
      buffers: sum(job.harness, sizes, 'ram'),
    };
  });
}

/** A hundred turns of two instructions behind one more, and the return that an empty function has too. */
const countedLoops = {
  arm: '.syntax unified\\n movs r0, #100\\n1: subs r0, #1\\n bne 1b\\n bx lr',
  riscv: 'li a0, 100\\n1: addi a0, a0, -1\\n bnez a0, 1b\\n ret',
};
export const countedInstructions = 201;

/** A job whose call is a loop of `countedInstructions`. */
export function countedJob(board: Board): Job {
  const loop = countedLoops[board.compiler.startsWith('arm') ? 'arm' : 'riscv'];
  return {
    sources: { 'counted.c': `__attribute__((naked)) void call(void) { __asm__ volatile("${loop}"); }\n` },
    harness: { 'harness.c': 'void setup(void) {}\nvoid prepare(void) {}\nvoid report(void) {}\n' },
  };
}

/** Null, or why the counts of an emulated board cannot be believed. */
export function checkCounter(board: Board): string | null {
  const { instructions } = runOnBoard(board, countedJob(board));
  return instructions === countedInstructions
    ? null
    : `counts ${instructions} instructions where ${countedInstructions} were run`;
}
