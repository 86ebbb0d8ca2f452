import type { SchedulerContext } from '../../scheduler-context.js';

/** True while objects may be created in a namespace: upstream's api refuses them once it is being deleted. */
export function isOpen({ reflector }: Pick<SchedulerContext, 'reflector'>, namespace: string): boolean {
  const found = reflector.cache('namespaces').get('', namespace);
  return found?.metadata.deletionTimestamp === undefined;
}
