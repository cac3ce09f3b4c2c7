/** A way to compute the features of a task, prepared to be timed: samples in, features out, whatever is copied between. */
import type { Dtype } from '../contender.ts';
import { timedLoop } from '../protocol.ts';
import type { Features, FeatureTask } from './task.ts';

export interface FeatureContender {
  /** What turned out when preparing, for the report. */
  readonly note?: string | undefined;
  /** Milliseconds of `repetitions` clips. */
  readonly sample: (repetitions: number) => number | Promise<number>;
  /** What the last run made. */
  readonly read: () => Features | Promise<Features>;
  readonly close: () => void;
}

/** A library or program behind one adapter; `dtype` is that of its transform. */
export interface FeaturePeer {
  readonly name: string;
  readonly dtype: Dtype;
  /** Seconds of the clip it is timed on where the whole takes it a quarter of a minute and more; its times are scaled. */
  readonly excerpt?: number;
  /** Throws when it cannot do the task; the message is printed and the peer skipped. */
  readonly start: (task: FeatureTask) => FeatureContender | Promise<FeatureContender>;
}

/** In this process; `run` returns its features. */
export function inProcess<T extends Features['data']>(
  order: Features['order'],
  run: () => T,
  note?: string,
): FeatureContender {
  let data: T;
  return {
    note,
    sample: timedLoop(() => {
      data = run();
    }),
    read: () => ({ data, order }),
    close: () => {},
  };
}

/** The same for functions that return promises. */
export function inProcessLater(
  order: Features['order'],
  run: () => Promise<Features['data']>,
  note?: string,
): FeatureContender {
  let data: Features['data'] = [];
  return {
    note,
    sample: async (repetitions) => {
      const start = performance.now();
      for (let i = 0; i < repetitions; i++) data = await run();
      return performance.now() - start;
    },
    read: () => ({ data, order }),
    close: () => {},
  };
}
