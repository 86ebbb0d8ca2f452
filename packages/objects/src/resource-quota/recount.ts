import type { ResourceQuota, ResourceQuotaStatus } from '../kinds/api-types.js';
import type { Quantity } from '../quantity/index.js';
import { type Amounts, addTo, amountsOf, writtenAmounts, ZERO } from './amounts.js';
import { isInScopes } from './scopes.js';
import { type CountedObject, mayCountAs, usageOf } from './usage.js';

/** Counts what a quota's namespace uses, from nothing. Source: pkg/controller/resourcequota, syncResourceQuota. */
export class QuotaRecount {
  /** Those of the resources whose objects the quota may count. All of them have to be added. */
  readonly resources: readonly string[];
  readonly #quota: ResourceQuota;
  readonly #hard: Amounts;
  readonly #now: number;
  readonly #sum = new Map<string, Quantity>();

  /** `resources` has the storage names of what is there; `now` is ms since the epoch. */
  constructor(quota: ResourceQuota, resources: readonly string[], now: number) {
    this.#quota = quota;
    this.#hard = amountsOf(quota.spec?.hard);
    this.#now = now;
    const names = [...this.#hard.keys()];
    this.resources = resources.filter((resource) => names.some((name) => mayCountAs(resource, name)));
  }

  add(resource: string, object: CountedObject): void {
    if (isInScopes(this.#quota.spec ?? {}, resource, object)) addTo(this.#sum, usageOf(resource, object, this.#now));
  }

  /** The quota's status. A name that no resource counts as keeps what the status has for it. */
  get status(): Required<ResourceQuotaStatus> {
    const known = amountsOf(this.#quota.status?.used);
    const used = new Map<string, Quantity>();
    for (const name of this.#hard.keys()) {
      const isCounted = this.resources.some((resource) => mayCountAs(resource, name));
      const amount = isCounted ? (this.#sum.get(name) ?? ZERO) : known.get(name);
      if (amount) used.set(name, amount);
    }
    return { hard: writtenAmounts(this.#hard), used: writtenAmounts(used) };
  }
}
