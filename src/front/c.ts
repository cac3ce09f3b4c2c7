/** A front end as files of C: NAME.h, NAME.c and their test. */
import { printC, type CFile, type CFunction } from '../backends/c/c.ts';
import { cFiles, cOptionsOf, type CFiles, type CheckedC, type COptions } from '../backends/c/c-files.ts';
import { needsOf, type Needs } from '../backends/c/needs.ts';
import type { FixedReport } from '../compiler/fixed/fixed.ts';
import { machines, type Machine } from '../compiler/machines.ts';
import { dtypeOf, programIn, type CFormat } from '../backends/c/format.ts';
import { usedSizes } from '../compiler/share.ts';
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import { input } from '../ir/graph.ts';
import { targetTransforms } from '../plans/feature-graphs.ts';
import { requireHeldNumbers } from '../plans/features.ts';
import { cepstrumOf, headWidth } from '../spectral/banks.ts';
import { finishFeatures, finishInput, frameWidth, hasFinish } from '../spectral/features.ts';
import { frameLength, headFrames, hasClipSteps, needsClip, type HeadConfig } from '../spectral/head.ts';
import { headText } from '../spectral/head-text.ts';
import { requireReadSamples } from './standalone.ts';
import {
  referenceText,
  stateBytes,
  streamDeclarations,
  streamDefinitions,
  streamUse,
  type CStream,
} from './c-stream.ts';
import { streamTest } from './c-stream-test.ts';
import type { FrontEnd } from './front-end.ts';
import { inferenceGraph } from './graphs.ts';
import { averagedFrames, framingOf, requireTrainable } from './spectral-head.ts';
import { validateFrontEnd } from './validate.ts';

/** Has a head steps behind the frames? */
const finishes = (head: HeadConfig): boolean => hasFinish(head) && head.average === 'none';

/** Throws UnsupportedError for a head whose steps behind the frames need more than the largest level of the clip. */
export function requireFrameWise(head: HeadConfig): void {
  if (hasClipSteps(head))
    throw new UnsupportedError('deltas or a normalisation in C; expected deltas and normalize null');
  if (finishes(head) && (!needsClip(head) || cepstrumOf(head)))
    throw new UnsupportedError(
      'a step over pairs of frames, or a cepstrum of levels that depend on the clip, in C; expected log.range null and a fixed reference',
    );
}

/** The steps behind the frames that need the largest level of the clip, for one frame; null where there are none. */
function finishProgram(
  head: HeadConfig,
  format: CFormat,
  proven: FixedReport | null,
): ReturnType<typeof programIn> | null {
  requireFrameWise(head);
  if (!finishes(head)) return null;
  const values = finishInput(head, input('values', [frameWidth(head)]), 1);
  const features = finishFeatures(head, values, input('reference', [1]));
  const levels = proven?.outputs['features'];
  const inputs = levels ? { values: levels, reference: levels } : {};
  return programIn(format, { outputs: { features: features.tensor } }, { vectors: false }, inputs);
}

const number = (x: number): string => String(Number(x.toPrecision(6)));

/** Instructions of the functions along a signal, roughly. */
const streamText = 430;

/** NAME_finish, the steps behind the frames: from `inner` numbers of NAME_frame to so many features. */
const finishFunction = (
  name: string,
  { program, proven }: ReturnType<typeof programIn>,
  inner: number,
  width: number,
): CFunction => ({
  name: `${name}_finish`,
  summary: [`Features of the numbers of ${name}_frame: what depends on the largest of them in the signal.`],
  program,
  proven,
  parameters: [
    { buffer: 'values', name: 'values', is: `${inner} numbers of ${name}_frame` },
    { buffer: 'reference', name: 'reference', is: referenceText(name) },
    { buffer: 'features', name: 'features', is: `${width} numbers` },
  ],
});

