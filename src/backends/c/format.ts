/** Number formats of C: floating point, and fixed point with samples and tables of 16 or 32 bits. */
import { toFixed, type FixedInputs, type FixedName, type FixedReport } from '../../compiler/fixed/fixed.ts';
import type { AnyProgram, Dtype } from '../../compiler/kernel.ts';
import { compileArithmetic, compileGraph, type CompileOptions } from '../../compiler/pipeline.ts';
import type { Graph } from '../../ir/graph.ts';

/** A number format of C. */
export type CFormat = Dtype | FixedName;
/** All of them. */
export const cFormats = ['f32', 'f64', 'q15', 'q31'] as const satisfies readonly CFormat[];

/** Is it fixed point? */
export const isFixed = (format: CFormat): format is FixedName => format === 'q15' || format === 'q31';

/** What graphs of a format are made for; integers are made of float64. */
export const dtypeOf = (format: CFormat): Dtype => (isFixed(format) ? 'f64' : format);

/**
 * A graph as a program for C; what is proven of it in fixed point, where `inputs` are integers that another program gave. Throws
 * UnsupportedError for what has no integer form.
 */
export function programIn(
  format: CFormat,
  graph: Graph,
  own: Pick<CompileOptions, 'vectors' | 'lanes' | 'live'>,
  inputs: FixedInputs = {},
): { readonly program: AnyProgram; readonly proven: FixedReport | null } {
  const options = { ...own, dtype: dtypeOf(format) };
  if (!isFixed(format)) return { program: compileGraph(graph, options), proven: null };
  // Logarithms of integers are not those of floating point.
  const { program, report } = toFixed(compileArithmetic(graph, options), format, inputs);
  return { program, proven: report };
}
