import type { CachedObject } from '@everynode/list-watch';
import type { Node, Stored } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import { nodeSubject } from '../../events/event-subject.js';
import type { SchedulerContext } from '../../scheduler-context.js';
import { decideNode, judgeNode, type NodeVerdict } from './decide-node.js';
import type { Liveness } from './liveness.js';

export const NODE_COMPONENT = 'node-controller';

/** Brings conditions and taints of a node in step with its liveness, in one write. Returns its revision, 0 for none. */
export async function settleNode(
  { store, recorder }: Pick<SchedulerContext, 'store' | 'recorder'>,
  node: CachedObject<Stored<Node>>,
  liveness: Liveness,
  fence: Fence,
): Promise<number> {
  const { name, uid } = node.record;
  const judged = judgeNode(node.desired.spec ?? {}, node.status ?? {}, liveness.state(name), Date.now());
  if (!judged.spec && !judged.status) return 0;
  let verdict: NodeVerdict = {};
  const result = await store.write({
    key: { resource: 'nodes', namespace: '', name },
    reads: 'all',
    decide: (current) =>
      decideNode(current, uid, liveness.state(name), Date.now(), (decided) => {
        verdict = decided;
      }),
    fence,
  });
  if (verdict.turned) {
    const isReady = verdict.turned === 'NodeReady';
    recorder.record({
      subject: nodeSubject({ name, uid }),
      type: 'Normal',
      reason: verdict.turned,
      message: `Node ${name} status is now: ${verdict.turned}`,
      component: isReady ? 'kubelet' : NODE_COMPONENT,
      ...(isReady && { host: name }),
    });
  }
  return result.revision;
}
