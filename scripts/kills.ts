/**
 * npm run kills -- [--count 20] [--command learn] [--seed 1]: every long command, killed at random moments until it has come to its
 * end, leaves the bytes of a run that nobody disturbed. Small settings; recordings made here. What times make different (nanoseconds,
 * seconds) is left out of the comparison. Fails with the command, the number of the kill and the file that differs.
 */
import { transformModel } from '../src/learn.ts';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeSafetensors, encodeModel, encodeNpy, encodeWav } from '../src/files.ts';
import { featureHead, features } from '../src/index.ts';
import { bundleCli } from '../test/cli/bundle.ts';
import { Random } from './fuzz/random.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '20' },
    command: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

const root = resolve(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'papilio-kills-'));
const random = new Random(Number(values.seed));

/** A command with small settings: its arguments into a folder, first and after a kill, and the files that must be equal. */
interface Job {
  readonly name: string;
  readonly first: (out: string) => string[];
  /** Where it has one; the same command otherwise. */
  readonly resumed?: (out: string) => string[];
  readonly files: RegExp;
}

const corpus = join(scratch, 'corpus');
const teacher = join(scratch, 'teacher.safetensors');

/** Recordings and features for papilio parity. */
const heard = join(scratch, 'heard');
const seen = join(scratch, 'seen');

function makeParityInputs(): void {
  mkdirSync(heard);
  mkdirSync(seen);
  const extractor = features(featureHead('gigaam', { windowKind: 'symmetric' }));
  for (let r = 0; r < 2; r++) {
    const samples = Float32Array.from({ length: 20000 + 999 * r }, (_, i) => {
      const rhythm = 0.001 + Math.max(0, Math.sin(i / 900)) ** 2;
      return 0.1 * rhythm * (random.below(2001) / 1000 - 1 + Math.sin(i * (0.1 + 2e-6 * i)));
    });
    writeFileSync(join(heard, `clip-${r}.wav`), encodeWav(samples, 16000, { format: 'float32' }));
    const { data, frames, width } = extractor.run(samples);
    writeFileSync(join(seen, `clip-${r}.npy`), encodeNpy(data, [frames, width]));
  }
}

/** Seven recordings of half a second: noise, and a tone that decays. */
function makeInputs(): void {
  mkdirSync(corpus);
  for (let r = 0; r < 7; r++) {
    let low = 0;
    const samples = Float64Array.from({ length: 8000 }, (_, i) => {
      low = 0.9 * low + 0.1 * (random.below(2001) / 1000 - 1);
      return 0.2 * low + 0.1 * Math.sin(0.05 * (r + 1) * i) * Math.exp(-i / 3000);
    });
    writeFileSync(join(corpus, `noise-${r}.wav`), encodeWav(samples, 16000, { format: 'float32' }));
  }
  const network = {
    n: 16,
    input: 'complex',
    direction: 'forward',
    norm: 'backward',
    decimation: 'time',
    permutation: 'digit-reversal',
    split: 'exact',
    stages: Array.from({ length: 4 }, () => ({ radix: 2, parametrization: 'exact' as const })),
  } as const;
  writeFileSync(teacher, encodeModel(transformModel(network, {})));
}

const small = ['--n-fft', '64', '--window', '64', '--hop', '32', '--feature', 'log-mel-8', '--budget', '0.3'];
const jobs: readonly Job[] = [
  {
    name: 'learn',
    first: (out) => ['learn', corpus, '--out', out, '--start', 'exact', ...small],
    resumed: (out) => ['learn', corpus, '--out', out, '--start', 'exact', '--resume', ...small],
    files: /^(model\.safetensors|kernel\.wasm)$/,
  },
  {
    name: 'parity',
    first: (out) => ['parity', '--audio', heard, '--features', seen, '--out', out, '--seconds', '300'],
    files: /^(head\.json|features\.mjs|model\.(safetensors|onnx))$/,
  },
  {
    name: 'features',
    first: (out) => ['features', corpus, '--out', join(out, 'all.safetensors'), '--jobs', '2'],
    files: /^all\.safetensors$/,
  },
  {
    name: 'pareto',
    first: (out) => [
      'pareto',
      corpus,
      '--out',
      out,
      '--n-fft',
      '64',
      '--feature',
      'log-mel-8',
      '--seeds',
      '2',
      '--minutes',
      '0.05',
    ],
    files: /\.(safetensors|wasm)$|^front\.json$/,
  },
  {
    name: 'ablate',
    first: (out) => [
      'ablate',
      '--out',
      out,
      '--groups',
      'network,backend,corrector',
      '--n',
      '16',
      '--samples',
      '3',
    ],
    files: /^ablation\.json$/,
  },
  {
    name: 'study',
    first: (out) => [
      'study',
      'learnability',
      '--targets',
      'dft',
      '--sizes',
      '8,16',
      '--seeds',
      '2',
      '--tables',
      'learn',
      '--json',
      join(out, 'rows.json'),
    ],
    files: /^rows\.json$/,
  },
  {
    name: 'fit',
    first: (out) => ['fit', 'dft', '--n', '16', '--out', out],
    // A model that is there is only written over when asked.
    resumed: (out) => ['fit', 'dft', '--n', '16', '--out', out, '--force'],
    files: /^model\.safetensors$/,
  },
  {
    name: 'distill',
    first: (out) => ['distill', teacher, '--out', out, '--student', 'ternary', '--steps', '200'],
    files: /^student\.safetensors$|^kernel\.wasm$/,
  },
  {
    name: 'roundtrip',
    first: (out) => ['roundtrip', '--n', '16', '--steps', '200', '--out', out],
    resumed: (out) => ['roundtrip', '--n', '16', '--steps', '200', '--out', out, '--resume'],
    files: /\.safetensors$/,
  },
];

