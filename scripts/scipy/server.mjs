// Persistent process: requests on stdin, answers on stdout, both [u32 header bytes][u32 payload bytes][JSON header][raw arrays].
// A request's header: { op, ..., arrays: [{ dtype, length }] }; an answer's: { ok, arrays, ... } or { error, name }.
// dtype f8 f4 i8 bool...: only f8 and f4 travel. Complex arrays travel as re, im interleaved f8/f4 with twice the length.
import { readSync, writeSync } from 'node:fs';
const at = process.env.PAPILIO_DIST ?? process.cwd() + '/dist/index.js';
const p = await import(at);
const backend = process.env.PAPILIO_BACKEND || undefined; // wasm (default), js, reference
const planned = process.env.PAPILIO_PLANS === '1'; // f64 through plans as well
const layout = process.env.PAPILIO_LAYOUT || 'interleaved'; // of plans

function readExactly(n) {
  const out = Buffer.allocUnsafeSlow(Math.max(n, 1)); // own memory: offset 0, so views are aligned
  for (let got = 0; got < n;) {
    let k;
    try {
      k = readSync(0, out, got, n - got, null);
    } catch (e) {
      if (e.code === 'EAGAIN') continue;
      throw e;
    }
    if (k === 0) process.exit(0);
    got += k;
  }
  return out;
}
function writeAll(buffer) {
  for (let done = 0; done < buffer.length;) {
    try {
      done += writeSync(1, buffer, done, buffer.length - done);
    } catch (e) {
      if (e.code !== 'EAGAIN') throw e;
    }
  }
}
const bytesOf = { f8: 8, f4: 4 };
const viewsOf = (header, payload) => {
  let offset = 0;
  return header.arrays.map(({ dtype, length }) => {
    const bytes = length * bytesOf[dtype];
    const own = payload.buffer.slice(payload.byteOffset + offset, payload.byteOffset + offset + bytes);
    offset += bytes;
    return dtype === 'f8' ? new Float64Array(own) : new Float32Array(own);
  });
};
const deinterleave = (z) => {
  const n = z.length / 2,
    re = new Float64Array(n),
    im = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    re[i] = z[2 * i];
    im[i] = z[2 * i + 1];
  }
  return { re, im };
};
const put = (out, at, { re, im }) => {
  for (let i = 0; i < re.length; i++) {
    out[at + 2 * i] = re[i];
    out[at + 2 * i + 1] = im[i];
  }
};

const plans = new Map();
function planOf(key, make) {
  const name = JSON.stringify(key);
  let plan = plans.get(name);
  if (plan) {
    plans.delete(name);
  } else plan = make();
  plans.set(name, plan);
  if (plans.size > Number(process.env.PAPILIO_CACHE ?? 512)) {
    const [old] = plans.keys();
    plans.get(old).dispose();
    plans.delete(old);
  }
  return plan;
}

/** One transform of each row of x. kind: c2c, r2c, c2r. Rows in: `inLength` numbers (pairs count twice). */
function transform({ kind, n, batch, inverse, norm, dtype }, x) {
  const bins = Math.floor(n / 2) + 1;
  const inW = kind === 'c2c' ? 2 * n : kind === 'r2c' ? n : 2 * bins;
  const outW = kind === 'c2c' ? 2 * n : kind === 'r2c' ? 2 * bins : n;
  const out = dtype === 'f4' ? new Float32Array(batch * outW) : new Float64Array(batch * outW);
  if (dtype === 'f8' && !planned) {
    // the one-call functions
    for (let b = 0; b < batch; b++) {
      const row = x.subarray(b * inW, (b + 1) * inW);
      if (kind === 'c2c') put(out, b * outW, (inverse ? p.ifft : p.fft)(deinterleave(row), norm));
      else if (kind === 'r2c') put(out, b * outW, p.rfft(row, norm));
      else out.set(p.irfft(deinterleave(row), norm, n), b * outW);
    }
    return out;
  }
  const plan = planOf([kind, n, inverse, norm, dtype, layout, backend], () =>
    p.planFftSync({
      n,
      input: kind === 'c2c' ? 'complex' : 'real',
      inverse: kind === 'c2r' ? true : kind === 'r2c' ? false : inverse,
      norm,
      dtype: dtype === 'f4' ? 'f32' : 'f64',
      layout,
      backend,
    }),
  );
  for (let b = 0; b < batch; b++) {
    const row = x.subarray(b * inW, (b + 1) * inW);
    let src = row;
    if (kind === 'c2r') {
      src = row.slice();
      src[1] = 0;
      if (n % 2 === 0) src[2 * bins - 1] = 0;
    } // as irfft does
    if (plan.input.interleaved) plan.input.interleaved.set(src);
    else if (kind === 'r2c') plan.input.re.set(src);
    else {
      const { re, im } = deinterleave(src);
      plan.input.re.set(re);
      plan.input.im.set(im);
    }
    plan.run();
    if (plan.output.interleaved) out.set(plan.output.interleaved, b * outW);
    else if (kind === 'c2r') out.set(plan.output.re, b * outW);
    else put(out, b * outW, plan.output);
  }
  return out;
}

