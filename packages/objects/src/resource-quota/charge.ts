import { type ErrorSubject, forbiddenTo } from '../api-error.js';
import type { PodSpec, ResourceQuota, ResourceQuotaSpec } from '../kinds/api-types.js';
import { addQuantities, compareQuantities, type Quantity, subtractQuantities } from '../quantity/index.js';
import { type Amounts, amountsOf, describeAmounts, ZERO } from './amounts.js';
import { missingAmounts } from './pod-usage.js';
import { isInScopes } from './scopes.js';
import { type CountedObject, mayCountAs, usageOf } from './usage.js';

/** A quota, as far as it is in force: what its status says. */
export interface CountingQuota {
  readonly name: string;
  readonly spec: ResourceQuotaSpec;
  readonly hard: Amounts;
  readonly used: Amounts;
}

/** A write of an object of the quotas' namespace. */
export interface CountedWrite {
  /** The storage name of the resource. */
  resource: string;
  name: string;
  /** Undefined for a creation. */
  before?: CountedObject | undefined;
  /** Undefined for a deletion. */
  after?: CountedObject | undefined;
  /** False where the write counts and cannot be refused: a deletion, a status. */
  isBounded: boolean;
  /** ms since the epoch. */
  now: number;
}

/** The parts of a quota that are counted with. */
export const countingQuota = ({ metadata, spec, status }: ResourceQuota): CountingQuota => ({
  name: metadata?.name ?? '',
  spec: spec ?? {},
  hard: amountsOf(status?.hard),
  used: amountsOf(status?.used),
});

/**
 * Returns what each quota has counted once the write is done, in the order of the quotas; undefined for one that the
 * write changes nothing of. @throws ApiError Forbidden for a write that a quota does not allow.
 * Source: apiserver/pkg/admission/plugin/resourcequota/controller.go, CheckRequest.
 */
export function chargeQuotas(
  quotas: readonly CountingQuota[],
  write: CountedWrite,
): (ReadonlyMap<string, Quantity> | undefined)[] {
  const matched = quotas.map((quota) => matchedBy(quota, write));
  if (write.isBounded) {
    quotas.forEach((quota, i) => {
      if (matched[i]?.isAfter) refuseUncountable(quota, write);
    });
  }
  return quotas.map((quota, i) => chargeOne(quota, write, matched[i] ?? UNMATCHED));
}

const UNMATCHED = { isBefore: false, isAfter: false };

/** Whether a quota has the object, before and after the write. */
function matchedBy({ spec, hard }: CountingQuota, { resource, before, after }: CountedWrite) {
  if (![...hard.keys()].some((name) => mayCountAs(resource, name))) return UNMATCHED;
  return {
    isBefore: before !== undefined && isInScopes(spec, resource, before),
    isAfter: after !== undefined && isInScopes(spec, resource, after),
  };
}

function refuseUncountable({ name, hard, used }: CountingQuota, write: CountedWrite): void {
  const counted = [...hard.keys()].filter((each) => mayCountAs(write.resource, each));
  if (write.resource === 'pods') {
    const missing = missingAmounts((write.after?.spec ?? { containers: [] }) as PodSpec, counted);
    if (missing) throw forbiddenTo(subjectOf(write), `failed quota: ${name}: must specify ${missing}`);
  }
  if (counted.every((each) => used.has(each))) return;
  throw forbiddenTo(subjectOf(write), `status unknown for quota: ${name}, resources: ${counted.toSorted().join(',')}`);
}

function chargeOne(
  quota: CountingQuota,
  write: CountedWrite,
  { isBefore, isAfter }: { isBefore: boolean; isAfter: boolean },
): ReadonlyMap<string, Quantity> | undefined {
  const { before, after, resource, now } = write;
  const former = isBefore && before ? usageOf(resource, before, now) : NOTHING;
  const latter = isAfter && after ? usageOf(resource, after, now) : NOTHING;
  const more = new Map<string, Quantity>();
  const used = new Map(quota.used);
  for (const name of new Set([...former.keys(), ...latter.keys()])) {
    const known = quota.used.get(name);
    if (!known || !quota.hard.has(name)) continue;
    const difference = subtractQuantities(latter.get(name) ?? ZERO, former.get(name) ?? ZERO);
    if (difference.nanos === 0n) continue;
    if (difference.nanos > 0n) more.set(name, difference);
    const sum = addQuantities(known, difference);
    used.set(name, sum.nanos < 0n ? { ...sum, nanos: 0n } : sum);
  }
  // As upstream, an update of a pod that moves into the scope of a quota is not held to it.
  const isBounded = write.isBounded && (resource !== 'pods' || before === undefined || isBefore);
  if (isBounded) refuseExceeding(quota, write, more, used);
  return [...used].some(([name, amount]) => amount.nanos !== quota.used.get(name)?.nanos) ? used : undefined;
}

const NOTHING: Amounts = new Map();

function refuseExceeding(
  { name, hard, used: known }: CountingQuota,
  write: CountedWrite,
  more: Amounts,
  used: Amounts,
) {
  const exceeded = [...more.keys()].filter((each) => {
    const [sum, bound] = [used.get(each), hard.get(each)];
    return sum && bound && compareQuantities(sum, bound) > 0;
  });
  if (exceeded.length === 0) return;
  const of = (amounts: Amounts): string =>
    describeAmounts(new Map([...amounts].filter(([each]) => exceeded.includes(each))));
  throw forbiddenTo(
    subjectOf(write),
    `exceeded quota: ${name}, requested: ${of(more)}, used: ${of(known)}, limited: ${of(hard)}`,
  );
}

/** The object as errors name it: the storage name is that of the resource and of its group. */
function subjectOf({ resource, name }: CountedWrite): ErrorSubject {
  const [plural = '', ...group] = resource.split('.');
  return { plural, group: group.join('.'), name };
}
