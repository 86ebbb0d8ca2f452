/** The object that an event is about. */
export interface EventSubject {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
  /** A part of the object: `spec.containers{fluentd}`. */
  fieldPath?: string;
}

export interface EventFacts {
  subject: EventSubject;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** The component that records the event: `daemonset-controller`, `kubelet`. */
  component: string;
  /** The node, for a component that runs on one. */
  host?: string;
  /** When it happened, ms since the epoch; now by default. */
  atMs?: number;
}

/**
 * Records events for `kubectl describe` and `kubectl get events`. It never fails and never waits: events are best
 * effort.
 */
export interface EventRecorder {
  record(event: EventFacts): void;
}
