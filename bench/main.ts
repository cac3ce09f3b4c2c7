/**
 * npm run bench: papilio's exact plans against fft.js, each sample set in a fresh process, processes interleaved.
 * Medians with half the interquartile range; ratios are what to read on a shared machine. Option: --json FILE.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import FFT from 'fft.js';
import { measure, planFftSync, type Timing } from '../src/index.ts';

const { values: flags } = parseArgs({
  options: { child: { type: 'string' }, n: { type: 'string' }, json: { type: 'string' } },
});
const peers = ['papilio wasm f32', 'papilio wasm f64', 'papilio js f64', 'fft.js'] as const;
const sizes = [64, 256, 512, 1024, 4096];
const rounds = 3;

function work(peer: string, n: number): () => void {
  const x = Float64Array.from({ length: 2 * n }, (_, i) => Math.sin(i * i));
  if (peer === 'fft.js') {
    const fft = new FFT(n);
    const out = fft.createComplexArray();
    const data = Array.from(x);
    return () => fft.transform(out, data);
  }
  const [, backend, dtype] = peer.split(' ');
  const plan = planFftSync({ n, backend: backend as 'wasm' | 'js', dtype: dtype as 'f32' | 'f64' });
  plan.input.re.set(x.subarray(0, n));
  plan.input.im?.set(x.subarray(n));
  return () => plan.run();
}

if (flags.child !== undefined) {
  const n = Number(flags.n);
  const run = work(flags.child, n);
  const repeat = Math.max(1, Math.round(20000 / n));
  const [timing] = measure([
    {
      name: flags.child,
      units: repeat,
      run: () => {
        for (let i = 0; i < repeat; i++) run();
      },
    },
  ]);
  process.stdout.write(JSON.stringify(timing));
} else {
  const rows: { n: number; peer: string; ns: number; spread: number }[] = [];
  for (const n of sizes) {
    const timings = new Map<string, Timing[]>(peers.map((p) => [p, []]));
    for (let round = 0; round < rounds; round++)
      for (const peer of peers) {
        const child = spawnSync(
          process.execPath,
          ['--import', 'tsx', fileURLToPath(import.meta.url), '--child', peer, '--n', String(n)],
          { encoding: 'utf8' },
        );
        timings.get(peer)?.push(JSON.parse(child.stdout) as Timing);
      }
    const of = (peer: string): Timing =>
      (timings.get(peer) as Timing[]).sort((a, b) => a.ns - b.ns)[Math.floor(rounds / 2)];
    const yardstick = of('fft.js').ns;
    for (const peer of peers) {
      const { ns, spread } = of(peer);
      rows.push({ n, peer, ns, spread });
      console.log(
        `n ${String(n).padStart(5)}  ${peer.padEnd(18)} ${ns.toFixed(0).padStart(8)} ± ${spread.toFixed(0)} ns   ${(yardstick / ns).toFixed(2)} x fft.js`,
      );
    }
  }
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify({ node: process.version, rows }, null, 2)}\n`);
}
