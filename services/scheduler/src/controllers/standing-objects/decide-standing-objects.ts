import { type KubeObject, type StoredMeta, splitObject, timestamp } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/** The namespace in which the api publishes the CA that its clients need. */
export const SOURCE_NAMESPACE = 'kube-system';
export const SERVICE_ACCOUNT = { resource: 'serviceaccounts', name: 'default' } as const;
export const ROOT_CA = { resource: 'configmaps', name: 'kube-root-ca.crt' } as const;

/** What a copy of the CA has in common with the one it is made from. */
export interface RootCa {
  annotations: Record<string, string> | undefined;
  data: unknown;
}

/** Creates the service account that every namespace has. `now` is ms since the epoch. */
export function decideServiceAccount(current: unknown, namespace: string, uid: string, now: number): Decision {
  if (current) return { kind: 'keep' };
  const metadata = metadataOf(SERVICE_ACCOUNT.name, namespace, uid, now);
  return create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
}

/**
 * Creates the config map with the CA, or restores its content, which pods and clients trust.
 * Source: pkg/controller/certificates/rootcacertpublisher.
 */
export function decideRootCa(
  current: Pick<Current<'all'>, 'desired'> | undefined,
  namespace: string,
  source: RootCa,
  uid: string,
  now: number,
): Decision {
  if (current) {
    const desired = JSON.parse(current.desired) as object;
    const next = JSON.stringify({ ...desired, data: source.data });
    return next === current.desired ? { kind: 'keep' } : { kind: 'update', parts: { desired: next } };
  }
  const metadata = metadataOf(ROOT_CA.name, namespace, uid, now);
  if (source.annotations) metadata.annotations = source.annotations;
  return create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: source.data });
}

function metadataOf(name: string, namespace: string, uid: string, now: number): StoredMeta {
  return { name, namespace, uid, creationTimestamp: timestamp(now) };
}

function create(object: KubeObject): Decision {
  return { kind: 'create', uid: object.metadata.uid, parts: splitObject(object), placement: null };
}
