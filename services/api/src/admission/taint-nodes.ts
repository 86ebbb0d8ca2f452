import type { PluginFor } from './plugin.js';

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/**
 * A node that is created takes no pods until it is Ready: the controller of nodes takes the taint off then.
 * Source: plugin/pkg/admission/nodetaint.
 */
export const taintNodesByCondition: PluginFor<'nodes'> = {
  resources: ['nodes'],
  operations: ['create'],
  admit({ object }) {
    const spec = object.spec ?? {};
    const taints = spec.taints ?? [];
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return;
    object.spec = { ...spec, taints: [...taints, { ...NOT_READY }] };
  },
};
