// DFT of 27 complex samples: one row a workgroup, 16 invocations each.
struct Counts { rows: u32, inner: u32, input: i32, output: i32, samples: u32 }
@group(0) @binding(0) var<storage, read> input_input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output_output: array<f32>;
@group(0) @binding(2) var<storage, read> tables: array<f32, 48>;
@group(0) @binding(3) var<uniform> counts: Counts;
var<workgroup> work: array<f32, 54>;
@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
  let row = group.x + group.y * groups.x;
  if (row >= counts.rows) { return; }
  let lane = invocation;
  // Phase 0: 9 points
  for (var q = lane; q < 9u; q += 16u) {
    // stage 0 (radix 3) [9]
    let i0 = i32(q);
    let p0_1 = i0 * 2;
    let p1_1 = i0;
    let v0 = input_input[p0_1 + 18];
    let v1 = input_input[p0_1 + 36];
    let v2 = v0 + v1;
    let v3 = v0 - v1;
    let v4 = input_input[p0_1];
    let v5 = v2 + v4;
    work[p1_1] = v5;
    let v6 = input_input[p0_1 + 19];
    let v7 = input_input[p0_1 + 37];
    let v8 = v6 + v7;
    let v9 = v6 - v7;
    let v10 = input_input[p0_1 + 1];
    let v11 = v8 + v10;
    work[p1_1 + 27] = v11;
    let v12 = 0.866025388 * v9;
    let v13 = v2 * 0.5;
    let v14 = v4 - v13;
    let v15 = v12 + v14;
    work[p1_1 + 9] = v15;
    let v16 = v14 - v12;
    work[p1_1 + 18] = v16;
    let v17 = 0.5 * v8;
    let v18 = v10 - v17;
    let v19 = 0.866025388 * v3;
    let v20 = v18 - v19;
    work[p1_1 + 36] = v20;
    let v21 = v19 + v18;
    work[p1_1 + 45] = v21;
  }
  workgroupBarrier();
  // Phase 1: 9 points
  var h1_0: f32;
  var h1_1: f32;
  var h1_2: f32;
  var h1_3: f32;
  var h1_4: f32;
  var h1_5: f32;
  if (lane < 9u) {
    // stage 1 (radix 3) [3 x 3]
    let i0 = i32(lane / 3u);
    let i1 = i32((lane % 3u));
    let p0_1 = i0;
    let p1_1 = i0 * 9;
    let p2_1 = i0 * 3;
    let v0 = tables[p0_1 + 9];
    let v1 = tables[p0_1 + 6];
    let v2 = tables[p0_1];
    let v3 = tables[p0_1 + 3];
    let p1_2 = p1_1 + i1;
    let p2_2 = p2_1 + i1;
    let v4 = work[p1_2];
    let v5 = work[p1_2 + 33];
    let v6 = v5 * v0;
    let v7 = work[p1_2 + 6];
    let v8 = v7 * v1;
    let v9 = v0 * v7;
    let v10 = v5 * v1;
    let v11 = v10 + v9;
    let v12 = v6 - v8;
    let v13 = work[p1_2 + 3];
    let v14 = v13 * v2;
    let v15 = work[p1_2 + 30];
    let v16 = v15 * v3;
    let v17 = v15 * v2;
    let v18 = v3 * v13;
    let v19 = v18 + v17;
    let v20 = v19 + v11;
    let v21 = v19 - v11;
    let v22 = v14 - v16;
    let v23 = v12 - v22;
    let v24 = v12 + v22;
    let v25 = v4 - v23;
    h1_0 = v25;
    let v26 = work[p1_2 + 27];
    let v27 = v20 + v26;
    h1_1 = v27;
    let v28 = 0.866025388 * v21;
    let v29 = 0.5 * v23;
    let v30 = v29 + v4;
    let v31 = v28 + v30;
    h1_2 = v31;
    let v32 = v30 - v28;
    h1_3 = v32;
    let v33 = 0.5 * v20;
    let v34 = v26 - v33;
    let v35 = 0.866025388 * v24;
    let v36 = v34 - v35;
    h1_4 = v36;
    let v37 = v35 + v34;
    h1_5 = v37;
  }
  workgroupBarrier();
  if (lane < 9u) {
    // stage 1 (radix 3) [3 x 3]
    let i0 = i32(lane / 3u);
    let i1 = i32((lane % 3u));
    let p0_1 = i0;
    let p1_1 = i0 * 9;
    let p2_1 = i0 * 3;
    let p1_2 = p1_1 + i1;
    let p2_2 = p2_1 + i1;
    work[p2_2] = h1_0;
    work[p2_2 + 27] = h1_1;
    work[p2_2 + 9] = h1_2;
    work[p2_2 + 18] = h1_3;
    work[p2_2 + 36] = h1_4;
    work[p2_2 + 45] = h1_5;
  }
  workgroupBarrier();
  // Phase 2: 9 points
  for (var q = lane; q < 9u; q += 16u) {
    // stage 2 (radix 3) [9]
    let i0 = i32(q);
    let p0_1 = i0;
    let p1_1 = i0 * 3;
    let p2_1 = i0 * 2;
    let v0 = work[p1_1];
    let v1 = work[p1_1 + 29];
    let v2 = tables[p0_1 + 39];
    let v3 = v1 * v2;
    let v4 = work[p1_1 + 2];
    let v5 = tables[p0_1 + 30];
    let v6 = v4 * v5;
    let v7 = v2 * v4;
    let v8 = v1 * v5;
    let v9 = v8 + v7;
    let v10 = v3 - v6;
    let v11 = work[p1_1 + 1];
    let v12 = tables[p0_1 + 12];
    let v13 = v11 * v12;
    let v14 = work[p1_1 + 28];
    let v15 = tables[p0_1 + 21];
    let v16 = v14 * v15;
    let v17 = v14 * v12;
    let v18 = v15 * v11;
    let v19 = v18 + v17;
    let v20 = v19 + v9;
    let v21 = v19 - v9;
    let v22 = v13 - v16;
    let v23 = v10 - v22;
    let v24 = v10 + v22;
    let v25 = v0 - v23;
    output_output[p2_1] = v25;
    let v26 = work[p1_1 + 27];
    let v27 = v20 + v26;
    output_output[p2_1 + 1] = v27;
    let v28 = 0.866025388 * v21;
    let v29 = 0.5 * v23;
    let v30 = v29 + v0;
    let v31 = v28 + v30;
    output_output[p2_1 + 18] = v31;
    let v32 = v30 - v28;
    output_output[p2_1 + 36] = v32;
    let v33 = 0.5 * v20;
    let v34 = v26 - v33;
    let v35 = 0.866025388 * v24;
    let v36 = v34 - v35;
    output_output[p2_1 + 19] = v36;
    let v37 = v35 + v34;
    output_output[p2_1 + 37] = v37;
  }
}
