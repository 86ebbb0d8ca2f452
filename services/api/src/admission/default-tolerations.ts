import { addDefaultTolerations } from '@everynode/objects';
import type { PluginFor } from './plugin.js';

/**
 * Pods tolerate for five minutes that their node is not ready or not reachable, unless they say how long. An update
 * cannot take that away. Source: plugin/pkg/admission/defaulttolerationseconds.
 */
export const defaultTolerations: PluginFor<'pods'> = {
  resources: ['pods'],
  operations: ['create', 'update'],
  admit({ object, subresource = '' }) {
    if (object.spec && subresource === '') addDefaultTolerations(object.spec);
  },
};
