/**
 * npm run accuracy: the error of exact plans of every size, both directions, real and complex, float32 and float64, in
 * units of eps sqrt(log2 n) against the double-double oracle. Options: --from --to --step (1 .. 4096), --uniform 64,
 * --jobs 2, --json FILE (results so far are kept there and not measured again).
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fork } from 'node:child_process';
import { accuracyOf, limits, type Accuracy } from '../test/accuracy.ts';

interface Row extends Accuracy {
  readonly uniform: number;
}

const whole = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is ${text}; expected a whole number`);
  return value;
};

const measure = (n: number, uniform: number): Row[] =>
  (['f64', 'f32'] as const).flatMap((dtype) => accuracyOf(n, dtype, uniform).map((a) => ({ ...a, uniform })));

const classOf = (n: number): string => {
  const { rms } = limits(n);
  return rms === 0.4 ? 'powers of two' : rms === 0.45 ? '7-smooth' : 'others';
};

function summarise(rows: readonly Row[]): void {
  console.log(
    'class           dtype  sizes  worst RMS (n, kind)                     limit   worst single (n, kind)',
  );
  for (const name of ['powers of two', '7-smooth', 'others'])
    for (const dtype of ['f32', 'f64']) {
      const own = rows.filter((r) => classOf(r.n) === name && r.dtype === dtype);
      if (own.length === 0) continue;
      const rms = own.reduce((a, b) => (b.rms > a.rms ? b : a));
      const single = own.reduce((a, b) => (b.worst > a.worst ? b : a));
      const sizes = new Set(own.map((r) => r.n)).size;
      console.log(
        `${name.padEnd(15)} ${dtype}  ${String(sizes).padStart(6)}  ${`${rms.rms.toFixed(3)} (${rms.n}, ${rms.kind})`.padEnd(38)}  ${limits(rms.n).rms.toFixed(2)}   ${single.worst.toFixed(3)} (${single.n}, ${single.kind})`,
      );
    }
  const broken = rows.filter((r) => r.rms > limits(r.n).rms || r.worst > limits(r.n).worst);
  console.log(broken.length === 0 ? 'every limit holds' : `${broken.length} limits broken:`);
  for (const r of broken.slice(0, 60))
    console.log(`  n = ${r.n} ${r.dtype} ${r.kind}: RMS ${r.rms.toFixed(3)}, worst ${r.worst.toFixed(3)}`);
  if (broken.length > 0) process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      from: { type: 'string', default: '1' },
      to: { type: 'string', default: '4096' },
      step: { type: 'string', default: '1' },
      uniform: { type: 'string', default: '64' },
      jobs: { type: 'string', default: '2' },
      json: { type: 'string' },
    },
  });
  const [from, to, step, uniform, jobs] = (['from', 'to', 'step', 'uniform', 'jobs'] as const).map((name) =>
    whole(name, values[name]),
  );
  const file = values.json;
  const rows: Row[] =
    file && existsSync(file) ? ((JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] }).rows ?? []) : [];
  const done = new Set(rows.filter((r) => r.uniform === uniform).map((r) => r.n));
  const sizes: number[] = [];
  for (let n = from; n <= to; n += step) if (!done.has(n)) sizes.push(n);
  const save = (): void => {
    if (!file) return;
    writeFileSync(`${file}.part`, JSON.stringify({ node: process.version, rows }));
    renameSync(`${file}.part`, file);
  };
  let next = 0;
  let saved = Date.now();
  await Promise.all(
    Array.from(
      { length: Math.min(jobs, Math.max(1, sizes.length)) },
      () =>
        new Promise<void>((resolve, reject) => {
          const child = fork(fileURLToPath(import.meta.url), {
            env: { ...process.env, PAPILIO_ACCURACY: String(uniform) },
          });
          const give = (): void => {
            if (next < sizes.length) child.send(sizes[next++]);
            else {
              child.disconnect();
              resolve();
            }
          };
          child.on('message', (found: Row[]) => {
            rows.push(...found);
            if (Date.now() - saved > 10_000) {
              saved = Date.now();
              save();
              process.stderr.write(`${rows.length / 8} sizes, last n = ${found[0].n}\n`);
            }
            give();
          });
          child.on('error', reject);
          child.on('exit', (code) => {
            if (code) reject(new Error(`a worker ended with code ${code}`));
          });
          give();
        }),
    ),
  );
  rows.sort((a, b) => a.n - b.n);
  save();
  summarise(rows);
}

const worker = process.env['PAPILIO_ACCURACY'];
if (worker !== undefined && process.send) {
  process.on('message', (n: number) => process.send?.(measure(n, Number(worker))));
} else {
  await main();
}
