/** Plans kept by key for functions that take no plan; the one unused for longest is disposed when there are too many. */
export class PlanCache<P extends { dispose(): void }> {
  private readonly plans = new Map<string, P>();
  private readonly maximum: number;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  get(key: readonly (string | number | boolean)[], make: () => P): P {
    const name = key.join();
    const plan = this.plans.get(name) ?? make();
    this.plans.delete(name);
    this.plans.set(name, plan);
    if (this.plans.size > this.maximum) {
      const [oldest] = this.plans.keys();
      this.plans.get(oldest)?.dispose();
      this.plans.delete(oldest);
    }
    return plan;
  }
}
