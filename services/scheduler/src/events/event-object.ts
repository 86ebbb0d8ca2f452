import { type KubeObject, type StoredMeta, splitObject, timestamp } from '@everynode/objects';
import type { Decision } from '@everynode/store';
import type { CorrelatedEvent } from './correlator.js';

/** Events about cluster-scoped objects are kept here. */
const CLUSTER_NAMESPACE = 'default';

export function namespaceOf({ facts }: CorrelatedEvent): string {
  return facts.subject.namespace || CLUSTER_NAMESPACE;
}

/** The Event object (core/v1) under a uid, with the fields that `kubectl describe` and `get events` read. */
export function eventObject(event: CorrelatedEvent, uid: string): KubeObject {
  const { facts, name, count, firstMs, lastMs } = event;
  const { subject, component, host } = facts;
  const namespace = namespaceOf(event);
  const metadata: StoredMeta = { name, namespace, uid, creationTimestamp: timestamp(firstMs) };
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata,
    involvedObject: {
      kind: subject.kind,
      ...(subject.namespace !== '' && { namespace: subject.namespace }),
      name: subject.name,
      uid: subject.uid,
      apiVersion: subject.apiVersion,
      ...(subject.fieldPath !== undefined && { fieldPath: subject.fieldPath }),
    },
    reason: facts.reason,
    message: facts.message,
    source: { component, ...(host !== undefined && { host }) },
    firstTimestamp: timestamp(firstMs),
    lastTimestamp: timestamp(lastMs),
    count,
    type: facts.type,
    eventTime: null,
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
}

/**
 * Stores an event, or what has changed in it since it was stored. The count is absolute, so writing it twice, or after
 * the stored one has expired, is right too.
 */
export function decisionOnEvent(event: CorrelatedEvent, uid: string): (current: object | undefined) => Decision {
  const parts = splitObject(eventObject(event, uid));
  return (current) =>
    current ? { kind: 'update', parts: { desired: parts.desired } } : { kind: 'create', uid, parts, placement: null };
}
