import { type FetchObjectsReply, type FetchObjectsRequest, parseExchange } from '@everynode/contract';
import type { Reflector } from '@everynode/list-watch';
import { type NeededObject, type PodSpec, usedObjects } from '@everynode/objects';
import type { Store } from '@everynode/store';

type Sources = Pick<Store, 'get' | 'getAssignedPods'>;
type Caches = Pick<Reflector, 'cache'>;
type Asked = FetchObjectsRequest['objects'][number];
type Answer = FetchObjectsReply['objects'][number];

const RESOURCES = { ConfigMap: 'configmaps', Secret: 'secrets' } as const;
/** The most content in one reply, in UTF-16 units; a message has 1 MB, and JSON may write a character as two. */
const MAX_TEXT = 200_000;

/** A ConfigMap or Secret: its revision, and what a pod may use of it. */
export interface ObjectWithData {
  revision: number;
  object: { data?: object | null; binaryData?: object | null };
}

/** Reads one from the cache, or from Postgres where the cache lacks it: it may be behind. */
export async function readObjectWithData(
  store: Pick<Store, 'get'>,
  caches: Caches,
  namespace: string,
  { kind, name }: NeededObject,
): Promise<ObjectWithData | undefined> {
  const resource = RESOURCES[kind];
  const cached = caches.cache(resource).get(namespace, name);
  if (cached) return { revision: cached.record.revision, object: cached.object as ObjectWithData['object'] };
  const record = await store.get(resource, namespace, name);
  return record && { revision: record.revision, object: JSON.parse(record.desired) as ObjectWithData['object'] };
}

/**
 * Answers an agent: what is in the ConfigMaps and Secrets that its pods name? An object is looked up only for a pod on
 * a node of the agent that names it; for any other one the answer is the same as for one that does not exist.
 * @throws ContractError for a request that is not valid, and what the store throws.
 */
export async function fetchObjects(store: Sources, caches: Caches, agent: string, body: string): Promise<string> {
  const { objects: asked } = parseExchange('fetch-objects', 'request', body);
  const used = await usedBy(store, agent, [...new Set(asked.map(({ uid }) => uid))]);
  const objects: Answer[] = [];
  let room = MAX_TEXT;
  for (const one of asked) {
    const namespace = used.get(keyOf(one));
    const found = namespace === undefined ? undefined : await readObjectWithData(store, caches, namespace, one);
    const answer: Answer | undefined = found ? answerOf(one, found, room) : {};
    if (!answer) break;
    // A part costs as much as the whole, which is written for it.
    room -= answer.size ?? 0;
    objects.push(answer);
  }
  return JSON.stringify({ objects } satisfies FetchObjectsReply);
}

const keyOf = ({ uid, kind, name }: Pick<Asked, 'uid' | 'kind' | 'name'>): string => `${uid} ${kind} ${name}`;

/** The namespace of each object that these pods name, by pod and object. */
async function usedBy(store: Sources, agent: string, uids: string[]): Promise<ReadonlyMap<string, string>> {
  const used = new Map<string, string>();
  for (const { uid, namespace, desired } of await store.getAssignedPods(agent, uids)) {
    const { spec } = JSON.parse(desired) as { spec?: PodSpec };
    for (const object of spec ? usedObjects(spec) : []) used.set(keyOf({ uid, ...object }), namespace);
  }
  return used;
}

/** Undefined when there is no room for any of the content. */
function answerOf(
  { known, from = 0, of }: Asked,
  { revision, object }: ObjectWithData,
  room: number,
): Answer | undefined {
  if (known === revision) return { revision };
  if (room <= 0) return undefined;
  const { data, binaryData } = object;
  const text = JSON.stringify({ ...(data && { data }), ...(binaryData && { binaryData }) });
  // What has changed since its first part came is sent from its beginning.
  const begin = of === revision ? Math.min(from, text.length) : 0;
  return { revision, from: begin, size: text.length, text: text.slice(begin, begin + room) };
}
