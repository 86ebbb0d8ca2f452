import { randomUUID } from 'node:crypto';
import { MANAGED_BY_LABEL, type SliceContent, type SlicePlan } from '@everynode/endpoints';
import type { Reflector } from '@everynode/list-watch';
import { type EndpointSlice, generatedName, metadataText, type Stored, type StoredMeta } from '@everynode/objects';
import type { Fence, ObjectKey, Store, WriteRequest, WriteResult } from '@everynode/store';
import { type OwnerKind, ownerReferenceTo } from '@everynode/workloads';
import { passMoment } from '../workloads/moment.js';
import { creationOf, NameTakenError } from '../workloads/new-object.js';

export const SLICES = 'endpointslices.discovery.k8s.io';

/** Whose slices they are: a service, or Endpoints that are mirrored. */
export interface SliceOwner {
  kind: OwnerKind;
  object: { metadata: { name: string; namespace: string; uid: string } };
}

/** The slices of a service that a controller has made. */
export function slicesBy(
  controller: string,
  reflector: Pick<Reflector, 'cache'>,
  service: string,
): Stored<EndpointSlice>[] {
  const slices = reflector.cache(SLICES).find('byService', service);
  return Array.from(slices).flatMap(({ labels, object }) => (labels?.[MANAGED_BY_LABEL] === controller ? object : []));
}

/** Does what a plan says. Returns the last revision, 0 for none. */
export async function writeSlices(
  store: Pick<Store, 'write'>,
  owner: SliceOwner,
  { create, update, remove }: SlicePlan,
  fence: Fence,
): Promise<number> {
  const results = await Promise.all([
    ...create.map((content) => createSlice(store, owner, content, fence)),
    ...update.map(({ slice, content }) => store.write(updateOf(slice, content, fence))),
    ...remove.map((slice) => store.write(removalOf(slice, fence))),
  ]);
  return Math.max(0, ...results.map(({ revision }) => revision));
}

async function createSlice(
  store: Pick<Store, 'write'>,
  { kind, object }: SliceOwner,
  content: SliceContent,
  fence: Fence,
): Promise<WriteResult> {
  const { namespace, name: owner } = object.metadata;
  const generateName = `${owner}-`;
  for (;;) {
    const uid = randomUUID();
    const name = generatedName(generateName);
    const metadata: StoredMeta = {
      name,
      generateName,
      namespace,
      uid,
      creationTimestamp: passMoment().at,
      generation: 1,
      labels: content.labels,
      ...annotationsOf(content, undefined),
      ownerReferences: [ownerReferenceTo(kind, object)],
    };
    const parts = { metadata: metadataText(metadata), desired: desiredOf(content), observed: null };
    try {
      const key: ObjectKey = { resource: SLICES, namespace, name };
      return await store.write(creationOf(key, { uid, parts, placement: null }, fence));
    } catch (error) {
      if (!(error instanceof NameTakenError)) throw error;
    }
  }
}

/** The annotations of a slice; none is left out. Those of a slice that mirrors nothing stay. */
function annotationsOf(
  { annotations }: SliceContent,
  before: StoredMeta['annotations'],
): Pick<StoredMeta, 'annotations'> {
  const due = annotations ?? before ?? {};
  return Object.keys(due).length > 0 ? { annotations: due } : {};
}

const desiredOf = ({ addressType, endpoints, ports }: SliceContent): string =>
  JSON.stringify({ addressType, endpoints, ports });

const keyOf = ({ metadata }: Stored<EndpointSlice>): ObjectKey => ({
  resource: SLICES,
  namespace: metadata.namespace,
  name: metadata.name,
});

function updateOf(slice: Stored<EndpointSlice>, content: SliceContent, fence: Fence): WriteRequest<'all'> {
  return {
    key: keyOf(slice),
    reads: 'all',
    fence,
    decide: (current) => {
      if (current?.uid !== slice.metadata.uid) return { kind: 'keep' };
      const { annotations, ...before } = JSON.parse(current.metadata) as StoredMeta;
      const generation = (before.generation ?? 0) + 1;
      const metadata = { ...before, labels: content.labels, generation, ...annotationsOf(content, annotations) };
      return { kind: 'update', parts: { metadata: metadataText(metadata), desired: desiredOf(content) } };
    },
  };
}

function removalOf(slice: Stored<EndpointSlice>, fence: Fence): WriteRequest<'head'> {
  return {
    key: keyOf(slice),
    reads: 'head',
    fence,
    decide: (current) => ({ kind: current?.uid === slice.metadata.uid ? 'delete' : 'keep' }),
  };
}
