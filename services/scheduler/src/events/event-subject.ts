import type { EventSubject } from './event-recorder.js';

/** Where an object is, and which one. */
type Identity = Pick<EventSubject, 'namespace' | 'name' | 'uid'>;

/** Returns a pod as the subject of an event. */
export const podSubject = ({ namespace, name, uid }: Identity): EventSubject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  namespace,
  name,
  uid,
});

/** Returns a node as the subject of an event. */
export const nodeSubject = ({ name, uid }: Omit<Identity, 'namespace'>): EventSubject => ({
  apiVersion: 'v1',
  kind: 'Node',
  namespace: '',
  name,
  uid,
});
