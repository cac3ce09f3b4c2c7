/** The part of NAME_test.c that runs a stream: uneven chunks of both kinds of samples, against frames that are cut out of the padded signal here. */
import { fitted, type CFunction, type TestPart } from '../backends/c/c.ts';
import { expectedText, numberText, testSamples } from '../backends/c/self-test.ts';
import { viewOf } from '../backends/backend.ts';
import { referenceBackend } from '../backends/reference.ts';
import type { ArrayOf, Format } from '../compiler/number-format.ts';
import { sampleAt } from '../numeric/padding.ts';
import { paddingOf } from '../spectral/features.ts';
import { headFrames, samplesBefore } from '../spectral/head.ts';
import { emphasisOf, streamTypes, type CStream } from './c-stream.ts';

/** Results behind which a stream is not followed to its end: those of clips whose length is given. */
const mostResults = 16;

const seed = 1;

/** Samples of 16 bits as a stream keeps them. */
function received({ format, framing }: CStream, shorts: Float64Array): Float64Array {
  const { unit } = streamTypes[format];
  const factor = emphasisOf(framing);
  const round = format === 'f32' ? Math.fround : (x: number) => x;
  return shorts.map((x, i) => {
    const before = i === 0 ? 0 : shorts[i - 1] * unit;
    return factor === 0 ? x * unit : round(x * unit - round(round(factor) * before));
  });
}

/** The frames of a signal, padding included. */
function framesOf({ framing, length }: CStream, signal: Float64Array, count: number): Float64Array[] {
  const at = sampleAt[paddingOf(framing)];
  const size = framing.fit ?? signal.length;
  return Array.from({ length: count }, (_, frame) =>
    Float64Array.from({ length }, (__, i) => {
      const position = frame * framing.hop - samplesBefore(framing) + i;
      const source = position >= 0 && position < size ? position : at(position, size);
      return source < 0 || source >= signal.length ? 0 : signal[source];
    }),
  );
}

/** What the functions of a stream make of frames, and the largest number on the way. */
function resultsOf(frame: CFunction, { finish }: CStream, frames: readonly Float64Array[]) {
  const run = (f: CFunction, values: Readonly<Record<string, ArrayLike<number>>>): ArrayOf<Format> => {
    const executable = referenceBackend.instantiate(fitted(f).program);
    for (const [name, numbers] of Object.entries(values)) viewOf(executable, name).set(numbers);
    executable.run();
    return viewOf(executable, 'features').slice();
  };
  const levels = frames.map((samples) => run(frame, { samples }));
  const reference = Math.max(...levels.flatMap((x) => Array.from(x)));
  const results = finish ? levels.map((values) => run(finish, { values, reference: [reference] })) : levels;
  return { reference, results: results.flatMap((x) => Array.from(x)) };
}

/** NAME_push, NAME_push_i16 and NAME_flush, tested. */
export function streamTest(stream: CStream, frame: CFunction): TestPart {
  const { name, format, framing, length, width, finish } = stream;
  const { sample, number: type, ofShort } = streamTypes[format];
  const { dtype } = frame.program;
  const count = Math.min(length + framing.hop, framing.fit ?? Infinity);
  const all = headFrames(framing, count);
  const isWhole = all <= mostResults;
  // Those whose samples are all there.
  const there = Math.floor((count + samplesBefore(framing) - length) / framing.hop) + 1;
  const made = isWhole ? all : Math.min(all, there);
  const signal = received(stream, testSamples('int16_t', seed, count));
  const { reference, results } = resultsOf(frame, stream, framesOf(stream, signal, made));
  const flush = `  made += ${name}_flush(&${name}_stream, ${name}_take, &found);\n`;
  return {
    fills: ['int16_t'],
    arrays: `static ${name}_state ${name}_stream;
static int16_t ${name}_signal[${count}];
static ${sample} ${name}_chunk[67];
${expectedText(`${name}_results`, results, dtype)}`,
    functions: `
static void ${name}_take(void *context, const ${type} *features)
{
  int *const found = (int *)context;
  if (*found < ${made}) papilio_compare(features, ${name}_results_expected + *found * ${width}, ${width});
  ++*found;
}

/* A stream, ${isWhole ? 'to its end, ' : ''}in uneven chunks: every other one is of 16-bit samples. */
static void ${name}_stream_test(void)
{
  int found = 0, made = 0;
  papilio_fill_int16_t(${name}_signal, ${count}, ${seed}u);
  ${name}_init(&${name}_stream${finish ? `, ${numberText(reference, dtype)}` : ''});
  for (int i = 0, n = 1; i < ${count}; i += n, n = n % 61 + 7) {
    if (n > ${count} - i) n = ${count} - i;
    for (int j = 0; j < n; j++) ${name}_chunk[j] = ${ofShort(`${name}_signal[i + j]`)};
    if (n % 2 == 0) made += ${name}_push_i16(&${name}_stream, ${name}_signal + i, n, ${name}_take, &found);
    else made += ${name}_push(&${name}_stream, ${name}_chunk, n, ${name}_take, &found);
  }
${isWhole ? flush : ''}  if (found != ${made} || made != ${made}) papilio_wrong++;
}
`,
    check: `  ${name}_stream_test();\n`,
  };
}