/** A front end as a file of C, but for its stream; and what that needs to know. */
function frontEndFile(front: FrontEnd, { name, format, target, vectors, lanes }: CheckedC) {
  validateFrontEnd(front);
  const { head } = front;
  requireTrainable(head);
  const dtype = dtypeOf(format);
  requireHeldNumbers(head, dtype);
  const framing = framingOf(head);
  if ((head.signalPreEmphasis ?? 0) !== 0 && (format === 'q15' || format === 'q31'))
    throw new UnsupportedError(
      `a pre-emphasis over the signal in ${format}; expected f32, or preEmphasis of each frame`,
    );
  if (framing.fit !== null && headFrames(framing, framing.fit) === 0)
    throw new InvalidArgumentError(`fit is ${framing.fit}; expected samples enough for a result, or null`);
  const transforms = targetTransforms(format, target, vectors);
  const graph = inferenceGraph(front, averagedFrames(head), transforms);
  const { program, proven } = programIn(format, graph, { vectors, lanes });
  requireReadSamples(program);
  const finish = finishProgram(head, format, proven);
  // Windows leave samples of a frame out: a stream does not wait for the last of those.
  const { samples } = program.inputs;
  const { size } = program.buffers[samples];
  const length = vectors ? size : (usedSizes(program).get(samples) ?? size);
  const inner = program.buffers[program.outputs.features].size;
  const frame: CFunction = {
    name: `${name}_frame`,
    summary: [
      `One frame without a stream: ${inner} numbers of ${length} samples${finish ? `, which ${name}_finish makes features of` : ''}.`,
    ],
    program,
    lanes,
    proven,
    parameters: [
      {
        buffer: 'samples',
        name: 'samples',
        is: proven ? `${length} samples` : `${length} samples, 1 at full scale`,
        count: length,
      },
      { buffer: 'features', name: 'features', is: `${inner} numbers` },
    ],
  };
  const behind = finish && finishFunction(name, finish, inner, headWidth(head));
  const functions = behind ? [frame, behind] : [frame];
  const title = [
    `Front end: ${number(head.sampleRate)} Hz, frames of ${frameLength(head)} samples, a result of ${headWidth(head)} numbers every ${framing.hop} samples.`,
    `Frames: ${headText(head)}.`,
  ];
  const file: CFile = { name, title, functions };
  const printed = printC(file);
  const scratch = Math.max(...printed.functions.map((f) => f.scratch));
  const width = headWidth(head);
  const stream: CStream = { name, framing, format, length, inner, width, scratch, finish: behind };
  const bytes = stateBytes(stream);
  return { file: { ...file, stream: { bytes, text: streamText, use: streamUse(stream) } }, stream, printed };
}

/**
 * A front end as C: NAME_frame (one frame), NAME_init, NAME_push and NAME_flush (a stream, with the results of `stream`). Throws
 * InvalidArgumentError for what is no front end or no identifier, UnsupportedError for heads without frame-wise levels.
 */
export function frontEndC(front: FrontEnd, options: COptions): CFiles {
  const checked = cOptionsOf('frontEndC', options);
  if (checked.overwrite)
    throw new InvalidArgumentError(
      'overwrite is true; expected false: frames that follow one another share samples',
    );
  const { file, stream } = frontEndFile(front, checked);
  const [declarations, definitions] = [streamDeclarations(stream), streamDefinitions(stream)];
  const test = streamTest(stream, file.functions[0]);
  return cFiles({ ...file, declarations, definitions, test }, checked);
}

/**
 * What the C of a front end needs of a machine, its stream included, instructions per frame: the copying of samples is not counted. Null for
 * machines whose instructions are not counted. Throws as `frontEndC` does.
 */
export function frontEndNeeds(front: FrontEnd, target: Machine): Needs | null {
  const checked = cOptionsOf('frontEndNeeds', { name: 'front', target });
  if (machines[checked.target].costs.f32 === undefined) return null;
  const { file, printed } = frontEndFile(front, checked);
  const needs = needsOf(file, printed, target);
  return needs && { ...needs, instructions: Math.round(needs.instructions / averagedFrames(front.head)) };
}
