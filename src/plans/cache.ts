/** Points of all kept plans together: two of the largest size. */
const maximumPoints = 2 ** 23;

/**
 * Plans kept by key for functions that take no plan. Those unused for longest are disposed when there are too many, or when they
 * are too large together; the one asked for last is always kept.
 */
export class PlanCache<K extends string | number, P extends { dispose(): void }> {
  private readonly plans = new Map<K, { readonly plan: P; readonly points: number }>();
  private readonly maximum: number;
  private points = 0;
  private lastKey: K | undefined;
  private lastPlan: P | undefined;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** The plan of a key, made of so many points where it is not kept. */
  get(key: K, points: number, make: () => P): P {
    if (this.lastPlan !== undefined && key === this.lastKey) return this.lastPlan;
    const kept = this.plans.get(key) ?? { plan: make(), points };
    if (!this.plans.delete(key)) this.points += points;
    this.plans.set(key, kept);
    this.lastKey = key;
    this.lastPlan = kept.plan;
    for (const [oldest, { plan, points: freed }] of this.plans) {
      if (this.plans.size <= this.maximum && this.points <= maximumPoints) break;
      if (oldest === key) break;
      this.plans.delete(oldest);
      this.points -= freed;
      plan.dispose();
    }
    return kept.plan;
  }
}
