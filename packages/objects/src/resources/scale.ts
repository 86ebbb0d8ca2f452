import type { LabelSelector, Scale } from '../kinds/api-types.js';
import type { ResourceName, Stored } from '../kinds/kinds.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition, SubresourceDefinition } from '../resource.js';
import { textOfLabelSelector } from '../selectors/index.js';
import { genericTable } from '../table/index.js';
import { nonNegative } from '../validation/field-errors.js';
import { defineResource } from './define-resource.js';

/** The parts of a workload that its scale shows. */
interface Scalable extends KubeObject {
  spec?: { replicas?: number; selector?: LabelSelector | Record<string, string> };
  status?: { replicas?: number };
}

/** A ReplicationController has labels where the others have a selector. */
function selectorText(selector: LabelSelector | Record<string, string> | undefined): string {
  if (selector === undefined) return '';
  const isObject = 'matchLabels' in selector || 'matchExpressions' in selector;
  return textOfLabelSelector(
    isObject ? (selector as LabelSelector) : { matchLabels: selector as Record<string, string> },
  );
}

function scaleOf({ metadata, spec, status }: Scalable): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = selectorText(spec?.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec?.replicas ? { replicas: spec.replicas } : {},
    status: { replicas: status?.replicas ?? 0, ...(selector && { selector }) },
  } as KubeObject;
}

/** The stored object with the number of replicas that a Scale asks for. */
function scaled(scale: KubeObject, current: Scalable | undefined): KubeObject {
  if (current === undefined) throw new Error('a Scale is written over the object that it scales');
  const replicas = (scale as Scale).spec?.replicas ?? 0;
  if (current.spec?.replicas === replicas) return current;
  const generation = (current.metadata.generation ?? 0) + 1;
  return { ...current, metadata: { ...current.metadata, generation }, spec: { ...current.spec, replicas } };
}

/**
 * The scale of a workload: a kind of its own, which shows how many replicas are wanted and there, and writes the number
 * of wanted ones. Source: pkg/registry/apps/deployment/storage, ScaleREST.
 */
export function scaleOfResource(group: string, plural: string, storage: ResourceName): SubresourceDefinition {
  const view: ResourceDefinition = {
    ...defineResource<Stored<Scale>>({
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
      plural,
      namespaced: true,
      schema: 'io.k8s.api.autoscaling.v1.Scale',
      storage,
      verbs: ['get', 'patch', 'update'],
      validate: ({ spec }) => nonNegative('spec.replicas', spec?.replicas),
      table: genericTable,
    }),
    convert: { fromStored: scaleOf, toStored: scaled },
    viewOf: { group, plural },
  };
  return {
    name: 'scale',
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    verbs: ['get', 'patch', 'update'],
    view,
  };
}
