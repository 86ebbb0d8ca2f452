import { ContractError, type FindMissingReply, parseExchange } from '@everynode/contract';
import type { Reflector } from '@everynode/list-watch';
import { type NeededObject, neededObjects, type PodSpec } from '@everynode/objects';
import type { Store } from '@everynode/store';
import { readObjectWithData } from './pod-objects.js';

type Sources = Pick<Store, 'get' | 'getAssignedPods'>;
type Caches = Pick<Reflector, 'cache'>;

/** An object without its content: the names of its keys. */
type Keys = ReadonlySet<string>;

/**
 * Returns which objects and keys a pod names and needs that are not there. `keysOf` returns the keys of an object of
 * the pod's namespace; undefined for one that does not exist.
 */
async function missingOf(
  spec: PodSpec,
  keysOf: (object: NeededObject) => Promise<Keys | undefined>,
): Promise<NeededObject[]> {
  const missing: NeededObject[] = [];
  for (const { kind, name, key } of neededObjects(spec)) {
    const keys = await keysOf({ kind, name });
    const object: NeededObject = { kind, name };
    if (!keys) missing.push(object);
    else if (key !== undefined && !keys.has(key)) missing.push({ ...object, key });
  }
  return missing;
}

/**
 * Answers an agent: what do its pods name that does not exist? Only pods on nodes of the agent are looked at, and no
 * content leaves this process. What the cache lacks is looked up in Postgres, because the cache may be behind.
 * @throws ContractError for a request that is not valid, and what the store throws.
 */
export async function findMissing(store: Sources, caches: Caches, agent: string, body: string): Promise<string> {
  const { uids } = parseExchange('find-missing', 'request', body);
  const pods: FindMissingReply['pods'] = [];
  // Many pods, and many variables of one, name the same object.
  const known = new Map<string, Promise<Keys | undefined>>();
  const keysIn = (namespace: string, object: NeededObject): Promise<Keys | undefined> => {
    const place = JSON.stringify([namespace, object.kind, object.name]);
    const keys = known.get(place) ?? keysOf(store, caches, namespace, object);
    known.set(place, keys);
    return keys;
  };
  for (const { uid, namespace, desired } of await store.getAssignedPods(agent, uids)) {
    const { spec } = JSON.parse(desired) as { spec?: PodSpec };
    if (!spec) throw new ContractError(`the pod ${uid} has no spec`);
    const missing = await missingOf(spec, (object) => keysIn(namespace, object));
    pods.push({ uid, missing });
  }
  return JSON.stringify({ pods } satisfies FindMissingReply);
}

async function keysOf(
  store: Sources,
  caches: Caches,
  namespace: string,
  needed: NeededObject,
): Promise<Keys | undefined> {
  const found = await readObjectWithData(store, caches, namespace, needed);
  return found && new Set([...Object.keys(found.object.data ?? {}), ...Object.keys(found.object.binaryData ?? {})]);
}
