/**
 * The operators of ONNX that papilio prints, all of opset 17 and of none of its contrib domains: what providers for CPUs, GPUs and NPUs
 * have in common. DFT, STFT, Conv, Gather and control flow are not among them.
 */
export const onnxOperators = {
  Abs: 'magnitudes',
  Add: 'sums, element by element',
  Cast: 'samples of 16 bits, masks, and numbers of frames as numbers of tensors',
  Concat: 'frames from slices, padding, bands, shapes',
  Div: 'frames from samples; normalisation',
  Equal: 'where a clip ends',
  Exp: 'geometric means, PCEN',
  Less: 'masks of what lies behind a clip',
  Log: 'levels',
  MatMul: 'stages of transforms, filterbanks, cepstra',
  Max: 'floors of levels',
  Min: 'bounds of lengths',
  Mul: 'windows, squares, factors',
  Neg: 'signs',
  Pad: 'zeros beside a signal',
  Range: 'positions of samples and frames, for masks',
  ReduceMax: 'the largest level of a clip',
  ReduceSum: 'squared moduli, sums over frames',
  Reshape: 'digits of indices',
  Shape: 'lengths that are known when a model runs',
  Slice: 'frames, reflected ends, parts of spectra',
  Sqrt: 'magnitudes, standard deviations',
  Sub: 'differences, element by element',
  Transpose: 'frames into columns, and digits of indices in another order',
  Where: 'masks',
} as const;

/** An operator that is printed. */
export type OnnxOperator = keyof typeof onnxOperators;
