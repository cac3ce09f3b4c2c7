/** Graphs in float64: compiled once, run for many values of what they read. */
import { viewOf, type HostExecutable } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import type { Tensor } from '../ir/graph.ts';

type Arrays = Readonly<Record<string, ArrayLike<number>>>;

/** Outputs that are compiled, with the inputs and parameters that they need. */
export class Evaluation {
  private readonly executable: HostExecutable;

  /** Without `specialize` it is compiled sooner and runs more slowly: for few runs. */
  constructor(outputs: Readonly<Record<string, Tensor>>, { specialize = true } = {}) {
    this.executable = defaultBackend().instantiate(compileGraph({ outputs }, { dtype: 'f64', specialize }));
  }

  /** Is this an input or a parameter that an output needs? */
  needs(name: string): boolean {
    const { inputs, parameters } = this.executable.program;
    return name in inputs || name in parameters;
  }

  /** Sets inputs and parameters by name; those that no output needs are left out. */
  set(values: Arrays): void {
    for (const [name, value] of Object.entries(values))
      if (this.needs(name)) this.executable.write(name, value);
  }

  /** Runs on `values`, and on what was set before. */
  run(values: Arrays = {}): void {
    this.set(values);
    this.executable.run();
  }

  /** An input, parameter or output, or its first `length` numbers, in the program's own memory. */
  view(name: string, length?: number): Float64Array {
    return viewOf(this.executable, name, length) as Float64Array;
  }

  /** Lets go of the compiled program. */
  dispose(): void {
    this.executable.dispose();
  }
}

/** Outputs of a graph that runs once, by name. */
export function evaluate(
  outputs: Readonly<Record<string, Tensor>>,
  values: Arrays,
): Record<string, Float64Array> {
  const evaluation = new Evaluation(outputs, { specialize: false });
  evaluation.run(values);
  const results = Object.keys(outputs).map((name) => [name, evaluation.view(name).slice()]);
  evaluation.dispose();
  return Object.fromEntries(results) as Record<string, Float64Array>;
}
