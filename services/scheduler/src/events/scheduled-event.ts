import type { EventFacts, EventSubject } from './event-recorder.js';
import { podSubject } from './event-subject.js';

/** The name under which kube-scheduler records events. */
export const SCHEDULER_COMPONENT = 'default-scheduler';

/** The event of a pod that was bound to a node. */
export function scheduledEvent(pod: Pick<EventSubject, 'namespace' | 'name' | 'uid'>, node: string): EventFacts {
  return {
    subject: podSubject(pod),
    type: 'Normal',
    reason: 'Scheduled',
    message: `Successfully assigned ${pod.namespace}/${pod.name} to ${node}`,
    component: SCHEDULER_COMPONENT,
  };
}
