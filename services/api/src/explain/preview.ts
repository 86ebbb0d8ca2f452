import { type ChangePreview, previewChange } from '@everynode/daemonset';
import { canonicalJson, type DaemonSet } from '@everynode/objects';
import { revisionData } from '@everynode/workloads';
import type { ApiContext } from '../api-context.js';
import { allNodes, podsByNode } from './daemonset-view.js';

/** Returns what would happen to the pods of a DaemonSet if it were stored like this. The caches must be fresh. */
export function previewOf(context: ApiContext, after: DaemonSet): ChangePreview {
  const { namespace = '', name = '' } = after.metadata ?? {};
  const stored = context.reflector.cache('daemonsets.apps').get(namespace, name);
  const before = stored?.object;
  const same = before !== undefined && canonicalJson(revisionData(before)) === canonicalJson(revisionData(after));
  const pods = before ? podsByNode(context, before) : new Map<string, []>();
  return previewChange(before, after, allNodes(context), pods, same);
}