/** Runs a command; a kill comes after so many milliseconds, by SIGKILL or SIGTERM. Milliseconds that it took, and how it ended. */
function run(
  args: readonly string[],
  killAfter = Infinity,
): Promise<{ code: number | null; killed: boolean; ms: number; stderr: string }> {
  return new Promise((done) => {
    const begun = performance.now();
    const child = spawn(process.execPath, [cli.path, ...args], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (x: Buffer) => (stderr += x.toString()));
    const signal = random.chance(0.5) ? 'SIGKILL' : 'SIGTERM';
    const timer = killAfter < Infinity ? setTimeout(() => child.kill(signal), killAfter) : undefined;
    child.on('close', (code, by) => {
      clearTimeout(timer);
      done({
        code,
        killed: by !== null || code === 130 || code === 143,
        ms: performance.now() - begun,
        stderr,
      });
    });
  });
}

/** Fields that hold times, and what is made of them; and command lines, which name the folder. */
const timed = new Set([
  'seconds',
  'ns',
  'nsPerFrame',
  'exactNsPerFrame',
  'nsPerTransform',
  'timeRatio',
  'timeNoise',
  'modified',
  'time',
  'command',
  'commands',
]);
const withoutTimes = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, own]) => (timed.has(key) ? [] : [[key, withoutTimes(own)]])),
  );
};

/** What a file holds but for times: JSON, tensors with their metadata, or bytes. */
function contents(path: string): string {
  const bytes = readFileSync(path);
  if (path.endsWith('.json')) return JSON.stringify(withoutTimes(JSON.parse(bytes.toString())));
  if (!path.endsWith('.safetensors')) return bytes.toString('latin1');
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const { report = '{}', ...others } = metadata;
  const parts = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    others,
    withoutTimes(JSON.parse(report)),
    parts.map(([name, { shape, data }]) => [name, shape, Buffer.from(data.buffer).toString('latin1')]),
  ]);
}

/** Hash of every file of a job's folder that must be equal. */
function hashes(folder: string, files: RegExp): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort())
    if (files.test(name) && statSync(join(folder, name)).isFile())
      found.set(
        name,
        createHash('sha256')
          .update(contents(join(folder, name)))
          .digest('hex'),
      );
  return found;
}

/** One disturbed run: killed at a random moment, gone on with and killed again, three times at most; then left alone. */
async function disturbed(job: Job, out: string, usual: number): Promise<number> {
  let kills = 0;
  for (let attempt = 0; ; attempt++) {
    const args = attempt === 0 || !job.resumed ? job.first(out) : job.resumed(out);
    const outcome = await run(args, attempt < 3 ? random.below(Math.ceil(usual)) : Infinity);
    if (outcome.code === 0) return kills;
    if (outcome.killed) kills++;
    // Killed before there was anything to go on from.
    else if (job.resumed && /nothing was interrupted there/.test(outcome.stderr)) {
      const fresh = await run(job.first(out));
      if (fresh.code === 0) return kills;
      throw new Error(`${job.name}: ended with ${fresh.code}: ${fresh.stderr}`);
    } else throw new Error(`${job.name}: ended with ${outcome.code}: ${outcome.stderr}`);
  }
}

const chosen = jobs.filter((j) => values.command === undefined || j.name === values.command);
if (chosen.length === 0)
  throw new Error(`--command is ${values.command}; expected ${jobs.map((j) => j.name).join(', ')}`);
const cli = await bundleCli(root);
makeInputs();
makeParityInputs();
try {
  for (const job of chosen) {
    const calm = join(scratch, job.name);
    mkdirSync(calm);
    const { code, ms, stderr } = await run(job.first(calm));
    if (code !== 0) throw new Error(`${job.name}: ended with ${code}: ${stderr}`);
    const expected = hashes(calm, job.files);
    if (expected.size === 0) throw new Error(`${job.name}: wrote nothing to compare`);
    let kills = 0;
    let runs = 0;
    while (kills < Number(values.count)) {
      const out = join(scratch, `${job.name}-${runs}`);
      mkdirSync(out);
      kills += await disturbed(job, out, ms);
      runs++;
      const own = hashes(out, job.files);
      for (const [file, hash] of expected)
        if (own.get(file) !== hash)
          throw new Error(`${job.name}: after ${kills} kills ${file} is not what it was`);
      rmSync(out, { recursive: true });
    }
    process.stdout.write(
      `${job.name}: ${kills} kills in ${runs} runs, ${expected.size} files equal each time\n`,
    );
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
  cli.remove();
}
