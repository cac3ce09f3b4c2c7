/** A front end as C: a function per frame, and a stream that takes samples as they come. The same frames as `stream`, padding included. */
import { comment, type CFunction } from '../backends/c/c.ts';
import type { CFormat } from '../backends/c/format.ts';
import type { PaddingMode } from '../numeric/padding.ts';
import { paddingOf } from '../spectral/features.ts';
import { fewestFrames, samplesBefore, spareSamples, type HeadConfig } from '../spectral/head.ts';

/** What a stream in C is made of. */
export interface CStream {
  readonly name: string;
  /** The head whose frames are taken along the signal. */
  readonly framing: HeadConfig;
  readonly format: CFormat;
  /** Samples that the function of a frame reads; numbers it gives, and numbers of a result. */
  readonly length: number;
  readonly inner: number;
  readonly width: number;
  /** Scratch of the frame function, and of the one behind it, if any: their larger. */
  readonly scratch: number;
  /** Is there a function behind the frames, which needs the largest level of the clip? */
  readonly finish: CFunction | null;
}

/** Types of samples and of all other numbers, their bytes, and samples of 16 bits as samples: in C, and their unit. */
export const streamTypes: Readonly<
  Record<
    CFormat,
    {
      sample: string;
      sampleBytes: number;
      number: string;
      bytes: number;
      ofShort: (x: string) => string;
      unit: number;
    }
  >
> = {
  f32: {
    sample: 'float',
    sampleBytes: 4,
    number: 'float',
    bytes: 4,
    ofShort: (x) => `(float)${x} * (1.0f / 32768.0f)`,
    unit: 2 ** -15,
  },
  f64: {
    sample: 'double',
    sampleBytes: 8,
    number: 'double',
    bytes: 8,
    ofShort: (x) => `(double)${x} * (1.0 / 32768.0)`,
    unit: 2 ** -15,
  },
  q15: { sample: 'int16_t', sampleBytes: 2, number: 'int32_t', bytes: 4, ofShort: (x) => x, unit: 1 },
  q31: {
    sample: 'int32_t',
    sampleBytes: 4,
    number: 'int32_t',
    bytes: 4,
    ofShort: (x) => `${x} * 65536`,
    unit: 2 ** 16,
  },
};

/** Where the sample at a position beside n samples comes from, as an expression of C; see numeric/padding.ts. */
const sources: Readonly<Record<Exclude<PaddingMode, 'constant'>, string>> = {
  edge: `  return i < 0 ? 0 : n - 1;\n`,
  reflect: `  const int64_t period = n > 1 ? 2 * (n - 1) : 1;
  const int64_t at = ((i % period) + period) % period;
  return at < n ? at : period - at;\n`,
  symmetric: `  const int64_t period = 2 * n;
  const int64_t at = ((i % period) + period) % period;
  return at < n ? at : period - 1 - at;\n`,
};

/**
 * Samples that are kept before the next frame, because padding behind the end repeats them: the last frame ends `after` samples behind
 * the signal's end, which repeat as many before it.
 */
function historyOf(framing: HeadConfig, length: number): number {
  if (paddingOf(framing) === 'constant') return 0;
  const after = spareSamples(framing) - framing.hop - samplesBefore(framing) + length;
  return Math.max(0, 2 * after + 1 - length);
}

/** Has the head a pre-emphasis over the signal? */
export const emphasisOf = ({ signalPreEmphasis = 0 }: HeadConfig): number => signalPreEmphasis;

/**
 * Samples that a stream keeps: of a frame, or up to the one that says that it is one (the last may be left out), or what stands before
 * the signal and the samples that it repeats; and room for those that come.
 */
function blockOf({ framing, length }: CStream): number {
  const before = samplesBefore(framing);
  const known = framing.fit === null ? framing.hop - spareSamples(framing) + before : 0;
  const first = paddingOf(framing) === 'constant' ? before : 2 * before + 1;
  const held = Math.max(historyOf(framing, length) + Math.max(length, known), first);
  return held + Math.max(1, Math.min(framing.hop, length));
}

/** Bytes of NAME_state: what `streamDeclarations` declares. */
export function stateBytes(s: CStream): number {
  const { sampleBytes, bytes } = streamTypes[s.format];
  const samples = bytes * Math.ceil((blockOf(s) * sampleBytes) / bytes);
  const numbers =
    s.scratch + 1 + s.width + (s.finish ? s.inner + 1 : 0) + Number(emphasisOf(s.framing) !== 0);
  // Four positions of 64 bits behind the numbers, and two flags of as many together.
  return 8 * (Math.ceil((samples + numbers * bytes) / 8) + 4 + 1);
}

/** The largest level of a signal as a parameter, in words. */
export const referenceText = (name: string): string =>
  `the largest of the numbers of ${name}_frame over the signal; of one that goes on, the largest to be expected`;

