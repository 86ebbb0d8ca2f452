/**
 * What must and must not compile: `npm run typecheck:tests` fails when a line marked with @ts-expect-error is accepted.
 * Nothing here runs.
 */
import type { KubeObject, PodStatus } from '@everynode/objects';
import {
  type CachedObject,
  type Indexer,
  isChangeOf,
  type ObjectCache,
  type ObjectChange,
  type Reflector,
} from './index.js';

declare const reflector: Reflector;
declare const change: ObjectChange;

export function aCacheHasTheKindOfItsResource(): void {
  const pod = reflector.cache('pods').get('ns', 'a');
  const phase: string | undefined = pod?.status?.phase;
  const node: string | undefined = pod?.desired.spec?.nodeName;
  const name: string | undefined = pod?.object.metadata.name;
  // @ts-expect-error a pod has no nodeInfo
  void pod?.status?.nodeInfo;
  // @ts-expect-error no resource is stored under this name
  void reflector.cache('daemonsets');
  void [phase, node, name];
}

export function aCacheOfAKindIsACacheOfObjects(): void {
  const any: ObjectCache = reflector.cache('nodes');
  const one: CachedObject | undefined = reflector.cache('nodes').get('', 'a');
  const object: KubeObject | undefined = one?.object;
  const byUid: Indexer = ({ metadata }) => [metadata.uid];
  void [any, object, byUid];
}

export function aChangeIsNarrowedToItsResource(): void {
  if (!isChangeOf(change, 'pods')) return;
  const status: PodStatus | undefined = change.current.status;
  // @ts-expect-error the status of a pod counts no daemons
  void change.current.status?.numberReady;
  void status;
}
