import { CachedObject } from '@everynode/list-watch';
import {
  apiVersionOf,
  type ErrorSubject,
  type KubeObject,
  type ObjectRecord,
  placementOf,
  type ResourceDefinition,
  recordToObject,
  resourceByStorage,
  splitObject,
  trustedMetadata,
} from '@everynode/objects';
import type { Current, Decision, ObjectKey, WriteResult } from '@everynode/store';
import type { ApiContext } from '../api-context.js';

/** One object that a request is about. */
export interface Target {
  definition: ResourceDefinition;
  namespace: string;
  name: string;
}

export const subjectOf = ({ definition, name }: Target): ErrorSubject => ({
  group: definition.group,
  plural: definition.plural,
  name,
});

export const keyOfTarget = ({ definition, namespace, name }: Target): ObjectKey => ({
  resource: definition.storage,
  namespace,
  name,
});

/** The definition under whose type objects of this one are stored. */
export const storedDefinition = (definition: ResourceDefinition): ResourceDefinition =>
  definition.convert ? resourceByStorage(definition.storage) : definition;

/** The stored object in the request's version. */
export function objectOf({ definition }: Target, current: Current<'all'>): KubeObject {
  const stored = storedDefinition(definition);
  const object = recordToObject(current, apiVersionOf(stored), stored.kind);
  return definition.convert ? definition.convert.fromStored(object) : object;
}

function recordOf(target: Target, current: Current<'all'>): ObjectRecord {
  const { metadata, desired, observed, uid, revision, placement } = current;
  return { ...keyOfTarget(target), uid, revision, placement, metadata, desired, observed };
}

/** An object of the request's version as the parts and marks that the store keeps. */
export function toStored(definition: ResourceDefinition, object: KubeObject) {
  const stored = definition.convert ? definition.convert.toStored(object) : object;
  return {
    parts: splitObject(stored),
    placement: placementOf(definition.storage, stored),
    deleting: stored.metadata.deletionTimestamp !== undefined,
  };
}

/** What a write left behind, for the answer. */
export interface Written {
  object: CachedObject;
  outcome: WriteResult['outcome'];
}

/**
 * Runs a decision on the present object and commits it, or with `dryRun` does everything but the commit. The answer is
 * the object as it is afterwards; for a delete its last state.
 */
export async function commit(
  context: ApiContext,
  target: Target,
  dryRun: boolean,
  decide: (current: Current<'all'> | undefined) => Decision,
): Promise<Written> {
  let before: Current<'all'> | undefined;
  let decision: Decision = { kind: 'keep' };
  const run = (current: Current<'all'> | undefined): Decision => {
    before = current;
    decision = decide(current);
    return decision;
  };
  const key = keyOfTarget(target);
  let result: WriteResult;
  if (dryRun) {
    const record = await context.store.get(key.resource, key.namespace, key.name);
    const made = run(record && currentFrom(record));
    result = { outcome: OUTCOMES[made.kind], uid: record?.uid, revision: record?.revision ?? 0 };
  } else {
    result = await context.store.write({ key, reads: 'all', decide: run });
  }
  return { object: afterwards(target, before, decision, result), outcome: result.outcome };
}

const OUTCOMES = { create: 'created', update: 'updated', delete: 'deleted', keep: 'kept' } as const;

function currentFrom(record: ObjectRecord): Current<'all'> {
  const { uid, revision, placement, metadata, desired, observed } = record;
  return {
    uid,
    revision,
    placement,
    metadata: trustedMetadata(metadata),
    desired,
    observed,
    deleting: metadata.includes('"deletionTimestamp"'),
    sequence: 0,
  };
}

function afterwards(
  target: Target,
  before: Current<'all'> | undefined,
  decision: Decision,
  result: WriteResult,
): CachedObject {
  const stored = storedDefinition(target.definition);
  const kind = { apiVersion: apiVersionOf(stored), kind: stored.kind };
  const parts = decision.kind === 'keep' ? {} : (decision.parts ?? {});
  const placement = decision.kind === 'create' || decision.kind === 'update' ? decision.placement : undefined;
  const base = before && recordOf(target, before);
  const uid = decision.kind === 'create' ? decision.uid : (base?.uid ?? '');
  const record: ObjectRecord = {
    ...keyOfTarget(target),
    metadata: '{}',
    desired: '{}',
    observed: null,
    placement: null,
    ...base,
    ...parts,
    ...(placement !== undefined && { placement }),
    uid,
    revision: result.revision,
  };
  return new CachedObject(record, kind);
}