/** How a stream is used, in C. */
export function streamUse(s: CStream): string {
  const { name, format, finish } = s;
  const { sample, number: type } = streamTypes[format];
  const other = sample === 'int16_t' ? '' : `; ${name}_push takes ${sample}`;
  return `static ${name}_state state; /* ${stateBytes(s)} bytes: all that a stream needs */

static void result(void *context, const ${type} *features) /* ${s.width} numbers */
{
}

${name}_init(&state${finish ? ', reference' : ''}); /* before a signal */
${name}_push_i16(&state, samples, count, result, 0); /* samples as they come, int16_t${other} */
${name}_flush(&state, result, 0); /* at its end, if it has one: what is left */`;
}

/** Declarations of a stream, for the header. */
export function streamDeclarations(s: CStream): string {
  const { name, format, framing, width, inner } = s;
  const { sample, number: type } = streamTypes[format];
  const macro = name.toUpperCase();
  const block = blockOf(s);
  // What the step behind the frames takes.
  const held = s.finish ? `  ${type} values[${inner}];\n  ${type} reference;\n` : '';
  const range = sample === type && !type.startsWith('int') ? ', finite, 1 at full scale' : '';
  const init = s.finish ? `${name}_state *state, ${type} reference` : `${name}_state *state`;
  return `
#define ${macro}_HOP ${framing.hop} /* samples from one result to the next */
#define ${macro}_WIDTH ${width} /* numbers per result */
#define ${macro}_BLOCK ${block} /* samples that a stream keeps */

/* A stream: all memory that it needs. ${name}_init begins a signal. */
typedef struct {
  ${sample} block[${macro}_BLOCK];
  ${type} scratch[${s.scratch + 1}];
  ${type} features[${macro}_WIDTH];
${held}${emphasisOf(framing) === 0 ? '' : `  ${type} before; /* the sample before */\n`}  int64_t origin, filled, next, received;
  int padded, ended;
} ${name}_state;

/* Takes the ${width} numbers of a result; they are overwritten by the next one. */
typedef void (*${name}_result)(void *context, const ${type} *features);

${comment(['Begins a signal.', ...(s.finish ? [`reference: ${referenceText(name)}.`] : [])])}void ${name}_init(${init});
${comment([`Takes the samples that follow, any number of them${range};`, 'gives every result that they complete to `result` and returns how many.'])}int ${name}_push(${name}_state *state, const ${sample} *samples, int count, ${name}_result result, void *context);
/* The same for 16-bit samples${sample === 'int16_t' ? '' : ': x / 32768'}. */
int ${name}_push_i16(${name}_state *state, const int16_t *samples, int count, ${name}_result result, void *context);
/* The end of the signal: gives the results that are left, returns how many. No samples are taken until
   ${name}_init begins the next signal. */
int ${name}_flush(${name}_state *state, ${name}_result result, void *context);
`;
}

/** How many results there are, which of them are ready, and what stands beside the signal. */
function positionsText({ name, framing, length }: CStream): string {
  const before = samplesBefore(framing);
  const mode = paddingOf(framing);
  const { hop, fit } = framing;
  const some = fewestFrames(framing) > 0;
  const total = fit === null ? 'received' : `(received < 1 ? 0 : ${fit})`;
  const waits = before > 0 && mode !== 'constant';
  const source =
    mode === 'constant'
      ? ''
      : `/* Which of n samples stands at position i, as numpy.pad has it. */
static int64_t ${name}_source(int64_t i, int64_t n)
{
  if (i >= 0 && i < n) return i;
${sources[mode]}}

`;
  const padText =
    mode === 'constant'
      ? `    state->block[at - state->origin] = 0;\n`
      : `    const int64_t origin = ${name}_source(at, ${fit === null ? 'state->received' : fit});
    state->block[at - state->origin] = origin < state->received ? state->block[origin - state->origin] : 0;\n`;
  return `
${source}/* Results of so many samples. */
static int64_t ${name}_results(int64_t received)
{
  const int64_t samples = ${total} + ${spareSamples(framing)};
  return received < 1${some ? '' : ' || samples < 0'} ? 0 : ${some ? `samples < ${hop} ? 1 : ` : ''}samples / ${hop};
}

/* Fills positions of the block with what stands beside the signal. */
static void ${name}_pad(${name}_state *state, int64_t from, int64_t end)
{
  for (int64_t at = from; at < end; at++) {
${padText}  }
}

/* Results whose samples are all there, and that no later sample can take away. */
static int64_t ${name}_available(const ${name}_state *state)
{
  const int64_t there = state->received + ${before} - ${length};
  const int64_t most = ${name}_results(state->received);
  int64_t ready;
${waits ? `  if (!state->padded && state->received <= ${before}) return 0;\n` : ''}  if (there < 0) return 0;
  ready = there / ${hop} + 1;
  return ready < most ? ready : most;
}
`;
}

