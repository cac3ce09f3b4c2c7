/** Shaders over all numbers of a clip, whose count is told when they run: the largest of them, and their normalisation. A clip, or a number of its frames, is a workgroup. */
import type { NormalizeOptions } from '../numeric/normalize.ts';
import { numberText } from '../backends/webgpu/kernel-text.ts';
import type { Binding, Shader } from '../backends/webgpu/shader.ts';

/** Invocations of a workgroup: as many as every device has. */
const invocations = 256;

/** A function that combines a number of each invocation, pairwise. */
const reduced = (name: string, combine: (a: string, b: string) => string): string =>
  `fn ${name}(lane: u32, own: f32) -> f32 {
  part[lane] = own;
  workgroupBarrier();
  for (var half = ${invocations / 2}u; half > 0u; half >>= 1u) {
    if (lane < half) { part[lane] = ${combine('part[lane]', 'part[lane + half]')}; }
    workgroupBarrier();
  }
  let all = part[0];
  workgroupBarrier();
  return all;
}
`;

/** What is before the body of a shader whose rows are workgroups. */
const head = (title: string, bindings: readonly string[], helper: string): string =>
  `// ${title}: one row a workgroup, ${invocations} invocations each.
struct Counts { rows: u32, inner: u32, input: i32, output: i32, samples: u32 }
${bindings.map((text, i) => `@group(0) @binding(${i}) ${text};\n`).join('')}@group(0) @binding(${bindings.length}) var<uniform> counts: Counts;
var<workgroup> part: array<f32, ${invocations}>;
${helper}@compute @workgroup_size(${invocations})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * groups.x;
  if (row >= counts.rows) { return; }
`;

const counts: Binding = { kind: 'counts', name: 'counts' };

const shaderOf = (
  code: string,
  bindings: readonly Binding[],
  [read, written]: readonly [number, number],
): Shader => ({
  code,
  bindings: [...bindings, counts],
  tables: new Float32Array(0),
  offsets: new Int32Array(0),
  invocations,
  rows: 1,
  workgroupBytes: 4 * invocations,
  traffic: { read: 4 * read, written: 4 * written, tables: 0 },
});

/**
 * `reference` [rows]: the largest of `values` [rows, counts.input]. Traffic is that of a frame of `width` numbers.
 */
export function largestShader(width: number): Shader {
  const most = reduced('largest', (a, b) => `max(${a}, ${b})`);
  const code = `${head(
    'The largest number of a clip',
    ['var<storage, read> input_values: array<f32>', 'var<storage, read_write> output_reference: array<f32>'],
    most,
  )}  let count = u32(counts.input);
  var own = input_values[row * count];
  for (var i = lane; i < count; i += ${invocations}u) { own = max(own, input_values[row * count + i]); }
  let all = largest(lane, own);
  if (lane == 0u) { output_reference[row] = all; }
}
`;
  const bindings: Binding[] = [
    { kind: 'input', name: 'values' },
    { kind: 'output', name: 'reference' },
  ];
  return shaderOf(code, bindings, [width, 0]);
}

/** Rows that `normalizeShader` has for a clip: one per number of a frame, or one for all. */
export const normalizedGroups = ({ over }: NormalizeOptions, width: number): number =>
  over === 'clip' ? 1 : width;

/**
 * `features` [clips, counts.input], normalised in place over `counts.samples` numbers, `groups` apart, and mapped by multiply x + add; rows are
 * clips times groups. Traffic is that of a frame of `width` numbers.
 */
export function normalizeShader(
  options: NormalizeOptions,
  affine: { readonly multiply: number; readonly add: number } | null,
  width: number,
): Shader {
  const groups = normalizedGroups(options, width);
  const { mean, deviation, ddof, offset, varianceOffset } = options;
  const over = (body: string): string =>
    `  for (var i = lane; i < counts.samples; i += ${invocations}u) { ${body} }\n`;
  const centred = 'output_features[base + i * groups_of_clip] - mean';
  const moments = `  var own = 0.0;
${over('own += output_features[base + i * groups_of_clip];')}  let mean = total(lane, own) / f32(counts.samples);
${
  deviation
    ? `  var squares = 0.0;
${over(`let c = ${centred}; squares += c * c;`)}  let deviation = sqrt(total(lane, squares) / f32(counts.samples - ${ddof}u) + ${numberText(varianceOffset)}) + ${numberText(offset)};
`
    : ''
}`;
  const shifted = mean ? centred : centred.replace(' - mean', '');
  const scaled = deviation ? `(${shifted}) / deviation` : shifted;
  const last = affine ? `(${scaled}) * ${numberText(affine.multiply)} + ${numberText(affine.add)}` : scaled;
  const code = `${head(
    `Numbers of a clip, normalised over each ${options.over}`,
    ['var<storage, read_write> output_features: array<f32>'],
    reduced('total', (a, b) => `${a} + ${b}`),
  )}  let groups_of_clip = ${groups}u;
  let base = row / groups_of_clip * u32(counts.input) + row % groups_of_clip;
${moments}${over(`output_features[base + i * groups_of_clip] = ${last};`)}}
`;
  const passes = 2 + (deviation ? 1 : 0);
  return shaderOf(code, [{ kind: 'output', name: 'features' }], [passes * width, width]);
}
