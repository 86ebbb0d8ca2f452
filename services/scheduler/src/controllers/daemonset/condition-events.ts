import type { DaemonSetCondition } from '@everynode/objects';

/** The event of a condition that has changed. */
export interface ConditionEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** The conditions, and the status of each, that an event is recorded for. */
const EVENT_CONDITIONS: readonly { condition: string; status: 'True' | 'False'; event: ConditionEvent['type'] }[] = [
  { condition: 'Paused', status: 'True', event: 'Normal' },
  { condition: 'Degraded', status: 'True', event: 'Warning' },
  { condition: 'Progressing', status: 'False', event: 'Warning' },
];

/**
 * Returns the events of conditions whose status or reason is new in `after`. They exist because `kubectl describe ds`
 * shows events and no conditions.
 */
export function conditionEvents(
  before: readonly DaemonSetCondition[] | undefined,
  after: readonly DaemonSetCondition[] | undefined,
): ConditionEvent[] {
  return EVENT_CONDITIONS.flatMap(({ condition, status, event }) => {
    const is = after?.find((each) => each.type === condition && each.status === status);
    const was = before?.find((each) => each.type === condition);
    if (!is || (was?.status === is.status && was.reason === is.reason)) return [];
    return [{ type: event, reason: reasonOf(is), message: is.message ?? '' }];
  });
}

function reasonOf({ type, reason }: DaemonSetCondition): string {
  if (type === 'Paused') return `Rollout${reason}`;
  return type === 'Degraded' ? type : (reason ?? type);
}
