/** docs/people.md: other people's threads, from the data of test/people (`npm run people`). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { threads, type Thread } from '../test/people/threads.ts';

const tests = new URL('../test/people/', import.meta.url);
export const page = new URL('../docs/people.md', import.meta.url);

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const link = (thread: string): string => `[${thread}](https://github.com/${thread.replace('#', '/issues/')})`;

/** Nine digits; less than the rounding of 1 is 0. */
const number = (v: number): string => (Math.abs(v) < 1e-15 ? '0' : String(Number(v.toPrecision(9))));
function rightText({ right }: Thread): string {
  if (typeof right === 'boolean') return right ? 'yes' : 'no';
  if (typeof right === 'number') return number(right);
  if ('throws' in right) return 'an error that names it';
  const [first] = right;
  if (right.length > 6 && right.every((v) => v === first)) return `${right.length} times ${number(first)}`;
  const shown = right.slice(0, 8).map(number).join(', ');
  return right.length > 8 ? `${shown} … (${right.length} numbers)` : shown;
}

const table = (rows: readonly Thread[]): string =>
  [
    '| thread | what went wrong | input | right | papilio |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      (row) =>
        `| ${[link(row.thread), row.wrong, row.input, rightText(row), `\`${row.call}\``].map(cell).join(' | ')} |`,
    ),
  ].join('\n');

/** Titles of tests that name a thread, project#number in brackets, by file. */
function titled(): string {
  const lines: string[] = [];
  for (const file of readdirSync(tests).filter((name) => name.endsWith('.test.ts'))) {
    const text = readFileSync(new URL(file, tests), 'utf8');
    for (const [, title] of text.matchAll(/['`](.*\([^()]*\w#\d[^()]*\).*)['`],?(?: \(\) =>|$)/gm))
      lines.push(`| ${cell(title)} | ${file} |`);
  }
  return ['| what holds | test |', '| --- | --- |', ...lines].join('\n');
}

/** The page as it should be. */
export function rendered(): string {
  const count = Object.values(threads).flat().length;
  return [
    "# Other people's threads",
    `<!-- npm run people -->`,
    `What went wrong in ${count} public threads of other projects, tried on papilio. Each row is a test: its call runs, and what it gives is compared with the right value,
which NumPy, SciPy, librosa, soundfile or kaldi-native-fbank computed (\`scripts/parity/people.py\` does it again) or which the definition gives. A thread is about the project that it
names, not about papilio; many are solved by now. Calls see papilio's exports and the few signals of \`test/people/threads.ts\`: \`tone(hz, rate, n)\`, \`chirp(n)\` = sin(i^2 / 1000), \`rough(n)\` = sin(i^2), \`pulse(n, at)\`.`,
    ...Object.entries(threads).map(
      ([kind, rows]) => `## ${kind[0].toUpperCase()}${kind.slice(1)}\n\n${table(rows)}`,
    ),
    "## Threads with tests of their own\n\nShort names are those of the projects' repositories; the tests are in `test/people`.",
    titled(),
    '',
  ].join('\n\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(page, rendered());
