declare module '@echogarden/pffft-wasm/simd' {
  interface Pffft {
    readonly HEAPF32: Float32Array;
    _pffft_aligned_malloc(bytes: number): number;
    _pffft_new_setup(n: number, kind: number): number;
    _pffft_transform_ordered(
      setup: number,
      input: number,
      output: number,
      work: number,
      direction: number,
    ): void;
  }
  export default function create(options: { readonly wasmBinary: Uint8Array }): Promise<Pffft>;
}
declare module 'pffft.wasm?url&inline' {
  const url: string;
  export default url;
}
