/**
 * The protocol of every figure: run each contender until its code is warm, then time it in samples that rotate through
 * all contenders, so that drift of the machine meets all alike.
 */
import type { Contender } from './contender.ts';
import { summarize, type Summary } from './statistics.ts';

export interface Protocol {
  /** Samples per contender. */
  readonly samples: number;
  /** Shortest sample in milliseconds. */
  readonly sampleMs: number;
  /** Shortest running before the first sample: past tier-up. */
  readonly warmMs: number;
}

export const defaultProtocol: Protocol = { samples: 15, sampleMs: 20, warmMs: 200 };

let loops = 0;

/**
 * A counting loop of its own per contender. The number in its text keeps V8 from sharing type feedback between loops,
 * which would make every call of `run` as slow as the most mixed one.
 */
export function timedLoop(run: () => void): (repetitions: number) => number {
  const loop = new Function(
    'run',
    'count',
    `/* ${loops++} */ for (let i = 0; i < count; i++) run();`,
  ) as unknown as (run: () => void, count: number) => void;
  return (repetitions) => {
    const start = performance.now();
    loop(run, repetitions);
    return performance.now() - start;
  };
}

/** Repetitions whose time is at least sampleMs on warm code. */
async function warmUp(contender: Contender, { sampleMs, warmMs }: Protocol): Promise<number> {
  let [repetitions, spent, last] = [1, 0, 0];
  while (spent < warmMs || last < sampleMs) {
    last = await contender.sample(repetitions);
    spent += last;
    if (last < sampleMs / 2) repetitions *= 2;
    else repetitions = Math.max(1, Math.ceil((repetitions * sampleMs * 1.1) / last));
  }
  return repetitions;
}

/** Nanoseconds per run of each contender, in the order given. */
export async function measureInTurn(
  contenders: readonly Contender[],
  protocol: Protocol,
): Promise<Summary[]> {
  const repetitions: number[] = [];
  for (const contender of contenders) repetitions.push(await warmUp(contender, protocol));
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < protocol.samples; round++)
    for (let turn = 0; turn < contenders.length; turn++) {
      const i = (round + turn) % contenders.length;
      times[i].push(await sampleOf(contenders[i], repetitions, i, protocol));
    }
  return times.map(summarize);
}

/** One sample; a contender that has become faster gets more repetitions and is asked again. */
async function sampleOf(
  contender: Contender,
  repetitions: number[],
  i: number,
  { sampleMs }: Protocol,
): Promise<number> {
  for (;;) {
    const ms = await contender.sample(repetitions[i]);
    if (ms >= sampleMs) return (ms * 1e6) / repetitions[i];
    repetitions[i] = Math.ceil((repetitions[i] * sampleMs * 1.1) / Math.max(ms, sampleMs / 10));
  }
}
