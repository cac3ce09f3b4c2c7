// The largest number of a clip: one row a workgroup, 256 invocations each.
struct Counts { rows: u32, inner: u32, input: i32, output: i32, samples: u32 }
@group(0) @binding(0) var<storage, read> input_values: array<f32>;
@group(0) @binding(1) var<storage, read_write> output_reference: array<f32>;
@group(0) @binding(2) var<uniform> counts: Counts;
var<workgroup> part: array<f32, 256>;
fn largest(lane: u32, own: f32) -> f32 {
  part[lane] = own;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half >>= 1u) {
    if (lane < half) { part[lane] = max(part[lane], part[lane + half]); }
    workgroupBarrier();
  }
  let all = part[0];
  workgroupBarrier();
  return all;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * groups.x;
  if (row >= counts.rows) { return; }
  let count = u32(counts.input);
  var own = input_values[row * count];
  for (var i = lane; i < count; i += 256u) { own = max(own, input_values[row * count + i]); }
  let all = largest(lane, own);
  if (lane == 0u) { output_reference[row] = all; }
}

// Numbers of a clip, normalised over each feature: one row a workgroup, 256 invocations each.
struct Counts { rows: u32, inner: u32, input: i32, output: i32, samples: u32 }
@group(0) @binding(0) var<storage, read_write> output_features: array<f32>;
@group(0) @binding(1) var<uniform> counts: Counts;
var<workgroup> part: array<f32, 256>;
fn total(lane: u32, own: f32) -> f32 {
  part[lane] = own;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half >>= 1u) {
    if (lane < half) { part[lane] = part[lane] + part[lane + half]; }
    workgroupBarrier();
  }
  let all = part[0];
  workgroupBarrier();
  return all;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * groups.x;
  if (row >= counts.rows) { return; }
  let groups_of_clip = 8u;
  let base = row / groups_of_clip * u32(counts.input) + row % groups_of_clip;
  var own = 0.0;
  for (var i = lane; i < counts.samples; i += 256u) { own += output_features[base + i * groups_of_clip]; }
  let mean = total(lane, own) / f32(counts.samples);
  var squares = 0.0;
  for (var i = lane; i < counts.samples; i += 256u) { let c = output_features[base + i * groups_of_clip] - mean; squares += c * c; }
  let deviation = sqrt(total(lane, squares) / f32(counts.samples - 1u) + 0.0) + 0.00000999999975;
  for (var i = lane; i < counts.samples; i += 256u) { output_features[base + i * groups_of_clip] = (output_features[base + i * groups_of_clip] - mean) / deviation; }
}

// Numbers of a clip, normalised over each clip: one row a workgroup, 256 invocations each.
struct Counts { rows: u32, inner: u32, input: i32, output: i32, samples: u32 }
@group(0) @binding(0) var<storage, read_write> output_features: array<f32>;
@group(0) @binding(1) var<uniform> counts: Counts;
var<workgroup> part: array<f32, 256>;
fn total(lane: u32, own: f32) -> f32 {
  part[lane] = own;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half >>= 1u) {
    if (lane < half) { part[lane] = part[lane] + part[lane + half]; }
    workgroupBarrier();
  }
  let all = part[0];
  workgroupBarrier();
  return all;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * groups.x;
  if (row >= counts.rows) { return; }
  let groups_of_clip = 1u;
  let base = row / groups_of_clip * u32(counts.input) + row % groups_of_clip;
  var own = 0.0;
  for (var i = lane; i < counts.samples; i += 256u) { own += output_features[base + i * groups_of_clip]; }
  let mean = total(lane, own) / f32(counts.samples);
  for (var i = lane; i < counts.samples; i += 256u) { output_features[base + i * groups_of_clip] = output_features[base + i * groups_of_clip] - mean; }
}
