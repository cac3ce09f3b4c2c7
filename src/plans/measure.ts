/** Timing: contenders interleaved in one run, warm code, medians with spread. */

export interface Contender {
  readonly name: string;
  /** Does `units` pieces of work. */
  readonly run: () => void;
  readonly units: number;
}

export interface Timing {
  readonly name: string;
  /** Median nanoseconds per unit. */
  readonly ns: number;
  /** Half the distance between the quartiles, nanoseconds. */
  readonly spread: number;
  readonly samples: number;
  /** Nanoseconds per unit of every sample, in the order taken: sample i of all contenders is of one round. */
  readonly values: readonly number[];
}

export interface MeasureOptions {
  /** Samples per contender. Default 15. */
  readonly samples?: number;
  /** Shortest sample in milliseconds. Default 20. */
  readonly sampleMs?: number;
  /** Warm-up per contender in milliseconds: past tier-up. Default 100. */
  readonly warmupMs?: number;
}

/** Milliseconds; audio worklets have the calendar's clock alone. */
const now = (): number => (typeof performance === 'undefined' ? Date.now() : performance.now());

/** Time contenders in turn, so that drift of the machine meets all alike. */
export function measure(contenders: readonly Contender[], options: MeasureOptions = {}): Timing[] {
  const { samples = 15, sampleMs = 20, warmupMs = 100 } = options;
  const repetitions = contenders.map((c) => {
    const start = now();
    let runs = 0;
    while (now() - start < warmupMs || runs < 3) {
      c.run();
      runs++;
    }
    // Calibrate on warm code.
    const again = now();
    let count = 0;
    while (now() - again < sampleMs) {
      c.run();
      count++;
    }
    return Math.max(1, count);
  });
  const times: number[][] = contenders.map(() => []);
  for (let sample = 0; sample < samples; sample++)
    contenders.forEach((c, i) => {
      const start = now();
      for (let r = 0; r < repetitions[i]; r++) c.run();
      times[i].push(((now() - start) * 1e6) / (repetitions[i] * c.units));
    });
  return contenders.map((c, i) => {
    const sorted = [...times[i]].sort((a, b) => a - b);
    const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
    return { name: c.name, ns: at(0.5), spread: (at(0.75) - at(0.25)) / 2, samples, values: times[i] };
  });
}
