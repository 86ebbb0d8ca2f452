import { addDefaultTolerations, controllerOf } from '@everynode/objects';
import type { PluginFor } from './plugin.js';

/**
 * Pods tolerate for five minutes that their node is not ready or not reachable. Daemon pods have tolerations without a
 * limit already. Source: plugin/pkg/admission/defaulttolerationseconds.
 */
export const defaultTolerations: PluginFor<'pods'> = {
  resources: ['pods'],
  operations: ['create'],
  admit({ object }) {
    if (object.spec && controllerOf(object.metadata)?.kind !== 'DaemonSet') addDefaultTolerations(object.spec);
  },
};
