let s = 12345;
const u = (): number => { s = (Math.imul(s, 1664525) + 1013904223) | 0; return (s >>> 0) / 4294967296; };
export function fillUniform(out: Float64Array | Float32Array, seed: number, stream: number, _o = 0): void { s = seed * 7919 + stream * 104729 + 1; for (let i = 0; i < 10; i++) u(); for (let i = 0; i < out.length; i++) out[i] = 2 * u() - 1; }
export function fillGaussian(out: Float64Array | Float32Array, seed: number, stream: number, _o = 0): void { s = seed * 7919 + stream * 104729 + 1; for (let i = 0; i < 10; i++) u(); for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(-2 * Math.log(u() + 1e-12)) * Math.cos(6.283185307179586 * u()); }
export function permutation(n: number, seed: number, stream: number): Int32Array { const u = new Float64Array(n); fillUniform(u, seed, stream); const p = Int32Array.from({ length: n }, (_, i) => i); for (let i = n - 1; i > 0; i--) { const j = Math.floor(((u[i] + 1) / 2) * (i + 1)); [p[i], p[j]] = [p[j], p[i]]; } return p; }
