import { CachedObject } from '@everynode/list-watch';
import {
  apiVersionOf,
  type KubeObject,
  type ObjectRecord,
  type splitObject,
  trustedMetadata,
} from '@everynode/objects';
import type { Current, Decision, WriteResult } from '@everynode/store';
import type { ApiContext } from '../api-context.js';
import { refuseBeyondQuotas } from './quota-check.js';
import { objectOf, recordOf, storedDefinition } from './stored-object.js';
import { keyOfTarget, type Target } from './target.js';

/**
 * A decision, or a deletion whose answer is not the stored object. A client that removes the last finalizer is answered
 * the object without it, in its last version; watches end with the object as it was stored.
 * Source: apiserver registry/generic/registry/store.go, deleteWithoutFinalizers.
 */
export type AnsweredDecision = Decision | { kind: 'delete'; answer: ReturnType<typeof splitObject> };

/** A decision about one object, and whether it is committed. */
export interface Commit {
  target: Target;
  /** True: everything is done but the commit. */
  dryRun: boolean;
  /** Runs inside the store's transaction, on the object as it is then: see WriteRequest of packages/store. */
  decide(current: Current<'all'> | undefined): AnsweredDecision;
}

/** The result of a write. */
export interface Written {
  /** The object after the write; its last state where it was deleted. */
  object: CachedObject;
  outcome: WriteResult['outcome'];
  /** Returns the object before the write; undefined where there was none. */
  before(): KubeObject | undefined;
}

/** The operation that a write was, as admission plugins name it: an update may have created its object. */
export const operationOf = (outcome: Written['outcome']): 'create' | 'update' =>
  outcome === 'created' ? 'create' : 'update';

/** The result of a write whose object a client sent. */
export interface ClientWrite extends Written {
  /** The object as the client sent it, or as its patch made it: before plugins and defaults complete it. */
  sent: KubeObject;
  /** What reading the object had to warn of. */
  warnings: string[];
}

/** Runs a decision on the present object and commits it: the only place where the api writes objects. */
export async function commit(context: ApiContext, write: Commit): Promise<Written> {
  const { dynamic } = context;
  return dynamic ? await dynamic.settle(() => commitOnce(context, write)) : await commitOnce(context, write);
}

async function commitOnce(context: ApiContext, { target, dryRun, decide }: Commit): Promise<Written> {
  let before: Current<'all'> | undefined;
  let decision: AnsweredDecision = { kind: 'keep' };
  const run = (current: Current<'all'> | undefined): Decision => {
    before = current;
    decision = decide(current);
    return 'answer' in decision ? { kind: 'delete' } : decision;
  };
  const key = keyOfTarget(target);
  let result: WriteResult;
  if (dryRun) {
    const record = await context.store.get(key.resource, key.namespace, key.name);
    const current = record && currentFrom(record);
    const made = run(current);
    refuseBeyondQuotas(context, target, made, current);
    result = { outcome: OUTCOMES[made.kind], uid: record?.uid, revision: record?.revision ?? 0 };
  } else {
    const { store, limits, work } = context;
    const write = (decide: typeof run) => store.write({ key, reads: 'all', decide, ...limits });
    // Decisions run among those of others, inside a transaction that holds all of them up.
    result = await (work ? work.later((charged) => write((current) => charged(() => run(current)))) : write(run));
  }
  return {
    object: afterwards(target, before, decision, result),
    outcome: result.outcome,
    before: () => before && objectOf(target, before),
  };
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

/** The object that a decision leaves behind. */
function afterwards(
  target: Target,
  before: Current<'all'> | undefined,
  decision: AnsweredDecision,
  result: WriteResult,
): CachedObject {
  const stored = storedDefinition(target.definition);
  const kind = { apiVersion: apiVersionOf(stored), kind: stored.kind };
  const isAnswered = 'answer' in decision;
  const parts = isAnswered ? decision.answer : decision.kind === 'keep' ? {} : (decision.parts ?? {});
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
    revision: isAnswered ? (before?.revision ?? result.revision) : result.revision,
  };
  return new CachedObject(record, kind);
}
