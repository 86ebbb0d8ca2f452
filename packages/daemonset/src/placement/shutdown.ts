import { conditionOf, isConditionTrue, type Node } from '@everynode/objects';

/** A node has it from before the first of its pods is ended until its agent registers again. Source: KEP-6249. */
export const SHUTTING_DOWN = 'GracefulNodeShutdownInProgress';

/** A node, or one in a cache. */
interface NodeWithStatus {
  status?: Node['status'] | undefined;
}

/** True while no pod is started on a node, although its pods are wanted there. */
export const isShuttingDown = ({ status }: NodeWithStatus): boolean => isConditionTrue(status, SHUTTING_DOWN);

/** In words for users: an administrator may have left the condition behind, and then nothing else tells of it. */
export function describeShutdown({ status }: NodeWithStatus): string {
  const { lastTransitionTime } = conditionOf(status, SHUTTING_DOWN) ?? {};
  const since = lastTransitionTime ? ` since ${lastTransitionTime}` : '';
  return `the node is shutting down (its condition ${SHUTTING_DOWN} is True${since})`;
}
