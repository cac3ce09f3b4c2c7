/**
 * npm run bench: papilio's exact plans and its training step against other libraries, by the protocol of
 * docs/benchmarks.md. Ratios are what to read on a shared machine.
 */
import { PapilioError } from '../src/index.ts';
import { parseBenchArguments, usage, type BenchOptions, type SuiteName } from './args.ts';
import { embeddedPeerNames } from './embedded/peers.ts';
import { environment, requirePeers } from './environment.ts';
import { featurePeerNames } from './features/registry.ts';
import { readText, writeText } from './files.ts';
import { replaceSection } from './markdown.ts';
import { peerNames } from './peers/registry.ts';
import { markdownReport, textReport, type SuiteReport } from './report.ts';
import { callsSuite } from './suites/calls.ts';
import { compileSuite } from './suites/compile.ts';
import { embeddedSuite } from './suites/embedded.ts';
import { featuresSuite } from './suites/features.ts';
import { nativeSuite } from './suites/native.ts';
import { onnxSuite } from './suites/onnx.ts';
import { peaksSuite } from './suites/peaks.ts';
import { sizesSuite } from './suites/sizes.ts';
import { sparseSuite } from './suites/sparse.ts';
import { trainSuite } from './suites/train.ts';
import { webgpuSuite } from './suites/webgpu.ts';
import { batchSuite, fftSuite, realSuite, type Progress } from './suites/transforms.ts';

const suites: Readonly<
  Record<SuiteName, (options: BenchOptions, progress: Progress) => Promise<SuiteReport>>
> = {
  fft: fftSuite,
  real: realSuite,
  batch: batchSuite,
  sizes: sizesSuite,
  sparse: sparseSuite,
  compile: compileSuite,
  train: trainSuite,
  features: featuresSuite,
  peaks: peaksSuite,
  calls: callsSuite,
  embedded: embeddedSuite,
  native: nativeSuite,
  onnx: onnxSuite,
  webgpu: webgpuSuite,
};

/** Suites that need nothing of bench/package.json. */
const withoutPeers: ReadonlySet<SuiteName> = new Set([
  'sparse',
  'peaks',
  'calls',
  'embedded',
  'native',
  'onnx',
  'webgpu',
]);

const peers = [...new Set([...peerNames, ...featurePeerNames, ...embeddedPeerNames])];

/** Run the suites asked for; files are written after each, so that an interrupted run keeps what it has. */
async function main(argv: readonly string[]): Promise<void> {
  const options = parseBenchArguments(argv, peers);
  if (options.help) {
    console.log(usage(peers));
    return;
  }
  if (options.suites.some((suite) => !withoutPeers.has(suite))) requirePeers();
  // A missing document or marker is found out before minutes of measuring.
  const { markdown, json } = options;
  if (markdown !== undefined)
    for (const suite of options.suites) replaceSection(readText(markdown), suite, '', markdown);
  const machine = environment(argv);
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
  const reports: SuiteReport[] = [];
  for (const suite of options.suites) {
    const report = await suites[suite](options, (line) => process.stderr.write(`${line}\n`));
    reports.push(report);
    console.log(`\n${textReport(report)}`);
    if (json !== undefined)
      writeText(json, `${JSON.stringify({ ...machine, options, suites: reports }, null, 2)}\n`);
    if (markdown !== undefined)
      writeText(
        markdown,
        replaceSection(readText(markdown), suite, markdownReport(report, machine), markdown),
      );
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof PapilioError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
