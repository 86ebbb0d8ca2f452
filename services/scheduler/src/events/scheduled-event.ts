import type { EventFacts, EventSubject } from './event-recorder.js';

/** The name under which kube-scheduler records events. */
export const SCHEDULER_COMPONENT = 'default-scheduler';

/** The event of a pod that was bound to a node. */
export function scheduledEvent(pod: Pick<EventSubject, 'namespace' | 'name' | 'uid'>, node: string): EventFacts {
  const { namespace, name, uid } = pod;
  return {
    subject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    type: 'Normal',
    reason: 'Scheduled',
    message: `Successfully assigned ${namespace}/${name} to ${node}`,
    component: SCHEDULER_COMPONENT,
  };
}
