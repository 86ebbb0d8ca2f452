import { type ChangePreview, describePreview, previewChange, revisionData } from '@everynode/daemonset';
import { canonicalJson, type DaemonSet, type KubeObject } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { allNodes, podsByNode } from './daemonset-view.js';

/** What would become of a DaemonSet's pods if it were stored like this. The caches must be fresh. */
export function previewOf(context: ApiContext, after: DaemonSet): ChangePreview {
  const { namespace = '', name = '' } = after.metadata ?? {};
  const stored = context.reflector.cache('daemonsets.apps').get(namespace, name);
  const before = stored?.object as DaemonSet | undefined;
  const same = before !== undefined && canonicalJson(revisionData(before)) === canonicalJson(revisionData(after));
  const pods = before ? podsByNode(context, before) : new Map<string, []>();
  return previewChange(before, after, allNodes(context), pods, same);
}

/** For a dry run: the same as a warning line; undefined when no pod would change. */
export async function previewWarning(context: ApiContext, proposed: KubeObject): Promise<string | undefined> {
  await context.freshReads.catchUp();
  return describePreview(previewOf(context, proposed as unknown as DaemonSet));
}
