/** Ctrl-C asks a command to stop where it can go on later. */

export interface StopSignal {
  /** Was it asked? */
  readonly requested: boolean;
  /** Listen no more. */
  end(): void;
}

/** The first interrupt is a request; a second one kills as usual. */
export function stopSignal(): StopSignal {
  const state = {
    requested: false,
    end: () => {
      process.removeListener('SIGINT', onStop);
      process.removeListener('SIGTERM', onStop);
    },
  };
  const onStop = (): void => {
    state.requested = true;
  };
  process.once('SIGINT', onStop);
  process.once('SIGTERM', onStop);
  return state;
}
