/** papilio/webgpu and the DFT of onnxruntime-web on one device of Chromium's software adapter: both encoded, submitted and waited for, in turn. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { GraphBuilder } from '../../src/backends/onnx/builder.ts';
import type { OnnxOperator } from '../../src/backends/onnx/operators.ts';
import { UnsupportedError } from '../../src/index.ts';
import { pageReport } from './page.ts';

const page = `<!doctype html><link rel="icon" href="data:,"><title>not run</title><script type="module">
import * as ort from './ort.mjs';
import { planGpuFft } from './papilio.mjs';
const { shapes, rounds, seconds } = await (await fetch('./cases.json')).json();
ort.env.wasm.numThreads = 1;
const results = [];
try {
  for (const { n, batch, model } of shapes) {
    const session = await ort.InferenceSession.create(Uint8Array.from(atob(model), (c) => c.charCodeAt(0)), {
      executionProviders: ['webgpu'], preferredOutputLocation: 'gpu-buffer', logSeverityLevel: 3 });
    const device = await ort.env.webgpu.device;
    const size = 8 * n * batch;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const [input, output] = [0, 1].map(() => device.createBuffer({ size, usage }));
    const x = new Float32Array(2 * n * batch).map((_, i) => Math.sin(i * i));
    device.queue.writeBuffer(input, 0, x);
    const plan = await planGpuFft(device, { n, batch });
    const tensor = ort.Tensor.fromGpuBuffer(input, { dataType: 'float32', dims: [batch, n, 2] });
    const read = async (buffer) => {
      const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      return new Float32Array(staging.getMappedRange().slice(0));
    };
    const papilio = async () => {
      const encoder = device.createCommandEncoder();
      plan.encode(encoder, { input, output });
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
      return output;
    };
    const runtime = async (use) => {
      const { y } = await session.run({ x: tensor });
      await device.queue.onSubmittedWorkDone();
      const found = use ? await read(y.gpuBuffer) : null;
      y.dispose();
      return found;
    };
    const other = await runtime(true);
    const own = await read(await papilio());
    const largest = own.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const difference = own.reduce((a, v, i) => Math.max(a, Math.abs(v - other[i])), 0) / largest;
    const times = [[], []];
    const end = performance.now() + 1000 * seconds;
    for (let round = 0; round < rounds && performance.now() < end; round++)
      for (const [i, run] of [papilio, runtime].entries()) {
        const start = performance.now();
        await run();
        times[i].push(performance.now() - start);
      }
    results.push({ n, batch, times, difference });
  }
} catch (e) { results.push({ error: String(e.stack ?? e) }); }
await fetch('./report', { method: 'POST', body: JSON.stringify(results) });
</script>`;

/** Milliseconds of calls of a shape, papilio's and onnxruntime-web's, and how far their results are apart, of the largest. */
export interface RuntimeTimes {
  readonly n: number;
  readonly batch: number;
  readonly times: readonly [readonly number[], readonly number[]];
  readonly difference: number;
}

/** A model of one DFT operator. */
function modelOf(n: number, batch: number): string {
  const g = new GraphBuilder();
  const value = g.input('x', 'float', [batch, n, 2]);
  g.output('y', g.node('DFT' as OnnxOperator, [value], { axis: 1 }), 'float', [batch, n, 2]);
  return Buffer.from(g.encode('dft', {})).toString('base64');
}

/** papilio/webgpu as one module. */
async function bundled(): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      lib: { entry: join(import.meta.dirname, '../../src/webgpu.ts'), formats: ['es'] },
    },
  });
  for (const { output } of [made].flat() as { output: { type: string; code?: string }[] }[])
    for (const part of output) if (part.code !== undefined) return part.code;
  throw new Error('internal: Vite made no module');
}

/** Times both in Chromium. Throws UnsupportedError where onnxruntime-web or Chromium is missing, or the page fails. */
export async function besideRuntime(
  shapes: readonly { readonly n: number; readonly batch: number }[],
  rounds: number,
  seconds: number,
): Promise<readonly RuntimeTimes[]> {
  const folder = resolve(process.env['PAPILIO_ORT'] ?? join(import.meta.dirname, '../../scripts/onnx'));
  const web = join(folder, 'node_modules/onnxruntime-web/dist');
  const entry = join(web, 'ort.webgpu.bundle.min.mjs');
  if (!existsSync(entry))
    throw new UnsupportedError('onnxruntime-web is not installed; run npm run onnx-install');
  const library = await bundled();
  const sent = shapes.map(({ n, batch }) => ({ n, batch, model: modelOf(n, batch) }));
  const texts = {
    '/': () => page,
    '/cases.json': () => JSON.stringify({ shapes: sent, rounds, seconds }),
    '/ort.mjs': () => readFileSync(entry),
    '/papilio.mjs': () => library,
  };
  const report = await pageReport(texts, web, true);
  const found = JSON.parse(report ?? '[{"error":"no report"}]') as (RuntimeTimes | { error: string })[];
  return found.map((f) => {
    if ('error' in f) throw new UnsupportedError(`onnxruntime-web in Chromium: ${f.error.slice(0, 300)}`);
    return f;
  });
}
