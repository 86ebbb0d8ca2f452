import { forbiddenTo, notFound } from '@everynode/objects';
import { subjectOf } from '../write/target.js';
import type { AdmissionPlugin } from './plugin.js';

/**
 * Objects are created only in namespaces that exist and are not being deleted.
 * Source: plugin/pkg/admission/namespace/lifecycle.
 */
export const namespaceLifecycle: AdmissionPlugin = {
  operations: ['create'],
  async gate({ context, target }) {
    const { definition, namespace, name } = target;
    if (!definition.namespaced) return;
    const cache = context.reflector.cache('namespaces');
    // The namespace may have been created a moment ago through another replica.
    if (!cache.get('', namespace)) await context.freshReads.catchUp();
    const found = cache.get('', namespace);
    if (!found) throw notFound({ group: '', plural: 'namespaces', name: namespace });
    if (found.metadata.deletionTimestamp === undefined) return;
    throw forbiddenTo(
      { group: definition.group, plural: definition.plural, name: name || 'Unknown' },
      `unable to create new content in namespace ${namespace} because it is being terminated`,
      [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    );
  },
};

const PERMANENT: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

/** Some namespaces cannot be deleted. Source: apiserver admission/plugin/namespace/lifecycle. */
export const permanentNamespaces: AdmissionPlugin = {
  resources: ['namespaces'],
  operations: ['delete'],
  gate({ target }) {
    if (PERMANENT.has(target.name)) throw forbiddenTo(subjectOf(target), 'this namespace may not be deleted');
  },
};
