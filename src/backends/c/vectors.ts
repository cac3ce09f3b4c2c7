/** Vectors of C by the extensions of gcc and clang: which kernels are printed with them, and the functions that load and store them. */
import { topological, type Op } from '../../ir/expr.ts';
import type { Kernel, KernelAccess } from '../../compiler/kernel.ts';
import { lanesOf, type Format } from '../../compiler/number-format.ts';
import { laneGroups } from '../../compiler/transpose.ts';

/** Ops whose operator C has for vectors, too. */
const vectorOps: ReadonlySet<Op> = /* @__PURE__ */ new Set<Op>([
  'literal',
  'argument',
  'add',
  'sub',
  'mul',
  'div',
  'neg',
]);

/** Is a kernel printed with vectors of up to so many lanes? Not where sums run over lanes, or lanes are stored where a table says. */
export function hasVectors({ vector, reduceFrom, extents, body, stores }: Kernel, lanes: number): boolean {
  return (
    lanes > 1 &&
    vector !== null &&
    vector < reduceFrom &&
    extents[vector] % lanes === 0 &&
    topological(body).every((e) => vectorOps.has(e.op)) &&
    stores.every(({ mode, combine, terms: { [vector]: t } }) => {
      return mode !== 'scatter' && combine !== 'max' && t !== 0 && typeof t === 'number';
    })
  );
}

/** Accesses whose lanes are exchanged in registers: two or four neighbouring columns of rows that lie `stride` apart. */
export interface CGroup {
  readonly members: readonly number[];
  readonly stride: number;
}

/** The group of each access along the vector loop of a kernel, if any. */
export function groupsAlong(
  accesses: readonly KernelAccess[],
  { vector, extents }: Kernel,
  lanes: number,
): Map<KernelAccess, CGroup> {
  const groups = new Map<KernelAccess, CGroup>();
  const v = vector as number;
  for (const { members, pattern } of laneGroups(accesses, v, extents[v], lanes)) {
    const stride = accesses[members[0]].terms[v];
    if (typeof stride !== 'number' || (pattern && stride !== 2)) continue;
    for (const i of members) if (!groups.has(accesses[i])) groups.set(accesses[i], { members, stride });
  }
  return groups;
}

const list = (count: number, f: (i: number) => number | string): string =>
  Array.from({ length: count }, (_, i) => f(i)).join(', ');

/** Macros for vectors of so many lanes, which are chunks of 128 bits. */
function macrosText(lanes: number, chunk: number): string {
  const chunks = lanes / chunk;
  const names = [...'ijkl'].slice(0, chunk);
  const pick = (lane: number): string => {
    const [name, c] = [names[lane % chunk], Math.floor(lane / chunk)];
    return chunks === 1
      ? name
      : `(${name}) + ((${name}) < ${chunk} ? ${c * chunk} : ${lanes + (c - 1) * chunk})`;
  };
  const rows = (count: number, from: number): string => {
    if (count === 1) return `papilio_chunk((p) + ${from} * (t))`;
    const halves = [from, from + count / 2].map((x) => rows(count / 2, x));
    return `__builtin_shufflevector(${halves.join(', ')}, ${list(count * chunk, (i) => i)})`;
  };
  return `#define PAPILIO_SPLAT(x) {${list(lanes, () => 'x')}}
#define PAPILIO_GATHER(p, t) {${list(lanes, (i) => `(p)[(t)[${i}]]`)}}
#define PAPILIO_REVERSED(x) __builtin_shufflevector(x, x, ${list(lanes, (i) => lanes - 1 - i)})
#define PAPILIO_PICK(a, b, ${names.join(', ')}) \\
  __builtin_shufflevector(a, b, ${list(lanes, pick)})
#define PAPILIO_ROWS(p, t) \\
  ${rows(chunks, 0)}
`;
}

/** The type of vectors, by the machine that is compiled for unless PAPILIO_LANES says it. */
function typeText(type: string, chunk: number, most: number): string {
  const widths = [1, 2, 4].map((x) => x * chunk).filter((w) => w <= most);
  const conditions = [
    'defined(__SSE2__) || defined(__aarch64__)',
    'defined(__AVX__)',
    'defined(__AVX512F__)',
  ];
  const defaults = widths.map((w, i) => `#elif ${conditions[i]}\n#define PAPILIO_LANES ${w}\n`).reverse();
  const macros = widths.map((w) => `#elif PAPILIO_LANES == ${w}\n${macrosText(w, chunk)}`);
  return `/* Numbers of a vector: 1 (none), ${widths.join(', ')}. */
#ifndef PAPILIO_LANES
#if !defined(__clang__) && (!defined(__GNUC__) || __GNUC__ < 12)
#define PAPILIO_LANES 1
${defaults.join('')}#else
#define PAPILIO_LANES 1
#endif
#endif
#if PAPILIO_LANES == 1
typedef ${type} papilio_v;
#define PAPILIO_SPLAT(x) x
#define PAPILIO_GATHER(p, t) (p)[(t)[0]]
#define PAPILIO_REVERSED(x) x
${macros.join('')}#else
#error "PAPILIO_LANES: expected 1, ${widths.join(', ')}"
#endif
#if PAPILIO_LANES > 1
typedef ${type} papilio_v __attribute__((vector_size(PAPILIO_LANES * sizeof(${type}))));
typedef ${type} papilio_v${chunk} __attribute__((vector_size(16)));
#endif
`;
}

