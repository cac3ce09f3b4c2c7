/**
 * npx tsx scripts/table-loads.ts: is a table of codes better widened once, or read in the loop? Nanoseconds of 512 products
 * y = x w with 128-bit vectors, w as float32, as 8 bits (without the division of q8) and as binary16; interleaved samples.
 */
import wabtFactory from 'wabt';

const count = 512;
const [x, w, y] = [0, 4096, 8192];
const splat = (bits: number): string => `(v128.const i32x4 ${[bits, bits, bits, bits].join(' ')})`;
const floats = (value: number): string => `(v128.const f32x4 ${[value, value, value, value].join(' ')})`;

/** The vector of w that a loop at byte i of the floats reads. */
const loads = {
  float32: `(v128.load offset=${w} (local.get $i))`,
  q8: `(f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_s
    (v128.load8x8_s offset=${w} (i32.shr_u (local.get $i) (i32.const 2))))) ${floats(1 / 127)})`,
  f16: `(v128.or
    (f32x4.mul (i32x4.shl (v128.and (local.tee $h (v128.load16x4_u offset=${w} (i32.shr_u (local.get $i) (i32.const 1))))
      ${splat(0x7fff)}) (i32.const 13)) ${floats(2 ** 112)})
    (i32x4.shl (v128.and (local.get $h) ${splat(0x8000)}) (i32.const 16)))`,
};

const module = (
  load: string,
): string => `(module (memory (export "memory") 1) (func (export "run") (local $i i32) (local $h v128)
  (loop $next
    (v128.store offset=${y} (local.get $i) (f32x4.mul (v128.load offset=${x} (local.get $i)) ${load}))
    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const ${4 * count}))))))`;

const wabt = await wabtFactory();
const runs = Object.entries(loads).map(([name, load]) => {
  const { buffer } = wabt.parseWat('m.wat', module(load), { simd: true }).toBinary({});
  const instance = new WebAssembly.Instance(new WebAssembly.Module(buffer as Uint8Array<ArrayBuffer>));
  return { name, run: instance.exports.run as () => void, times: [] as number[] };
});
const [samples, repeats] = [300, 2000];
for (let s = 0; s < samples; s++)
  for (const { run, times } of runs) {
    const start = performance.now();
    for (let i = 0; i < repeats; i++) run();
    times.push(((performance.now() - start) / repeats) * 1e6);
  }
for (const { name, times } of runs) {
  times.sort((a, b) => a - b);
  const at = (share: number): string => times[Math.floor(share * samples)].toFixed(0);
  console.log(`${name}: ${at(0.1)} ns in the lowest tenth, median ${at(0.5)}`);
}
