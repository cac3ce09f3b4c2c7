// Features of 16 samples every 8: 2 numbers: 64 rows a workgroup, 1 invocations each.
struct Counts { rows: u32, inner: u32, input: i32, output: i32, samples: u32 }
@group(0) @binding(0) var<storage, read> input_samples: array<f32>;
@group(0) @binding(1) var<storage, read_write> output_features: array<f32>;
@group(0) @binding(2) var<storage, read> tables: array<f32, 28>;
@group(0) @binding(3) var<uniform> counts: Counts;
var<workgroup> work: array<f32, 576>;
fn exponent(x: f32) -> f32 { return f32((bitcast<i32>(x) - 0x3f3504f0) >> 23u); }
fn mantissa(x: f32) -> f32 { return bitcast<f32>(((bitcast<i32>(x) - 0x3f3504f0) & 0x7fffff) + 0x3f3504f0); }
fn place_samples(at: i32, samples: i32) -> i32 {
  let n = samples;
  if (at >= 0 && at < n) { return select(-1, at, at < samples); }
  if (n == 1) { return 0; }
  let period = 2 * (n - 1);
  let i = ((at % period) + period) % period;
  let other = min(i, period - i);
  return select(-1, other, other < samples);
}
fn signal_samples(at: i32, from_signal: i32) -> f32 {
  let i = place_samples(at, i32(counts.samples));
  return select(0.0, input_samples[max(0, from_signal + i)], i >= 0);
}
fn sample_samples(at: i32, from_signal: i32) -> f32 {
  return signal_samples(at, from_signal);
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
  let row = (group.x + group.y * groups.x) * 64u + (invocation);
  let live = row < counts.rows;
  let lane = invocation & 0u;
  let own = i32(invocation) * 9;
  let major = i32(row / counts.inner);
  let minor = i32(row % counts.inner);
  let from_samples = major * counts.input;
  let first = minor * 8 - 8;
  let from_features = i32(row) * 2;
  // Phase 0: 1 points
  for (var q = lane; live && q < 1u; q += 1u) {
    // real stage 0 (radix 16) []
    let v0 = sample_samples(first + 7, from_samples);
    let v1 = tables[7];
    let v2 = v0 * v1;
    let v3 = sample_samples(first + 15, from_samples);
    let v4 = tables[1];
    let v5 = v3 * v4;
    let v6 = v2 - v5;
    let v7 = v2 + v5;
    let v8 = sample_samples(first + 3, from_samples);
    let v9 = tables[3];
    let v10 = v8 * v9;
    let v11 = tables[5];
    let v12 = sample_samples(first + 11, from_samples);
    let v13 = v11 * v12;
    let v14 = v10 - v13;
    let v15 = v10 + v13;
    let v16 = v7 - v15;
    let v17 = v7 + v15;
    let v18 = v14 + v6;
    let v19 = v14 - v6;
    let v20 = sample_samples(first + 9, from_samples);
    let v21 = v20 * v1;
    let v22 = sample_samples(first + 1, from_samples);
    let v23 = v22 * v4;
    let v24 = v21 - v23;
    let v25 = v21 + v23;
    let v26 = sample_samples(first + 5, from_samples);
    let v27 = v26 * v11;
    let v28 = sample_samples(first + 13, from_samples);
    let v29 = v28 * v9;
    let v30 = v27 - v29;
    let v31 = v27 + v29;
    let v32 = v25 - v31;
    let v33 = v25 + v31;
    let v34 = v17 - v33;
    let v35 = v34 * v34;
    let v36 = v32 + v16;
    let v37 = v32 - v16;
    let v38 = tables[2];
    let v39 = sample_samples(first + 2, from_samples);
    let v40 = v38 * v39;
    let v41 = tables[6];
    let v42 = sample_samples(first + 10, from_samples);
    let v43 = v41 * v42;
    let v44 = v40 - v43;
    let v45 = v40 + v43;
    let v46 = sample_samples(first + 6, from_samples);
    let v47 = v41 * v46;
    let v48 = sample_samples(first + 14, from_samples);
    let v49 = v48 * v38;
    let v50 = v47 - v49;
    let v51 = v47 + v49;
    let v52 = v45 - v51;
    let v53 = v45 + v51;
    let v54 = v50 - v44;
    let v55 = v50 + v44;
    let v56 = sample_samples(first + 12, from_samples);
    let v57 = sample_samples(first + 4, from_samples);
    let v58 = v56 - v57;
    let v59 = v56 + v57;
    let v60 = tables[4];
    let v61 = v58 * v60;
    let v62 = v59 * v60;
    let v63 = sample_samples(first + 8, from_samples);
    let v64 = v62 + v63;
    let v65 = v62 - v63;
    let v66 = v53 - v64;
    let v67 = v66 * v66;
    let v68 = v35 + v67;
    work[own + 3] = v68;
    let v69 = 0.707106769 * v36;
    let v70 = v69 - v65;
    let v71 = v69 + v65;
    let v72 = v71 * v71;
    let v73 = v70 * v70;
    let v74 = v37 * 0.707106769;
    let v75 = v52 + v74;
    let v76 = v52 - v74;
    let v77 = v76 * v76;
    let v78 = v77 + v72;
    work[own + 5] = v78;
    let v79 = v75 * v75;
    let v80 = v73 + v79;
    work[own + 1] = v80;
    let v81 = v54 * 0.707106769;
    let v82 = v81 + v63;
    let v83 = v81 - v63;
    let v84 = 0.707106769 * v18;
    let v85 = v30 + v84;
    let v86 = v30 - v84;
    let v87 = 0.382683426 * v85;
    let v88 = v19 * 0.707106769;
    let v89 = v24 - v88;
    let v90 = v24 + v88;
    let v91 = 0.923879504 * v90;
    let v92 = 0.382683426 * v90;
    let v93 = 0.923879504 * v89;
    let v94 = 0.382683426 * v89;
    let v95 = v87 + v93;
    let v96 = v82 + v95;
    let v97 = v82 - v95;
    let v98 = v97 * v97;
    let v99 = v96 * v96;
    let v100 = 0.707106769 * v55;
    let v101 = v100 - v61;
    let v102 = v100 + v61;
    let v103 = v85 * 0.923879504;
    let v104 = v94 - v103;
    let v105 = v101 - v104;
    let v106 = v101 + v104;
    let v107 = v106 * v106;
    let v108 = v98 + v107;
    work[own + 6] = v108;
    let v109 = v105 * v105;
    let v110 = v99 + v109;
    work[own] = v110;
    let v111 = 0.382683426 * v86;
    let v112 = v86 * 0.923879504;
    let v113 = v92 - v112;
    let v114 = v113 - v83;
    let v115 = v113 + v83;
    let v116 = v115 * v115;
    let v117 = v114 * v114;
    let v118 = v91 + v111;
    let v119 = v102 - v118;
    let v120 = v102 + v118;
    let v121 = v120 * v120;
    let v122 = v121 + v116;
    work[own + 4] = v122;
    let v123 = v119 * v119;
    let v124 = v123 + v117;
    work[own + 2] = v124;
  }
  workgroupBarrier();
  // Phase 1: 2 points
  for (var q = lane; live && q < 2u; q += 1u) {
    // filterbank [2]
    let i0 = i32(q);
    let p0_1 = i0;
    let v0 = work[own + p0_1 + 5];
    let v1 = tables[p0_1 + 16];
    let v2 = v0 * v1;
    let v3 = work[own + p0_1 + 4];
    let v4 = tables[p0_1 + 26];
    let v5 = v3 * v4;
    let v6 = work[own + p0_1 + 3];
    let v7 = tables[p0_1 + 18];
    let v8 = v6 * v7;
    let v9 = work[own + p0_1 + 1];
    let v10 = tables[p0_1 + 24];
    let v11 = v9 * v10;
    let v12 = work[own + p0_1];
    let v13 = tables[p0_1 + 22];
    let v14 = v12 * v13;
    let v15 = v11 + v14;
    let v16 = work[own + p0_1 + 2];
    let v17 = tables[p0_1 + 20];
    let v18 = v16 * v17;
    let v19 = v15 + v18;
    let v20 = v8 + v19;
    let v21 = v5 + v20;
    let v22 = v2 + v21;
    work[own + p0_1 + 7] = v22;
  }
  workgroupBarrier();
  // Phase 2: 2 points
  for (var q = lane; live && q < 2u; q += 1u) {
    // log10 [2]
    let i0 = i32(q);
    let p0_1 = i0;
    let p1_1 = i0;
    let v0 = work[own + p0_1 + 7];
    let v1 = max(1.00000001e-10, v0);
    let v2 = v1 < 0x1.fffffep+127;
    let v3 = exponent(v1);
    let v4 = v3 * 0.693147182;
    let v5 = mantissa(v1);
    let v6 = v5 - 1.0;
    let v7 = v5 + 1.0;
    let v8 = v6 / v7;
    let v9 = v8 * v8;
    let v10 = v9 * 0.298709363;
    let v11 = 0.399775743 + v10;
    let v12 = v9 * v11;
    let v13 = 0.666667759 + v12;
    let v14 = v9 * v13;
    let v15 = v14 - v6;
    let v16 = v8 * v15;
    let v17 = v16 + v6;
    let v18 = v4 + v17;
    let v19 = select(v1, v18, v2);
    let v20 = 0.434294492 * v19;
    output_features[from_features + p1_1] = v20;
  }
}