type Text = (type: string) => string;

/** Loads and stores whatever the format. */
const common: Readonly<Record<string, Text>> = {
  papilio_splat: (type) => `static inline papilio_v papilio_splat(${type} x)
{
  const papilio_v v = PAPILIO_SPLAT(x);
  return v;
}
`,
  papilio_reversed: (type) => `/* p[0], p[-1], ... */
static inline papilio_v papilio_reversed(const ${type} *p)
{
  const papilio_v x = papilio_load(p - (PAPILIO_LANES - 1));
  return PAPILIO_REVERSED(x);
}
`,
  papilio_store_reversed: (type) => `static inline void papilio_store_reversed(${type} *p, papilio_v x)
{
  papilio_store(p - (PAPILIO_LANES - 1), PAPILIO_REVERSED(x));
}
`,
  papilio_strided: (type) => `/* p[0], p[t], ... */
static inline papilio_v papilio_strided(const ${type} *p, int t)
{
  ${type} x[PAPILIO_LANES];
  for (int i = 0; i < PAPILIO_LANES; i++) x[i] = p[i * t];
  return papilio_load(x);
}
`,
  papilio_store_strided: (type) => `static inline void papilio_store_strided(${type} *p, int t, papilio_v x)
{
  ${type} lanes[PAPILIO_LANES];
  memcpy(lanes, &x, sizeof x);
  for (int i = 0; i < PAPILIO_LANES; i++) p[i * t] = lanes[i];
}
`,
  papilio_load: (type) => `static inline papilio_v papilio_load(const ${type} *p)
{
  papilio_v x;
  memcpy(&x, p, sizeof x);
  return x;
}
`,
  papilio_store: (type) => `static inline void papilio_store(${type} *p, papilio_v x)
{
  memcpy(p, &x, sizeof x);
}
`,
};

/** Chunks of 128 bits, by the numbers in them. */
const chunks = (chunk: number, most: number): Readonly<Record<string, Text>> => ({
  papilio_put_rows: (type) => {
    const put = (c: number): string =>
      `#if PAPILIO_LANES > ${c * chunk}\n  papilio_put_chunk(p + ${c} * t, chunks[${c}]);\n#endif\n`;
    return `#if PAPILIO_LANES > 1
/* Chunks to p, p + t, ...: an array of them makes gcc store halves where they are. */
static inline void papilio_put_rows(${type} *p, int t, papilio_v x)
{
  papilio_v${chunk} chunks[PAPILIO_LANES / ${chunk}];
  memcpy(chunks, &x, sizeof x);
${Array.from({ length: most / chunk }, (_, c) => put(c)).join('')}}
#endif
`;
  },
  papilio_put_chunk: (type) => `#if PAPILIO_LANES > 1
static inline void papilio_put_chunk(${type} *p, papilio_v${chunk} x)
{
  memcpy(p, &x, sizeof x);
}
#endif
`,
  PAPILIO_ROWS: (type) => `#if PAPILIO_LANES > 1
static inline papilio_v${chunk} papilio_chunk(const ${type} *p)
{
  papilio_v${chunk} x;
  memcpy(&x, p, sizeof x);
  return x;
}
#endif
`,
});

/** Where a vector is a number. */
const scalar = (statements: string, text: string): string =>
  `#if PAPILIO_LANES == 1\n${statements}#else\n${text}#endif\n`;