/** The block: how room is made in it, and results of what it holds. */
function blockText({ name, format, framing, length, finish }: CStream): string {
  const { sample, number: type } = streamTypes[format];
  const before = samplesBefore(framing);
  const { hop } = framing;
  const run = finish
    ? `    ${name}_frame(frame, state->values, state->scratch);
    ${finish.name}(state->values, &state->reference, state->features, state->scratch);\n`
    : `    ${name}_frame(frame, state->features, state->scratch);\n`;
  return `
/* Drops samples that no further result needs. */
static void ${name}_room(${name}_state *state)
{
  int64_t keep = state->next * ${hop} - ${before + historyOf(framing, length)};
  if (keep > state->filled) {
    /* Nobody reads what is between frames; behind the end it does not come. */
    if (state->ended) state->filled = keep;
    else keep = state->filled;
  }
  if (keep <= state->origin) return;
  for (int64_t i = keep; i < state->filled; i++) state->block[i - keep] = state->block[i - state->origin];
  state->origin = keep;
}

static int ${name}_frames(${name}_state *state, int64_t end, ${name}_result result, void *context)
{
  int made = 0;
  if (state->next < end && !state->padded) {
    state->padded = 1;
    ${name}_pad(state, ${-before}, 0);
  }
  while (state->next < end) {
    const ${sample} *frame = state->block + (state->next * ${hop} - ${before} - state->origin);
${run}    result(context, state->features);
    state->next++;
    made++;
  }
  return made;
}

void ${name}_init(${name}_state *state${finish ? `, ${type} reference` : ''})
{
  state->origin = ${Math.min(0, -before)};
  state->filled = state->next = state->received = 0;
  state->padded = ${before <= 0 ? 1 : 0};
  state->ended = 0;
${finish ? '  state->reference = reference;\n' : ''}${emphasisOf(framing) === 0 ? '' : '  state->before = 0;\n'}}
`;
}

/** NAME_push of samples of a type. */
function pushText(
  { name, format, framing }: CStream,
  suffix: string,
  sample: string,
  convert: (x: string) => string,
): string {
  const { fit } = framing;
  const macro = name.toUpperCase();
  const { number: type } = streamTypes[format];
  const factor = emphasisOf(framing);
  const put =
    factor === 0
      ? `state->block[at + j] = ${convert('samples[i + j]')};`
      : `{
      const ${type} x = ${convert('samples[i + j]')};
      const ${type} product = ${format === 'f32' ? `${Math.fround(factor)}f` : factor} * state->before;
      state->block[at + j] = x - product;
      state->before = x;
    }`;
  const cut = `    if (n > ${fit} - state->received) n = (int)(${fit} - state->received);\n`;
  return `
int ${name}_push${suffix}(${name}_state *state, const ${sample} *samples, int count, ${name}_result result, void *context)
{
  int made = 0, i = 0;
  while (i < count && !state->ended${fit === null ? '' : ` && state->received < ${fit}`}) {
    int n = count - i, room, at;
    if (state->filled - state->origin == ${macro}_BLOCK) ${name}_room(state);
    at = (int)(state->filled - state->origin);
    room = ${macro}_BLOCK - at;
    if (n > room) n = room;
${fit === null ? '' : cut}    for (int j = 0; j < n; j++) ${put}
    i += n;
    state->filled += n;
    state->received += n;
    made += ${name}_frames(state, ${name}_available(state), result, context);
  }
  return made;
}
`;
}

const flushText = ({ name, framing, length }: CStream): string => {
  const before = samplesBefore(framing);
  return `
int ${name}_flush(${name}_state *state, ${name}_result result, void *context)
{
  const int64_t end = ${name}_results(state->received);
  int made = 0;
  state->ended = 1;
  while (state->next < end) {
    const int64_t last = state->next * ${framing.hop} + ${length - before};
    if (!state->padded) {
      state->padded = 1;
      ${name}_pad(state, ${-before}, 0);
    }
    if (last - state->origin > ${name.toUpperCase()}_BLOCK) ${name}_room(state);
    if (state->filled < last) {
      ${name}_pad(state, state->filled, last);
      state->filled = last;
    }
    made += ${name}_frames(state, state->next + 1, result, context);
  }
  return made;
}
`;
};

/** Definitions of a stream, for the source. */
export function streamDefinitions(s: CStream): string {
  const { sample, ofShort } = streamTypes[s.format];
  const parts = [
    positionsText(s),
    blockText(s),
    pushText(s, '', sample, (x) => x),
    pushText(s, '_i16', 'int16_t', ofShort),
    flushText(s),
  ];
  // Signs and zeros of positions, as one writes them.
  return parts
    .join('')
    .replaceAll(/ [+-] 0(?=[ );])/g, '')
    .replaceAll(' - -', ' + ')
    .replaceAll(' + -', ' - ');
}
