/**
 * npm run onnx-check: all that is printed as ONNX in onnxruntime-node on the CPU, and in onnxruntime-web, WebAssembly and WebGPU, in
 * Chromium: what papilio computes in float64 within 1e-5 of the largest, frames of every length from 0 to 2000. What is not installed is
 * skipped, with the reason. Arguments: one of cpu, wasm, webgpu, and a part of a case's name. Exit code 1 for a failure.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { feedsOf, loadOrt, ortFolder, sessionOf, type Ort } from '../bench/onnx/runtime.ts';
import { exactFrontEnd, frontEndOnnx } from '../src/front.ts';
import { featureHead, features, presetNames, type HeadConfig } from '../src/index.ts';
import { inChromium } from './onnx/browser.ts';
import { casesOf, differenceOf, signal, type Case, type CheckTensor } from './onnx/cases.ts';

let failures = 0;

/** Says how far outputs are from what is wanted; how many numbers of frames there are must be equal. */
function report(where: string, one: Case, outputs: Readonly<Record<string, ArrayLike<number>>>): void {
  const worst = Object.entries(one.wanted).map(([key, numbers]) => {
    const difference = differenceOf(outputs[key] ?? [], numbers);
    return key === 'features_lens' && difference > 0 ? Infinity : difference;
  });
  const difference = worst.reduce((a, b) => Math.max(a, b), 0);
  const fine = difference <= one.tolerance;
  if (!fine) failures++;
  console.log(`${fine ? 'ok' : 'WRONG'}: ${where}: ${one.name}: ${difference.toExponential(1)}`);
}

function tensorOf(ort: Ort, { type, dims, data }: CheckTensor) {
  const numbers = {
    float32: () => Float32Array.from(data),
    int16: () => Int16Array.from(data),
    int64: () => BigInt64Array.from(data, BigInt),
  };
  return new ort.Tensor(type, numbers[type](), dims);
}

async function onCpu(ort: Ort, list: readonly Case[]): Promise<void> {
  for (const one of list) {
    const session = await sessionOf(ort, one.bytes);
    const feeds = Object.entries(one.inputs).map(([key, value]) => [key, tensorOf(ort, value)] as const);
    const found = await session.run(Object.fromEntries(feeds));
    report(
      'onnxruntime-node',
      one,
      Object.fromEntries(Object.entries(found).map(([key, { data }]) => [key, Array.from(data, Number)])),
    );
    await session.release();
  }
}

/** Frames of every length, those of papilio; nothing, or an error with a name, where there is none. */
async function everyLength(ort: Ort, name: string, head: HeadConfig): Promise<void> {
  const session = await sessionOf(ort, frontEndOnnx(exactFrontEnd(head), { name }).bytes);
  const extractor = features(head);
  const isMean = head.average !== 'none';
  const wrong: number[] = [];
  for (let n = 0; n <= 2000; n++) {
    const all = extractor.frames(n);
    const wanted = isMean ? Math.min(all, 1) : all;
    try {
      const out = await session.run(feedsOf(ort, session, signal(n), [n]));
      const counted = Number(out['features_lens'].data[0]);
      // A clip without samples is filled up to its length like any other, and has no frame that counts; a mean of no frames has a place.
      const frames = out['features'].dims[2];
      if (counted !== wanted || (n > 0 && !isMean && frames !== wanted)) wrong.push(n);
    } catch (error) {
      if (wanted > 0 || !(error instanceof Error)) wrong.push(n);
    }
  }
  await session.release();
  if (wrong.length > 0) failures++;
  console.log(
    `${wrong.length === 0 ? 'ok' : `WRONG at ${wrong.slice(0, 9).join()}`}: lengths 0 to 2000: ${name}`,
  );
}

/** Cases of one page. */
const pageCases = 24;

/** What devices and providers lack: float16, and a Cast of integers of 16 bits (WebGPU in onnxruntime-web 1.30). */
const lacks = (name: string, error: string): boolean =>
  (name.startsWith('float16') && /f16/.test(error)) ||
  (name.includes('int16') && error.includes('Provider type for Cast node'));

async function onWeb(provider: string, list: readonly Case[], folder: string): Promise<void> {
  const where = `onnxruntime-web, ${provider}`;
  for (let from = 0; from < list.length; from += pageCases)
    for (const found of await inChromium(provider, list.slice(from, from + pageCases), folder)) {
      const { name, outputs, error } = found;
      const one = list.find((c) => c.name === name);
      if (one && outputs) report(where, one, outputs);
      else if (lacks(name, error ?? '')) console.log(`skipped: ${where}: ${name}: ${error}`);
      else {
        failures++;
        console.log(`WRONG: ${where}: ${name}: ${error}`);
      }
    }
}

const folder = ortFolder();
const [, , only, part = ''] = process.argv;
if (folder === null) {
  console.log('skipped: onnxruntime is not installed; run npm run onnx-install');
} else {
  const list = casesOf(part);
  if (only === undefined || only === 'cpu') {
    const ort = loadOrt();
    await onCpu(ort, list);
    for (const name of presetNames.filter((n) => n.includes(part)))
      // Clips of half a minute are long.
      await everyLength(ort, name, featureHead(name, name === 'whisper' ? { fit: 4000 } : {}));
  }
  const hasChromium = spawnSync('chromium', ['--version']).status === 0;
  for (const provider of ['wasm', 'webgpu'])
    if (only !== undefined && only !== provider) continue;
    else if (hasChromium) await onWeb(provider, list, resolve(folder));
    else console.log(`skipped: ${provider}: chromium is not installed`);
}
process.exitCode = failures === 0 ? 0 : 1;
