/** Where models spend their time: onnxruntime's own profile. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { feedsOf, type Ort } from './runtime.ts';

/** An event of a profile; `dur` in microseconds. */
interface ProfileEvent {
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

/** Microseconds of each operator of a model: the least of each node over all runs. Being measured is part of that, about 2 for each node. */
export async function profileOf(
  ort: Ort,
  bytes: Uint8Array,
  x: Float32Array,
  runs: number,
): Promise<ReadonlyMap<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'papilio-onnx-'));
  const session = await ort.InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
    enableProfiling: true,
    profileFilePrefix: join(folder, 'profile'),
  });
  const feeds = feedsOf(ort, session, x, [x.length]);
  for (let run = 0; run < runs; run++) await session.run(feeds);
  session.endProfiling();
  const [file] = readdirSync(folder);
  const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProfileEvent[];
  rmSync(folder, { recursive: true });
  await session.release();
  const nodes = new Map<string, { op: string; least: number }>();
  for (const { name, dur, args } of events) {
    if (!name.endsWith('_kernel_time')) continue;
    const least = Math.min(dur, nodes.get(name)?.least ?? Infinity);
    // Transpositions that are part of a product.
    nodes.set(name, { op: (args?.op_name ?? '').replace('FusedMatMul', 'MatMul'), least });
  }
  const sums = new Map<string, number>();
  for (const { op, least } of nodes.values()) sums.set(op, (sums.get(op) ?? 0) + least);
  return sums;
}
