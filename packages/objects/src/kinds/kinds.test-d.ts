/**
 * What must and must not compile: `npm run typecheck:tests` fails when a line marked with @ts-expect-error is accepted.
 * Nothing here runs.
 */
import type { ObjectRecord } from '../record.js';
import type { ResourceDefinition } from '../resource.js';
import { defineResource } from '../resources/define-resource.js';
import { resourceByStorage } from '../resources/registry.js';
import { podTable } from '../table/index.js';
import type { DaemonSet, Node, Pod } from './api-types.js';
import type { Kinds, ResourceName, Stored, StoredKinds } from './kinds.js';

declare const pod: Stored<Pod>;
declare const node: Stored<Node>;
declare const sent: Pod;

export function aResourceHasItsNameOnly(): void {
  const right: ResourceName = 'daemonsets.apps';
  // @ts-expect-error a resource of a group is stored under its plural and its group
  const wrong: ResourceName = 'daemonsets';
  // @ts-expect-error nothing is stored under this name
  resourceByStorage('nothings');
  // @ts-expect-error a record names its resource as it is stored
  const record: Pick<ObjectRecord, 'resource'> = { resource: 'pod' };
  void [right, wrong, record, resourceByStorage(right)];
}

export function aStoredObjectHasWhatTheStoreGives(): void {
  const name: string = pod.metadata.name;
  const namespace: string = pod.metadata.namespace;
  const uid: string = node.metadata.uid;
  // @ts-expect-error a node has no namespace
  const none: string = node.metadata.namespace;
  // @ts-expect-error what a client sends may have no metadata
  const missing: string = sent.metadata.name;
  void [name, namespace, uid, none, missing];
}

export function aKindIsThatOfItsResource(): void {
  const daemonSet: (object: Kinds['daemonsets.apps']) => DaemonSet = (object) => object;
  const stored: StoredKinds['pods'] = pod;
  // @ts-expect-error a node is not a pod
  const other: StoredKinds['pods'] = node;
  void [daemonSet, stored, other];
}

export function theHooksOfADefinitionGetItsKind(): ResourceDefinition {
  return defineResource<Stored<Pod>>({
    group: '',
    version: 'v1',
    kind: 'Pod',
    plural: 'pods',
    namespaced: true,
    schema: 'io.k8s.api.core.v1.Pod',
    table: podTable,
    fields: {
      'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
      // @ts-expect-error a pod has no data
      data: ({ data }) => data,
    },
  });
}
