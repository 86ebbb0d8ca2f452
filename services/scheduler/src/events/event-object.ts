import { type KubeObject, type StoredMeta, splitObject, timestamp } from '@everynode/objects';
import type { Decision } from '@everynode/store';
import type { CorrelatedEvent } from './correlator.js';

/** The namespace of events about cluster-scoped objects. */
const CLUSTER_NAMESPACE = 'default';

export function namespaceOf({ facts }: CorrelatedEvent): string {
  return facts.subject.namespace || CLUSTER_NAMESPACE;
}

/** Returns the Event object (core/v1) with this uid, with the fields that `kubectl describe` and `get events` read. */
function eventObject(event: CorrelatedEvent, uid: string): KubeObject {
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
 * Creates the Event object, or updates what has changed since it was stored. The count is absolute, so writing it
 * twice, or after the stored one has expired, is correct too.
 */
export function decisionOnEvent(event: CorrelatedEvent, uid: string): (current: object | undefined) => Decision {
  const parts = splitObject(eventObject(event, uid));
  return (current) =>
    current ? { kind: 'update', parts: { desired: parts.desired } } : { kind: 'create', uid, parts, placement: null };
}
