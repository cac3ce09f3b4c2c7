/**
 * npm run parity-study [-- --count 40 --seed 1 --from 0 --seconds 55 --probe]: hidden front ends drawn over the settings that threads show to differ, and whether
 * `solveParity` finds them from eight clips of 3 s, or from the probe.
 */
import { parseArgs } from 'node:util';
import { features, PapilioError, type HeadConfig } from '../src/index.ts';
import {
  headFrames,
  probeSignal,
  shortProbe,
  solveParity,
  type ParityResult,
  type ParityTensor,
} from '../src/front.ts';
import { clipsAt, headSummary, hiddenHead } from './parity-heads.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    probe: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '55' },
  },
});

/** Both clips of the probe; one that is too short for a frame has no features. */
const probesAt = (head: HeadConfig): Float64Array[] =>
  [probeSignal(head.sampleRate), shortProbe(head.sampleRate)].filter((clip) => framesOf(head, clip) > 0);

function framesOf(head: HeadConfig, clip: Float64Array): number {
  try {
    return headFrames(head, clip.length);
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    return 0;
  }
}

/** Where nothing is found, this too is counted. */
function solved(
  clips: readonly Float64Array[],
  tensors: readonly ParityTensor[],
  rate: number,
): Pick<ParityResult, 'difference'> & { verdict: string; head: HeadConfig | null } {
  try {
    return solveParity(clips, tensors, { rate, seconds: Number(values.seconds) });
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    return { difference: Infinity, verdict: error.message, head: null };
  }
}

let found = 0;
const [count, seed, from] = [values.count, values.seed, values.from].map(Number);
for (let draw = from; draw < from + count; draw++) {
  const hidden = hiddenHead(seed, draw);
  const { sampleRate: rate } = hidden;
  const clips = values.probe ? probesAt(hidden) : clipsAt(rate, 7 + 10 * draw);
  const extractor = features(hidden, { dtype: 'f64' });
  const tensors = clips.map((clip) => {
    const { data, frames, width } = extractor.run(clip);
    return { shape: [frames, width], data: Float32Array.from(data) };
  });
  const begun = performance.now();
  const cpu = process.cpuUsage().user;
  const { difference, verdict, head } = solved(clips, tensors, rate);
  const took = (performance.now() - begun) / 1000;
  const used = (process.cpuUsage().user - cpu) / 1e6;
  if (verdict === 'exact') found++;
  console.log(
    `${draw}: ${verdict}, ${difference.toExponential(1)}, ${took.toFixed(1)} s (${used.toFixed(1)} s of processor)`,
  );
  if (verdict !== 'exact')
    console.log(`  hidden ${headSummary(hidden)}\n  found  ${head ? headSummary(head) : 'nothing'}`);
}
console.log(`${found} of ${count} found`);