/** dct, idct, dst, idst of each row. */
function trigonometric({ name, n, batch, type, norm, dtype }, x) {
  const out = dtype === 'f4' ? new Float32Array(batch * n) : new Float64Array(batch * n);
  if (dtype === 'f8' && !planned) {
    for (let b = 0; b < batch; b++) out.set(p[name](x.subarray(b * n, (b + 1) * n), type, norm), b * n);
    return out;
  }
  const inverse = name[0] === 'i';
  const plan = planOf([name, n, type, norm, dtype, backend], () =>
    (name.endsWith('dct') ? p.planDctSync : p.planDstSync)({
      n,
      type,
      inverse,
      norm,
      dtype: dtype === 'f4' ? 'f32' : 'f64',
      backend,
    }),
  );
  for (let b = 0; b < batch; b++) {
    plan.input.re.set(x.subarray(b * n, (b + 1) * n));
    plan.run();
    out.set(plan.output.re, b * n);
  }
  return out;
}

const planar = ({ re, im }) => ({ arrays: [re, im] });

const heads = new Map();
const ops = {
  ping: () => ({ version: at }),
  fft: (h, [x]) => ({ arrays: [transform(h, x)] }),
  r2r: (h, [x]) => ({ arrays: [trigonometric(h, x)] }),
  fftfreq: (h) => ({ arrays: [p[h.name](h.n, h.d)] }),
  shift: (h, [x]) => ({ arrays: [p[h.name](x)] }),
  nextFastLen: (h) => ({ value: p.nextFastLen(h.target, { real: h.real }) }),
  window: (h) => ({ arrays: [p.windowByName(h.spec, h.length, h.sym ? 'symmetric' : 'periodic')] }),
  csd: (h, [x, y]) => {
    const r = p.csd(x, y, h.options);
    return { arrays: [r.frequencies, r.re, r.im] };
  },
  coherence: (h, [x, y]) => {
    const r = p.coherence(x, y, h.options);
    return { arrays: [r.frequencies, r.coherence] };
  },
  hilbert: (h, [x]) => planar(p.hilbert(x, h.n ?? undefined)),
  resamplePoly: (h, [x]) => ({ arrays: [p.resamplePoly(x, h.up, h.down, h.options)] }),
  czt: (h, [re, im]) => planar(p.czt({ re, im }, h.options)),
  zoomFft: (h, [re, im]) => planar(p.zoomFft({ re, im }, h.fn, h.options)),
  lombscargle: (h, [x, y, freqs, weights]) => {
    const r = p.lombscargle(x, y, freqs, { ...h.options, ...(weights ? { weights } : {}) });
    return r.re ? planar(r) : { arrays: [r] };
  },
  welch: (h, [x]) => {
    const r = p.welch(x, h.options);
    return { arrays: [r.frequencies, r.power] };
  },
  periodogram: (h, [x]) => {
    const r = p.periodogram(x, h.options);
    return { arrays: [r.frequencies, r.power] };
  },
  spectrogram: (h, [x]) => {
    const r = p.spectrogram(x, h.options);
    return { arrays: [r.frequencies, r.times, r.values, ...(r.imaginary ? [r.imaginary] : [])] };
  },
  stft: (h, [x, w]) => {
    const s = p.stft(x, w, h.hop, h.options);
    return { arrays: [s.re, s.im], frames: s.frames, bins: s.bins };
  },
  istft: (h, [re, im, w]) => ({
    arrays: [p.istft({ re, im, frames: h.frames, bins: h.bins }, w, h.hop, h.options)],
  }),
  cola: (h, [w]) => ({ value: p[h.name](w, h.hop, h.tolerance) }),
  findPeaks: (h, [x]) => ({ value: p.findPeaks(x, h.options) }),
  convolve: (h, arrays) => {
    const signal = (i) => (h.complex[i] ? deinterleave(arrays[i]) : arrays[i]);
    const r = p[h.name](signal(0), signal(1), h.mode);
    if (r instanceof Float64Array) return { arrays: [r], complex: false };
    const out = new Float64Array(2 * r.re.length);
    put(out, 0, r);
    return { arrays: [out], complex: true };
  },
  features: (h, [x]) => {
    const key = JSON.stringify([h.preset, h.overrides, h.options]);
    let e = heads.get(key);
    if (!e) {
      if (heads.size > 24) {
        for (const old of heads.values()) old.dispose();
        heads.clear();
      }
      e = p.features(p.featureHead(h.preset, h.overrides), h.options);
      heads.set(key, e);
    }
    const r = e.run(x);
    return {
      arrays: [r.data, ...(r.imaginary ? [r.imaginary] : [])],
      frames: r.frames,
      width: r.width,
      warnings: e.report.warnings,
    };
  },
  resample: (h, [x]) => ({ arrays: [p.resample(x, h.options)] }),
  interpolated: (h, [x]) => ({ value: p.interpolatedPeak(x, h.i) }),
};

for (;;) {
  const sizes = readExactly(8);
  const header = JSON.parse(readExactly(sizes.readUInt32LE(0)).toString('utf8', 0, sizes.readUInt32LE(0)));
  const payload = readExactly(sizes.readUInt32LE(4));
  let answer,
    arrays = [];
  try {
    const { arrays: made = [], ...rest } = ops[header.op](header, viewsOf(header, payload));
    arrays = made;
    answer = {
      ok: true,
      ...rest,
      arrays: arrays.map((a) => ({ dtype: a instanceof Float32Array ? 'f4' : 'f8', length: a.length })),
    };
  } catch (e) {
    answer = { ok: false, error: String(e.message), name: e.name ?? 'Error', arrays: [] };
  }
  const text = Buffer.from(JSON.stringify(answer));
  const head = Buffer.alloc(8);
  head.writeUInt32LE(text.length, 0);
  head.writeUInt32LE(
    arrays.reduce((s, a) => s + a.byteLength, 0),
    4,
  );
  writeAll(
    Buffer.concat([head, text, ...arrays.map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength))]),
  );
}
