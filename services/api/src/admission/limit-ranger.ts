import { refuseBeyond, refuseClaimBeyond, setLimitRangeDefaultsOf } from '@everynode/pod-admission';
import type { ApiContext } from '../api-context.js';
import type { PluginFor } from './plugin.js';

const rangesIn = ({ reflector }: ApiContext, namespace: string) =>
  [...reflector.cache('limitranges').list(namespace)].map(({ object }) => object);

/**
 * The limit ranges of a namespace complete the resources of its pods, and bound them. A resize is bounded too.
 * Source: plugin/pkg/admission/limitranger.
 */
export const limitRanger: PluginFor<'pods'> = {
  resources: ['pods'],
  operations: ['create', 'update'],
  admit({ context, operation, object }) {
    if (operation === 'create') setLimitRangeDefaultsOf(object, rangesIn(context, object.metadata.namespace));
  },
  check({ context, operation, subresource, object }) {
    if (operation === 'update' && subresource !== 'resize') return;
    const { metadata, spec = { containers: [] } } = object;
    refuseBeyond({ metadata, spec }, rangesIn(context, metadata.namespace));
  },
};

/**
 * They bound what claims ask for, those that grow included. Source: the same plugin,
 * PersistentVolumeClaimValidateLimitFunc.
 */
export const claimLimitRanger: PluginFor<'persistentvolumeclaims'> = {
  resources: ['persistentvolumeclaims'],
  operations: ['create', 'update'],
  check({ context, subresource = '', object }) {
    const { name, namespace, deletionTimestamp } = object.metadata;
    if (subresource !== '' || deletionTimestamp !== undefined) return;
    refuseClaimBeyond(name, object.spec?.resources?.requests, rangesIn(context, namespace));
  },
};
