/** Cases in onnxruntime-web, in Chromium. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageReport } from '../../bench/webgpu/page.ts';
import type { Case } from './cases.ts';

const page = `<!doctype html><link rel="icon" href="data:,"><title>not run</title><script type="module">
import * as ort from './ort.mjs';
const { provider, cases } = await (await fetch('./cases.json')).json();
const results = [];
ort.env.wasm.numThreads = 1;
try {
  for (const { name, bytes, inputs } of cases) {
    try {
      const model = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
      const session = await ort.InferenceSession.create(model, { executionProviders: [provider], logSeverityLevel: 3 });
      const feeds = {};
      for (const [key, { type, dims, data }] of Object.entries(inputs)) {
        const numbers = { float32: Float32Array, int16: Int16Array, int64: BigInt64Array }[type];
        feeds[key] = new ort.Tensor(type, numbers.from(data, type === 'int64' ? BigInt : Number), dims);
      }
      const found = await session.run(feeds);
      const outputs = {};
      for (const [key, tensor] of Object.entries(found)) outputs[key] = Array.from(await tensor.getData(), Number);
      results.push({ name, outputs });
      await session.release();
    } catch (e) { results.push({ name, error: String(e).slice(0, 700) }); }
  }
} catch (e) { results.push({ name: provider, error: String(e) }); }
await fetch('./report', { method: 'POST', body: JSON.stringify(results) });
</script>`;

export interface PageResult {
  readonly name: string;
  readonly outputs?: Readonly<Record<string, readonly number[]>>;
  readonly error?: string;
}

/** What a page in Chromium finds with a provider. */
export async function inChromium(
  provider: string,
  list: readonly Case[],
  folder: string,
): Promise<readonly PageResult[]> {
  const web = join(folder, 'node_modules/onnxruntime-web/dist');
  const entry = provider === 'webgpu' ? 'ort.webgpu.bundle.min.mjs' : 'ort.wasm.bundle.min.mjs';
  const sent = list.map(({ name, bytes, inputs }) => ({
    name,
    bytes: Buffer.from(bytes).toString('base64'),
    inputs,
  }));
  const texts = {
    '/': () => page,
    '/cases.json': () => JSON.stringify({ provider, cases: sent }),
    '/ort.mjs': () => readFileSync(join(web, entry)),
  };
  const report = await pageReport(texts, web, provider === 'webgpu');
  return report === null
    ? [{ name: provider, error: 'no report within ten minutes' }]
    : (JSON.parse(report) as PageResult[]);
}
