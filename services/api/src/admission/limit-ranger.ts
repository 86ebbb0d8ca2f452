import { refuseBeyond, setLimitRangeDefaultsOf } from '@everynode/pod-admission';
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
