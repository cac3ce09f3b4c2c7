/**
 * How soon commands answer Ctrl-C and end: each is started on the recordings of data/, gets SIGINT or SIGTERM at random moments of its
 * first seconds, and is timed. npm run stops -- --times 5. Needs `npm run build`. Prints the longest waits; exit code 1 beyond 2 s, at
 * a wrong exit code, and where nothing could be stopped.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { times: { type: 'string', default: '3' }, cli: { type: 'string' } },
});
const root = resolve(import.meta.dirname, '..');
const cli = resolve(values.cli ?? join(root, 'dist/cli.js'));
const data = join(root, 'data');

const commands: Readonly<Record<string, readonly string[]>> = {
  learn: [data],
  'learn, pruning': [data, '--start', 'exact'],
  pareto: [data, '--minutes', '1'],
  'pareto, third octaves': [data, '--minutes', '1', '--feature', 'third-octaves'],
  ablate: ['--n', '256', '--groups', 'corrector,gates'],
  fit: ['dft', '--n', '1024'],
  roundtrip: ['--n', '1024'],
  study: ['learnability', '--sizes', '256', '--json', '-'],
  compile: ['--n', '4194304'],
  'compile, a prime': ['--n', '2097143'],
  features: [data, '--preset', 'whisper', '--dtype', 'f64', '--jobs', '1'],
  peaks: [data],
};
const withoutFolder = new Set(['study', 'peaks']);
/** Milliseconds within which those that are soon done are stopped. */
const soon: Readonly<Record<string, number>> = { features: 700, compile: 700 };

interface Stop {
  readonly word: number;
  readonly end: number;
  readonly right: boolean;
}

/** Starts a command, waits, sends a signal; null where the command came to its end. Rejects where it had failed. */
function stopped(args: readonly string[], wait: number, signal: 'SIGINT' | 'SIGTERM'): Promise<Stop | null> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [cli, ...args], { cwd: root });
    let [sent, word, text] = [0, Infinity, ''];
    const timer = setTimeout(() => {
      sent = performance.now();
      child.kill(signal);
    }, wait);
    child.stdout.resume();
    child.stderr.on('data', (x: Buffer) => {
      text += x.toString();
      if (word === Infinity && text.includes('papilio: stopping')) word = performance.now() - sent;
    });
    child.on('close', (code, by) => {
      clearTimeout(timer);
      if (sent === 0 && code !== 0) fail(new Error(`papilio ${args.join(' ')}: code ${code}: ${text}`));
      const right = by === signal || code === (signal === 'SIGINT' ? 130 : 143);
      done(sent === 0 || code === 0 ? null : { word, end: performance.now() - sent, right });
    });
  });
}

let bad = 0;
for (const [name, args] of Object.entries(commands)) {
  const [command] = name.split(',');
  const stops: Stop[] = [];
  for (let i = 0; i < Number(values.times); i++) {
    const out = mkdtempSync(join(tmpdir(), 'papilio-stops-'));
    const folder = withoutFolder.has(command) ? [] : ['--out', join(out, 'out')];
    const stop = await stopped(
      [command, ...args, ...folder],
      name in soon ? soon[name] * (0.5 + 0.5 * Math.random()) : 1000 + 5000 * Math.random(),
      i % 2 ? 'SIGTERM' : 'SIGINT',
    );
    if (stop) stops.push(stop);
    rmSync(out, { recursive: true, force: true });
  }
  const longest = (of: (s: Stop) => number): number => Math.max(0, ...stops.map(of));
  const [word, end] = [longest((s) => s.word), longest((s) => s.end)];
  const wrong = stops.filter((s) => !s.right).length;
  if (end > 2000 || wrong > 0 || stops.length === 0) bad++;
  console.log(
    `${name.padEnd(22)} ${stops.length} stops: a word after ${word.toFixed(0)} ms, ended after ${end.toFixed(0)} ms at most${wrong > 0 ? `, ${wrong} wrong exit codes` : ''}`,
  );
}
if (bad > 0) process.exitCode = 1;
