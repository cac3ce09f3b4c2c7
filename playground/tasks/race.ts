/** Transforms of papilio and of others on this machine: checked, then timed in turn. */
import { planFftSync } from 'papilio';
import { measure, type BackendName } from 'papilio/compiler';
import { errorsOf, pairsOf, type Contestant, type Course, type Pairs } from '../race/contestant.ts';
import { rivals } from '../race/rivals.ts';
import type { RaceInput } from '../race/state.ts';
import type { Task } from '../shell/task.ts';

/** Sizes; fft.js has powers of two alone. */
export const sizes = [256, 400, 1024, 4096] as const;

export interface Runner {
  readonly name: string;
  /** ||y - DFT|| / ||DFT||, the DFT in float64 straight from its sum. */
  readonly error: number;
  readonly right: boolean;
  /** Nanoseconds per transform: the median, and half the distance between the quartiles. null: it was not right. */
  readonly ns: number | null;
  readonly spread: number | null;
}
export interface Heat {
  readonly n: number;
  readonly runners: readonly Runner[];
}

/** Samples that float32 holds, in [-1, 1). */
function signalOf(n: number, input: RaceInput): Pairs {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.fround(state / 0x40000000 - 1);
  };
  return Float64Array.from({ length: 2 * n }, (_, i) => (input === 'real' && i % 2 === 1 ? 0 : next()));
}

/** The DFT as it is defined; its first `bins`. */
function definition(x: Pairs, bins: number): Pairs {
  const n = x.length / 2;
  const turn = Array.from({ length: n }, (_, k) => (-2 * Math.PI * k) / n);
  const [cos, sin] = [Float64Array.from(turn, Math.cos), Float64Array.from(turn, Math.sin)];
  const out = new Float64Array(2 * bins);
  for (let k = 0; k < bins; k++) {
    let [re, im] = [0, 0];
    for (let j = 0, at = 0; j < n; j++, at = (at + k) % n) {
      re += x[2 * j] * cos[at] - x[2 * j + 1] * sin[at];
      im += x[2 * j] * sin[at] + x[2 * j + 1] * cos[at];
    }
    [out[2 * k], out[2 * k + 1]] = [re, im];
  }
  return out;
}

function ofPapilio({ x, input, bins }: Course, backend: BackendName, dtype: 'f32' | 'f64'): Contestant {
  const n = x.length / 2;
  const plan = planFftSync({ n, input, backend, dtype });
  for (let i = 0; i < n; i++) plan.input.re[i] = x[2 * i];
  if (input === 'complex') for (let i = 0; i < n; i++) (plan.input.im as Float64Array)[i] = x[2 * i + 1];
  const [numbers, where] = [
    dtype === 'f32' ? 'float32' : 'float64',
    backend === 'wasm' ? 'WebAssembly' : 'JavaScript',
  ];
  return {
    name: `papilio, ${numbers}, ${where}`,
    allowed: errorsOf[dtype],
    run: () => void plan.run(),
    result: () => {
      const { re, im } = plan.output as { re: ArrayLike<number>; im: ArrayLike<number> };
      return pairsOf(re, im, bins);
    },
  };
}

async function contestants(course: Course): Promise<Contestant[]> {
  const own = [
    ofPapilio(course, 'wasm', 'f32'),
    ofPapilio(course, 'wasm', 'f64'),
    ofPapilio(course, 'js', 'f64'),
  ];
  return [...own, ...(await rivals(course))];
}

async function heatOf(n: number, input: RaceInput): Promise<Heat> {
  const bins = input === 'real' ? n / 2 + 1 : n;
  const x = signalOf(n, input);
  const wanted = definition(x, bins);
  const size = Math.sqrt(wanted.reduce((sum, v) => sum + v * v, 0));
  const all = (await contestants({ x, input, bins })).map((own) => {
    own.run();
    const result = own.result();
    const error = Math.sqrt(wanted.reduce((sum, v, i) => sum + (result[i] - v) ** 2, 0)) / size;
    return { own, error, right: error <= own.allowed };
  });
  const right = all.filter((c) => c.right);
  const times = measure(
    right.map(({ own }) => ({ name: own.name, run: () => own.run(), units: 1 })),
    { samples: 15, sampleMs: 3, warmupMs: 30 },
  );
  const runners = all.map(({ own: { name }, error, right: isRight }): Runner => {
    const time = times.find((t) => t.name === name);
    return { name, error, right: isRight, ns: time?.ns ?? null, spread: time?.spread ?? null };
  });
  return { n, runners };
}

const race: Task<{ readonly input: RaceInput }, Heat[], Heat[]> = async (
  { input },
  { progress, breathe },
) => {
  const heats: Heat[] = [];
  for (const n of sizes) {
    heats.push(await heatOf(n, input));
    progress([...heats]);
    await breathe();
  }
  return heats;
};
export default race;
