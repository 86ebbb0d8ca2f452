import { describePreview, previewChange, revisionData } from '@everynode/daemonset';
import { canonicalJson, type KubeObject } from '@everynode/objects';
import type { DaemonSet } from 'kubernetes-types/apps/v1.js';
import type { ApiContext } from '../api-context.js';
import { allNodes, podsByNode } from './daemonset-view.js';

/** For a dry run: what a DaemonSet's pods would go through, as a warning line; undefined when they would not change. */
export async function previewWarning(context: ApiContext, proposed: KubeObject): Promise<string | undefined> {
  await context.freshReads.catchUp();
  const after = proposed as unknown as DaemonSet;
  const { namespace = '', name } = proposed.metadata;
  const stored = context.reflector.cache('daemonsets.apps').get(namespace, name);
  const before = stored?.object as DaemonSet | undefined;
  const same = before !== undefined && canonicalJson(revisionData(before)) === canonicalJson(revisionData(after));
  const pods = before ? podsByNode(context, before) : new Map<string, []>();
  return describePreview(previewChange(before, after, allNodes(context), pods, same));
}