/** Columns of rows t apart, and back, by the numbers in 128 bits. */
const columns: Readonly<Record<number, Readonly<Record<string, Text>>>> = {
  4: {
    papilio_load2: (type) => `/* p[0], p[2], ... and p[1], p[3], ...; t is 2 */
static inline void papilio_load2(const ${type} *p, int t, papilio_v *a, papilio_v *b)
{
  (void)t;
${scalar(
  '  *a = p[0];\n  *b = p[1];\n',
  `  const papilio_v low = PAPILIO_ROWS(p, 8), high = PAPILIO_ROWS(p + 4, 8);
  *a = PAPILIO_PICK(low, high, 0, 2, 4, 6);
  *b = PAPILIO_PICK(low, high, 1, 3, 5, 7);\n`,
)}}
`,
    papilio_store2: (type) => `static inline void papilio_store2(${type} *p, int t, papilio_v a, papilio_v b)
{
  (void)t;
${scalar(
  '  p[0] = a;\n  p[1] = b;\n',
  `  const papilio_v low = PAPILIO_PICK(a, b, 0, 4, 1, 5), high = PAPILIO_PICK(a, b, 2, 6, 3, 7);
  papilio_put_rows(p, 8, low);
  papilio_put_rows(p + 4, 8, high);\n`,
)}}
`,
    papilio_load4: (type) => `/* p[0], p[t], ... and the three columns behind that one. */
static inline void papilio_load4(const ${type} *p, int t, papilio_v *a, papilio_v *b, papilio_v *c, papilio_v *d)
{
${scalar(
  '  (void)t;\n  *a = p[0];\n  *b = p[1];\n  *c = p[2];\n  *d = p[3];\n',
  `  const papilio_v r0 = PAPILIO_ROWS(p, 4 * t), r1 = PAPILIO_ROWS(p + t, 4 * t);
  const papilio_v r2 = PAPILIO_ROWS(p + 2 * t, 4 * t), r3 = PAPILIO_ROWS(p + 3 * t, 4 * t);
  const papilio_v x0 = PAPILIO_PICK(r0, r1, 0, 4, 1, 5), x1 = PAPILIO_PICK(r2, r3, 0, 4, 1, 5);
  const papilio_v x2 = PAPILIO_PICK(r0, r1, 2, 6, 3, 7), x3 = PAPILIO_PICK(r2, r3, 2, 6, 3, 7);
  *a = PAPILIO_PICK(x0, x1, 0, 1, 4, 5);
  *b = PAPILIO_PICK(x0, x1, 2, 3, 6, 7);
  *c = PAPILIO_PICK(x2, x3, 0, 1, 4, 5);
  *d = PAPILIO_PICK(x2, x3, 2, 3, 6, 7);\n`,
)}}
`,
    papilio_store4: (
      type,
    ) => `static inline void papilio_store4(${type} *p, int t, papilio_v a, papilio_v b, papilio_v c, papilio_v d)
{
${scalar(
  '  (void)t;\n  p[0] = a;\n  p[1] = b;\n  p[2] = c;\n  p[3] = d;\n',
  `  const papilio_v x0 = PAPILIO_PICK(a, b, 0, 4, 1, 5), x1 = PAPILIO_PICK(c, d, 0, 4, 1, 5);
  const papilio_v x2 = PAPILIO_PICK(a, b, 2, 6, 3, 7), x3 = PAPILIO_PICK(c, d, 2, 6, 3, 7);
  papilio_put_rows(p, 4 * t, PAPILIO_PICK(x0, x1, 0, 1, 4, 5));
  papilio_put_rows(p + t, 4 * t, PAPILIO_PICK(x0, x1, 2, 3, 6, 7));
  papilio_put_rows(p + 2 * t, 4 * t, PAPILIO_PICK(x2, x3, 0, 1, 4, 5));
  papilio_put_rows(p + 3 * t, 4 * t, PAPILIO_PICK(x2, x3, 2, 3, 6, 7));\n`,
)}}
`,
  },
  2: {
    papilio_load4: (
      type,
    ) => `static inline void papilio_load4(const ${type} *p, int t, papilio_v *a, papilio_v *b, papilio_v *c, papilio_v *d)
{
  papilio_load2(p, t, a, b);
  papilio_load2(p + 2, t, c, d);
}
`,
    papilio_load2: (type) => `/* p[0], p[t], ... and the column behind that one. */
static inline void papilio_load2(const ${type} *p, int t, papilio_v *a, papilio_v *b)
{
${scalar(
  '  (void)t;\n  *a = p[0];\n  *b = p[1];\n',
  `  const papilio_v r0 = PAPILIO_ROWS(p, 2 * t), r1 = PAPILIO_ROWS(p + t, 2 * t);
  *a = PAPILIO_PICK(r0, r1, 0, 2);
  *b = PAPILIO_PICK(r0, r1, 1, 3);\n`,
)}}
`,
    papilio_store4: (
      type,
    ) => `static inline void papilio_store4(${type} *p, int t, papilio_v a, papilio_v b, papilio_v c, papilio_v d)
{
  papilio_store2(p, t, a, b);
  papilio_store2(p + 2, t, c, d);
}
`,
    papilio_store2: (type) => `static inline void papilio_store2(${type} *p, int t, papilio_v a, papilio_v b)
{
${scalar(
  '  (void)t;\n  p[0] = a;\n  p[1] = b;\n',
  `  papilio_put_rows(p, 2 * t, PAPILIO_PICK(a, b, 0, 2));
  papilio_put_rows(p + t, 2 * t, PAPILIO_PICK(a, b, 1, 3));\n`,
)}}
`,
  },
};

/** What some kernels need of vectors of up to so many lanes: nothing where they have none. */
export function vectorsText(kernels: string, type: string, dtype: Format, lanes: number): string {
  if (!kernels.includes('papilio_v ')) return '';
  const chunk = lanesOf(dtype);
  let functions = '';
  // Users stand before what they use.
  const all = { ...columns[chunk], ...common, ...chunks(chunk, lanes) };
  for (const [name, text] of Object.entries(all))
    if (`${functions}${kernels}`.includes(`${name}(`)) functions = `${text(type)}${functions}`;
  return `${typeText(type, chunk, lanes)}${functions}`;
}
