/** Long computations give way to the event loop now and then. */

/** Longest time a loop keeps the thread to itself, in milliseconds. */
const length = 30;

/** `if (slice.used()) await slice.next();` in a loop. */
export class TimeSlice {
  private begun = performance.now();

  used(): boolean {
    return performance.now() - this.begun >= length;
  }

  /** Lets others run, then begins again. */
  async next(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.begun = performance.now();
  }
}
