import {
  type CountedObject,
  type CountingQuota,
  chargeQuotas,
  countingQuota,
  countsByContent,
  isCounted,
  type ResourceQuota,
  type ResourceQuotaStatus,
  type StoredParts,
  writtenAmounts,
} from '@everynode/objects';
import type { WritingDecision } from '../statements/changes.js';
import type { ReadRow } from '../statements/select-current.js';
import type { QuotaRow } from '../statements/select-quotas.js';
import type { ObjectKey } from '../write.js';

/** A quota while a batch is decided. */
interface Account {
  readonly row: QuotaRow;
  quota: CountingQuota;
  isCharged: boolean;
}

/** A quota that writes of the batch were charged to. */
export interface Charged {
  readonly row: QuotaRow;
  /** Its status after that. */
  readonly observed: string;
}

/** True where an update may change what the object counts for. */
export const mayRecount = ({ resource, namespace }: ObjectKey): boolean =>
  namespace !== '' && countsByContent(resource);

/** The namespaces whose quotas count some write of a batch. */
export const countedNamespaces = (batch: readonly { readonly key: ObjectKey }[]): string[] => [
  ...new Set(batch.flatMap(({ key }) => (key.namespace !== '' && isCounted(key.resource) ? [key.namespace] : []))),
];

/**
 * What the quotas of a batch's namespaces have counted. Each write is charged as it is decided, on what the writes
 * before it have left: the counter row keeps every other writer out, so no two can have the last place. The sums are
 * stored with the batch. Why: docs/decisions/0030-quotas-in-the-commit.md.
 */
export class QuotaLedger {
  readonly #accounts = new Map<string, Account[]>();
  readonly #now: number;

  /** `now` is ms since the epoch: a pod that should have ended long ago no longer counts. */
  constructor(rows: readonly QuotaRow[], now: number) {
    this.#now = now;
    for (const row of rows) {
      const account = { row, quota: countingQuota(objectOf(row) as ResourceQuota), isCharged: false };
      const known = this.#accounts.get(row.namespace);
      if (known) known.push(account);
      else this.#accounts.set(row.namespace, [account]);
    }
  }

  /** Counts a write. @throws ApiError Forbidden where a quota does not allow it; then nothing is counted. */
  charge({ resource, namespace, name }: ObjectKey, decision: WritingDecision, current: ReadRow | undefined): void {
    const accounts = this.#accounts.get(namespace);
    if (!accounts || !isCounted(resource)) return;
    if (decision.kind === 'update' && !changesCount(resource, decision, current)) return;
    const isWhole = countsByContent(resource);
    const before = current && (isWhole ? objectOf(current) : {});
    const after = decision.kind === 'delete' ? undefined : isWhole ? objectOf({ ...current, ...decision.parts }) : {};
    const used = chargeQuotas(
      accounts.map(({ quota }) => quota),
      { resource, name, before, after, isBounded: isBounded(decision), now: this.#now },
    );
    accounts.forEach((account, i) => {
      const counted = used[i];
      if (!counted) return;
      account.quota = { ...account.quota, used: counted };
      account.isCharged = true;
    });
  }

  /** The quota as the writes before have left it; undefined for one that none of them was charged to. */
  chargedBefore(key: ObjectKey): Charged | undefined {
    const account = this.#find(key);
    return account?.isCharged ? chargedOf(account) : undefined;
  }

  /** Notes that a change stores what the quota has counted, or removes the quota. */
  settle(key: ObjectKey): void {
    const account = this.#find(key);
    if (account) account.isCharged = false;
  }

  /** The quotas that were charged and not settled. */
  charged(): Charged[] {
    return [...this.#accounts.values()].flatMap((accounts) =>
      accounts.filter(({ isCharged }) => isCharged).map(chargedOf),
    );
  }

  #find({ resource, namespace, name }: ObjectKey): Account | undefined {
    if (resource !== 'resourcequotas') return undefined;
    return this.#accounts.get(namespace)?.find(({ row }) => row.name === name);
  }
}

function chargedOf({ row, quota }: Account): Charged {
  const status = JSON.parse(row.observed ?? '{}') as ResourceQuotaStatus;
  return { row, observed: JSON.stringify({ ...status, used: writtenAmounts(quota.used) }) };
}

/** A creation may be refused, and so may a change of what is desired. A status only says what has happened. */
export const isBounded = (decision: WritingDecision): boolean =>
  decision.kind === 'create' || (decision.kind === 'update' && decision.parts.desired !== undefined);

/**
 * False for an update that changes nothing of what the object counts for. Most pods' statuses are such. A pod that is
 * marked to end at once counts no more.
 */
function changesCount(
  resource: string,
  { parts, deleting }: { parts: Partial<StoredParts>; deleting?: boolean },
  current: ReadRow | undefined,
): boolean {
  if (!countsByContent(resource)) return false;
  if (resource === 'pods' && deleting === true) return true;
  if (parts.desired !== undefined) return true;
  if (parts.observed === undefined) return false;
  return resource !== 'pods' || phaseOf(parts.observed) !== phaseOf(current?.observed);
}

const phaseOf = (observed: string | null | undefined): string | undefined =>
  (JSON.parse(observed ?? '{}') as { phase?: string }).phase;

/** The object of its parts. All of them were read: see completeRows. */
function objectOf({ metadata, desired, observed }: Partial<ReadRow>): CountedObject {
  return {
    metadata: JSON.parse(metadata ?? '{}'),
    ...JSON.parse(desired ?? '{}'),
    ...(observed && { status: JSON.parse(observed) }),
  };
}
