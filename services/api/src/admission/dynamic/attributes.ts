import type { ErrorSubject, KubeObject, ResourceDefinition } from '@everynode/objects';
import { subjectOf } from '../../write/target.js';
import type { AdmissionOperation } from '../operation.js';

/** A kind, by its full name. */
export interface KindName {
  group: string;
  version: string;
  kind: string;
}

/** What webhooks and policies see of a resource. A kind that is posted and never stored has no more than that. */
export type AdmittedResource = Pick<
  ResourceDefinition,
  'group' | 'version' | 'kind' | 'plural' | 'namespaced' | 'schema' | 'convert' | 'viewOf'
> &
  Partial<Pick<ResourceDefinition, 'setDefaults'>> & { storage: string };

/** What webhooks and policies see of a write. Source: apiserver pkg/admission, Attributes. */
export interface Attributes {
  operation: AdmissionOperation;
  definition: AdmittedResource;
  /** Where it is not that of the resource: what is posted to a subresource has a kind of its own. */
  kind?: KindName | undefined;
  /** Empty for cluster-scoped resources. */
  namespace: string;
  /** Empty where it is still to be generated. */
  name: string;
  /** Empty for the object itself. */
  subresource: string;
  /** Undefined for a deletion. The options of a connection stand in its place, without metadata. */
  object: KubeObject | undefined;
  /** Undefined for a creation. */
  oldObject: KubeObject | undefined;
}

/** What the refusal of a write is about. Source: apiserver pkg/admission/errors.go, extractResourceName. */
export function deniedSubject(attributes: Attributes): ErrorSubject & { name: string } {
  const name = attributes.name || attributes.object?.metadata.generateName || 'Unknown';
  return { ...subjectOf({ ...attributes, name }), name };
}

const CONFIGURATIONS = 'admissionregistration.k8s.io';

/**
 * The configurations themselves are never sent anywhere: one that refuses everything could not be removed any more.
 * Source: plugin/webhook/predicates/rules, IsExemptAdmissionConfigurationResource.
 */
export const isExempt = ({ group }: Pick<AdmittedResource, 'group'>): boolean => group === CONFIGURATIONS;
